"""Reads of committees, their members in term, and their meetings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from hcqic_gov.committee.models import Committee, CommitteeMember, Meeting, MeetingAttendance
from hcqic_gov.committee.rules import (
    AHEAD,
    MEETING_LABELS,
    MeetingFacts,
    MeetingKind,
    MeetingState,
    MemberKind,
    last_day,
)
from hcqic_gov.core.actor import Actor
from hcqic_gov.core.calendar import LONDON, london_day
from hcqic_gov.db import found
from hcqic_gov.people.models import Person
from hcqic_gov.policy.access import Resource

PAGE_SIZE = 25


@dataclass(frozen=True, slots=True)
class Member:
    """A committee member in term; `term_to` is the last day, also of a term that was ended early."""

    person_id: int
    name: str
    kind: MemberKind
    chair: bool
    term_to: date
    committee_id: int
    co_opted: bool = False


@dataclass(frozen=True, slots=True)
class MeetingFilter:
    """Which meetings; empty values do not restrict. `upcoming` leaves those that began before this moment out."""

    committee_id: int | None = None
    state: MeetingState | None = None
    upcoming: datetime | None = None


@dataclass(frozen=True, slots=True)
class MeetingRow:
    """One line of the list."""

    reference: str
    committee: str
    kind: MeetingKind
    starts_at: datetime
    place: str
    state: MeetingState


@dataclass(frozen=True, slots=True)
class Attendee:
    """Somebody who is recorded as present, with kind and office as held then."""

    person_id: int
    name: str
    kind: MemberKind
    chair: bool
    co_opted: bool
    presiding: bool


@dataclass(frozen=True, slots=True)
class Called:
    """A person whom a meeting concerns: a member in term on its day (`member`), or somebody who came, or both."""

    person_id: int
    name: str
    member: Member | None
    attendee: Attendee | None


def committees(session: Session, *, active: bool = False) -> Sequence[Committee]:
    """All of them, or those that still meet, the oldest first."""
    statement = select(Committee).order_by(col(Committee.id))
    return session.exec(statement.where(col(Committee.active).is_(True)) if active else statement).all()


def committee(session: Session, committee_id: int) -> Committee:
    """Errors: NotFound."""
    return found(session.get(Committee, committee_id), "this committee")


def last_day_column() -> Any:
    """SQL: the last day of a term, which may have been ended early."""
    return sa.func.coalesce(col(CommitteeMember.ended_on), col(CommitteeMember.term_to))


def in_term(day: date) -> Any:
    """SQL: the term runs on this day."""
    return sa.and_(col(CommitteeMember.term_from) <= day, last_day_column() >= day)


def members(session: Session, day: date, committee_id: int | None = None) -> Sequence[Member]:
    """The members in term on this day, of one committee or of all: chairs first, then by name."""
    statement = (
        select(CommitteeMember, Person.name)
        .join(Person, col(Person.id) == col(CommitteeMember.person_id))
        .where(in_term(day))
        .order_by(col(CommitteeMember.chair).desc(), Person.name)
    )
    if committee_id is not None:
        statement = statement.where(CommitteeMember.committee_id == committee_id)
    return [as_member(row, name) for row, name in session.exec(statement)]


def as_member(row: CommitteeMember, name: str) -> Member:
    last = last_day(row.term_to, row.ended_on)
    return Member(row.person_id, name, row.kind, row.chair, last, row.committee_id, row.co_opted)


def term(session: Session, member_id: int) -> CommitteeMember:
    """Errors: NotFound."""
    return found(session.get(CommitteeMember, member_id), "this term")


def meetings(session: Session, wanted: MeetingFilter, *, page: int = 1) -> tuple[Sequence[MeetingRow], int]:
    """One page of the list (the next first where only coming ones are asked for), and how many there are in all."""
    conditions = conditions_of(wanted)
    count = session.exec(select(sa.func.count()).select_from(Meeting).where(*conditions)).one()
    order = col(Meeting.starts_at).asc() if wanted.upcoming else col(Meeting.starts_at).desc()
    statement = (
        select(Meeting, Committee.name)
        .join(Committee, col(Committee.id) == col(Meeting.committee_id))
        .where(*conditions)
        .order_by(order, col(Meeting.id))
        .offset((page - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE)
    )
    return [as_row(row, name) for row, name in session.exec(statement)], count


def as_row(row: Meeting, committee_name: str) -> MeetingRow:
    return MeetingRow(row.reference, committee_name, row.kind, row.starts_at, row.place, row.state)


def conditions_of(wanted: MeetingFilter) -> list[Any]:
    exact = {Meeting.committee_id: wanted.committee_id, Meeting.state: wanted.state}
    conditions: list[Any] = [column == value for column, value in exact.items() if value is not None]
    if wanted.upcoming:
        conditions.append(col(Meeting.starts_at) >= wanted.upcoming)
    return conditions


def meeting(session: Session, reference: str) -> Meeting:
    """Errors: NotFound."""
    row = session.exec(select(Meeting).where(Meeting.reference == reference)).first()
    return found(row, f"meeting {reference}")


def attendance(session: Session, meeting_id: int) -> Sequence[Attendee]:
    """Who is recorded as present: who presides first, then by name."""
    statement = (
        select(MeetingAttendance, Person.name)
        .join(Person, col(Person.id) == col(MeetingAttendance.person_id))
        .where(MeetingAttendance.meeting_id == meeting_id)
        .order_by(col(MeetingAttendance.presiding).desc(), Person.name)
    )
    return [
        Attendee(row.person_id, name, row.kind, row.chair, row.co_opted, row.presiding)
        for row, name in session.exec(statement)
    ]


def called(session: Session, row: Meeting, day: date) -> Sequence[Called]:
    """The members in term on this day and everybody who came: who presides first, then chairs, then by name."""
    term = sa.and_(
        col(CommitteeMember.person_id) == col(Person.id),
        col(CommitteeMember.committee_id) == row.committee_id,
        in_term(day),
    )
    there = sa.and_(col(MeetingAttendance.person_id) == col(Person.id), col(MeetingAttendance.meeting_id) == row.key)
    statement = (
        sa.select(Person.id, Person.name, CommitteeMember, MeetingAttendance)  # type: ignore[call-overload]
        .outerjoin(CommitteeMember, term)
        .outerjoin(MeetingAttendance, there)
        .where(sa.or_(col(CommitteeMember.id).is_not(None), col(MeetingAttendance.id).is_not(None)))
        .order_by(Person.name, col(CommitteeMember.id))
    )
    found = [
        Called(
            number,
            name,
            as_member(seat, name) if seat else None,
            Attendee(number, name, came.kind, came.chair, came.co_opted, came.presiding) if came else None,
        )
        for number, name, seat, came in session.execute(statement)
    ]
    return sorted({one.person_id: one for one in found}.values(), key=office)


def office(one: Called) -> tuple[bool, bool]:
    """Who presides before the chairs, and they before the others."""
    return not (one.attendee and one.attendee.presiding), not (one.member and one.member.chair)


def meetings_ahead(session: Session) -> Sequence[tuple[int, str]]:
    """Numbers and words of the meetings that are planned or open, the next first."""
    statement = (
        select(Meeting, Committee.name)
        .join(Committee, col(Committee.id) == col(Meeting.committee_id))
        .where(col(Meeting.state).in_(AHEAD))
        .order_by(col(Meeting.starts_at), col(Meeting.id))
    )
    return [(row.key, in_words(row, name)) for row, name in session.exec(statement)]


def in_words(row: Meeting, committee_name: str) -> str:
    """A meeting as forms name it: reference, day and hour in London, kind, committee."""
    start = row.starts_at.astimezone(LONDON)
    return f"{row.reference}, {start:%-d %B %Y at %H:%M}: {MEETING_LABELS[row.kind].lower()}, {committee_name}"


def meeting_of(session: Session, reference: str) -> tuple[Meeting, Committee]:
    """A meeting with its committee. Errors: NotFound."""
    statement = (
        select(Meeting, Committee)
        .join(Committee, col(Committee.id) == col(Meeting.committee_id))
        .where(Meeting.reference == reference)
    )
    row, of = found(session.exec(statement).first(), f"meeting {reference}")
    return row, of


def resource(session: Session, reference: str) -> Resource:
    """A meeting as the access policies see it, by its reference, in one query. Errors: NotFound."""
    statement: Any = (
        sa.select(Meeting, CommitteeMember)
        .outerjoin(
            CommitteeMember,
            sa.and_(col(CommitteeMember.committee_id) == col(Meeting.committee_id), col(CommitteeMember.chair)),
        )
        .where(col(Meeting.reference) == reference)
    )
    rows = session.execute(statement).all()
    row = found(rows[0][0] if rows else None, f"meeting {reference}")
    return as_resource(row, [term for _, term in rows if term])


def resource_of(session: Session, row: Meeting) -> Resource:
    """The same for a meeting that is there already."""
    chairs = select(CommitteeMember).where(
        CommitteeMember.committee_id == row.committee_id, col(CommitteeMember.chair).is_(True)
    )
    return as_resource(row, session.exec(chairs).all())


def as_resource(row: Meeting, chairs: Sequence[CommitteeMember]) -> Resource:
    """`chairs` chaired the committee on the day of the meeting or later: minutes may outlast a chair's term."""
    day = london_day(row.starts_at)
    return Resource(
        "Meeting",
        row.reference,
        {
            "chairs": frozenset(term.person_id for term in chairs if last_day(term.term_to, term.ended_on) >= day),
            "writers": frozenset(row.minutes_by),
            "minuted": row.state is MeetingState.MINUTED,
        },
    )


def facts(session: Session, row: Meeting, *, actor: Actor, now: datetime, reason: str = "") -> MeetingFacts:
    """What the guards look at."""
    held_by, present = committee(session, row.committee_id), attendance(session, row.key)
    return facts_of(row, held_by, present, actor=actor, now=now, reason=reason)


def facts_of(
    row: Meeting, held_by: Committee, present: Sequence[Attendee], *, actor: Actor, now: datetime, reason: str = ""
) -> MeetingFacts:
    """The same from what was read already."""
    return MeetingFacts(
        actor.id,
        london_day(now),
        london_day(row.starts_at),
        held_by.active,
        len(present),
        any(attendee.presiding for attendee in present),
        frozenset(row.minutes_by),
        reason,
    )
