"""Calls, applications on their ways, awards with budgets and spending, and the centre's income."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

from sqlmodel import Session

from hcqic_gov.core.calendar import LONDON, Frequency, Period, add_months, london_day
from hcqic_gov.core.money import pence, total
from hcqic_gov.demo.stage import Clock, Part, Scene, Stage, parts
from hcqic_gov.ethics.states import Method, Purpose
from hcqic_gov.funding import awards, queries, service, spending
from hcqic_gov.funding.models import BudgetLine
from hcqic_gov.funding.rules import CostBasis, CostHeading, Currency, IncomeKind
from hcqic_gov.funding.terms import terms

FINANCE, OFFICER, MANAGER = "finance", "funding", "manager"
SPARE = timedelta(hours=1)
BEYOND = "A work package was brought forward from next year; the award’s total stands."


class Cost(Part):
    """`year` counts from the financial year in which the work begins."""

    heading: CostHeading
    description: str
    amount: Decimal
    year: int = 0
    basis: CostBasis = CostBasis.CASH


class Move(Part):
    ago: int
    name: str
    by: str = ""
    reason: str = ""


class Award(Part):
    """`pace` is how fast the budget is spent (1: as planned)."""

    ago: int
    by: str
    reference: str
    starts: int
    months: int
    every_months: int = 6
    pace: Decimal = Decimal(1)


class Application(Part):
    key: str
    project: str
    title: str
    call: str
    funder: str
    terms: str
    deadline: int
    began: int
    by: str = OFFICER
    currency: Currency = Currency.GBP
    rate: Decimal = Decimal(1)
    purpose: Purpose = Purpose.METHOD_DEVELOPMENT
    method: Method = Method.HPC
    costs: tuple[Cost, ...] = ()
    moves: tuple[Move, ...] = ()
    offered: int | None = None
    award: Award | None = None


class Receipt(Part):
    """Income that comes again every `every` months."""

    kind: IncomeKind
    organisation: str
    amount: Decimal
    note: str
    first: int
    every: int = 0
    times: int = 1


def applications() -> list[Application]:
    return parts("funding", "applications", Application)


def scenes(clock: Clock) -> Iterator[Scene]:
    for one in applications():
        yield Scene(clock.at(one.began, 21), partial(register, one=one))
        for move in one.moves:
            yield Scene(clock.at(move.ago, 22), partial(go_on, one=one, move=move))
        if one.offered is not None:
            yield Scene(clock.at(one.offered, 23), partial(offer, one=one))
        if one.award:
            yield from award_scenes(one, one.award, clock)
    for receipt in parts("funding", "income", Receipt):
        for time in range(receipt.times):
            day = add_months(clock.day(receipt.first), time * receipt.every)
            yield Scene(clock.at((clock.today - day).days, 28), partial(receive, receipt=receipt))


def costs_of(stage: Stage, one: Application) -> Sequence[service.Cost]:
    """In the years of the work, which begins half a year after the deadline where nothing is awarded yet."""
    starts = one.award.starts if one.award else one.deadline - 180
    first = Period.containing(stage.clock.day(starts), Frequency.ANNUAL).start.year
    return [service.Cost(c.heading, c.description, first + c.year, c.amount, c.basis) for c in one.costs]


def applied(one: Application, day: date) -> Decimal:
    """What the funder pays of the cash costs."""
    rates = terms(day).of(one.terms)
    return total(rates.contribution(cost.amount, cost.heading) for cost in one.costs if cost.basis is CostBasis.CASH)


def register(stage: Stage, *, one: Application) -> None:
    preparer = stage.by(one.by)
    deadline = stage.clock.at(one.deadline, 59) + SPARE
    with stage.writing() as session:
        funder = stage.organisations[one.funder]
        url = f"https://funder.example/calls/{one.key}"
        call = service.register_call(
            session,
            service.CallDetails(funder, one.call, one.currency, one.terms, deadline, LONDON.key, url),
            actor=stage.by(OFFICER),
            now=stage.now,
        )
        details = service.ApplicationDetails(
            call.key, stage.numbers[one.project], one.title, applied(one, stage.today), one.purpose, one.method
        )
        row = service.register(session, details, actor=preparer, now=stage.now)
        stage.references[one.key] = row.reference
        for cost in costs_of(stage, one):
            service.add_cost(session, row.reference, cost, actor=stage.by(OFFICER), now=stage.now)


def go_on(stage: Stage, *, one: Application, move: Move) -> None:
    reference, actor = stage.references[one.key], stage.by(move.by or one.by)
    with stage.writing() as session:
        service.move(session, reference, move.name, reason=move.reason, actor=actor, now=stage.now)


def offer(stage: Stage, *, one: Application) -> None:
    with stage.writing() as session:
        reference = stage.references[one.key]
        amount = queries.application(session, reference).amount_applied
        service.record_offer(session, reference, amount, actor=stage.by(OFFICER), now=stage.now)


def award_scenes(one: Application, award: Award, clock: Clock) -> Iterator[Scene]:
    yield Scene(clock.at(award.ago, 24), partial(accept, one=one, award=award))
    first = Period.containing(clock.day(award.starts), Frequency.MONTHLY)
    for number in range(award.months):
        pays = (clock.today - first.shifted(number).end).days
        if pays < 1 or first.shifted(number).end < clock.day(award.ago):
            continue
        yield Scene(clock.at(pays, 27), partial(pay, one=one, award=award, month=first.shifted(number)))


def accept(stage: Stage, *, one: Application, award: Award) -> None:
    """The award with its schedule; a colleague of whoever recorded the offer accepts it."""
    starts = stage.clock.day(award.starts)
    ends = add_months(starts, award.months) - timedelta(days=1)
    with stage.writing() as session:
        reference = stage.references[one.key]
        amount = queries.application(session, reference).offered_amount or Decimal(0)
        details = service.AwardDetails(award.reference, amount, pence(amount * one.rate), stage.today, starts, ends)
        won = service.accept(session, reference, details, actor=stage.by(award.by), now=stage.now)
        stage.references[f"{one.key}/award"] = won.reference
        schedule = spending.Schedule(starts, ends, award.every_months, 30)
        spending.plan_reports(session, won.reference, schedule, actor=stage.by(FINANCE), now=stage.now)


def pay(stage: Stage, *, one: Application, award: Award, month: Period) -> None:
    """One month's share of each line of its year; small lines are paid every third month."""
    year = Period.containing(month.end, Frequency.ANNUAL).start.year
    reference = stage.references[f"{one.key}/award"]
    with stage.writing() as session:
        for line in awards.budget_of(session, awards.award(session, reference)):
            share = 1 if line.heading is CostHeading.STAFF else 3
            if line.year != year or (share == 3 and month.start.month % 3):
                continue
            amount = pence(line.budget * share / months_in(award, stage, year) * factor(stage, award))
            if amount:
                note = f"{month.label}, {line.heading.value}"
                spend(stage, session, reference, line.id, amount, note)


def months_in(award: Award, stage: Stage, year: int) -> int:
    """How many months of this financial year the award runs."""
    first = Period.containing(stage.clock.day(award.starts), Frequency.MONTHLY)
    days = [first.shifted(number).start for number in range(award.months)]
    return sum(Period.containing(day, Frequency.ANNUAL).start.year == year for day in days) or 1


def factor(stage: Stage, award: Award) -> Decimal:
    return award.pace * (Decimal(100) + stage.chance.randint(-6, 6)) / 100


def spend(stage: Stage, session: Session, reference: str, line: int, amount: Decimal, note: str) -> None:
    beyond = awards.spent_under(session, line) + amount > session.get_one(BudgetLine, line).forecast
    spending.spend(
        session,
        reference,
        line,
        amount,
        on=london_day(stage.now),
        note=note,
        reason=BEYOND if beyond else "",
        actor=stage.by(FINANCE),
        now=stage.now,
    )


def receive(stage: Stage, *, receipt: Receipt) -> None:
    received = spending.Received(
        receipt.kind, stage.organisations[receipt.organisation], stage.today, receipt.amount, receipt.note
    )
    with stage.writing() as session:
        spending.receive(session, received, actor=stage.by(FINANCE), now=stage.now)
