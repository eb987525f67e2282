"""What waits for whom in the committees, worked out from terms and meetings and never stored."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from sqlmodel import Session, col, select

from hcqic_gov.committee.models import Committee, CommitteeMember, Meeting
from hcqic_gov.committee.queries import in_term
from hcqic_gov.committee.register import register
from hcqic_gov.committee.rules import MeetingState, last_day
from hcqic_gov.core.actor import Actor
from hcqic_gov.core.calendar import london_day, start_of_day
from hcqic_gov.notices.rules import Task
from hcqic_gov.people.rules import Role

ANNOUNCED = "Meeting of the"
"""How the next meeting begins among the tasks; a calendar has it with its hour instead."""
MEMBERS = (Role.COMMITTEE_EXPERT, Role.COMMITTEE_LAY, Role.CHAIR)


def tasks_for(session: Session, actor: Actor, *, now: datetime) -> Sequence[Task]:
    """By the person's roles, in at most eight queries."""
    today = london_day(now)
    return [
        *overdue_openings(session, actor, now),
        *unwritten_minutes(session, actor),
        *unconfirmed_minutes(session, actor),
        *ending_terms(session, actor, today),
        *next_meetings(session, actor, today),
    ]


def of_meeting(words: str, row: Meeting, *, since: datetime | None = None, due: date | None = None) -> Task:
    day = london_day(row.starts_at)
    return Task(
        f"{words} {day.day} {day:%B %Y}",
        "Committee",
        "committee.show",
        {"reference": row.reference},
        london_day(since) if since else None,
        due,
    )


def overdue_openings(session: Session, actor: Actor, now: datetime) -> Iterator[Task]:
    """Planned meetings whose hour has come."""
    if not actor.has(Role.ETHICS_OFFICER):
        return
    statement = select(Meeting).where(Meeting.state == MeetingState.PLANNED, col(Meeting.starts_at) <= now)
    for row in session.exec(statement):
        yield of_meeting("Open or cancel the meeting of", row, due=london_day(row.starts_at))


def unwritten_minutes(session: Session, actor: Actor) -> Iterator[Task]:
    if not actor.has(Role.ETHICS_OFFICER):
        return
    statement = select(Meeting).where(Meeting.state == MeetingState.CLOSED, Meeting.minutes == "")
    for row in session.exec(statement):
        yield of_meeting("Write the minutes of the meeting of", row, since=row.closed_at)


def unconfirmed_minutes(session: Session, actor: Actor) -> Iterator[Task]:
    """Minutes that others wrote, of the committees that the person chaired then or chairs now."""
    if not actor.has(Role.CHAIR):
        return
    statement = (
        select(Meeting, CommitteeMember)
        .join(CommitteeMember, col(CommitteeMember.committee_id) == col(Meeting.committee_id))
        .where(
            Meeting.state == MeetingState.CLOSED,
            Meeting.minutes != "",
            CommitteeMember.person_id == actor.id,
            col(CommitteeMember.chair).is_(True),
        )
    )
    mine = {row.key: row for row, term in session.exec(statement) if has_chaired(term, row)}
    for row in mine.values():
        if actor.id not in row.minutes_by:
            yield of_meeting("Confirm the minutes of the meeting of", row, since=row.closed_at)


def has_chaired(term: CommitteeMember, row: Meeting) -> bool:
    """The term ran on the day of the meeting or later, as the access policies ask."""
    return last_day(term.term_to, term.ended_on) >= london_day(row.starts_at)


def ending_terms(session: Session, actor: Actor, today: date) -> Iterator[Task]:
    """Terms that end within the notice and that nothing follows."""
    if not actor.has(Role.ETHICS_OFFICER):
        return
    for entry in register(session, today):
        for line in entry.running if entry.committee.active else ():
            if line.ends_soon:
                title = f"The term of {line.name} on the committee ends"
                yield Task(title, "Committee", "committee.index", due=line.term_to)


def next_meetings(session: Session, actor: Actor, today: date) -> Iterator[Task]:
    """The next meeting of each committee of which the person is a member."""
    if not actor.has(*MEMBERS):
        return
    mine = select(CommitteeMember.committee_id).where(in_term(today), CommitteeMember.person_id == actor.id)
    statement = (
        select(Meeting, Committee.name)
        .join(Committee, col(Committee.id) == col(Meeting.committee_id))
        .where(
            Meeting.state == MeetingState.PLANNED,
            col(Meeting.starts_at) >= start_of_day(today),
            col(Meeting.committee_id).in_(mine),
        )
        .order_by(col(Meeting.starts_at))
    )
    announced = set()
    for row, name in session.exec(statement):
        if row.committee_id not in announced:
            announced.add(row.committee_id)
            yield of_meeting(f"{ANNOUNCED} {name} on", row, due=london_day(row.starts_at))
