"""The agenda and the minutes of a meeting as their PDFs say them, with the items left out that a person may not see."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from types import MappingProxyType

from sqlmodel import Session

from hcqic_gov.committee import queries as committees
from hcqic_gov.committee.models import Meeting
from hcqic_gov.committee.queries import Called
from hcqic_gov.committee.rules import AHEAD, MEETING_LABELS, MEMBER_LABELS, STATE_LABELS, MeetingState, MemberKind
from hcqic_gov.core.actor import Actor
from hcqic_gov.core.calendar import london_day
from hcqic_gov.core.ruling import refused
from hcqic_gov.ethics.letters import COMMITTEE_NOTE
from hcqic_gov.ethics.sitting import OnAgenda, Outcome, Sitting, by_kind, sitting
from hcqic_gov.ethics.states import INTEREST_LABELS, TRACK_LABELS, Interest
from hcqic_gov.people.queries import names
from hcqic_gov.policy.access import may

KINDS = {MemberKind.EXPERT: "expert", MemberKind.LAY: "lay", MemberKind.LAY_PLUS: "lay plus"}


@dataclass(frozen=True, slots=True)
class Person:
    """Who was present, or is called: kind and office in words."""

    name: str
    kind: str
    office: str


@dataclass(frozen=True, slots=True)
class Decided:
    """What was settled about an item; `votes` in words and numbers, never names."""

    at: datetime
    title: str
    votes: str
    reasons: str


@dataclass(frozen=True, slots=True)
class MinuteItem:
    """One item. Where it is `withheld` from the reader only its reference is given."""

    reference: str
    withheld: bool
    title: str = ""
    business: str = ""
    project: str = ""
    applicant: str = ""
    track: str = ""
    quorum: str = ""
    aside: tuple[str, ...] = ()
    interests: tuple[str, ...] = ()
    discussion: str = ""
    decisions: tuple[Decided, ...] = ()
    conditions: tuple[tuple[str, bool], ...] = ()
    pack: str = ""
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class MeetingPaper:
    """An agenda, or minutes; `status` is printed on every page ("Draft minutes" until the chair confirmed them).

    `at` is the moment of the state that it shows, so that the same state gives the same file.
    """

    reference: str
    committee: str
    kind: str
    starts_at: datetime
    place: str
    state: str
    status: str
    present: tuple[Person, ...]
    by_kind: str
    apologies: tuple[str, ...]
    items: tuple[MinuteItem, ...]
    text: str
    writers: str
    confirmed: str
    confirmed_at: datetime | None
    at: datetime
    note: str = COMMITTEE_NOTE


def agenda_paper(session: Session, reference: str, *, actor: Actor, now: datetime) -> MeetingPaper:
    """The agenda as it stands, for this person. Errors: NotFound."""
    sat = sitting_of(session, reference, now)
    meeting = sat.meeting
    lines = tuple(agenda_line(one, withheld(one, actor)) for one in sat.cases)
    members = tuple(person(one) for one in sat.called if one.member)
    moved = [moment for one in sat.cases for moment in one.moments]
    return paper(sat, "Agenda", members, lines, text="", at=max([meeting.created_at, *moved]))


def minutes_paper(session: Session, reference: str, *, actor: Actor, now: datetime) -> MeetingPaper:
    """The minutes, for this person. Errors: NotFound, Refused where the meeting has not begun."""
    sat = sitting_of(session, reference, now)
    meeting = sat.meeting
    if meeting.opened_at is None:
        refused("not_open", f"{reference} has not begun, so there are no minutes. Take its agenda.").require()
        raise AssertionError
    status = "Minutes" if meeting.state is MeetingState.MINUTED else "Draft minutes"
    present = tuple(person(one) for one in sat.called if one.attendee)
    lines = tuple(minute_item(one, withheld(one, actor)) for one in sat.cases)
    people = names(session, {*meeting.minutes_by, meeting.minutes_confirmed_by or 0})
    last = [outcome.at for one in sat.cases for outcome in one.outcomes]
    at = meeting.minutes_confirmed_at or meeting.closed_at or max([meeting.opened_at, *last])
    return paper(sat, status, present, lines, text=meeting.minutes, at=at, named=people)


def sitting_of(session: Session, reference: str, now: datetime) -> Sitting:
    meeting, committee = committees.meeting_of(session, reference)
    return sitting(session, meeting, committee, committees.called(session, meeting, day_of(meeting, now)))


def day_of(meeting: Meeting, now: datetime) -> date:
    """The day whose terms count: today until the meeting is over, then its own."""
    return london_day(now) if meeting.state in AHEAD else london_day(meeting.opened_at or meeting.starts_at)


def paper(
    sat: Sitting,
    status: str,
    people: tuple[Person, ...],
    lines: tuple[MinuteItem, ...],
    *,
    text: str,
    at: datetime,
    named: Mapping[int, str] = MappingProxyType({}),
) -> MeetingPaper:
    meeting = sat.meeting
    return MeetingPaper(
        meeting.reference,
        sat.committee.name,
        MEETING_LABELS[meeting.kind],
        meeting.starts_at,
        meeting.place,
        STATE_LABELS[meeting.state],
        status,
        people,
        ", ".join(f"{count} {KINDS[kind]}" for kind, count in sorted(by_kind(sat.called).items())),
        tuple(one.name for one in sat.apologies),
        lines,
        text,
        ", ".join(named[number] for number in meeting.minutes_by if number in named),
        named.get(meeting.minutes_confirmed_by or 0, ""),
        meeting.minutes_confirmed_at,
        at,
    )


def withheld(one: OnAgenda, actor: Actor) -> bool:
    """From who stepped aside, and from the project's own team: an applicant reads no committee's minutes of it."""
    return actor.id in one.heard.team or not may(actor, "ethics.read", one.resource).allowed


def person(one: Called) -> Person:
    seat = one.attendee or one.member
    assert seat is not None  # whoever is called is one or both
    office = "Chair" if seat.chair else "Co-opted member" if seat.co_opted else "Member"
    if one.attendee and one.attendee.presiding:
        office = f"{office}, in the chair"
    return Person(one.name, MEMBER_LABELS[seat.kind], office)


def agenda_line(one: OnAgenda, hidden: bool) -> MinuteItem:
    case = one.case
    if hidden:
        return MinuteItem(case.reference, True)
    return MinuteItem(
        case.reference,
        False,
        case.title,
        one.business,
        f"{one.project_reference}: {one.project_title}",
        one.applicant,
        TRACK_LABELS[case.track] if case.track else "",
        aside=stepped_aside(one),
        pack=one.heard.pack.title if one.heard.pack else "",
        fingerprint=case.pack_fingerprint or "",
    )


def minute_item(one: OnAgenda, hidden: bool) -> MinuteItem:
    line = agenda_line(one, hidden)
    if hidden:
        return line
    here = one.case.decided_meeting_id == one.meeting.id
    return replace(
        line,
        quorum=one.quorum.reason,
        interests=declared(one),
        discussion=one.discussion,
        decisions=tuple(decided(outcome) for outcome in one.outcomes),
        conditions=tuple((row.text, row.pre_start) for row in one.heard.conditions) if here else (),
    )


def decided(outcome: Outcome) -> Decided:
    return Decided(outcome.at, outcome.title, outcome.votes_in_words, outcome.reason)


def stepped_aside(one: OnAgenda) -> tuple[str, ...]:
    """Members and others present who are recused or on the project's team."""
    return tuple(person.name for person in one.called if one.stepped_aside(person.person_id))


def declared(one: OnAgenda) -> tuple[str, ...]:
    """Who declared an interest and took part all the same."""
    rows = one.heard.interests
    words = INTEREST_LABELS[Interest.DECLARED].lower()
    found = [who for who in one.called if who.person_id in rows and rows[who.person_id].interest is Interest.DECLARED]
    return tuple(f"{who.name}: {words.replace(' me ', ' them ')}" for who in found)
