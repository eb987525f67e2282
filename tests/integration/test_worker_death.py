"""A real worker on the filesystem broker, killed in the middle of a run: the run ends exactly once, with its reason."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import Session

from hcqic_gov.audit.queries import verify_chain
from hcqic_gov.db import Database
from hcqic_gov.dispatch import send_run
from hcqic_gov.sandbox import queries
from hcqic_gov.sandbox.models import Run
from hcqic_gov.sandbox.queries import RunView
from hcqic_gov.sandbox.rules import Stage, State
from hcqic_gov.settings import ROOT, Settings
from tests import sandbox_steps
from tests.factories import World

# About two seconds of work on one thread: long enough to be killed in its middle.
SLOW = (
    'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[22]; creg c[22];'
    + "".join(f"rx(0.3) q[{n}];" for n in range(22)) * 3
    + "".join(f"cx q[{n}],q[{n + 1}]; rx(0.7) q[{n}];" for n in range(21)) * 3
    + "".join(f"cx q[{n}],q[{21 - n}];" for n in range(11))  # else a matrix product state does it at once
    + "measure q -> c;"
)  # fmt: skip
PATIENCE = 120.0


@pytest.fixture
def now_world(database: Database) -> World:
    """The worker's clock is the real one, so this centre lives today."""
    return World.make(database, datetime.now(UTC))


@pytest.fixture
def settings(database_url: str, data_dir: Path) -> Settings:
    return Settings(data_dir=data_dir, database_url=database_url)


@contextmanager
def worker(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    environment = {
        **os.environ,
        "HCQIC_DATA_DIR": str(settings.data_dir),
        "HCQIC_DATABASE_URL": settings.database_url,
        "C_FORCE_ROOT": "1",
    }
    log = (settings.data_dir / "worker.log").open("ab")
    process = subprocess.Popen(
        [sys.executable, "-c", "from hcqic_gov.cli import main; main()", "worker"],
        cwd=ROOT,
        env=environment,
        start_new_session=True,
        stdout=log,
        stderr=log,
    )
    try:
        yield process
    finally:
        kill(process)
        log.close()


def kill(process: subprocess.Popen[bytes]) -> None:
    """The worker and its pool at once, as a power cut would."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def view(world: World, run: Run) -> RunView:
    with world.reading() as session:
        return queries.run_view(session, queries.run(session, run.reference))


def wait_for(world: World, run: Run, condition: Callable[[Run], bool]) -> RunView:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        seen = view(world, run)
        if condition(seen.record):
            return seen
        time.sleep(0.05)
    pytest.fail(f"the run stayed {view(world, run).record.state}")


def begun(run: Run) -> bool:
    return run.state is State.RUNNING


def ended(run: Run) -> bool:
    return run.state in (State.FINISHED, State.FAILED, State.LOST)


def hand_over(settings: Settings, run: Run) -> None:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    send_run(settings, run.key)


def executions(seen: RunView) -> list[int]:
    return [check.attempt for check in seen.checks if check.stage is Stage.EXECUTION]


def whole(session: Session) -> bool:
    return verify_chain(session).whole


@pytest.mark.one_database
def test_a_killed_worker_leaves_nothing_stuck(now_world: World, settings: Settings) -> None:
    run = sandbox_steps.queued(now_world, sandbox_steps.ready(now_world), source=SLOW)
    hand_over(settings, run)
    with worker(settings) as first:
        wait_for(now_world, run, begun)
        kill(first)
    assert view(now_world, run).record.state is State.RUNNING
    with worker(settings):
        seen = wait_for(now_world, run, ended)
        time.sleep(1.0)  # a second execution would begin now
        again = view(now_world, run)
    assert (seen.record.state, seen.record.attempt) == (State.FINISHED, 2)
    assert executions(again) == [1, 2]
    assert [event.move for event in again.events].count("finish") == 1
    assert "ended in the middle" in next(event.reason for event in again.events if event.move == "return")
    with now_world.reading() as session:
        assert whole(session)


@pytest.mark.one_database
def test_of_two_workers_the_living_one_goes_on_with_the_run_of_the_killed(now_world: World, settings: Settings) -> None:
    run = sandbox_steps.queued(now_world, sandbox_steps.ready(now_world), source=SLOW)
    hand_over(settings, run)
    with worker(settings):
        pid = int(wait_for(now_world, run, begun).record.worker.split("/")[-2])
        os.kill(pid, signal.SIGKILL)
        seen = wait_for(now_world, run, ended)
    assert (seen.record.state, seen.record.attempt) == (State.FINISHED, 2)
