"""How near the estimate comes on circuits that calibration has not seen: one round, on this host, as it is now.

`extra_info` holds the table: predicted and used seconds and bytes of each circuit, and what share lies within a factor
of two. What does not hang on the load of the host is asserted: memory, and that no limit would have cut a run off.
"""

from collections.abc import Mapping
from typing import Any

from hcqic_gov.policy.files import read_file
from hcqic_gov.quantum import textgate
from hcqic_gov.quantum.calibrating import ROOM, calibrated
from hcqic_gov.quantum.estimate import Calibration, estimate
from hcqic_gov.quantum.simulate import Status, close, simulate
from hcqic_gov.quantum.tiers import Tiers
from tests import held_out


def test_on_circuits_held_out(benchmark: Any) -> None:
    calibration = calibrated(read_file("sandbox/tiers.toml", Tiers).calibration)
    table = benchmark.pedantic(compared, args=(calibration,), rounds=1)
    close()
    within = [name for name, row in table.items() if 0.5 <= row["predicted"] / row["used"] <= 2]
    benchmark.extra_info["table"] = table
    benchmark.extra_info["within_a_factor_of_two"] = len(within) / len(table)
    assert [name for name, row in table.items() if abs(row["bytes_ratio"] - 1) > 0.1] == []
    assert [name for name, row in table.items() if row["used"] > row["limit"]] == []


def compared(calibration: Calibration) -> Mapping[str, Mapping[str, float]]:
    return {name: row(sample, calibration) for name, sample in held_out.each().items()}


def row(sample: held_out.Sample, calibration: Calibration) -> Mapping[str, float]:
    """The quickest of three runs, or the only one of a long circuit."""
    predicted = estimate(textgate.read(sample.text), shots=sample.shots, calibration=calibration)
    rounds = 1 if predicted.seconds > 1 else 3
    outcomes = [simulate(sample.text, shots=sample.shots, seed=seed, limits=ROOM) for seed in range(rounds)]
    assert {outcome.status for outcome in outcomes} == {Status.FINISHED}
    return {
        "predicted": predicted.seconds,
        "used": min(outcome.seconds for outcome in outcomes),
        "limit": predicted.ceilings.seconds,
        "bytes_ratio": predicted.memory_bytes / max(outcome.peak_bytes for outcome in outcomes),
    }
