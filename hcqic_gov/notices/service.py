"""Writes of the outbox: telling people, what they have read, and another try of what was given up."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from hcqic_gov.audit.service import record
from hcqic_gov.core.actor import Actor
from hcqic_gov.db import locked
from hcqic_gov.notices.models import OutboxMessage
from hcqic_gov.notices.rules import About, given_up, one_line
from hcqic_gov.people.models import Person

INSERT: Mapping[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def notify(
    session: Session,
    person_ids: Iterable[int],
    *,
    subject: str,
    body: str,
    about: About,
    key: str = "",
    actor: Actor,
    now: datetime,
) -> int:
    """Tell these people, once this transaction is committed and not otherwise; how many of them are told now.

    Nobody is told of their own act, nobody without an account in use, and nobody twice under one `key`. An address is
    not looked at here, so a bad one never stops what the notice is about. `subject` and `body` go out by e-mail:
    references and what waits, never what an applicant, a member or a reviewer wrote.
    """
    wanted = {number for number in person_ids if number != actor.id}
    reachable = select(Person.id, Person.email_notices).where(col(Person.id).in_(wanted), col(Person.active).is_(True))
    told = [] if not wanted else session.exec(reachable.order_by(col(Person.id))).all()
    if not told:
        return 0

    common = {
        "cause": key or uuid4().hex,
        "subject": one_line(subject)[:200],
        "body": body,
        "about_kind": about.kind,
        "about_reference": about.reference,
        "created_at": now,
    }
    values = [{**common, "person_id": number, "due_at": now if by_email else None} for number, by_email in told]
    return enter(session, values)


def enter(session: Session, values: list[dict[str, Any]]) -> int:
    """Two jobs that tell the same at once enter it once: the second finds the key taken, and goes on."""
    fixed = {"version": 1, "attempts": 0, "last_error": ""}
    insert = INSERT[session.get_bind().dialect.name](OutboxMessage).values([{**fixed, **row} for row in values])
    statement = insert.on_conflict_do_nothing(index_elements=["person_id", "cause"]).returning(col(OutboxMessage.id))
    return len(session.execute(statement).all())


def mark_read(session: Session, *, notice_id: int = 0, actor: Actor, now: datetime) -> int:
    """The actor has read this notice of theirs, or all of them; how many were unread."""
    mine = (col(OutboxMessage.person_id) == actor.id, col(OutboxMessage.read_at).is_(None))
    statement = sa.update(OutboxMessage).where(*mine).values(read_at=now, version=OutboxMessage.version + 1)
    if notice_id:
        statement = statement.where(col(OutboxMessage.id) == notice_id)
    return len(session.execute(statement.returning(col(OutboxMessage.id))).all())


def try_again(session: Session, notice_id: int, *, actor: Actor, now: datetime) -> OutboxMessage:
    """An e-mail that was given up is due again, from the first attempt. Errors: NotFound, Refused."""
    row = locked(session, OutboxMessage, notice_id, what="this notice")
    given_up(row.failed_at).require()

    row.failed_at, row.attempts, row.due_at = None, 0, now
    record(session, "notices.try_again", row, actor=actor, now=now, after={}, note=f"about {row.about_reference}")
    return row
