"""One record of every kind, for tests that walk all addresses: values by register ("" for all of them)."""

from datetime import date

from sqlmodel import select

from hcqic_gov.committee.models import CommitteeMember
from hcqic_gov.core.calendar import Period
from hcqic_gov.funding import queries as funding
from hcqic_gov.funding.awards import budget_of
from hcqic_gov.funding.models import Application
from hcqic_gov.kpi import saved_views, uploads
from hcqic_gov.kpi import service as kpi
from hcqic_gov.kpi.sheets import read
from hcqic_gov.people import service as people
from hcqic_gov.projects import service as projects
from hcqic_gov.projects.models import Milestone
from hcqic_gov.quantum import simulate
from hcqic_gov.reporting import service as reporting
from hcqic_gov.reporting.gathering import Scope
from hcqic_gov.scenarios import queries as scenarios
from tests import ethics_steps, funding_world, sandbox_steps
from tests.ethics_steps import decided
from tests.factories import World
from tests.modification_steps import begun


def make_samples(world: World) -> dict[str, dict[str, object]]:
    project = world.project(active=True)
    world.climb_to_quantum(project)
    milestone = Milestone(
        title="First result",
        baseline_on=date(2026, 9, 1),
        forecast_on=date(2026, 9, 1),
        created_at=world.now,
        project_id=project.key,
    )
    with world.writing() as session:
        projects.add_part(session, project.reference, milestone, actor=world["project_lead"], now=world.now)
    case = decided(world, project, "favourable_conditions")
    reviewed = ethics_steps.reviewed(world, project)
    change = begun(world, case.reference)
    funded, model = funding_samples(world)
    access = sandbox_steps.ready(world)
    run = sandbox_steps.in_review(world, access)
    simulate.close()
    report: dict[str, object] = {"reference": drafted_report(world), "code": "O8", "name": "kpis"}
    return {
        "": {"filename": "hcqic.css", "token": "none"},
        "projects": {
            "reference": project.reference,
            "name": "pause",
            "kind": "milestones",
            "key": milestone.key,
            "rung": "hpc",
        },
        **committee_samples(world),
        "ethics": {"reference": case.reference, "name": "suspend", "key": 1, "number": 1},
        "applying": {"reference": case.reference, "section": "people", "key": 1},
        "reviews": {"reference": reviewed.reference, "key": world["committee_lay"].id},
        "modifications": {"reference": case.reference},
        "modifications.edit": {"reference": change.reference},
        "dossier": {"reference": case.reference},
        "ethics.approvals": {"reference": project.reference},
        "ethics.record_approval": {"reference": project.reference},
        "sandbox": {"reference": run.reference, "name": "release"},
        "sandbox_keeping": {"reference": run.reference},
        "sandbox_sweeps": {"reference": run.reference},
        "sandbox_results": {"reference": run.reference, "kind": "json"},
        "sandbox_templates": {"code": "molecule", "reference": run.reference},
        "sandbox_access": {"reference": access.reference, "key": 1},
        "notices": {"key": 1},
        "calendar": {"token": calendar_token(world)},
        "people": {"key": world["finance"].id},
        "public": {"name": "01-principles"},
        **funded,
        **model,
        **kpi_samples(world),
        **dict.fromkeys(("reports", "report_evidence", "report_files"), report),
        "reports.ethics_letter": {"reference": case.reference},
    }


def committee_samples(world: World) -> dict[str, dict[str, object]]:
    """An open meeting, a planned one, and somebody's term."""
    opened, planned = world.meeting(), world.plan_meeting()
    with world.reading() as session:
        term = session.exec(select(CommitteeMember.id)).first()
    return {
        "committee": {"reference": opened.reference, "key": world.committee_id, "name": "close"},
        "committee.edit": {"reference": planned.reference},
        "committee.end_term": {"key": term},
        "minutes": {"reference": opened.reference},
    }


def calendar_token(world: World) -> str:
    """The open calendar of the chair."""
    with world.writing() as session:
        return people.renew_calendar(session, actor=world["chair"], now=world.now)


def drafted_report(world: World) -> str:
    """A draft on what the funder's awards did in May."""
    scope = Scope(world.funder_id, "", Period.parse("2026-05"))
    with world.writing() as session:
        return reporting.draft(session, scope, actor=world["funding_officer"], now=world.now).reference


def funding_samples(world: World) -> tuple[dict[str, dict[str, object]], dict[str, dict[str, object]]]:
    """An award with its application and call; an adopted scenario."""
    award, row = funding_world.award(world), funding_world.adopted(world)
    with world.reading() as session:
        application = session.get_one(Application, award.application_id)
        line = scenarios.lines_of(session, row.key)[row.key][0]
        cost, budget = funding.cost_lines(session, application)[0], budget_of(session, award)[0]
    funded: dict[str, dict[str, object]] = {
        "funding": {"reference": application.reference, "name": "activate", "key": cost.key},
        "funding.edit_call": {"key": application.call_id},
        "awards": {"reference": award.reference, "key": budget.id},
    }
    return funded, {"scenarios": {"reference": row.reference, "key": line.key, "name": "reopen"}}


def kpi_samples(world: World) -> dict[str, dict[str, object]]:
    """A value of one KPI, sent to a second person."""
    with world.writing() as session:
        entry = kpi.Entry(45, 50, source="Help desk report")
        period = Period.parse("2026-05")
        value = kpi.enter(session, "O8", period, entry, actor=world["gatekeeper"], now=world.now)
        kpi.submit(session, value.key, actor=world["gatekeeper"], now=world.now)
        saved = saved_views.save(session, "Operations", "/dashboards/", actor=world["gatekeeper"], now=world.now)
    on_values = ("observation", "submit", "verify", "return_", "correct")
    found: dict[str, dict[str, object]] = {f"kpi.{name}": {"reference": value.key} for name in on_values}
    return {
        "kpi": {"reference": "O8", "period": "2026-05"},
        "kpi_files": {"reference": "O8", "kind": "csv"},
        "kpi_periods": {"period": "2026-05"},
        "kpi_targets": {"reference": "O8", "period": "2026-06"},
        "kpi_records": {"reference": "O6"},
        "kpi_saved": {"reference": saved.key},
        "uploads": {"reference": kpi_upload(world), "ticket": "none"},
        **found,
    }


def kpi_upload(world: World) -> int:
    """A file of one value, checked and not taken."""
    data = b"code,period,outcome,numerator,denominator\nO8,2026-04,value,45,50\n"
    with world.writing() as session:
        owner, now = world["gatekeeper"], world.now
        return uploads.take(session, data, read(data), filename="values.csv", actor=owner, now=now).key
