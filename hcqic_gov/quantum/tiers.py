"""The sandbox's limits as the centre has decided them: `policies/sandbox/tiers.toml`."""

from pydantic import BaseModel, ConfigDict, Field, field_validator

from hcqic_gov.policy.files import PolicyFile, read_file
from hcqic_gov.quantum.bindings import SweepLimits
from hcqic_gov.quantum.calibration_file import measured
from hcqic_gov.quantum.estimate import STATE_VECTOR, Calibration, Estimate
from hcqic_gov.quantum.isolation import MEASURES
from hcqic_gov.quantum.textgate import Limits, Reading, Refusal


class SizeClass(BaseModel):
    """One row of sizes: a run belongs to the first whose qubits and seconds it does not exceed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str
    title: str
    max_qubits: int = Field(gt=0)
    max_seconds: float = Field(gt=0)


class Tiers(PolicyFile):
    """Limits of a run, of a person, and of the machine."""

    text: Limits
    classes: tuple[SizeClass, ...] = Field(min_length=1)
    max_shots: int = Field(gt=0)
    sweep: SweepLimits
    max_running: int = Field(gt=0)
    max_queued: int = Field(gt=0)
    training: str
    checkers: dict[str, int]
    suppress_below: dict[str, int]
    lease_seconds: int = Field(gt=1)
    max_attempts: int = Field(gt=0)
    capacity_hours_a_day: float = Field(gt=0)
    reproducibility_tolerance: float = Field(gt=0, lt=1)
    isolation: tuple[str, ...]
    calibration: Calibration

    @field_validator("isolation")
    @classmethod
    def are_measures(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := sorted(set(names) - set(MEASURES)):
            raise ValueError(f"no measure of isolation: {', '.join(unknown)}; there are {', '.join(MEASURES)}")
        return names

    def size_class(self, reading: Reading, predicted: Estimate) -> SizeClass | None:
        """The class of a run, None where it is larger than the sandbox takes.

        Other methods have no state vector, so only their time counts.
        """
        qubits = reading.qubits if predicted.method == STATE_VECTOR else 0
        return next((c for c in self.classes if qubits <= c.max_qubits and predicted.seconds <= c.max_seconds), None)

    def too_much(self, reading: Reading, predicted: Estimate, *, shots: int) -> tuple[Refusal, ...]:
        """Why a circuit that is well written is still too much for the sandbox."""
        refusals = []
        if shots > self.max_shots:
            refusals.append(Refusal("shots", f"At most {self.max_shots:,} shots are accepted. Ask for fewer."))
        if self.size_class(reading, predicted) is None:
            size = f"{reading.qubits} qubits and would take about {predicted.seconds:.3g} seconds"
            most = f"{self.largest.max_qubits} qubits and {self.largest.max_seconds:g} seconds"
            refusals.append(
                Refusal(
                    "size_class",
                    f"The circuit has {size}; the sandbox takes up to {most}. "
                    "Make it smaller, or speak with the gatekeepers about other ways.",
                )
            )
        return tuple(refusals)

    @property
    def largest(self) -> SizeClass:
        return self.classes[-1]


def tiers() -> Tiers:
    """The file in use, with what was measured on this host where somebody has calibrated it. Errors: BrokenPolicy."""
    policy = read_file("sandbox/tiers.toml", Tiers)
    found = measured()
    return policy if found is None else policy.model_copy(update={"calibration": found.calibration})
