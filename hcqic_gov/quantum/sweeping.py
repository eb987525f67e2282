"""What a sweep asks of the sandbox: whether its bindings fit its circuit, and what all of its points cost together."""

from collections.abc import Iterator, Sequence

from hcqic_gov.quantum.bindings import Bindings, SweepLimits
from hcqic_gov.quantum.estimate import Calibration, Estimate, estimate
from hcqic_gov.quantum.textgate import Reading, Refusal

HANDING_OVER = 0.1
"""Binding a point and handing it to the simulator, as a share of starting and of reading the circuit."""
ANSWER_BYTES_A_POINT = 2048


def estimate_of(reading: Reading, points: int, *, shots: int, calibration: Calibration) -> Estimate:
    """Of all points together; 0 where the circuit is run once, as it stands."""
    once = estimate(reading, shots=shots, calibration=calibration)
    if not points:
        return once
    read = calibration.base + reading.parsed * calibration.read_3
    seconds = read + points * (max(0.0, once.seconds - read) + HANDING_OVER * read)
    return Estimate(once.method, once.memory_bytes + ANSWER_BYTES_A_POINT * points, seconds)


def refusals(reading: Reading, bindings: Bindings, *, shots: int, limits: SweepLimits) -> Iterator[Refusal]:
    """Why these bindings do not fit a circuit that is well written, or are too many."""
    yield from mismatches(reading.parameters, bindings.names)
    if len(bindings) > limits.max_points or len(bindings.names) > limits.max_parameters:
        most = f"{limits.max_points} bindings of {limits.max_parameters} parameters"
        yield Refusal("bindings", f"A sweep has at most {most}. Take some out.")
    if shots * len(bindings) > limits.max_shots:
        yield Refusal(
            "shots", f"All bindings together have {shots * len(bindings):,} shots; at most {limits.max_shots:,} are "
            "accepted. Ask for fewer shots or bindings."
        )  # fmt: skip


def mismatches(parameters: Sequence[str], names: Sequence[str]) -> Iterator[Refusal]:
    """Parameters without values, and names of nothing."""
    missing = [name for name in parameters if name not in names]
    unknown = [name for name in names if name not in parameters]
    if missing:
        yield Refusal("unbound", f"The circuit’s {listed(missing)} no value. Enter a table of values or ranges for it.")
    if unknown:
        words = ", ".join(f"“{name}”" for name in unknown)
        yield Refusal(
            "bindings", f"The circuit declares no parameter {words}. Add “input float {unknown[0]};” to the circuit, "
            "or take the column out of the table."
        )  # fmt: skip


def listed(names: list[str]) -> str:
    words = ", ".join(f"“{name}”" for name in names)
    return f"parameter {words} has" if len(names) == 1 else f"parameters {words} have"
