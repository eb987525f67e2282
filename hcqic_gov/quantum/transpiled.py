"""The circuit that was really simulated, as OpenQASM 3; of a long one only its hash."""

from collections.abc import Iterator, Mapping
from hashlib import sha256

from qiskit import QuantumCircuit, qasm3
from qiskit.circuit import ControlFlowOp

MOST_OPERATIONS = 2_000
"""Writing takes some 50 µs an operation; a run is not made to wait longer for its record than for itself."""
MOST_BYTES = 262_144


def written(circuit: QuantumCircuit) -> Mapping[str, str]:
    """`text` ("" where it is too long to be kept), `sha256` and a `note` that says of what."""
    operations = sum(1 for _ in lines(circuit))
    text = exported(circuit) if operations <= MOST_OPERATIONS else ""
    if text and len(text.encode()) <= MOST_BYTES:
        return {"text": text, "sha256": sha256(text.encode()).hexdigest(), "note": ""}
    digest = sha256()
    for line in lines(circuit):
        digest.update(line.encode())
    note = f"Too long to be kept: {operations:,} operations. The hash is that of its operations, one a line."
    return {"text": "", "sha256": digest.hexdigest(), "note": note}


def exported(circuit: QuantumCircuit) -> str:
    """Errors of Qiskit's writer cost the record its text, and never the run its result."""
    try:
        return str(qasm3.dumps(circuit))
    except Exception:  # noqa: BLE001 - whatever the writer does not know
        return ""


def lines(circuit: QuantumCircuit) -> Iterator[str]:
    """Name, parameters and places of each operation; what stands under a condition follows it."""
    places = {bit: place for place, bit in enumerate([*circuit.qubits, *circuit.clbits])}
    for one in circuit.data:
        control = isinstance(one.operation, ControlFlowOp)
        values = "" if control else ",".join(map(str, one.operation.params))
        where = ",".join(str(places[bit]) for bit in (*one.qubits, *one.clbits))
        yield f"{one.operation.name}({values}) {where}\n"
        if control:
            for block in one.operation.blocks:
                yield from lines(block)
