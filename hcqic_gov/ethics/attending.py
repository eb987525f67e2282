"""The meetings that a person is concerned with: of their own committee, for the office, or with their own case."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from hcqic_gov.committee.models import Committee, CommitteeMember, Meeting
from hcqic_gov.committee.queries import last_day_column
from hcqic_gov.committee.rules import MEETING_LABELS, MeetingState
from hcqic_gov.core.actor import Actor
from hcqic_gov.core.calendar import london_day
from hcqic_gov.ethics.models import EthicsCase
from hcqic_gov.people.rules import Role

KEPT = timedelta(days=31)
"""So long a meeting that is over stays in a calendar."""
LENGTH = timedelta(hours=2)
MEMBERS = (Role.CHAIR, Role.COMMITTEE_EXPERT, Role.COMMITTEE_LAY)


@dataclass(frozen=True, slots=True)
class Attending:
    """A meeting as an entry of a calendar; nothing of its agenda is told."""

    reference: str
    title: str
    starts_at: datetime
    ends_at: datetime


def meetings_for(session: Session, person: Actor, *, now: datetime) -> Sequence[Attending]:
    """The meetings from a month ago on that were not cancelled, the first first, in one query."""
    statement = (
        select(Meeting, Committee.name)
        .join(Committee, col(Committee.id) == col(Meeting.committee_id))
        .where(
            Meeting.state != MeetingState.CANCELLED,
            col(Meeting.starts_at) >= now - KEPT,
            sa.or_(sa.literal(person.has(Role.ETHICS_OFFICER)), of_own_committee(person, now), with_own_case(person)),
        )
        .order_by(col(Meeting.starts_at), col(Meeting.id))
    )
    return [attending(row, name) for row, name in session.exec(statement)]


def of_own_committee(person: Actor, now: datetime) -> Any:
    """SQL: a term of this person runs, or is still to run; none counts for who no longer has a member's role."""
    if not person.has(*MEMBERS):
        return sa.false()
    own = select(CommitteeMember.committee_id).where(
        CommitteeMember.person_id == person.id, last_day_column() >= london_day(now)
    )
    return col(Meeting.committee_id).in_(own)


def with_own_case(person: Actor) -> Any:
    """SQL: a case of which this person is the applicant is on the agenda."""
    return col(Meeting.id).in_(select(EthicsCase.meeting_id).where(EthicsCase.applicant_id == person.id))


def attending(row: Meeting, committee: str) -> Attending:
    title = f"{committee}: {MEETING_LABELS[row.kind].lower()} ({row.place})"
    return Attending(row.reference, title, row.starts_at, row.starts_at + LENGTH)
