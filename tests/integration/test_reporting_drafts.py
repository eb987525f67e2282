"""What a draft says, who may do what with it, and who sees it: nothing here is decided by the database."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from hcqic_gov.audit.queries import AuditFilter, search
from hcqic_gov.core.calendar import Period
from hcqic_gov.core.errors import Invalid, NotFound, Refused, Stale
from hcqic_gov.quantum import simulate
from hcqic_gov.reporting import queries, service, waiting
from hcqic_gov.reporting.gathering import Scope
from hcqic_gov.reporting.models import Report
from hcqic_gov.reporting.queries import ReportFilter
from hcqic_gov.reporting.rules import Kind, Status
from hcqic_gov.reporting.runs import runs_of
from hcqic_gov.reporting.snapshot import Cause, FunderReport, Level, Runs, snapshot_hash, thaw
from hcqic_gov.sandbox.models import RunCheck
from tests import reporting_world as made
from tests import sandbox_steps
from tests.factories import World


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What no database decides is tested on one."""
    return sqlite_url


@pytest.fixture
def centre(world: World) -> World:
    return made.reported(world)


def data_of(world: World, report: Report) -> FunderReport:
    with world.reading() as session:
        return thaw(queries.report(session, report.reference).snapshot)


def test_a_draft_freezes_what_the_registers_say(centre: World) -> None:
    report = made.draft(centre)
    data = data_of(centre, report)
    assert (report.reference, report.kind, report.status) == ("HCQIC-R-2026-0001-v1", Kind.FUNDER, Status.DRAFT)
    assert data.about.funder == "Example Research Fund"
    assert [(m.title, m.level, m.status) for m in data.milestones] == [("Baseline agreed", Level.RED, "49 days late")]
    assert [(r.title, r.level) for r in data.risks] == [("Too few staff", Level.RED)]
    assert [output.title for output in data.outputs] == ["Roster kit"]
    assert [(line.award, int(line.budget)) for line in data.budget] == [
        (data.budget[0].award, amount) for amount in (48_000, 16_000, 36_000)
    ]
    assert ("Centre's ethics committee", Level.GREEN) in [(a.body, a.level) for a in data.approvals]
    assert data.runs.ungated == 0


def test_a_kpi_keeps_its_points_causes_and_explanations(centre: World) -> None:
    kpi = next(kpi for kpi in data_of(centre, made.draft(centre)).kpis if kpi.code == "O8")
    assert (len(kpi.points), kpi.reading, kpi.level) == (15, "60.0%", Level.RED)
    last = kpi.points[-1]
    assert (last.cause, last.rule, last.note) == (Cause.CONCERN, "below lower limit", "The help desk moved.")
    assert last.lower is not None
    assert last.value < last.lower
    assert {kpi.level for kpi in data_of(centre, made.draft(centre)).kpis if not kpi.points} == {Level.NOT_REPORTED}


def test_a_report_on_one_award(centre: World) -> None:
    with centre.reading() as session:
        reference = thaw(queries.report(session, made.draft(centre).reference).snapshot).budget[0].award
    report = made.draft(centre, award=reference)
    assert (report.kind, report.award_id is not None) == (Kind.AWARD, True)
    assert data_of(centre, report).about.awards[0].startswith(reference)


@pytest.mark.parametrize(("period", "sentence"), [("2026-Q3", "has not ended"), ("2026-Q1", "nothing to report")])
def test_a_period_must_have_ended_and_have_an_award(centre: World, period: str, sentence: str) -> None:
    scope = Scope(centre.funder_id, "", Period.parse(period))
    with centre.writing() as session, pytest.raises(Invalid, match=sentence):
        service.draft(session, scope, actor=centre[made.AUTHOR], now=centre.now)


def test_refresh_takes_new_data_and_keeps_the_narrative(centre: World) -> None:
    report = made.draft(centre)
    made.told(centre, report)
    before = data_of(centre, report)
    centre.now = centre.now.replace(day=25)
    with centre.writing() as session:
        service.refresh(session, report.reference, actor=centre[made.AUTHOR], now=centre.now)
    after = data_of(centre, report)
    assert after.narrative == before.narrative == made.TOLD
    assert (before.milestones[0].status, after.milestones[0].status) == ("49 days late", "54 days late")


def test_without_answers_nothing_is_submitted(centre: World) -> None:
    report = made.draft(centre)
    with centre.writing() as session, pytest.raises(Refused, match="three questions"):
        service.submit(session, report.reference, actor=centre[made.AUTHOR], now=centre.now)


def test_the_author_cannot_review(centre: World) -> None:
    report = made.in_review(centre)
    with centre.writing() as session, pytest.raises(Refused) as refusal:
        service.approve(session, report.reference, seen=report.version, actor=centre[made.AUTHOR], now=centre.now)
    assert refusal.value.code == "author_does_not_review_own_report"


def test_the_reviewer_approves_what_they_saw(centre: World) -> None:
    report = made.in_review(centre)
    with centre.writing() as session, pytest.raises(Stale):
        service.approve(session, report.reference, seen=report.version - 1, actor=centre[made.REVIEWER], now=centre.now)


def test_a_returned_report_is_mended_and_comes_again(centre: World) -> None:
    report = made.reviewed(centre)
    with centre.writing() as session:
        service.return_to_author(
            session, report.reference, reason="The second answer.", actor=centre[made.MANAGER], now=centre.now
        )
    made.told(centre, report, replace(made.TOLD, taken_forward="By the trust."))
    with centre.writing() as session:
        again = service.submit(session, report.reference, actor=centre[made.AUTHOR], now=centre.now)
    assert (again.status, again.reviewer_id, again.reviewed_sha256) == (Status.IN_REVIEW, None, "")


def test_an_unissued_report_has_no_pdf(centre: World) -> None:
    report = made.reviewed(centre)
    with centre.reading() as session, pytest.raises(NotFound, match="not issued yet"):
        queries.pdf(session, report)


def test_filters(centre: World) -> None:
    report = made.draft(centre)
    with centre.reading() as session:
        for wanted, count in (
            (ReportFilter(text="r-2026"), 1),
            (ReportFilter(text="nothing"), 0),
            (ReportFilter(status=Status.DRAFT), 1),
            (ReportFilter(status=Status.ISSUED), 0),
            (ReportFilter(funder_id=centre.funder_id), 1),
            (ReportFilter(period="2026-Q1"), 0),
        ):
            assert queries.reports(session, wanted, centre["auditor"])[1] == count
    assert report.snapshot_sha256 == snapshot_hash(report.snapshot)


def test_what_waits_for_whom(centre: World) -> None:
    def tasks(name: str) -> list[str]:
        with centre.reading() as session:
            return [task.title for task in waiting.tasks_for(session, centre[name], now=centre.now)]

    report = made.draft(centre)
    assert tasks(made.AUTHOR) == [f"Finish {report.reference}"]
    report = made.in_review(centre)
    assert tasks(made.REVIEWER) == [f"Review {report.reference}"]
    assert f"Review {report.reference}" not in tasks(made.AUTHOR)
    made.approve(centre, report)
    assert f"Issue {report.reference}" in tasks(made.MANAGER)
    made.issue(centre, report, made.plain)
    assert tasks(made.REVIEWER) == []


def test_a_download_is_recorded(centre: World) -> None:
    issued = made.issue(centre, made.reviewed(centre), made.plain)
    with centre.writing() as session:
        service.record_download(
            session, queries.report(session, issued.reference), actor=centre["funder"], now=centre.now
        )
    with centre.reading() as session:
        entries, _ = search(session, AuditFilter(action="reports.download"))
    assert [(entry.subject, entry.actor_id) for entry in entries] == [(issued.reference, centre["funder"].id)]


def test_runs_count_in_their_period_and_for_their_project(world: World) -> None:
    run = sandbox_steps.in_review(world, sandbox_steps.ready(world))
    simulate.close()
    with world.reading() as session:
        assert runs_of(session, [run.project_id], made.QUARTER) == Runs(1, 1, refused=0, released=0, ungated=0)
        nothing = Runs(0, 0, 0, 0, 0)
        assert runs_of(session, [run.project_id], made.QUARTER.next) == nothing
        assert runs_of(session, [run.project_id + 1], made.QUARTER) == nothing
        assert runs_of(session, [], made.QUARTER) == nothing
    with world.database.engine.execution_options(hcqic_write=True).begin() as connection:
        connection.execute(sa.update(RunCheck).values(allowed=False))
    with world.reading() as session:
        assert runs_of(session, [run.project_id], made.QUARTER).ungated == 1
