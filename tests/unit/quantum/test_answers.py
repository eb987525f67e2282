"""Known answers, and methods that must agree: each standard gate and form of OpenQASM, by way of the child."""

import math
import re
from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hcqic_gov.quantum import shapes, textgate
from hcqic_gov.quantum import simulate as module
from hcqic_gov.quantum.isolation import MEBIBYTE, Ceilings
from hcqic_gov.quantum.simulate import Outcome, Status, simulate
from tests import circuits
from tests.circuits import H2, H3

ROOM = Ceilings(memory_bytes=600 * MEBIBYTE, seconds=30)
DOUBT = 1e-6
WELL_FORMED = circuits.well_formed()


@pytest.fixture(scope="module", autouse=True)
def nursery() -> Iterator[None]:
    yield
    module.close()


def run(text: str, *, shots: int = 300, seed: int = 11, method: str = "") -> Outcome:
    outcome = simulate(text, shots=shots, seed=seed, limits=ROOM, method=method)
    assert (outcome.status, outcome.reason) == (Status.FINISHED, "")
    assert sum(outcome.counts.values()) == shots
    return outcome


def distance(one: Mapping[str, int], other: Mapping[str, int]) -> float:
    """Total variation distance of two samples of the same size."""
    shots = sum(one.values())
    return sum(abs(one.get(bits, 0) - other.get(bits, 0)) for bits in {*one, *other}) / (2 * shots)


def threshold(outcomes: int, shots: int, doubt: float = DOUBT) -> float:
    """Beyond which two samples of one distribution lie with a probability below `doubt`.

    The distance of two samples of n shots over k outcomes has a mean of at most sqrt(k/(2n)): for each outcome the
    difference of the counts has variance at most 2 n p, and Cauchy-Schwarz sums them. One shot changes it by at most
    1/n, and there are 2n, so McDiarmid's inequality leaves it more than t above the mean with exp(-n t^2).
    """
    return math.sqrt(outcomes / (2 * shots)) + math.sqrt(math.log(1 / doubt) / shots)


def test_the_threshold_tells_near_distributions_apart() -> None:
    assert threshold(4, 4000) < 0.09
    assert distance({"0": 3000, "1": 1000}, {"0": 2000, "1": 2000}) > threshold(2, 4000)


@pytest.mark.parametrize("name", WELL_FORMED)
def test_every_well_formed_circuit_passes_the_gate_and_runs(name: str) -> None:
    reading = textgate.read(WELL_FORMED[name])
    assert reading.refusals == ()
    outcome = run(WELL_FORMED[name])
    assert all(re.fullmatch("[01 ]+", bits) for bits in outcome.counts)
    assert {"own files only", "system calls"} <= set(outcome.isolation)


def test_there_are_sixty_of_them_of_both_versions() -> None:
    versions = [textgate.read(text).version for text in WELL_FORMED.values()]
    assert min(versions.count("2"), versions.count("3")) > 20
    assert len(versions) > 60


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (circuits.bernstein_vazirani("1011"), "1011"),
        (circuits.bernstein_vazirani("0110100"), "0110100"),
        (circuits.deutsch_jozsa(5, balanced=False), "00000"),
        (circuits.deutsch_jozsa(5, balanced=True), "11111"),
        (circuits.phase_estimation(4, 1), "0001"),
        (circuits.phase_estimation(4, 11), "1011"),
        (circuits.adder(5, 6, 3), "1011"),
        (circuits.adder(3, 1, 3), "0100"),
        *((circuits.grover(marked), marked) for marked in ("00", "01", "10", "11")),
    ],
)
def test_a_certain_answer(text: str, answer: str) -> None:
    assert run(text).counts == {answer: 300}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (circuits.ghz(6), {"000000": 0.5, "111111": 0.5}),
        (circuits.w_state(4), dict.fromkeys(("0001", "0010", "0100", "1000"), 0.25)),
        (H2 + "qreg q[1]; ry(2*pi/3) q[0];", {"0": 0.25, "1": 0.75}),
    ],
)
def test_an_uncertain_answer(text: str, expected: Mapping[str, float]) -> None:
    outcome = run(text, shots=4000)
    assert set(outcome.counts) == set(expected)
    for bits, probability in expected.items():  # Hoeffding's inequality, for each outcome
        assert abs(outcome.counts[bits] / 4000 - probability) < math.sqrt(math.log(2 / DOUBT) / 8000)


def test_a_teleported_state_arrives() -> None:
    arrived = sum(
        count for bits, count in run(circuits.teleported("2*pi/3"), shots=4000).counts.items() if bits[0] == "1"
    )
    assert abs(arrived / 4000 - 0.75) < math.sqrt(math.log(2 / DOUBT) / 8000)


AGREEING = {
    **{name: WELL_FORMED[name] for name in ("GHZ", "W state", "adder", "2 gates of two qubits", "3 modifiers")},
    "mid-circuit": WELL_FORMED["mid-circuit"],
    "a reset in between": H2 + "qreg q[3]; creg c[3]; h q; cx q[0],q[1]; reset q[0]; cx q[1],q[2]; measure q -> c;",
    "brick": circuits.brick(6),
    "single bits beside a register": H3 + "qubit[3] q; bit a; bit[2] c; bit d; x q[0]; h q[2]; a = measure q[0]; "
                                          "c[1] = measure q[0]; d = measure q[2];",
}  # fmt: skip


@pytest.mark.parametrize("name", AGREEING)
def test_methods_agree(name: str) -> None:
    chosen = run(AGREEING[name], shots=4000)
    for method in ("statevector", "matrix_product_state"):
        other = run(unclifford(AGREEING[name]), shots=4000, seed=5, method=method)
        assert (other.engine, other.method) == ("aer", method)
        assert distance(chosen.counts, other.counts) < threshold(len({*chosen.counts, *other.counts}), 4000)


def unclifford(text: str) -> str:
    """The same circuit with a turn by nothing, so that no table of stabilizers will do."""
    place = text.index("measure")
    place = max(text.rfind(";", 0, place), text.rfind("}", 0, place)) + 1
    return f"{text[:place]} rz(0) q[0]; {text[place:]}" if "qreg q" in text or "] q" in text else text


def test_registers_are_kept_apart_as_qiskit_does() -> None:
    text = H2 + "qreg q[3]; creg a[1]; creg b[2]; x q[0]; {} measure q[0]->a[0]; measure q[1]->b[0];"
    for gate, engine in (("x q[2];", "stim"), ("rz(0) q[1];", "aer")):
        outcome = run(text.format(gate))
        assert (outcome.counts, outcome.engine) == ({"00 1": 300}, engine)


@pytest.mark.parametrize("name", ["GHZ", "brick", "teleportation"])
def test_same_seed_same_counts(name: str) -> None:
    first, again, other = (run(WELL_FORMED[name], seed=seed).counts for seed in (3, 3, 4))
    assert first == again != other


def test_hundreds_of_qubits_and_narrow_ones_need_no_state_vector() -> None:
    wide = run(circuits.ghz(400), shots=500)
    assert (set(wide.counts), wide.engine) == ({"0" * 400, "1" * 400}, "stim")
    narrow = run(circuits.w_state(40), shots=40)
    assert (narrow.method, {bits.count("1") for bits in narrow.counts}) == ("matrix_product_state", {1})


GATES = st.sampled_from(["x q[{}];", "h q[{}];", "rx(0.{}) q;", "rx(1e-{}) q[0];", "cx q[{}],p[1];", "reset p[{}];",
                         "measure q[{}] -> c[0];", "g1 q[{}];", "g2 p;", "g3 q[1],p[{}];", "barrier q,p;", "x q1;",
                         "if(c=={}) x q[0];", "rx(pi/{}) p;", "rx(sin({})) q[0];", "cu1(-3*pi/{}) q[0],p;",
                         "u3(1,2,3) q[{}];",
                         "cx p,q;", "x  q[ {} ];", "// {}\n", "g1 q1;", "x q[{}], ;"])  # fmt: skip
HEAD = "qreg q[4]; qreg q1[2]; qreg p[4]; creg c[4]; gate g1 a {x a;} gate g2 a {g1 a; g1 a; h a;} gate g3 a,b {g2 a;}"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(GATES, st.integers(0, 3)), max_size=30), st.booleans())
def test_the_short_way_counts_as_the_long_way(body: list[tuple[str, int]], with_power: bool) -> None:
    """Statements that are known by their shape must amount to what they amount to when each is looked at."""
    text = H2 + HEAD + "".join(gate.format(number) for gate, number in body) + ("rx(2**2) q;" if with_power else "")
    short = textgate.read(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shapes, "is_plain", lambda _: False)
        assert textgate.read(text) == short
