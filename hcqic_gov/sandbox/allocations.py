"""Tiers of access and what is left of an allocation: `policies/sandbox/allocations.toml`, and sums over it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from pydantic import BaseModel, ConfigDict, Field, model_validator

from hcqic_gov.core.ruling import Ruling, allowed_if, first_refusal
from hcqic_gov.policy.files import PolicyFile, broken, read_file
from hcqic_gov.projects.rules import DataClass
from hcqic_gov.quantum.tiers import SizeClass, tiers

FILE = "sandbox/allocations.toml"


class Tier(BaseModel):
    """One tier of access; `after` names the tier that a project must have had before."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str
    title: str
    seconds: int = Field(gt=0)
    max_days: int = Field(ge=0)
    largest: str
    after: str = ""

    @property
    def standing(self) -> bool:
        """Every project's own, without a grant."""
        return self.max_days == 0


class Passing(BaseModel):
    """How runs of one size class pass."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str
    counts: bool
    gatekeeper: bool


class Allocations(PolicyFile):
    """Tiers in order, and how each size class passes."""

    lapse_days: int = Field(ge=0)
    max_days_ahead: int = Field(ge=0)
    standing: tuple[DataClass, ...]
    tiers: tuple[Tier, ...] = Field(min_length=1)
    classes: tuple[Passing, ...]

    @model_validator(mode="after")
    def first_tier_is_standing(self) -> "Allocations":
        if [tier.standing for tier in self.tiers] != [True] + [False] * (len(self.tiers) - 1):
            raise ValueError("the first tier has max_days = 0, as every project's own; each other one has an end")
        codes = {tier.code for tier in self.tiers}
        if any(tier.after not in codes | {""} for tier in self.tiers):
            raise ValueError("a tier comes after one that is no tier")
        return self

    @property
    def own(self) -> Tier:
        """What a project has without a grant."""
        return self.tiers[0]

    @property
    def granted(self) -> tuple[Tier, ...]:
        return self.tiers[1:]

    def tier(self, code: str) -> Tier:
        """A tier that is no longer in the policy gives what every project has."""
        return next((tier for tier in self.tiers if tier.code == code), self.own)

    def passing(self, size: str) -> Passing:
        """A run that fits no size class passes nowhere alone; the resources gate refuses it in any case."""
        return next((one for one in self.classes if one.code == size), Passing(code=size, counts=True, gatekeeper=True))

    def needs_gatekeeper(self, size: str, data_class: DataClass) -> bool:
        return data_class not in self.standing or self.passing(size).gatekeeper


def allocations() -> Allocations:
    """The file in use, which names each size class of the other once. Errors: BrokenPolicy."""
    policy = read_file(FILE, Allocations)
    known = [one.code for one in tiers().classes]
    if sorted(one.code for one in policy.classes) != sorted(known):
        raise broken(FILE, ("classes",), f"the size classes must be these, each once: {', '.join(known)}")
    for number, tier in enumerate(policy.tiers):
        if tier.largest not in known:
            raise broken(FILE, ("tiers", number, "largest"), f"there is no size class {tier.largest}")
    return policy


@dataclass(frozen=True, slots=True)
class Share:
    """The part of an allocation that may be spent from its first to its last day."""

    starts_on: date
    ends_on: date
    seconds: float


def share_on(day: date, starts_on: date, ends_on: date, seconds: int, lapse_days: int) -> Share:
    """The share of this day: equal parts of `lapse_days` each, the last one in proportion to its days."""
    days = (ends_on - starts_on).days + 1
    if not lapse_days:
        return Share(starts_on, ends_on, seconds)
    first = starts_on + timedelta(days=(day - starts_on).days // lapse_days * lapse_days)
    last = min(first + timedelta(days=lapse_days - 1), ends_on)
    return Share(first, last, seconds * ((last - first).days + 1) / days)


@dataclass(frozen=True, slots=True)
class Balance:
    """What a project may still use: of its tier's share, less what is spent and what its other runs are to spend.

    `lapses_on` is the last day of the share, `ends_on` that of the allocation; None for what every project has.
    """

    tier: Tier
    share: float
    spent: float
    reserved: float = 0.0
    lapses_on: date | None = None
    ends_on: date | None = None

    @property
    def left(self) -> float:
        return max(0.0, self.share - self.spent - self.reserved)


def within(balance: Balance, size: SizeClass | None, seconds: float, classes: Sequence[SizeClass]) -> Ruling:
    """Whether a run of this size and predicted time fits what the project has; the way on where it does not."""
    if size is None:  # too large for the sandbox: the limits say so
        return allowed_if(True, "", "")
    policy, codes = allocations(), [one.code for one in classes]
    fits = codes.index(size.code) <= codes.index(balance.tier.largest)
    reason = f"{size.title} is more than the tier “{balance.tier.title}” gives. {way_on(balance.tier)}"
    counts = policy.passing(size.code).counts
    short = (
        f"The run would take about {seconds:.3g} seconds, and the project has {balance.left:,.0f} left"
        f"{f' until {balance.lapses_on:%-d %B %Y}' if balance.lapses_on else ''}. {way_on(balance.tier)}"
    )
    return first_refusal(
        (
            allowed_if(fits, "tier_too_small", reason),
            allowed_if(not counts or seconds <= balance.left, "quota_spent", short),
        )
    )


def way_on(tier: Tier) -> str:
    """What somebody does who needs more."""
    higher = [one.title for one in allocations().granted if one.code != tier.code]
    names = " or ".join(higher) or "more time"
    return f"Make the run smaller, or apply for {names} on the page of the project’s access."
