"""What waits for whom among the KPIs."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from hcqic_gov.core.actor import Actor
from hcqic_gov.core.calendar import Frequency, Period, london_day
from hcqic_gov.kpi.definitions import Definition, latest_definition
from hcqic_gov.kpi.models import Closing, Observation
from hcqic_gov.kpi.periods import expected
from hcqic_gov.kpi.queries import IN_WORK, last_periods, owns
from hcqic_gov.kpi.rules import Status, due_on
from hcqic_gov.notices.rules import Task
from hcqic_gov.notices.waiting import Line, Register, line
from hcqic_gov.people.rules import Role

ENTERED, TO_VERIFY, CLOSED, TO_CLOSE = "entered", "to verify", "closed", "to close"


def ask(actor: Actor, *, now: datetime) -> Iterator[Any]:
    """What was entered for the periods that this person has to report; values of others to verify."""
    last = last_periods(actor, london_day(now))
    if last:
        entered = line(
            ENTERED, Observation.code, Observation.period, state=Observation.status, number=Observation.entered_by
        )
        yield entered.where(
            col(Observation.code).in_([one.code for one, _ in last]),
            col(Observation.period).in_({period.code for _, period in last}),
            col(Observation.status) != Status.SUPERSEDED,
        )
        shut = line(CLOSED, Closing.period, Closing.period)
        yield shut.where(
            col(Closing.reopened_at).is_(None), col(Closing.period).in_({period.code for _, period in last})
        )
    if ready := ready_to_close(actor, london_day(now)):
        unclosed = line(TO_CLOSE, Observation.period, Observation.period).where(
            col(Observation.period).in_([period.code for period in ready]),
            Observation.status == Status.VERIFIED,
            ~in_closed_period(),
        )
        yield unclosed.distinct()
    number = sa.cast(col(Observation.id), sa.String)
    submitted = line(TO_VERIFY, number, Observation.code, note=Observation.period, since=Observation.created_at)
    yield submitted.where(
        Observation.status == Status.SUBMITTED, Observation.entered_by != actor.id, ~in_closed_period()
    )


def ready_to_close(actor: Actor, today: date) -> Sequence[Period]:
    """For the manager: the last ended period of each frequency, once none of its values is still to come."""
    if not actor.has(Role.CENTRE_MANAGER):
        return ()
    last = [Period.containing(today, frequency).shifted(-1) for frequency in Frequency]
    return [period for period in last if (day := last_due(period)) and day < today]


def last_due(period: Period) -> date | None:
    """The day by which the last of a period's values has to be verified; None where it has no KPI."""
    return max((due_on(one, period) for one in expected(period)), default=None)


def in_closed_period() -> Any:
    """SQL: of an observation."""
    closing = sa.select(col(Closing.id)).where(
        col(Closing.period) == col(Observation.period), col(Closing.reopened_at).is_(None)
    )
    return closing.exists()


def tell(_session: Session, lines: Sequence[Line], actor: Actor, *, now: datetime) -> Iterator[Task]:
    shut = frozenset(one.reference for one in lines if one.what == CLOSED)
    yield from entries([one for one in lines if one.what == ENTERED], actor, london_day(now), shut)
    yield from (closing(Period.parse(one.reference)) for one in lines if one.what == TO_CLOSE)
    for one in lines:
        if one.what == TO_VERIFY and owns(actor, definition := latest_definition(one.title)):
            yield verification(one, definition)


def entries(lines: Sequence[Line], actor: Actor, today: date, closed: frozenset[str]) -> Iterator[Task]:
    """Values to report and to send in again for open periods; a correction that is in work hides what it corrects."""
    known = {(one.reference, one.title): one for one in sorted(lines, key=lambda one: one.state in IN_WORK)}
    for definition, period in last_periods(actor, today):
        if period.code not in closed and with_owner(known.get((definition.code, period.code)), definition, actor):
            title = f"Report {definition.code} {definition.title} for {period.label}"
            values = {"reference": definition.code, "period": period.code}
            yield Task(title, "KPI", "kpi.enter", values, due=due_on(definition, period))


def with_owner(found: Line | None, definition: Definition, actor: Actor) -> bool:
    """Still with the owner: nothing entered, a draft or a returned value of this person's."""
    if found is None:
        return actor.has(definition.owner_role)
    return found.state in (Status.DRAFT, Status.RETURNED) and found.number == actor.id


def verification(one: Line, definition: Definition) -> Task:
    period = Period.parse(one.note or "")
    title = f"Verify {definition.code} {definition.title} for {period.label}"
    return Task(
        title, "KPI", "kpi.observation", {"reference": one.reference}, one.since_day, due_on(definition, period)
    )


def closing(period: Period) -> Task:
    title = f"Close the KPIs of {period.label}"
    return Task(title, "KPI", "kpi_periods.show", {"period": period.code}, period.end, last_due(period))


tasks_for = Register(ask, tell)
