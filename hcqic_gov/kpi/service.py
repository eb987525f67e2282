"""Writes of the KPIs: observations and their verification, annotations, rebases."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, func, select

from hcqic_gov.audit.service import record, snapshot
from hcqic_gov.core.actor import Actor
from hcqic_gov.core.calendar import Period, london_day
from hcqic_gov.core.errors import Invalid, Stale
from hcqic_gov.db import found, locked
from hcqic_gov.kpi import periods, queries
from hcqic_gov.kpi.definitions import Basis, Definition, for_period, latest_definition
from hcqic_gov.kpi.models import Annotation, Observation, Rebase
from hcqic_gov.kpi.rules import (
    WORKFLOW,
    Attribution,
    ObservationFacts,
    Outcome,
    Reading,
    Status,
    reading_of,
)
from hcqic_gov.kpi.suppression import named
from hcqic_gov.policy.access import may


@dataclass(frozen=True, slots=True)
class Entry:
    """What a person enters: for a ratio numerator and denominator, else the value as `numerator`.

    Without a numerator the finding is "not reported", or "not applicable" where they say so.
    """

    numerator: float | None = None
    denominator: float | None = None
    not_applicable: bool = False
    n: int | None = None
    basis: Basis = Basis.MEASURED
    attribution: Attribution = Attribution.CONTRIBUTORY
    source: str = ""
    note: str = ""
    document_id: int | None = None


def enter(
    session: Session,
    code: str,
    period: Period,
    entry: Entry,
    *,
    seen: int | None = None,
    actor: Actor,
    now: datetime,
) -> Observation:
    """A draft of a period's value; entering again changes the draft or the returned value.

    `seen` is the version of the draft that the person had before them (0 where there was none).
    Errors: Refused, NotFound, Stale, Invalid where the period does not fit the KPI or already has a verified value.
    """
    definition = definition_for(code, period)
    may(actor, "kpi.enter", queries.resource_of(definition)).require()
    closed = is_closed(session, period)
    existing = queries.in_work(session, code, period)
    if seen is not None and seen != (existing.version if existing else 0):
        raise Stale(f"the value of {code} for {period.label}")
    before = snapshot(existing) if existing else None
    reading = read(definition, entry)
    facts = facts_of(
        definition, reading, period, entry.source, entered_by=actor.id, closed=closed, actor=actor, now=now
    )
    WORKFLOW.ruling("enter", existing.status if existing else WORKFLOW.start, facts).require()
    if existing is None and queries.verified(session, code, period):
        raise Invalid(f"{period.label} already has a verified value. Open a correction of it, with your reason.")

    observation = existing or new_observation(definition, period, revision=1, entered_by=actor.id, now=now)
    fill(observation, reading, entry, actor=actor)
    session.add(observation)
    record(session, "kpi.enter", observation, actor=actor, now=now, before=before, policy=definition.fingerprint)
    return observation


def correct(session: Session, key: int, entry: Entry, *, reason: str, actor: Actor, now: datetime) -> Observation:
    """A new revision of a verified value, as a draft; the old one counts until the new one is verified.

    Errors: Refused, NotFound, Invalid where a correction is already open.
    """
    old, closed = for_change(session, key)
    period = Period.parse(old.period)
    definition = definition_for(old.code, period)
    may(actor, "kpi.correct", queries.resource_of(definition)).require()
    reading = read(definition, entry)
    facts = facts_of(
        definition,
        reading,
        period,
        entry.source,
        entered_by=actor.id,
        closed=closed,
        actor=actor,
        now=now,
        reason=reason,
    )
    WORKFLOW.ruling("correct", old.status, facts).require()
    if queries.in_work(session, old.code, period):
        raise Invalid(f"A correction of {old.reference} is already open. Finish that one first.")

    observation = new_observation(
        definition, period, revision=next_revision(session, old), entered_by=actor.id, now=now
    )
    fill(observation, reading, entry, actor=actor)
    observation.reason = reason
    session.add(observation)
    record(session, "kpi.correct", observation, actor=actor, now=now, policy=definition.fingerprint, note=reason)
    return observation


def submit(session: Session, key: int, *, seen: int | None = None, actor: Actor, now: datetime) -> Observation:
    """Send a draft to a second person. Errors: Refused, NotFound, Stale."""
    return move(session, key, "submit", seen=seen, actor=actor, now=now)


def return_(
    session: Session, key: int, *, reason: str, seen: int | None = None, actor: Actor, now: datetime
) -> Observation:
    """Send a value back with a reason. Errors: Refused, NotFound, Stale."""
    return move(session, key, "return", reason=reason, seen=seen, actor=actor, now=now)


def verify(session: Session, key: int, *, seen: int | None = None, actor: Actor, now: datetime) -> Observation:
    """The second person's word: from now on the value counts, and the one it corrects no longer does.

    Errors: Refused, NotFound, Stale.
    """
    return move(session, key, "verify", seen=seen, actor=actor, now=now)


def move(
    session: Session, key: int, name: str, *, reason: str = "", seen: int | None = None, actor: Actor, now: datetime
) -> Observation:
    observation, closed = for_change(session, key, seen=seen)
    period = Period.parse(observation.period)
    definition = definition_for(observation.code, period)
    before = snapshot(observation)
    may(actor, f"kpi.{name}", queries.resource_of(definition, observation.entered_by)).require()
    facts = facts_of_record(definition, observation, closed=closed, actor=actor, now=now, reason=reason)
    WORKFLOW.ruling(name, observation.status, facts).require()

    if name == "verify":
        supersede(session, observation.code, period, actor=actor, now=now)
        observation.after_closing = periods.closings_of(session, period) > 0
        observation.verified_by, observation.verified_at = actor.id, now
    observation.status = WORKFLOW.move(name).target or observation.status
    observation.reason = reason or observation.reason
    record(session, f"kpi.{name}", observation, actor=actor, now=now, before=before, note=reason)
    return observation


def supersede(session: Session, code: str, period: Period, *, actor: Actor, now: datetime) -> None:
    """The value that counted until now no longer does; flushed at once, for only one may count."""
    old = queries.verified(session, code, period)
    if old is None:
        return
    before = snapshot(old)
    old.status = Status.SUPERSEDED
    record(session, "kpi.supersede", old, actor=actor, now=now, before=before)


def annotate(session: Session, code: str, period: Period, text: str, *, actor: Actor, now: datetime) -> Annotation:
    """Explain a period's value. Errors: Refused, NotFound, Invalid."""
    definition = definition_for(code, period)
    may(actor, "kpi.annotate", queries.resource_of(definition)).require()
    require_reason(text)
    if definition.small_numbers and (number := named(text, queries.hidden_numbers(session, definition, period))):
        said = f"Leave the number {number} out: it counts persons, and explanations are read by everybody"
        raise Invalid(said + ".", {"text": said})

    annotation = Annotation(
        code=code, period=period.code, period_start=period.start, text=text, written_by=actor.id, created_at=now
    )
    session.add(annotation)
    record(session, "kpi.annotate", annotation, actor=actor, now=now)
    return annotation


def rebase(session: Session, code: str, period: Period, *, reason: str, actor: Actor, now: datetime) -> Rebase:
    """Decide that limits start anew from this period on. Errors: Refused, NotFound, Invalid."""
    definition = definition_for(code, period)
    may(actor, "kpi.rebase", queries.resource_of(definition)).require()
    require_reason(reason)
    if session.exec(select(Rebase.id).where(Rebase.code == code, Rebase.period_start == period.start)).first():
        raise Invalid(f"The limits of {code} already start anew from {period.label}.")

    decision = Rebase(
        code=code, period=period.code, period_start=period.start, reason=reason, decided_by=actor.id, created_at=now
    )
    session.add(decision)
    record(session, "kpi.rebase", decision, actor=actor, now=now, policy=definition.fingerprint, note=reason)
    return decision


def definition_for(code: str, period: Period) -> Definition:
    """The definition that a period is reported under. Errors: NotFound, Invalid where the period is of another kind."""
    frequency = latest_definition(code).frequency
    if period.frequency is not frequency:
        example = Period.containing(date(2026, 4, 1), frequency).code
        raise Invalid(f"{code} is reported for periods such as {example}, not {period.code}.")
    return for_period(code, period)


def read(definition: Definition, entry: Entry) -> Reading:
    """Errors: Invalid for one half of a ratio."""
    if entry.not_applicable:
        return Reading(Outcome.NOT_APPLICABLE)
    if definition.ratio and (entry.numerator is None) != (entry.denominator is None):
        missing = "numerator" if entry.numerator is None else "denominator"
        raise Invalid("A ratio needs both numbers.", {missing: "Enter both numbers, or neither if nothing is reported"})
    return reading_of(definition, entry.numerator, entry.denominator)


def facts_of(
    definition: Definition,
    reading: Reading,
    period: Period,
    source: str,
    *,
    entered_by: int,
    closed: bool,
    actor: Actor,
    now: datetime,
    reason: str = "",
) -> ObservationFacts:
    return ObservationFacts(
        reading,
        period,
        london_day(now),
        source,
        entered_by,
        actor.id,
        closed=closed,
        computed=definition.computed,
        reason=reason,
    )


def facts_of_record(
    definition: Definition,
    observation: Observation,
    *,
    closed: bool,
    actor: Actor,
    now: datetime,
    reason: str = "to be given",
) -> ObservationFacts:
    """The facts of a stored observation; without a reason, as if one will be given."""
    return facts_of(
        definition,
        Reading(observation.outcome, observation.value, observation.numerator, observation.denominator),
        Period.parse(observation.period),
        observation.source,
        entered_by=observation.entered_by,
        closed=closed,
        actor=actor,
        now=now,
        reason=reason,
    )


def is_closed(session: Session, period: Period) -> bool:
    """For a write: whoever closes the period waits until this transaction ends."""
    return period.code in periods.held(session, period)


def new_observation(
    definition: Definition, period: Period, *, revision: int, entered_by: int, now: datetime
) -> Observation:
    return Observation(
        entered_by=entered_by,
        code=definition.code,
        period=period.code,
        period_start=period.start,
        period_end=period.end,
        revision=revision,
        definition_version=definition.version,
        created_at=now,
    )


def fill(observation: Observation, reading: Reading, entry: Entry, *, actor: Actor) -> None:
    """What was entered, by whom; the value is a draft again. Evidence stays where no other is given."""
    observation.outcome, observation.value = reading.outcome, reading.value
    observation.numerator, observation.denominator = reading.numerator, reading.denominator
    observation.n, observation.basis, observation.attribution = entry.n, entry.basis, entry.attribution
    observation.source, observation.note = entry.source, entry.note
    observation.document_id = entry.document_id or observation.document_id
    observation.status, observation.entered_by = Status.DRAFT, actor.id


def next_revision(session: Session, old: Observation) -> int:
    same = select(func.max(Observation.revision)).where(
        Observation.code == old.code, col(Observation.period_start) == old.period_start
    )
    return found(session.exec(same).one(), "this observation") + 1


def for_change(session: Session, key: int, *, seen: int | None = None) -> tuple[Observation, bool]:
    """The observation, and whether its period is closed.

    The period is held before the row: who waits for a closing holds no row that others wait for.
    """
    closed = is_closed(session, Period.parse(queries.observation(session, key).period))
    return locked(session, Observation, key, seen=seen, what="this observation"), closed


def require_reason(text: str) -> None:
    if not text.strip():
        raise Invalid("Give a reason that others can understand later.", {"reason": "Enter a reason"})
