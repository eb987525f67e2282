"""Writes of the committees: terms of members, meetings, attendance, minutes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm.attributes import flag_modified
from sqlmodel import Session, col, select

from hcqic_gov.audit.service import record, snapshot
from hcqic_gov.committee import queries
from hcqic_gov.committee.models import Committee, CommitteeMember, Meeting, MeetingAttendance
from hcqic_gov.committee.rules import WORKFLOW, CommitteeKind, MeetingKind, MeetingState, MemberKind, fits
from hcqic_gov.core.actor import Actor
from hcqic_gov.core.calendar import london_day
from hcqic_gov.core.errors import Invalid, NotFound
from hcqic_gov.core.workflow import Move
from hcqic_gov.db import found, locked, locked_by, next_reference
from hcqic_gov.people.models import Person
from hcqic_gov.policy.access import access_policies, may


@dataclass(frozen=True, slots=True)
class Charter:
    """What a person enters of a committee."""

    name: str
    remit: str
    kind: CommitteeKind = CommitteeKind.FULL
    active: bool = True


@dataclass(frozen=True, slots=True)
class Term:
    """What a person enters of a member's term."""

    person_id: int
    kind: MemberKind
    term_from: date
    term_to: date
    chair: bool = False
    co_opted: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What a person enters of a meeting."""

    kind: MeetingKind
    starts_at: datetime
    place: str


def establish(session: Session, charter: Charter, *, actor: Actor, now: datetime) -> Committee:
    """A new committee. Errors: Refused; Invalid where the name is taken."""
    may(actor, "committee.manage").require()
    require_free_name(session, charter.name)

    committee = Committee(created_at=now, **values(charter))
    session.add(committee)
    policy = access_policies().fingerprint
    record(session, "committee.establish", committee, actor=actor, now=now, policy=policy)
    return committee


def change(
    session: Session, committee_id: int, charter: Charter, *, seen: int, actor: Actor, now: datetime
) -> Committee:
    """Errors: Refused, Stale; Invalid where the name is taken, or a new sub-committee has full meetings planned."""
    committee = locked(session, Committee, committee_id, seen=seen, what="this committee")
    may(actor, "committee.manage").require()
    require_free_name(session, charter.name, committee_id)
    require_no_full_meeting(session, committee, charter)
    before = snapshot(committee)

    for name, value in values(charter).items():
        setattr(committee, name, value)
    record(session, "committee.change", committee, actor=actor, now=now, before=before)
    return committee


def appoint(session: Session, committee_id: int, term: Term, *, actor: Actor, now: datetime) -> CommitteeMember:
    """A term on a committee, or a co-opted member's days. Errors: Refused, NotFound, Invalid."""
    committee = locked(session, Committee, committee_id, what="this committee")  # two terms of one person queue up
    may(actor, "committee.manage").require()
    require_sound(session, committee, term)

    member = CommitteeMember(committee_id=committee_id, created_at=now, **values(term))
    session.add(member)
    record(session, "committee.appoint", member, actor=actor, now=now)
    return member


def end_term(
    session: Session, member_id: int, *, ended_on: date, why: str, seen: int, actor: Actor, now: datetime
) -> CommitteeMember:
    """An early end: `ended_on` is the last day. Errors: Refused, Stale, NotFound, Invalid."""
    member = locked(session, CommitteeMember, member_id, seen=seen, what="this term")
    may(actor, "committee.manage").require()
    require_early_end(member, ended_on, why, day=london_day(now))
    before = snapshot(member)

    member.ended_on, member.ended_why = ended_on, why.strip()
    record(session, "committee.end_term", member, actor=actor, now=now, before=before, note=member.ended_why)
    return member


def plan(session: Session, committee_id: int, entered: Plan, *, actor: Actor, now: datetime) -> Meeting:
    """A new meeting. Errors: Refused, NotFound, Invalid."""
    may(actor, "committee.plan").require()
    committee = queries.committee(session, committee_id)
    if not committee.active:
        raise Invalid("This committee no longer meets.", {"committee": "Choose a committee that meets"})
    require_possible(committee, entered, now=now)

    reference = next_reference(session, "M", now=now)
    meeting = Meeting(reference=reference, committee_id=committee_id, created_at=now, **values(entered))
    session.add(meeting)
    record(session, "committee.plan", meeting, actor=actor, now=now, policy=access_policies().fingerprint)
    return meeting


def edit(session: Session, reference: str, entered: Plan, *, seen: int, actor: Actor, now: datetime) -> Meeting:
    """Another kind, time or place, while the meeting is planned. Errors: Refused, Stale, NotFound, Invalid."""
    meeting = gathered(session, reference, "edit", actor=actor, now=now, seen=seen)
    require_possible(queries.committee(session, meeting.committee_id), entered, now=now)
    before = snapshot(meeting)

    for name, value in values(entered).items():
        setattr(meeting, name, value)
    record(session, "committee.edit", meeting, actor=actor, now=now, before=before)
    return meeting


def move(session: Session, reference: str, name: str, *, reason: str = "", actor: Actor, now: datetime) -> Meeting:
    """A change of state: open, close, cancel, confirm the minutes. Errors: Refused, NotFound."""
    step = step_named(name)
    meeting = gathered(session, reference, name, actor=actor, now=now, reason=reason)
    before = snapshot(meeting)

    meeting.state = step.target or meeting.state
    take_effect(meeting, reason.strip(), actor=actor, now=now)
    record(session, f"committee.{name}", meeting, actor=actor, now=now, before=before, note=reason.strip())
    return meeting


def record_attendance(
    session: Session,
    reference: str,
    present: Collection[int],
    *,
    presiding: int | None,
    seen: int | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    """Who is present and who is in the chair (one of them), instead of what was recorded before.

    Kind and office are kept as held now. Errors: Refused, Stale, NotFound; Invalid where somebody is not in term today.
    """
    meeting = gathered(session, reference, "record_attendance", actor=actor, now=now, seen=seen)
    in_term = {member.person_id: member for member in queries.members(session, london_day(now), meeting.committee_id)}
    require_in_term(set(present), in_term.keys(), presiding)
    earlier = session.exec(select(MeetingAttendance).where(MeetingAttendance.meeting_id == meeting.id)).all()
    before = as_details(earlier)

    for row in earlier:
        session.delete(row)
    session.flush()  # the unique keys are free again
    rows = [seat(meeting, in_term[number], number == presiding, now=now) for number in sorted(set(present))]
    session.add_all(rows)
    flag_modified(meeting, "state")  # a new version: who looked at the attendance before must look again
    record(
        session,
        "committee.record_attendance",
        meeting,
        actor=actor,
        now=now,
        before=before,
        after=as_details(rows),
    )


def write_minutes(session: Session, reference: str, text: str, *, seen: int, actor: Actor, now: datetime) -> Meeting:
    """The minutes of the meeting itself: apologies, matters arising. Errors: Refused, Stale, NotFound, Invalid."""
    meeting = gathered(session, reference, "write_minutes", actor=actor, now=now, seen=seen)
    if not text.strip():
        raise Invalid("The minutes are empty.", {"minutes": "Write the minutes"})
    before = snapshot(meeting)

    meeting.minutes = text.strip()
    meeting.minutes_by = sorted({*meeting.minutes_by, actor.id})
    record(session, "committee.write_minutes", meeting, actor=actor, now=now, before=before)
    return meeting


def gathered(
    session: Session,
    reference: str,
    name: str,
    *,
    actor: Actor,
    now: datetime,
    seen: int | None = None,
    reason: str = "",
) -> Meeting:
    """The locked meeting, once access and guards allow the move. Errors: Refused, Stale, NotFound."""
    meeting = locked_by(session, Meeting, reference, seen=seen, what=f"meeting {reference}")
    may(actor, f"committee.{name}", queries.resource_of(session, meeting)).require()
    facts = queries.facts(session, meeting, actor=actor, now=now, reason=reason)
    WORKFLOW.ruling(name, meeting.state, facts).require()
    return meeting


def take_effect(meeting: Meeting, reason: str, *, actor: Actor, now: datetime) -> None:
    """What a move sets besides the state."""
    match meeting.state:
        case MeetingState.OPEN:
            meeting.opened_at = now
        case MeetingState.CLOSED:
            meeting.closed_at = now
        case MeetingState.MINUTED:
            meeting.minutes_confirmed_by, meeting.minutes_confirmed_at = actor.id, now
        case MeetingState.CANCELLED:
            meeting.cancelled_why = reason


def step_named(name: str) -> Move[MeetingState, Any]:
    """A move that changes the state. Errors: NotFound."""
    step = next((step for step in WORKFLOW.moves if step.name == name and step.target is not None), None)
    if step is None:
        raise NotFound("There is no such step. Go back to the meeting.")
    return step


def seat(meeting: Meeting, member: queries.Member, presiding: bool, *, now: datetime) -> MeetingAttendance:
    return MeetingAttendance(
        meeting_id=meeting.key,
        person_id=member.person_id,
        kind=member.kind,
        chair=member.chair,
        co_opted=member.co_opted,
        presiding=presiding,
        created_at=now,
    )


def as_details(rows: Sequence[MeetingAttendance]) -> dict[str, Any]:
    presiding = next((row.person_id for row in rows if row.presiding), None)
    return {"present": sorted(row.person_id for row in rows), "presiding": presiding}


def require_in_term(present: Collection[int], in_term: Collection[int], presiding: int | None) -> None:
    if not set(present) <= set(in_term):
        raise Invalid("Somebody is not a member in term.", {"present": "Choose members in term today"})
    if presiding is not None and presiding not in present:
        raise Invalid("Who is in the chair is not present.", {"presiding": "Choose somebody who is present"})


def require_free_name(session: Session, name: str, committee_id: int | None = None) -> None:
    taken = session.exec(select(Committee.id).where(Committee.name == name)).first()
    if taken is not None and taken != committee_id:
        raise Invalid("This name is taken.", {"name": "There is a committee of this name already"})


def require_no_full_meeting(session: Session, committee: Committee, charter: Charter) -> None:
    planned = select(Meeting.id).where(
        Meeting.committee_id == committee.id,
        Meeting.kind == MeetingKind.FULL,
        col(Meeting.state).in_([MeetingState.PLANNED, MeetingState.OPEN]),
    )
    if charter.kind is not CommitteeKind.FULL and session.exec(planned).first() is not None:
        raise Invalid("Full meetings are planned.", {"kind": "Hold or cancel its full meetings first"})


def require_sound(session: Session, committee: Committee, term: Term) -> None:
    """Errors: Invalid with the field that is wrong."""
    if not committee.active:
        raise Invalid("This committee no longer meets, so it takes no members.")
    if term.term_to < term.term_from:
        raise Invalid("The term ends before it begins.", {"term_to": "The end must be on or after the start"})
    if term.chair and term.co_opted:
        raise Invalid("A co-opted member cannot be the chair.", {"chair": "Appoint a chair for a whole term"})
    person = found(session.get(Person, term.person_id), "this person")
    if not person.active:
        raise Invalid("This person has no active account.", {"person_id": "Choose somebody who may sign in"})
    require_no_overlap(session, committee, term)


def require_no_overlap(session: Session, committee: Committee, term: Term) -> None:
    overlapping = select(CommitteeMember.id).where(
        CommitteeMember.committee_id == committee.id,
        CommitteeMember.person_id == term.person_id,
        col(CommitteeMember.term_from) <= term.term_to,
        queries.last_day_column() >= term.term_from,
    )
    if session.exec(overlapping).first() is not None:
        sentence = "This person is a member of the committee in that time. End that term first, or begin after it"
        raise Invalid("The terms overlap.", {"term_from": sentence})


def require_early_end(member: CommitteeMember, ended_on: date, why: str, *, day: date) -> None:
    if member.ended_on is not None:
        raise Invalid("This term was ended early already.")
    if not why.strip():
        raise Invalid("An early end needs a reason.", {"why": "Say why the term ends early"})
    if not day <= ended_on <= member.term_to:
        sentence = "The last day must be today or later, and not after the end of the term: what was decided stands"
        raise Invalid("This is no early end.", {"ended_on": sentence})


def require_possible(committee: Committee, entered: Plan, *, now: datetime) -> None:
    if not (ruling := fits(entered.kind, committee.kind)).allowed:
        raise Invalid("This committee holds no such meeting.", {"kind": ruling.reason})
    if london_day(entered.starts_at) < london_day(now):
        raise Invalid("This day is over.", {"starts_on": "The meeting must be today or later"})


def values(entered: Charter | Term | Plan) -> dict[str, Any]:
    return {name: getattr(entered, name) for name in type(entered).__dataclass_fields__}
