"""What waits for whom in the committees, worked out from terms and meetings and never stored."""

import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from hcqic_gov.committee.models import Committee, CommitteeMember, Meeting
from hcqic_gov.committee.queries import in_term, last_day_column
from hcqic_gov.committee.rules import TERM_NOTICE, MeetingState
from hcqic_gov.core.actor import Actor
from hcqic_gov.core.calendar import london_day, start_of_day
from hcqic_gov.notices.rules import Task
from hcqic_gov.notices.waiting import Line, Register, line
from hcqic_gov.people.models import Person
from hcqic_gov.people.rules import Role

ANNOUNCED = "Meeting of the"
"""How the next meeting begins among the tasks; a calendar has it with its hour instead."""
MEMBERS = (Role.COMMITTEE_EXPERT, Role.COMMITTEE_LAY, Role.CHAIR)
OVERDUE = "Open or cancel the meeting of"
UNWRITTEN = "Write the minutes of the meeting of"
UNCONFIRMED = "Confirm the minutes of the meeting of"
ENDING = "The term ends of"


def ask(actor: Actor, *, now: datetime) -> Iterator[Any]:
    """By the person's roles: meetings to open, minutes to write and to confirm, terms that end, the next meetings."""
    today = london_day(now)
    if actor.has(Role.ETHICS_OFFICER):
        planned = (Meeting.state == MeetingState.PLANNED, col(Meeting.starts_at) <= now)
        yield of_meeting(OVERDUE).where(*planned)
        yield of_meeting(UNWRITTEN).where(Meeting.state == MeetingState.CLOSED, Meeting.minutes == "")
        yield ending_terms(today)
    if actor.has(Role.CHAIR):
        yield unconfirmed_minutes(actor)
    if actor.has(*MEMBERS):
        yield next_meetings(actor, today)


def of_meeting(what: str, **others: Any) -> Any:
    """SQL: meetings, with when they began and were closed."""
    return line(
        what, Meeting.reference, others.pop("title", ""), until=Meeting.starts_at, since=Meeting.closed_at, **others
    )


def unconfirmed_minutes(actor: Actor) -> Any:
    """SQL: written minutes of the committees that the person chairs or has chaired, with the last day of that term."""
    meetings = of_meeting(UNCONFIRMED, note=sa.cast(col(Meeting.minutes_by), sa.String), due=last_day_column())
    chaired = col(CommitteeMember.committee_id) == col(Meeting.committee_id)
    return meetings.join_from(Meeting, CommitteeMember, chaired).where(
        Meeting.state == MeetingState.CLOSED,
        Meeting.minutes != "",
        CommitteeMember.person_id == actor.id,
        col(CommitteeMember.chair).is_(True),
    )


def ending_terms(today: date) -> Any:
    """SQL: terms of active committees that end within the notice and that nothing follows."""
    later = aliased(CommitteeMember)
    followed = sa.exists().where(
        col(later.committee_id) == col(CommitteeMember.committee_id),
        col(later.person_id) == col(CommitteeMember.person_id),
        sa.func.coalesce(col(later.ended_on), col(later.term_to)) > last_day_column(),
    )
    terms = line(ENDING, "", Person.name, due=last_day_column())
    return (
        terms.join_from(CommitteeMember, Person, col(Person.id) == col(CommitteeMember.person_id))
        .join(Committee, col(Committee.id) == col(CommitteeMember.committee_id))
        .where(
            col(Committee.active).is_(True),
            col(CommitteeMember.co_opted).is_(False),
            in_term(today),
            last_day_column() <= today + TERM_NOTICE,
            ~followed,
        )
    )


def next_meetings(actor: Actor, today: date) -> Any:
    """SQL: the meetings to come of the committees of which the person is a member."""
    mine = select(CommitteeMember.committee_id).where(in_term(today), CommitteeMember.person_id == actor.id)
    meetings = of_meeting(ANNOUNCED, title=Committee.name)
    return meetings.join_from(Meeting, Committee, col(Committee.id) == col(Meeting.committee_id)).where(
        Meeting.state == MeetingState.PLANNED,
        col(Meeting.starts_at) >= start_of_day(today),
        col(Meeting.committee_id).in_(mine),
    )


def tell(_session: Session, lines: Sequence[Line], actor: Actor, *, now: datetime) -> Iterator[Task]:
    for one in lines:
        if one.what == ENDING:
            title = f"The term of {one.title} on the committee ends"
            yield Task(title, "Committee", "committee.index", due=one.due)
    opened = (one for one in lines if one.what in (OVERDUE, UNWRITTEN))
    for one in (*opened, *to_confirm(lines, actor), *announced(lines)):
        yield of_line(one)


def to_confirm(lines: Sequence[Line], actor: Actor) -> Sequence[Line]:
    """Each meeting once, if others wrote its minutes and the term as chair ran on its day or later.

    The access policies ask the same.
    """
    meant = (one for one in lines if one.what == UNCONFIRMED and actor.id not in json.loads(one.note or "[]"))
    chaired = [one for one in meant if one.due and one.due >= london_day(begins(one))]
    return list({one.reference: one for one in chaired}.values())


def announced(lines: Sequence[Line]) -> Sequence[Line]:
    """The first meeting of each committee."""
    coming = [one for one in lines if one.what == ANNOUNCED]
    return list({one.title: one for one in sorted(coming, key=begins, reverse=True)}.values())


def begins(one: Line) -> datetime:
    assert one.until is not None
    return one.until


def of_line(one: Line) -> Task:
    day = london_day(begins(one))
    words = f"{ANNOUNCED} {one.title} on" if one.what == ANNOUNCED else one.what
    due = day if one.what in (OVERDUE, ANNOUNCED) else None
    title = f"{words} {day.day} {day:%B %Y}"
    return Task(title, "Committee", "committee.show", {"reference": one.reference}, one.since_day, due)


tasks_for = Register(ask, tell)
