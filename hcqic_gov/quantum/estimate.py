"""What a run will cost in memory and time, before it is started."""

from dataclasses import dataclass

from hcqic_gov.quantum.isolation import MEBIBYTE, Ceilings
from hcqic_gov.quantum.textgate import Reading

STATE_BYTES = 16  # a complex number in double precision
HEADROOM_BYTES = 160 * MEBIBYTE  # address space for parsing and for Aer's own tables, touched or not
READ_BYTES = {"2": 3_000, "3": 12_500}
"""What an operation takes once it is read, by the version of OpenQASM: Python's objects, and Aer's."""
SHOT_BYTES, BIT_BYTES = 120, 5
"""Of a shot's bit string and its count, and of a sampled bit of stim's table."""
STABILIZER, MATRIX_PRODUCT, STATE_VECTOR = "stabilizer", "matrix_product_state", "statevector"
NARROW = 5
"""log2 of the bond up to which a matrix product state is thought of; beyond it, the bound says little."""
SMALLEST_SWEPT, SMALLEST_SAMPLED = 32, 10
"""Bonds below these cost no less: an operation's and a sample's own overhead."""
LARGEST_STATE = 64  # a state vector beyond this is only a very large number
CLEARLY = 1.2
"""How many times cheaper matrix products must look: a guess that is a little wrong then costs nothing."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Seconds of this installation's machine, in `policies/sandbox/tiers.toml`.

    State vector: per amplitude, and per amplitude and operation, and `shot_bit` for each bit that is sampled from it;
    where each shot is simulated on its own, the second is `shot_operation`, and each operation of each shot costs
    `shot_step`. Stabilizer: per sampled bit by stim (`sample`), per shot and squared qubit where conditions need Aer
    (`tableau`). Matrix product state, of a bond b: per operation and b cubed (`bond_operation`), per shot, qubit and b
    squared (`bond_sample`). Parsing and writing definitions out costs `read_2` or `read_3` an operation, by the version
    of OpenQASM. `loaded_bytes` are no seconds: what a process takes that has its libraries and nothing else.
    """

    base: float
    read_2: float
    read_3: float
    shot_step: float
    amplitude: float
    operation: float
    shot_operation: float
    tableau: float
    sample: float
    bond_operation: float
    bond_sample: float
    shot_bit: float = 4.5e-7
    loaded_bytes: float = 78 * MEBIBYTE


TYPICAL = Calibration(
    base=0.0, read_2=0.0, read_3=0.0, shot_step=0.0, amplitude=1.4e-8, operation=1.4e-9, shot_operation=5.6e-9,
    tableau=0.0, sample=0.0, bond_operation=7e-10, bond_sample=1.8e-8, shot_bit=1.5e-7,
)  # fmt: skip
"""By which the method is chosen, on every machine and after every calibration: same seed, same counts.

Measured over 70 circuits of 16 to 20 qubits with 100 to 10,000 shots; only the ratios matter.
"""


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
    method = method_of(reading, shots)
    runs = shots if reading.dynamic else 1
    if method == STABILIZER:
        state, work = stabilizer_cost(reading, shots, runs, calibration)
    elif method == MATRIX_PRODUCT:
        state = STATE_BYTES * 4 * reading.qubits * 4**reading.bond_bits
        work = matrix_product_work(reading, shots, runs, calibration)
    else:
        state = STATE_BYTES * 2 ** min(reading.qubits, LARGEST_STATE)
        work = state_vector_work(reading, shots, runs, calibration)
    memory = int(calibration.loaded_bytes) + state + circuit_bytes(reading, shots)
    return Estimate(method, memory, overhead(reading, shots, calibration) + work)


def method_of(reading: Reading, shots: int) -> str:
    """Clifford circuits by stabilizers, those with little between their halves by matrix products, others whole.

    A matrix product state is sampled shot by shot, so it must be the cheaper way for as many shots as are asked for.
    """
    if reading.clifford:
        return STABILIZER
    if not 0 <= reading.bond_bits <= NARROW:
        return STATE_VECTOR
    runs = shots if reading.dynamic else 1
    whole = state_vector_work(reading, shots, runs, TYPICAL)
    return MATRIX_PRODUCT if CLEARLY * matrix_product_work(reading, shots, runs, TYPICAL) < whole else STATE_VECTOR


def state_vector_work(reading: Reading, shots: int, runs: int, calibration: Calibration) -> float:
    """Seconds of `runs` through the circuit, and of sampling from its last state if that is done once."""
    operation = calibration.shot_operation if reading.dynamic else calibration.operation
    work = runs * 2.0 ** min(reading.qubits, LARGEST_STATE) * (calibration.amplitude + operation * reading.operations)
    return work + (0.0 if reading.dynamic else calibration.shot_bit * shots * bits(reading))


def matrix_product_work(reading: Reading, shots: int, runs: int, calibration: Calibration) -> float:
    bond = 2.0**reading.bond_bits
    work = calibration.bond_operation * runs * reading.operations * (SMALLEST_SWEPT**3 + bond**3)
    return work + calibration.bond_sample * shots * reading.qubits * (SMALLEST_SAMPLED**2 + bond**2)


def stabilizer_cost(reading: Reading, shots: int, runs: int, calibration: Calibration) -> tuple[int, float]:
    """Sampling by stim keeps a table of sampled bits; a condition needs Aer's tableau, shot by shot."""
    if not reading.conditional:
        sampled = shots * max(reading.qubits, reading.clbits)
        return BIT_BYTES * sampled + reading.qubits**2, calibration.sample * (sampled + reading.qubits**2)
    tableaus = shots * reading.qubits + runs * reading.operations
    return 4 * reading.qubits**2, calibration.tableau * reading.qubits * tableaus


def overhead(reading: Reading, shots: int, calibration: Calibration) -> float:
    """Seconds to start, to read the circuit, and to step through it once for each shot where that is needed."""
    read = calibration.read_3 if reading.version == "3" else calibration.read_2
    step = shots * calibration.shot_step if reading.dynamic else 0.0
    return calibration.base + reading.parsed * read + reading.operations * step


def circuit_bytes(reading: Reading, shots: int) -> int:
    """The circuit itself, as parser, transpiler and simulator hold it, and its answer."""
    return READ_BYTES.get(reading.version, READ_BYTES["2"]) * reading.parsed + SHOT_BYTES * shots


def bits(reading: Reading) -> int:
    """Of one shot: a circuit that declares none is measured whole."""
    return reading.clbits or reading.qubits
