"""What waits for whom in the register of projects."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col

from hcqic_gov.core.actor import Actor
from hcqic_gov.core.calendar import london_day
from hcqic_gov.notices.rules import Task
from hcqic_gov.notices.waiting import Line, Register, line
from hcqic_gov.people.rules import Role
from hcqic_gov.projects.models import Milestone, Project
from hcqic_gov.projects.rules import Status

SOON = timedelta(days=30)
PROPOSAL, MILESTONE = "proposal", "milestone"


def ask(actor: Actor, *, now: datetime) -> Iterator[Any]:
    """Proposals to decide on for the centre manager; milestones that are due for their project's lead."""
    if actor.has(Role.CENTRE_MANAGER):
        undecided = col(Project.status).in_([Status.PROPOSED, Status.SCOPING])
        proposals = line(PROPOSAL, Project.reference, Project.title, state=Project.status, since=Project.created_at)
        yield proposals.where(undecided, Project.lead_id != actor.id)
    milestones = line(MILESTONE, Project.reference, Milestone.title, due=Milestone.forecast_on)
    yield milestones.join_from(Milestone, Project, col(Project.id) == col(Milestone.project_id)).where(
        Project.lead_id == actor.id,
        Project.status == Status.ACTIVE,
        col(Milestone.met_on).is_(None),
        col(Milestone.forecast_on) <= london_day(now) + SOON,
    )


def tell(_session: Session, lines: Sequence[Line], _actor: Actor, *, now: datetime) -> Iterator[Task]:
    for one in lines:
        title = f"Decide on “{one.title}” ({one.state})" if one.what == PROPOSAL else f"Milestone: {one.title}"
        yield Task(title, "Project", "projects.show", {"reference": one.reference}, one.since_day, one.due)


tasks_for = Register(ask, tell)
