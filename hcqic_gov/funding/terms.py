"""What the centre has decided about funding: rates of funders, thresholds and tolerances."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field

from hcqic_gov.core.money import pence
from hcqic_gov.funding.rules import CostHeading
from hcqic_gov.policy.files import PolicyFile, in_force, read_folder

HUNDRED = Decimal(100)


class FunderTerms(BaseModel):
    """How much of the full economic cost a kind of funder pays, in per cent; some headings have their own rate."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str
    title: str
    default_percent: Decimal = Field(ge=0, le=100)
    headings: Mapping[CostHeading, Decimal] = {}

    def percent(self, heading: CostHeading) -> Decimal:
        return self.headings.get(heading, self.default_percent)

    def contribution(self, amount: Decimal, heading: CostHeading) -> Decimal:
        """What the funder pays of a full economic cost, to the penny."""
        return pence(amount * self.percent(heading) / HUNDRED)


class FundingTerms(PolicyFile):
    """Rates of funders, the threshold for a second person, and the tolerance of a budget line."""

    second_person_from: Decimal = Field(ge=0)
    variance_tolerance_percent: Decimal = Field(ge=0)
    funders: tuple[FunderTerms, ...] = Field(min_length=1)

    def of(self, key: str) -> FunderTerms:
        return next(funder for funder in self.funders if funder.key == key)

    def needs_reason(self, budget: Decimal, outturn: Decimal) -> bool:
        """Whether a line lies further from its budget than the tolerance; any spending without a budget does."""
        return abs(outturn - budget) * HUNDRED > self.variance_tolerance_percent * abs(budget)


def every_file() -> tuple[FundingTerms, ...]:
    """All files of `policies/funding/`, read and checked. Errors: BrokenPolicy."""
    return read_folder("funding", FundingTerms)


def terms(day: date) -> FundingTerms:
    """The terms in force on this day. Errors: NotFound."""
    return in_force(every_file(), day)
