"""Reads of the KPIs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from hcqic_gov.core.actor import Actor
from hcqic_gov.core.calendar import Period, london_day
from hcqic_gov.db import found
from hcqic_gov.documents.models import Document
from hcqic_gov.kpi.definitions import Definition, Dimension, definition, definitions, latest_definition
from hcqic_gov.kpi.kept import SHELF
from hcqic_gov.kpi.models import Annotation, Observation, Rebase, Target
from hcqic_gov.kpi.periods import closed_codes
from hcqic_gov.kpi.rules import (
    Outcome,
    PeriodStatus,
    Reading,
    Status,
    due_on,
    period_status,
)
from hcqic_gov.kpi.suppression import Verified, hidden_starts, open_revisions
from hcqic_gov.kpi.views import Finding, KpiView, Material, Step, period_of, shown, views
from hcqic_gov.people.models import Person
from hcqic_gov.people.rules import Role
from hcqic_gov.policy.access import Resource

OUTCOMES = {outcome.value: outcome for outcome in Outcome}
IN_WORK = (Status.DRAFT, Status.SUBMITTED, Status.RETURNED)


def summary(session: Session, as_at: date, *, dimension: Dimension | None = None) -> tuple[KpiView, ...]:
    """Every KPI in force on the day, with the verified findings of the periods that had ended by then.

    The one result behind the dashboards, the reports and the exports; five queries at most, however many KPIs.
    """
    wanted = [one for one in definitions(as_at) if dimension in (None, one.dimension)]
    return kept(session, wanted, as_at)


def series(session: Session, code: str, as_at: date) -> KpiView:
    """One KPI as the summary has it. Errors: NotFound."""
    return several(session, [code], as_at)[0]


def several(session: Session, codes: Sequence[str], as_at: date) -> tuple[KpiView, ...]:
    """These KPIs as the summary has them, in this order. Errors: NotFound."""
    return kept(session, [definition(code, as_at) for code in codes], as_at)


def kept(session: Session, wanted: Sequence[Definition], as_at: date) -> tuple[KpiView, ...]:
    """The views of these definitions: read, unless they were read before and nothing of theirs has changed since."""

    def read(missing: Sequence[Definition]) -> tuple[KpiView, ...]:
        return views(missing, material(session, missing, as_at))

    return SHELF.views_of(session, wanted, as_at, read)


def material(session: Session, wanted: Sequence[Definition], as_at: date) -> Mapping[str, Material]:
    """What the four tables hold for these KPIs."""
    known = {one.code: one for one in wanted}
    parts = [by_code(findings(session, known, as_at)), *steps(session, known, as_at)]
    return {code: Material(*(part.get(code, ()) for part in parts)) for code in known}


def findings(session: Session, known: Mapping[str, Definition], as_at: date) -> Iterable[tuple[str, Finding]]:
    """Bare columns and no objects: this is read for every KPI on every page of the dashboards."""
    row = sa.inspect(Observation).local_table.c
    plain = [code for code, one in known.items() if not one.small_numbers]
    statement = (
        sa.select(row.code, row.period_start, sa.type_coerce(row.outcome, sa.String), row.value, row.after_closing)
        .where(row.code.in_(plain), row.status == Status.VERIFIED, row.period_end <= as_at)
        .order_by(row.code, row.period_start)
    )
    for code, start, outcome, value, after_closing in session.execute(statement).all():
        yield code, Finding(start, OUTCOMES[outcome], value, revised=after_closing)
    for code, revisions in verified_persons(session, known).items():
        yield from ((code, found) for found in protected(known[code], revisions, as_at))


def protected(one: Definition, revisions: Sequence[Verified], as_at: date) -> Iterable[Finding]:
    """The findings of a KPI that counts persons, of the periods that had ended by the day.

    What is hidden follows from all periods, so that a look at an earlier day shows nothing that a later one hides.
    """
    hidden = hidden_starts(one, revisions)
    for row in revisions:
        if row.counts and period_of(one, row.start).end <= as_at:
            value = None if row.start in hidden else row.reading.value
            yield Finding(row.start, row.reading.outcome, value, hidden=row.start in hidden, revised=row.revised)


def verified_persons(session: Session, known: Mapping[str, Definition]) -> Mapping[str, Sequence[Verified]]:
    """The verified revisions of the KPIs that hide small numbers, by date and revision."""
    counting = [code for code, one in known.items() if one.small_numbers]
    row = sa.inspect(Observation).local_table.c
    statement = (
        sa.select(
            row.code,
            row.period_start,
            row.id,
            sa.type_coerce(row.status, sa.String),
            row.verified_at,
            sa.type_coerce(row.outcome, sa.String),
            row.value,
            row.numerator,
            row.denominator,
            row.n,
            row.after_closing,
        )
        .where(row.code.in_(counting), row.status.in_((Status.VERIFIED, Status.SUPERSEDED)))
        .order_by(row.code, row.period_start, row.revision)
    )
    rows = session.execute(statement).all() if counting else ()
    return by_code((code, verified_from(*rest)) for code, *rest in rows)


def verified_from(
    start: date, key: int, status: str, at: datetime, outcome: str, value: float | None, *rest: Any
) -> Verified:
    numerator, denominator, n, after_closing = rest
    reading = Reading(OUTCOMES[outcome], value, numerator, denominator)
    return Verified(
        start, reading, n, london_day(at), key, counts=status == Status.VERIFIED, revised=bool(after_closing)
    )


def steps(session: Session, known: Mapping[str, Definition], as_at: date) -> Sequence[Mapping[str, Sequence[Step]]]:
    """Targets, annotations and rebases by code, in one query, with the writer's name where there is one.

    Targets also of periods to come: a trajectory is seen before its periods have values.
    """
    asked = sa.union_all(
        step_columns(0, Target, value=Target.value, threshold=Target.threshold).where(
            col(Target.code).in_(known), col(Target.replaced_at).is_(None)
        ),
        step_columns(1, Annotation, text=Annotation.text, by=Person.name)
        .join(Person, col(Person.id) == col(Annotation.written_by))
        .where(*within(Annotation, known, as_at)),
        step_columns(2, Rebase, text=Rebase.reason, by=Person.name)
        .join(Person, col(Person.id) == col(Rebase.decided_by))
        .where(*within(Rebase, known, as_at)),
    ).order_by("code", "start", "id")
    found: tuple[dict[str, list[Step]], ...] = ({}, {}, {})
    for place, code, start, _id, value, threshold, text, by in session.execute(asked):
        found[place].setdefault(code, []).append(Step(start, value, text or "", by or "", threshold))
    return found


def step_columns(
    place: int, kind: Any, *, value: Any = None, threshold: Any = None, text: Any = None, by: Any = None
) -> Any:
    """SQL: the columns of a step, of the same types for all three kinds."""
    return sa.select(
        sa.literal_column(str(place), sa.Integer),
        kind.code.label("code"),
        kind.period_start.label("start"),
        kind.id.label("id"),
        sa.cast(sa.null() if value is None else value, sa.Float),
        sa.cast(sa.null() if threshold is None else threshold, sa.Float),
        sa.cast(sa.null() if text is None else text, sa.String),
        sa.cast(sa.null() if by is None else by, sa.String),
    ).select_from(kind)


def within(kind: Any, known: Mapping[str, Definition], as_at: date) -> tuple[Any, Any]:
    return kind.code.in_(known), kind.period_start <= as_at


def by_code(rows: Iterable[tuple[str, Any]]) -> Mapping[str, list[Any]]:
    grouped: dict[str, list[Any]] = {}
    for code, row in rows:
        grouped.setdefault(code, []).append(row)
    return grouped


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision of an observation, with the names of those who entered and verified it.

    `hidden` from everybody but those who report and verify: the persons behind it are few, it would help to find
    such a value, or it is not verified, so that nobody knows yet what it would give away.
    """

    record: Observation
    definition: Definition
    entered_by: str
    verified_by: str
    hidden: bool = False

    def shown(self, *, inside: bool) -> str:
        """The value: as it is for those `inside`, who enter and verify it; else only if everybody may see it."""
        record = self.record
        if not self.hidden or inside:
            return shown(self.definition, Finding(record.period_start, record.outcome, record.value))
        if record.status in IN_WORK:
            return "not shown before it is verified"
        return shown(self.definition, Finding(record.period_start, record.outcome, None, hidden=True))


SYSTEM = "The system"


def history(session: Session, code: str, as_at: date) -> Sequence[Revision]:
    """All revisions of a KPI's observations, newest period and revision first. Errors: NotFound."""
    return revisions(session, definition(code, as_at), Observation.code == code)


def revision(session: Session, key: int, as_at: date) -> Revision:
    """One revision. Errors: NotFound."""
    one = definition(observation(session, key).code, as_at)
    return revisions(session, one, Observation.id == key)[0]


def revisions(session: Session, one: Definition, condition: Any) -> Sequence[Revision]:
    entered, verified = aliased(Person), aliased(Person)
    statement = (
        select(Observation, entered.name, verified.name)
        .outerjoin(entered, col(entered.id) == col(Observation.entered_by))
        .outerjoin(verified, col(verified.id) == col(Observation.verified_by))
        .where(condition)
        .order_by(col(Observation.period_start).desc(), col(Observation.revision).desc())
    )
    open_ = open_revisions(one, verified_persons(session, {one.code: one}).get(one.code, ()))
    return [
        Revision(
            record,
            one,
            entered_name or SYSTEM,
            verified_name or SYSTEM if record.verified_at else "",
            bool(one.small_numbers) and record.id not in open_,
        )
        for record, entered_name, verified_name in session.execute(statement)
    ]


def revised_in(session: Session, period: Period) -> Sequence[tuple[int | None, str, datetime | None]]:
    """Number, code and moment of the values verified after the period had been closed before, the oldest first."""
    statement = select(Observation.id, Observation.code, Observation.verified_at)
    kept = statement.where(Observation.period == period.code, col(Observation.after_closing))
    return session.exec(kept.order_by(col(Observation.verified_at), col(Observation.id))).all()


def observation(session: Session, key: int) -> Observation:
    """Errors: NotFound."""
    return found(session.get(Observation, key), "this observation")


def evidence(session: Session, record: Observation) -> Document | None:
    """The file that a value rests on."""
    return session.get(Document, record.document_id) if record.document_id else None


RECENT = 6


def open_periods(
    history: Sequence[Revision], one: Definition, today: date, closed: frozenset[str] = frozenset()
) -> list[Period]:
    """The recent open periods, the running one first, for which nobody has entered anything yet."""
    current = Period.containing(today, one.frequency)
    known = {row.record.period for row in history} | closed
    recent = [current.shifted(-back) for back in range(RECENT)]
    return [period for period in recent if period.code not in known and period.end >= one.effective_from]


def in_work(session: Session, code: str, period: Period) -> Observation | None:
    """The draft, submitted or returned observation of a period; there is at most one."""
    return with_status(session, code, period, IN_WORK)


def verified(session: Session, code: str, period: Period) -> Observation | None:
    """The observation of a period that counts."""
    return with_status(session, code, period, (Status.VERIFIED,))


def hidden_numbers(session: Session, one: Definition, period: Period) -> frozenset[float]:
    """The numbers that revisions of a period's value were made of and that not everybody may see."""
    row = sa.inspect(Observation).local_table.c
    numbers = sa.select(row.value, row.numerator, row.denominator, row.n)
    statement = numbers.where(row.code == one.code, row.period_start == period.start)
    verified = verified_persons(session, {one.code: one}).get(one.code, ())
    seen = open_revisions(one, verified)
    open_to_all = {one.reading.value for one in verified if one.key in seen and one.start == period.start}
    held = {number for told in session.execute(statement) for number in told}
    return frozenset(number for number in held - open_to_all if number)


def with_status(session: Session, code: str, period: Period, statuses: Sequence[Status]) -> Observation | None:
    statement = select(Observation).where(Observation.code == code, Observation.period_start == period.start)
    return session.exec(statement.where(col(Observation.status).in_(statuses))).first()


def resource_of(one: Definition, entered_by: int | None = None) -> Resource:
    """A KPI, or one observation of it, as the access policies see it."""
    persons = frozenset() if entered_by is None else frozenset({entered_by})
    return Resource("Kpi", one.code, {"owner": one.owner_role.value, "entered_by": persons})


def resource(_session: Session, reference: str) -> Resource:
    """A KPI by its code, under its latest definition. Errors: NotFound."""
    return resource_of(latest_definition(reference))


def observation_resource(session: Session, reference: str | int) -> Resource:
    """Errors: NotFound."""
    record = observation(session, int(reference))
    return resource_of(latest_definition(record.code), record.entered_by)


@dataclass(frozen=True, slots=True)
class Due:
    """A period of a KPI that somebody has to report, and how far it has come."""

    definition: Definition
    period: Period
    status: PeriodStatus
    observation: Observation | None

    @property
    def due_on(self) -> date:
        return due_on(self.definition, self.period)


DONE = (PeriodStatus.REPORTED, PeriodStatus.CLOSED)


def due(session: Session, actor: Actor, today: date) -> Sequence[Due]:
    """The last period that has ended of each KPI that this person reports, most pressing first."""
    last = last_periods(actor, today)
    statement = select(Observation).where(
        col(Observation.code).in_([one.code for one, _ in last]),
        col(Observation.period_start).in_({period.start for _, period in last}),
        col(Observation.status) != Status.SUPERSEDED,
    )
    records = {(row.code, row.period_start): row for row in session.exec(statement.order_by(col(Observation.revision)))}
    shut = closed_codes(session)
    rows = [
        due_row(one, period, records.get((one.code, period.start)), today, closed=period.code in shut)
        for one, period in last
    ]
    return sorted(rows, key=lambda row: (row.status in DONE, row.due_on, row.definition.code))


def last_periods(actor: Actor, today: date) -> Sequence[tuple[Definition, Period]]:
    """The KPIs that this person reports, each with its last period that has ended."""
    owned = [one for one in definitions(today) if not one.computed and owns(actor, one)]
    last = [(one, Period.containing(today, one.frequency).shifted(-1)) for one in owned]
    return [(one, period) for one, period in last if one.effective_from <= period.end]


def due_row(one: Definition, period: Period, record: Observation | None, today: date, *, closed: bool) -> Due:
    done = record is not None and record.status is Status.VERIFIED
    return Due(one, period, period_status(one, period, today=today, verified=done, closed=closed), record)


def owns(actor: Actor, one: Definition) -> bool:
    """Reports this KPI: holds its owner role, or manages the centre."""
    return actor.has(one.owner_role, Role.CENTRE_MANAGER)
