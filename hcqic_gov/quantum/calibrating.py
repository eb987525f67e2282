"""Measures on this host what the estimate of time needs to know, in the process that runs will be in."""

import os
import platform
from dataclasses import replace
from datetime import datetime
from statistics import median

import numpy as np

from hcqic_gov.core.errors import HcqicError
from hcqic_gov.quantum.calibration_file import Measured
from hcqic_gov.quantum.estimate import Calibration
from hcqic_gov.quantum.isolation import MEBIBYTE, Ceilings
from hcqic_gov.quantum.simulate import Status, simulate
from hcqic_gov.quantum.textgate import read

ROOM = Ceilings(memory_bytes=1024 * MEBIBYTE, seconds=60)
SIZES = (16, 18, 20)
LAYERS = 3
LONG = 2_000
SLOWEST, FASTEST = 20.0, 0.05
"""A factor beyond these says that something else kept the host busy."""
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


def long(version: str, operations: int) -> str:
    """Many operations on two qubits: nearly all of its time is reading."""
    return HEADS[version].format(2) + "".join(f"rx({0.1 + n / 9:.3f}) q[{n % 2}];" for n in range(operations))


def seconds(text: str, repeated: int = 3) -> float:
    """The median time of a run. Errors: HcqicError where it fails."""
    found = []
    for seed in range(repeated):
        outcome = simulate(text, shots=100, seed=seed, limits=ROOM)
        if outcome.status is not Status.FINISHED:
            raise HcqicError(f"A circuit of the calibration did not run: {outcome.reason} Nothing was changed.")
        found.append(outcome.seconds)
    return median(found)


def calibrated(policy: Calibration) -> Calibration:
    """This host's constants; those that are not measured keep their proportion to `operation` in the policy."""
    simulate(long("2", 2), shots=1, seed=0, limits=ROOM)  # the nursery has started after this
    base = seconds(long("2", 2), 5)
    read_2 = max((seconds(long("2", LONG)) - base) / LONG, 0.0)
    read_3 = max((seconds(long("3", LONG // 4)) - base) / (LONG // 4), 0.0)
    rows, times = [], []
    for qubits in SIZES:
        for layers in (1, LAYERS):
            text = brick(qubits, layers)
            operations = read(text).operations
            rows.append((2.0**qubits, 2.0**qubits * operations))
            times.append(max(seconds(text) - base - read_2 * operations, 1e-6))
    amplitude, operation = fitted(rows, times)
    factor = min(max(operation / policy.operation, FASTEST), SLOWEST)
    scaled = ("shot_step", "shot_operation", "tableau", "sample", "bond_operation", "bond_sample")
    others = {name: getattr(policy, name) * factor for name in scaled}
    return replace(policy, base=base, read_2=read_2, read_3=read_3, amplitude=amplitude, operation=operation, **others)


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
