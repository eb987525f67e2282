"""What the project register answers to KPIs: each takes a period and gives a Measure."""

from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from hcqic_gov.core.calendar import Period, add_months
from hcqic_gov.core.measure import Measure
from hcqic_gov.projects.models import (
    Engagement,
    Output,
    Partner,
    Project,
    ProjectEvent,
    Trial,
    TrlAssessment,
)
from hcqic_gov.projects.rules import EngagementKind, OutputType, Rung, Status


def active_at(session: Session, period: Period) -> frozenset[int]:
    """The numbers of the projects that were active at the last moment of the period."""
    latest = (
        sa.select(col(ProjectEvent.project_id), sa.func.max(ProjectEvent.id).label("event"))
        .where(col(ProjectEvent.at) < period.closes)
        .group_by(col(ProjectEvent.project_id))
        .subquery()
    )
    statement = select(ProjectEvent.project_id).join(latest, latest.c.event == ProjectEvent.id)
    return frozenset(session.exec(statement.where(ProjectEvent.status == Status.ACTIVE)))


def active_during(session: Session, period: Period) -> frozenset[int]:
    """The numbers of the projects that were active at any moment of the period."""
    begun = select(ProjectEvent.project_id).where(
        ProjectEvent.status == Status.ACTIVE, col(ProjectEvent.at) >= period.opens, col(ProjectEvent.at) < period.closes
    )
    return active_at(session, period.shifted(-1)) | frozenset(session.exec(begun))


def outputs_in(session: Session, period: Period, *conditions: Any) -> Decimal:
    within = col(Output.appeared_on).between(period.start, period.end)
    return Decimal(session.exec(select(sa.func.count()).select_from(Output).where(within, *conditions)).one())


def publications(session: Session, period: Period) -> Measure:
    """R1: outputs of type publication that appeared in the period."""
    return Measure(outputs_in(session, period, Output.kind == OutputType.PUBLICATION))


def open_access_share(session: Session, period: Period) -> Measure:
    """R2: open-access publications over publications of the period."""
    published = Output.kind == OutputType.PUBLICATION
    opened = outputs_in(session, period, published, col(Output.open_access).is_(True))
    return Measure(opened, outputs_in(session, period, published))


def releases(session: Session, period: Period) -> Measure:
    """R5: software, data and methods released with a licence and an identifier."""
    kinds = [OutputType.SOFTWARE, OutputType.DATABASES_MODELS, OutputType.RESEARCH_TOOLS]
    released = (col(Output.kind).in_(kinds), Output.licence != "", Output.identifier != "")
    return Measure(outputs_in(session, period, *released))


def use_cases_benchmarked(session: Session, period: Period) -> Measure:
    """R7: active projects with a trial on HPC recorded by the end of the period, over active projects."""
    active = active_at(session, period)
    tried = select(Trial.project_id).where(Trial.rung == Rung.HPC, col(Trial.recorded_at) < period.closes).distinct()
    benchmarked = active.intersection(session.exec(tried).all())
    return Measure(Decimal(len(benchmarked)), Decimal(len(active)))


def trl_progression(session: Session, period: Period) -> Measure:
    """R9: gain in readiness over the 12 months to the end of the period, over active projects.

    A project without an assessment has shown no gain; without an earlier one, its first is what it began with.
    """
    statement = select(TrlAssessment).where(col(TrlAssessment.assessed_on) <= period.end)
    levels: dict[int, list[tuple[Any, int]]] = {}
    for row in session.exec(statement.order_by(col(TrlAssessment.assessed_on))):
        levels.setdefault(row.project_id, []).append((row.assessed_on, row.level))
    year_ago, active = add_months(period.end, -12), active_at(session, period)
    gains = [
        series[-1][1] - max((entry for entry in series if entry[0] <= year_ago), default=series[0])[1]
        for number, series in levels.items()
        if number in active
    ]
    return Measure(Decimal(sum(gains)), Decimal(len(active)))


def involvement_plans(session: Session, period: Period) -> Measure:
    """G2: active projects whose involvement plan was approved by the end of the period, over active projects."""
    active = active_at(session, period)
    planned = set(session.exec(select(Project.id).where(col(Project.involvement_plan_approved_on) <= period.end)))
    return Measure(Decimal(len(active & planned)), Decimal(len(active)))


def audience_reach(session: Session, period: Period) -> Measure:
    """G3: people reached at events for an audience that were held in the period."""
    within = col(Engagement.held_on).between(period.start, period.end)
    reached = select(sa.func.sum(Engagement.people)).where(within, Engagement.kind == EngagementKind.AUDIENCE)
    return Measure(Decimal(session.exec(reached).one() or 0))


def partner_organisations(session: Session, period: Period) -> Measure:
    """G8: distinct organisations that were partners of a project active at the end of the period."""
    since = col(Partner.since) <= period.end
    partners = session.exec(select(Partner.organisation_id, Partner.project_id).where(since))
    active = active_at(session, period)
    return Measure(Decimal(len({organisation for organisation, number in partners if number in active})))
