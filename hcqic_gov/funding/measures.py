"""What the funding register answers to KPIs: each takes a period and gives a Measure, in pounds where it is money."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import sqlalchemy as sa
from sqlmodel import Session, col, select

from hcqic_gov.core.calendar import Frequency, Period
from hcqic_gov.core.measure import Measure
from hcqic_gov.core.money import ZERO
from hcqic_gov.funding.models import Application, Award, BudgetLine, Expenditure, Income
from hcqic_gov.funding.rules import CASH, DECIDED, EARNED, EXTERNAL, HAS_AWARD, IncomeKind
from hcqic_gov.projects.measures import active_during


def further_funding(session: Session, period: Period) -> Measure:
    """R3: cash of the awards made in the period, in pounds on the day of the award."""
    within = col(Award.awarded_on).between(period.start, period.end)
    return Measure(session.exec(select(sa.func.sum(Award.sterling)).where(within)).one() or ZERO)


def success_rate(session: Session, period: Period) -> Measure:
    """R4: applications awarded over applications decided in the period (a declined offer is decided, not awarded)."""
    within = (col(Application.decided_at) >= period.opens, col(Application.decided_at) < period.closes)
    statement = select(Application.state).where(col(Application.state).in_(DECIDED), *within)
    states = session.exec(statement).all()
    return Measure(Decimal(sum(state in HAS_AWARD for state in states)), Decimal(len(states)))


def received(session: Session, period: Period, kinds: Iterable[IncomeKind]) -> Decimal:
    within = col(Income.received_on).between(period.start, period.end)
    statement = select(sa.func.sum(Income.amount)).where(within, col(Income.kind).in_(tuple(kinds)))
    return session.exec(statement).one() or ZERO


def leveraged(session: Session, period: Period) -> Measure:
    """E1: cash received from others than the core grant in the period; gifts in kind stand apart."""
    return Measure(received(session, period, EXTERNAL))


def leverage_ratio(session: Session, period: Period) -> Measure:
    """E2: external cash over core grant of the period."""
    return Measure(received(session, period, EXTERNAL), received(session, period, (IncomeKind.CORE_GRANT,)))


def earned_income_share(session: Session, period: Period) -> Measure:
    """E7: memberships and fees over all cash income of the period."""
    return Measure(received(session, period, EARNED), received(session, period, CASH))


def cost_per_project(session: Session, period: Period) -> Measure:
    """E8: what was spent under awards in the period, over the projects that were active in it."""
    within = col(Expenditure.spent_on).between(period.start, period.end)
    spent = session.exec(select(sa.func.sum(Expenditure.amount)).where(within)).one() or ZERO
    return Measure(spent, Decimal(len(active_during(session, period))))


def budget_variance(session: Session, period: Period) -> Measure:
    """O9: spending less budget, over budget, from the start of the financial year to the end of the period.

    A line's budget counts in the share of the award's months of that year which have passed.
    """
    year = Period.containing(period.end, Frequency.ANNUAL)
    lines = (
        select(BudgetLine, Award)
        .join(Award, col(Award.id) == col(BudgetLine.award_id))
        .where(BudgetLine.year == year.start.year, col(Award.starts_on) <= period.end)
    )
    shares = (line.budget * passed(year, award, period.end) for line, award in session.exec(lines))
    planned = sum(shares, ZERO)
    spending = (
        select(sa.func.sum(Expenditure.amount))
        .join(BudgetLine, col(BudgetLine.id) == col(Expenditure.budget_line_id))
        .where(BudgetLine.year == year.start.year, col(Expenditure.spent_on) <= period.end)
    )
    spent = session.exec(spending).one() or ZERO
    return Measure(spent - planned, planned)


def passed(year: Period, award: Award, day: date) -> Decimal:
    """Which share of an award's months within a financial year has passed by this day (0 to 1)."""
    begins, ends = max(year.start, award.starts_on or year.start), min(year.end, award.ends_on or year.end)
    if ends < begins:
        return Decimal(day >= begins)
    return Decimal(months(begins, min(day, ends))) / months(begins, ends)


def months(first: date, last: date) -> int:
    """Calendar months touched from the first day to the last; 0 where last lies before first."""
    return max(0, (last.year - first.year) * 12 + last.month - first.month + 1)
