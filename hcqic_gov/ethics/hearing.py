"""One case as the committee hears it: who is present, who stepped aside, how the votes stand, what the guards see."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from hcqic_gov.committee.queries import Member, members
from hcqic_gov.committee.rules import MEMBER_LABELS
from hcqic_gov.core.actor import Actor
from hcqic_gov.core.ruling import Ruling, first_refusal, refused
from hcqic_gov.core.workflow import Move
from hcqic_gov.db import found
from hcqic_gov.ethics.gate import case, pack_of, team_of
from hcqic_gov.ethics.letters import LetterCondition, LetterMember, OpinionLetter
from hcqic_gov.ethics.models import (
    EthicsAttendance,
    EthicsCase,
    EthicsCondition,
    EthicsEvent,
    EthicsInterest,
    EthicsVote,
)
from hcqic_gov.ethics.packs import EthicsPack
from hcqic_gov.ethics.quorum import Ballot, Seat, counted, quorum
from hcqic_gov.ethics.rules import WORKFLOW, Condition, Facts, NewCondition, Proposal
from hcqic_gov.ethics.states import HOLDERS, INTERNAL_NAMES, Interest, State, Track
from hcqic_gov.people.models import Person
from hcqic_gov.people.queries import names
from hcqic_gov.people.rules import ROLE_LABELS, Role
from hcqic_gov.policy.access import Resource, may
from hcqic_gov.projects.models import Project

COMMITTEE = "Ethics Committee of the Health and Care Quantum Innovation Centre"


@dataclass(frozen=True, slots=True)
class Hearing:
    """The committee on one case: members in term on the day, interests and votes by person, and who is present."""

    team: frozenset[int]
    members: Sequence[Member]
    interests: Mapping[int, EthicsInterest]
    votes: Mapping[int, EthicsVote]
    seats: Sequence[Seat]
    conditions: Sequence[EthicsCondition]
    pack: EthicsPack | None
    track: Track

    @property
    def quorum(self) -> Ruling:
        """The live statement; not quorate before the case has a policy pack."""
        if self.pack is None:
            return refused("quorate", "The application has not been submitted")
        return quorum(self.seats, self.pack.tracks[self.track].quorum)

    @property
    def ballot(self) -> Ballot:
        """The votes of those who count now: a recusal takes a vote out at once."""
        seats = {seat.person_id: seat for seat in counted(self.seats)}
        live = {number: vote.choice for number, vote in self.votes.items() if number in seats}
        chair = next((number for number, seat in seats.items() if seat.chair), None)
        if self.pack is None:
            return Ballot(live, chair)
        return Ballot(live, chair, self.pack.tracks[self.track].quorum.members, self.pack.casting_vote)

    def condition(self, number: int) -> EthicsCondition:
        """Errors: NotFound."""
        return found(next((row for row in self.conditions if row.id == number), None), "this condition")

    def in_term(self, person_id: int) -> bool:
        return any(member.person_id == person_id for member in self.members)

    def interest_of(self, person_id: int) -> Interest | None:
        row = self.interests.get(person_id)
        return row.interest if row else None

    def is_present(self, person_id: int) -> bool:
        return any(seat.person_id == person_id for seat in self.seats)


def hearing(session: Session, case: EthicsCase, day: date) -> Hearing:
    """In eight queries."""
    team, in_office = team_of(session, case), members(session, day)
    interests = {row.person_id: row for row in rows(session, EthicsInterest, case)}
    in_term = {member.person_id for member in in_office}
    statement = (
        select(EthicsAttendance, Person.name)
        .join(Person, col(Person.id) == col(EthicsAttendance.person_id))
        .where(EthicsAttendance.case_id == case.id)
        .order_by(Person.name)
    )
    seats = [
        Seat(
            row.person_id,
            name,
            row.kind,
            row.chair,
            row.person_id in in_term,
            row.person_id in team or has_recused(interests, row.person_id),
            row.person_id in interests,
        )
        for row, name in session.exec(statement)
    ]
    votes = {row.person_id: row for row in rows(session, EthicsVote, case)}
    conditions = rows(session, EthicsCondition, case)
    return Hearing(team, in_office, interests, votes, seats, conditions, pack_of(case), case.track or Track.FULL)


def rows(session: Session, kind: type[Any], case: EthicsCase) -> Sequence[Any]:
    return session.exec(select(kind).where(kind.case_id == case.id).order_by(kind.id)).all()


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
) -> Facts:
    """What the guards look at."""
    return Facts(
        actor.id,
        day,
        case.applicant_id,
        heard.team,
        missing_parts(case),
        case.material_issue,
        heard.in_term(actor.id),
        heard.interest_of(actor.id),
        heard.is_present(actor.id),
        heard.quorum,
        heard.ballot,
        case.opinion,
        case.valid_to,
        Condition(condition.satisfied_by or 0, condition.confirmed_at is not None) if condition else None,
        proposal,
    )


def missing_parts(case: EthicsCase) -> tuple[str, ...]:
    """What an application still lacks, in words."""
    parts = {
        "the title": case.title,
        "the lay summary": case.lay_summary,
        "who takes part": case.participants,
        "at least one purpose": case.purposes,
        "at least one method": case.methods,
    }
    return tuple(words for words, value in parts.items() if not value)


def possible_moves(
    case: EthicsCase, heard: Hearing, resource: Resource, *, actor: Actor, day: date
) -> Sequence[tuple[Move[State, Facts], Ruling]]:
    """The moves of this person's roles from here, each with whether it is open to them once its form is filled in.

    Ways back to an opinion that the case never had are left out.
    """
    rulings = [
        (step, step_ruling(case, heard, resource, step.name, actor=actor, day=day))
        for step in WORKFLOW.moves_from(case.state)
        if step.target is not None and actor.has(*step.who)
    ]
    return [(step, ruling) for step, ruling in rulings if not ruling.code.startswith("opinion_was_")]


def asked(
    case: EthicsCase, heard: Hearing, resource: Resource, step: Move[State, Facts], *, actor: Actor, day: date
) -> Iterator[Ruling]:
    """First who may, then what may happen, with a form filled in as far as that can be known before."""
    yield may(actor, f"ethics.{step.name}", resource)
    filled = Proposal("A reason.", step.name, (NewCondition("A condition.", pre_start=False),), day, day)
    yield WORKFLOW.ruling(step.name, case.state, facts_of(case, heard, filled, actor=actor, day=day))


def step_ruling(case: EthicsCase, heard: Hearing, resource: Resource, name: str, *, actor: Actor, day: date) -> Ruling:
    """May this person make this move now?"""
    return first_refusal(asked(case, heard, resource, WORKFLOW.move(name), actor=actor, day=day))


def holder(case: EthicsCase, heard: Hearing) -> str:
    """Who must do the next thing, an open condition included; "" where there is nothing to do."""
    if case.state is State.FAVOURABLE_CONDITIONS and any(row.satisfied_at is None for row in heard.conditions):
        return HOLDERS[State.DRAFT]
    if case.state is State.FAVOURABLE_CONDITIONS and any(row.confirmed_at is None for row in heard.conditions):
        return HOLDERS[State.SUBMITTED]
    return HOLDERS.get(case.state, "")


def votes_open_to(case: EthicsCase, heard: Hearing, actor: Actor) -> bool:
    """Votes are blind until one's own is in; after the decision the committee's office and auditors see them."""
    if actor.has(Role.AUDITOR) or actor.id in heard.votes:
        return True
    return case.decided_at is not None and actor.has(Role.ETHICS_OFFICER, Role.CHAIR) and actor.id not in heard.team


def letter(session: Session, reference: str) -> OpinionLetter:
    """The decision on a case as its letter says it. Errors: NotFound, Refused where nothing is decided."""
    row = case(session, reference)
    if row.decided_at is None or row.decided_by is None or row.opinion is None:
        refused("undecided", f"{reference} has not been decided, so there is no letter.").require()
        raise AssertionError
    project = session.get_one(Project, row.project_id)
    people = names(session, {row.applicant_id, row.decided_by})
    heard = hearing(session, row, row.decided_at.date())
    pack = pack_of(row)
    return OpinionLetter(
        row.reference,
        row.title,
        project.reference,
        project.title,
        people[row.applicant_id],
        COMMITTEE,
        INTERNAL_NAMES[row.opinion],
        row.reasons,
        tuple(LetterCondition(condition.text, condition.pre_start) for condition in heard.conditions),
        row.valid_from,
        row.valid_to,
        tuple(LetterMember(seat.name, MEMBER_LABELS[seat.kind], seat.chair) for seat in present_members(row, heard)),
        row.quorum,
        pack.title if pack else "",
        row.pack_fingerprint or "",
        row.decided_at,
        people[row.decided_by],
        ROLE_LABELS[Role(row.decided_as)],
    )


def present_members(case: EthicsCase, heard: Hearing) -> Sequence[Seat]:
    """Those who counted; nobody where an officer determined it without the committee."""
    return counted(heard.seats) if case.quorum else ()
