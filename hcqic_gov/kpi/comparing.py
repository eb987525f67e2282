"""What a file of values would change in the register, row by row, by the rules of typing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from hcqic_gov.core.actor import Actor
from hcqic_gov.core.canonical import fingerprint
from hcqic_gov.core.errors import Invalid
from hcqic_gov.core.ruling import Ruling
from hcqic_gov.kpi import periods, queries
from hcqic_gov.kpi.lines import Line, Problem, Read, read_lines
from hcqic_gov.kpi.models import Observation
from hcqic_gov.kpi.rules import WORKFLOW, Reading, Status
from hcqic_gov.kpi.service import facts_of, read
from hcqic_gov.kpi.sheets import MOST_FAULTS, Table
from hcqic_gov.policy.access import may


class Kind(StrEnum):
    """What a row does to the register."""

    ADDED = "added"
    CHANGED = "changed"
    CORRECTED = "corrected"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Known:
    """What the register holds for a KPI and period: the value in work, else the verified one; and the last revision."""

    key: int
    status: Status
    revision: int
    version: int
    said: tuple[Any, ...]

    @property
    def reading(self) -> Reading:
        """What it says now."""
        return Reading(*self.said[:4])


@dataclass(frozen=True, slots=True)
class Step:
    """What one row does."""

    kind: Kind
    line: Line
    reading: Reading
    known: Known | None = None

    @property
    def differs(self) -> Sequence[str]:
        """What the register says otherwise; everything where it says nothing."""
        before = self.known.said if self.known else (None,) * len(SAID)
        after = said(self.reading, self.line)
        return [name for name, old, new in zip(SAID, before, after, strict=True) if old != new]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file would change, or why it cannot; `mark` tells one plan from another."""

    steps: Sequence[Step]
    problems: Sequence[Problem]
    left_empty: int = 0

    @property
    def counts(self) -> Mapping[Kind, int]:
        kinds = [step.kind for step in self.steps]
        return {kind: kinds.count(kind) for kind in Kind}

    @property
    def changing(self) -> Sequence[Step]:
        return [step for step in self.steps if step.kind is not Kind.UNCHANGED]

    @property
    def without_reason(self) -> int:
        """Corrections for which the file itself gives no reason."""
        return sum(step.kind is Kind.CORRECTED and not step.line.reason for step in self.steps)

    @property
    def mark(self) -> str:
        held = [(step.known.key, step.known.version) if step.known else () for step in self.steps]
        rows = [(step.kind, step.line.row) for step in self.steps]
        return fingerprint([rows, held])


def check(session: Session, table: Table, *, writing: bool = False, actor: Actor, now: datetime) -> Plan:
    """What these rows would change, by the rules of typing them one by one.

    With `writing`, nobody can close their periods until the transaction ends.
    """
    read_in = read_lines(table)
    named = {line.period for line in read_in.lines} if writing else ()
    asked = Permissions(actor, periods.held(session, *named))
    known = register(session, read_in.lines)
    steps = [step for line in read_in.lines if (step := step_of(line, known, asked, read_in, now=now))]
    problems = tuple(sorted(read_in.problems, key=lambda problem: problem.row))
    return Plan(() if problems else tuple(steps), problems[:MOST_FAULTS], read_in.left_empty)


class Permissions:
    """What this person may do to each KPI: a table has thousands of rows and some twenty KPIs; and what is closed."""

    def __init__(self, actor: Actor, closed: frozenset[str]) -> None:
        self.actor, self.closed = actor, closed
        self.known: dict[tuple[str, str], Ruling] = {}

    def ruling(self, action: str, line: Line) -> Ruling:
        key = action, line.definition.fingerprint
        if key not in self.known:
            self.known[key] = may(self.actor, action, queries.resource_of(line.definition))
        return self.known[key]


def step_of(
    line: Line, known: Mapping[tuple[str, date], Known], asked: Permissions, read_in: Read, *, now: datetime
) -> Step | None:
    """What a row does; None where it is refused, which is told in `read_in`."""
    old = known.get((line.definition.code, line.period.start))
    kind, move = kind_of(old)
    if not (permitted := asked.ruling(f"kpi.{move}", line)).allowed:
        read_in.refuse(line.row, "code", permitted.reason)
        return None
    try:
        reading = read(line.definition, line.entry)
    except Invalid as error:
        read_in.refuse(line.row, next(iter(error.fields), "value"), str(error))
        return None
    if old and old.said == said(reading, line):
        return Step(Kind.UNCHANGED, line, reading, old)
    facts = facts_of(
        line.definition,
        reading,
        line.period,
        line.entry.source,
        entered_by=asked.actor.id,
        closed=line.period.code in asked.closed,
        actor=asked.actor,
        now=now,
        reason=line.reason or "to be given",
    )
    ruling = WORKFLOW.ruling(move, old.status if old else WORKFLOW.start, facts)
    if not ruling.allowed:
        read_in.refuse(line.row, COLUMN_OF.get(ruling.code, "period"), ruling.reason)
        return None
    return Step(kind, line, reading, old)


COLUMN_OF = {"finite_value": "value", "not_computed": "code"}
"""In which column a refusal is shown, by the guard that refused; all others are about the period."""


def kind_of(old: Known | None) -> tuple[Kind, str]:
    """What a differing row does, and which move that is."""
    if old is None:
        return Kind.ADDED, "enter"
    return (Kind.CORRECTED, "correct") if old.status is Status.VERIFIED else (Kind.CHANGED, "enter")


def said(reading: Reading, line: Line) -> tuple[Any, ...]:
    """Everything that a row says of its value, in the order of `SAID`."""
    entry = line.entry
    numbers = (reading.outcome, reading.value, reading.numerator, reading.denominator)
    return (*numbers, entry.n, entry.basis, entry.attribution, entry.source, entry.note)


SAID = ("outcome", "value", "numerator", "denominator", "n", "basis", "attribution", "source", "note")


def register(session: Session, lines: Sequence[Line]) -> Mapping[tuple[str, date], Known]:
    """What the register holds for these lines: bare columns and one query, however many there are."""
    if not lines:
        return {}
    table = Observation.__table__.c  # type: ignore[attr-defined]
    columns = (table.code, table.period_start, table.id, table.status, table.revision, table.version)
    statement = (
        sa.select(*columns, *(table[name] for name in SAID))
        .where(
            table.code.in_({line.definition.code for line in lines}),
            table.period_start.between(
                min(line.period.start for line in lines), max(line.period.start for line in lines)
            ),
            table.status != Status.SUPERSEDED,
        )
        .order_by(table.code, table.period_start, table.revision)
    )
    rows = session.execute(statement).all()
    last = {key: list(group)[-1] for key, group in groupby(rows, key=lambda row: (row[0], row[1]))}
    return {key: Known(row[2], row[3], row[4], row[5], tuple(row[6:])) for key, row in last.items()}
