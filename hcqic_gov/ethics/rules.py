"""The life of an ethics case: the facts that guards look at, the guards, and the table of moves."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from hcqic_gov.core.ruling import ALLOWED, Ruling, allowed_if, refused
from hcqic_gov.core.workflow import SYSTEM, Move, Workflow
from hcqic_gov.ethics.quorum import Ballot, carries
from hcqic_gov.ethics.states import (
    APPROVED,
    IN_COMMITTEE,
    IN_FORCE,
    OUTCOMES,
    PUBLIC_NAMES,
    UNDECIDED,
    Interest,
    State,
    Track,
)
from hcqic_gov.people.rules import Role


@dataclass(frozen=True, slots=True)
class NewCondition:
    """A condition that a decision sets; a pre-start one keeps the gate shut until another person confirms it."""

    text: str
    pre_start: bool


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the actor enters with a move; empty where the move asks for nothing."""

    reason: str = ""
    decision: str = ""
    conditions: tuple[NewCondition, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None
    track: Track = Track.FULL


@dataclass(frozen=True, slots=True)
class Condition:
    """A set condition as guards see it: who says that it is met (0: nobody yet), and whether another confirmed it."""

    satisfied_by: int = 0
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """One case, as the actor finds it on this London day.

    `team` is everybody on the project with the applicant; `interest` and `present` are the actor's own;
    `opinion` is what was decided (None while nothing is).
    """

    actor_id: int
    today: date
    applicant_id: int
    team: frozenset[int] = frozenset()
    missing: tuple[str, ...] = ()
    material_issue: bool = True
    in_term: bool = False
    interest: Interest | None = None
    present: bool = False
    quorum: Ruling = ALLOWED
    ballot: Ballot = field(default_factory=Ballot)
    opinion: State | None = None
    valid_to: date | None = None
    condition: Condition | None = None
    proposal: Proposal = field(default_factory=Proposal)


def by_the_applicant(facts: Facts) -> Ruling:
    reason = "Only the applicant can do this. Ask the person named on the application."
    return allowed_if(facts.actor_id == facts.applicant_id, "by_the_applicant", reason)


def by_the_team(facts: Facts) -> Ruling:
    reason = "Only the project's team can do this. Ask the project lead."
    return allowed_if(facts.actor_id in facts.team | {facts.applicant_id}, "by_the_team", reason)


def not_on_the_team(facts: Facts) -> Ruling:
    reason = "You are on this project's team, so you cannot act on its application. Ask a colleague who is not."
    return allowed_if(facts.actor_id not in facts.team | {facts.applicant_id}, "not_on_the_team", reason)


def application_complete(facts: Facts) -> Ruling:
    reason = f"Still missing: {', '.join(facts.missing)}. Complete the application first."
    return allowed_if(not facts.missing, "application_complete", reason)


def reason_given(facts: Facts) -> Ruling:
    return allowed_if(bool(facts.proposal.reason.strip()), "reason_given", "Give the reason: it goes on the record.")


def track_fits(facts: Facts) -> Ruling:
    reason = "The application raises a material ethical issue, so the full committee reviews it. Choose the full track."
    fits = facts.proposal.track is Track.FULL or not facts.material_issue
    return allowed_if(fits, "track_fits", reason)


def member_in_term(facts: Facts) -> Ruling:
    reason = "You are not a committee member in term today. Ask the ethics officer about your appointment."
    return allowed_if(facts.in_term, "member_in_term", reason)


def interest_declared(facts: Facts) -> Ruling:
    reason = "Say first whether you have an interest in this application."
    return allowed_if(facts.interest is not None, "interest_declared", reason)


def not_recused(facts: Facts) -> Ruling:
    reason = "You stepped aside from this application, so you cannot take part in it."
    return allowed_if(facts.interest is not Interest.RECUSED, "not_recused", reason)


def present(facts: Facts) -> Ruling:
    reason = "You are not recorded as present. Ask the ethics officer to record your attendance."
    return allowed_if(facts.present, "present", reason)


def quorate(facts: Facts) -> Ruling:
    return facts.quorum if facts.quorum.allowed else refused("quorate", f"{facts.quorum.reason}.")


def vote_carries(facts: Facts) -> Ruling:
    decision = facts.proposal.decision
    return carries(facts.ballot, decision, WORKFLOW.move(decision).label.removeprefix("give "))


def conditions_given(facts: Facts) -> Ruling:
    return allowed_if(bool(facts.proposal.conditions), "conditions_given", "Enter at least one condition.")


def validity_given(facts: Facts) -> Ruling:
    start, end = facts.proposal.valid_from, facts.proposal.valid_to
    if start is None or end is None:
        return refused("validity_given", "Enter the dates from which and until which the opinion is valid.")
    if start < facts.today:
        return refused("validity_given", "An opinion cannot be valid before the day on which it is given.")
    return allowed_if(start <= end, "validity_given", "The opinion must not end before it begins.")


def not_required_from(facts: Facts) -> Ruling:
    """A determination holds from today; an end date is the officer's choice."""
    end = facts.proposal.valid_to
    return allowed_if(end is None or end >= facts.today, "not_required_from", "The end date has passed already.")


def condition_open(facts: Facts) -> Ruling:
    is_open = facts.condition is not None and facts.condition.satisfied_by == 0
    return allowed_if(is_open, "condition_open", "This condition has been answered already.")


def condition_answered(facts: Facts) -> Ruling:
    answered = facts.condition is not None and facts.condition.satisfied_by != 0 and not facts.condition.confirmed
    reason = "There is nothing to confirm: the condition has not been answered, or it is confirmed already."
    return allowed_if(answered, "condition_answered", reason)


def by_another_person(facts: Facts) -> Ruling:
    other = facts.condition is None or facts.condition.satisfied_by != facts.actor_id
    return allowed_if(other, "by_another_person", "Somebody other than the person who answered it must confirm it.")


def end_date_passed(facts: Facts) -> Ruling:
    passed = facts.valid_to is not None and facts.valid_to < facts.today
    return allowed_if(passed, "end_date_passed", "The opinion has not reached its end date.")


def end_date_ahead(facts: Facts) -> Ruling:
    reason = "The opinion's end date has passed, so it cannot be taken up again. Apply for a new one."
    return allowed_if(facts.valid_to is None or facts.valid_to >= facts.today, "end_date_ahead", reason)


def opinion_was(opinion: State) -> Callable[[Facts], Ruling]:
    """The guard by which a case goes back to the opinion that it had, and to no other."""

    def guard(facts: Facts) -> Ruling:
        reason = f"The committee's decision was not “{PUBLIC_NAMES[opinion]}”."
        return allowed_if(facts.opinion is opinion, guard.__name__, reason)

    guard.__name__ = f"opinion_was_{opinion.value}"
    return guard


LEAD, SPONSOR, OFFICER, CHAIR = Role.PROJECT_LEAD, Role.SPONSOR, Role.ETHICS_OFFICER, Role.CHAIR
MEMBERS = (Role.COMMITTEE_EXPERT, Role.COMMITTEE_LAY, Role.CHAIR)
BY_MEMBER = (member_in_term, not_on_the_team)
BY_VOTE = (*BY_MEMBER, interest_declared, not_recused, quorate, vote_carries)
FROM_OUTSIDE = (not_on_the_team, reason_given)

DECISIONS: tuple[Move[State, Facts], ...] = (
    Move(
        "favourable",
        "give a favourable opinion",
        IN_COMMITTEE,
        State.FAVOURABLE,
        (CHAIR,),
        (*BY_VOTE, validity_given),
    ),
    Move(
        "favourable_conditions",
        "give a favourable opinion with conditions",
        IN_COMMITTEE,
        State.FAVOURABLE_CONDITIONS,
        (CHAIR,),
        (*BY_VOTE, reason_given, conditions_given, validity_given),
    ),
    Move(
        "unfavourable",
        "give an unfavourable opinion",
        IN_COMMITTEE,
        State.UNFAVOURABLE,
        (CHAIR,),
        (*BY_VOTE, reason_given),
    ),
)
"""One row for each kind of decision by vote: forms, votes and letters are made from these rows."""

AGAIN = {
    State.FAVOURABLE: "the opinion holds again",
    State.FAVOURABLE_CONDITIONS: "the opinion holds again with its conditions",
    State.NOT_REQUIRED: "the determination holds again",
}

CONDITIONAL = frozenset(move.name for move in DECISIONS if conditions_given in move.guards)
"""Decisions that carry conditions."""

WORKFLOW: Workflow[State, Facts] = Workflow(
    "ethics",
    "The life of an ethics case",
    State.DRAFT,
    PUBLIC_NAMES,
    (
        Move("edit", "change the application", (State.DRAFT,), None, (LEAD,), (by_the_applicant,)),
        Move(
            "send_to_sponsor",
            "send it to the sponsor",
            (State.DRAFT,),
            State.WITH_SPONSOR,
            (LEAD,),
            (by_the_applicant, application_complete),
        ),
        Move(
            "authorise",
            "authorise and submit it",
            (State.WITH_SPONSOR,),
            State.SUBMITTED,
            (SPONSOR,),
            (not_on_the_team, application_complete),
        ),
        Move("send_back", "send it back", (State.WITH_SPONSOR,), State.DRAFT, (SPONSOR,), FROM_OUTSIDE),
        Move("validate", "validate it", (State.SUBMITTED,), State.VALID, (OFFICER,), (not_on_the_team,)),
        Move("mark_invalid", "mark it invalid", (State.SUBMITTED,), State.INVALID, (OFFICER,), FROM_OUTSIDE),
        Move(
            "not_required",
            "determine that review is not required",
            (State.SUBMITTED, State.VALID),
            State.NOT_REQUIRED,
            (OFFICER,),
            (*FROM_OUTSIDE, not_required_from),
        ),
        Move(
            "allocate",
            "give it to the committee",
            (State.VALID,),
            State.IN_REVIEW,
            (OFFICER,),
            (not_on_the_team, track_fits),
        ),
        Move("declare_interest", "declare an interest or none", IN_COMMITTEE, None, MEMBERS, (*BY_MEMBER, not_recused)),
        Move("record_attendance", "record who is present", IN_COMMITTEE, None, (OFFICER,), (not_on_the_team,)),
        Move("vote", "vote", IN_COMMITTEE, None, MEMBERS, (*BY_MEMBER, interest_declared, not_recused, present)),
        *DECISIONS,
        Move(
            "satisfy_condition",
            "say how a condition is met",
            (State.FAVOURABLE_CONDITIONS,),
            None,
            (LEAD,),
            (by_the_team, condition_open, reason_given),
        ),
        Move(
            "confirm_condition",
            "confirm that a condition is met",
            (State.FAVOURABLE_CONDITIONS,),
            None,
            (OFFICER, CHAIR),
            (not_on_the_team, condition_answered, by_another_person),
        ),
        Move("withdraw", "withdraw it", UNDECIDED, State.WITHDRAWN, (LEAD,), (by_the_applicant, reason_given)),
        Move("halt", "halt the work", APPROVED, State.HALTED, (LEAD,), (by_the_team, reason_given)),
        *(
            Move(
                f"restart_{opinion.value}",
                f"restart the work: {AGAIN[opinion]}",
                (State.HALTED,),
                opinion,
                (OFFICER,),
                (opinion_was(opinion), *FROM_OUTSIDE, end_date_ahead),
            )
            for opinion in APPROVED
        ),
        Move(
            "suspend",
            "suspend the opinion",
            (*IN_FORCE, State.HALTED),
            State.SUSPENDED,
            (CHAIR,),
            FROM_OUTSIDE,
        ),
        *(
            Move(
                f"lift_{opinion.value}",
                f"lift the suspension: {AGAIN[opinion]}",
                (State.SUSPENDED,),
                opinion,
                (CHAIR,),
                (opinion_was(opinion), *FROM_OUTSIDE, end_date_ahead),
            )
            for opinion in IN_FORCE
        ),
        Move(
            "terminate",
            "terminate the opinion",
            (*IN_FORCE, State.HALTED, State.SUSPENDED),
            State.TERMINATED,
            (CHAIR,),
            FROM_OUTSIDE,
        ),
        Move(
            "expire",
            "let the opinion expire",
            (*IN_FORCE, State.HALTED, State.SUSPENDED),
            State.EXPIRED,
            (SYSTEM,),
            (end_date_passed,),
        ),
        Move(
            "close",
            "declare the end of the study",
            (*IN_FORCE, State.HALTED),
            State.CLOSED,
            (LEAD,),
            (by_the_team, reason_given),
        ),
    ),
)


def still_undecided(decided: str) -> Ruling:
    """For a move towards a decision: the sentence names who was first."""
    return allowed_if(not decided, "still_undecided", f"{decided} Nothing of yours was saved.")


def is_decision(move: Move[State, Facts]) -> bool:
    """Does this move set who decided, and when?"""
    return move.target in OUTCOMES and not set(move.sources) & {State.HALTED, State.SUSPENDED}
