"""Observations: their statuses, moves and guards; the level of a value; how a period stands."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from math import isfinite

from hcqic_gov.core.calendar import Period, add_working_days
from hcqic_gov.core.ruling import Ruling, allowed_if
from hcqic_gov.core.workflow import SYSTEM, Move, Workflow
from hcqic_gov.kpi.definitions import Aim, Definition
from hcqic_gov.people.rules import Role

LARGEST = 1e15  # beyond it a double no longer holds every penny


class Status(StrEnum):
    """Where an observation stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    VERIFIED = "verified"
    SUPERSEDED = "superseded"


class Outcome(StrEnum):
    """What was found: a value; nothing, because nobody reported; or nothing, because the question has no answer."""

    VALUE = "value"
    NOT_REPORTED = "not_reported"
    NOT_APPLICABLE = "not_applicable"


OUTCOME_LABELS = {
    Outcome.VALUE: "value",
    Outcome.NOT_REPORTED: "not reported",
    Outcome.NOT_APPLICABLE: "not applicable",
}


def label(choice: StrEnum) -> str:
    """In plain words: "not reported", "waiting for verification"."""
    return OUTCOME_LABELS.get(choice) or WORKFLOW.public_names.get(choice) or choice.value.replace("_", " ")  # type: ignore[call-overload]


class Attribution(StrEnum):
    """Whether the centre alone brought the value about."""

    SOLE = "sole"
    CONTRIBUTORY = "contributory"


class UploadStatus(StrEnum):
    """Whether the values of a file were taken into the register."""

    CHECKED = "checked"
    APPLIED = "applied"


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found for a period: an outcome and, with a value, the numbers behind it."""

    outcome: Outcome
    value: float | None = None
    numerator: float | None = None
    denominator: float | None = None


@dataclass(frozen=True, slots=True)
class ObservationFacts:
    """What the guards look at."""

    reading: Reading
    period: Period
    today: date
    source: str
    entered_by: int
    by: int
    closed: bool
    computed: bool = False
    reason: str = ""


def reading_of(definition: Definition, numerator: float | None, denominator: float | None) -> Reading:
    """The reading of a definition from what was entered or worked out.

    A ratio with denominator zero is not applicable, never 0 or 100 %. Without a numerator, nothing was reported.
    """
    if numerator is None or (definition.ratio and denominator is None):
        return Reading(Outcome.NOT_REPORTED)
    if not definition.ratio or denominator is None:
        return Reading(Outcome.VALUE, numerator)
    if denominator == 0:
        return Reading(Outcome.NOT_APPLICABLE, None, numerator, denominator)
    return Reading(Outcome.VALUE, definition.factor * numerator / denominator, numerator, denominator)


def finite_value(facts: ObservationFacts) -> Ruling:
    numbers = (facts.reading.value, facts.reading.numerator, facts.reading.denominator)
    given = all(number is None or (isfinite(number) and abs(number) <= LARGEST) for number in numbers)
    has_value = (facts.reading.value is not None) == (facts.reading.outcome is Outcome.VALUE)
    return allowed_if(given and has_value, "finite_value", "Enter a number that is finite and at most 15 digits long.")


def not_computed(facts: ObservationFacts) -> Ruling:
    reason = "This KPI is worked out from the registers. Correct the record that it comes from."
    return allowed_if(not facts.computed, "not_computed", reason)


def period_open(facts: ObservationFacts) -> Ruling:
    return open_ruling(facts.period, closed=facts.closed)


def open_ruling(period: Period, *, closed: bool) -> Ruling:
    """May values of the period change? Asked by the guard above, and before a form is shown."""
    reason = (
        f"{period.label} is closed, so its values stay as they are. If one is wrong, ask the centre manager "
        "to reopen the period with a reason: what is verified then is marked as revised after closing."
    )
    return allowed_if(not closed, "period_open", reason)


def period_begun(facts: ObservationFacts) -> Ruling:
    begun = facts.period.start <= facts.today
    return allowed_if(begun, "period_begun", f"{facts.period.label} has not begun, so nothing can be reported for it.")


def period_ended(facts: ObservationFacts) -> Ruling:
    ended = facts.period.end < facts.today
    reason = f"{facts.period.label} still runs until {facts.period.end:%-d %B %Y}. Submit the value after its end."
    return allowed_if(ended, "period_ended", reason)


def source_named(facts: ObservationFacts) -> Ruling:
    return allowed_if(bool(facts.source.strip()), "source_named", "Say where the value comes from.")


def second_person(facts: ObservationFacts) -> Ruling:
    reason = "You entered this value. Another person has to look at it."
    return allowed_if(facts.by != facts.entered_by, "second_person", reason)


def reason_given(facts: ObservationFacts) -> Ruling:
    return allowed_if(bool(facts.reason.strip()), "reason_given", "Give a reason that the next person can act on.")


OWNERS = (
    Role.CENTRE_MANAGER,
    Role.ENGAGEMENT_LEAD,
    Role.FINANCE,
    Role.FUNDING_OFFICER,
    Role.GATEKEEPER,
    Role.ETHICS_OFFICER,
)

S = Status
WORKFLOW: Workflow[Status, ObservationFacts] = Workflow(
    name="observation",
    title="KPI observation",
    start=S.DRAFT,
    public_names={
        S.DRAFT: "draft",
        S.SUBMITTED: "waiting for verification",
        S.RETURNED: "returned",
        S.VERIFIED: "verified",
        S.SUPERSEDED: "superseded by a correction",
    },
    moves=(
        Move(
            "enter",
            "enter the value",
            (S.DRAFT, S.RETURNED),
            S.DRAFT,
            OWNERS,
            (not_computed, period_open, finite_value, period_begun),
        ),
        Move(
            "submit",
            "submit for verification",
            (S.DRAFT,),
            S.SUBMITTED,
            OWNERS,
            (period_open, source_named, period_ended),
        ),
        Move("verify", "verify", (S.SUBMITTED,), S.VERIFIED, OWNERS, (period_open, second_person)),
        Move("return", "return", (S.SUBMITTED,), S.RETURNED, OWNERS, (period_open, second_person, reason_given)),
        Move(
            "correct",
            "open a correction",
            (S.VERIFIED,),
            None,
            OWNERS,
            (not_computed, period_open, reason_given, finite_value),
        ),
        Move("supersede", "supersede by a verified correction", (S.VERIFIED,), S.SUPERSEDED, (SYSTEM,)),
    ),
)
"""One revision of one value; a correction is a new revision that supersedes the old one when it is verified."""


STATUS_COLOURS = {S.DRAFT: "grey", S.SUBMITTED: "blue", S.RETURNED: "orange", S.VERIFIED: "green", S.SUPERSEDED: "grey"}


class Level(StrEnum):
    """How a value stands against its target and thresholds."""

    EXCEEDS = "exceeds"
    MET = "met"
    NEAR = "near"
    MISSED = "missed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Sign:
    """How a level is shown: a word, a shape and a colour, so that none stands alone."""

    word: str
    shape: str
    tag: str
    """The colour of a tag of the NHS design system; orange stands for amber."""


SIGNS = {
    Level.EXCEEDS: Sign("Beyond target", "★", "blue"),
    Level.MET: Sign("On target", "●", "green"),
    Level.NEAR: Sign("Near target", "▲", "orange"),
    Level.MISSED: Sign("Off target", "■", "red"),
    Level.UNKNOWN: Sign("Not rated", "–", "grey"),
}


def level(
    definition: Definition, value: float | None, target: float | None = None, threshold: float | None = None
) -> Level:
    """The level of a value; target and threshold set for the period take the place of the definition's own.

    The definition's upper level counts only where it lies beyond that target.
    """
    if value is None:
        return Level.UNKNOWN
    thresholds, better = definition.thresholds, 1 if definition.direction is Aim.UP else -1
    full = thresholds.full if target is None else target
    reached = value if definition.band is None else distance_outside(definition, value)

    def at_least(line: float | None) -> bool:
        return line is not None and better * (reached - line) >= 0

    if not at_least(full):
        return Level.NEAR if at_least(thresholds.threshold if threshold is None else threshold) else Level.MISSED
    beyond = thresholds.upper is not None and better * (thresholds.upper - full) > 0
    return Level.EXCEEDS if beyond and at_least(thresholds.upper) else Level.MET


def distance_outside(definition: Definition, value: float) -> float:
    """How far a value lies outside the band; 0 within."""
    assert definition.band is not None
    return max(definition.band.lower - value, value - definition.band.upper, 0.0)


class PeriodStatus(StrEnum):
    """How the reporting of a period stands."""

    UPCOMING = "upcoming"
    RUNNING = "running"
    DUE = "due"
    OVERDUE = "overdue"
    REPORTED = "reported"
    CLOSED = "closed"
    """Nothing can be reported any more, though nothing counts."""


def due_on(definition: Definition, period: Period) -> date:
    """The day by which a period's value has to be verified."""
    return add_working_days(period.end, definition.due_working_days)


def period_status(
    definition: Definition, period: Period, *, today: date, verified: bool, closed: bool = False
) -> PeriodStatus:
    if verified:
        return PeriodStatus.REPORTED
    if closed:
        return PeriodStatus.CLOSED
    if today <= period.end:
        return PeriodStatus.UPCOMING if today < period.start else PeriodStatus.RUNNING
    return PeriodStatus.DUE if today <= due_on(definition, period) else PeriodStatus.OVERDUE
