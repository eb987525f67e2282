"""The runs behind the measures of the sandbox: the same conditions, row by row."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from hcqic_gov.core.calendar import Period, london_day, start_of_day
from hcqic_gov.core.measure import Part
from hcqic_gov.projects import behind as projects
from hcqic_gov.projects.models import Project
from hcqic_gov.quantum.tiers import tiers
from hcqic_gov.sandbox.measures import ENDED_BADLY, ended_in, seconds
from hcqic_gov.sandbox.models import Run, RunCheck, RunResult
from hcqic_gov.sandbox.rules import HAS_RESULT, LABELS, Stage


def runs(session: Session, *conditions: Any) -> Sequence[Run]:
    return session.exec(select(Run).where(*conditions).order_by(col(Run.id))).all()


def part(row: Run, says: str, *, counts: bool = True) -> Part:
    moment = row.ended_at or row.started_at
    return Part("sandbox", row.reference, row.title, london_day(moment) if moment else None, says, counts)


def executions(session: Session, period: Period) -> Sequence[Part]:
    """What was executed and ended in the period, with its seconds."""
    found = runs(session, *ended_in(period), col(Run.started_at).is_not(None), col(Run.queued_at).is_not(None))
    return [part(row, time_of(row)) for row in found]


def time_of(row: Run) -> str:
    if row.queued_at is None or row.started_at is None or row.ended_at is None:
        return "Not executed"
    waited, ran = seconds(row.started_at - row.queued_at), seconds(row.ended_at - row.started_at)
    return f"Ran {ran:,.1f} s after {waited:,.1f} s in the queue"


def job_success_rate(session: Session, period: Period) -> Sequence[Part]:
    found = runs(session, *ended_in(period), col(Run.state).in_([*HAS_RESULT, *ENDED_BADLY]))
    return [part(row, LABELS[row.state].capitalize(), counts=row.state in HAS_RESULT) for row in found]


def ungated_runs(session: Session, period: Period) -> Sequence[Part]:
    """Every run begun in the period; those count whose execution lacks the record that every gate was open."""
    begun = col(Run.started_at) >= start_of_day(period.start), col(Run.started_at) < period.closes
    gated = (
        sa.select(col(RunCheck.run_id))
        .join(Run, sa.and_(col(Run.id) == col(RunCheck.run_id), col(RunCheck.attempt) == col(Run.attempt)))
        .where(col(RunCheck.stage) == Stage.EXECUTION, col(RunCheck.allowed).is_(True), *begun)
    )
    known = frozenset(session.scalars(gated))
    return [
        part(row, "Every gate was open" if row.key in known else "Without every gate", counts=row.key not in known)
        for row in runs(session, *begun)
    ]


def reproducibility_rate(session: Session, period: Period) -> Sequence[Part]:
    statement = (
        select(Run, RunResult.distance)
        .outerjoin(RunResult, col(RunResult.run_id) == col(Run.id))
        .where(*ended_in(period), col(Run.repeat_of_id).is_not(None))
        .where(col(Run.state).in_([*HAS_RESULT, *ENDED_BADLY]))
        .order_by(col(Run.id))
    )
    tolerance = tiers().reproducibility_tolerance
    return [repetition(row, distance, tolerance) for row, distance in session.exec(statement)]


def repetition(row: Run, distance: float | None, tolerance: float) -> Part:
    if distance is None:
        return part(row, "No result to compare", counts=False)
    return part(row, f"Distance {distance:.4f} from its first run", counts=distance <= tolerance)


def projects_of(session: Session, references: Iterable[str]) -> Mapping[str, Project]:
    return projects.projects_of(session, Run, references)
