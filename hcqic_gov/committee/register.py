"""The register of committees: terms, kinds, attendance over twelve months, and what an officer should be warned of."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, select

from hcqic_gov.committee.models import Committee, CommitteeMember, Meeting, MeetingAttendance
from hcqic_gov.committee.queries import committees
from hcqic_gov.committee.rules import (
    HELD,
    MemberKind,
    Need,
    Place,
    composition_gap,
    ends_soon,
    expects_everybody,
    last_day,
)
from hcqic_gov.core.calendar import add_months, london_day, start_of_day
from hcqic_gov.people.models import Person


@dataclass(frozen=True, slots=True)
class TermLine:
    """A term; of `held` meetings to which all were called in it and in the last 12 months, they `attended` so many."""

    member_id: int
    person_id: int
    name: str
    kind: MemberKind
    chair: bool
    co_opted: bool
    term_from: date
    term_to: date
    ended_why: str
    held: int
    attended: int
    ends_soon: bool

    def runs_on(self, day: date) -> bool:
        return self.term_from <= day <= self.term_to


@dataclass(frozen=True, slots=True)
class CommitteeEntry:
    """A committee with its terms of all times, by name; `gaps` say why it could not be quorate with these members."""

    committee: Committee
    day: date
    terms: Sequence[TermLine]
    gaps: Sequence[str]

    @property
    def running(self) -> Sequence[TermLine]:
        """In term today, chairs first."""
        return sorted((line for line in self.terms if line.runs_on(self.day)), key=lambda line: not line.chair)

    @property
    def to_come(self) -> Sequence[TermLine]:
        return [line for line in self.terms if self.day < line.term_from <= line.term_to]

    @property
    def over(self) -> Sequence[TermLine]:
        """Ended, or ended before they began; the last one first."""
        done = [line for line in self.terms if line.term_to < max(self.day, line.term_from)]
        return sorted(done, key=lambda line: line.term_to, reverse=True)

    @property
    def warnings(self) -> Sequence[str]:
        soon = [line for line in self.running if line.ends_soon]
        ends = [f"The term of {line.name} ends on {line.term_to.day} {line.term_to:%B %Y}." for line in soon]
        return [*self.gaps, *ends]


@dataclass(frozen=True, slots=True)
class HeldMeeting:
    """A meeting to which every member was called: its day, and the numbers of those who came."""

    day: date
    came: frozenset[int]


def register(session: Session, day: date, *, needs: Sequence[Need] = ()) -> Sequence[CommitteeEntry]:
    """Every committee, in four queries; `needs` are the quorums that the rules in force today ask for."""
    terms = all_terms(session)
    held = held_meetings(session, day)
    return [entry(one, terms[one.key], held[one.key], day=day, needs=needs) for one in committees(session)]


def all_terms(session: Session) -> Mapping[int, list[tuple[CommitteeMember, str]]]:
    """Terms and names by committee."""
    statement = select(CommitteeMember, Person.name).join(Person, col(Person.id) == col(CommitteeMember.person_id))
    found: defaultdict[int, list[tuple[CommitteeMember, str]]] = defaultdict(list)
    for row, name in session.exec(statement.order_by(Person.name, col(CommitteeMember.term_from))):
        found[row.committee_id].append((row, name))
    return found


def held_meetings(session: Session, day: date) -> Mapping[int, list[HeldMeeting]]:
    """By committee: the meetings of the last 12 months to which every member was called, in two queries."""
    since = start_of_day(add_months(day, -12))
    within = (col(Meeting.state).in_(HELD), col(Meeting.opened_at) >= since)
    came: defaultdict[int, set[int]] = defaultdict(set)
    seats = select(MeetingAttendance.meeting_id, MeetingAttendance.person_id).join(
        Meeting, col(Meeting.id) == col(MeetingAttendance.meeting_id)
    )
    for meeting_id, person_id in session.exec(seats.where(*within)):
        came[meeting_id].add(person_id)
    found: defaultdict[int, list[HeldMeeting]] = defaultdict(list)
    statement = select(Meeting, Committee).join(Committee, col(Committee.id) == col(Meeting.committee_id))
    for row, held_by in session.exec(statement.where(*within)):
        if expects_everybody(row.kind, held_by.kind) and row.opened_at:
            found[row.committee_id].append(HeldMeeting(london_day(row.opened_at), frozenset(came[row.key])))
    return found


def entry(
    committee: Committee,
    terms: Sequence[tuple[CommitteeMember, str]],
    held: Sequence[HeldMeeting],
    *,
    day: date,
    needs: Sequence[Need],
) -> CommitteeEntry:
    rows = [row for row, _ in terms]
    lines = [term_line(row, name, held, day=day, others=rows) for row, name in terms]
    places = [Place(line.kind, line.chair) for line in lines if line.runs_on(day) and not line.co_opted]
    gaps = [composition_gap(places, need) for need in needs if need.kind is committee.kind and committee.active]
    return CommitteeEntry(committee, day, lines, [gap for gap in gaps if gap])


def term_line(
    row: CommitteeMember, name: str, held: Sequence[HeldMeeting], *, day: date, others: Sequence[CommitteeMember]
) -> TermLine:
    last = last_day(row.term_to, row.ended_on)
    within = [meeting for meeting in held if row.term_from <= meeting.day <= last]
    return TermLine(
        row.key,
        row.person_id,
        name,
        row.kind,
        row.chair,
        row.co_opted,
        row.term_from,
        last,
        row.ended_why,
        len(within),
        sum(row.person_id in meeting.came for meeting in within),
        ends_soon(last, day) and not row.co_opted and not is_followed(row, last, others),
    )


def is_followed(row: CommitteeMember, last: date, others: Sequence[CommitteeMember]) -> bool:
    """Whether the same person has a later term."""
    return any(other.person_id == row.person_id and last_day(other.term_to, other.ended_on) > last for other in others)
