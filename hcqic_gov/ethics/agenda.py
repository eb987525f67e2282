"""The agenda of a meeting as one person may see it: papers after declaring, nothing for who stepped aside."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from hcqic_gov.committee.rules import AHEAD, HELD, MeetingState
from hcqic_gov.core.actor import Actor
from hcqic_gov.core.ruling import Ruling
from hcqic_gov.ethics.clocks import CLOCK_LABELS, ClockState, in_words
from hcqic_gov.ethics.hearing import step_ruling, votes_open_to
from hcqic_gov.ethics.models import EthicsCase
from hcqic_gov.ethics.modification_rules import workflow_of
from hcqic_gov.ethics.sitting import OnAgenda, Outcome, Sitting, voters
from hcqic_gov.ethics.states import (
    IN_COMMITTEE,
    IN_FORCE,
    METHOD_LABELS,
    PURPOSE_LABELS,
    TRACK_LABELS,
    Method,
    Purpose,
    State,
)
from hcqic_gov.ethics.vote_words import in_numbers
from hcqic_gov.people.rules import Role
from hcqic_gov.policy.access import Resource, may
from hcqic_gov.projects.rules import label

MEMBERS = (Role.COMMITTEE_EXPERT, Role.COMMITTEE_LAY, Role.CHAIR)
STEPS = ("declare_interest", "vote", "open_vote", "record_minute", "reschedule")
DECLARABLE = (*IN_COMMITTEE, *IN_FORCE, State.HALTED, State.SUSPENDED)


class Part(StrEnum):
    """What the signed-in person is to this item."""

    READER = "reader"
    ASIDE = "aside"
    DECLARE = "declare"
    DECLARED = "declared"
    VOTE = "vote"
    VOTED = "voted"
    PRESIDE = "preside"


PART_WORDS = {
    Part.DECLARE: "Say first whether you have an interest: then you see the papers.",
    Part.DECLARED: "You have declared your interests.",
    Part.VOTE: "The vote is open: your vote is awaited.",
    Part.VOTED: "Your vote is in. You can change it while the vote is open.",
    Part.PRESIDE: "You are in the chair: open the vote when the committee is ready.",
}


@dataclass(frozen=True, slots=True)
class Vote:
    """How the vote stands: `voted` of `entitled`; `choices` in words and numbers where this person may see them."""

    is_open: bool
    voted: int
    entitled: int
    choices: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Papers:
    """The summary of an application."""

    lay_summary: str
    data: str
    purposes: tuple[str, ...]
    methods: tuple[str, ...]
    participants: str


@dataclass(frozen=True, slots=True)
class AgendaItem:
    """One item as this person may see it.

    Who stepped aside is shown the reference only, who has to declare the title too (`part`). `papers` and
    `discussion` are empty where they may not be read; `conditions` are texts with whether work waits for them.
    """

    number: int
    reference: str
    part: Part
    title: str
    project_reference: str
    project_title: str
    track: str
    applicant: str
    business: str
    state: State
    quorum: Ruling
    clock: str
    late: bool
    vote: Vote | None
    papers: Papers | None
    discussion: str
    outcomes: tuple[Outcome, ...]
    opinion: State | None
    conditions: tuple[tuple[str, bool], ...]
    to_do: tuple[str, ...]
    steps: tuple[str, ...]


def items(sat: Sitting, actor: Actor, day: date) -> Sequence[AgendaItem]:
    """The items in order, for this person on this London day."""
    return [item(number, one, actor, day) for number, one in enumerate(sat.cases, start=1)]


def item(number: int, one: OnAgenda, actor: Actor, day: date) -> AgendaItem:
    case, resource = one.case, one.resource
    closed = not may(actor, "ethics.read", resource).allowed
    papers = not closed and may(actor, "ethics.read_papers", resource).allowed
    inside = not closed and in_the_office(one, actor)
    part = Part.ASIDE if closed else part_of(one, actor)
    decided_here = case.decided_meeting_id == one.meeting.id
    return AgendaItem(
        number,
        case.reference,
        part,
        case.title,
        one.project_reference,
        one.project_title,
        TRACK_LABELS[case.track] if case.track else "",
        one.applicant,
        one.business,
        case.state,
        one.quorum,
        clock_words(one, day),
        one.clock is not None and one.clock.state(day) is ClockState.LATE,
        vote_of(one, actor) if inside else None,
        papers_of(case) if papers else None,
        one.discussion if inside and papers else "",
        tuple(shown(outcome, reason=papers, votes=inside) for outcome in one.outcomes),
        case.opinion if decided_here else None,
        tuple((row.text, row.pre_start) for row in one.heard.conditions) if decided_here else (),
        tuple(to_do(one)) if inside and actor.has(Role.ETHICS_OFFICER) else (),
        tuple(steps(one, resource, actor, day)) if inside else (),
    )


def clock_words(one: OnAgenda, day: date) -> str:
    """As in "Opinion: due 22 December 2026, 30 days left"; "" where no clock runs."""
    if one.clock is None:
        return ""
    due = f"due {one.clock.due.day} {one.clock.due:%B %Y}, " if one.clock.due else ""
    return f"{CLOCK_LABELS[one.clock.kind]}: {due}{in_words(one.clock, day).lower()}"


def in_the_office(one: OnAgenda, actor: Actor) -> bool:
    """Whether this person follows the hearing from the committee's side."""
    return actor.has(*MEMBERS, Role.ETHICS_OFFICER, Role.AUDITOR) and actor.id not in one.heard.team


def part_of(one: OnAgenda, actor: Actor) -> Part:
    """What a member has to do or has done, while the meeting is ahead; everybody else reads."""
    heard, number = one.heard, actor.id
    member = actor.has(*MEMBERS) and heard.in_term(number) and number not in heard.team
    if not (member and one.is_here and heard.on_agenda and one.case.state in DECLARABLE):
        return Part.READER
    if heard.interest_of(number) is None:
        return Part.DECLARE
    if one.case.vote_open and heard.is_present(number):
        return Part.VOTED if number in heard.votes else Part.VOTE
    if heard.presides(number) and one.case.state in IN_COMMITTEE:
        return Part.PRESIDE
    return Part.DECLARED


def vote_of(one: OnAgenda, actor: Actor) -> Vote | None:
    """None where nobody has voted and nobody can."""
    voted, entitled = voters(one)
    if not one.is_here or not (one.case.vote_open or voted):
        return None
    choices = in_numbers(one.heard.ballot.votes.values()) if votes_open_to(one.case, one.heard, actor) else ()
    return Vote(one.case.vote_open, voted, entitled, choices)


def papers_of(case: EthicsCase) -> Papers:
    return Papers(
        case.lay_summary,
        label(case.data_class),
        tuple(PURPOSE_LABELS[Purpose(purpose)] for purpose in case.purposes),
        tuple(METHOD_LABELS[Method(method)] for method in case.methods),
        case.participants,
    )


def shown(outcome: Outcome, *, reason: bool, votes: bool) -> Outcome:
    """As far as a person may see it."""
    return replace(outcome, reason=outcome.reason if reason else "", votes=outcome.votes if votes else ())


def to_do(one: OnAgenda) -> Iterator[str]:
    """What the officer sees to for this item."""
    case, state = one.case, one.meeting.state
    if not one.is_here:
        return
    if state in AHEAD and (names := undeclared(one)):
        yield f"Declarations are awaited from {', '.join(names)}."
    if state is MeetingState.OPEN and not one.heard.seats:
        yield "Record who is present."
    if case.state in IN_COMMITTEE and state in HELD and not one.discussion:
        yield "Record the discussion."
    if case.state in IN_COMMITTEE and state not in AHEAD:
        yield "It is undecided: put it on the agenda of another meeting."
    if case.to_ratify and state not in AHEAD:
        yield "The suspension is not ratified: put it on the agenda of another meeting."


def undeclared(one: OnAgenda) -> Sequence[str]:
    """Members in term who have not said whether they have an interest."""
    known = one.heard.interests.keys() | one.heard.team
    return [member.name for member in one.heard.members if member.person_id not in known]


def steps(one: OnAgenda, resource: Resource, actor: Actor, day: date) -> Iterator[str]:
    """The moves that this person can make from the meeting's page."""
    names = {move.name for move in workflow_of(one.case.kind).moves_from(one.case.state) if actor.has(*move.who)}
    over = one.case.decided_meeting_id == one.meeting.id and not one.case.to_ratify
    for name in STEPS if one.is_here and not over else ():
        if name in names and step_ruling(one.case, one.heard, resource, name, actor=actor, day=day).allowed:
            yield name
