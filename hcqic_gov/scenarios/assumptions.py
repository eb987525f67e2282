"""What the centre has decided about appraisal, as files: discounting, optimism bias, values, prices, options."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator

from hcqic_gov.policy.files import PolicyFile, in_force, read_file, read_folder
from hcqic_gov.scenarios.rules import LONGEST, Bias, Option

HUNDRED = Decimal(100)


class Entry(BaseModel):
    """A row of a policy file."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RateBand(Entry):
    """A yearly rate in per cent, from one year to another, both included."""

    first_year: int
    last_year: int
    percent: Decimal


class SchedulePurpose(StrEnum):
    APPRAISAL = "appraisal"
    SENSITIVITY = "sensitivity"


class DiscountSchedule(PolicyFile):
    """Yearly rates for money and for health effects; without rates of its own, health takes those of money."""

    purpose: SchedulePurpose
    standard: tuple[RateBand, ...]
    health: tuple[RateBand, ...] = ()

    @model_validator(mode="after")
    def without_gaps(self) -> Self:
        for bands in (self.standard, *((self.health,) if self.health else ())):
            joined = all(one.last_year + 1 == other.first_year for one, other in pairwise(bands))
            if not bands or bands[0].first_year != 0 or bands[-1].last_year < LONGEST or not joined:
                raise ValueError(f"the bands must run from year 0 to year {LONGEST} or later without a gap")
        return self

    @property
    def health_or_standard(self) -> tuple[RateBand, ...]:
        return self.health or self.standard


class UpperBound(Entry):
    """How far costs and durations of a category were overrun, in per cent; None where the review gives none."""

    category: Bias
    title: str
    cost_percent: Decimal
    duration_percent: Decimal | None = None

    @property
    def cost(self) -> Decimal:
        """As a fraction: 2 for 200 %."""
        return self.cost_percent / HUNDRED


class OptimismBias(PolicyFile):
    source: str
    bounds: tuple[UpperBound, ...]

    @model_validator(mode="after")
    def every_category(self) -> Self:
        if missing := {bias for bias in Bias if bias is not Bias.NONE} ^ {bound.category for bound in self.bounds}:
            raise ValueError(f"one bound for each category: {', '.join(sorted(missing))}")
        return self

    def upper(self, category: Bias) -> Decimal:
        return next((bound.cost for bound in self.bounds if bound.category is category), Decimal(0))


class Values(PolicyFile):
    """What one QALY is worth to society, in pounds of the price year; the other two are shown as cautions."""

    price_year: int
    qaly_societal: Decimal
    qaly_nhs_opportunity_cost: Decimal
    cautions: tuple[str, ...]


class Price(Entry):
    """A price of the market on a day: it moves, so every use names this day."""

    name: str
    low: Decimal
    high: Decimal
    unit: str
    currency: str
    source: str
    as_of: date

    @model_validator(mode="after")
    def ordered(self) -> Self:
        if not 0 <= self.low <= self.high:
            raise ValueError("low must lie between 0 and high")
        return self


class Prices(PolicyFile):
    prices: tuple[Price, ...]


class OptionText(Entry):
    """What the board reads about an operating model."""

    code: Option
    title: str
    precedent: str
    cost_shape: str
    main_risk: str


class Options(PolicyFile):
    options: tuple[OptionText, ...]

    @model_validator(mode="after")
    def every_option(self) -> Self:
        if tuple(option.code for option in self.options) != tuple(Option):
            raise ValueError("one entry for each option, S0 to S5, in this order")
        return self

    def text(self, code: Option) -> OptionText:
        return next(option for option in self.options if option.code is code)


def schedules() -> tuple[DiscountSchedule, ...]:
    return read_folder("appraisal/discounting", DiscountSchedule)


def schedule(code: str) -> DiscountSchedule:
    return next(schedule for schedule in schedules() if schedule.id == code)


def schedule_in_force(day: date) -> DiscountSchedule:
    """The one that appraisals begun on this day use. Errors: NotFound."""
    return in_force((s for s in schedules() if s.purpose is SchedulePurpose.APPRAISAL), day)


def sensitivities() -> tuple[DiscountSchedule, ...]:
    return tuple(s for s in schedules() if s.purpose is SchedulePurpose.SENSITIVITY)


def optimism() -> OptimismBias:
    return read_file("appraisal/optimism.toml", OptimismBias)


def values() -> Values:
    return read_file("appraisal/values.toml", Values)


def prices() -> Prices:
    return read_file("appraisal/prices.toml", Prices)


def options() -> Options:
    return read_file("appraisal/options.toml", Options)


def every_file() -> tuple[PolicyFile, ...]:
    """All files of `policies/appraisal/`, read and checked. Errors: BrokenPolicy."""
    return (*schedules(), optimism(), values(), prices(), options())


def option_title(code: Option) -> str:
    """For reading: `S1 Virtual access broker (do-minimum)`."""
    return f"{code.value} {options().text(code).title}"
