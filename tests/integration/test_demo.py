"""The demo centre: loads on both databases, is whole, says the same each time, and goes into no database in use."""

import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from sqlmodel import Session, col, select

from hcqic_gov import migrate
from hcqic_gov.app import create_app
from hcqic_gov.audit.models import AuditEntry
from hcqic_gov.audit.queries import verify_chain
from hcqic_gov.cli import without_half_demo
from hcqic_gov.committee.models import Meeting
from hcqic_gov.committee.rules import MeetingState
from hcqic_gov.core.actor import SYSTEM_ACTOR
from hcqic_gov.core.calendar import Period
from hcqic_gov.core.errors import HcqicError, Invalid
from hcqic_gov.db import Database
from hcqic_gov.demo import load
from hcqic_gov.demo.cast import demo_accounts
from hcqic_gov.demo.stage import LENGTH, Clock, Stage, play
from hcqic_gov.ethics.dossier import dossier
from hcqic_gov.ethics.minutes import minutes_paper
from hcqic_gov.ethics.models import EthicsCase
from hcqic_gov.ethics.opinions import letter
from hcqic_gov.ethics.rules import WORKFLOW
from hcqic_gov.ethics.states import CaseKind, State
from hcqic_gov.ethics.waiting import tasks_for as ethics_tasks
from hcqic_gov.funding.models import Application
from hcqic_gov.funding.rules import ApplicationState
from hcqic_gov.kpi.behind import BEHIND
from hcqic_gov.kpi.models import Observation
from hcqic_gov.kpi.queries import summary
from hcqic_gov.kpi.sources import SOURCES
from hcqic_gov.kpi.spc import Variation
from hcqic_gov.notices.queries import failed, notices_of, unread
from hcqic_gov.notices.rules import Task
from hcqic_gov.people.queries import is_demo
from hcqic_gov.people.rules import Role
from hcqic_gov.people.service import declare_demo
from hcqic_gov.projects.models import Project
from hcqic_gov.projects.rules import Status, UseCase
from hcqic_gov.reporting.evidence import corrections
from hcqic_gov.reporting.gathering import Scope, gather
from hcqic_gov.reporting.models import Report
from hcqic_gov.reporting.queries import pdf
from hcqic_gov.reporting.rules import Status as ReportStatus
from hcqic_gov.reporting.snapshot import Edition, Narrative, Stamp, thaw
from hcqic_gov.sandbox import rules as sandbox
from hcqic_gov.sandbox.models import Run
from hcqic_gov.sandbox.waiting import tasks_for as sandbox_tasks
from hcqic_gov.scenarios.models import Scenario
from hcqic_gov.scenarios.paper import board_paper
from hcqic_gov.scenarios.queries import baselines
from hcqic_gov.scenarios.rules import Option, ScenarioState
from hcqic_gov.settings import Settings
from reports import documents
from tests.conftest import MakeUrl
from tests.factories import client_of
from tests.pdf_checks import faults

TODAY = date(2026, 6, 1)


def loaded(url: str, folder: Path, today: date = TODAY) -> Stage:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HCQIC_DATA_DIR", str(folder))
        return load.load(Settings(data_dir=folder), Database(url), today=today)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def stage(sqlite_copy: MakeUrl, folder: Path) -> Iterator[Stage]:
    stage = loaded(sqlite_copy(), folder)
    yield stage
    stage.database.dispose()


@pytest.fixture
def session(stage: Stage) -> Iterator[Session]:
    with stage.database.reading() as session:
        yield session


def test_the_registers_are_full(stage: Stage) -> None:
    counts = load.counts(stage)
    assert 20 <= counts["projects"] <= 22
    assert 34 <= counts["ethics_cases"] <= 40
    assert counts["executed_runs"] >= 60
    assert counts["funding_applications"] == 12
    assert counts["scenarios"] == 6
    assert counts["observations"] > 350


def test_every_way_that_a_case_can_end_is_there(session: Session) -> None:
    reachable = {move.target for move in WORKFLOW.moves if move.target} | {WORKFLOW.start}
    applications = select(EthicsCase).where(EthicsCase.kind == CaseKind.APPLICATION)
    assert {case.state for case in session.exec(applications)} == reachable


def test_changes_of_each_class_one_refused_and_one_open(session: Session) -> None:
    found = session.exec(select(EthicsCase).where(EthicsCase.kind == CaseKind.MODIFICATION)).all()
    assert sorted(case.state for case in found) == sorted(
        [State.RECORDED, State.NOTIFIED, State.APPROVED, State.NOT_APPROVED, State.IN_REVIEW]
    )


def test_every_use_case_and_most_lives_are_there(session: Session) -> None:
    projects = session.exec(select(Project)).all()
    assert {project.use_case for project in projects} == set(UseCase)
    assert {project.status for project in projects} == set(Status)


def test_a_suspended_opinion_blocked_a_queued_run(session: Session) -> None:
    blocked = session.exec(select(Run).where(Run.state == sandbox.State.BLOCKED)).one()
    suspended = session.exec(select(EthicsCase).where(EthicsCase.state == State.SUSPENDED)).one()
    assert suspended.reference in blocked.reason


def test_runs_end_in_every_way_but_the_loss_of_a_worker(session: Session) -> None:
    passing = {sandbox.State.APPROVED, sandbox.State.QUEUED, sandbox.State.RUNNING, sandbox.State.LOST}
    assert {run.state for run in session.exec(select(Run))} == set(sandbox.State) - passing


def test_funding_has_pipeline_awards_and_failures(session: Session) -> None:
    states = Counter(row.state for row in session.exec(select(Application)))
    assert states[ApplicationState.ACTIVE] == 3
    assert {ApplicationState.IDENTIFIED, ApplicationState.INTERNAL_REVIEW, ApplicationState.OFFERED} <= states.keys()
    assert {ApplicationState.AWARDED, ApplicationState.UNSUCCESSFUL, ApplicationState.DECLINED_OFFER} <= states.keys()


def test_two_reports_are_issued_and_one_waits(session: Session) -> None:
    states = Counter(row.status for row in session.exec(select(Report)))
    assert states == {ReportStatus.ISSUED: 2, ReportStatus.IN_REVIEW: 1}


def test_each_kind_of_document_is_sound(
    stage: Stage, session: Session, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PDF/A-3b, tagged throughout, the same bytes twice; the reports as they were issued, the others as they are."""
    reports = session.exec(select(Report).where(Report.status == ReportStatus.ISSUED)).all()
    monkeypatch.setenv("HCQIC_DATA_DIR", str(folder))
    assert [faults(pdf(session, report)[1]) for report in reports] == [[]] * len(reports)
    for render in documents_of(stage, session):
        assert faults(render()) == []
        assert render() == render()


def documents_of(stage: Stage, session: Session) -> Iterator[Callable[[], bytes]]:
    case = session.exec(select(EthicsCase).where(col(EthicsCase.opinion).is_not(None)).limit(1)).one()
    meeting = session.exec(select(Meeting).where(Meeting.state == MeetingState.MINUTED).limit(1)).one()
    officer, now = stage.cast["officer"], stage.now
    yield partial(documents.letter, letter(session, case.reference))
    yield partial(documents.dossier, dossier(session, case.reference, reader=officer, now=now))
    yield partial(documents.minutes, minutes_paper(session, meeting.reference, actor=officer, now=now))
    yield partial(documents.board_paper, board_paper(session, baselines(session)[0]))
    funder = session.exec(select(Report.funder_id).limit(1)).one()
    year = gather(session, Scope(funder, "", Period.parse("FY2025"), centre=True), Narrative(), now=now)
    assert len(year.milestones) > 5
    yield partial(documents.funder_report, Edition(year, Stamp("HCQIC-R-2026-0099", 1, "Draft", "", "Somebody")))


def test_the_figures_of_the_reports_are_the_dashboards(session: Session) -> None:
    """What was frozen reads today as it did then, except where somebody corrected an observation since."""
    reports = session.exec(select(Report).where(Report.status == ReportStatus.ISSUED)).all()
    for report in reports:
        changed = {one.code for one in corrections(session, report)}
        frozen = thaw(report.snapshot)
        late = col(Observation.verified_at) > frozen.about.frozen_at
        since = select(Observation.code).where(late, Observation.period_end <= frozen.about.period_end)
        assert changed <= set(session.exec(since).all()), report.reference
        assert sum(kpi.value is not None for kpi in frozen.kpis) - len(changed) > 20


def test_one_scenario_is_adopted(session: Session) -> None:
    states = {row.option: row.state for row in session.exec(select(Scenario))}
    assert set(states) == set(Option)
    assert [option for option, state in states.items() if state is ScenarioState.ADOPTED] == [Option.S2]


def test_kpis_show_improvement_and_concern(session: Session) -> None:
    found = {view.definition.code: view.evaluation for view in summary(session, TODAY)}
    causes = {cause for one in found.values() if one for cause in {point.side for point in one.causes}}
    assert causes == {-1, 0, 1}
    assert Variation.IMPROVEMENT in {one.variation for one in found.values() if one}


COUNTED = (
    *(f"projects.{name}" for name in ("publications", "open_access_share", "releases", "use_cases_benchmarked")),
    *("projects.involvement_plans", "projects.partner_organisations", "ethics.approvals_in_date"),
    *("sandbox.job_success_rate", "sandbox.ungated_runs", "sandbox.reproducibility_rate", "funding.success_rate"),
)
"""Measures that are a count of records, or a share of them."""


def test_the_records_behind_a_measure_are_those_it_counts(session: Session) -> None:
    """Listed as counted: as many as the numerator; listed at all: as many as the denominator."""
    assert set(BEHIND) == set(SOURCES)
    year = Period.parse("FY2025")
    for code in ("2026-05", "2026-03", "2026-Q1", "2025-Q4"):
        period = Period.parse(code)
        for source in COUNTED:
            measure, parts = SOURCES[source](session, period), BEHIND[source](session, period)
            assert measure is not None
            assert sum(part.counts for part in parts) == measure.numerator, (source, code)
            assert measure.denominator in (None, len(parts)), (source, code)
    assert [source for source in BEHIND if not BEHIND[source](session, year)] == []


def test_the_audit_chain_is_whole_and_in_order(session: Session) -> None:
    assert verify_chain(session).whole
    moments = [entry.at for entry in session.exec(select(AuditEntry).order_by(AuditEntry.number))]  # type: ignore[arg-type]
    assert moments == sorted(moments)
    assert moments[-1].date() < TODAY


def tasks(stage: Stage, session: Session, name: str) -> list[Task]:
    now = datetime.combine(TODAY, time(12), UTC)
    actor = stage.by(name)
    return [*ethics_tasks(session, actor, now=now), *sandbox_tasks(session, actor, now=now)]


@pytest.mark.parametrize("name", ["sponsor", "officer", "expert", "lay", "chair", "gatekeeper", "lead"])
def test_something_waits(stage: Stage, session: Session, name: str) -> None:
    assert tasks(stage, session, name)


def test_people_were_told_and_have_read_most(stage: Stage, session: Session) -> None:
    last, total = notices_of(session, stage.by("officer").id)
    assert total > 40
    assert 0 < unread(session, stage.by("officer").id) < 15
    assert any("ends on" in notice.subject for notice in last)
    assert [notice.last_error.partition(": ")[2][:3] for notice in failed(session)[0]] == ["550"]


def test_each_role_has_its_account(stage: Stage) -> None:
    accounts = demo_accounts()
    assert [account.roles for account in accounts] == [(role,) for role in Role]
    assert all(account.key in stage.cast for account in accounts)


def test_a_database_in_use_is_refused(stage: Stage, session: Session) -> None:
    assert is_demo(session)
    with pytest.raises(Invalid, match="in use"):
        load.load(Settings(), stage.database, today=TODAY)


def test_postgresql_is_told_the_same_story(session: Session, postgres_copy: MakeUrl, tmp_path: Path) -> None:
    """The first months of the story, entry by entry: the same day gives the same centre, on either database."""
    other = load.empty_stage(Settings(data_dir=tmp_path), Database(postgres_copy()), today=TODAY)
    scenes = load.story(TODAY)
    play(other, scenes[: len(scenes) // 8])
    with other.database.reading() as theirs:
        told = entries(theirs)
        assert verify_chain(theirs).whole
    other.database.dispose()
    assert len(told) > 150
    assert told == entries(session)[: len(told)]


def entries(session: Session) -> list[tuple[datetime, str, str]]:
    rows = session.exec(select(AuditEntry).order_by(AuditEntry.number))  # type: ignore[arg-type]
    return [(row.at, row.action, row.subject_reference) for row in rows]


@pytest.mark.parametrize("today", [date(2025, 12, 27), date(2026, 3, 1), date(2027, 1, 4)])
def test_the_story_runs_forward_whatever_the_day(today: date) -> None:
    scenes = load.story(today)
    assert [scene.at for scene in scenes] == sorted(scene.at for scene in scenes)
    assert scenes[-1].at.date() < today


def test_days_off_keep_the_order_of_events() -> None:
    clock = Clock(date(2026, 1, 5))
    moments = [clock.at(ago, minute) for ago in range(LENGTH, 0, -1) for minute in (0, 59)]
    assert moments == sorted(moments)
    assert max(moments) - min(moments) < timedelta(days=LENGTH + 3)


def test_an_interrupted_load_begins_again(tmp_path: Path) -> None:
    """Half a demo centre is never served as a whole one."""
    settings = Settings(data_dir=tmp_path)
    migrate.upgrade(settings.database)
    database = Database(settings.database)
    with database.transaction() as session:
        declare_demo(session, actor=SYSTEM_ACTOR, now=datetime(2026, 6, 1, tzinfo=UTC))
    fresh = without_half_demo(settings, database)
    with fresh.reading() as session:
        assert not is_demo(session)
    fresh.dispose()


def test_a_half_demo_on_a_server_is_refused(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, database_url=f"sqlite:///{tmp_path}/own.sqlite3")
    migrate.upgrade(settings.database)
    database = Database(settings.database)
    with database.transaction() as session:
        declare_demo(session, actor=SYSTEM_ACTOR, now=datetime(2026, 6, 1, tzinfo=UTC))
    with pytest.raises(HcqicError, match="was interrupted"):
        without_half_demo(settings, database)


PLACES = re.compile(r"HCQIC-[A-Z]+-\d+-\d+(-v\d+)?|HCQIC-[A-Z]+-\d+|\d+|=[^&]*")
"""What tells two pages of one kind apart."""


@pytest.fixture(scope="module")
def pages(stage: Stage, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application over a copy: what is only looked at is on record too."""
    copy = tmp_path_factory.mktemp("copy") / "hcqic.sqlite3"
    with sqlite3.connect(str(stage.database.engine.url.database)) as connection:
        connection.execute("VACUUM INTO ?", [str(copy)])
    database = Database(f"sqlite:///{copy}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HCQIC_DATA_DIR", str(folder))
        yield create_app(Settings(data_dir=folder), database=database, clock=lambda: stage.now, TESTING=True)
    database.dispose()


@pytest.mark.parametrize("who", ["lead", "officer", "lay", "manager", "funder"])
def test_no_link_leads_nowhere(
    stage: Stage, pages: Flask, folder: Path, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    """From the first page on, two pages of each kind: whatever is offered there opens."""
    monkeypatch.setenv("HCQIC_DATA_DIR", str(folder))
    client = client_of(pages, stage.by(who))
    waiting, seen, kinds, broken = ["/"], {"/"}, Counter[str](), {}
    while waiting:
        answer = client.get(waiting[0])
        if answer.status_code >= 400:
            broken[waiting[0]] = answer.status_code
        found = re.findall(r'href="(/[^"#]*)', answer.text) if answer.mimetype == "text/html" else []
        waiting.pop(0)
        for link in map(unescape, found):
            kind = PLACES.sub("", link)
            if link not in seen and kinds[kind] < 2 and not link.startswith(("/static/", "/sign-out")):
                kinds[kind] += 1
                seen.add(link)
                waiting.append(link)
    assert broken == {}
    assert len(seen) > 30
