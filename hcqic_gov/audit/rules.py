"""How entries are chained, and how the chain is checked."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from hcqic_gov.core.canonical import fingerprint

FIRST_HASH = "0" * 64
"""What the first entry names as the hash before it."""


class Result(StrEnum):
    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Link:
    """What is hashed of an entry: no name, no address, no free text; details only by their salted digest."""

    number: int
    at: datetime
    actor_id: int
    action: str
    subject_kind: str
    subject_id: int
    result: Result
    code: str
    policy: str
    details_digest: str
    previous_hash: str

    @property
    def hash(self) -> str:
        return fingerprint(self)


@dataclass(slots=True)
class Pending:
    """An entry until it is chained; bare values, for objects of the database cost ten times as much to make."""

    at: datetime
    actor_id: int
    action: str
    salt: str
    details: dict[str, Any]
    details_digest: str
    policy: str = ""
    subject_kind: str = ""
    subject_id: int = 0
    subject_reference: str = ""
    result: Result = Result.DONE
    code: str = ""
    number: int = 0
    previous_hash: str = ""
    hash: str = ""


@dataclass(frozen=True, slots=True)
class Verification:
    """The state of the chain: how many entries, the hash of the last one, and the first fault (None if whole)."""

    entries: int
    head: str
    fault: str | None

    @property
    def whole(self) -> bool:
        return self.fault is None


def details_digest(salt: str, details: dict[str, Any]) -> str:
    """Salted, so that a short value cannot be guessed from the digest."""
    return fingerprint({"salt": salt, "details": details})


def verify(
    entries: Iterable[tuple[Link, str, str]], head: tuple[int, str], *, after: tuple[int, str] = (0, FIRST_HASH)
) -> Verification:
    """Walks the chain: triples of link, its stored hash, and the digest of its stored details; `head` as recorded.

    `after` is the number and hash of an entry that is taken as it stands, for a walk of the last part only.
    """
    count, previous = after
    for link, stored_hash, digest in entries:
        fault = fault_of(link, stored_hash, digest, previous, count + 1)
        if fault:
            return Verification(count, previous, f"Entry {link.number}: {fault}")
        count, previous = link.number, stored_hash
    fault = None if (count, previous) == head else f"the chain ends at entry {count}, but its head says {head[0]}"
    return Verification(count, previous, fault)


def fault_of(link: Link, stored_hash: str, digest: str, previous: str, number: int) -> str | None:
    if link.number != number:
        return f"entry {number} is missing"
    if link.previous_hash != previous:
        return "it does not follow the entry before it"
    if link.details_digest != digest:
        return "its details were changed"
    return None if link.hash == stored_hash else "it was changed"
