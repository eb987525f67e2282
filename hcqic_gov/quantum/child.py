"""Runs one circuit in a confined process: parse, transpile, simulate. The only file that imports Qiskit."""

import math
import warnings
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import qiskit
import qiskit_aer
from qiskit import QuantumCircuit, qasm2, qasm3
from qiskit.circuit import ControlFlowOp
from qiskit.circuit.library.standard_gates import get_standard_gate_name_mapping
from qiskit.transpiler import PassManager
from qiskit.transpiler.preset_passmanagers import generate_preset_pass_manager
from qiskit_aer import AerSimulator
from qiskit_aer.jobs import utils as aer_jobs

LIBRARIES = (Path(qiskit.__file__), Path(warnings.__file__))
"""One file of each place that modules are loaded from: the installed packages, and Python's own."""

CLIFFORD = frozenset({"id", "x", "y", "z", "h", "s", "sdg", "sx", "sxdg", "cx", "cy", "cz", "swap"})
MOST_DRAWN, MOST_COLUMNS, MOST_WORDS = 30, 60, 40
PASSIVE = frozenset({"measure", "reset", "barrier", "if_else"})
WARM_UP = {
    "2": 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[2]; u3(0.1,pi/2,0) q[0]; cu1(0.5) q[0],q[1];'
    " measure q -> c;",
    "3": 'OPENQASM 3.0; include "stdgates.inc"; qubit[2] q; bit[2] c; h q[0]; ctrl @ x q[0], q[1]; c = measure q;'
    " if (c == 1) { x q[0]; }",
}


@dataclass(frozen=True, slots=True)
class Job:
    """What the parent asks for."""

    text: str
    version: str
    shots: int
    seed: int
    draw: bool = False


class NotSimulated(Exception):
    """The circuit cannot be simulated; the message is a sentence for the person who wrote it."""


class HereAndNow:
    """Stands in for Aer's pool of one thread: the child may not start any thread."""

    def submit(self, work: Callable[..., Any], *arguments: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        try:
            future.set_result(work(*arguments))
        except Exception as error:  # noqa: BLE001 - a future keeps any error until its result is asked for
            future.set_exception(error)
        return future


def answer(job: Job) -> Mapping[str, Any]:
    """The counts and what made them, or `{"error": kind, "reason": sentence}`; nothing is ever raised."""
    try:
        return drawn(job) if job.draw else simulated(job)
    except MemoryError:
        return {"error": "memory"}
    except NotSimulated as error:
        return {"error": "circuit", "reason": str(error)}
    except BaseException as error:  # noqa: BLE001 - a panic of the Rust parser derives from BaseException only
        return {"error": "circuit", "reason": f"The circuit was not understood: {sentence(error)}"}


def simulated(job: Job) -> Mapping[str, Any]:
    circuit, measured_all = measured(parsed(job.text, job.version))
    if circuit.num_parameters:
        raise NotSimulated("The circuit has a parameter without a value. Write the value in.")
    method = "stabilizer" if is_clifford(circuit) else "statevector"
    simulator = AerSimulator(method=method, max_parallel_threads=1)
    native = to_native_gates().run(circuit)
    require_finite(native)  # only now: a gate's definition can make an infinite angle of a finite one
    aer_jobs.DEFAULT_EXECUTOR = HereAndNow()
    result = simulator.run(native, shots=job.shots, seed_simulator=job.seed).result()
    if not result.success:
        raise out_of_memory_or(str(result.results[0].status if result.results else result.status))
    return {
        "counts": result.get_counts(),
        "engine": "aer",
        "method": method,
        "measured_all": measured_all,
        "operations": native.size(),
        "depth": native.depth(),
        "versions": {"qiskit": qiskit.__version__, "qiskit-aer": qiskit_aer.__version__},
    }


def drawn(job: Job) -> Mapping[str, Any]:
    """The circuit as a drawing in characters and in words, as far as a page can show it."""
    circuit = parsed(job.text, job.version)
    if circuit.num_qubits > MOST_DRAWN:
        raise NotSimulated(f"A circuit of more than {MOST_DRAWN} qubits is not drawn.")
    shown, levels = circuit.copy_empty_like(), dict.fromkeys([*circuit.qubits, *circuit.clbits], 0)
    for one in circuit.data:
        bits = (*one.qubits, *one.clbits)
        level = max((levels[bit] for bit in bits), default=0)
        if level < MOST_COLUMNS:
            shown.append(one)
        levels.update(dict.fromkeys(bits, level + 1))
    left_out = len(circuit.data) - len(shown.data)
    words = [
        " ".join([one.operation.name, *(f"q{circuit.find_bit(bit).index}" for bit in one.qubits)])
        for one in shown.data[:MOST_WORDS]
    ]
    return {
        "drawing": {
            "text": str(shown.draw("text", fold=-1)),
            "words": "; ".join(words) + ("; and so on" if len(shown.data) > MOST_WORDS else ""),
            "note": f"{left_out:,} further operations are not drawn." if left_out else "",
        }
    }


def parsed(text: str, version: str) -> QuantumCircuit:
    """No file is opened: version 2 has no include path, and the text gate lets version 3 name its own library only."""
    if version == "2":
        return qasm2.loads(text, include_path=(), custom_instructions=qasm2.LEGACY_CUSTOM_INSTRUCTIONS)
    return qasm3.loads(text)


def measured(circuit: QuantumCircuit) -> tuple[QuantumCircuit, bool]:
    """A circuit that measures nothing is measured whole at its end."""
    if any(one.operation.name == "measure" for one in circuit.data) or has_control_flow(circuit):
        return circuit, False
    return circuit.measure_all(inplace=False), True


def has_control_flow(circuit: QuantumCircuit) -> bool:
    return any(isinstance(one.operation, ControlFlowOp) for one in circuit.data)


def require_finite(circuit: QuantumCircuit) -> None:
    """Aer takes an infinite angle without a word and counts noise."""
    angles = [float(circuit.global_phase)]
    for one in circuit.data:
        if isinstance(one.operation, ControlFlowOp):
            for block in one.operation.blocks:
                require_finite(block)
        else:
            angles += [value for value in one.operation.params if isinstance(value, int | float)]
    if not all(math.isfinite(value) for value in angles):
        raise NotSimulated("The circuit has an angle that is not a finite number. Correct it.")


def is_clifford(circuit: QuantumCircuit) -> bool:
    """Whether every operation, those under conditions included, is a standard gate of the Clifford group."""
    return all(
        all(is_clifford(block) for block in one.operation.blocks)
        if isinstance(one.operation, ControlFlowOp)
        else one.operation.name in CLIFFORD | PASSIVE and not one.operation.params
        for one in circuit.data
    )


def out_of_memory_or(status: str) -> Exception:
    if any(word in status.lower() for word in ("bad_alloc", "insufficient memory", "memory")):
        return MemoryError(status)
    return NotSimulated(f"The simulator could not run the circuit: {status[:300]}")


def sentence(error: BaseException) -> str:
    """The first line of an error, short, without line ends."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300].strip("'\"")


@cache
def to_native_gates() -> PassManager:
    """Definitions written out in Aer's own gates, nothing optimised.

    Given Aer's gates as a list it takes 1 ms; given the simulator as a device, 120 ms for its layout.
    """
    gates = AerSimulator(method="statevector").configuration().basis_gates
    standard = sorted(set(gates) & set(get_standard_gate_name_mapping()))
    return generate_preset_pass_manager(optimization_level=0, basis_gates=[*standard, "if_else", "switch_case"])


def preload() -> None:
    """Loads what a run needs, so that a forked child finds it loaded; Aer itself is never run here."""
    warnings.simplefilter("ignore")
    for version, text in WARM_UP.items():
        circuit = parsed(text, version)
        to_native_gates().run(circuit)
        circuit.draw("text", fold=-1)
