"""Tables of reports, each version a row with its frozen data and its reviewer, and of the other signed papers."""

from datetime import datetime
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlmodel import Field

from hcqic_gov import db
from hcqic_gov.db import Record
from hcqic_gov.reporting.rules import Kind, PaperKind, Status

ISSUED = "status IN ('issued', 'superseded')"


class Report(Record, table=True):
    """One version of a report to a funder; a trigger of the database keeps what was issued as it is."""

    __tablename__ = "report"
    reference: str = Field(unique=True, max_length=30)
    """Of this version: the report's own reference (`series`) and `edition`, as HCQIC-R-2026-0001-v2."""
    series: str = Field(max_length=20)
    edition: int = 1
    kind: Kind = db.choice(Kind)
    funder_id: int = Field(foreign_key="organisation.id", index=True)
    """Whom it is for; an annual report of the centre is for one of its funders too."""
    award_id: int | None = Field(default=None, foreign_key="award.id")
    period: str = Field(max_length=10, index=True)
    status: Status = db.choice(Status, default=Status.DRAFT, index=True)
    snapshot: dict[str, Any] = db.json()
    snapshot_sha256: str = Field(max_length=64)
    author_id: int = Field(foreign_key="person.id")
    reason: str = db.text(default="")
    """What a corrected version corrects."""
    remark: str = db.text(default="")
    """Why it came back to its author."""
    reviewer_id: int | None = Field(default=None, foreign_key="person.id")
    reviewed_at: datetime | None = db.moment(default=None)
    reviewed_sha256: str = Field(default="", max_length=64)
    issued_by: int | None = Field(default=None, foreign_key="person.id")
    issued_at: datetime | None = db.moment(default=None)
    audit_entry: int = 0
    audit_head: str = Field(default="", max_length=64)
    document_id: int | None = Field(default=None, foreign_key="document.id")
    supersedes_id: int | None = Field(default=None, foreign_key="report.id", unique=True)

    __table_args__ = (
        sa.UniqueConstraint("series", "edition"),
        sa.CheckConstraint("(kind = 'award') = (award_id IS NOT NULL)", name="award"),
        sa.CheckConstraint("reviewer_id <> author_id", name="second_person"),
        sa.CheckConstraint("(reviewer_id IS NULL) = (reviewed_at IS NULL)", name="reviewed_at"),
        sa.CheckConstraint(
            "(status IN ('reviewed', 'issued', 'superseded')) = (reviewer_id IS NOT NULL)", name="reviewed"
        ),
        sa.CheckConstraint(f"reviewed_sha256 = snapshot_sha256 OR NOT ({ISSUED})", name="issued_as_reviewed"),
        sa.CheckConstraint(f"({ISSUED}) = (issued_at IS NOT NULL)", name="issued_at"),
        sa.CheckConstraint(f"({ISSUED}) = (issued_by IS NOT NULL)", name="issued_by"),
        sa.CheckConstraint(f"({ISSUED}) = (document_id IS NOT NULL)", name="document"),
        sa.CheckConstraint(f"({ISSUED}) = (audit_head <> '')", name="audit_head"),
    )


class Receipt(Record, table=True):
    """A person of the funder says that the report has come."""

    __tablename__ = "report_receipt"
    report_id: int = Field(foreign_key="report.id", index=True)
    person_id: int = Field(foreign_key="person.id")

    __table_args__ = (sa.UniqueConstraint("report_id", "person_id"),)


class KeptNarrative(Record, table=True):
    """What a person has typed into a report's narrative and not saved: theirs alone, and gone when they save."""

    __tablename__ = "kept_narrative"
    audited: ClassVar[bool] = False
    report_id: int = Field(foreign_key="report.id")
    person_id: int = Field(foreign_key="person.id")
    answers: dict[str, str] = db.json()
    seen: int
    """The version of the report that it was typed over."""
    kept_at: datetime = db.moment()

    __table_args__ = (sa.UniqueConstraint("report_id", "person_id"),)


class Paper(Record, table=True):
    """One content of a letter, of minutes, of a dossier or of a board paper, as it was signed; it never changes."""

    __tablename__ = "paper"
    reference: str = Field(unique=True, max_length=60)
    """As HCQIC-E-2026-0001-letter-v1: what it is about, its kind and its edition."""
    kind: PaperKind = db.choice(PaperKind)
    about: str = Field(max_length=40)
    edition: int
    snapshot_sha256: str = Field(max_length=64, index=True)
    document_id: int = Field(foreign_key="document.id", index=True)
    issued_by: int = Field(foreign_key="person.id")
    issued_at: datetime = db.moment()
    audit_entry: int
    audit_head: str = Field(max_length=64)

    __table_args__ = (
        sa.UniqueConstraint("kind", "about", "edition"),
        sa.UniqueConstraint("kind", "about", "snapshot_sha256"),
    )
