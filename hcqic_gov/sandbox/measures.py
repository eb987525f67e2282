"""What the sandbox answers to KPIs: each takes a period and gives a Measure."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from hcqic_gov.core.calendar import Period, start_of_day
from hcqic_gov.core.measure import Measure
from hcqic_gov.quantum.tiers import tiers
from hcqic_gov.sandbox.models import Run, RunCheck, RunResult
from hcqic_gov.sandbox.rules import HAS_RESULT, Stage, State

ENDED_BADLY = (State.FAILED, State.LOST)


def ended_in(period: Period) -> tuple[Any, Any]:
    return col(Run.ended_at) >= start_of_day(period.start), col(Run.ended_at) < period.closes


def seconds(duration: timedelta) -> Decimal:
    return Decimal(str(round(duration.total_seconds(), 3)))


def executions(session: Session, period: Period) -> list[tuple[datetime, datetime, datetime]]:
    """When each run that ended in the period after an execution was queued, begun and ended."""
    statement = select(Run.queued_at, Run.started_at, Run.ended_at).where(
        *ended_in(period), col(Run.started_at).is_not(None), col(Run.queued_at).is_not(None)
    )
    return [(q, s, e) for q, s, e in session.exec(statement) if q and s and e]


def scheduling_coefficient(session: Session, period: Period) -> Measure:
    """O3: time spent running over time spent running and queued, of the runs that ended in the period."""
    rows = executions(session, period)
    running = sum((seconds(end - start) for _, start, end in rows), Decimal(0))
    return Measure(running, running + sum((seconds(start - queued) for queued, start, _ in rows), Decimal(0)))


def utilisation(session: Session, period: Period) -> Measure:
    """O2: time spent running over the capacity of the policy, for the days of the period."""
    running = sum((seconds(end - start) for _, start, end in executions(session, period)), Decimal(0))
    days = (period.end - period.start).days + 1
    return Measure(running, Decimal(str(tiers().capacity_hours_a_day)) * 3600 * days)


def job_success_rate(session: Session, period: Period) -> Measure:
    """O4: runs that gave a result over runs that were executed to an end; those that people stopped do not count."""
    good, bad = (
        Decimal(session.exec(counted(period, col(Run.state).in_(states))).one()) for states in (HAS_RESULT, ENDED_BADLY)
    )
    return Measure(good, good + bad)


def counted(period: Period, *conditions: Any) -> Any:
    return select(sa.func.count()).select_from(Run).where(*ended_in(period), *conditions)


def ungated_runs(session: Session, period: Period) -> Measure:
    """O7: runs begun in the period whose execution lacks a record that every gate was open at that moment."""
    gated = sa.exists().where(
        col(RunCheck.run_id) == col(Run.id),
        col(RunCheck.stage) == Stage.EXECUTION,
        col(RunCheck.attempt) == col(Run.attempt),
        col(RunCheck.allowed).is_(True),
    )
    begun = col(Run.started_at) >= start_of_day(period.start), col(Run.started_at) < period.closes
    return Measure(Decimal(session.exec(select(sa.func.count()).select_from(Run).where(*begun, ~gated)).one()))


def reproducibility_rate(session: Session, period: Period) -> Measure:
    """R6: repetitions within the tolerance of their first run, over repetitions executed to an end in the period."""
    repeated = col(Run.repeat_of_id).is_not(None)
    selected = session.exec(counted(period, repeated, col(Run.state).in_([*HAS_RESULT, *ENDED_BADLY]))).one()
    within = col(RunResult.distance) <= tiers().reproducibility_tolerance
    statement = counted(period, repeated, within).join(RunResult, col(RunResult.run_id) == col(Run.id))
    return Measure(Decimal(session.exec(statement).one()), Decimal(selected))
