"""The estimate follows its formula, and sizes of runs come from the policy file."""

import pytest

from hcqic_gov.quantum.estimate import HEADROOM_BYTES, READ_BYTES, SHOT_BYTES, Calibration, estimate
from hcqic_gov.quantum.textgate import Reading, read
from hcqic_gov.quantum.tiers import tiers

UNIT = Calibration(
    base=1.0,
    read_2=0.0,
    read_3=0.0,
    shot_step=0.0,
    amplitude=1.0,
    operation=0.5,
    shot_operation=2.0,
    tableau=1.0,
    sample=1.0,
    bond_operation=1.0,
    bond_sample=1.0,
    shot_bit=0.25,
    loaded_bytes=1_000_000,
)


def test_a_state_vector_takes_sixteen_bytes_an_amplitude() -> None:
    predicted = estimate(Reading(qubits=20), shots=1, calibration=UNIT)
    assert predicted.memory_bytes == 16 * 2**20 + UNIT.loaded_bytes + SHOT_BYTES
    assert predicted.method == "statevector"


def test_seconds_of_a_state_vector() -> None:
    reading = Reading(qubits=3, operations=4)
    assert estimate(reading, shots=1000, calibration=UNIT).seconds == 1 + 8 * (1 + 0.5 * 4) + 0.25 * 1000 * 3


def test_what_is_read_and_what_is_answered_take_memory() -> None:
    small, large = (
        estimate(Reading(qubits=3, operations=operations, version="3"), shots=shots, calibration=UNIT).memory_bytes
        for operations, shots in ((10, 10), (1010, 100_010))
    )
    assert large - small == 1000 * READ_BYTES["3"] + 100_000 * SHOT_BYTES


def test_each_shot_counts_where_something_follows_a_measurement() -> None:
    reading = Reading(qubits=3, operations=4, dynamic=True)
    assert estimate(reading, shots=10, calibration=UNIT).seconds == 1 + 10 * 8 * (1 + 2.0 * 4)


def test_a_clifford_circuit_needs_no_state_vector() -> None:
    predicted = estimate(Reading(qubits=200, operations=10, clifford=True), shots=2, calibration=UNIT)
    assert predicted.method == "stabilizer"
    assert predicted.memory_bytes < 2 * UNIT.loaded_bytes
    assert predicted.seconds == 1 + 2 * 200 + 200**2


def test_a_clifford_circuit_with_conditions_is_stepped_through_for_each_shot() -> None:
    reading = Reading(qubits=200, operations=10, clifford=True, conditional=True, dynamic=True)
    assert estimate(reading, shots=2, calibration=UNIT).seconds == 1 + 200 * (2 * 200 + 2 * 10)


@pytest.mark.parametrize(
    ("reading", "shots", "method"),
    [
        (Reading(qubits=60, bond_bits=2), 1, "matrix_product_state"),
        (Reading(qubits=60, bond_bits=6), 1, "statevector"),
        (Reading(qubits=60), 1, "statevector"),
        (Reading(qubits=60, bond_bits=2, clifford=True), 1, "stabilizer"),
        (Reading(qubits=20, operations=160, bond_bits=3), 1_000, "matrix_product_state"),
        (Reading(qubits=20, operations=160, bond_bits=3), 10_000, "statevector"),
        (Reading(qubits=18, operations=160, bond_bits=3), 100, "matrix_product_state"),
        (Reading(qubits=18, operations=160, bond_bits=3), 1_000, "statevector"),
        (Reading(qubits=20, operations=160, bond_bits=3, dynamic=True), 10_000, "matrix_product_state"),
    ],
)
def test_the_method_is_chosen_by_rule(reading: Reading, shots: int, method: str) -> None:
    assert estimate(reading, shots=shots, calibration=UNIT).method == method


def test_a_narrow_circuit_costs_by_its_bond() -> None:
    reading = Reading(qubits=60, operations=7, bond_bits=3)
    predicted = estimate(reading, shots=5, calibration=UNIT)
    assert predicted.seconds == 1 + 7 * (32**3 + 8**3) + 5 * 60 * (10**2 + 8**2)
    assert predicted.memory_bytes < 2 * UNIT.loaded_bytes


WIDE_ONE = 'OPENQASM 2.0; include "qelib1.inc"; qreg a[20]; qreg b[20]; rx(0.1) a; '


@pytest.mark.parametrize(
    ("body", "bits"),
    [
        ("", 0),
        ("cx a[19],b[0];" * 3, 3),
        ("swap a[19],b[0]; rzz(0.1) a[10],b[10];", 3),
        ("cx a[0],a[1];" * 9, 1),
        ("".join(f"cx a[{n}],a[{n + 1}];" for n in range(19)), 1),
        ("".join(f"cx a[{n}],b[{19 - n}];" for n in range(20)), 20),
        ("cx a,b;", -1),
        ("creg c[1]; if(c==1) cx a[0],b[0];", -1),
    ],
)
def test_the_widest_cut_bounds_the_bond(body: str, bits: int) -> None:
    assert read(WIDE_ONE + body).bond_bits == bits


def test_a_gate_of_ones_own_counts_by_what_it_holds() -> None:
    text = WIDE_ONE.replace("qreg a", "gate g x,y { cx x,y; rx(0.1) x; cx x,y; } qreg a") + "g a[19],b[0];"
    assert read(text).bond_bits == 6


def test_hard_limits_leave_room_above_the_prediction() -> None:
    predicted = estimate(Reading(qubits=3, operations=4), shots=1, calibration=UNIT)
    assert predicted.ceilings.seconds == 3 * predicted.seconds + 2
    assert predicted.ceilings.memory_bytes >= predicted.memory_bytes + HEADROOM_BYTES


@pytest.mark.parametrize(
    ("reading", "code"),
    [
        (Reading(qubits=20, operations=5), "S0"),
        (Reading(qubits=21, operations=5), "S1"),
        (Reading(qubits=10, operations=90_000), "S1"),
        (Reading(qubits=28, operations=5), "S2"),
        (Reading(qubits=29, operations=5), None),
        (Reading(qubits=500, operations=900), None),
        (Reading(qubits=200, operations=300, clifford=True), "S0"),
    ],
)
def test_a_run_belongs_to_the_first_class_that_it_fits(reading: Reading, code: str | None) -> None:
    policy = tiers()
    found = policy.size_class(reading, estimate(reading, shots=100, calibration=policy.calibration))
    assert (found.code if found else None) == code


def test_too_many_shots_and_too_large_a_circuit_are_refused_in_words() -> None:
    policy, reading = tiers(), Reading(qubits=40, operations=10)
    predicted = estimate(reading, shots=1, calibration=policy.calibration)
    refusals = policy.too_much(reading, predicted, shots=policy.max_shots + 1)
    assert [refusal.code for refusal in refusals] == ["shots", "size_class"]
    assert "40 qubits" in refusals[1].reason
