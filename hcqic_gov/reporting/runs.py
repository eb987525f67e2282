"""How many simulated runs the projects of a report asked for in its period, and what became of them."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from hcqic_gov.core.calendar import Period
from hcqic_gov.reporting.snapshot import Runs
from hcqic_gov.sandbox.models import Run, RunCheck, RunEvent
from hcqic_gov.sandbox.rules import Stage, State


def runs_of(session: Session, project_ids: Sequence[int], period: Period) -> Runs:
    """Counts in the period: by when a run was requested, begun, refused or blocked, released."""

    def events(*states: State) -> int:
        reached = (col(RunEvent.state).in_(states), *within(RunEvent.at, period))
        statement = select(sa.func.count(sa.distinct(col(RunEvent.run_id)))).join(
            Run, col(Run.id) == col(RunEvent.run_id)
        )
        return session.exec(statement.where(col(Run.project_id).in_(project_ids), *reached)).one()

    def runs(*conditions: Any) -> int:
        statement = select(sa.func.count()).select_from(Run)
        return session.exec(statement.where(col(Run.project_id).in_(project_ids), *conditions)).one()

    begun = within(Run.started_at, period)
    return Runs(
        requested=runs(*within(Run.requested_at, period)),
        executed=runs(*begun),
        refused=events(State.REFUSED, State.BLOCKED),
        released=events(State.RELEASED),
        ungated=runs(*begun, ~gated()),
    )


def within(column: Any, period: Period) -> tuple[Any, Any]:
    return col(column) >= period.opens, col(column) < period.closes


def gated() -> Any:
    """There is a record that every gate was open when the run was executed, as KPI O7 asks."""
    return sa.exists().where(
        col(RunCheck.run_id) == col(Run.id),
        col(RunCheck.stage) == Stage.EXECUTION,
        col(RunCheck.attempt) == col(Run.attempt),
        col(RunCheck.allowed).is_(True),
    )
