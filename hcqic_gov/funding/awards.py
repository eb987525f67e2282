"""Reads of awards: an award's page, what a funder's report needs of it, and the centre's income."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from hcqic_gov.core.actor import Actor
from hcqic_gov.core.money import ZERO, total
from hcqic_gov.db import found
from hcqic_gov.funding.models import Application, Award, BudgetLine, Call, Expenditure, Income, ReportDue
from hcqic_gov.funding.rules import ApplicationState, CostHeading, Currency, IncomeKind
from hcqic_gov.people.models import Organisation
from hcqic_gov.people.rules import outside
from hcqic_gov.projects.models import Project


@dataclass(frozen=True, slots=True)
class BudgetRow:
    """One heading of one financial year, in pounds; `actual` is the sum of its expenditures."""

    id: int
    version: int
    heading: CostHeading
    year: int
    budget: Decimal
    actual: Decimal
    forecast: Decimal
    reason: str

    @property
    def variance(self) -> Decimal:
        """Forecast less budget."""
        return self.forecast - self.budget


@dataclass(frozen=True, slots=True)
class AwardView:
    """An award with its budget and reporting schedule."""

    record: Award
    budget: Sequence[BudgetRow]
    reports: Sequence[ReportDue]
    applied: Decimal

    @property
    def budget_total(self) -> Decimal:
        return total(row.budget for row in self.budget)

    @property
    def actual_total(self) -> Decimal:
        return total(row.actual for row in self.budget)

    @property
    def forecast_total(self) -> Decimal:
        return total(row.forecast for row in self.budget)

    @property
    def more_than_applied(self) -> bool:
        """Worth a warning, never a refusal: funders do award more than was asked for."""
        return self.record.amount > self.applied


@dataclass(frozen=True, slots=True)
class ReportPeriod:
    period_from: date
    period_to: date
    due_on: date


@dataclass(frozen=True, slots=True)
class AwardForReport:
    """What a funder's report says of an award; money of the lines in pounds."""

    reference: str
    funder_reference: str
    application_reference: str
    funder_id: int
    funder: str
    project_id: int
    project_reference: str
    project_title: str
    title: str
    state: ApplicationState
    amount: Decimal
    currency: Currency
    sterling: Decimal
    awarded_on: date
    starts_on: date | None
    ends_on: date | None
    budget: tuple[BudgetRow, ...]
    reports: tuple[ReportPeriod, ...]


@dataclass(frozen=True, slots=True)
class AwardRow:
    """One line of a list of awards."""

    reference: str
    funder_reference: str
    application_reference: str
    title: str
    funder: str
    state: ApplicationState
    amount: Decimal
    currency: Currency
    starts_on: date | None
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class IncomeRow:
    received_on: date
    kind: IncomeKind
    organisation: str
    amount: Decimal
    note: str


def award(session: Session, reference: str) -> Award:
    """Errors: NotFound."""
    return found(session.exec(select(Award).where(Award.reference == reference)).first(), f"award {reference}")


def award_of(session: Session, application: Application) -> AwardView | None:
    """The award that an application won, with its budget."""
    row = session.exec(select(Award).where(Award.application_id == application.id)).first()
    if row is None:
        return None
    return AwardView(row, budget_of(session, row), reports_of(session, row), application.amount_applied)


def budget_of(session: Session, row: Award) -> Sequence[BudgetRow]:
    """The budget lines with what was spent under each, in one query."""
    spent = sa.func.coalesce(sa.func.sum(Expenditure.amount), ZERO)
    statement = (
        sa.select(BudgetLine, spent)
        .outerjoin(Expenditure, col(Expenditure.budget_line_id) == col(BudgetLine.id))
        .where(col(BudgetLine.award_id) == row.id)
        .group_by(*sa.inspect(BudgetLine).columns)
        .order_by(col(BudgetLine.year), col(BudgetLine.id))
    )
    return [
        BudgetRow(line.key, line.version, line.heading, line.year, line.budget, actual, line.forecast, line.reason)
        for line, actual in session.execute(statement)
    ]


def spent_under(session: Session, line_id: int) -> Decimal:
    """What was spent under one budget line so far."""
    statement = select(sa.func.sum(Expenditure.amount)).where(Expenditure.budget_line_id == line_id)
    return session.exec(statement).one() or ZERO


def reports_of(session: Session, row: Award) -> Sequence[ReportDue]:
    statement = select(ReportDue).where(ReportDue.award_id == row.id)
    return session.exec(statement.order_by(col(ReportDue.period_from))).all()


def expenditures_of(session: Session, row: Award) -> Sequence[tuple[Expenditure, BudgetLine]]:
    """What was spent under an award, the latest first."""
    statement = (
        select(Expenditure, BudgetLine)
        .join(BudgetLine, col(BudgetLine.id) == col(Expenditure.budget_line_id))
        .where(BudgetLine.award_id == row.id)
        .order_by(col(Expenditure.spent_on).desc(), col(Expenditure.id).desc())
    )
    return [(spending, line) for spending, line in session.exec(statement)]


def award_for_report(session: Session, award_reference: str) -> AwardForReport:
    """Errors: NotFound."""
    row = award(session, award_reference)
    application = session.get_one(Application, row.application_id)
    project = session.get_one(Project, application.project_id)
    return AwardForReport(
        reference=row.reference,
        funder_reference=row.funder_reference,
        application_reference=application.reference,
        funder_id=row.funder_id,
        funder=session.get_one(Organisation, row.funder_id).name,
        project_id=project.key,
        project_reference=project.reference,
        project_title=project.title,
        title=application.title,
        state=application.state,
        amount=row.amount,
        currency=session.get_one(Call, application.call_id).currency,
        sterling=row.sterling,
        awarded_on=row.awarded_on,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        budget=tuple(budget_of(session, row)),
        reports=tuple(ReportPeriod(r.period_from, r.period_to, r.due_on) for r in reports_of(session, row)),
    )


def awards_of_funder(session: Session, organisation_id: int) -> Sequence[AwardRow]:
    """The awards that this organisation made, the latest first."""
    return award_rows(session, col(Award.funder_id) == organisation_id)


def awards(session: Session, actor: Actor) -> Sequence[AwardRow]:
    """The awards that this person may see, the latest first: all, or for a funder's person those that it made."""
    return awards_of_funder(session, actor.organisation_id or 0) if outside(actor) else award_rows(session)


def award_rows(session: Session, *conditions: sa.ColumnElement[bool]) -> Sequence[AwardRow]:
    columns: tuple[Any, ...] = (
        Award.reference,
        Award.funder_reference,
        Application.reference,
        Application.title,
        Organisation.name,
        Application.state,
        Award.amount,
        Call.currency,
        Award.starts_on,
        Award.ends_on,
    )
    statement = (
        sa.select(*columns)
        .select_from(Award)
        .join(Application, col(Application.id) == col(Award.application_id))
        .join(Call, col(Call.id) == col(Application.call_id))
        .join(Organisation, col(Organisation.id) == col(Award.funder_id))
        .where(*conditions)
        .order_by(col(Award.awarded_on).desc(), col(Award.id).desc())
    )
    return [AwardRow(*row) for row in session.execute(statement)]


def income(session: Session, *, limit: int = 100) -> Sequence[IncomeRow]:
    """What the centre received, the latest first."""
    columns: tuple[Any, ...] = (Income.received_on, Income.kind, Organisation.name, Income.amount, Income.note)
    statement = (
        sa.select(*columns)
        .select_from(Income)
        .join(Organisation, col(Organisation.id) == col(Income.organisation_id))
        .order_by(col(Income.received_on).desc(), col(Income.id).desc())
        .limit(limit)
    )
    return [IncomeRow(*row) for row in session.execute(statement)]
