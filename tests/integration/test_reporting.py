"""Reports on both databases: drafted from the registers, reviewed by a second person, issued once and for all."""

from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError, IntegrityError

from hcqic_gov.audit.queries import AuditFilter, head, history, search, verify_chain
from hcqic_gov.core.calendar import Period
from hcqic_gov.core.errors import Invalid, NotFound, Refused, Stale
from hcqic_gov.kpi.queries import summary
from hcqic_gov.reporting import queries, service
from hcqic_gov.reporting.figures import figure
from hcqic_gov.reporting.gathering import Scope
from hcqic_gov.reporting.models import Report
from hcqic_gov.reporting.queries import ReportFilter
from hcqic_gov.reporting.rules import Kind, Status
from hcqic_gov.reporting.snapshot import Cause, FunderReport, Level, snapshot_hash, thaw
from reports.documents import funder_report
from tests import reporting_world as made
from tests.factories import World


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


def test_the_figures_are_the_dashboards(centre: World) -> None:
    data = data_of(centre, made.draft(centre))
    with centre.reading() as session:
        views = summary(session, made.QUARTER.end)
    assert data.kpis == tuple(figure(view) for view in views)
    assert [(k.code, k.reading, k.target, k.period) for k in data.kpis] == [
        (v.definition.code, v.shown, v.target_shown, v.period) for v in views
    ]
    assert len(data.kpis) == 43


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


def test_two_authors_cannot_overwrite_each_other(centre: World) -> None:
    report = made.draft(centre)
    made.told(centre, report)
    with centre.writing() as session, pytest.raises(Stale):
        service.write(
            session, report.reference, made.TOLD, seen=report.version, actor=centre[made.MANAGER], now=centre.now
        )


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


def test_data_changed_behind_the_service_are_not_issued(centre: World) -> None:
    report = made.reviewed(centre)
    with centre.database.engine.execution_options(hcqic_write=True).begin() as connection:
        forged = {**report.snapshot, "risks": []}
        connection.execute(sa.update(Report).where(Report.id == report.id).values(snapshot=forged))  # type: ignore[arg-type]
    with pytest.raises(Refused, match="no longer match their hash"):
        made.issue(centre, report, made.plain)


def test_issue_prints_the_audit_head_and_keeps_the_pdf(centre: World) -> None:
    report = made.reviewed(centre)
    with centre.reading() as session:
        report_head = head(session)
    issued = made.issue(centre, report, made.plain)
    assert (issued.audit_entry, issued.audit_head) == report_head
    with centre.reading() as session:
        stored, data = queries.pdf(session, issued)
        assert data == b"%PDF- " + issued.audit_head.encode()
        assert stored.filename == "HCQIC-R-2026-0001-v1.pdf"
        assert [entry.action for entry in history(session, "report", issued.key)] == [
            f"reports.{name}" for name in ("issue", "approve", "submit", "write", "draft")
        ]
        assert verify_chain(session).whole


def test_the_pdf_can_be_made_again_from_the_register(centre: World) -> None:
    issued = made.issue(centre, made.reviewed(centre), funder_report)
    with centre.reading() as session:
        report = queries.report(session, issued.reference)
        assert queries.pdf(session, report)[1] == funder_report(queries.edition(session, report))


def test_an_unissued_report_has_no_pdf(centre: World) -> None:
    report = made.reviewed(centre)
    with centre.reading() as session, pytest.raises(NotFound, match="not issued yet"):
        queries.pdf(session, report)


@pytest.mark.parametrize(
    "change", [{"status": Status.DRAFT}, {"audit_head": "x"}, {"reviewer_id": 3}, {"snapshot": {}}]
)
def test_the_database_itself_keeps_what_was_issued(centre: World, change: dict[str, object]) -> None:
    issued = made.issue(centre, made.reviewed(centre), made.plain)
    engine = centre.database.engine.execution_options(hcqic_write=True)
    with pytest.raises(DatabaseError, match="issued report does not change"), engine.begin() as connection:
        connection.execute(sa.update(Report).where(Report.id == issued.id).values(**change))  # type: ignore[arg-type]
    with pytest.raises(DatabaseError, match="issued report does not change"), engine.begin() as connection:
        connection.execute(sa.delete(Report).where(Report.id == issued.id))  # type: ignore[arg-type]


def test_the_database_refuses_a_report_issued_without_review(centre: World) -> None:
    report = made.draft(centre)
    engine = centre.database.engine.execution_options(hcqic_write=True)
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(sa.update(Report).where(Report.id == report.id).values(status=Status.ISSUED))  # type: ignore[arg-type]


def test_a_correction_is_a_new_version_that_ends_the_old_one(centre: World) -> None:
    first = made.issue(centre, made.reviewed(centre), made.plain)
    with centre.writing() as session:
        second = service.correct(
            session, first.reference, reason="A wrong figure.", actor=centre[made.AUTHOR], now=centre.now
        )
    with centre.writing() as session, pytest.raises(Refused, match="newer version"):
        service.correct(session, first.reference, reason="Again.", actor=centre[made.AUTHOR], now=centre.now)
    with centre.writing() as session:
        service.submit(session, second.reference, actor=centre[made.AUTHOR], now=centre.now)
    with centre.reading() as session:
        second = queries.report(session, second.reference)
    second = made.issue(centre, made.approve(centre, second), made.plain)
    with centre.reading() as session:
        old = queries.report(session, first.reference)
        assert (old.status, second.status) == (Status.SUPERSEDED, Status.ISSUED)
        assert queries.edition(session, second).stamp.supersedes == "version 1: A wrong figure."
        assert [row.reference for row in queries.versions(session, old)] == [
            "HCQIC-R-2026-0001-v2",
            "HCQIC-R-2026-0001-v1",
        ]


def test_a_funder_sees_only_what_was_issued_to_it(centre: World) -> None:
    made.draft(centre)
    issued = made.issue(centre, made.reviewed(centre), made.plain)
    elsewhere = replace(centre["funder"], organisation_id=centre.funder_id + 1)
    with centre.reading() as session:
        seen = {
            name: [row.reference for row in queries.reports(session, ReportFilter(), actor)[0]]
            for name, actor in (("own", centre["funder"]), ("other", elsewhere), ("staff", centre["auditor"]))
        }
    assert seen == {
        "own": [issued.reference],
        "other": [],
        "staff": ["HCQIC-R-2026-0002-v1", "HCQIC-R-2026-0001-v1"],
    }


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
            return [task.title for task in queries.tasks_for(session, centre[name], now=centre.now)]

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
