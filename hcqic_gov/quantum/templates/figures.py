"""What a template found: the figures of each method side by side, and what they say, by rule."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from time import perf_counter
from typing import Any, TypeVar

T = TypeVar("T")
EXACT = 1e-6
"""A tolerance that only forgives what computing leaves behind."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one method found, and how many seconds it took to find it."""

    method: str
    value: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one run.

    `measure` in `unit` is compared; the best method differs from the truth by no more than `tolerance`. `exact` is the
    truth where it is known; else more is better, and the truth is the best value that any method found. `baselines`
    are classical, the one that is used in practice first.
    """

    instance: str
    measure: str
    unit: str
    tolerance: float
    quantum: Finding
    baselines: Sequence[Finding]
    exact: float | None = None
    notes: Sequence[str] = field(default_factory=tuple)

    def error(self, found: Finding) -> float:
        """How far a value is from the truth, never below 0."""
        if self.exact is not None:
            return abs(found.value - self.exact)
        return max(one.value for one in (self.quantum, *self.baselines)) - found.value

    @property
    def verdict(self) -> str:
        """Which of the four the figures say: none of them is that a quantum computer would be better."""
        classical = any(self.error(one) <= self.tolerance for one in self.baselines)
        quantum = self.error(self.quantum) <= self.tolerance
        return {
            (True, True): "not_needed",
            (True, False): "does_not_suffice",
            (False, True): "look_closer",
            (False, False): "neither",
        }[classical, quantum]

    @property
    def close(self) -> str:
        """What counts as close enough, in words."""
        return f"within {self.tolerance:g} {self.unit}".strip() if self.tolerance > EXACT else "to the exact value"

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        within = self.close
        good = [one for one in self.baselines if self.error(one) <= self.tolerance]
        best = f"{good[0].method} came {within} in {seconds(good[0].seconds)}" if good else ""
        return {
            "not_needed": f"Quantum is not needed at this size: {best}, the simulated quantum method in "
            f"{seconds(self.quantum.seconds)}.",
            "does_not_suffice": f"The quantum method does not suffice here: it missed by "
            f"{self.error(self.quantum):.3g} {self.unit}".rstrip()
            + f", while {best}.",
            "look_closer": f"No classical method of this template came {within}, and the simulated quantum method "
            "did. Try better classical methods and larger instances before anything else.",
            "neither": f"Neither method came {within}.",
        }[self.verdict]

    def as_json(self) -> Mapping[str, Any]:
        return {**asdict(self), "close": self.close, "verdict": self.verdict, "sentence": self.sentence}


def seconds(spent: float) -> str:
    return f"{spent:.2g} seconds"


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """What this gives, and the seconds of one thread that it took."""
    began = perf_counter()
    return work(), perf_counter() - began
