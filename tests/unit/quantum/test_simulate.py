"""Simulations in the child process: known outcomes, limits that fire, and nothing that reaches the parent."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hcqic_gov.quantum import simulate as module
from hcqic_gov.quantum import textgate
from hcqic_gov.quantum.estimate import STATE_VECTOR
from hcqic_gov.quantum.isolation import MEBIBYTE, Ceilings, readable_by_all
from hcqic_gov.quantum.simulate import Outcome, Status, simulate
from tests.circuits import brick

H2 = 'OPENQASM 2.0;\ninclude "qelib1.inc";\n'
H3 = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
ROOM = Ceilings(memory_bytes=600 * MEBIBYTE, seconds=30)


@pytest.fixture(scope="module", autouse=True)
def nursery() -> Iterator[None]:
    yield
    module.close()


def run(text: str, *, shots: int = 400, seed: int = 11, limits: Ceilings = ROOM, method: str = "") -> Outcome:
    return simulate(text, shots=shots, seed=seed, limits=limits, method=method)


def test_version_3_with_a_condition() -> None:
    text = H3 + "qubit[2] q; bit[2] c; x q[0]; c[0] = measure q[0]; if (c == 1) { x q[1]; } c[1] = measure q[1];"
    assert run(text).counts == {"11": 400}


def test_registers_are_kept_apart_in_qiskits_order() -> None:
    assert run(H2 + "qreg q[2]; creg a[1]; creg b[1]; x q[0]; measure q[0]->a[0]; measure q[1]->b[0];").counts == {
        "0 1": 400
    }


def test_a_circuit_without_measurement_is_measured_whole() -> None:
    outcome = run(H2 + "qreg q[3]; x q[0];")
    assert (outcome.counts, outcome.measured_all) == ({"001": 400}, True)


def test_the_same_seed_gives_the_same_counts() -> None:
    text = H2 + "qreg q[3]; creg c[3]; ry(0.7) q; measure q -> c;"
    first, again, other = run(text), run(text), run(text, seed=12)
    assert first.counts == again.counts != other.counts
    assert first.versions.keys() == {"qiskit", "qiskit-aer"}


def test_the_memory_limit_fires() -> None:
    outcome = run(brick(25), limits=replace(ROOM, memory_bytes=200 * MEBIBYTE), method=STATE_VECTOR)
    assert (outcome.status, outcome.limit) == (Status.FAILED, "memory")
    assert "200 MiB" in outcome.reason


def test_the_time_limit_fires_and_the_nursery_lives_on() -> None:
    outcome = run(brick(24), limits=Ceilings(memory_bytes=1500 * MEBIBYTE, seconds=1), method=STATE_VECTOR)
    assert (outcome.status, outcome.limit) == (Status.FAILED, "time")
    assert "1 seconds" in outcome.reason
    assert outcome.cpu_seconds < 3
    assert run(H2 + "qreg q[1]; x q[0];").counts == {"1": 400}


def test_an_answer_that_is_too_large_is_cut_off() -> None:
    text = H2 + "qreg q[16]; creg c[16]; ry(1.5) q; measure q -> c;"
    outcome = run(text, shots=50_000, limits=replace(ROOM, answer_bytes=50_000))
    assert (outcome.status, outcome.limit) == (Status.FAILED, "answer")


def test_stop_reaches_the_running_child() -> None:
    limits = Ceilings(memory_bytes=1500 * MEBIBYTE, seconds=60)
    outcome = simulate(brick(25), shots=10, seed=1, limits=limits, watch=lambda: False, method=STATE_VECTOR)
    assert outcome.status is Status.STOPPED
    assert outcome.cpu_seconds < 5


def test_a_panic_of_the_parser_is_a_sentence_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """The text gate is held open here, so that the text reaches the parser."""
    text = H2 + "qreg q[3000000000];"
    monkeypatch.setattr(textgate, "read", lambda *_: textgate.Reading(version="2"))
    assert run(text).status is Status.FAILED
    assert run(H2 + "qreg q[1]; x q[0];").counts == {"1": 400}


def test_a_crash_of_the_child_is_a_sentence_only(monkeypatch: pytest.MonkeyPatch) -> None:
    text = H3 + "qubit q; rx(" + "(" * 60_000 + "1" + ")" * 60_000 + ") q;"
    monkeypatch.setattr(textgate, "read", lambda *_: textgate.Reading(version="3"))
    outcome = run(text, limits=replace(ROOM, seconds=5))
    assert outcome.status is Status.FAILED
    assert outcome.reason.endswith(".")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("qreg q[1]; nothing q[0];", "nothing"),
        ("qreg q[1]; gate g(t) a { rx(t^t^t^t) a; } g(9) q[0];", "finite"),
        ("qreg q[1]; cx q[0],q[0];", "duplicate"),
    ],
)
def test_what_the_parser_refuses_is_a_sentence(body: str, words: str) -> None:
    outcome = run(H2 + body)
    assert outcome.status is Status.FAILED
    assert words in outcome.reason


def test_refused_text_reaches_no_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "nursery", lambda: pytest.fail("a child was asked for"))
    assert "include" in run('OPENQASM 2.0; include "/etc/hostname";').reason


def test_a_dead_nursery_is_replaced() -> None:
    run(H2 + "qreg q[1];")
    os.kill(module.nursery().process.pid, signal.SIGKILL)
    assert run(H2 + "qreg q[1]; x q[0];").status is Status.FINISHED


def test_runs_of_several_threads_wait_for_each_other() -> None:
    outcomes: list[Outcome] = []
    text = H2 + "qreg q[2]; x q[0];"
    threads = [threading.Thread(target=lambda: outcomes.append(run(text))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [outcome.counts for outcome in outcomes] == [{"01": 400}] * 4


def test_the_result_says_which_measures_were_in_force() -> None:
    """What each host must give; the others are only claimed where the child took them."""
    assert {"memory", "processor time", "file size", "no new privileges", "ends with its parent"} <= set(
        run(H2 + "qreg q[1];").isolation
    )


def test_root_stays_root_where_others_cannot_read_the_libraries(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    (closed / "library.py").touch(mode=0o644)
    assert not readable_by_all(closed / "library.py")
    assert readable_by_all(Path("/etc/passwd"))


def test_the_parent_never_loads_qiskit() -> None:
    code = (
        "import sys; from hcqic_gov.quantum import commands, simulate, tiers; "
        "assert not any(name.startswith('qiskit') for name in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=module.ROOT)


def test_a_nursery_ends_with_its_parent() -> None:
    code = (
        "from hcqic_gov.quantum.simulate import nursery\nimport os, signal\n"
        "print(nursery().process.pid, flush=True)\nos.kill(os.getpid(), signal.SIGKILL)"
    )
    said = subprocess.run([sys.executable, "-c", code], check=False, cwd=module.ROOT, stdout=subprocess.PIPE).stdout
    pid, deadline = int(said), time.monotonic() + 10
    while time.monotonic() < deadline and alive(pid):
        time.sleep(0.05)
    assert not alive(pid)


def test_what_a_killed_owner_left_behind_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    left, kept = tmp_path / f"{module.SCRATCH}{2**30}-x", tmp_path / f"{module.SCRATCH}{os.getpid()}-x"
    for folder in (left, kept):
        folder.mkdir()
    module.remove_abandoned()
    assert list(tmp_path.iterdir()) == [kept]


def alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:  # noqa: PTH123
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
