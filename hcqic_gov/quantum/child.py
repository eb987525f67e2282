"""Runs one circuit in a confined process: parse, transpile, simulate. With `stabilizers`, all that imports Qiskit."""

import errno
import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import qiskit
import qiskit_aer
from qiskit import QuantumCircuit, qasm2, qasm3
from qiskit.circuit import CircuitInstruction, ControlFlowOp
from qiskit.circuit.exceptions import CircuitError
from qiskit.circuit.library.standard_gates import get_standard_gate_name_mapping
from qiskit.transpiler import PassManager
from qiskit.transpiler.preset_passmanagers import generate_preset_pass_manager
from qiskit_aer import AerSimulator
from qiskit_aer.jobs import utils as aer_jobs

from hcqic_gov.quantum import lexer, stabilizers
from hcqic_gov.quantum.bindings import seed_of
from hcqic_gov.quantum.transpiled import written

LIBRARIES = (Path(qiskit.__file__), Path(warnings.__file__), Path(__file__))
"""One file of each place that modules are loaded from: the installed packages, Python's own, and ours (templates)."""

CLIFFORD = frozenset({"id", "x", "y", "z", "h", "s", "sdg", "sx", "sxdg", "cx", "cy", "cz", "swap"})
MOST_DRAWN, MOST_COLUMNS, MOST_WORDS = 30, 60, 40
METHODS = ("statevector", "matrix_product_state")
VERSIONS = {
    "aer": {"qiskit": qiskit.__version__, "qiskit-aer": qiskit_aer.__version__},
    "stim": {"qiskit": qiskit.__version__, "stim": stabilizers.VERSION},
}
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
    method: str = "statevector"
    draw: bool = False
    template: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    names: Sequence[str] = ()
    points: Sequence[Sequence[float]] = ()
    """Values of the parameters `names`, point after point; none where the circuit is run once."""


def nothing() -> None:
    return


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


def answer(job: Job, done: Callable[[], object] = nothing) -> Mapping[str, Any]:
    """The counts and what made them, or `{"error": kind, "reason": sentence}`; nothing is ever raised.

    `done` is called after each point of a sweep.
    """
    try:
        if job.template:
            return templated(job)
        return drawn(job) if job.draw else simulated(job, done)
    except MemoryError:
        return {"error": "memory"}
    except OSError as error:
        return held_back(error)
    except NotSimulated as error:
        return {"error": "circuit", "reason": str(error)}
    except BaseException as error:  # noqa: BLE001 - a panic of the Rust parser derives from BaseException only
        return {"error": "circuit", "reason": f"The circuit was not understood: {sentence(error)}"}


def held_back(error: OSError) -> Mapping[str, Any]:
    """What the isolation answers reaches Python as an error of the system."""
    if error.errno == errno.EFBIG:
        return {"error": "disk"}
    if error.errno == errno.ENOMEM:
        return {"error": "memory"}
    if error.filename:
        return {"error": "isolation", "reason": "The run tried to use a file or folder of the server. It may see none."}
    return {"error": "isolation"}


def simulated(job: Job, done: Callable[[], object]) -> Mapping[str, Any]:
    circuit, measured_all = measured(parsed(job.text, job.version))
    ran = swept(circuit, job, done) if job.points else run_once(circuit, job)
    return {**ran, "measured_all": measured_all}


def swept(circuit: QuantumCircuit, job: Job, done: Callable[[], object]) -> Mapping[str, Any]:
    """Written out once, bound and run point after point, each with a seed of its own."""
    native = to_native_gates(job.method).run(circuit)
    counts: list[Mapping[str, int]] = []
    last: Mapping[str, Any] = {}
    for number, values in enumerate(job.points):
        try:
            last = run_once(bound(native, job.names, values), replace(job, seed=seed_of(job.seed, number)))
        except NotSimulated as error:
            raise NotSimulated(f"At binding {number + 1}: {error}") from error
        counts.append(last["counts"])
        done()
    return {**last, "counts": {}, "points": counts, "transpiled": written(native)}


def bound(circuit: QuantumCircuit, names: Sequence[str], values: Sequence[float]) -> QuantumCircuit:
    """Parameters that nothing depends on are not in the circuit any more."""
    known = dict(zip(names, values, strict=True))
    try:
        return circuit.assign_parameters({one: known[one.name] for one in circuit.parameters if one.name in known})
    except (ZeroDivisionError, OverflowError, ValueError, TypeError, CircuitError) as error:
        raise NotSimulated("A value of the circuit is not a finite number there. Leave the binding out.") from error


def run_once(circuit: QuantumCircuit, job: Job) -> Mapping[str, Any]:
    if circuit.num_parameters:
        raise NotSimulated("The circuit has a parameter without a value. Enter a value for each.")
    counts, native, engine, method = counted(circuit, job)
    return {
        "counts": counts,
        "engine": engine,
        "method": method,
        "transpiled": {} if job.points else written(native),
        "operations": native.size(acts),
        "depth": native.depth(acts),
        "versions": VERSIONS[engine],
    }


def counted(circuit: QuantumCircuit, job: Job) -> tuple[Mapping[str, int], QuantumCircuit, str, str]:
    """The counts, the circuit as it was run, and the engine and method that suit it best."""
    if not is_clifford(circuit):
        return *by_aer(circuit, job, job.method), "aer", job.method
    if stabilizers.takes(circuit):
        return stabilizers.counts(circuit, shots=job.shots, seed=job.seed), circuit, "stim", "stabilizer"
    return *by_aer(circuit, job, "stabilizer"), "aer", "stabilizer"


def templated(job: Job) -> Mapping[str, Any]:
    """A template's figures, and the counts of its final circuit. Its libraries are loaded here, for it alone."""
    from hcqic_gov.quantum.templates import running

    circuit, figures, versions = running.solve(job.template, job.settings, shots=job.shots, seed=job.seed)
    circuit, measured_all = measured(circuit)
    counts, native = by_aer(circuit, job, "statevector")
    gates = sum(len(one.qubits) == 2 for one in written_out(native).data)
    return {
        "counts": counts,
        "engine": "aer",
        "method": "statevector",
        "measured_all": measured_all,
        "operations": native.size(acts),
        "depth": native.depth(acts),
        "versions": {**VERSIONS["aer"], **versions},
        "figures": {**figures.as_json(), "two_qubit_gates": gates},
    }


def written_out(circuit: QuantumCircuit) -> QuantumCircuit:
    """In the gates of a machine: one qubit turned, or two of them by CX."""
    return generate_preset_pass_manager(optimization_level=0, basis_gates=["u", "cx"]).run(circuit)


def counts_of(circuit: QuantumCircuit, *, shots: int, seed: int) -> Mapping[str, int]:
    """Counts of a circuit made by a template."""
    return by_aer(circuit, Job("", "2", shots, seed), "statevector")[0]


def by_aer(circuit: QuantumCircuit, job: Job, method: str) -> tuple[Mapping[str, int], QuantumCircuit]:
    """The counts, and the circuit in Aer's own gates."""
    simulator = AerSimulator(method=method, max_parallel_threads=1)
    native = to_native_gates(method).run(circuit)
    require_finite(native)  # only now: a gate's definition can make an infinite angle of a finite one
    aer_jobs.DEFAULT_EXECUTOR = HereAndNow()
    result = simulator.run(native, shots=job.shots, seed_simulator=job.seed).result()
    if not result.success:
        raise out_of_memory_or(str(result.results[0].status if result.results else result.status))
    return stabilizers.labelled(circuit, result.data(0)["counts"]), native  # Aer's own labels misplace single bits


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
        return qasm2.loads(
            lexer.without_blocks(text), include_path=(), custom_instructions=qasm2.LEGACY_CUSTOM_INSTRUCTIONS
        )
    return qasm3.loads(text)


def measured(circuit: QuantumCircuit) -> tuple[QuantumCircuit, bool]:
    """A circuit that measures nothing is measured whole at its end."""
    return (circuit, False) if measures(circuit) else (circuit.measure_all(inplace=False), True)


def measures(circuit: QuantumCircuit) -> bool:
    """Whether anything is measured, under a condition too."""
    return any(
        any(measures(block) for block in one.operation.blocks)
        if isinstance(one.operation, ControlFlowOp)
        else one.operation.name == "measure"
        for one in circuit.data
    )


def acts(one: CircuitInstruction) -> bool:
    """What counts as an operation; Qiskit's own way to ask makes an object of each and takes four times as long."""
    return bool(one.name != "barrier")


def require_finite(circuit: QuantumCircuit) -> None:
    """Aer takes an infinite angle without a word and counts noise."""
    angles = [float(circuit.global_phase)]
    for one in circuit.data:
        if one.is_control_flow():
            for block in one.operation.blocks:
                require_finite(block)
        else:
            angles += [value for value in one.params if isinstance(value, int | float)]
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
    said = (status.strip().splitlines() or [""])[0][:300].removesuffix(".")
    return NotSimulated(f"The simulator could not run the circuit: {said or 'it gave no reason'}.")


def sentence(error: BaseException) -> str:
    """The first line of an error, short; what speaks of the parser's own insides is put into words."""
    kind, said = type(error).__name__, (str(error).strip().splitlines() or [""])[0][:300].strip("'\"")
    if kind == "PanicException":
        said = "a number or a register in it is too large"
    elif isinstance(error, RecursionError):
        said = "its brackets, conditions or definitions are nested too deeply"
    elif "already inserted in symbol table" in said:
        said = f"the name {said.partition('Symbol ')[2].partition(' already')[0]} stands for two things in it"
    elif not said or said == kind:
        said = "it is not well-formed OpenQASM"
    return said if said.endswith(".") else f"{said}."


@cache
def to_native_gates(method: str) -> PassManager:
    """Definitions written out in the gates that Aer's method knows, nothing optimised.

    Given Aer's gates as a list it takes 1 ms; given the simulator as a device, 120 ms for its layout.
    """
    gates = AerSimulator(method=method).configuration().basis_gates
    standard = sorted(set(gates) & set(get_standard_gate_name_mapping()))
    return generate_preset_pass_manager(optimization_level=0, basis_gates=[*standard, "if_else", "switch_case"])


def preload() -> None:
    """Loads what a run needs, so that a forked child finds it loaded; Aer itself is never run here."""
    warnings.simplefilter("ignore")
    for version, text in WARM_UP.items():
        circuit = parsed(text, version)
        circuit.draw("text", fold=-1)
        for method in METHODS:
            to_native_gates(method).run(circuit)


def warm_up() -> None:
    """Runs something small in a child that waits: what is loaded and touched for the first time costs half of a run.

    The parser of version 3 is left cold: it would double what every child costs.
    """
    answer(Job(WARM_UP["2"], "2", shots=1, seed=1))
