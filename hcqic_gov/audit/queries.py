"""Reads of the audit chain."""

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from hcqic_gov.audit.models import AuditEntry, AuditHead
from hcqic_gov.audit.rules import FIRST_HASH, Link, Pending, Result, Verification, details_digest, verify
from hcqic_gov.core.calendar import end_of_day, start_of_day

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as a person reads it; `actor_id` 0 is the system."""

    number: int
    at: datetime
    actor_id: int
    action: str
    subject: str
    result: Result
    code: str
    policy: str
    note: str
    changes: Sequence[tuple[str, Any, Any]]
    hash: str
    kind: str
    """Of the record that it is about."""


@dataclass(frozen=True, slots=True)
class Trace:
    """That something was changed: the entry, and which kind of record of which reference."""

    number: int
    hash: str
    kind: str
    reference: str


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What the auditor searches for; empty values do not restrict."""

    action: str = ""
    reference: str = ""
    actor_id: int | None = None
    result: Result | None = None
    since: date | None = None
    until: date | None = None


def head(session: Session) -> tuple[int, str]:
    """Number and hash of the last entry."""
    row = session.get_one(AuditHead, 1)
    return row.number, row.hash


def since(session: Session, number: int, *, limit: int) -> Sequence[Trace]:
    """The entry of this number and those after it, the oldest first: bare columns, for who keeps what they read."""
    row = sa.inspect(AuditEntry).local_table.c
    statement = sa.select(row.number, row.hash, row.subject_kind, row.subject_reference)
    found = session.execute(statement.where(row.number >= number).order_by(row.number).limit(limit))
    return [Trace(*one) for one in found]


def history(session: Session, subject_kind: str, subject_id: int) -> Sequence[Entry]:
    """All entries of one record, newest first."""
    statement = (
        select(AuditEntry)
        .where(AuditEntry.subject_kind == subject_kind, AuditEntry.subject_id == subject_id)
        .order_by(col(AuditEntry.number).desc())
        .limit(200)
    )
    return [as_entry(row) for row in session.exec(statement)]


def entries_about(session: Session, subject_kind: str, subject_id: int) -> Sequence[Entry]:
    """Every entry of one record, the oldest first: for a file that must be complete."""
    statement = select(AuditEntry).where(AuditEntry.subject_kind == subject_kind, AuditEntry.subject_id == subject_id)
    return [as_entry(row) for row in session.exec(statement.order_by(col(AuditEntry.number)))]


def actors(session: Session, subject_kind: str, subject_ids: set[int], actions: Sequence[str]) -> set[tuple[int, int]]:
    """Who did any of these to which of these records: pairs of the record's number and the person's."""
    statement = select(AuditEntry.subject_id, AuditEntry.actor_id).where(
        AuditEntry.subject_kind == subject_kind,
        col(AuditEntry.subject_id).in_(subject_ids),
        col(AuditEntry.action).in_(actions),
        AuditEntry.result == Result.DONE,
    )
    return set(session.exec(statement.distinct()))


def was_refused(session: Session, attempt: Pending) -> bool:
    """Whether the same refusal of the same person at the same place was entered in the same minute."""
    minute = attempt.at.replace(second=0, microsecond=0)
    statement = select(AuditEntry.number).where(
        col(AuditEntry.at) >= minute,
        col(AuditEntry.at) < minute + timedelta(minutes=1),
        AuditEntry.actor_id == attempt.actor_id,
        AuditEntry.subject_kind == attempt.subject_kind,
        AuditEntry.subject_reference == attempt.subject_reference,
        AuditEntry.action == attempt.action,
        AuditEntry.code == attempt.code,
    )
    return session.exec(statement.limit(1)).first() is not None


def search(session: Session, wanted: AuditFilter, *, page: int = 1) -> tuple[Sequence[Entry], int]:
    """One page of entries, newest first, and how many there are in all."""
    conditions = conditions_of(wanted)
    count = session.exec(select(sa.func.count()).select_from(AuditEntry).where(*conditions)).one()
    statement = select(AuditEntry).where(*conditions).order_by(col(AuditEntry.number).desc())
    rows = session.exec(statement.limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE))
    return [as_entry(row) for row in rows], count


def conditions_of(wanted: AuditFilter) -> list[Any]:
    found: list[Any] = []
    if wanted.action:
        found.append(col(AuditEntry.action).startswith(wanted.action, autoescape=True))
    if wanted.reference:
        found.append(AuditEntry.subject_reference == wanted.reference.strip().upper())
    if wanted.actor_id is not None:
        found.append(AuditEntry.actor_id == wanted.actor_id)
    if wanted.result:
        found.append(AuditEntry.result == wanted.result)
    if wanted.since:
        found.append(AuditEntry.at >= start_of_day(wanted.since))
    if wanted.until:
        found.append(AuditEntry.at < end_of_day(wanted.until))
    return found


def as_entry(row: AuditEntry) -> Entry:
    before, after = row.details.get("before") or {}, row.details.get("after") or {}
    changes = [
        (name, before.get(name), after.get(name))
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name) and name != "version"
    ]
    subject = row.subject_reference or f"{row.subject_kind} {row.subject_id}"
    note = row.details.get("note", "")
    return Entry(
        row.number,
        row.at,
        row.actor_id,
        row.action,
        subject,
        row.result,
        row.code,
        row.policy,
        note,
        changes,
        row.hash,
        row.subject_kind,
    )


def verify_chain(session: Session) -> Verification:
    """Recomputes every hash from the stored rows, in constant memory."""
    with closing(stored_links(session)) as links:
        return verify(links, head(session))


def verify_latest(session: Session, *, count: int) -> Verification:
    """The same for the last entries, which are as good as all of them where the rest was verified before."""
    statement = select(AuditHead, AuditEntry.number, AuditEntry.hash).outerjoin(
        AuditEntry, col(AuditEntry.number) == col(AuditHead.number) - count
    )
    last, number, known = session.execute(statement).one()
    after = (number, known) if number else (0, FIRST_HASH)
    with closing(stored_links(session, after=after[0])) as links:
        return verify(links, (last.number, last.hash), after=after)


def stored_links(session: Session, *, after: int = 0) -> Generator[tuple[Link, str, str], None, None]:
    later = select(AuditEntry).where(AuditEntry.number > after)
    statement = later.order_by(col(AuditEntry.number)).execution_options(yield_per=1000)
    with session.exec(statement) as rows:
        yield from (checked(session, row) for row in rows)


def checked(session: Session, row: AuditEntry) -> tuple[Link, str, str]:
    """The link, its stored hash, and the digest of the stored details; the row is let go."""
    session.expunge(row)
    return link_of(row), row.hash, details_digest(row.salt, row.details)


def link_of(row: AuditEntry | Pending) -> Link:
    return Link(
        row.number,
        row.at,
        row.actor_id,
        row.action,
        row.subject_kind,
        row.subject_id,
        row.result,
        row.code,
        row.policy,
        row.details_digest,
        row.previous_hash,
    )
