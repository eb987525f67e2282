"""A meeting with all the cases on its agenda, each as the committee hears it, in four queries whatever their number."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from hcqic_gov.audit.models import AuditEntry
from hcqic_gov.audit.rules import Result
from hcqic_gov.committee.models import Committee, Meeting
from hcqic_gov.committee.queries import Called
from hcqic_gov.committee.rules import MeetingState, MemberKind, expects_everybody
from hcqic_gov.core.ruling import Ruling, refused
from hcqic_gov.ethics.clocks import Clock, Event
from hcqic_gov.ethics.decision_rules import DECISIONS, ON_CHANGES
from hcqic_gov.ethics.facts import Alteration
from hcqic_gov.ethics.gate import clocks_of, happened_on, pack_of
from hcqic_gov.ethics.hearing import Hearing, has_recused
from hcqic_gov.ethics.models import (
    EthicsCase,
    EthicsCondition,
    EthicsEvent,
    EthicsInterest,
    EthicsMinute,
    EthicsVote,
)
from hcqic_gov.ethics.modification_rules import workflow_of
from hcqic_gov.ethics.packs import quorum_rule
from hcqic_gov.ethics.queries import as_resource
from hcqic_gov.ethics.quorum import Seat, counted, quorum
from hcqic_gov.ethics.states import IN_COMMITTEE, CaseKind, Follows, Interest, State, Track, event_title
from hcqic_gov.ethics.vote_words import in_numbers, in_words
from hcqic_gov.people.models import Person
from hcqic_gov.policy.access import Resource
from hcqic_gov.projects.models import Project, TeamMember

BY_VOTE = frozenset(move.name for move in (*DECISIONS, *ON_CHANGES))
SUPERVISION = ("ratify", "suspend", "terminate", "lift_favourable", "lift_favourable_conditions", "lift_not_required")
"""What a meeting settles without a ballot of its own."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the meeting settled about a case: `votes` counts choices in words, the most frequent first."""

    move: str
    title: str
    at: datetime
    reason: str
    before: State
    votes: tuple[tuple[str, int], ...] = ()

    @property
    def votes_in_words(self) -> str:
        """As in "5 for a favourable opinion, 1 abstained"; "" where nobody voted."""
        return in_words(self.votes)


@dataclass(frozen=True, slots=True)
class OnAgenda:
    """A case as a meeting hears it or heard it; `discussion` is what was recorded there ("" where nothing was).

    `called` are the people whom the meeting concerns, `team` those on the project now, `moments` those of its moves.
    """

    case: EthicsCase
    project_reference: str
    project_title: str
    applicant: str
    meeting: Meeting
    called: Sequence[Called]
    team: frozenset[int]
    heard: Hearing
    discussion: str
    outcomes: tuple[Outcome, ...]
    moments: tuple[datetime, ...]

    @property
    def resource(self) -> Resource:
        """The case as the access policies see it."""
        return as_resource(self.case, self.team, self.heard.team, self.heard.interests.values())

    @property
    def is_here(self) -> bool:
        """Whether the case is still on this agenda, and not moved to a later meeting's."""
        return self.case.meeting_id == self.meeting.id

    @property
    def business(self) -> str:
        """Why the committee looks at it, as it was before the meeting settled anything."""
        state = self.outcomes[0].before if self.outcomes else self.case.state
        if (self.is_here and self.case.to_ratify) or any(outcome.move == "ratify" for outcome in self.outcomes):
            return "Suspension to be ratified"
        if state is State.SUSPENDED:
            return "Suspended opinion: lift or terminate it"
        if state is State.RESPONSE_RECEIVED:
            return "Response to a provisional opinion"
        if self.case.kind is CaseKind.MODIFICATION:
            return "Change of an approved study"
        if state in IN_COMMITTEE or self.case.decided_meeting_id == self.meeting.id:
            return "Appeal against another committee" if self.case.follows_as is Follows.APPEAL else "Application"
        return "Opinion in force: look at it again" if self.case.opinion else "Application"

    @property
    def quorum(self) -> Ruling:
        """The statement for this case: kept with its decision, else live, else as attendance was recorded."""
        if self.case.quorum and self.case.decided_meeting_id == self.meeting.id:
            return Ruling(True, reason=self.case.quorum)
        if self.meeting.state is MeetingState.OPEN:
            return self.heard.quorum
        if self.meeting.opened_at and self.heard.pack:
            return quorum(self.heard.seats, quorum_rule(self.case.kind, self.heard.track, self.heard.pack))
        return refused("not_open", self.declarations)

    @property
    def declarations(self) -> str:
        """As in "4 of 7 members have declared their interests; 1 stepped aside"."""
        numbers = {member.person_id for member in self.heard.members}
        declared = numbers & (self.heard.interests.keys() | self.heard.team)
        aside = len({seat for seat in numbers if self.stepped_aside(seat)})
        words = f"{len(declared)} of {len(numbers)} members have declared their interests"
        return f"{words}; {aside} stepped aside" if aside else words

    def stepped_aside(self, person_id: int) -> bool:
        """Recused, or on the project's team."""
        return person_id in self.heard.team or self.heard.interest_of(person_id) is Interest.RECUSED

    @property
    def clock(self) -> Clock | None:
        """The running clock that is due first; one that stands still where no other is."""
        waiting = [clock for clock in self.heard.clocks if not clock.ended]
        return min(waiting, key=lambda clock: clock.due or date.max, default=None)


@dataclass(frozen=True, slots=True)
class Sitting:
    """A meeting, its committee, whom it concerns, and its cases, the oldest first."""

    meeting: Meeting
    committee: Committee
    called: Sequence[Called]
    cases: Sequence[OnAgenda]

    @property
    def apologies(self) -> Sequence[Called]:
        """Members in term who were expected and are not recorded as present; nobody before the meeting opened."""
        expected = expects_everybody(self.meeting.kind, self.committee.kind)
        if not expected or self.meeting.opened_at is None:
            return ()
        return [one for one in self.called if one.member and not one.member.co_opted and one.attendee is None]


@dataclass(slots=True)
class Gathered:
    """What the queries found, by case, before it is put together; `ever` was on the team since the case was begun."""

    ever: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    team: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    interests: dict[int, dict[int, EthicsInterest]] = field(default_factory=lambda: defaultdict(dict))
    votes: dict[int, dict[int, EthicsVote]] = field(default_factory=lambda: defaultdict(dict))
    events: dict[int, list[EthicsEvent]] = field(default_factory=lambda: defaultdict(list))
    past_votes: Sequence[AuditEntry] = ()


@dataclass(slots=True)
class Line:
    """A case with what stands in its row of the query."""

    case: EthicsCase
    project: Project
    applicant: str
    discussion: str
    conditions: list[EthicsCondition]


def sitting(
    session: Session,
    meeting: Meeting,
    committee: Committee,
    called: Sequence[Called],
    *,
    only: EthicsCase | None = None,
) -> Sitting:
    """The meeting with its cases, or with one of them (`only`), in four queries; five where an opinion is past."""
    lines = lines_of(session, meeting, only)
    found = gathered(session, lines)
    moves = ((event, line) for line in lines for event in found.events[line.case.key])
    if any(past_opinion(event, line, meeting) for event, line in moves):
        found.past_votes = votes_on_record(session, meeting, [line.case.key for line in lines])
    cases = [on_agenda(line, meeting, called, found) for line in lines]
    return Sitting(meeting, committee, called, cases)


def lines_of(session: Session, meeting: Meeting, only: EthicsCase | None) -> Sequence[Line]:
    """Cases that the meeting hears, has decided, or has spoken about, with their conditions."""
    here = sa.and_(col(EthicsMinute.case_id) == col(EthicsCase.id), col(EthicsMinute.meeting_id) == meeting.key)
    on_it = sa.or_(
        col(EthicsCase.meeting_id) == meeting.key,
        col(EthicsCase.decided_meeting_id) == meeting.key,
        col(EthicsMinute.id).is_not(None),
    )
    statement = (
        sa.select(EthicsCase, Project, Person.name, EthicsMinute.discussion, EthicsCondition)  # type: ignore[call-overload]
        .join(Project, col(Project.id) == col(EthicsCase.project_id))
        .join(Person, col(Person.id) == col(EthicsCase.applicant_id))
        .outerjoin(EthicsMinute, here)
        .outerjoin(EthicsCondition, col(EthicsCondition.case_id) == col(EthicsCase.id))
        .where(on_it if only is None else col(EthicsCase.id) == only.key)
        .order_by(col(EthicsCase.id), col(EthicsCondition.id))
    )
    lines: dict[int, Line] = {}
    for case, project, applicant, discussion, condition in session.execute(statement):
        line = lines.setdefault(case.key, Line(case, project, applicant, discussion or "", []))
        if condition:
            line.conditions.append(condition)
    return list(lines.values())


def gathered(session: Session, lines: Sequence[Line]) -> Gathered:
    """Teams, interests with votes, and events of these cases, in three queries."""
    found, numbers = Gathered(), [line.case.key for line in lines]
    if not numbers:
        return found
    members = session.exec(select(TeamMember).where(col(TeamMember.project_id).in_({row.project.key for row in lines})))
    by_project: dict[int, list[TeamMember]] = defaultdict(list)
    for member in members:
        by_project[member.project_id].append(member)
    for line in lines:
        add_team(found, line, by_project[line.project.key])
    for interest, vote in session.execute(interests_with_votes(numbers)):
        found.interests[interest.case_id][interest.person_id] = interest
        if vote:
            found.votes[vote.case_id][vote.person_id] = vote
    for event in session.exec(
        select(EthicsEvent).where(col(EthicsEvent.case_id).in_(numbers)).order_by(col(EthicsEvent.id))
    ):
        found.events[event.case_id].append(event)
    return found


def add_team(found: Gathered, line: Line, members: Iterable[TeamMember]) -> None:
    """Who is on the team now, and who was at any time since the case was begun."""
    number, always = line.case.key, {line.project.lead_id, line.case.applicant_id}
    found.team[number] = always | {one.person_id for one in members if one.left_at is None}
    since = line.case.created_at
    found.ever[number] = always | {one.person_id for one in members if one.left_at is None or one.left_at >= since}


def interests_with_votes(numbers: Sequence[int]) -> Any:
    """Who votes has declared before: so one query finds both."""
    same = sa.and_(
        col(EthicsVote.case_id) == col(EthicsInterest.case_id),
        col(EthicsVote.person_id) == col(EthicsInterest.person_id),
    )
    return (
        sa.select(EthicsInterest, EthicsVote)
        .outerjoin(EthicsVote, same)
        .where(col(EthicsInterest.case_id).in_(numbers))
        .order_by(col(EthicsInterest.id))
    )


def past_opinion(event: EthicsEvent, line: Line, meeting: Meeting) -> bool:
    """Whether this came of a vote that is no longer stored (of a provisional opinion, or heard elsewhere since)."""
    return event.move in BY_VOTE and was_open(meeting, event.at) and not of_stored_vote(event, line.case, meeting)


def of_stored_vote(event: EthicsEvent, case: EthicsCase, meeting: Meeting) -> bool:
    """Whether this is the present decision, whose votes are kept while the case is on the same agenda."""
    return (event.at, event.to_state, meeting.id) == (case.decided_at, case.opinion, case.meeting_id)


def votes_on_record(session: Session, meeting: Meeting, numbers: Sequence[int]) -> Sequence[AuditEntry]:
    """Entries of the votes cast while the meeting was open, the oldest first."""
    statement = select(AuditEntry).where(
        AuditEntry.subject_kind == EthicsCase.__tablename__,
        col(AuditEntry.subject_id).in_(numbers),
        AuditEntry.action == "ethics.vote",
        AuditEntry.result == Result.DONE,
        col(AuditEntry.at) >= meeting.opened_at,
    )
    return session.exec(statement.order_by(col(AuditEntry.number))).all()


def on_agenda(line: Line, meeting: Meeting, called: Sequence[Called], found: Gathered) -> OnAgenda:
    case = line.case
    heard = hearing_of(line, meeting, called, found)
    outcomes = tuple(outcomes_of(case, meeting, heard, found))
    return OnAgenda(
        case,
        line.project.reference,
        line.project.title,
        line.applicant,
        meeting,
        called,
        frozenset(found.team[case.key]),
        heard,
        line.discussion,
        outcomes,
        tuple(event.at for event in found.events[case.key]),
    )


def hearing_of(line: Line, meeting: Meeting, called: Sequence[Called], found: Gathered) -> Hearing:
    case, number = line.case, line.case.key
    team, interests = frozenset(found.ever[number]), found.interests[number]
    events = [
        Event(event.move, event.to_state, event.at, happened_on(case, event.to_state)) for event in found.events[number]
    ]
    return Hearing(
        kind=case.kind,
        team=team,
        members=[one.member for one in called if one.member],
        meeting=meeting,
        interests=interests,
        votes=found.votes[number] if case.meeting_id == meeting.id else {},
        seats=seats(called, team, interests),
        conditions=line.conditions,
        questions=(),
        clocks=clocks_of(case, events),
        pack=pack_of(case),
        track=case.track or Track.FULL,
        version=1,
        substantial=0,
        alteration=Alteration(),
        barred_committee=None,
        followed=False,
        built_upon=False,
        papers=(),
        reviews={},
        successors=frozenset(),
    )


def seats(called: Sequence[Called], team: frozenset[int], interests: Mapping[int, EthicsInterest]) -> Sequence[Seat]:
    """Who is present, with what this case makes of each of them."""
    return [
        Seat(
            one.person_id,
            one.name,
            one.attendee.kind,
            one.attendee.presiding,
            one.member is not None,
            one.person_id in team or has_recused(interests, one.person_id),
            one.person_id in interests,
        )
        for one in called
        if one.attendee
    ]


def outcomes_of(case: EthicsCase, meeting: Meeting, heard: Hearing, found: Gathered) -> Iterator[Outcome]:
    """What was settled while the meeting was open, the oldest first."""
    since = meeting.opened_at
    for event in found.events[case.key]:
        if since is None or not was_open(meeting, event.at) or event.move not in {*BY_VOTE, *SUPERVISION}:
            continue
        title = event_title(event.move, event.to_state)
        votes: Iterable[str] = ()
        if event.move in BY_VOTE:
            title = workflow_of(case.kind).move(event.move).label.removeprefix("give ").capitalize()
            votes = past_ballot(found.past_votes, case, heard, since, event.at)
            if of_stored_vote(event, case, meeting):
                votes = heard.ballot.votes.values()
            since = event.at
        yield Outcome(event.move, title, event.at, event.reason, event.from_state, in_numbers(votes))


def was_open(meeting: Meeting, at: datetime) -> bool:
    if meeting.opened_at is None or at < meeting.opened_at:
        return False
    return meeting.closed_at is None or at <= meeting.closed_at


def past_ballot(
    entries: Iterable[AuditEntry], case: EthicsCase, heard: Hearing, since: datetime, at: datetime
) -> Sequence[str]:
    """The last vote of each who was present and had not stepped aside at this moment."""
    mine = [entry.details["after"] for entry in entries if entry.subject_id == case.id and since <= entry.at <= at]
    last = {vote["person_id"]: vote["choice"] for vote in mine}
    aside = {
        number for number, row in heard.interests.items() if row.interest is Interest.RECUSED and row.declared_at <= at
    }
    return [choice for number, choice in last.items() if heard.is_present(number) and number not in aside]


def by_kind(called: Iterable[Called]) -> Mapping[MemberKind, int]:
    """How many of each kind are present."""
    return Counter(one.attendee.kind for one in called if one.attendee)


def voters(item: OnAgenda) -> tuple[int, int]:
    """How many of those who count have voted, and how many count."""
    return len(item.heard.ballot.votes), len(counted(item.heard.seats))
