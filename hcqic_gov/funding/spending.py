"""Writes of awards: dates and reporting schedule, budget, expenditure; and of the centre's income."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlmodel import Session, select

from hcqic_gov.audit.service import record, snapshot
from hcqic_gov.core.actor import Actor
from hcqic_gov.core.calendar import Frequency, Period, add_months, london_day
from hcqic_gov.core.errors import Invalid
from hcqic_gov.core.money import pence, pounds
from hcqic_gov.db import locked, locked_part
from hcqic_gov.funding import awards, queries
from hcqic_gov.funding.models import Application, Award, BudgetLine, Expenditure, Income, ReportDue
from hcqic_gov.funding.rules import HAS_AWARD, CostHeading, IncomeKind
from hcqic_gov.funding.service import check_dates, require_positive, values
from hcqic_gov.funding.terms import terms
from hcqic_gov.policy.access import CENTRE, may


@dataclass(frozen=True, slots=True)
class Schedule:
    """From when to when the award runs, a report for every so many months, due so many days after each period."""

    starts_on: date
    ends_on: date
    every_months: int
    due_after_days: int


@dataclass(frozen=True, slots=True)
class Budget:
    """What a person enters of a budget line, in pounds."""

    heading: CostHeading
    year: int
    budget: Decimal
    forecast: Decimal
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Received:
    """What a person enters of an income, in pounds."""

    kind: IncomeKind
    organisation_id: int
    received_on: date
    amount: Decimal
    note: str = ""


def plan_reports(session: Session, reference: str, schedule: Schedule, *, actor: Actor, now: datetime) -> Award:
    """The award's dates, and its reporting schedule anew. Errors: Refused, Invalid."""
    award = for_change(session, reference, actor)
    before = snapshot(award)
    check_dates(schedule.starts_on, schedule.ends_on)
    if not 1 <= schedule.every_months <= 24 or not 0 <= schedule.due_after_days <= 180:
        raise Invalid(
            "This schedule is not usual.", {"every_months": "A report every 1 to 24 months, due within 180 days"}
        )

    award.starts_on, award.ends_on = schedule.starts_on, schedule.ends_on
    for report in awards.reports_of(session, award):
        session.delete(report)
    session.flush()
    session.add_all(reports_over(award.key, schedule, now))
    record(session, "funding.plan_reports", award, actor=actor, now=now, before=before)
    return award


def reports_over(award_id: int, schedule: Schedule, now: datetime) -> list[ReportDue]:
    """One report for each span of months from the start; the last span ends with the award."""
    reports, first, count = [], schedule.starts_on, 0
    while first <= schedule.ends_on:
        count += 1
        following = add_months(schedule.starts_on, count * schedule.every_months)
        last = min(following - timedelta(days=1), schedule.ends_on)
        due = last + timedelta(days=schedule.due_after_days)
        reports.append(ReportDue(award_id=award_id, period_from=first, period_to=last, due_on=due, created_at=now))
        first = following
    return reports


def add_budget(session: Session, reference: str, budget: Budget, *, actor: Actor, now: datetime) -> BudgetLine:
    """Errors: Refused, Invalid."""
    award = for_change(session, reference, actor)
    check_budget(budget, now)
    place = (BudgetLine.award_id == award.id, BudgetLine.heading == budget.heading, BudgetLine.year == budget.year)
    if session.exec(select(BudgetLine).where(*place)).first():
        raise Invalid("This line is here already.", {"heading": "There is a line for this heading and year already"})

    line = BudgetLine(award_id=award.key, created_at=now, **values(budget))
    session.add(line)
    record(session, "funding.add_budget", award, part=line, actor=actor, now=now)
    return line


def change_budget(
    session: Session, reference: str, key: int, budget: Budget, *, seen: int, actor: Actor, now: datetime
) -> BudgetLine:
    """New amounts and reason of a line; heading and year stay. Errors: Refused, Invalid, Stale, NotFound."""
    award = for_change(session, reference, actor)
    line = line_of(session, award, key, seen=seen)
    before = snapshot(line)
    check_budget(budget, now)
    require_reason_beyond(budget.forecast, awards.spent_under(session, key), budget.reason)

    line.budget, line.forecast, line.reason = budget.budget, budget.forecast, budget.reason
    policy = terms(london_day(now)).fingerprint
    record(session, "funding.edit_budget", award, part=line, actor=actor, now=now, before=before, policy=policy)
    return line


def spend(
    session: Session,
    reference: str,
    key: int,
    amount: Decimal,
    *,
    on: date,
    note: str,
    reason: str = "",
    actor: Actor,
    now: datetime,
) -> Expenditure:
    """Money spent under a budget line, on a day of its financial year.

    `reason` says why more is spent than was forecast, and stays with the line. Errors: Refused, Invalid, NotFound.
    """
    award = for_change(session, reference, actor)
    line = line_of(session, award, key)
    if pence(amount) == 0:
        raise Invalid("Nothing was spent.", {"amount": "Enter an amount; a repayment is below zero"})
    if Period.containing(on, Frequency.ANNUAL).start.year != line.year or on > london_day(now):
        raise Invalid("This day does not fit.", {"on": "Must lie in the financial year of the line, and not ahead"})

    require_reason_beyond(line.forecast, awards.spent_under(session, key) + amount, reason or line.reason)

    if reason.strip():
        give_reason(session, award, line, reason, actor=actor, now=now)
    spending = Expenditure(budget_line_id=line.key, spent_on=on, amount=amount, note=note, created_at=now)
    session.add(spending)
    record(session, "funding.spend", award, part=spending, actor=actor, now=now)
    return spending


def give_reason(session: Session, award: Award, line: BudgetLine, reason: str, *, actor: Actor, now: datetime) -> None:
    before = snapshot(line)
    line.reason = reason
    record(session, "funding.explain_budget", award, part=line, actor=actor, now=now, before=before)


def receive(session: Session, received: Received, *, actor: Actor, now: datetime) -> Income:
    """Money, or a gift in kind, that came in. Errors: Refused, Invalid."""
    may(actor, "funding.record_income", CENTRE).require()
    require_positive(received.amount, "amount")
    if received.received_on > london_day(now):
        raise Invalid("This day lies ahead.", {"received_on": "Enter the day on which it was received"})

    income = Income(created_at=now, **values(received))
    session.add(income)
    record(session, "funding.record_income", income, actor=actor, now=now)
    return income


def for_change(session: Session, reference: str, actor: Actor) -> Award:
    """The award, locked, where this person keeps its budget. Errors: NotFound, Refused, Invalid."""
    award = locked(session, Award, awards.award(session, reference).key, what=f"award {reference}")
    application = session.get_one(Application, award.application_id)
    may(actor, "funding.keep_budget", queries.resource_of(session, application)).require()
    if application.state not in HAS_AWARD[:3]:
        raise Invalid("This award has ended, so its budget stays as it is.")
    return award


def line_of(session: Session, award: Award, key: int, *, seen: int | None = None) -> BudgetLine:
    owned = BudgetLine.award_id == award.id
    return locked_part(session, BudgetLine, key, owned, seen=seen, what="this budget line")


def check_budget(budget: Budget, now: datetime) -> None:
    if budget.budget < 0 or budget.forecast < 0:
        raise Invalid("An amount is below zero.", {"budget": "Enter amounts of 0 or more"})
    rules = terms(london_day(now))
    if rules.needs_reason(budget.budget, budget.forecast) and not budget.reason.strip():
        sentence = f"The forecast differs from the budget by more than {rules.variance_tolerance_percent} %: say why"
        raise Invalid("The variance needs a reason.", {"reason": sentence})


def require_reason_beyond(forecast: Decimal, spent: Decimal, reason: str) -> None:
    """A forecast for the whole year cannot lie below what is spent already, unless somebody says why."""
    if spent > forecast and not reason.strip():
        sentence = f"{pounds(spent)} is spent but only {pounds(forecast)} is forecast: raise the forecast, or say why"
        raise Invalid("More is spent than was forecast.", {"reason": sentence})
