"""Holds back whoever guesses passwords, by where they come from, so that nobody can lock a colleague out.

After OWASP's "device cookies": failures count against the browser where this person signed in before, else against
the address; only strangers (neither known) are also counted together.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from hcqic_gov.db import locked
from hcqic_gov.people.models import Person, SignInOrigin
from hcqic_gov.people.rules import FAILURES_OF_STRANGERS, LOCK, lock_until

STRANGERS = "strangers"
FORGOTTEN_AFTER = timedelta(days=180)
CALM = timedelta(days=1)
"""After a day without a failure they are counted anew."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an attempt comes from, as keyed hashes; `browser` is empty for one that never signed in here."""

    address: str
    browser: str = ""


def is_locked(session: Session, person_id: int, origin: Origin, *, now: datetime) -> bool:
    """Whether the account is shut to an attempt from there, with the right password too."""
    rows = origins(session, person_id, origin)
    ours = [place_of(rows, origin)] + ([] if is_known(rows, origin) else [STRANGERS])
    return any(is_shut(rows.get(place), now) for place in ours)


def locked_places(session: Session, person_id: int, *, now: datetime) -> int:
    """How many browsers and addresses the account is shut to now; "strangers" counts as one."""
    shut = (SignInOrigin.person_id == person_id, col(SignInOrigin.blocked_until) > now)
    return session.exec(select(sa.func.count()).select_from(SignInOrigin).where(*shut)).one()


def count_failure(session: Session, person_id: int, origin: Origin, *, now: datetime) -> str:
    """What the audit notes: "locked" for the failure that locks; "while locked" changes nothing."""
    locked(session, Person, person_id, what="this account")  # failures at the same moment count one after another
    if is_locked(session, person_id, origin, now=now):
        return "while locked"
    rows = origins(session, person_id, origin)
    ours = count(session, person_id, rows, place_of(rows, origin), now=now)
    ours.blocked_until = lock_until(ours.failures, now=now)
    if not is_known(rows, origin):
        strangers = count(session, person_id, rows, STRANGERS, now=now)
        if strangers.failures >= FAILURES_OF_STRANGERS:
            strangers.failures, strangers.blocked_until = 0, now + LOCK
    session.flush()
    return "locked" if is_locked(session, person_id, origin, now=now) else ""


def count(
    session: Session, person_id: int, rows: Mapping[str, SignInOrigin], place: str, *, now: datetime
) -> SignInOrigin:
    row = rows.get(place) or SignInOrigin(person_id=person_id, origin=place, seen_at=now)
    row.failures = 1 if now - row.seen_at > CALM else row.failures + 1
    row.seen_at = now
    session.add(row)
    return row


def welcome(session: Session, person_id: int, origin: Origin, *, now: datetime) -> None:
    """A sign-in: its browser and address are known from now on; only the failures of its own place are forgiven."""
    locked(session, Person, person_id, what="this account")
    rows = origins(session, person_id, origin)
    ours = place_of(rows, origin)
    for place in {origin.address, origin.browser} - {""}:
        row = rows.get(place) or SignInOrigin(person_id=person_id, origin=place, seen_at=now)
        row.known, row.seen_at = True, now
        if place in (ours, origin.browser):
            row.failures, row.blocked_until = 0, None
        session.add(row)
    old = (col(SignInOrigin.person_id) == person_id, col(SignInOrigin.seen_at) < now - FORGOTTEN_AFTER)
    session.execute(sa.delete(SignInOrigin).where(*old))


def forget_failures(session: Session, person_id: int) -> None:
    mine = sa.update(SignInOrigin).where(col(SignInOrigin.person_id) == person_id)
    session.execute(mine.values(failures=0, blocked_until=None))


def origins(session: Session, person_id: int, origin: Origin) -> dict[str, SignInOrigin]:
    places = {origin.address, origin.browser, STRANGERS}
    statement = select(SignInOrigin).where(SignInOrigin.person_id == person_id, col(SignInOrigin.origin).in_(places))
    return {row.origin: row for row in session.exec(statement)}


def place_of(rows: Mapping[str, SignInOrigin], origin: Origin) -> str:
    """What a failure counts against: the browser where this person signed in before, else the address."""
    browser = rows.get(origin.browser)
    return origin.browser if browser and browser.known else origin.address


def is_known(rows: Mapping[str, SignInOrigin], origin: Origin) -> bool:
    return any(place in rows and rows[place].known for place in (origin.browser, origin.address))


def is_shut(row: SignInOrigin | None, now: datetime) -> bool:
    return row is not None and row.blocked_until is not None and row.blocked_until > now
