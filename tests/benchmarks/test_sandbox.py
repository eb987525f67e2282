"""What the sandbox adds to bare Aer, what its choice of method saves, and how many small runs a worker gets through.

Each figure in `extra_info` is a ratio, or a difference, of two things that were measured side by side in this run.
`HCQIC_ROUNDS` is how many runs go through the queue (50; 1,000 for the long form).
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import geometric_mean, median
from typing import Any

import pytest
import sqlalchemy as sa
from qiskit_aer import AerSimulator
from sqlmodel import col, select

from hcqic_gov.db import Database
from hcqic_gov.dispatch import send_run
from hcqic_gov.projects.models import Project
from hcqic_gov.quantum import child, textgate
from hcqic_gov.quantum.estimate import method_of
from hcqic_gov.sandbox.models import Run
from hcqic_gov.sandbox.rules import State
from hcqic_gov.serving import worker_commands
from hcqic_gov.settings import ROOT, Settings
from tests import circuits, held_out, sandbox_steps
from tests.benchmarks.nothing import celery, marks
from tests.factories import World

ROUNDS = int(os.environ.get("HCQIC_ROUNDS", "50"))
SHOTS = 1000
PATIENCE = 600.0
WINDOW = 18
SIZES = {4: 5, 16: 5, 20: 5, 24: 1}
"""Qubits, and how often each is run."""


@dataclass(frozen=True)
class Centre:
    """A centre of today, whose worker has run one circuit already."""

    world: World
    project: Project
    settings: Settings


@pytest.fixture(scope="module")
def centre(sqlite_copy: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    settings = Settings(data_dir=tmp_path_factory.mktemp("centre"), database_url=sqlite_copy())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HCQIC_DATA_DIR", str(settings.data_dir))
        world = World.make(Database(settings.database), datetime.now(UTC))
        found = Centre(world, sandbox_steps.ready(world), settings)
        with workers(settings, worker_commands(settings)):
            for _ in range(4):  # both processes of the pool have a nursery then, most likely
                through_the_queue(found, queued(found, circuits.ghz(2)))
            yield found
        world.database.dispose()


@contextmanager
def workers(settings: Settings, commands: list[list[str]]) -> Iterator[None]:
    environment = {
        **os.environ,
        "HCQIC_DATA_DIR": str(settings.data_dir),
        "HCQIC_DATABASE_URL": settings.database_url,
        "C_FORCE_ROOT": "1",
    }
    with (settings.data_dir / "worker.log").open("ab") as log:
        begun = [
            subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True, stdout=log, stderr=log)
            for command in commands
        ]
        try:
            yield
        finally:
            for process in begun:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def wait(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "the worker did not come to an end"
        time.sleep(0.004)


def queued(centre: Centre, text: str) -> Run:
    return sandbox_steps.queued(centre.world, centre.project, source=text, shots=SHOTS)


def through_the_queue(centre: Centre, run: Run) -> float:
    """Hands the run over and waits for its result; seconds until a worker had claimed it."""
    began = datetime.now(UTC)
    send_run(centre.settings, run.key)
    wait(lambda: seen(centre, run.key)[0] not in (State.QUEUED, State.RUNNING))
    state, started = seen(centre, run.key)
    assert (state, started is not None) == (State.FINISHED, True)
    return (started - began).total_seconds() if started else 0.0


def seen(centre: Centre, run_id: int) -> tuple[State, datetime | None]:
    with centre.world.reading() as session:
        state, started = session.exec(select(Run.state, Run.started_at).where(Run.id == run_id)).one()
        return State(state), started


def bare(text: str, method: str, *, clock: Callable[[], float] = time.monotonic) -> float:
    """Seconds of Aer alone, with the same parser, in its own gates, on one thread as the sandbox has it."""
    version = textgate.read(text).version
    began = clock()
    circuit = child.parsed(text, version)
    if not child.measures(circuit):
        circuit = circuit.measure_all(inplace=False)
    simulator = AerSimulator(method=method, max_parallel_threads=1)
    result = simulator.run(child.to_native_gates(method).run(circuit), shots=SHOTS, seed_simulator=1).result()
    assert result.success
    result.get_counts(0)
    return clock() - began


@pytest.mark.parametrize("qubits", SIZES)
def test_overhead_from_queue_to_result(benchmark: Any, centre: Centre, qubits: int) -> None:
    """A state vector in both, so that the choice of method takes no part."""
    child.preload()
    text, rounds = (
        sandbox_steps.crossed(qubits).replace("ry(0.1) q;", "ry(0.1) q; rx(0.7) q; rz(0.3) q;" * 3),
        SIZES[qubits],
    )
    assert method_of(textgate.read(text), SHOTS) == "statevector"
    alone = min(bare(text, "statevector") for _ in range(rounds + 1))
    claimed: list[float] = []

    def hand_over(run: Run) -> None:
        claimed.append(through_the_queue(centre, run))

    benchmark.pedantic(hand_over, setup=lambda: ((queued(centre, text),), {}), rounds=rounds)
    least = benchmark.stats.stats.min
    benchmark.extra_info["bare_aer"] = alone
    benchmark.extra_info["overhead_ms"] = 1000 * (least - alone)
    benchmark.extra_info["until_claimed_ms"] = 1000 * min(claimed)
    benchmark.extra_info["ratio"] = least / alone


def test_small_runs_in_a_row(benchmark: Any, centre: Centre, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The same number of tasks that do nothing, on a broker and a worker of the same kind."""
    idle = Settings(data_dir=tmp_path_factory.mktemp("idle"), database_url=centre.settings.database_url)
    nothing = nothings(idle)
    spent = benchmark.pedantic(lambda: in_windows(centre), rounds=1)
    benchmark.extra_info["runs"] = ROUNDS
    benchmark.extra_info["runs_per_second"] = ROUNDS / spent
    benchmark.extra_info["nothings_per_second"] = ROUNDS / nothing
    benchmark.extra_info["ratio"] = spent / nothing


def in_windows(centre: Centre) -> float:
    """Seconds of all runs; a person may have twenty in the queue, so they come in windows of as many."""
    first, spent = sandbox_steps.queued(centre.world, centre.project, shots=SHOTS), 0.0
    all_of(centre, [first.key])
    for start in range(0, ROUNDS, WINDOW):
        spent += all_of(centre, copied(centre, first, range(start, min(start + WINDOW, ROUNDS))))
    return spent


def all_of(centre: Centre, runs: list[int]) -> float:
    began = time.monotonic()
    for run_id in runs:
        send_run(centre.settings, run_id)
    going = select(sa.func.count()).where(col(Run.id).in_(runs), col(Run.state).in_((State.QUEUED, State.RUNNING)))

    def ended() -> bool:
        time.sleep(0.02)
        with centre.world.reading() as session:
            return session.exec(going).one() == 0

    wait(ended)
    spent = time.monotonic() - began
    with centre.world.reading() as session:
        ways = session.execute(select(Run.state, Run.reason).where(col(Run.id).in_(runs)).distinct()).all()
    assert {state for state, _ in ways} == {State.FINISHED}, ways
    return spent


def copied(centre: Centre, run: Run, numbers: range) -> list[int]:
    """More of a queued run, filled in at once."""
    values = run.model_dump(exclude={"id"})
    rows = [{**values, "reference": f"B-{number:06d}"} for number in numbers]
    with centre.world.database.writing_session() as session:
        session.execute(sa.insert(Run), rows)
        session.commit()
        names = [row["reference"] for row in rows]
        return list(session.scalars(sa.select(col(Run.id)).where(col(Run.reference).in_(names))))


def nothings(settings: Settings) -> float:
    """Seconds for as many tasks that do nothing."""
    commands = [
        [part.replace("hcqic_gov.worker", "tests.benchmarks.nothing") for part in command]
        for command in worker_commands(settings)
    ]
    with pytest.MonkeyPatch.context() as patch, workers(settings, commands):
        patch.setenv("HCQIC_DATA_DIR", str(settings.data_dir))
        sent_nothings(settings, 1)
        return sent_nothings(settings, ROUNDS)


def sent_nothings(settings: Settings, many: int) -> float:
    file = marks(settings)
    file.unlink(missing_ok=True)
    began = time.monotonic()
    for _ in range(many):
        send_nothing(settings)
    wait(lambda: file.exists() and file.stat().st_size >= many)
    return time.monotonic() - began


def send_nothing(settings: Settings) -> None:
    from hcqic_gov.dispatch import make_celery

    with make_celery(settings) as sender:
        sender.send_task(celery.tasks["nothing"].name, expires=60)


def mixed() -> Mapping[str, str]:
    """Forty circuits: Clifford, shallow and wide, deep and narrow, and with measurements in their middle."""
    found = {f"GHZ {size}": circuits.ghz(size) for size in (5, 20, 100, 300)}
    found |= {f"scrambled {size}": held_out.scrambled(size, 10) for size in (8, 24, 60, 120, 200)}
    found["secret"] = circuits.bernstein_vazirani("10110" * 8)
    found |= {f"chain {size}": held_out.chained(size, 3) for size in (8, 14, 18, 19, 20, 21, 22, 23)}
    found["Trotter"] = held_out.walked(22, 1)
    found["one layer"] = circuits.brick(22, 1)
    found |= {f"deep {size}": held_out.scattered(size, 40) for size in (3, 6, 9, 12, 14)}
    found |= {f"Fourier {size}": held_out.fourier(size) for size in (8, 16)}
    found |= {"Grover": held_out.searched(6, 4), "adder": circuits.adder(200, 100, 8), "W": circuits.w_state(8)}
    found |= {f"fed back {size}": held_out.fed_back(size, 4) for size in (3, 5, 7, 9)}
    found |= {f"emptied {size}": held_out.emptied(size, 3) for size in (3, 5, 7)}
    found |= {f"corrected {times}": held_out.corrected(times) for times in (2, 10)}
    return found | {"teleported": circuits.teleported("0.9")}


def chosen(text: str) -> float:
    """Processor time of the sandbox's own way, without isolation; as with Aer, from text to counts."""
    reading = textgate.read(text)
    began = time.process_time()
    circuit, _ = child.measured(child.parsed(text, reading.version))
    child.counted(circuit, child.Job(text, reading.version, SHOTS, 1, method_of(reading, SHOTS)))
    return time.process_time() - began


def test_the_chosen_method_against_aers_own_choice(benchmark: Any) -> None:
    child.preload()
    texts = mixed()
    assert len(texts) == 40
    ratios = benchmark.pedantic(lambda: {name: ratio(text) for name, text in texts.items()}, rounds=1)
    benchmark.extra_info["ratios"] = ratios
    benchmark.extra_info["geometric_mean"] = geometric_mean(ratios.values())
    benchmark.extra_info["median"] = median(ratios.values())
    benchmark.extra_info["slowest"] = min(ratios, key=lambda name: ratios[name])


def ratio(text: str) -> float:
    """How many times quicker the chosen method is; the least of three each, of one where that takes long."""
    first = bare(text, "automatic", clock=time.process_time)
    again = 0 if first > 1 else 2
    automatic = min([first, *(bare(text, "automatic", clock=time.process_time) for _ in range(again))])
    return automatic / min(chosen(text) for _ in range(again + 1))
