"""Measures on this host what the estimate of time needs to know, in the process that runs will be in."""

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from statistics import median

import numpy as np

from hcqic_gov.core.errors import HcqicError
from hcqic_gov.quantum.calibration_file import Measured
from hcqic_gov.quantum.estimate import NARROW, Calibration, estimate
from hcqic_gov.quantum.isolation import MEBIBYTE, Ceilings
from hcqic_gov.quantum.simulate import Outcome, Status, simulate
from hcqic_gov.quantum.textgate import read

ROOM = Ceilings(memory_bytes=1024 * MEBIBYTE, seconds=60)
SIZES = (16, 18, 20)
LAYERS = 3
LONG = 2_000
BEFORE = 3
"""Probes that come before the state vector's own."""
SLOWEST, FASTEST = 20.0, 0.05
"""Factors of the policy's constants that are still believed: beyond them something else was measured."""
HEADS = {
    "2": 'OPENQASM 2.0; include "qelib1.inc"; qreg q[{0}]; creg c[{0}]; ',
    "3": 'OPENQASM 3.0; include "stdgates.inc"; qubit[{0}] q; bit[{0}] c; ',
}


def brick(qubits: int, layers: int) -> str:
    """Layers of rotations and of gates between neighbours."""
    lines = [
        "".join(f"rx({0.1 + layer + place / 7:.3f}) q[{place}];" for place in range(qubits))
        + "".join(f"cx q[{place}],q[{place + 1}];" for place in range(layer % 2, qubits - 1, 2))
        for layer in range(layers)
    ]
    return f"{HEADS['2'].format(qubits)}{''.join(lines)} measure q -> c;"


def tangled(qubits: int, layers: int) -> str:
    """With gates between its ends, too many for matrix products."""
    ends = f"cx q[0],q[{qubits - 1}];" * (NARROW + 1)
    return brick(qubits, layers).replace(" measure", f" {ends} measure")


def long(version: str, operations: int) -> str:
    """Many operations on two qubits: nearly all of its time is reading."""
    return HEADS[version].format(2) + "".join(f"rx({0.1 + n / 9:.3f}) q[{n % 2}];" for n in range(operations))


TINY = long("2", 2)


def stepwise(qubits: int, layers: int) -> str:
    """A reset in the middle: each shot is simulated on its own."""
    return brick(qubits, layers).replace(" measure", f" reset q[0]; {turns(qubits)} measure")


def turns(qubits: int) -> str:
    return "".join(f"rx({0.2 + place / 9:.3f}) q[{place}];" for place in range(qubits))


def tableau(qubits: int, layers: int) -> str:
    """Clifford's gates with a condition."""
    entangled = "".join(f"h q[{place}]; cx q[{place}],q[{place + 1}];" for place in range(qubits - 1))
    return f"{HEADS['2'].format(qubits)}{entangled * layers} measure q[0] -> c[0]; if(c==1) x q[1]; measure q -> c;"


def probes() -> Sequence[tuple[str, str, int]]:
    """A constant, and a circuit with shots whose cost is nearly that constant's alone, once those before are known."""
    return (
        ("read_2", long("2", LONG), 100),
        ("read_3", long("3", LONG // 4), 100),
        ("shot_bit", brick(8, 1), 40_000),
        ("shot_step", stepwise(2, 12), 2_000),
        ("shot_operation", stepwise(12, 2), 150),
        ("sample", tableau(200, 1).replace(" if(c==1) x q[1];", ""), 20_000),
        ("tableau", tableau(40, 2), 400),
        ("bond_operation", brick(200, 3), 1),
        ("bond_sample", brick(100, 1), 300),
    )


def outcomes(text: str, *, shots: int = 100, repeated: int = 3) -> Sequence[Outcome]:
    """The same run several times. Errors: HcqicError where it fails."""
    found = [simulate(text, shots=shots, seed=seed, limits=ROOM) for seed in range(repeated)]
    if failed := [outcome.reason for outcome in found if outcome.status is not Status.FINISHED]:
        raise HcqicError(f"A circuit of the calibration did not run: {failed[0]} Nothing was changed.")
    return found


def seconds(text: str, *, shots: int = 100) -> float:
    """Of the processor, so that waiting for others on the host does not count; the median of several."""
    return median(outcome.cpu_seconds for outcome in outcomes(text, shots=shots))


def calibrated(policy: Calibration) -> Calibration:
    """This host's constants, each from a circuit of its own; the time to begin is the clock's."""
    outcomes(TINY, repeated=1)  # the nursery has started after this
    tiny = outcomes(TINY, repeated=7)
    busy, waited = (median(times) for times in zip(*((one.cpu_seconds, one.seconds) for one in tiny), strict=True))
    found = replace(policy, loaded_bytes=min(one.peak_bytes for one in tiny))
    sampling = probes()
    found = solved(replace(found, base=to_begin(found, busy)), policy, sampling[:BEFORE])
    found = replace(found, base=to_begin(found, busy))  # now that the time of reading is known
    found = replace(found, **state_vector(found))
    found = solved(found, policy, sampling[BEFORE:])
    return replace(found, base=to_begin(found, waited))


def to_begin(found: Calibration, spent: float) -> float:
    """What is left of a tiny circuit's seconds without its reading and its shots."""
    return max(0.0, spent - estimate(read(TINY), shots=100, calibration=replace(found, base=0.0)).seconds)


def solved(found: Calibration, policy: Calibration, sampling: Sequence[tuple[str, str, int]]) -> Calibration:
    """The estimate is linear in each constant, so one time gives one constant, near what the policy holds likely."""
    for name, text, shots in sampling:
        reading = read(text)
        without, with_one = (
            estimate(reading, shots=shots, calibration=replace(found, **{name: value})).seconds for value in (0.0, 1.0)
        )
        value = (seconds(text, shots=shots) - without) / (with_one - without)
        likely = getattr(policy, name)
        found = replace(found, **{name: min(max(value, likely * FASTEST), likely * SLOWEST)})
    return found


def state_vector(found: Calibration) -> Mapping[str, float]:
    """Seconds for an amplitude, and for an amplitude and operation."""
    rows, times = [], []
    known = replace(found, amplitude=0.0, operation=0.0)
    for qubits in SIZES:
        for layers in (1, LAYERS):
            text = tangled(qubits, layers)
            reading = read(text)
            rows.append((2.0**qubits, 2.0**qubits * reading.operations))
            rest = estimate(reading, shots=100, calibration=known).seconds
            times.append(max(seconds(text) - rest, 1e-6))
    amplitude, operation = fitted(rows, times)
    return {"amplitude": amplitude, "operation": operation}


def fitted(rows: list[tuple[float, float]], times: list[float]) -> tuple[float, float]:
    """Seconds for an amplitude, and for an amplitude and operation: least squares of the relative errors."""
    weights = 1 / np.array(times)
    design = np.array(rows) * weights[:, None]
    (amplitude, operation), *_ = np.linalg.lstsq(design, np.ones(len(times)), rcond=None)
    if operation <= 0:
        raise HcqicError("The host was too busy to be measured. Nothing was changed: try again when it is quiet.")
    return max(float(amplitude), 0.0), float(operation)


def measure_host(policy: Calibration, *, now: datetime) -> Measured:
    host = {
        "machine": platform.machine(),
        "system": platform.release(),
        "processors": str(os.cpu_count() or 1),
        "python": platform.python_version(),
    }
    return Measured(measured_at=now, host=host, calibration=calibrated(policy))
