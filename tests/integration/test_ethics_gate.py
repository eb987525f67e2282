"""The gate for work: what stops it, when, and what the reports and KPIs say of the same records."""

from datetime import UTC, date, datetime, timedelta

import pytest

from hcqic_gov.core.calendar import Frequency, Period, london_day
from hcqic_gov.core.measure import Measure
from hcqic_gov.core.ruling import Ruling
from hcqic_gov.ethics import queries, service
from hcqic_gov.ethics.approvals import ApprovalEntry, ApprovalKind, ApprovalStatus
from hcqic_gov.ethics.hearing import hearing
from hcqic_gov.ethics.measures import access_decision_time, approvals_in_date
from hcqic_gov.ethics.standing import Scope
from hcqic_gov.ethics.states import Method, Purpose
from hcqic_gov.projects.models import Project
from hcqic_gov.projects.rules import DataClass
from tests.ethics_steps import approved_elsewhere, decided, draft, in_review, move, submitted
from tests.factories import World

SCOPE = Scope(DataClass.SYNTHETIC, Purpose.METHOD_DEVELOPMENT, Method.QUANTUM_SIMULATION)
JUNE = Period(date(2026, 6, 1), Frequency.MONTHLY)


def ruling(world: World, project: Project, *, scope: Scope = SCOPE, at: datetime | None = None) -> Ruling:
    with world.reading() as session:
        return queries.execution_ruling(session, project.key, scope, at=at or world.now)


def test_nothing_runs_before_the_opinion_and_all_within_it_after(world: World) -> None:
    project = world.project(active=True)
    assert ruling(world, project).code == "no_opinion"
    draft(world, project)
    assert ruling(world, project).code == "draft"
    case = decided(world, project)
    assert ruling(world, project).allowed
    hardware = Scope(DataClass.SYNTHETIC, Purpose.METHOD_DEVELOPMENT, Method.QUANTUM_HARDWARE)
    assert ruling(world, project, scope=hardware).code == "method_approved"
    assert case.reference in ruling(world, project, scope=hardware).reason


def test_a_suspension_stops_at_once_and_history_stays_what_it_was(world: World) -> None:
    project = world.project(active=True)
    case = decided(world, project)
    start = world.now
    world.now += timedelta(minutes=5)
    move(world, case.reference, "suspend", by="chair", reason="An incident.")
    stopped = ruling(world, project)
    assert stopped.code == "suspended"
    assert stopped.reason.startswith(f"{case.reference} is “Suspended”. Ask the chair")
    assert ruling(world, project, at=start).allowed
    world.now += timedelta(minutes=5)
    move(world, case.reference, "lift_favourable", by="chair", reason="Resolved.")
    assert ruling(world, project).allowed
    assert ruling(world, project, at=start + timedelta(minutes=7)).code == "suspended"


@pytest.mark.parametrize(("name", "by"), [("halt", "project_lead"), ("terminate", "chair"), ("close", "project_lead")])
def test_what_else_stops_work(world: World, name: str, by: str) -> None:
    project = world.project(active=True)
    case = decided(world, project)
    move(world, case.reference, name, by=by, reason="There is a reason.", on=london_day(world.now))
    assert not ruling(world, project).allowed


def test_the_last_day_counts_and_the_day_after_does_not(world: World) -> None:
    project = world.project(active=True)
    decided(world, project)
    assert ruling(world, project, at=datetime(2027, 6, 1, 22, 59, tzinfo=UTC)).allowed
    assert ruling(world, project, at=datetime(2027, 6, 1, 23, 0, tzinfo=UTC)).code == "expired"


def test_a_pre_start_condition_keeps_the_gate_shut_until_confirmed(world: World) -> None:
    project = world.project(active=True)
    case = decided(world, project, "favourable_conditions")
    lead, officer = world["project_lead"], world["ethics_officer"]
    with world.reading() as session:
        key = hearing(session, queries.case(session, case.reference), date(2026, 6, 1)).conditions[0].key
    assert ruling(world, project).code == "pre_start_conditions"
    with world.writing() as session:
        service.satisfy_condition(session, case.reference, key, evidence="Dr Example.", actor=lead, now=world.now)
    assert ruling(world, project).code == "pre_start_conditions"
    world.now += timedelta(hours=1)
    with world.writing() as session:
        service.confirm_condition(session, case.reference, key, actor=officer, now=world.now)
    assert ruling(world, project).allowed
    assert not ruling(world, project, at=world.now - timedelta(minutes=1)).allowed


def test_every_required_approval_must_be_in_date(world: World) -> None:
    project = world.project(active=True, data_class=DataClass.ANONYMISED_NHS)
    decided(world, project, data_class=DataClass.ANONYMISED_NHS)
    assert ruling(world, project).code == "dpia"
    approved_elsewhere(world, project, ApprovalKind.DPIA, ApprovalKind.ATRS)
    assert ruling(world, project).code == "dspt"
    approved_elsewhere(world, project, ApprovalKind.DSPT, valid_to=date(2026, 6, 30))
    assert ruling(world, project).allowed
    late = ruling(world, project, at=datetime(2026, 7, 1, 12, tzinfo=UTC))
    assert late.reason.startswith("Data Security and Protection Toolkit expired on 30 June 2026")
    not_needed = ApprovalEntry(
        ApprovalKind.DSPT, ApprovalStatus.NOT_REQUIRED, reason="The data never leaves the trust."
    )
    world.now = datetime(2026, 7, 1, 13, tzinfo=UTC)
    with world.writing() as session:
        service.record_approval(session, project.reference, not_needed, actor=world["ethics_officer"], now=world.now)
    assert ruling(world, project).allowed
    with world.reading() as session:
        lines = queries.approval_lines(session, project.key, at=world.now)
    assert [(line.name, line.status, line.ruling.allowed) for line in lines] == [
        ("Data protection impact assessment", "Granted", True),
        ("Data Security and Protection Toolkit", "Not required", True),
        ("Algorithmic transparency record", "Granted", True),
    ]


def test_the_case_in_force(world: World) -> None:
    project = world.project(active=True)
    case = decided(world, project)
    with world.reading() as session:
        found = queries.case_in_force(session, project.key, world.now)
        assert found is not None
        assert (found.reference, found.version, found.valid_to) == (case.reference, 1, date(2027, 6, 1))
        assert queries.case_in_force(session, project.key, world.now - timedelta(seconds=1)) is None


def test_a_report_says_how_it_stood(world: World) -> None:
    project = world.project(active=True, data_class=DataClass.ANONYMISED_NHS)
    case = decided(world, project, data_class=DataClass.ANONYMISED_NHS)
    approved_elsewhere(world, project, ApprovalKind.DPIA, valid_to=date(2026, 6, 20))
    world.now = datetime(2026, 7, 2, 9, tzinfo=UTC)
    move(world, case.reference, "halt", by="project_lead", reason="A fault in the data.", on=date(2026, 7, 2))
    with world.reading() as session:
        june = queries.status_for_report(session, project.key, JUNE)
        july = queries.status_for_report(session, project.key, JUNE.next)
    assert [(line.reference, line.status) for line in june.cases] == [(case.reference, "Approved")]
    assert june.approvals[0] == ("Data protection impact assessment", "Granted", "EX-1", date(2026, 6, 20))
    assert june.expiries == ((date(2026, 6, 20), "Data protection impact assessment"),)
    assert (june.incidents, july.cases[0].status) == ((), "Halted")
    assert july.incidents == ((date(2026, 7, 2), f"{case.reference}: halted. A fault in the data."),)


def test_kpi_access_decision_time(world: World) -> None:
    with world.reading() as session:
        assert access_decision_time(session, JUNE) is None
    decided(world, world.project())  # on the day itself
    slow = submitted(world, world.project())
    world.now += timedelta(days=7)  # 1 June 2026 is a Monday: five working days
    move(world, slow.reference, "not_required", by="ethics_officer", reason="Made-up data only.")
    with world.reading() as session:
        measured = access_decision_time(session, JUNE)
        assert access_decision_time(session, JUNE.next) is None
    assert measured is not None
    assert str(measured.value()) == "2.5"


def test_kpi_approvals_in_date(world: World) -> None:
    decided(world, world.project(active=True))
    without = world.project(active=True, data_class=DataClass.ANONYMISED_NHS)
    decided(world, without, data_class=DataClass.ANONYMISED_NHS)
    in_review(world, world.project(active=True))
    world.project()  # not active: not counted
    with world.reading() as session:
        assert approvals_in_date(session, JUNE) == Measure(1, 3)  # type: ignore[arg-type]
        assert approvals_in_date(session, JUNE.shifted(-1)).applicable is False
    approved_elsewhere(world, without, ApprovalKind.DPIA, ApprovalKind.DSPT, ApprovalKind.ATRS)
    with world.reading() as session:
        assert approvals_in_date(session, JUNE) == Measure(2, 3)  # type: ignore[arg-type]
