"""A reported quarter in the tests' centre: an award with its project, KPI values, an ethics case; and reports."""

from datetime import UTC, date, datetime
from typing import Any

from sqlmodel import Session

from hcqic_gov.core.calendar import Period, periods
from hcqic_gov.kpi import queries
from hcqic_gov.kpi import service as kpi
from hcqic_gov.kpi.models import Observation
from hcqic_gov.kpi.service import Entry
from hcqic_gov.projects import service as projects
from hcqic_gov.projects.models import Milestone, Output, Risk
from hcqic_gov.projects.rules import OutputType, RiskCategory
from hcqic_gov.reporting import service
from hcqic_gov.reporting.gathering import Scope
from hcqic_gov.reporting.models import Report
from hcqic_gov.reporting.snapshot import Edition, Narrative
from tests import ethics_steps, funding_world
from tests.factories import World

QUARTER, LAST = Period.parse("2026-Q2"), Period.parse("2026-06")
LATER = datetime(2026, 7, 20, 9, 30, tzinfo=UTC)
TOLD = Narrative("Two methods compared.", "The trust uses one.", "Mostly met.", "A second post.", "More sites.")
AUTHOR, REVIEWER, MANAGER = "funding_officer", "finance", "centre_manager"


def reported(world: World) -> World:
    """An award of the funder, whose project has everything that a report shows; the quarter is over."""
    project = world.project(active=True)
    funding_world.award(world, project=project)
    ethics_steps.decided(world, project)
    lead = world["project_lead"]
    new: dict[str, Any] = {"project_id": 0, "created_at": world.now}
    late: dict[str, Any] = {"baseline_on": date(2026, 6, 1), "forecast_on": date(2026, 7, 1)}
    staff: dict[str, Any] = {"likelihood": 4, "impact": 4, "mitigation": "A second post is advertised"}
    parts = (
        Milestone(title="Baseline agreed", **late, **new),
        Risk(category=RiskCategory.WORKFORCE, description="Too few staff", **staff, **new),
        Output(kind=OutputType.SOFTWARE, title="Roster kit", appeared_on=date(2026, 5, 2), **new),
        Output(kind=OutputType.SOFTWARE, title="Too late", appeared_on=date(2026, 7, 2), **new),
    )
    with world.writing() as session:
        for part in parts:
            projects.add_part(session, project.reference, part, actor=lead, now=world.now)
    world.now = LATER
    observe(world)
    return world


def observe(world: World) -> None:
    """Fifteen verified months of O8, the last far below the others."""
    months = list(periods(Period.parse("2025-04"), Period.parse("2026-06")))
    with world.writing() as session:
        for number, month in enumerate(months):
            solved = 30 if month.code == "2026-06" else 45 + number % 3
            entry = Entry(solved, 50, source="Help desk report")
            key = kpi.enter(session, "O8", month, entry, actor=world["gatekeeper"], now=world.now).key
            kpi.submit(session, key, actor=world["gatekeeper"], now=world.now)
            kpi.verify(session, key, actor=world["centre_manager"], now=world.now)
        kpi.annotate(session, "O8", months[-1], "The help desk moved.", actor=world["gatekeeper"], now=world.now)


def correct(world: World, session: Session, period: Period = LAST) -> Observation:
    """A correction of a month of O8, as a draft: 80 per cent."""
    value = queries.verified(session, "O8", period)
    assert value is not None
    entry = Entry(40, 50, source="Help desk report")
    return kpi.correct(session, value.key, entry, reason="A wrong count.", actor=world["gatekeeper"], now=world.now)


def correct_the_last(world: World) -> None:
    """Verified, so that the register says 80 per cent for June."""
    with world.writing() as session:
        new = correct(world, session)
        kpi.submit(session, new.key, actor=world["gatekeeper"], now=world.now)
        kpi.verify(session, new.key, actor=world["centre_manager"], now=world.now)


def draft(world: World, *, award: str = "", by: str = AUTHOR) -> Report:
    with world.writing() as session:
        return service.draft(session, Scope(world.funder_id, award, QUARTER), actor=world[by], now=world.now)


def told(world: World, report: Report, narrative: Narrative = TOLD) -> None:
    with world.writing() as session:
        seen = session.get_one(Report, report.key).version
        service.write(session, report.reference, narrative, seen=seen, actor=world[AUTHOR], now=world.now)


def in_review(world: World) -> Report:
    report = draft(world)
    told(world, report)
    with world.writing() as session:
        return service.submit(session, report.reference, actor=world[AUTHOR], now=world.now)


def approve(world: World, report: Report, *, by: str = REVIEWER) -> Report:
    with world.writing() as session:
        return service.approve(session, report.reference, seen=report.version, actor=world[by], now=world.now)


def reviewed(world: World) -> Report:
    return approve(world, in_review(world))


def issue(world: World, report: Report, render: service.Render) -> Report:
    with world.writing() as session:
        return service.issue(session, report.reference, render, actor=world[MANAGER], now=world.now)


def plain(edition: Edition) -> bytes:
    """Stands for a PDF where the test is not about it."""
    return b"%PDF- " + edition.stamp.audit_head.encode()
