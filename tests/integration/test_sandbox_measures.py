"""What the sandbox answers to KPIs, against runs whose times are known."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from hcqic_gov.core.calendar import Frequency, Period
from hcqic_gov.core.measure import Measure
from hcqic_gov.quantum import simulate
from hcqic_gov.quantum.simulate import Outcome, Status
from hcqic_gov.sandbox import execution, measures, service
from hcqic_gov.sandbox.models import Run, RunCheck
from tests import sandbox_steps
from tests.factories import World

JUNE = Period(date(2026, 6, 1), Frequency.MONTHLY)
COUNTS = {"00": 200, "11": 200}


@pytest.fixture(autouse=True)
def nursery() -> Iterator[None]:
    yield
    simulate.close()


def ran(world: World, run: Run, *, queued: int, seconds: int, outcome: Outcome | None = None) -> None:
    """The run waits, runs and ends, without a child: only the times and the outcome matter here."""
    given = outcome or Outcome(Status.FINISHED, counts=COUNTS, engine="aer", method="stabilizer")
    start = world.now + timedelta(seconds=queued)
    with world.writing() as session:
        job = execution.begin(session, run.key, worker="a/1/1", now=start)
    assert job is not None
    with world.writing() as session:
        execution.finish(session, job, given, now=start + timedelta(seconds=seconds))


@pytest.fixture
def busy(world: World) -> World:
    """Two good runs, one that failed, one that was stopped in its middle, one refused."""
    project = sandbox_steps.ready(world)
    ran(world, sandbox_steps.queued(world, project), queued=10, seconds=30)
    ran(world, sandbox_steps.queued(world, project), queued=30, seconds=50)
    ran(world, sandbox_steps.queued(world, project), queued=0, seconds=20, outcome=Outcome(Status.FAILED, "It broke."))
    stopped, refused = sandbox_steps.queued(world, project), sandbox_steps.submitted(world, project)
    with world.writing() as session:
        service.stop(session, stopped.reference, actor=world["project_lead"], now=world.now)
        service.refuse(session, refused.reference, reason="Too vague.", actor=world["gatekeeper"], now=world.now)
    return world


def test_scheduling_coefficient_is_run_time_over_run_and_queue_time(busy: World) -> None:
    with busy.reading() as session:
        assert measures.scheduling_coefficient(session, JUNE) == Measure(Decimal("100.0"), Decimal("140.0"))


def test_utilisation_is_run_time_over_the_capacity_of_the_policy(busy: World) -> None:
    with busy.reading() as session:
        assert measures.utilisation(session, JUNE) == Measure(Decimal(100), Decimal(30 * 24 * 3600))


def test_success_leaves_out_what_people_stopped_or_refused(busy: World) -> None:
    with busy.reading() as session:
        assert measures.job_success_rate(session, JUNE) == Measure(Decimal(2), Decimal(3))


def test_other_periods_have_none_of_it(busy: World) -> None:
    with busy.reading() as session:
        assert not measures.job_success_rate(session, JUNE.shifted(1)).applicable
        assert not measures.scheduling_coefficient(session, JUNE.shifted(-1)).applicable
        assert not measures.reproducibility_rate(session, JUNE).applicable


def test_a_run_without_its_record_of_open_gates_is_counted(busy: World) -> None:
    with busy.reading() as session:
        assert measures.ungated_runs(session, JUNE) == Measure(Decimal(0))
    table = RunCheck.__table__  # type: ignore[attr-defined]
    with busy.database.engine.execution_options(hcqic_write=True).begin() as connection:
        connection.execute(table.update().where(table.c.run_id == 1).values(allowed=False))
    with busy.reading() as session:
        assert measures.ungated_runs(session, JUNE) == Measure(Decimal(1))


def test_reproducibility_counts_repetitions_that_agree(world: World) -> None:
    first = sandbox_steps.queued(world, sandbox_steps.ready(world))
    good = Outcome(Status.FINISHED, counts=COUNTS, engine="aer", method="stabilizer")
    ran(world, first, queued=0, seconds=1, outcome=good)
    for outcome in (good, replace(good, counts={"00": 300, "11": 100}), Outcome(Status.FAILED, "It broke.")):
        with world.writing() as session:
            again = service.repeat(session, first.reference, actor=world["project_lead"], now=world.now)
        ran(world, again, queued=0, seconds=1, outcome=outcome)
    with world.reading() as session:
        assert measures.reproducibility_rate(session, JUNE) == Measure(Decimal(1), Decimal(3))
