"""What the summary of 43 KPIs over 24 months costs, beside a plain read of the same rows in the same run."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from pytest_benchmark.fixture import BenchmarkFixture

from dashboards.address import Wanted
from dashboards.pages import summary as page
from hcqic_gov.audit.service import record
from hcqic_gov.core.calendar import Period
from hcqic_gov.db import Database
from hcqic_gov.kpi import service
from hcqic_gov.kpi.definitions import definitions
from hcqic_gov.kpi.models import Observation
from hcqic_gov.kpi.rules import Attribution, Outcome, Status
from hcqic_gov.kpi.spc import Direction, Series, evaluate, evaluate_all
from hcqic_gov.people.rules import SYSTEM_ACTOR
from tests.factories import World

NOW = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)
MONTHS = 24


@pytest.fixture
def full(world: World) -> Database:
    """Every KPI with 24 verified months, whatever its frequency: 1,032 observations."""
    last = Period.parse("2026-05")
    with world.writing() as session:
        for place, one in enumerate(definitions(NOW.date())):
            for back in range(MONTHS):
                session.add(observation(one, last.shifted(-back), 50.0 + (place * 7 + back * 13) % 17))
        session.flush()
        anything = session.get_one(Observation, 1)
        record(session, "kpi.work_out", anything, actor=SYSTEM_ACTOR, now=NOW)
    return world.database


def observation(one: Any, period: Period, value: float) -> Observation:
    row = service.new_observation(one, period, revision=1, entered_by=0, now=NOW)
    row.outcome, row.value, row.basis, row.attribution = Outcome.VALUE, value, one.basis, Attribution.SOLE
    row.source, row.status, row.verified_by, row.verified_at = "benchmark", Status.VERIFIED, 0, NOW
    return row


def fastest(benchmark: BenchmarkFixture) -> float:
    """Seconds of the fastest measured round."""
    assert benchmark.stats is not None
    return float(benchmark.stats.stats.min)


def best(work: Callable[[], object], rounds: int = 15, before: Callable[[], object] = lambda: None) -> float:
    """Seconds of the fastest round; `before` each one something is done that is not measured."""
    times = []
    for _ in range(rounds):
        before()
        began = perf_counter()
        work()
        times.append(perf_counter() - began)
    return min(times)


def plain_read(database: Database) -> None:
    """The lower bound: the same rows in the same order, as bare text from the driver."""
    with database.reading() as session:
        columns = "code, period_start, outcome, value, numerator, denominator, n"
        statement = f"SELECT {columns} FROM kpi_observation WHERE status = 'verified' ORDER BY code, period_start"  # noqa: S608
        assert len(session.connection().exec_driver_sql(statement).all()) == 43 * MONTHS


def test_summary_against_a_plain_read(benchmark: BenchmarkFixture, full: Database, app: Flask) -> None:
    """Its views are kept, so that it may cost less than reading the rows: held as at most 10 times that."""

    def callback() -> None:
        with app.test_request_context(), full.reading() as session:
            assert len(page.page(session, Wanted(), NOW.date())) == 10

    benchmark.pedantic(callback, rounds=15, warmup_rounds=2)  # type: ignore[no-untyped-call]
    floor = best(lambda: plain_read(full))
    benchmark.extra_info["times_plain_read"] = round(fastest(benchmark) / floor, 1)
    assert fastest(benchmark) < 10 * floor


def test_whole_callback(benchmark: BenchmarkFixture, full: Database, app: Flask) -> None:
    """The request as the browser makes it: guard, session, callback, JSON; beside a bare one. Aim: 20 ms."""
    from tests.integration.test_web_kpi import shown

    client = signed_in(app)
    benchmark.pedantic(lambda: shown(client, "/dashboards/"), rounds=15, warmup_rounds=2)  # type: ignore[no-untyped-call]
    floor = best(lambda: client.get("/healthz"))
    benchmark.extra_info["times_bare_request"] = round(fastest(benchmark) / floor, 1)


def signed_in(app: Flask) -> Any:
    from hcqic_gov.people.models import Person
    from hcqic_gov.people.queries import actor_of
    from tests.factories import client_of

    with app.extensions["hcqic"].database.reading() as session:
        auditor = session.execute(sa.select(Person).where(Person.email == "auditor@example.org")).scalar_one()  # type: ignore[arg-type]
        return client_of(app, actor_of(auditor))


def test_many_series_together_against_one_by_one(benchmark: BenchmarkFixture) -> None:
    """The evaluation of 10,000 series of 60 points against a loop over the same function."""
    days = [NOW.date() + timedelta(days=n) for n in range(60)]
    many = [Series(days, [float((n * 31 + k * 7) % 23) for n in range(60)], Direction.UP) for k in range(10_000)]
    benchmark.pedantic(lambda: evaluate_all(many), rounds=3, warmup_rounds=1)  # type: ignore[no-untyped-call]
    loop = best(lambda: [evaluate(one) for one in many[:100]], rounds=3) * 100
    benchmark.extra_info["times_faster_than_loop"] = round(loop / fastest(benchmark), 1)
    assert fastest(benchmark) < loop
