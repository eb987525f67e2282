"""What waits for whom among the scenarios."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from hcqic_gov.core.actor import Actor
from hcqic_gov.notices.rules import Task
from hcqic_gov.notices.waiting import Line, Register, line, one_of
from hcqic_gov.people.rules import Role
from hcqic_gov.scenarios.models import Scenario
from hcqic_gov.scenarios.rules import Option, ScenarioState


def ask(actor: Actor, *, now: datetime) -> Iterator[Any]:
    """Drafts of others to review, and scenarios to adopt that another person reviewed, for the people who may."""
    to_review = sa.and_(
        col(Scenario.state) == ScenarioState.DRAFT,
        col(Scenario.owner_id) != actor.id,
        col(Scenario.last_editor_id) != actor.id,
    )
    to_adopt = sa.and_(
        col(Scenario.state) == ScenarioState.REVIEWED,
        col(Scenario.option) != Option.S0,
        col(Scenario.reviewer_id).is_distinct_from(actor.id),
    )
    since = sa.func.coalesce(col(Scenario.reviewed_at), col(Scenario.created_at))
    scenarios = line(
        one_of((to_review, "Review"), (to_adopt, "Adopt")), Scenario.reference, Scenario.title, since=since
    )
    if actor.has(Role.CENTRE_MANAGER):
        yield scenarios.where(sa.or_(to_review, to_adopt))
    elif actor.has(Role.FINANCE):
        yield scenarios.where(to_review)


def tell(_session: Session, lines: Sequence[Line], _actor: Actor, *, now: datetime) -> Iterator[Task]:
    for one in lines:
        yield Task(
            f"{one.what} “{one.title}”", "Scenario", "scenarios.show", {"reference": one.reference}, one.since_day
        )


tasks_for = Register(ask, tell)
