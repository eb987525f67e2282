"""Tables of the audit chain; triggers of the database refuse any UPDATE or DELETE of an entry."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from hcqic_gov import db
from hcqic_gov.audit.rules import Result


class AuditEntry(SQLModel, table=True):
    """One change, or one refused attempt."""

    __tablename__ = "audit_entry"
    number: int = Field(default=0, primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: datetime = db.moment(index=True)
    actor_id: int = Field(index=True)
    action: str = Field(max_length=80, index=True)
    subject_kind: str = Field(default="", max_length=40)
    subject_id: int = 0
    subject_reference: str = Field(default="", max_length=80, index=True)
    result: Result = db.choice(Result, default=Result.DONE)
    code: str = Field(default="", max_length=80)
    policy: str = Field(default="", max_length=64)
    salt: str = Field(max_length=32)
    details: dict[str, Any] = db.json()
    details_digest: str = Field(max_length=64)
    previous_hash: str = Field(default="", max_length=64)
    hash: str = Field(default="", max_length=64, unique=True)

    __table_args__ = (sa.Index("ix_audit_entry_subject", "subject_kind", "subject_id"),)


class AuditHead(SQLModel, table=True):
    """The last entry: one row, on which writers wait for each other so that the chain cannot fork."""

    __tablename__ = "audit_head"
    id: int = Field(primary_key=True)
    number: int
    hash: str = Field(default="", max_length=64)
