"""Periods: open or closed, who closes and reopens them, and what is missing when one closes; pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from hcqic_gov.core.calendar import Period, day_words
from hcqic_gov.core.ruling import Ruling, allowed_if
from hcqic_gov.core.workflow import Move, Workflow
from hcqic_gov.kpi.definitions import Definition
from hcqic_gov.kpi.rules import Status
from hcqic_gov.people.rules import Role


class Standing(StrEnum):
    """Whether the values of a period may still change."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Gap:
    """A KPI without a verified value for a period: nothing was entered, or it is still in work."""

    definition: Definition
    status: Status | None = None
    number: int | None = None
    """Of the observation in work."""
    correction: bool = False
    """A verified value counts; only its correction is unfinished."""


@dataclass(frozen=True, slots=True)
class Gaps:
    """What a period lacks, counted."""

    missing: int = 0
    unverified: int = 0

    @classmethod
    def of(cls, found: Sequence[Gap]) -> "Gaps":
        missing = sum(gap.status is None for gap in found)
        return cls(missing, len(found) - missing)

    @property
    def mark(self) -> str:
        """What a person had before them when they closed the period."""
        return f"{self.missing} missing, {self.unverified} unverified"

    def __bool__(self) -> bool:
        return bool(self.missing or self.unverified)


@dataclass(frozen=True, slots=True)
class PeriodFacts:
    """What the guards look at."""

    period: Period
    today: date
    gaps: Gaps = Gaps()
    knowing: bool = False
    reason: str = ""


def period_over(facts: PeriodFacts) -> Ruling:
    said = f"{facts.period.label} still runs until {day_words(facts.period.end)}. Close it after its end."
    return allowed_if(facts.period.end < facts.today, "period_over", said)


def gaps_known(facts: PeriodFacts) -> Ruling:
    said = f"Values are missing or unverified ({facts.gaps.mark}). Complete them, or say that you close all the same."
    return allowed_if(not facts.gaps or facts.knowing, "gaps_known", said)


def gaps_explained(facts: PeriodFacts) -> Ruling:
    said = "Give the reason why the period is closed although values are missing or unverified."
    return allowed_if(not facts.gaps or bool(facts.reason.strip()), "gaps_explained", said)


def reopening_explained(facts: PeriodFacts) -> Ruling:
    return allowed_if(bool(facts.reason.strip()), "reopening_explained", "Give the reason why the period is reopened.")


def targets_open(closed: Iterable[Period], first: Period, until: date | None) -> Ruling:
    """May a target be set that holds from the first period on, to the day before `until`?

    A closed period keeps the target that held when it was closed.
    """
    reached = [
        one
        for one in closed
        if one.frequency is first.frequency and first <= one and (until is None or one.start < until)
    ]
    label = min(reached).label if reached else ""
    said = f"{label} is closed and keeps its target. Set one from a later period on, or have that period reopened."
    return allowed_if(not reached, "targets_open", said)


CLOSING: Workflow[Standing, PeriodFacts] = Workflow(
    name="period",
    title="KPI period",
    start=Standing.OPEN,
    public_names={Standing.OPEN: "open", Standing.CLOSED: "closed"},
    moves=(
        Move(
            "close_period",
            "close the period",
            (Standing.OPEN,),
            Standing.CLOSED,
            (Role.CENTRE_MANAGER,),
            (period_over, gaps_known, gaps_explained),
        ),
        Move(
            "reopen_period",
            "reopen the period",
            (Standing.CLOSED,),
            Standing.OPEN,
            (Role.CENTRE_MANAGER,),
            (reopening_explained,),
        ),
    ),
)
"""A period of one frequency, for all KPIs of that frequency at once."""
