"""Works out what the registers can answer, and stores it as observations that nobody typed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from hcqic_gov.audit.service import record, snapshot
from hcqic_gov.core.actor import SYSTEM_ACTOR, Actor
from hcqic_gov.core.calendar import Frequency, Period, london_day
from hcqic_gov.core.measure import Measure
from hcqic_gov.kpi import periods, queries
from hcqic_gov.kpi.definitions import Definition, definitions, for_period
from hcqic_gov.kpi.models import Observation
from hcqic_gov.kpi.rules import Attribution, Outcome, Reading, Status, reading_of
from hcqic_gov.kpi.service import new_observation, supersede
from hcqic_gov.kpi.sources import SOURCES
from hcqic_gov.policy.access import CENTRE, may

LOOK_BACK = {Frequency.MONTHLY: 3, Frequency.QUARTERLY: 2, Frequency.ANNUAL: 1}
"""How many ended periods are worked out again, because a register may be entered late."""


def recent_periods(today: date) -> Sequence[Period]:
    """The ended periods of each frequency that are worked out again."""
    current = [(Period.containing(today, frequency), count) for frequency, count in LOOK_BACK.items()]
    return [period.shifted(-back) for period, count in current for back in range(count, 0, -1)]


def work_out(session: Session, wanted: Iterable[Period], *, actor: Actor, now: datetime) -> list[Observation]:
    """The worked-out KPIs of these periods, written only where something changed; the new revisions.

    A period that has not ended is left out, as is a closed one, and a KPI whose register has nothing to say.
    Errors: Refused.
    """
    if actor != SYSTEM_ACTOR:
        may(actor, "kpi.work_out", CENTRE).require()
    ended = [period for period in wanted if period.end < london_day(now)]
    closed = periods.held(session, *ended)
    asked = [(one, period) for period in ended if period.code not in closed for one in computed_for(period)]
    measured = [(one, period, SOURCES[one.source](session, period)) for one, period in asked]

    stored = [
        store(session, one, period, found, actor=actor, now=now) for one, period, found in measured if found is not None
    ]
    return [observation for observation in stored if observation is not None]


def computed_for(period: Period) -> list[Definition]:
    """The definitions in force on the period's last day that a register of ours answers."""
    return [
        one
        for one in definitions(period.end)
        if one.computed and one.frequency is period.frequency and one.source in SOURCES
    ]


def store(
    session: Session, one: Definition, period: Period, measure: Measure, *, actor: Actor, now: datetime
) -> Observation | None:
    """A new revision in place of the one that counts; None where it says the same.

    The audit names who asked for it; the observation itself is the system's.
    """
    reading = reading_from(one, measure)
    old = queries.verified(session, one.code, period)
    if old and reading_of_record(old) == reading:
        return None
    before = snapshot(old) if old else None

    supersede(session, one.code, period, actor=actor, now=now)
    observation = new_observation(
        one, period, revision=old.revision + 1 if old else 1, entered_by=SYSTEM_ACTOR.id, now=now
    )
    observation.outcome, observation.value = reading.outcome, reading.value
    observation.numerator, observation.denominator = reading.numerator, reading.denominator
    observation.basis, observation.attribution = one.basis, Attribution.CONTRIBUTORY
    observation.source, observation.status = one.source, Status.VERIFIED
    observation.verified_by, observation.verified_at = SYSTEM_ACTOR.id, now
    observation.after_closing = periods.closings_of(session, period) > 0
    session.add(observation)
    record(session, "kpi.work_out", observation, actor=actor, now=now, before=before, policy=one.fingerprint)
    return observation


def reading_from(one: Definition, measure: Measure) -> Reading:
    """A measure as a reading: by the definition's own formula where it is a ratio; a plain value else."""
    if one.ratio and measure.denominator is not None:
        return reading_of(one, float(measure.numerator), float(measure.denominator))
    value = measure.value()
    return Reading(Outcome.NOT_APPLICABLE) if value is None else Reading(Outcome.VALUE, float(value))


@dataclass(frozen=True, slots=True)
class Drift:
    """A closed period whose registers say something else today than when its value was kept."""

    period: Period
    kept: Reading | None
    today: Reading


def drifts(session: Session, code: str, closed: Iterable[Period]) -> Sequence[Drift]:
    """Where working out again would give another number; nothing is written."""
    return [found for period in closed if (found := drift(session, for_period(code, period), period))]


def drift(session: Session, one: Definition, period: Period) -> Drift | None:
    measure = SOURCES[one.source](session, period) if one.source in SOURCES else None
    if measure is None:
        return None
    old, reading = queries.verified(session, one.code, period), reading_from(one, measure)
    kept = reading_of_record(old) if old else None
    return None if kept == reading else Drift(period, kept, reading)


def reading_of_record(one: Observation) -> Reading:
    return Reading(one.outcome, one.value, one.numerator, one.denominator)


def drifts_in(session: Session, period: Period) -> Sequence[tuple[str, Drift]]:
    """All worked-out KPIs of one period that would get another number today, by code."""
    found = [(one.code, drift(session, one, period)) for one in computed_for(period)]
    return [(code, drifted) for code, drifted in found if drifted]
