"""Tables of funding: calls, applications with their costs, awards with their budgets, income."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlmodel import Field

from hcqic_gov import db
from hcqic_gov.db import Record
from hcqic_gov.ethics.states import Method, Purpose
from hcqic_gov.funding.rules import (
    DECIDED,
    HAD_OFFER,
    WAS_APPROVED,
    ApplicationState,
    CostBasis,
    CostHeading,
    Currency,
    IncomeKind,
)


def one_of(states: Iterable[ApplicationState]) -> str:
    return f"state IN ({', '.join(repr(state.value) for state in states)})"


class Call(Record, table=True):
    """A funder's call: by when, in which currency, on which terms."""

    __tablename__ = "funding_call"
    funder_id: int = Field(foreign_key="organisation.id", index=True)
    title: str = Field(max_length=200)
    currency: Currency = db.choice(Currency)
    deadline: datetime | None = db.moment(default=None)
    time_zone: str = Field(default="Europe/London", max_length=40)
    url: str = Field(default="", max_length=300)
    terms_key: str = Field(max_length=40)


class Application(Record, table=True):
    """A project's application to a call."""

    __tablename__ = "funding_application"
    reference: str = Field(unique=True, max_length=20)
    call_id: int = Field(foreign_key="funding_call.id", index=True)
    project_id: int = Field(foreign_key="project.id", index=True)
    title: str = Field(max_length=200)
    preparer_id: int = Field(foreign_key="person.id", index=True)
    last_editor_id: int = Field(foreign_key="person.id")
    state: ApplicationState = db.choice(ApplicationState, default=ApplicationState.IDENTIFIED, index=True)
    amount_applied: Decimal = db.money()
    purpose: Purpose = db.choice(Purpose)
    method: Method = db.choice(Method)
    extended_to: datetime | None = db.moment(default=None)
    approved_hash: str = Field(default="", max_length=64)
    submitted_at: datetime | None = db.moment(default=None)
    offered_amount: Decimal | None = db.money(default=None)
    offer_recorded_by: int | None = Field(default=None, foreign_key="person.id")
    decided_at: datetime | None = db.moment(default=None, index=True)

    __table_args__ = (
        sa.CheckConstraint(f"(decided_at IS NOT NULL) = ({one_of(DECIDED)})", name="decided"),
        sa.CheckConstraint(
            f"NOT ({one_of(HAD_OFFER)}) OR (offered_amount IS NOT NULL AND offer_recorded_by IS NOT NULL)", name="offer"
        ),
        sa.CheckConstraint(f"NOT ({one_of(WAS_APPROVED)}) OR approved_hash <> ''", name="approved"),
        sa.CheckConstraint("amount_applied >= 0", name="amount"),
    )


class ApplicationEvent(Record, table=True):
    """A move of an application, with the reason given for it."""

    __tablename__ = "funding_event"
    application_id: int = Field(foreign_key="funding_application.id", index=True)
    move: str = Field(max_length=40)
    state: ApplicationState = db.choice(ApplicationState)
    at: datetime = db.moment()
    actor_id: int
    reason: str = db.text(default="")


class CostLine(Record, table=True):
    """A cost of the work in one financial year (named by the year it begins in): in full, and what the funder pays."""

    __tablename__ = "cost_line"
    application_id: int = Field(foreign_key="funding_application.id", index=True)
    heading: CostHeading = db.choice(CostHeading)
    description: str = Field(max_length=200)
    year: int
    basis: CostBasis = db.choice(CostBasis)
    amount: Decimal = db.money()
    contribution: Decimal = db.money()

    __table_args__ = (
        sa.CheckConstraint("amount > 0 AND contribution >= 0 AND contribution <= amount", name="amounts"),
        sa.CheckConstraint("basis = 'cash' OR contribution = 0", name="in_kind"),
        sa.CheckConstraint("year BETWEEN 2000 AND 2100", name="year"),
    )


class Award(Record, table=True):
    """What a funder awarded: in the call's currency, and in pounds on the day of the award."""

    __tablename__ = "award"
    reference: str = Field(unique=True, max_length=20)
    application_id: int = Field(foreign_key="funding_application.id", unique=True)
    funder_id: int = Field(foreign_key="organisation.id", index=True)
    funder_reference: str = Field(max_length=60)
    amount: Decimal = db.money()
    sterling: Decimal = db.money()
    awarded_on: date = Field(index=True)
    starts_on: date | None = None
    ends_on: date | None = None

    __table_args__ = (
        sa.CheckConstraint("amount > 0 AND sterling > 0", name="amounts"),
        sa.CheckConstraint("starts_on <= ends_on", name="dates"),
        sa.CheckConstraint("(starts_on IS NULL) = (ends_on IS NULL)", name="both_dates"),
    )


class ReportDue(Record, table=True):
    """A report that the funder expects: for which period, by which day."""

    __tablename__ = "report_due"
    award_id: int = Field(foreign_key="award.id", index=True)
    period_from: date
    period_to: date
    due_on: date = Field(index=True)

    __table_args__ = (
        sa.UniqueConstraint("award_id", "period_from"),
        sa.CheckConstraint("period_from <= period_to AND period_to <= due_on", name="dates"),
    )


class BudgetLine(Record, table=True):
    """What one heading may cost in one financial year, and what it is expected to come to, in pounds."""

    __tablename__ = "budget_line"
    award_id: int = Field(foreign_key="award.id", index=True)
    heading: CostHeading = db.choice(CostHeading)
    year: int
    budget: Decimal = db.money()
    forecast: Decimal = db.money()
    reason: str = db.text(default="")

    __table_args__ = (
        sa.UniqueConstraint("award_id", "heading", "year"),
        sa.CheckConstraint("budget >= 0 AND forecast >= 0", name="amounts"),
        sa.CheckConstraint("year BETWEEN 2000 AND 2100", name="year"),
    )


class Expenditure(Record, table=True):
    """Money spent (or, below zero, paid back) under a budget line, in pounds."""

    __tablename__ = "expenditure"
    budget_line_id: int = Field(foreign_key="budget_line.id", index=True)
    spent_on: date = Field(index=True)
    amount: Decimal = db.money()
    note: str = Field(max_length=200)

    __table_args__ = (sa.CheckConstraint("amount <> 0", name="amount"),)


class Income(Record, table=True):
    """Money, or a gift in kind, that the centre received, in pounds."""

    __tablename__ = "income"
    kind: IncomeKind = db.choice(IncomeKind, index=True)
    organisation_id: int = Field(foreign_key="organisation.id", index=True)
    received_on: date = Field(index=True)
    amount: Decimal = db.money()
    note: str = Field(default="", max_length=200)

    __table_args__ = (sa.CheckConstraint("amount > 0", name="amount"),)
