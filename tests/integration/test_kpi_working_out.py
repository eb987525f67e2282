"""Worked-out KPIs on both databases: from records to values, written only where something changed."""

from datetime import date
from decimal import Decimal

import pytest
from sqlmodel import Session

from hcqic_gov.core.calendar import Period
from hcqic_gov.core.errors import Refused
from hcqic_gov.core.measure import Measure
from hcqic_gov.kpi import queries, sources
from hcqic_gov.kpi.definitions import definitions
from hcqic_gov.kpi.models import Observation
from hcqic_gov.kpi.rules import Status
from hcqic_gov.kpi.working_out import recent_periods, work_out
from hcqic_gov.people.rules import SYSTEM_ACTOR
from hcqic_gov.projects import service as projects
from hcqic_gov.projects.models import Output
from hcqic_gov.projects.rules import OutputType
from tests.factories import World

QUARTER = Period.parse("2026-Q1")


def run(world: World, *periods: Period) -> dict[str, Observation]:
    with world.writing() as session:
        stored = work_out(session, periods, actor=SYSTEM_ACTOR, now=world.now)
    return {observation.code: observation for observation in stored}


def publication(world: World, reference: str, day: date) -> None:
    with world.writing() as session:
        row = Output(kind=OutputType.PUBLICATION, title="Rosters", appeared_on=day, created_at=world.now, project_id=0)
        projects.add_part(session, reference, row, actor=world["project_lead"], now=world.now)


def test_records_become_values_that_nobody_typed(world: World) -> None:
    project = world.project(active=True)
    for day in (date(2025, 12, 31), date(2026, 1, 1), date(2026, 3, 31)):
        publication(world, project.reference, day)
    stored = run(world, QUARTER)["R1"]
    assert (stored.value, stored.source, stored.entered_by, stored.status) == (
        2.0,
        "projects.publications",
        SYSTEM_ACTOR.id,
        Status.VERIFIED,
    )
    with world.reading() as session:
        assert queries.series(session, "R1", world.now.date()).shown == "2 publications"
        assert queries.history(session, "R1", world.now.date())[0].verified_by == "The system"


def test_nothing_is_written_where_nothing_changed(world: World) -> None:
    project = world.project(active=True)
    publication(world, project.reference, date(2026, 2, 1))
    assert "R1" in run(world, QUARTER)
    assert run(world, QUARTER) == {}
    publication(world, project.reference, date(2026, 2, 2))
    again = run(world, QUARTER)
    assert {code: row.revision for code, row in again.items()} == {"R1": 2}
    with world.reading() as session:
        assert [row.record.status for row in queries.history(session, "R1", world.now.date())] == [
            Status.VERIFIED,
            Status.SUPERSEDED,
        ]


def test_no_active_project_is_not_applicable(world: World) -> None:
    stored = run(world, QUARTER)["R7"]
    assert (stored.outcome, stored.value, stored.denominator) == ("not_applicable", None, 0.0)


def test_a_period_that_has_not_ended_is_left_out(world: World) -> None:
    assert run(world, Period.parse("2026-Q2")) == {}


def test_a_register_without_an_answer_leaves_no_value(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    silent = dict.fromkeys(sources.SOURCES, lambda _session, _period: None)
    monkeypatch.setattr("hcqic_gov.kpi.working_out.SOURCES", silent)
    assert run(world, QUARTER) == {}


def test_the_ratio_is_the_definitions_own_formula(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def third(_session: Session, _period: Period) -> Measure:
        return Measure(Decimal(1), Decimal(4))

    monkeypatch.setattr("hcqic_gov.kpi.working_out.SOURCES", dict.fromkeys(sources.SOURCES, third))
    stored = run(world, QUARTER)
    assert (stored["R7"].value, stored["R7"].numerator, stored["R7"].denominator) == (25.0, 1.0, 4.0)


def test_who_may_ask_for_it(world: World) -> None:
    with world.writing() as session, pytest.raises(Refused):
        work_out(session, [QUARTER], actor=world["project_lead"], now=world.now)


def test_recent_periods_have_all_ended() -> None:
    today = date(2026, 6, 1)
    assert [period.code for period in recent_periods(today)] == [
        "2026-03",
        "2026-04",
        "2026-05",
        "2025-Q4",
        "2026-Q1",
        "FY2025",
    ]


def test_every_computed_kpi_has_its_query() -> None:
    wanted = {one.source for one in definitions(date(2026, 6, 1)) if one.computed}
    assert wanted == set(sources.SOURCES)


def test_the_worker_does_it_every_hour(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from hcqic_gov import worker

    monkeypatch.setattr(worker, "database", lambda: world.database)
    monkeypatch.setattr(worker, "clock", lambda: world.now)
    worker.work_out_kpis()
    with world.reading() as session:
        assert queries.series(session, "R7", world.now.date()).shown == "not applicable"
    tasks = {entry["task"] for entry in worker.celery.conf.beat_schedule.values()}
    assert "kpi.work_out" in tasks
