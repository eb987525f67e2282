"""Reads of allocations: which is in force, what is spent, what other runs are to spend, what is left."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from hcqic_gov.core.calendar import end_of_day, london_day, start_of_day
from hcqic_gov.projects.models import Project
from hcqic_gov.sandbox.allocations import Balance, Share, allocations, share_on
from hcqic_gov.sandbox.models import Allocation, Run, Spending
from hcqic_gov.sandbox.rules import State


@dataclass(frozen=True, slots=True)
class AccessRow:
    """A project with its tier, on the list of those that were granted one."""

    reference: str
    title: str
    tier: str
    starts_on: date
    ends_on: date
    seconds: int
    spent: float
    in_force: bool


@dataclass(frozen=True, slots=True)
class SpentRow:
    """What one attempt of a run has used."""

    reference: str
    title: str
    attempt: int
    seconds: float
    at: datetime
    allocation_id: int | None


def covers(day: date) -> tuple[Any, ...]:
    """The condition that an allocation is in force on this day."""
    ended = col(Allocation.ended_on)
    return col(Allocation.starts_on) <= day, col(Allocation.ends_on) >= day, sa.or_(ended.is_(None), ended > day)


def in_force(session: Session, project_id: int, day: date) -> Allocation | None:
    statement = select(Allocation).where(Allocation.project_id == project_id, *covers(day))
    return session.exec(statement.order_by(col(Allocation.id).desc())).first()


def of_project(session: Session, project_id: int) -> Sequence[Allocation]:
    """Every allocation that the project was granted, the newest first."""
    statement = select(Allocation).where(Allocation.project_id == project_id)
    return session.exec(statement.order_by(col(Allocation.id).desc())).all()


def share_of(allocation: Allocation, day: date) -> Share:
    return share_on(day, allocation.starts_on, allocation.ends_on, allocation.seconds, allocations().lapse_days)


def balance(session: Session, project_id: int, *, at: datetime, run: Run | None = None) -> Balance:
    """What the project may still use at this moment; of `run`, where given, nothing is reserved."""
    policy, day = allocations(), london_day(at)
    reserved = reserved_by_others(session, project_id, run)
    allocation = in_force(session, project_id, day)
    if allocation is None:
        own = col(Spending.allocation_id).is_(None), Spending.project_id == project_id
        return Balance(policy.own, policy.own.seconds, spent(session, *own), reserved)
    share = share_of(allocation, day)
    from_to = col(Spending.at) >= start_of_day(share.starts_on), col(Spending.at) < end_of_day(share.ends_on)
    used = spent(session, Spending.allocation_id == allocation.id, *from_to)
    tier = policy.tier(allocation.tier)
    return Balance(tier, share.seconds, used, reserved, share.ends_on, allocation.ends_on)


def spent(session: Session, *conditions: Any) -> float:
    statement = select(sa.func.coalesce(sa.func.sum(Spending.seconds), 0.0)).where(*conditions)
    return float(session.exec(statement).one())


def reserved_by_others(session: Session, project_id: int, run: Run | None) -> float:
    """Predicted seconds of the project's runs that go on or come before this one in the queue, where they count."""
    counting = [one.code for one in allocations().classes if one.counts]
    waiting: Any = col(Run.state).in_((State.APPROVED, State.QUEUED))
    if run is not None and run.queued_at is not None:  # of two in the queue the first goes, and the second waits for it
        earlier = sa.or_(
            col(Run.queued_at) < run.queued_at, sa.and_(col(Run.queued_at) == run.queued_at, col(Run.id) < run.id)
        )
        waiting = sa.and_(waiting, earlier)
    statement = select(sa.func.coalesce(sa.func.sum(Run.predicted_seconds), 0.0)).where(
        Run.project_id == project_id,
        col(Run.id) != (run.id or 0 if run else 0),
        col(Run.size_class).in_(counting),
        sa.or_(col(Run.state) == State.RUNNING, waiting),
    )
    return float(session.exec(statement).one())


def spending_of(session: Session, project_id: int, *, limit: int) -> Sequence[SpentRow]:
    """What the project's runs have used, the latest first."""
    statement = (
        sa.select(Run.reference, Run.title, Spending.attempt, Spending.seconds, Spending.at, Spending.allocation_id)  # type: ignore[call-overload]
        .join(Run, col(Run.id) == col(Spending.run_id))
        .where(col(Spending.project_id) == project_id)
        .order_by(col(Spending.id).desc())
        .limit(limit)
    )
    return [SpentRow(*row) for row in session.execute(statement)]


def granted(session: Session, day: date) -> Sequence[AccessRow]:
    """All allocations that are in force, or are to come, by the end of their term; in one query."""
    used = sa.func.coalesce(sa.func.sum(Spending.seconds), 0.0)
    ended = col(Allocation.ended_on)
    statement = (
        sa.select(Project.reference, Project.title, Allocation, used)  # type: ignore[call-overload]
        .join(Project, col(Project.id) == col(Allocation.project_id))
        .outerjoin(Spending, col(Spending.allocation_id) == col(Allocation.id))
        .where(col(Allocation.ends_on) >= day, sa.or_(ended.is_(None), ended > day))
        .group_by(Project.reference, Project.title, *sa.inspect(Allocation).columns)
        .order_by(Allocation.ends_on, Allocation.id)
    )
    return [
        AccessRow(ref, title, a.tier, a.starts_on, a.ends_on, a.seconds, float(total), a.starts_on <= day)
        for ref, title, a, total in session.execute(statement)
    ]
