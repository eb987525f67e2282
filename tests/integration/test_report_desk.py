"""At the desk: what a report lacks, what it says otherwise, what is kept while it is written, who has received it."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlmodel import select

from hcqic_gov.audit.queries import history
from hcqic_gov.core.calendar import Period
from hcqic_gov.core.errors import Invalid, Refused, Stale
from hcqic_gov.funding.spending import Schedule, plan_reports
from hcqic_gov.kpi import service as kpi
from hcqic_gov.kpi.service import Entry
from hcqic_gov.notices.models import OutboxMessage
from hcqic_gov.people.rules import Role
from hcqic_gov.projects.models import Milestone
from hcqic_gov.reporting import evidence, keeping, missing, queries, service
from hcqic_gov.reporting.gathering import Scope
from hcqic_gov.reporting.models import KeptNarrative, Report
from hcqic_gov.reporting.rules import Status
from hcqic_gov.reporting.snapshot import Narrative
from hcqic_gov.reporting.tracing import trace
from hcqic_gov.reporting.waiting import tasks_for
from tests import reporting_world as made
from tests.factories import World

TYPED = {"achievements": "Half a sen", "taken_forward": "", "objectives": "", "asks": "", "next_period": ""}


@pytest.fixture
def centre(world: World) -> World:
    return made.reported(world)


def gaps(world: World, report: Report) -> list[str]:
    with world.reading() as session:
        return [one.words for one in missing.gaps(session, report, now=world.now)]


def test_what_is_missing_is_named_until_it_is_mended(centre: World) -> None:
    report = made.draft(centre)
    said = gaps(centre, report)
    assert [one for one in said if "Narrative" in one] == [
        "Narrative: nothing is written about “Achievements”",
        "Narrative: nothing is written about “How they are taken forward”",
        "Narrative: nothing is written about “Objectives met”",
    ]
    late = "was forecast for 1 July 2026 and is not met"
    assert [one for one in said if late in one] == [f"Milestone of HCQIC-P-2026-0001: “Baseline agreed” {late}"]
    assert any(one.startswith("KPI O1 ") and one.endswith(": no value for June 2026") for one in said)
    assert not any(one.startswith("KPI O8 ") for one in said)

    made.told(centre, report)
    with centre.writing() as session:
        step = session.exec(select(Milestone)).one()
        step.met_on = date(2026, 7, 10)
        service.refresh(session, report.reference, actor=centre[made.AUTHOR], now=centre.now)
    with centre.reading() as session:
        mended = gaps(centre, queries.report(session, report.reference))
    assert not any("Narrative" in one or "Milestone" in one or "moved on" in one for one in mended)


def test_a_correction_in_work_is_named_and_what_changed_since_the_data_were_frozen(centre: World) -> None:
    report = made.draft(centre)
    with centre.writing() as session:
        new = made.correct(centre, session)
    words = "KPI O8 Queries resolved within one working day: the correction for June 2026 is not verified"
    assert words in gaps(centre, report)
    with centre.writing() as session:
        kpi.submit(session, new.key, actor=centre["gatekeeper"], now=centre.now)
        kpi.verify(session, new.key, actor=centre["centre_manager"], now=centre.now)
    said = gaps(centre, report)
    assert words not in said
    assert [one for one in said if "moved on" in one] == [
        "The registers moved on: 3 entries differ from the data here. Refresh the data"
    ]


def test_what_is_typed_is_kept_for_its_author_until_it_is_saved(centre: World) -> None:
    report = made.draft(centre)
    author, other = centre[made.AUTHOR], centre[made.MANAGER]
    with centre.writing() as session:
        keeping.keep(session, report.reference, TYPED, seen=report.version, actor=author, now=centre.now)
        keeping.keep(
            session,
            report.reference,
            {**TYPED, "achievements": "Half a sentence."},
            seen=report.version,
            actor=author,
            now=centre.now,
        )
    with centre.reading() as session:
        row = keeping.kept(session, report, author)
        assert row is not None
        assert row.answers["achievements"] == "Half a sentence."
        assert keeping.kept(session, report, other) is None
        assert queries.report(session, report.reference).version == report.version
    made.told(centre, report)
    with centre.reading() as session:
        assert session.exec(select(KeptNarrative)).all() == []


def test_nothing_is_kept_of_what_is_saved_and_nothing_beyond_the_limit(centre: World) -> None:
    report = made.draft(centre)
    author = centre[made.AUTHOR]
    with centre.writing() as session:
        keeping.keep(session, report.reference, TYPED, seen=report.version, actor=author, now=centre.now)
        empty = dict.fromkeys(TYPED, "")
        assert keeping.keep(session, report.reference, empty, seen=1, actor=author, now=centre.now) is None
        assert keeping.kept(session, report, author) is None
        pasted = dict.fromkeys(TYPED, " \r\n")
        assert keeping.keep(session, report.reference, pasted, seen=1, actor=author, now=centre.now) is None
        lines = keeping.keep(
            session, report.reference, {"asks": "One\r\ntwo\x0b "}, seen=1, actor=author, now=centre.now
        )
        assert lines is not None
        assert lines.answers["asks"] == "One\ntwo"
        with pytest.raises(Invalid, match="at most 6,000 characters"):
            keeping.keep(session, report.reference, {"asks": "x" * 6001}, seen=1, actor=author, now=centre.now)


def test_what_was_typed_over_another_version_is_not_saved_over_it(centre: World) -> None:
    report = made.draft(centre)
    author = centre[made.AUTHOR]
    with centre.writing() as session:
        keeping.keep(session, report.reference, TYPED, seen=report.version, actor=author, now=centre.now)
    with centre.writing() as session:
        service.write(
            session, report.reference, made.TOLD, seen=report.version, actor=centre[made.MANAGER], now=centre.now
        )
    with centre.reading() as session:
        row = keeping.kept(session, report, author)
        assert row is not None
    with centre.writing() as session, pytest.raises(Stale):
        service.write(session, report.reference, Narrative(**row.answers), seen=row.seen, actor=author, now=centre.now)


def test_only_who_writes_the_report_keeps_and_only_while_it_is_written(centre: World) -> None:
    report = made.in_review(centre)
    for name in (made.REVIEWER, made.AUTHOR):
        with centre.writing() as session, pytest.raises(Refused):
            keeping.keep(session, report.reference, TYPED, seen=report.version, actor=centre[name], now=centre.now)


def test_the_funders_people_are_told_once_and_acknowledge(centre: World) -> None:
    with centre.writing() as session:
        centre.add_person(session, "second", {Role.FUNDER}, organisation_id=centre.funder_id)
        centre.add_person(session, "stranger", {Role.FUNDER})
    report = made.issue(centre, made.reviewed(centre), made.plain)
    with centre.reading() as session:
        told = session.exec(select(OutboxMessage).where(OutboxMessage.about_kind == "report")).all()
    assert {one.person_id for one in told} == {centre["funder"].id, centre["second"].id}
    assert {one.subject for one in told} == {f"Funder progress report for April to June 2026: {report.reference}"}

    with centre.writing() as session:
        service.acknowledge(session, report.reference, actor=centre["funder"], now=centre.now)
    with centre.reading() as session:
        assert queries.receipts(session, report) == {centre["funder"].id: centre.now}
        assert history(session, "report", report.key)[0].action == "reports.acknowledge"
    for name, reason in (
        ("funder", "already"),
        ("stranger", "None of your roles"),
        (made.MANAGER, "None of your roles"),
    ):
        with centre.writing() as session, pytest.raises(Refused, match=reason):
            service.acknowledge(session, report.reference, actor=centre[name], now=centre.now)


def test_a_report_that_the_funder_expects_waits_with_its_due_date_until_one_is_issued(centre: World) -> None:
    with centre.writing() as session:
        schedule = Schedule(date(2026, 4, 1), date(2027, 3, 31), every_months=3, due_after_days=30)
        plan_reports(session, "HCQIC-A-2026-0001", schedule, actor=centre["finance"], now=centre.now)

    def due(name: str) -> list[tuple[str, date | None]]:
        with centre.reading() as session:
            found = tasks_for(session, centre[name], now=centre.now)
        return [(one.title, one.due) for one in found if one.endpoint == "reports.new"]

    [(title, day)] = due(made.MANAGER)
    assert title.startswith("Report on HCQIC-A-2026-0001 to ")
    assert day == date(2026, 7, 30)
    assert due("auditor") == due("funder") == []
    first = made.issue(centre, made.reviewed(centre), made.plain)
    assert due(made.MANAGER) == []

    centre.now = datetime(2026, 10, 5, 9, tzinfo=UTC)
    assert [day for _, day in due(made.MANAGER)] == [date(2026, 10, 30)]
    with centre.writing() as session:
        new = service.correct(session, first.reference, reason="A typo.", actor=centre[made.AUTHOR], now=centre.now)
        service.submit(session, new.reference, actor=centre[made.AUTHOR], now=centre.now)
    made.issue(centre, made.approve(centre, new), made.plain)
    assert [day for _, day in due(made.MANAGER)] == [date(2026, 10, 30)], "it is about the quarter before"


def test_who_wrote_in_a_report_does_not_review_it(centre: World) -> None:
    report = made.draft(centre)
    with centre.writing() as session:
        service.write(session, report.reference, made.TOLD, seen=1, actor=centre[made.MANAGER], now=centre.now)
        service.submit(session, report.reference, actor=centre[made.MANAGER], now=centre.now)
    with centre.reading() as session:
        report = queries.report(session, report.reference)
    with pytest.raises(Refused, match="You wrote in this report"):
        made.approve(centre, report, by=made.MANAGER)

    def waits(name: str) -> list[str]:
        with centre.reading() as session:
            return [one.title for one in tasks_for(session, centre[name], now=centre.now)]

    assert f"Review {report.reference}" not in waits(made.MANAGER)
    assert f"Review {report.reference}" in waits(made.REVIEWER)
    assert made.approve(centre, report).status is Status.REVIEWED


def test_a_draft_is_acknowledged_by_nobody(centre: World) -> None:
    report = made.reviewed(centre)
    with centre.writing() as session, pytest.raises(Refused):
        service.acknowledge(session, report.reference, actor=centre["funder"], now=centre.now)


def test_a_corrected_version_says_what_it_corrects(centre: World) -> None:
    first = made.issue(centre, made.reviewed(centre), made.plain)
    with centre.writing() as session:
        second = service.correct(
            session, first.reference, reason="A wrong word.", actor=centre[made.AUTHOR], now=centre.now
        )
    made.told(centre, second, replace(made.TOLD, asks="A third post."))
    with centre.reading() as session:
        report = queries.report(session, second.reference)
        corrected = queries.edition(session, report).corrected
        last = queries.last_issued(session, report)
    assert [(one.part, one.what, one.before, one.after) for one in corrected] == [
        ("Narrative", "What is asked", "A second post.", "A third post.")
    ]
    assert last is not None
    assert last.reference == first.reference


def test_the_next_report_on_the_same_is_held_against_the_last_issued(centre: World) -> None:
    first = made.issue(centre, made.reviewed(centre), made.plain)
    draft = made.draft(centre)
    other = made.draft(centre, award="HCQIC-A-2026-0001")
    with centre.writing() as session:
        may = Scope(centre.funder_id, "", Period.parse("2026-05"))
        before = service.draft(session, may, actor=centre[made.AUTHOR], now=centre.now)
    with centre.reading() as session:
        assert queries.last_issued(session, before) is None, "its period is before that of the issued one"
        last = queries.last_issued(session, draft)
        assert last is not None
        assert last.reference == first.reference
        assert queries.last_issued(session, other) is None


def test_a_figure_is_traced_to_its_value_and_its_entries(centre: World) -> None:
    report = made.draft(centre)
    with centre.reading() as session:
        found = trace(session, report, "O8")
        assert (found.figure.reading, found.today, found.unchanged) == ("60.0%", "60.0%", True)
        assert found.same_definition
        assert found.value is not None
        assert found.value.record.period == "2026-06"
        assert [entry.action for entry in found.entries] == ["kpi.enter", "kpi.submit", "kpi.verify"]
        nothing = trace(session, report, "O1")
        assert (nothing.value, nothing.entries) == (None, ())


def test_a_figure_corrected_since_is_told_apart(centre: World) -> None:
    report = made.draft(centre)
    made.correct_the_last(centre)
    with centre.reading() as session:
        found = trace(session, queries.report(session, report.reference), "O8")
    assert (found.figure.reading, found.today, found.unchanged) == ("60.0%", "80.0%", False)
    assert found.value is not None
    assert found.value.record.revision == 2


def test_a_later_value_is_no_correction(centre: World) -> None:
    """The report says May, and June is verified only afterwards."""

    def verified(code: str, solved: int) -> None:
        entry, owner = Entry(solved, 720, source="Monitoring"), centre["gatekeeper"]
        with centre.writing() as session:
            key = kpi.enter(session, "O1", Period.parse(code), entry, actor=owner, now=centre.now).key
            kpi.submit(session, key, actor=owner, now=centre.now)
            kpi.verify(session, key, actor=centre["centre_manager"], now=centre.now)

    verified("2026-05", 700)
    report = made.draft(centre)
    verified("2026-06", 600)
    with centre.reading() as session:
        found = trace(session, queries.report(session, report.reference), "O1")
        assert found.figure.period == "May 2026"
        assert (found.unchanged, found.today) == (True, found.figure.reading)
        assert "O1" not in {one.code for one in evidence.corrections(session, report)}
