"""Sweeps in the confined child: one reading, many bindings, each as a run of its own would be."""

import math
from collections.abc import Iterator

import pytest

from hcqic_gov.quantum import simulate as simulating
from hcqic_gov.quantum.bindings import Bindings
from hcqic_gov.quantum.isolation import Ceilings
from hcqic_gov.quantum.simulate import Outcome, Status, simulate, whole
from tests.circuits import H3

LIMITS = Ceilings(seconds=20)
TURN = f"{H3}input float a; qubit[2] q; bit[2] c; ry(a) q[0]; cx q[0],q[1]; c = measure q;"


@pytest.fixture(scope="module", autouse=True)
def nursery() -> Iterator[None]:
    yield
    simulating.close()


def swept(text: str, *values: float, limits: Ceilings = LIMITS) -> Outcome:
    return simulate(text, shots=500, seed=9, limits=limits, bindings=Bindings(("a",), tuple((v,) for v in values)))


def test_each_point_is_what_a_run_of_its_own_gives() -> None:
    outcome = swept(TURN, 0.0, 1.0, math.pi)
    assert outcome.status is Status.FINISHED
    assert outcome.counts == {}
    assert (outcome.points[0], outcome.points[2]) == ({"00": 500}, {"11": 500})
    text = TURN.replace("input float a;", "").replace("ry(a)", "ry(1.0)")
    alone = simulate(text, shots=500, seed=10, limits=LIMITS)
    assert alone.counts == outcome.points[1]
    assert "input float[64] a" in outcome.transpiled["text"]
    assert "ry(1.0)" in alone.transpiled["text"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (TURN.replace("ry(a)", "ry(1/a)"), "At binding 2: A value of the circuit is not a finite number there."),
        (TURN.replace("ry(a)", "ry(a*1e308*1e308)"), "not a finite number"),
        (TURN.replace("input float a;", "input float u;"), "The circuit’s parameter “u” has no value"),
        (TURN.replace("ry(a) q[0];", "").replace("input float a;", ""), "declares no parameter “a”"),
    ],
)
def test_what_has_no_value_somewhere_fails_as_a_whole(text: str, sentence: str) -> None:
    outcome = swept(text, 1.0, 0.0)
    assert outcome.status is Status.FAILED
    assert sentence in outcome.reason
    assert outcome.points == ()


def test_clifford_circuits_and_conditions_are_swept_too() -> None:
    text = f"{H3}input float a; qubit[2] q; bit[2] c; rx(a) q[0]; c[0] = measure q[0];"
    followed = swept(text + " if (c[0] == true) { rx(a) q[1]; } c[1] = measure q[1];", 0.0, math.pi)
    assert followed.points == ({"00": 500}, {"11": 500})
    unused = swept(f"{H3}input float a; qubit[2] q; bit[2] c; x q; c = measure q;", 0.0, 1.0)
    assert (unused.engine, unused.points) == ("stim", ({"11": 500}, {"11": 500}))


def test_progress_is_heard_and_a_stop_in_the_middle_keeps_nothing() -> None:
    layers = "".join(f"ry(a) q[{n}]; cx q[{n}],q[{n + 1}];" for n in range(17))
    text = f"{H3}input float a; qubit[18] q; {layers}"
    heard: list[int] = []
    outcome = simulate(
        text,
        shots=10,
        seed=1,
        limits=Ceilings(seconds=60),
        bindings=Bindings(("a",), tuple((n / 200,) for n in range(200))),
        watch=lambda: not heard or heard[-1] < 3,
        progress=heard.append,
    )
    assert (outcome.status, outcome.points) == (Status.STOPPED, ())
    assert 3 <= heard[-1] < 200
    assert heard == sorted(heard)


def test_a_sweep_that_answers_for_some_points_only_is_none() -> None:
    some = Outcome(Status.FINISHED, points=({"0": 1},))
    assert whole(some, 1) == some
    assert whole(some, 2).status is Status.FAILED


def test_a_long_circuit_keeps_a_hash_and_says_of_what() -> None:
    text = f"{H3}qubit[1] q; bit[1] c; {'t q[0];' * 2_100} c = measure q;"
    kept = simulate(text, shots=10, seed=1, limits=LIMITS).transpiled
    assert (kept["text"], len(kept["sha256"])) == ("", 64)
    assert "2,101 operations" in kept["note"]
