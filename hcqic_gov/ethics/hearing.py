"""One case as the committee hears it: who is present, who stepped aside, how the votes stand, what the guards see."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from hcqic_gov.committee import queries as committees
from hcqic_gov.committee.models import Meeting
from hcqic_gov.committee.queries import Member
from hcqic_gov.committee.rules import AHEAD, MeetingKind, MeetingState
from hcqic_gov.core.actor import Actor
from hcqic_gov.core.ruling import Ruling, first_refusal, refused
from hcqic_gov.core.workflow import Move
from hcqic_gov.db import found
from hcqic_gov.ethics.application import held_kinds, missing_parts
from hcqic_gov.ethics.clocks import Clock, ClockKind, next_due
from hcqic_gov.ethics.enclosures import papers_of
from hcqic_gov.ethics.facts import NOT_HEARD, Alteration, Condition, Facts, NewCondition, Proposal, Question, Seating
from hcqic_gov.ethics.gate import clocks_of, events_of, pack_of, team_of
from hcqic_gov.ethics.models import (
    EthicsCase,
    EthicsCondition,
    EthicsEvent,
    EthicsInterest,
    EthicsQuestion,
    EthicsReview,
    EthicsVote,
)
from hcqic_gov.ethics.modification_rules import workflow_of
from hcqic_gov.ethics.packs import EthicsPack, quorum_rule
from hcqic_gov.ethics.papers import Paper
from hcqic_gov.ethics.quorum import Ballot, Seat, counted, quorum
from hcqic_gov.ethics.rules import WITH_SERVICE
from hcqic_gov.ethics.states import HOLDERS, CaseKind, ChangeClass, Follows, Interest, State, Track
from hcqic_gov.ethics.versions import alteration_of, in_effect
from hcqic_gov.people.queries import names, with_role
from hcqic_gov.people.rules import Role
from hcqic_gov.policy.access import Resource, may


@dataclass(frozen=True, slots=True)
class Hearing:
    """The committee on one case: members in term on the day, interests and votes by person, and who is present.

    `meeting` is the one on whose agenda the case is; `version` the number of the content in effect (1 before),
    `substantial` that of the newest content that a substantial modification brought (0: none did); `successors` are
    those of the team who could be the applicant: project leads.
    """

    kind: CaseKind
    team: frozenset[int]
    members: Sequence[Member]
    meeting: Meeting | None
    interests: Mapping[int, EthicsInterest]
    votes: Mapping[int, EthicsVote]
    seats: Sequence[Seat]
    conditions: Sequence[EthicsCondition]
    questions: Sequence[EthicsQuestion]
    clocks: Sequence[Clock]
    pack: EthicsPack | None
    track: Track
    version: int
    substantial: int
    alteration: Alteration
    barred_committee: int | None
    followed: bool
    built_upon: bool
    papers: Sequence[Paper]
    reviews: Mapping[int, EthicsReview]
    successors: frozenset[int]

    @property
    def on_agenda(self) -> bool:
        return self.meeting is not None and self.meeting.state in AHEAD

    @property
    def in_session(self) -> bool:
        return self.meeting is not None and self.meeting.state is MeetingState.OPEN

    @property
    def quorum(self) -> Ruling:
        """The live statement; not quorate before there is a policy pack, or while no meeting is open."""
        if self.pack is None or self.meeting is None:
            return NOT_HEARD
        if self.meeting.state is not MeetingState.OPEN:
            return refused("quorate", f"The meeting {self.meeting.reference} is not open")
        return quorum(self.seats, quorum_rule(self.kind, self.track, self.pack))

    @property
    def ballot(self) -> Ballot:
        """The votes of those who count now: a recusal takes a vote out at once."""
        seats = {seat.person_id: seat for seat in counted(self.seats)}
        live = {number: vote.choice for number, vote in self.votes.items() if number in seats}
        chair = next((number for number, seat in seats.items() if seat.chair), None)
        if self.pack is None:
            return Ballot(live, chair)
        return Ballot(live, chair, quorum_rule(self.kind, self.track, self.pack).members, self.pack.casting_vote)

    @property
    def eligible(self) -> frozenset[int]:
        """Members in term who have declared and not stepped aside: those who can be made delegates."""
        declared = {
            number for number, row in self.interests.items() if row.interest is not Interest.RECUSED
        } - self.team
        return frozenset(member.person_id for member in self.members if member.person_id in declared)

    @property
    def assignable(self) -> frozenset[int]:
        """Members in term who may still be asked for a review, whether or not they have declared yet."""
        apart = {number for number in self.interests if has_recused(self.interests, number)}
        return frozenset({member.person_id for member in self.members} - self.team - self.reviews.keys() - apart)

    @property
    def awaited(self) -> frozenset[int]:
        """Members whose review is asked for and not in yet."""
        return frozenset(number for number, row in self.reviews.items() if row.submitted_at is None)

    def condition(self, number: int) -> EthicsCondition:
        """Errors: NotFound."""
        return found(next((row for row in self.conditions if row.id == number), None), "this condition")

    def question(self, number: int) -> EthicsQuestion:
        """By its number on the list. Errors: NotFound."""
        return found(next((row for row in self.questions if row.number == number), None), "this question")

    def in_term(self, person_id: int) -> bool:
        return any(member.person_id == person_id for member in self.members)

    def interest_of(self, person_id: int) -> Interest | None:
        row = self.interests.get(person_id)
        return row.interest if row else None

    def is_present(self, person_id: int) -> bool:
        return any(seat.person_id == person_id for seat in self.seats)

    def presides(self, person_id: int) -> bool:
        """In the chair of the meeting that hears the case now."""
        return self.in_session and any(seat.person_id == person_id and seat.chair for seat in self.seats)


def hearing(session: Session, case: EthicsCase, day: date) -> Hearing:
    """The case at the meeting on whose agenda it is, in at most fifteen queries; a modification in a few more."""
    meeting = session.get(Meeting, case.meeting_id) if case.meeting_id else None
    team = team_of(session, case)
    members = committees.members(session, day, committee_id=case.committee_id)
    interests = {row.person_id: row for row in rows(session, EthicsInterest, case)}
    effective = in_effect(session, case)
    return Hearing(
        case.kind,
        team,
        members,
        meeting,
        interests,
        {row.person_id: row for row in rows(session, EthicsVote, case)},
        seats_at(session, case.meeting_id, {member.person_id for member in members}, team, interests),
        rows(session, EthicsCondition, case),
        rows(session, EthicsQuestion, case),
        clocks_of(case, events_of(session, [case])[case.key]),
        pack_of(case),
        case.track or Track.FULL,
        max((number for number, _ in effective), default=1),
        max((number for number, came_from in effective if came_from is ChangeClass.SUBSTANTIAL), default=0),
        alteration_of(session, case),
        barred_committee(session, case),
        is_followed(session, case),
        len(effective) > 1,
        papers_of(session, case.key),
        {row.reviewer_id: row for row in rows(session, EthicsReview, case)},
        team & {number for number, _ in with_role(session, Role.PROJECT_LEAD)},
    )


def seats_at(
    session: Session,
    meeting_id: int | None,
    in_term: set[int],
    team: frozenset[int],
    interests: Mapping[int, EthicsInterest],
) -> Sequence[Seat]:
    """Who is present at a meeting, with what this case makes of each of them."""
    if meeting_id is None:
        return ()
    return [
        Seat(
            row.person_id,
            row.name,
            row.kind,
            row.presiding,
            row.person_id in in_term,
            row.person_id in team or has_recused(interests, row.person_id),
            row.person_id in interests,
        )
        for row in committees.attendance(session, meeting_id)
    ]


def rows(session: Session, kind: Any, case: EthicsCase) -> Sequence[Any]:
    read: Sequence[Any] = session.exec(rows_of_case(kind), params={"case": case.id}).all()
    return read


@cache
def rows_of_case(kind: Any) -> Any:
    """SQL: put together once, since each move of a case reads five kinds."""
    return select(kind).where(kind.case_id == sa.bindparam("case")).order_by(kind.id)


def barred_committee(session: Session, case: EthicsCase) -> int | None:
    """The committee whose decision is appealed against."""
    if case.follows_as is not Follows.APPEAL:
        return None
    return session.exec(select(EthicsCase.committee_id).where(EthicsCase.id == case.follows_id)).one()


def is_followed(session: Session, case: EthicsCase) -> bool:
    return session.exec(select(EthicsCase.id).where(EthicsCase.follows_id == case.id)).first() is not None


def has_recused(interests: Mapping[int, EthicsInterest], person_id: int) -> bool:
    return person_id in interests and interests[person_id].interest is Interest.RECUSED


def timeline(session: Session, case: EthicsCase) -> Sequence[EthicsEvent]:
    """The moves of the case, newest first."""
    statement = select(EthicsEvent).where(EthicsEvent.case_id == case.id).order_by(sa.desc(col(EthicsEvent.id)))
    return session.exec(statement).all()


def facts_of(
    case: EthicsCase,
    heard: Hearing,
    proposal: Proposal,
    *,
    actor: Actor,
    day: date,
    condition: EthicsCondition | None = None,
    seating: Seating | None = None,
) -> Facts:
    """What the guards look at."""
    return Facts(
        actor_id=actor.id,
        today=day,
        applicant_id=case.applicant_id,
        team=heard.team,
        missing=missing_of(case, heard),
        track=case.track,
        material_issue=case.material_issue,
        seating=seating,
        barred_committee=heard.barred_committee,
        on_agenda=heard.on_agenda,
        in_term=heard.in_term(actor.id),
        interest=heard.interest_of(actor.id),
        present=heard.is_present(actor.id),
        presides=heard.presides(actor.id),
        quorum=heard.quorum,
        vote_open=case.vote_open and heard.in_session,
        ballot=heard.ballot,
        questions=tuple(Question(row.number, row.answered_at is not None) for row in heard.questions),
        response_due=response_due(heard),
        delegate_id=case.delegate_id,
        eligible=heard.eligible,
        assignable=heard.assignable,
        awaited=heard.awaited,
        successors=heard.successors,
        assigned=actor.id in heard.reviews,
        opinion=case.opinion,
        valid_to=case.valid_to,
        condition=Condition(condition.satisfied_by or 0, condition.confirmed_at is not None) if condition else None,
        safety_halt=case.safety_halt,
        changed_since_halt=heard.substantial > (case.halted_version or 1),
        to_ratify=case.to_ratify,
        undo_asked_by=case.undo_asked_by,
        built_upon=heard.built_upon,
        followed=heard.followed,
        reported=case.reported_at is not None,
        alteration=heard.alteration,
        proposal=proposal,
    )


def missing_of(case: EthicsCase, heard: Hearing) -> tuple[str, ...]:
    """What the application still lacks, documents included; a change also says why it is made."""
    unsaid = case.kind is CaseKind.MODIFICATION and not case.change_reason.strip()
    return (*missing_parts(case, held_kinds(heard.papers)), *(("the reason for the change",) if unsaid else ()))


def seating_of(session: Session, meeting_id: int | None) -> Seating | None:
    """The meeting that a proposal names. Errors: NotFound."""
    if meeting_id is None:
        return None
    meeting = found(session.get(Meeting, meeting_id), "this meeting")
    track = Track.FULL if meeting.kind is MeetingKind.FULL else Track.PROPORTIONATE
    return Seating(meeting.committee_id, track, over=meeting.state not in AHEAD)


def response_due(heard: Hearing) -> date | None:
    """The last day for a response; None where the pack sets no limit, or nothing is awaited."""
    return next((clock.due for clock in heard.clocks if clock.kind is ClockKind.RESPONSE and not clock.ended), None)


def possible_moves(
    case: EthicsCase, heard: Hearing, resource: Resource, *, actor: Actor, day: date
) -> Sequence[tuple[Move[State, Facts], Ruling]]:
    """The moves of this person's roles from here, each with whether it is open to them once its form is filled in.

    Ways back to an opinion that the case never had are left out, and ways on for changes of another class.
    """
    rulings = [
        (step, step_ruling(case, heard, resource, step.name, actor=actor, day=day))
        for step in workflow_of(case.kind).moves_from(case.state)
        if step.name not in WITH_SERVICE and actor.has(*step.who)
    ]
    return [(step, ruling) for step, ruling in rulings if not ruling.code.startswith(("opinion_was_", "class_is_"))]


def asked(
    case: EthicsCase, heard: Hearing, resource: Resource, step: Move[State, Facts], *, actor: Actor, day: date
) -> Iterator[Ruling]:
    """First who may, then what may happen, with a form filled in as far as that can be known before."""
    yield may(actor, f"ethics.{step.name}", resource)
    seating = Seating(0, case.track or Track.FULL)
    facts = facts_of(case, heard, filled(case, heard, step, day), actor=actor, day=day, seating=seating)
    yield workflow_of(case.kind).ruling(step.name, case.state, facts)


def filled(case: EthicsCase, heard: Hearing, step: Move[State, Facts], day: date) -> Proposal:
    """A form as it could be filled in, so that a button is grey only for what no form can mend."""
    later = max(day, case.valid_to + timedelta(days=1)) if case.valid_to else day
    named = {
        "hand_over": heard.successors - {case.applicant_id},
        "assign_reviewer": heard.assignable,
        "release_reviewer": heard.awaited,
    }.get(step.name, frozenset())
    return Proposal(
        reason="A reason.",
        decision=step.name,
        conditions=(NewCondition("A condition.", pre_start=False),),
        valid_from=day,
        valid_to=later,
        track=case.track or Track.FULL,
        questions=("A question?",),
        again=tuple(row.number for row in heard.questions),
        person_id=next(iter(named), None),
        on=day,
        due=day,
        change_class=next(kind for kind in ChangeClass if kind is not heard.alteration.computed),
    )


@dataclass(frozen=True, slots=True)
class Choosable:
    """What the form of a move offers, by field: numbers with words."""

    by_field: Mapping[str, Sequence[tuple[int, str]]]


def choosable(session: Session, case: EthicsCase, heard: Hearing) -> Choosable:
    people = names(session, {*heard.eligible, *heard.successors})
    return Choosable(
        {
            "meeting_id": committees.meetings_ahead(session),
            "again": [(row.number, f"{row.number}. {row.text}") for row in heard.questions],
            "delegate": sorted(((number, people[number]) for number in heard.eligible), key=itemgetter(1)),
            "person_id": sorted(
                ((number, people[number]) for number in heard.successors - {case.applicant_id}), key=itemgetter(1)
            ),
        }
    )


def step_ruling(case: EthicsCase, heard: Hearing, resource: Resource, name: str, *, actor: Actor, day: date) -> Ruling:
    """May this person make this move now?"""
    return first_refusal(asked(case, heard, resource, workflow_of(case.kind).move(name), actor=actor, day=day))


def holder(case: EthicsCase, heard: Hearing) -> str:
    """Who must do the next thing, an open condition included; "" where there is nothing to do."""
    if case.state is State.FAVOURABLE_CONDITIONS and any(row.satisfied_at is None for row in heard.conditions):
        return HOLDERS[State.DRAFT]
    if case.state is State.FAVOURABLE_CONDITIONS and any(row.confirmed_at is None for row in heard.conditions):
        return HOLDERS[State.SUBMITTED]
    if case.state is State.CLOSED and next_due(heard.clocks):
        return HOLDERS[State.DRAFT]
    return HOLDERS.get(case.state, "")


def votes_open_to(case: EthicsCase, heard: Hearing, actor: Actor) -> bool:
    """Votes are blind until one's own is in; after the decision the committee's office and auditors see them."""
    if actor.has(Role.AUDITOR) or actor.id in heard.votes:
        return True
    return case.decided_at is not None and actor.has(Role.ETHICS_OFFICER, Role.CHAIR) and actor.id not in heard.team
