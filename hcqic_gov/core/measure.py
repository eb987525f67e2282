"""What a register answers to the question behind a KPI."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Measure:
    """A count or sum (`denominator` None), or a ratio of two; not applicable where the denominator is zero."""

    numerator: Decimal
    denominator: Decimal | None = None

    @property
    def applicable(self) -> bool:
        return self.denominator is None or self.denominator != 0

    def value(self, factor: int = 1) -> Decimal | None:
        """Numerator over denominator times the factor (100 for a percentage); None where not applicable."""
        if not self.applicable:
            return None
        return self.numerator * factor / (self.denominator if self.denominator is not None else Decimal(1))


@dataclass(frozen=True, slots=True)
class Part:
    """A record that a measure was worked out from: where it stands, and what it adds.

    `register` is the register with its page, "" where it has none of its own; `counts` whether it is in the numerator;
    `closed_to` are the people who may not read it.
    """

    register: str
    reference: str
    title: str
    day: date | None
    says: str
    counts: bool = True
    closed_to: frozenset[int] = frozenset()
