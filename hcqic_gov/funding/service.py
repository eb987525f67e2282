"""Writes of calls and applications."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import available_timezones

from sqlmodel import Session

from hcqic_gov.audit.parts import change_part
from hcqic_gov.audit.service import record, snapshot
from hcqic_gov.core.actor import Actor
from hcqic_gov.core.calendar import london_day
from hcqic_gov.core.errors import Invalid
from hcqic_gov.core.money import pence, total
from hcqic_gov.db import locked, locked_by, locked_part, next_reference
from hcqic_gov.ethics.states import Method, Purpose
from hcqic_gov.funding import queries
from hcqic_gov.funding.models import Application, ApplicationEvent, Award, BudgetLine, Call, CostLine
from hcqic_gov.funding.rules import DECIDED, WORKFLOW, ApplicationState, CostBasis, CostHeading, Currency
from hcqic_gov.funding.terms import terms
from hcqic_gov.policy.access import CENTRE, may

S = ApplicationState


@dataclass(frozen=True, slots=True)
class CallDetails:
    """What a person enters of a call."""

    funder_id: int
    title: str
    currency: Currency
    terms_key: str
    deadline: datetime | None = None
    time_zone: str = "Europe/London"
    url: str = ""


@dataclass(frozen=True, slots=True)
class ApplicationDetails:
    """What a person enters of an application; purpose and method are those of the funded work, for its ethics."""

    call_id: int
    project_id: int
    title: str
    amount_applied: Decimal
    purpose: Purpose
    method: Method


@dataclass(frozen=True, slots=True)
class Cost:
    """What a person enters of a cost; without a contribution, the funder's rate gives it."""

    heading: CostHeading
    description: str
    year: int
    amount: Decimal
    basis: CostBasis = CostBasis.CASH
    contribution: Decimal | None = None


@dataclass(frozen=True, slots=True)
class AwardDetails:
    """What the funder's letter says; `sterling` is the amount in pounds on the day of the award."""

    funder_reference: str
    amount: Decimal
    sterling: Decimal
    awarded_on: date
    starts_on: date | None = None
    ends_on: date | None = None


def register_call(session: Session, details: CallDetails, *, actor: Actor, now: datetime) -> Call:
    """A new call. Errors: Refused, Invalid."""
    may(actor, "funding.register", CENTRE).require()
    check_call(details, now)

    call = Call(created_at=now, **values(details))
    session.add(call)
    record(session, "funding.register_call", call, actor=actor, now=now)
    return call


def edit_call(session: Session, key: int, details: CallDetails, *, seen: int, actor: Actor, now: datetime) -> Call:
    """Errors: Refused, Invalid, Stale."""
    call = locked(session, Call, key, seen=seen, what="this call")
    before = snapshot(call)
    may(actor, "funding.register", CENTRE).require()
    check_call(details, now)

    for name, value in values(details).items():
        setattr(call, name, value)
    record(session, "funding.edit_call", call, actor=actor, now=now, before=before)
    return call


def register(session: Session, details: ApplicationDetails, *, actor: Actor, now: datetime) -> Application:
    """A new application, identified; this person prepares it. Errors: Refused, Invalid."""
    may(actor, "funding.register", CENTRE).require()
    check_amount(details)

    row = Application(
        reference=next_reference(session, "F", now=now),
        preparer_id=actor.id,
        last_editor_id=actor.id,
        created_at=now,
        **values(details),
    )
    session.add(row)
    session.flush()
    enter_event(session, row, "register", actor=actor, now=now)
    record(session, "funding.register", row, actor=actor, now=now)
    return row


def edit(
    session: Session, reference: str, details: ApplicationDetails, *, seen: int, actor: Actor, now: datetime
) -> Application:
    """Errors: Refused, Invalid, Stale."""
    row = for_change(session, reference, seen=seen)
    before = snapshot(row)
    permit(session, "edit", row, actor=actor, now=now)
    check_amount(details)

    for name, value in values(details).items():
        setattr(row, name, value)
    row.last_editor_id = actor.id
    record(session, "funding.edit", row, actor=actor, now=now, before=before)
    return row


def add_cost(session: Session, reference: str, cost: Cost, *, actor: Actor, now: datetime) -> CostLine:
    """Errors: Refused, Invalid."""
    row = for_change(session, reference)
    permit(session, "edit", row, actor=actor, now=now)
    fields = cost_values(session, row, cost, now)

    line = CostLine(application_id=row.key, created_at=now, **fields)
    session.add(line)
    row.last_editor_id = actor.id
    record(session, "funding.add_cost", row, part=line, actor=actor, now=now)
    return line


def change_cost(
    session: Session, reference: str, key: int, cost: Cost | None, *, seen: int, actor: Actor, now: datetime
) -> None:
    """New values for a cost, or its removal where there are none. Errors: Refused, Invalid, Stale, NotFound."""
    row = for_change(session, reference)
    permit(session, "edit", row, actor=actor, now=now)
    line = locked_part(session, CostLine, key, CostLine.application_id == row.id, seen=seen, what="this cost")
    fields = cost_values(session, row, cost, now) if cost else {}

    row.last_editor_id = actor.id
    change_part(session, row, line, fields, name="funding.cost", actor=actor, now=now)


def move(session: Session, reference: str, name: str, *, reason: str = "", actor: Actor, now: datetime) -> Application:
    """A move that needs no more than a reason. Errors: Refused."""
    row = for_change(session, reference)
    before = snapshot(row)
    permit(session, name, row, reason=reason, actor=actor, now=now)

    if name == "approve_to_submit":
        row.approved_hash = queries.content_hash(row, queries.cost_lines(session, row))
    if name == "submit":
        row.submitted_at = now
    enter_state(session, row, name, reason=reason, actor=actor, now=now)
    record(session, f"funding.{name}", row, actor=actor, now=now, before=before, note=reason)
    return row


def extend(
    session: Session, reference: str, until: datetime, *, reason: str, actor: Actor, now: datetime
) -> Application:
    """The funder gives this application more time. Errors: Refused, Invalid."""
    row = for_change(session, reference)
    before = snapshot(row)
    permit(session, "extend", row, reason=reason, actor=actor, now=now)
    facts = queries.facts_of(session, row, actor=actor, now=now)
    if facts.last_moment is None or until <= facts.last_moment:
        raise Invalid("An extension ends later.", {"until": "Must be later than the deadline that applies now"})

    row.extended_to = until
    enter_state(session, row, "extend", reason=reason, actor=actor, now=now)
    record(session, "funding.extend", row, actor=actor, now=now, before=before, note=reason)
    return row


def record_offer(
    session: Session, reference: str, amount: Decimal, *, reason: str = "", actor: Actor, now: datetime
) -> Application:
    """The funder offers this amount, in the call's currency. Errors: Refused, Invalid."""
    row = for_change(session, reference)
    before = snapshot(row)
    permit(session, "offer", row, offer=amount, actor=actor, now=now)
    require_positive(amount, "amount")

    row.offered_amount, row.offer_recorded_by = amount, actor.id
    enter_state(session, row, "offer", reason=reason, actor=actor, now=now)
    record(session, "funding.offer", row, actor=actor, now=now, before=before, note=reason)
    return row


def accept(session: Session, reference: str, details: AwardDetails, *, actor: Actor, now: datetime) -> Award:
    """The centre takes the offer: the award, with a budget from the cash lines. Errors: Refused, Invalid."""
    row = for_change(session, reference)
    before = snapshot(row)
    permit(session, "accept", row, actor=actor, now=now)
    check_award(row, details)
    lines = queries.cost_lines(session, row)
    funder_id = queries.call(session, row.call_id).funder_id

    award = Award(
        reference=next_reference(session, "A", now=now),
        application_id=row.key,
        funder_id=funder_id,
        created_at=now,
        **values(details),
    )
    session.add(award)
    session.flush()
    session.add_all(budget_from(award, lines, now))
    enter_state(session, row, "accept", actor=actor, now=now)
    policy = terms(london_day(now)).fingerprint
    record(session, "funding.accept", row, actor=actor, now=now, before=before, policy=policy)
    record(session, "funding.award", award, actor=actor, now=now)
    return award


def budget_from(award: Award, lines: Sequence[CostLine], now: datetime) -> list[BudgetLine]:
    """The award in pounds, shared out as the funder's contributions were; the last line takes the rest of a penny."""
    shares: dict[tuple[int, CostHeading], Decimal] = {}
    for line in lines:
        if line.contribution:
            place = (line.year, line.heading)
            shares[place] = shares.get(place, Decimal(0)) + line.contribution
    applied = total(shares.values())
    amounts = [pence(share * award.sterling / applied) for share in shares.values()]
    amounts[-1] = award.sterling - total(amounts[:-1])
    return [
        BudgetLine(award_id=award.key, heading=heading, year=year, budget=amount, forecast=amount, created_at=now)
        for (year, heading), amount in zip(shares, amounts, strict=True)
    ]


def for_change(session: Session, reference: str, *, seen: int | None = None) -> Application:
    return locked_by(session, Application, reference, seen=seen, what=f"application {reference}")


def permit(
    session: Session,
    name: str,
    row: Application,
    *,
    reason: str = "",
    offer: Decimal | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    """Who may do it, and whether it may happen now. Errors: Refused."""
    may(actor, f"funding.{name}", queries.resource_of(session, row)).require()
    facts = queries.facts_of(session, row, actor=actor, now=now, reason=reason, offer=offer)
    WORKFLOW.ruling(name, row.state, facts).require()


def enter_state(
    session: Session, row: Application, name: str, *, reason: str = "", actor: Actor, now: datetime
) -> None:
    """The state that the move leads to, and the moment of the decision where it is one."""
    row.state = WORKFLOW.move(name).target or row.state
    if row.state is S.DRAFT:
        row.approved_hash, row.submitted_at = "", None
    if row.state not in DECIDED:
        row.decided_at = None
    elif row.decided_at is None:
        row.decided_at = now
    enter_event(session, row, name, reason=reason, actor=actor, now=now)


def enter_event(
    session: Session, row: Application, name: str, *, reason: str = "", actor: Actor, now: datetime
) -> None:
    event = ApplicationEvent(
        application_id=row.key, move=name, state=row.state, at=now, actor_id=actor.id, reason=reason, created_at=now
    )
    session.add(event)


def values(details: Any) -> dict[str, Any]:
    return {name: getattr(details, name) for name in details.__dataclass_fields__}


def cost_values(session: Session, row: Application, cost: Cost, now: datetime) -> dict[str, Any]:
    """The columns of a cost line, with the contribution by the funder's rate where none was entered."""
    require_positive(cost.amount, "amount")
    rate = terms(london_day(now)).of(queries.call(session, row.call_id).terms_key)
    contribution = cost.contribution
    if cost.basis is CostBasis.IN_KIND:
        contribution = Decimal(0)
    elif contribution is None:
        contribution = rate.contribution(cost.amount, cost.heading)
    if not 0 <= contribution <= cost.amount:
        raise Invalid("The funder pays part of the cost.", {"contribution": "Must lie between nothing and the cost"})
    return {**values(cost), "contribution": contribution}


def check_call(details: CallDetails, now: datetime) -> None:
    if details.time_zone not in available_timezones():
        raise Invalid("This time zone is not known.", {"time_zone": "Enter a zone such as Europe/London"})
    if details.terms_key not in {funder.key for funder in terms(london_day(now)).funders}:
        raise Invalid("These terms are not known.", {"terms_key": "Choose one of the terms in the list"})


def check_amount(details: ApplicationDetails) -> None:
    if details.amount_applied < 0:
        raise Invalid("The amount is below zero.", {"amount_applied": "Enter an amount of 0 or more"})


def check_award(row: Application, details: AwardDetails) -> None:
    require_positive(details.amount, "amount")
    require_positive(details.sterling, "sterling")
    if details.amount != row.offered_amount:
        raise Invalid("The award is what was offered.", {"amount": f"The offer recorded is {row.offered_amount}"})
    check_dates(details.starts_on, details.ends_on)


def check_dates(starts_on: date | None, ends_on: date | None) -> None:
    if (starts_on is None) != (ends_on is None):
        raise Invalid("One date is missing.", {"ends_on": "Enter both dates, or neither"})
    if starts_on and ends_on and ends_on < starts_on:
        raise Invalid("The dates are the wrong way round.", {"ends_on": "The end must be on or after the start"})


def require_positive(amount: Decimal, field: str) -> None:
    if amount <= 0:
        raise Invalid("The amount must be more than nothing.", {field: "Enter an amount above 0"})
