"""Tables of the committees."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field

from hcqic_gov import db
from hcqic_gov.committee.rules import CommitteeKind, MeetingKind, MeetingState, MemberKind
from hcqic_gov.db import Record


class Committee(Record, table=True):
    """An ethics committee of the centre; one that no longer meets is not active."""

    __tablename__ = "committee"
    name: str = Field(unique=True, max_length=200)
    remit: str = db.text()
    kind: CommitteeKind = db.choice(CommitteeKind, default=CommitteeKind.FULL)
    active: bool = True


class CommitteeMember(Record, table=True):
    """A term of a person on a committee; `ended_on` is its last day where it was ended early."""

    __tablename__ = "committee_member"
    committee_id: int = Field(foreign_key="committee.id", index=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    kind: MemberKind = db.choice(MemberKind)
    chair: bool = False
    co_opted: bool = False
    term_from: date
    term_to: date
    ended_on: date | None = None
    ended_why: str = db.text(default="")

    __table_args__ = (
        sa.CheckConstraint("term_from <= term_to", name="term"),
        sa.CheckConstraint("(ended_on IS NULL) = (ended_why = '')", name="ended"),
        sa.CheckConstraint("ended_on <= term_to", name="ended_early"),
        sa.CheckConstraint("NOT (chair AND co_opted)", name="co_opted_chair"),
    )


class Meeting(Record, table=True):
    """A meeting: `minutes` is the text of the meeting itself, `minutes_by` the numbers of all who wrote it."""

    __tablename__ = "meeting"
    reference: str = Field(unique=True, max_length=20)
    committee_id: int = Field(foreign_key="committee.id", index=True)
    kind: MeetingKind = db.choice(MeetingKind)
    starts_at: datetime = db.moment(index=True)
    place: str = Field(max_length=200)
    state: MeetingState = db.choice(MeetingState, default=MeetingState.PLANNED, index=True)
    cancelled_why: str = db.text(default="")
    opened_at: datetime | None = db.moment(default=None)
    closed_at: datetime | None = db.moment(default=None)
    minutes: str = db.text(default="")
    minutes_by: list[int] = db.json(default_factory=list)
    minutes_confirmed_by: int | None = Field(default=None, foreign_key="person.id")
    minutes_confirmed_at: datetime | None = db.moment(default=None)

    __table_args__ = (
        sa.CheckConstraint("(state IN ('open', 'closed', 'minuted')) = (opened_at IS NOT NULL)", name="opened"),
        sa.CheckConstraint("(state IN ('closed', 'minuted')) = (closed_at IS NOT NULL)", name="closed"),
        sa.CheckConstraint("(state = 'minuted') = (minutes_confirmed_at IS NOT NULL)", name="minuted"),
        sa.CheckConstraint("(minutes_confirmed_by IS NULL) = (minutes_confirmed_at IS NULL)", name="confirmed"),
        sa.CheckConstraint("(state = 'cancelled') = (cancelled_why <> '')", name="cancelled"),
        sa.CheckConstraint("minutes = '' OR opened_at IS NOT NULL", name="minutes_of_a_held_meeting"),
        sa.CheckConstraint("minutes <> '' OR minutes_confirmed_at IS NULL", name="confirmed_minutes"),
        sa.CheckConstraint("opened_at <= closed_at", name="order"),
    )


class MeetingAttendance(Record, table=True):
    """Who was present, with kind and office as held then; one of them presides."""

    __tablename__ = "meeting_attendance"
    meeting_id: int = Field(foreign_key="meeting.id", index=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    kind: MemberKind = db.choice(MemberKind)
    chair: bool = False
    co_opted: bool = False
    presiding: bool = False

    __table_args__ = (
        sa.UniqueConstraint("meeting_id", "person_id"),
        sa.Index(
            "uq_meeting_attendance_presiding",
            "meeting_id",
            unique=True,
            sqlite_where=sa.text("presiding"),
            postgresql_where=sa.text("presiding"),
        ),
    )
