"""Samples circuits of the Clifford group by stim: hundreds of qubits in milliseconds."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import stim
from qiskit import QuantumCircuit

VERSION: str = stim.__version__
NAMES = {
    "id": "I", "x": "X", "y": "Y", "z": "Z", "h": "H", "s": "S", "sdg": "S_DAG", "sx": "SQRT_X", "sxdg": "SQRT_X_DAG",
    "cx": "CX", "cy": "CY", "cz": "CZ", "swap": "SWAP", "measure": "M", "reset": "R",
}  # fmt: skip


def takes(circuit: QuantumCircuit) -> bool:
    """Whether every operation is one of these, none under a condition, and a bit is there for each measurement."""
    return all(one.operation.name in NAMES or one.operation.name == "barrier" for one in circuit.data)


def counts(circuit: QuantumCircuit, *, shots: int, seed: int) -> Mapping[str, int]:
    """Bit strings as Qiskit orders them, registers parted by blanks."""
    program, written = translated(circuit)
    sampled = stim.Circuit("\n".join(program)).compile_sampler(seed=seed).sample(shots)
    bits = np.zeros((shots, circuit.num_clbits), dtype=np.uint8)
    for record, bit in enumerate(written):
        bits[:, bit] = sampled[:, record]  # a later measurement into the same bit replaces the earlier one
    columns = laid_out(circuit)
    table = np.full((shots, len(columns)), ord(" "), dtype=np.uint8)
    for place, column in enumerate(columns):
        if column is not None:
            table[:, place] = bits[:, column] + ord("0")
    width, text = len(columns), table.tobytes().decode("ascii")
    return Counter(text[start : start + width] for start in range(0, shots * width, width))


def labelled(circuit: QuantumCircuit, found: Mapping[str, int]) -> Mapping[str, int]:
    """The same labels for numbers that hold a bit each, as Aer answers (`{"0x3": 512}`)."""
    columns = laid_out(circuit)
    result = {}
    for number, count in found.items():
        bits = format(int(number, 16), f"0{circuit.num_clbits}b")[::-1]
        result["".join([" " if bit is None else bits[bit] for bit in columns])] = count
    return result


def translated(circuit: QuantumCircuit) -> tuple[Sequence[str], Sequence[int]]:
    """Lines for stim, and into which bit each measurement goes."""
    qubits = {qubit: place for place, qubit in enumerate(circuit.qubits)}
    clbits = {bit: place for place, bit in enumerate(circuit.clbits)}
    program, written = [], []
    for one in circuit.data:
        if one.operation.name == "barrier":
            continue
        program.append(f"{NAMES[one.operation.name]} {' '.join(str(qubits[qubit]) for qubit in one.qubits)}")
        written += [clbits[bit] for bit in one.clbits]
    return program, written


def laid_out(circuit: QuantumCircuit) -> Sequence[int | None]:
    """Bits from left to right, the last of each register first and the last register first; None is a blank."""
    places = {bit: place for place, bit in enumerate(circuit.clbits)}
    registered = {bit for register in circuit.cregs for bit in register}
    groups = [[places[bit] for bit in reversed(register)] for register in reversed(circuit.cregs)]
    if loose := [places[bit] for bit in reversed(circuit.clbits) if bit not in registered]:
        groups.insert(0, loose)
    columns: list[int | None] = []
    for group in groups:
        columns += [None, *group] if columns else group
    return columns
