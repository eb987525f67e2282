"""Tables of values: read as typed, refused by row and column, written as one text."""

import contextlib
import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcqic_gov.quantum import bindings, sweeping, textgate
from hcqic_gov.quantum.bindings import Bindings, NoTable, SweepLimits, read_ranges, read_table
from hcqic_gov.quantum.estimate import estimate
from hcqic_gov.quantum.tiers import tiers
from tests.circuits import H3

LIMITS = SweepLimits(max_points=20, max_parameters=3, max_bytes=2_000)


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_a_table_is_read_whatever_parts_its_columns(sign: str) -> None:
    text = f"\ufefftheta{sign} phi\r\n0{sign}pi/2\r\n\r\n-1e-3{sign}2*pi\r\n"
    assert read_table(text, LIMITS) == Bindings(("theta", "phi"), ((0.0, math.pi / 2), (-0.001, math.tau)))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "There are no values"),
        ("theta", "There are 0 bindings; enter 1 to 20"),
        ("theta\n" + "\n".join(map(str, range(21))), "There are 21 bindings; enter 1 to 20"),
        ("theta,phi\n1,2\n3", "Line 3 has 1 values, and the first line names 2"),
        ("theta,phi\n1,x", "Line 2, column “phi”: “x” is not a finite number"),
        ("theta,phi\n1,", "Line 2, column “phi”: an empty place is not"),
        ("theta\nnan", "Line 2, column “theta”: “nan”"),
        ("theta\n1e999", "Line 2, column “theta”: “1e999”"),
        ("theta\n1/0", "Line 2, column “theta”: “1/0”"),
        ("theta\n9^9^9^9", "Line 2, column “theta”: “9^9^9^9”"),
        ("theta\n__import__('os')", "Line 2, column “theta”"),
        ("theta\n1\n1.0", "Line 3 repeats line 2"),
        ("theta\n0\n-0", "Line 3 repeats line 2"),
        ("1\n2", "Line 1, column 1: “1” is no name"),
        ("a,a\n1,2", "Line 1, column 2: “a” stands twice"),
        ("a,b,c,d\n1,2,3,4", "There are 4 parameters; at most 3"),
        ('a\n"1', "a quotation mark without its end"),
        ("a\n" + "1" * 2_000, "more than 2,000 characters"),
        ("a\n" + "x\n" * 15, "There are more such faults below."),
    ],
)
def test_what_is_no_table_is_refused_with_its_place(text: str, sentence: str) -> None:
    with pytest.raises(NoTable) as caught:
        read_table(text, LIMITS)
    assert sentence in " ".join(caught.value.faults)


def test_ranges_give_every_combination_with_both_ends() -> None:
    found = read_ranges("a, 0, 1, 3\nb, pi, -pi, 2", LIMITS)
    assert found.names == ("a", "b")
    assert found.rows == tuple((a, b) for a in (0.0, 0.5, 1.0) for b in (math.pi, -math.pi))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a, 0, 1", "Line 1: write a name, the first value, the last value and how many"),
        ("a, 0, 1, 0", "Line 1, how many: enter a whole number from 1 to 20"),
        ("a, 0, 1, 2.5", "Line 1, how many"),
        ("a, x, 1, 2", "Line 1, first value: “x”"),
        ("a, 0, 1e999, 2", "Line 1, last value: “1e999”"),
        ("a, -1e308, 1e308, 3", "Line 1: so many values do not lie between"),
        ("a, 0, 1e-323, 9", "Line 1: so many values do not lie between"),
        ("a, 0, 1, 5\na, 0, 1, 2", "Line 2: “a” stands twice"),
        ("a, 0, 1, 5\nb, 0, 1, 5", "There are 25 bindings"),
    ],
)
def test_what_is_no_range_is_refused_with_its_place(text: str, sentence: str) -> None:
    with pytest.raises(NoTable) as caught:
        read_ranges(text, LIMITS)
    assert sentence in " ".join(caught.value.faults)


@given(st.lists(st.tuples(*[st.floats(allow_nan=False, allow_infinity=False)] * 2), min_size=1, max_size=9))
def test_what_is_kept_is_given_back_exactly(rows: list[tuple[float, float]]) -> None:
    whole = Bindings(("a", "b"), tuple(rows))
    assert bindings.kept(whole.as_csv()) == whole


@pytest.mark.parametrize("read", [read_table, read_ranges])
@given(st.text(max_size=300))
def test_any_text_is_a_table_or_refused(read: Callable[[str, SweepLimits], Bindings], text: str) -> None:
    with contextlib.suppress(NoTable):
        found = read(text, LIMITS)
        assert all(math.isfinite(value) for row in found.rows for value in row)


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        ("input float a; qubit q; rx(a) q;", ("a",)),
        ("input float[64] a; input  float [ 32 ]u; qubit q; rx(a + u) q;", ("a", "u")),
        ("input float t1; input float t2; qubit q; rx(t2) q; rx(t1) q;", ("t1", "t2")),
    ],
)
def test_the_text_gate_takes_parameters(text: str, parameters: tuple[str, ...]) -> None:
    reading = textgate.read(H3 + text)
    assert (reading.parameters, reading.refusals) == (parameters, ())


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("input angle t;", "input"),
        ("input int n;", "input"),
        ("input float[1000000] t;", "input"),
        ("input float a; input float a;", "input"),
        ("input float a = 3;", "input"),
        ("input float t; qubit q; rx(t) q;", "input"),
        ("input float \u00e9;", "input"),
        ("input float " + "a" * 40 + ";", "input"),
        ("".join(f"input float t{n};" for n in range(65)), "input"),
        ("qubit q; if (true) { input float t; }", "input"),
        ("gate g a { input float t; }", "input"),
        ("input float a; qubit[a] q;", "size"),
        ("input float a; qubit q; pow(a) @ x q;", "modifier"),
        ("input float a; qubit[2] q; ctrl(a) @ x q[0], q[1];", "modifier"),
        ("const float t = 1; qubit q; rx(t) q;", "construct"),
    ],
)
def test_the_text_gate_takes_no_other_input(text: str, code: str) -> None:
    assert [refusal.code for refusal in textgate.read(H3 + text).refusals] == [code]


def test_version_2_has_no_parameters() -> None:
    assert [refusal.code for refusal in textgate.read("OPENQASM 2.0; input float t;").refusals] == ["input"]


def test_a_sweep_costs_less_than_its_runs_one_by_one_and_more_than_any() -> None:
    reading = textgate.read(H3 + "input float a; qubit[16] q;" + "".join(f"rx(a) q[{n}];" for n in range(16)))
    calibration = tiers().calibration
    once = estimate(reading, shots=100, calibration=calibration)
    swept = sweeping.estimate_of(reading, 50, shots=100, calibration=calibration)
    assert 5 * once.seconds < swept.seconds < 50 * once.seconds
    assert swept.memory_bytes >= once.memory_bytes


def test_barriers_cost_what_reading_them_costs() -> None:
    """Nothing of them is simulated, but a mebibyte of them is read for minutes."""
    text = f"{H3}qubit[2] q;" + "barrier q;" * 50_000
    reading = textgate.read(text)
    assert (reading.operations, reading.allowed) == (0, True)
    assert estimate(reading, shots=1, calibration=tiers().calibration).seconds > 50


def test_barriers_in_definitions_count_when_they_are_written_out() -> None:
    gates = "".join(f"gate b{n} a,c {{ b{n - 1} a,c; b{n - 1} a,c; }}" for n in range(1, 20))
    text = f"OPENQASM 2.0; gate b0 a,c {{ barrier a,c; }} {gates} qreg q[2]; b19 q[0],q[1];"
    assert [refusal.code for refusal in textgate.read(text).refusals] == ["too_many_operations"]
