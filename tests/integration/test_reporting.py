"""Reports on both databases: drafted from the registers, reviewed by a second person, issued once and for all."""

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError, IntegrityError

from hcqic_gov.audit.queries import head, history, verify_chain
from hcqic_gov.core.errors import Refused, Stale
from hcqic_gov.kpi.queries import summary
from hcqic_gov.reporting import queries, service
from hcqic_gov.reporting.figures import figure
from hcqic_gov.reporting.models import Report
from hcqic_gov.reporting.queries import ReportFilter
from hcqic_gov.reporting.rules import Status
from hcqic_gov.reporting.snapshot import FunderReport, thaw
from reports.documents import funder_report
from tests import reporting_world as made
from tests.factories import World


@pytest.fixture
def centre(world: World) -> World:
    return made.reported(world)


def data_of(world: World, report: Report) -> FunderReport:
    with world.reading() as session:
        return thaw(queries.report(session, report.reference).snapshot)


def test_the_figures_are_the_dashboards(centre: World) -> None:
    data = data_of(centre, made.draft(centre))
    with centre.reading() as session:
        views = summary(session, made.QUARTER.end)
    assert data.kpis == tuple(figure(view) for view in views)
    assert [(k.code, k.reading, k.target, k.period) for k in data.kpis] == [
        (v.definition.code, v.shown, v.target_shown, v.period) for v in views
    ]
    assert len(data.kpis) == 43


def test_two_authors_cannot_overwrite_each_other(centre: World) -> None:
    report = made.draft(centre)
    made.told(centre, report)
    with centre.writing() as session, pytest.raises(Stale):
        service.write(
            session, report.reference, made.TOLD, seen=report.version, actor=centre[made.MANAGER], now=centre.now
        )


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


def test_the_database_itself_keeps_what_was_issued(centre: World) -> None:
    issued = made.issue(centre, made.reviewed(centre), made.plain)
    engine = centre.database.engine.execution_options(hcqic_write=True)
    changes: tuple[dict[str, Any], ...] = (
        {"status": Status.DRAFT},
        {"audit_head": "x"},
        {"reviewer_id": 3},
        {"snapshot": {}},
    )
    for change in changes:
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
