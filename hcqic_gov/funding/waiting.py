"""What waits for whom among the applications for funding."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from hcqic_gov.audit.models import AuditEntry
from hcqic_gov.audit.rules import Result
from hcqic_gov.core.actor import Actor
from hcqic_gov.funding.models import Application, ApplicationEvent, Call
from hcqic_gov.funding.queries import PREPARING
from hcqic_gov.funding.rules import BEFORE_SUBMISSION
from hcqic_gov.funding.rules import ApplicationState as S
from hcqic_gov.notices.rules import Task
from hcqic_gov.notices.waiting import Line, Register, line, one_of
from hcqic_gov.people.rules import Role

SOON = timedelta(days=30)


def ask(actor: Actor, *, now: datetime) -> Iterator[Any]:
    """Reviews, offers and activations that wait, and deadlines within 30 days, for the people who act on them."""
    until = sa.func.coalesce(col(Application.extended_to), col(Call.deadline))
    prepares = sa.or_(col(Application.preparer_id) == actor.id, sa.literal(actor.has(Role.FUNDING_OFFICER)))
    soon = sa.and_(prepares, until < now + SOON)
    accepts = sa.and_(
        sa.literal(actor.has(Role.FINANCE, Role.CENTRE_MANAGER)),
        col(Application.preparer_id) != actor.id,
        col(Application.last_editor_id) != actor.id,
    )
    state = col(Application.state)
    verb = one_of(
        (sa.and_(state == S.INTERNAL_REVIEW, accepts, ~has_prepared(actor)), "Review"),
        (sa.and_(state == S.APPROVED_TO_SUBMIT, prepares), "Submit"),
        (sa.and_(state == S.CHANGES_REQUESTED, prepares), "Change as asked"),
        (sa.and_(state == S.DRAFT, soon), "Finish"),
        (sa.and_(state == S.IDENTIFIED, soon), "Decide whether to bid"),
        (sa.and_(state == S.OFFERED, accepts, offer_of_another(actor)), "Accept or decline the offer for"),
        (sa.and_(state == S.AWARDED, sa.literal(actor.has(*ACTIVATE))), "Activate the award for"),
    )
    applications = line(verb, Application.reference, Application.title, state=state, since=last_moved(), until=until)
    joined = applications.join_from(Application, Call, col(Call.id) == col(Application.call_id))
    yield joined.where(state.in_((*BEFORE_SUBMISSION, S.OFFERED, S.AWARDED)), verb != "")


ACTIVATE = (Role.FUNDING_OFFICER, Role.CENTRE_MANAGER)


def last_moved() -> Any:
    """SQL: the moment of the last move, or of the registration."""
    moved = (
        sa.select(sa.func.max(ApplicationEvent.at))
        .where(col(ApplicationEvent.application_id) == col(Application.id))
        .correlate(Application)
        .scalar_subquery()
    )
    return sa.func.coalesce(moved, col(Application.created_at))


def has_prepared(actor: Actor) -> Any:
    """SQL: this person changed the application or its costs at some time, also where others changed it later."""
    return sa.exists().where(
        col(AuditEntry.subject_kind) == Application.__tablename__,
        col(AuditEntry.subject_id) == col(Application.id),
        col(AuditEntry.action).in_(PREPARING),
        col(AuditEntry.actor_id) == actor.id,
        col(AuditEntry.result) == Result.DONE,
    )


def offer_of_another(actor: Actor) -> Any:
    return col(Application.offer_recorded_by).is_distinct_from(actor.id)


def tell(_session: Session, lines: Sequence[Line], _actor: Actor, *, now: datetime) -> Iterator[Task]:
    for one in lines:
        due = one.until_day if one.state in BEFORE_SUBMISSION else None
        yield Task(
            f"{one.what} “{one.title}”", "Funding", "funding.show", {"reference": one.reference}, one.since_day, due
        )


tasks_for = Register(ask, tell)
