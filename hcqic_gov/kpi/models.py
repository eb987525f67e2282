"""Tables of the KPIs: observations, closings of periods, targets, annotations, rebases, uploads, saved views."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field

from hcqic_gov import db
from hcqic_gov.db import Record
from hcqic_gov.kpi.definitions import Basis
from hcqic_gov.kpi.rules import Attribution, Outcome, Status, UploadStatus


class Observation(Record, table=True):
    """One revision of what was found for one KPI and period."""

    __tablename__ = "kpi_observation"
    code: str = Field(max_length=4)
    period: str = Field(max_length=10)
    period_start: date
    period_end: date
    revision: int = 1
    definition_version: int
    outcome: Outcome = db.choice(Outcome)
    value: float | None = None
    numerator: float | None = None
    denominator: float | None = None
    n: int | None = None
    basis: Basis = db.choice(Basis)
    attribution: Attribution = db.choice(Attribution)
    source: str = db.text()
    note: str = db.text(default="")
    document_id: int | None = Field(default=None, foreign_key="document.id")
    status: Status = db.choice(Status, default=Status.DRAFT)
    entered_by: int
    verified_by: int | None = None
    verified_at: datetime | None = db.moment(default=None)
    after_closing: bool = False
    """Verified when the period had been closed before: the value was revised, or came, after closing."""
    reason: str = db.text(default="")
    """Why a correction was opened or, while the status is "returned", why it came back."""

    __table_args__ = (
        sa.UniqueConstraint("code", "period", "revision"),
        sa.CheckConstraint("(outcome = 'value') = (value IS NOT NULL)", name="value"),
        sa.CheckConstraint("(status IN ('verified', 'superseded')) = (verified_by IS NOT NULL)", name="verified"),
        sa.CheckConstraint("(verified_by IS NULL) = (verified_at IS NULL)", name="verified_at"),
        sa.CheckConstraint("verified_by IS NULL OR verified_by <> entered_by OR entered_by = 0", name="second_person"),
        sa.CheckConstraint("verified_by IS NOT NULL OR NOT after_closing", name="after_closing"),
        sa.CheckConstraint("n >= 0", name="n"),
        sa.CheckConstraint("period_start <= period_end", name="period"),
        sa.Index(
            "uq_kpi_observation_verified",
            "code",
            "period_start",
            unique=True,
            sqlite_where=sa.text("status = 'verified'"),
            postgresql_where=sa.text("status = 'verified'"),
        ),
        sa.Index(
            "uq_kpi_observation_in_work",
            "code",
            "period_start",
            unique=True,
            sqlite_where=sa.text("status IN ('draft', 'submitted', 'returned')"),
            postgresql_where=sa.text("status IN ('draft', 'submitted', 'returned')"),
        ),
    )

    @property
    def reference(self) -> str:
        """As people say it, and as the audit trail finds it."""
        return f"{self.code} {self.period}"


class Closing(Record, table=True):
    """One closing of a period, for all KPIs of its frequency, and the reopening that ended it.

    `revision` counts the closings of a period; `missing` and `unverified` are what it lacked when it was closed.
    """

    __tablename__ = "kpi_closing"
    period: str = Field(max_length=10)
    period_start: date
    revision: int = 1
    closed_by: int
    missing: int = 0
    unverified: int = 0
    reason: str = db.text(default="")
    reopened_by: int | None = None
    reopened_at: datetime | None = db.moment(default=None)
    reopening_reason: str = db.text(default="")

    __table_args__ = (
        sa.UniqueConstraint("period", "revision"),
        sa.CheckConstraint("missing >= 0 AND unverified >= 0", name="gaps"),
        sa.CheckConstraint("missing + unverified = 0 OR reason <> ''", name="explained"),
        sa.CheckConstraint("(reopened_by IS NULL) = (reopened_at IS NULL)", name="reopened"),
        sa.CheckConstraint("(reopened_at IS NULL) = (reopening_reason = '')", name="reopening_explained"),
        sa.Index(
            "uq_kpi_closing_closed",
            "period",
            unique=True,
            sqlite_where=sa.text("reopened_at IS NULL"),
            postgresql_where=sa.text("reopened_at IS NULL"),
        ),
    )

    @property
    def reference(self) -> str:
        """As people say it, and as the audit trail finds it."""
        return f"KPIs {self.period}"


class Target(Record, table=True):
    """What the board wants from a period on, until a later period has a target of its own.

    A row whose target was set anew stays, with the moment at which it was replaced.
    """

    __tablename__ = "kpi_target"
    code: str = Field(max_length=4)
    period: str = Field(max_length=10)
    period_start: date
    value: float
    threshold: float | None = None
    """The least that is tolerable; None: as the definition says."""
    reason: str = db.text()
    set_by: int
    replaced_at: datetime | None = db.moment(default=None)

    __table_args__ = (
        sa.Index(
            "uq_kpi_target_in_force",
            "code",
            "period_start",
            unique=True,
            sqlite_where=sa.text("replaced_at IS NULL"),
            postgresql_where=sa.text("replaced_at IS NULL"),
        ),
    )

    @property
    def reference(self) -> str:
        return f"{self.code} {self.period}"


class Annotation(Record, table=True):
    """An explanation of one period's value; it belongs to the data and goes wherever the data goes."""

    __tablename__ = "kpi_annotation"
    code: str = Field(max_length=4, index=True)
    period: str = Field(max_length=10)
    period_start: date
    text: str = db.text()
    written_by: int

    @property
    def reference(self) -> str:
        return f"{self.code} {self.period}"


class Rebase(Record, table=True):
    """The decision that limits start anew from a period on."""

    __tablename__ = "kpi_rebase"
    code: str = Field(max_length=4)
    period: str = Field(max_length=10)
    period_start: date
    reason: str = db.text()
    decided_by: int

    __table_args__ = (sa.UniqueConstraint("code", "period_start"),)

    @property
    def reference(self) -> str:
        return f"{self.code} {self.period}"


class Upload(Record, table=True):
    """One file of values that had no errors, and what became of it; the file itself is a document."""

    __tablename__ = "kpi_upload"
    sha256: str = Field(max_length=64, index=True)
    document_id: int = Field(foreign_key="document.id")
    uploaded_by: int = Field(index=True)
    status: UploadStatus = db.choice(UploadStatus, default=UploadStatus.CHECKED)
    applied_at: datetime | None = db.moment(default=None)
    added: int = 0
    changed: int = 0
    corrected: int = 0
    unchanged: int = 0
    submitted: int = 0

    __table_args__ = (
        sa.CheckConstraint("(status = 'applied') = (applied_at IS NOT NULL)", name="applied"),
        sa.Index(
            "uq_kpi_upload_applied",
            "sha256",
            unique=True,
            sqlite_where=sa.text("status = 'applied'"),
            postgresql_where=sa.text("status = 'applied'"),
        ),
    )

    @property
    def reference(self) -> str:
        return f"Upload {self.id}"


class SavedView(Record, table=True):
    """A view of the dashboards that a person wants to find again: its address, under a name of their own."""

    __tablename__ = "kpi_saved_view"
    person_id: int = Field(foreign_key="person.id", index=True)
    name: str = Field(max_length=80)
    address: str = Field(max_length=300)

    __table_args__ = (
        sa.UniqueConstraint("person_id", "name"),
        sa.CheckConstraint("address LIKE '/dashboards/%'", name="address"),
    )

    @property
    def reference(self) -> str:
        return f"saved view {self.id}"
