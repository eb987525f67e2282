"""The records of the funding register behind its measures: the same conditions, row by row."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, select

from hcqic_gov.core.calendar import Frequency, Period, london_day
from hcqic_gov.core.measure import Part
from hcqic_gov.funding.models import Application, Award, BudgetLine, Expenditure, Income
from hcqic_gov.funding.rules import (
    CASH,
    DECIDED,
    EARNED,
    EXTERNAL,
    HAS_AWARD,
    HEADING_NAMES,
    INCOME_NAMES,
    STATE_NAMES,
    IncomeKind,
)
from hcqic_gov.people.models import Organisation
from hcqic_gov.projects import behind as projects
from hcqic_gov.projects.models import Project


def pounds(amount: Decimal) -> str:
    return f"£{amount:,.2f}".replace("£-", "−£")


def further_funding(session: Session, period: Period) -> Sequence[Part]:
    statement = (
        select(Award, Application.title)
        .join(Application, col(Application.id) == col(Award.application_id))
        .where(col(Award.awarded_on).between(period.start, period.end))
        .order_by(Award.reference)
    )
    rows = session.exec(statement)
    return [Part("awards", row.reference, title, row.awarded_on, pounds(row.sterling)) for row, title in rows]


def success_rate(session: Session, period: Period) -> Sequence[Part]:
    within = (col(Application.decided_at) >= period.opens, col(Application.decided_at) < period.closes)
    statement = select(Application).where(col(Application.state).in_(DECIDED), *within)
    return [
        Part("funding", row.reference, row.title, decided(row), STATE_NAMES[row.state], row.state in HAS_AWARD)
        for row in session.exec(statement.order_by(Application.reference))
    ]


def decided(row: Application) -> Any:
    return london_day(row.decided_at) if row.decided_at else None


def income(session: Session, period: Period, kinds: Collection[IncomeKind], within: Any) -> Sequence[Part]:
    """What was received of the kinds that the measure asks for; those of `kinds` count."""
    statement = (
        select(Income, Organisation.name)
        .join(Organisation, col(Organisation.id) == col(Income.organisation_id))
        .where(col(Income.received_on).between(period.start, period.end), col(Income.kind).in_(tuple(within)))
        .order_by(col(Income.received_on), col(Income.id))
    )
    return [part_of_income(row, name, counts=row.kind in kinds) for row, name in session.exec(statement)]


def part_of_income(row: Income, name: str, *, counts: bool) -> Part:
    kind = INCOME_NAMES[row.kind]
    return Part("", kind, f"{kind}, {name}", row.received_on, pounds(row.amount), counts)


def leveraged(session: Session, period: Period) -> Sequence[Part]:
    return income(session, period, EXTERNAL, EXTERNAL)


def leverage_ratio(session: Session, period: Period) -> Sequence[Part]:
    return income(session, period, EXTERNAL, [*EXTERNAL, IncomeKind.CORE_GRANT])


def earned_income_share(session: Session, period: Period) -> Sequence[Part]:
    return income(session, period, EARNED, CASH)


def spending(session: Session, *conditions: Any) -> list[Part]:
    statement = (
        select(Expenditure, Award.reference)
        .join(BudgetLine, col(BudgetLine.id) == col(Expenditure.budget_line_id))
        .join(Award, col(Award.id) == col(BudgetLine.award_id))
        .where(*conditions)
        .order_by(col(Expenditure.spent_on), col(Expenditure.id))
    )
    return [
        Part("awards", reference, row.note, row.spent_on, pounds(row.amount))
        for row, reference in session.exec(statement)
    ]


def cost_per_project(session: Session, period: Period) -> Sequence[Part]:
    """What was spent, then the projects that it is shared among."""
    spent = spending(session, col(Expenditure.spent_on).between(period.start, period.end))
    return [*spent, *projects.by_project(projects.supported(session, period), (), "", "Active in the period")]


def budget_variance(session: Session, period: Period) -> Sequence[Part]:
    """What was spent in the financial year to the end of the period, then the lines that were planned."""
    year = Period.containing(period.end, Frequency.ANNUAL).start.year
    statement = (
        select(BudgetLine, Award)
        .join(Award, col(Award.id) == col(BudgetLine.award_id))
        .where(BudgetLine.year == year, col(Award.starts_on) <= period.end)
        .order_by(Award.reference, col(BudgetLine.id))
    )
    planned = [
        Part(
            "awards",
            award.reference,
            f"Budget of the year: {HEADING_NAMES[line.heading]}",
            None,
            pounds(line.budget),
            False,
        )
        for line, award in session.exec(statement)
    ]
    return [*spending(session, BudgetLine.year == year, col(Expenditure.spent_on) <= period.end), *planned]


def projects_of(session: Session, references: Iterable[str]) -> Mapping[str, Project]:
    return projects.projects_of(session, Application, references)


def projects_of_awards(session: Session, references: Iterable[str]) -> Mapping[str, Project]:
    statement = (
        select(Award.reference, Project)
        .join(Application, col(Application.id) == col(Award.application_id))
        .join(Project, col(Project.id) == col(Application.project_id))
    )
    return dict(session.exec(statement.where(col(Award.reference).in_(tuple(references)))).all())
