"""What waits for a person, asked of all registers in one statement, however many there are."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session
from sqlmodel.sql.sqltypes import UTCDateTime

from hcqic_gov.core.actor import Actor
from hcqic_gov.core.calendar import london_day
from hcqic_gov.notices.rules import Task, in_order

COLUMNS: Mapping[str, Any] = {
    "what": sa.String(),
    "reference": sa.String(),
    "title": sa.String(),
    "state": sa.String(),
    "note": sa.String(),
    "since": UTCDateTime(),
    "until": UTCDateTime(),
    "due": sa.Date(),
    "number": sa.Integer(),
}
"""Of every line of every register, in this order, so that one statement can ask for all of them."""


@dataclass(frozen=True, slots=True)
class Line:
    """What a register found for a person: which sort of thing, which record, and what that sort says besides."""

    what: str
    reference: str
    title: str
    state: str | None
    note: str | None
    since: datetime | None
    until: datetime | None
    due: date | None
    number: int | None

    @property
    def since_day(self) -> date | None:
        return london_day(self.since) if self.since else None

    @property
    def until_day(self) -> date | None:
        return london_day(self.until) if self.until else None


@dataclass(frozen=True, slots=True)
class Register:
    """How a register is asked: statements made by `line`, for a person (`now=`); and what its lines say as tasks.

    `tell` is given the session, the lines and the person (`now=`).
    """

    ask: Callable[..., Iterable[Any]]
    tell: Callable[..., Iterable[Task]]

    def __call__(self, session: Session, actor: Actor, *, now: datetime) -> Sequence[Task]:
        """What waits in this register alone."""
        return tasks_for(session, (self,), actor, now=now)


def tasks_for(session: Session, registers: Sequence[Register], actor: Actor, *, now: datetime) -> Sequence[Task]:
    """What waits for this person, most pressing first."""
    asked = [(place, one) for place, register in enumerate(registers) for one in register.ask(actor, now=now)]
    found = lines(session, asked)
    told = (register.tell(session, found.get(place, ()), actor, now=now) for place, register in enumerate(registers))
    return in_order(task for tasks in told for task in tasks)


def lines(session: Session, asked: Sequence[tuple[int, Any]]) -> Mapping[int, Sequence[Line]]:
    """What these statements find, by the number that stands with each, in one query."""
    found: dict[int, list[Line]] = {}
    if not asked:
        return found
    numbered = [statement.add_columns(sa.literal_column(str(place), sa.Integer)) for place, statement in asked]
    for *values, place in session.execute(sa.union_all(*numbered)):
        found.setdefault(place, []).append(Line(*values))
    return found


def line(what: Any, reference: Any, title: Any, **others: Any) -> Any:
    """SQL: a SELECT of one sort of line, by the names of `COLUMNS`; add joins and conditions, but no order or limit.

    A value is a column, or a text or number that is the same for all lines.
    """
    values = {"what": what, "reference": reference, "title": title, **others}
    return sa.select(*(column(values.get(name), kind).label(name) for name, kind in COLUMNS.items()))


def first(statement: Any, *order: Any, limit: int) -> Any:
    """SQL: of these lines, so many, in this order."""
    return sa.select(statement.order_by(*order).limit(limit).subquery())


def column(value: Any, kind: Any) -> Any:
    """Of this type on both databases, also where it has no value: PostgreSQL asks it of every part of a union."""
    if value is None:
        return sa.cast(sa.null(), kind)
    return sa.literal(value, kind) if isinstance(value, str | int) else sa.type_coerce(value, kind)


def one_of(*choices: tuple[Any, str]) -> Any:
    """SQL: the words beside the first of these conditions that holds; "" where none does."""
    return sa.case(*((condition, sa.literal(words)) for condition, words in choices), else_=sa.literal(""))
