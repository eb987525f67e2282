"""What a run will cost in memory and time, before it is started."""

from dataclasses import dataclass

from hcqic_gov.quantum.isolation import MEBIBYTE, Ceilings
from hcqic_gov.quantum.textgate import Reading

STATE_BYTES = 16  # a complex number in double precision
FLOOR_BYTES = 10 * MEBIBYTE
HEADROOM_BYTES = 160 * MEBIBYTE  # address space for parsing and for Aer's own tables, touched or not
LARGEST_STATE = 64  # a state vector beyond this is only a very large number


@dataclass(frozen=True, slots=True)
class Calibration:
    """Seconds of this installation's machine, in `policies/sandbox/tiers.toml`.

    State vector: per amplitude, and per amplitude and operation; where each shot is simulated on its own, the last is
    `shot_operation`, and each operation of each shot costs `shot_step`. Stabilizer (`tableau`): per shot and squared
    qubit. Parsing and writing definitions out costs `read_2` or `read_3` an operation, by the version of OpenQASM.
    """

    base: float
    read_2: float
    read_3: float
    shot_step: float
    amplitude: float
    operation: float
    shot_operation: float
    tableau: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """Predicted use of one run."""

    method: str
    memory_bytes: int
    seconds: float

    @property
    def ceilings(self) -> Ceilings:
        """The hard limits of the run: three times the predicted time and two seconds, the predicted memory and room."""
        return Ceilings(int(self.memory_bytes * 1.1) + HEADROOM_BYTES, 3 * self.seconds + 2)


def estimate(reading: Reading, *, shots: int, calibration: Calibration) -> Estimate:
    """Memory in bytes and seconds of one thread, from what the text gate read."""
    amplitudes = 2 ** min(reading.qubits, LARGEST_STATE)
    runs = shots if reading.dynamic else 1
    operation = calibration.shot_operation if reading.dynamic else calibration.operation
    if reading.clifford:
        method, state = "stabilizer", 4 * reading.qubits**2
        work = calibration.tableau * reading.qubits * (shots * reading.qubits + runs * reading.operations)
    else:
        method, state = "statevector", STATE_BYTES * amplitudes
        work = runs * amplitudes * (calibration.amplitude + operation * reading.operations)
    return Estimate(method, state + circuit_bytes(reading), overhead(reading, shots, calibration) + work)


def overhead(reading: Reading, shots: int, calibration: Calibration) -> float:
    """Seconds to start, to read the circuit, and to step through it once for each shot where that is needed."""
    read = calibration.read_3 if reading.version == "3" else calibration.read_2
    step = shots * calibration.shot_step if reading.dynamic else 0.0
    return calibration.base + reading.operations * (read + step)


def circuit_bytes(reading: Reading) -> int:
    """The circuit itself, as parser, transpiler and simulator hold it: some 8 KiB an operation."""
    return FLOOR_BYTES + 8192 * reading.operations
