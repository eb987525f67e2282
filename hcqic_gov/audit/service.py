"""Writes the audit entry in the transaction of the change, and refuses a commit of a change without one."""

import secrets
from dataclasses import fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session as OrmSession
from sqlmodel import Session

from hcqic_gov.audit.models import AuditEntry, AuditHead
from hcqic_gov.audit.queries import link_of, was_refused
from hcqic_gov.audit.rules import Pending, Result, details_digest
from hcqic_gov.core.actor import Actor
from hcqic_gov.core.canonical import plain
from hcqic_gov.core.errors import Refused, UnrecordedChange
from hcqic_gov.db import Database, Record

PENDING, CHANGED = "audit_pending", "audit_changed"
NOT_DETAILS = {"id", "created_at", "version"}


COLUMNS = tuple(field.name for field in fields(Pending))


def snapshot(subject: Record) -> dict[str, Any]:
    """The record's own columns as plain values, for "before" and "after"."""
    columns = sa.inspect(type(subject)).columns
    return {c.key: plain(getattr(subject, c.key)) for c in columns if c.key not in NOT_DETAILS}


def record(
    session: Session,
    action: str,
    subject: Record,
    *,
    actor: Actor,
    now: datetime,
    before: dict[str, Any] | None = None,
    part: Record | None = None,
    after: dict[str, Any] | None = None,
    policy: str = "",
    note: str = "",
) -> None:
    """Enter this change: it is chained when the transaction commits, in the same transaction.

    `subject` is the record whose history shows it, `part` the changed record where that is another one
    (a milestone of a project); `before` is its snapshot before the change (None where it is new), `after` what it
    is now (its snapshot, unless given); `policy` the fingerprint of the policy file it was decided under, `note` a
    reason given by a person.
    """
    session.flush()
    details = {"before": before, "after": snapshot(part or subject) if after is None else after, "note": note}
    entry = new_entry(action, actor=actor, now=now, details=details, policy=policy)
    entry.subject_kind, entry.subject_id = str(subject.__tablename__), subject.key
    entry.subject_reference = getattr(subject, "reference", "")
    wait(session, entry)


def record_new(
    session: Session,
    action: str,
    kind: type[Record],
    key: int,
    *,
    reference: str,
    after: dict[str, Any],
    actor: Actor,
    now: datetime,
    policy: str = "",
    note: str = "",
) -> None:
    """The same for a new row that was inserted with thousands of others, and of which no object was made."""
    details = {"before": None, "after": after, "note": note}
    entry = new_entry(action, actor=actor, now=now, details=details, policy=policy)
    entry.subject_kind, entry.subject_id, entry.subject_reference = str(kind.__tablename__), key, reference
    wait(session, entry)


def wait(session: OrmSession, entry: Pending) -> None:
    session.info.setdefault(PENDING, []).append(entry)


def record_refusal(
    database: Database,
    action: str,
    error: Refused,
    *,
    actor: Actor,
    now: datetime,
    where: str,
    once_a_minute: bool = False,
) -> None:
    """Enter a refused attempt, in a transaction of its own, since the attempt's own was rolled back.

    `once_a_minute`: the same refusal of the same person at the same place is entered once in each minute, so that a
    page that is asked for over and over does not fill the chain; the repetitions only read.
    """
    entry = new_entry(action, actor=actor, now=now, details={"note": str(error)}, policy="")
    entry.subject_kind, entry.subject_reference = "attempt", where[:80]
    entry.result, entry.code = Result.REFUSED, error.code
    if once_a_minute:
        with database.reading() as session:
            if was_refused(session, entry):
                return
    with database.transaction() as session:
        if once_a_minute:
            locked_head(session)  # another process that was a moment earlier is seen now
            if was_refused(session, entry):
                return
        session.info[PENDING] = [entry]


def new_entry(action: str, *, actor: Actor, now: datetime, details: dict[str, Any], policy: str) -> Pending:
    salt = secrets.token_hex(16)
    return Pending(now, actor.id, action, salt, details, details_digest(salt, details), policy)


@event.listens_for(OrmSession, "after_flush")
def notice_changes(session: OrmSession, _context: object) -> None:
    changed = (thing for things in (session.new, session.dirty, session.deleted) for thing in things)
    if any(isinstance(thing, Record) and thing.audited for thing in changed):
        session.info[CHANGED] = True


@event.listens_for(OrmSession, "before_commit")
def chain_pending(session: OrmSession) -> None:
    """Chain the entries at the very end, so that writers wait for each other as briefly as can be."""
    session.flush()
    pending: list[Pending] = session.info.pop(PENDING, [])
    if session.info.pop(CHANGED, False) and not pending:
        raise UnrecordedChange("a record was changed without an audit entry")
    if pending:
        chain(session, pending)


@event.listens_for(OrmSession, "after_rollback")
def forget_pending(session: OrmSession) -> None:
    session.info.pop(PENDING, None)
    session.info.pop(CHANGED, None)


def locked_head(session: OrmSession) -> AuditHead:
    """The last entry, for whoever writes the next one: others wait."""
    return session.get_one(AuditHead, 1, with_for_update=True, populate_existing=True)


def chain(session: OrmSession, entries: list[Pending]) -> None:
    head = locked_head(session)
    for entry in entries:
        entry.number, entry.previous_hash = head.number + 1, head.hash
        entry.hash = link_of(entry).hash
        head.number, head.hash = entry.number, entry.hash
    rows = [{name: getattr(entry, name) for name in COLUMNS} for entry in entries]
    table: Any = sa.inspect(AuditEntry).local_table
    session.execute(sa.insert(table), rows)
    session.flush()
