"""Reads of the outbox: what a person was told, what could not be sent, and what an administrator is to know."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from hcqic_gov.notices.models import OutboxMessage
from hcqic_gov.notices.rules import About
from hcqic_gov.notices.waiting import first, line
from hcqic_gov.people.models import Person, SignInOrigin

PAGE_SIZE = 25


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice as its reader, or the administrator, sees it; moments are None for what has not happened."""

    id: int
    name: str
    email: str
    subject: str
    body: str
    about: About
    created_at: datetime
    due_at: datetime | None
    attempts: int
    sent_at: datetime | None
    failed_at: datetime | None
    last_error: str
    read_at: datetime | None

    @property
    def state(self) -> str:
        """What became of the e-mail, in a word."""
        if self.sent_at:
            return "sent"
        return "given up" if self.failed_at else "waiting" if self.due_at else "kept"


def notices_of(session: Session, person_id: int, *, page: int = 1) -> tuple[Sequence[Notice], int]:
    """One page of what this person was told, newest first, and how much that is in all, in two queries."""
    return listed(session, OutboxMessage.person_id == person_id, page=page)


def failed(session: Session, *, page: int = 1) -> tuple[Sequence[Notice], int]:
    """One page of the e-mails that were given up, newest first, and how many there are, in two queries."""
    return listed(session, col(OutboxMessage.failed_at).is_not(None), page=page)


def latest(session: Session) -> Sequence[Notice]:
    """The last notices to anybody, newest first."""
    return listed(session, sa.true())[0]


def listed(session: Session, condition: Any, *, page: int = 1) -> tuple[Sequence[Notice], int]:
    count = session.exec(select(sa.func.count()).select_from(OutboxMessage).where(condition)).one()
    statement = (
        select(OutboxMessage, Person.name, Person.email)
        .join(Person, col(Person.id) == col(OutboxMessage.person_id))
        .where(condition)
        .order_by(col(OutboxMessage.id).desc())
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    )
    return [as_notice(*row) for row in session.exec(statement)], count


def as_notice(row: OutboxMessage, name: str, email: str) -> Notice:
    return Notice(
        row.id or 0,
        name,
        email,
        row.subject,
        row.body,
        About(row.about_kind, row.about_reference),
        row.created_at,
        row.due_at,
        row.attempts,
        row.sent_at,
        row.failed_at,
        row.last_error,
        row.read_at,
    )


def given_up_since(moment: datetime) -> Any:
    """Lines of the latest e-mails that were given up since then: subject, to whom (`state`), why and when."""
    why = {"note": OutboxMessage.last_error, "state": Person.name, "since": OutboxMessage.failed_at}
    messages = line("notice", "", OutboxMessage.subject, **why)
    joined = messages.join_from(OutboxMessage, Person, col(Person.id) == col(OutboxMessage.person_id))
    failed_at = col(OutboxMessage.failed_at)
    return first(joined.where(failed_at >= moment), failed_at.desc(), limit=PAGE_SIZE)


def locked_at(moment: datetime) -> Any:
    """Lines of the accounts that failed sign-ins shut: the name, and when (`until`) the last place opens."""
    until = sa.func.max(SignInOrigin.blocked_until)
    accounts = line("account", sa.cast(col(Person.id), sa.String), Person.name, until=until)
    joined = accounts.join_from(Person, SignInOrigin, col(SignInOrigin.person_id) == col(Person.id))
    return joined.where(col(SignInOrigin.blocked_until) > moment).group_by(Person.id, Person.name)


def unread(session: Session, person_id: int) -> int:
    """How many notices this person has not marked as read."""
    statement = select(sa.func.count()).select_from(OutboxMessage)
    mine = statement.where(OutboxMessage.person_id == person_id, col(OutboxMessage.read_at).is_(None))
    return session.exec(mine).one()


def tally(session: Session) -> Mapping[str, int]:
    """How many e-mails wait, were sent, and were given up."""
    columns = (OutboxMessage.due_at, OutboxMessage.sent_at, OutboxMessage.failed_at)
    counted = session.exec(sa.select(*(sa.func.count(col(column)) for column in columns))).one()  # type: ignore[call-overload]
    return dict(zip(("waiting", "sent", "given_up"), counted, strict=True))


def known(session: Session, keys: Iterable[str]) -> frozenset[str]:
    """Those of these keys under which somebody has been told something."""
    return frozenset(session.exec(select(OutboxMessage.cause).where(col(OutboxMessage.cause).in_(set(keys)))))
