"""The outbox: notices to people, each of which is shown in the application and may be sent by e-mail."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from hcqic_gov import db
from hcqic_gov.db import Record


class OutboxMessage(Record, table=True):
    """One notice to one person; `due_at` is the next attempt to send it by e-mail, None where there is none to come.

    `cause` is why it was told: once for each person.

    Not audited: the change that it tells of is, in the same transaction, and the row itself says what was sent when.
    """

    __tablename__ = "outbox_message"
    audited = False
    person_id: int = Field(foreign_key="person.id", index=True)
    cause: str = Field(max_length=200)
    subject: str = Field(max_length=200)
    body: str = db.text()
    about_kind: str = Field(max_length=40)
    about_reference: str = Field(max_length=80)
    due_at: datetime | None = db.moment(default=None, index=True)
    attempts: int = 0
    sent_at: datetime | None = db.moment(default=None)
    failed_at: datetime | None = db.moment(default=None, index=True)
    last_error: str = Field(default="", max_length=500)
    read_at: datetime | None = db.moment(default=None)

    __table_args__ = (
        sa.UniqueConstraint("person_id", "cause"),
        sa.CheckConstraint("sent_at IS NULL OR failed_at IS NULL", name="one_end"),
        sa.CheckConstraint("due_at IS NULL OR (sent_at IS NULL AND failed_at IS NULL)", name="due"),
        sa.CheckConstraint("failed_at IS NULL OR last_error <> ''", name="failed_why"),
    )
