"""The life of an ethics case as a table of moves."""

from hcqic_gov.core.ruling import Ruling, allowed_if
from hcqic_gov.core.workflow import SYSTEM, Move, Workflow
from hcqic_gov.ethics import guards as g
from hcqic_gov.ethics.decision_rules import BY_HEARER, BY_MEMBER, DECISIONS, IN_THE_CHAIR, MEMBERS
from hcqic_gov.ethics.facts import Facts
from hcqic_gov.ethics.states import (
    APPROVED,
    CHANGE_OUTCOMES,
    CHANGEABLE,
    DECIDED,
    IN_COMMITTEE,
    IN_FORCE,
    OUTCOMES,
    PUBLIC_NAMES,
    UNDECIDED,
    State,
)
from hcqic_gov.people.rules import Role

LEAD, SPONSOR, OFFICER, CHAIR = Role.PROJECT_LEAD, Role.SPONSOR, Role.ETHICS_OFFICER, Role.CHAIR
FROM_OUTSIDE = (g.not_on_the_team, g.reason_given)


AGAIN = {
    State.FAVOURABLE: "the opinion holds again",
    State.FAVOURABLE_CONDITIONS: "the opinion holds again with its conditions",
    State.NOT_REQUIRED: "the determination holds again",
}

APPLYING: tuple[Move[State, Facts], ...] = (
    Move("edit", "change the application", (State.DRAFT,), None, (LEAD,), (g.by_the_applicant,)),
    Move(
        "add_paper",
        "add a document",
        (State.DRAFT, State.INFO_REQUESTED),
        None,
        (LEAD,),
        (g.by_the_applicant,),
    ),
    Move("remove_paper", "remove a document", (State.DRAFT,), None, (LEAD,), (g.by_the_applicant,)),
    Move(
        "send_to_sponsor",
        "send it to the sponsor",
        (State.DRAFT,),
        State.WITH_SPONSOR,
        (LEAD,),
        (g.by_the_applicant, g.application_complete),
    ),
    Move(
        "authorise",
        "authorise and submit it",
        (State.WITH_SPONSOR,),
        State.SUBMITTED,
        (SPONSOR,),
        (g.not_on_the_team, g.application_complete),
    ),
    Move("send_back", "send it back", (State.WITH_SPONSOR,), State.DRAFT, (SPONSOR,), FROM_OUTSIDE),
    Move("withdraw", "withdraw it", UNDECIDED, State.WITHDRAWN, (LEAD,), (g.by_the_applicant, g.reason_given)),
    Move(
        "hand_over",
        "hand it over to another person of the team",
        (*UNDECIDED, *DECIDED),
        None,
        (LEAD, OFFICER),
        (g.new_applicant_fits, g.reason_given),
    ),
    Move(
        "copy_as_new",
        "copy it as a new application",
        (State.INVALID, State.LAPSED, State.WITHDRAWN, State.EXPIRED),
        None,
        (LEAD,),
        (g.by_the_team, g.not_followed),
    ),
    Move(
        "appeal",
        "appeal to another committee",
        (State.UNFAVOURABLE,),
        None,
        (LEAD,),
        (g.by_the_applicant, g.reason_given, g.not_followed),
    ),
)

CHECKING: tuple[Move[State, Facts], ...] = (
    Move("validate", "validate it", (State.SUBMITTED,), State.VALID, (OFFICER,), (g.not_on_the_team,)),
    Move("mark_invalid", "mark it invalid", (State.SUBMITTED,), State.INVALID, (OFFICER,), FROM_OUTSIDE),
    Move(
        "not_required",
        "determine that review is not required",
        (State.SUBMITTED, State.VALID),
        State.NOT_REQUIRED,
        (OFFICER,),
        (*FROM_OUTSIDE, g.not_required_from),
    ),
    Move(
        "allocate",
        "give it to the committee",
        (State.VALID,),
        State.IN_REVIEW,
        (OFFICER,),
        (g.not_on_the_team, g.track_fits, g.meeting_fits, g.meeting_of_track),
    ),
    Move(
        "reschedule",
        "put it on the agenda of another meeting",
        (*IN_COMMITTEE, *IN_FORCE, State.HALTED, State.SUSPENDED),
        None,
        (OFFICER,),
        (g.not_on_the_team, g.meeting_fits, g.full_committee_hears),
    ),
)

HEARING: tuple[Move[State, Facts], ...] = (
    Move(
        "declare_interest",
        "declare an interest or none",
        (*IN_COMMITTEE, *IN_FORCE, State.HALTED, State.SUSPENDED),
        None,
        MEMBERS,
        (*BY_MEMBER, g.not_recused, g.on_an_agenda),
    ),
    Move(
        "assign_reviewer",
        "ask a member for a review",
        IN_COMMITTEE,
        None,
        (OFFICER,),
        (g.not_on_the_team, g.vote_not_open, g.reviewer_fits, g.due_ahead),
    ),
    Move(
        "release_reviewer",
        "take a member off the reviews",
        IN_COMMITTEE,
        None,
        (OFFICER,),
        (g.not_on_the_team, g.review_awaited, g.reason_given),
    ),
    Move(
        "submit_review",
        "send a review",
        IN_COMMITTEE,
        None,
        MEMBERS,
        (*BY_HEARER, g.assigned, g.not_reviewed),
    ),
    Move("open_vote", "open the vote", IN_COMMITTEE, None, MEMBERS, (*IN_THE_CHAIR, g.vote_not_open)),
    Move("vote", "vote", IN_COMMITTEE, None, MEMBERS, (*BY_HEARER, g.present, g.vote_is_open)),
    Move("close_vote", "close the vote", IN_COMMITTEE, None, MEMBERS, (*BY_HEARER, g.presides, g.vote_is_open)),
    Move("record_minute", "record the discussion", IN_COMMITTEE, None, (OFFICER,), FROM_OUTSIDE),
    *DECISIONS,
    Move("answer", "answer a question", (State.INFO_REQUESTED,), None, (LEAD,), (g.by_the_team,)),
    Move(
        "respond",
        "send the response",
        (State.INFO_REQUESTED,),
        State.RESPONSE_RECEIVED,
        (LEAD,),
        (g.by_the_applicant, g.every_question_answered),
    ),
    Move(
        "lapse",
        "let it lapse without a response",
        (State.INFO_REQUESTED,),
        State.LAPSED,
        (SYSTEM,),
        (g.response_overdue,),
    ),
    Move("ask_undo", "ask to undo the decision", OUTCOMES, None, (OFFICER, CHAIR), (*FROM_OUTSIDE, g.undo_not_asked)),
    Move(
        "undo",
        "undo the decision: the committee hears it again",
        (*APPROVED, State.UNFAVOURABLE),
        State.IN_REVIEW,
        (OFFICER, CHAIR),
        (*FROM_OUTSIDE, g.undo_asked, g.by_a_second_person, g.not_built_upon, g.not_followed),
    ),
    Move(
        "undo_determination",
        "undo the determination: the application is checked again",
        (State.NOT_REQUIRED,),
        State.SUBMITTED,
        (OFFICER, CHAIR),
        (*FROM_OUTSIDE, g.undo_asked, g.by_a_second_person, g.not_built_upon),
    ),
)

AFTERWARDS: tuple[Move[State, Facts], ...] = (
    Move(
        "satisfy_condition",
        "say how a condition is met",
        (State.FAVOURABLE_CONDITIONS,),
        None,
        (LEAD,),
        (g.by_the_team, g.condition_open, g.reason_given),
    ),
    Move(
        "confirm_condition",
        "confirm that a condition is met",
        (State.FAVOURABLE_CONDITIONS,),
        None,
        (OFFICER, CHAIR),
        (g.not_on_the_team, g.condition_answered, g.by_another_person),
    ),
    Move("modify", "change the study", CHANGEABLE, None, (LEAD,), (g.by_the_team,)),
    Move(
        "extend",
        "extend the opinion",
        APPROVED,
        None,
        (CHAIR,),
        (*FROM_OUTSIDE, g.end_date_ahead, g.later_end),
    ),
    Move("halt", "halt the work", APPROVED, State.HALTED, (LEAD,), (g.by_the_team, g.reason_given, g.dated)),
    *(
        Move(
            f"restart_{opinion.value}",
            f"restart the work: {AGAIN[opinion]}",
            (State.HALTED,),
            opinion,
            (OFFICER,),
            (g.opinion_was(opinion), *FROM_OUTSIDE, g.end_date_ahead, g.safe_to_restart),
        )
        for opinion in APPROVED
    ),
    Move("suspend", "suspend the opinion", (*IN_FORCE, State.HALTED), State.SUSPENDED, (CHAIR,), FROM_OUTSIDE),
    Move(
        "ratify",
        "ratify the suspension",
        (State.SUSPENDED,),
        None,
        MEMBERS,
        (*IN_THE_CHAIR, g.awaiting_ratification),
    ),
    *(
        Move(
            f"lift_{opinion.value}",
            f"lift the suspension: {AGAIN[opinion]}",
            (State.SUSPENDED,),
            opinion,
            (CHAIR,),
            (g.opinion_was(opinion), *FROM_OUTSIDE, g.end_date_ahead, g.safe_to_restart),
        )
        for opinion in IN_FORCE
    ),
    Move(
        "terminate",
        "terminate the opinion",
        (*IN_FORCE, State.HALTED, State.SUSPENDED),
        State.TERMINATED,
        MEMBERS,
        (*IN_THE_CHAIR, g.reason_given),
    ),
    Move(
        "expire",
        "let the opinion expire",
        (*IN_FORCE, State.HALTED, State.SUSPENDED),
        State.EXPIRED,
        (SYSTEM,),
        (g.end_date_passed,),
    ),
    Move(
        "close",
        "declare the end of the study",
        (*IN_FORCE, State.HALTED),
        State.CLOSED,
        (LEAD,),
        (g.by_the_team, g.reason_given, g.dated),
    ),
    Move(
        "final_report",
        "give the final report",
        (State.CLOSED,),
        None,
        (LEAD,),
        (g.by_the_team, g.reason_given, g.not_reported),
    ),
)


def workflow_named(name: str, title: str, moves: tuple[Move[State, Facts], ...]) -> Workflow[State, Facts]:
    """A table of moves from a draft, with the names of those states only that it comes to."""
    reached = {State.DRAFT, *(state for move in moves for state in (*move.sources, move.target) if state)}
    return Workflow(name, title, State.DRAFT, {s: PUBLIC_NAMES[s] for s in State if s in reached}, moves)


WORKFLOW = workflow_named("ethics", "The life of an ethics case", (*APPLYING, *CHECKING, *HEARING, *AFTERWARDS))

WITH_SERVICE = frozenset(
    {
        "edit",
        "add_paper",
        "remove_paper",
        "assign_reviewer",
        "release_reviewer",
        "submit_review",
        "declare_interest",
        "vote",
        "record_minute",
        "answer",
        "satisfy_condition",
        "confirm_condition",
        "copy_as_new",
        "appeal",
        "modify",
        "edit_change",
    }
)
"""Moves that save more than the case itself, each with a function and a page of its own."""


def still_undecided(decided: str) -> Ruling:
    """For a move towards a decision: the sentence names who was first."""
    return allowed_if(not decided, "still_undecided", f"{decided} Nothing of yours was saved.")


def is_decision(move: Move[State, Facts]) -> bool:
    """Does this move set who decided, and when?"""
    return move.target in (*OUTCOMES, *CHANGE_OUTCOMES) and not set(move.sources) & {State.HALTED, State.SUSPENDED}
