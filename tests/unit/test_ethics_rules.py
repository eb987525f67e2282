"""Every row of the ethics workflow, allowed and refused; separation of duties; the committed diagram."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

import hcqic_gov.ethics.rules as rules_module
from hcqic_gov.core.ruling import ALLOWED, refused
from hcqic_gov.core.workflow import SYSTEM
from hcqic_gov.ethics.decision_rules import CONDITIONAL, DECISIONS, decisions_for
from hcqic_gov.ethics.effects import EFFECTS
from hcqic_gov.ethics.facts import Condition, Facts, NewCondition, Proposal, Question, Seating
from hcqic_gov.ethics.modification_rules import MODIFICATION
from hcqic_gov.ethics.quorum import Ballot
from hcqic_gov.ethics.rules import WITH_SERVICE, WORKFLOW, is_decision
from hcqic_gov.ethics.states import INTERNAL_NAMES, OUTCOMES, PUBLIC_NAMES, Interest, State, Track
from hcqic_gov.people.rules import Role

TODAY = date(2026, 6, 1)
APPLICANT, TEAM_MATE, OUTSIDER = 1, 2, 9
BY_APPLICANT = {"edit", "add_paper", "remove_paper", "send_to_sponsor", "withdraw", "respond", "appeal", "hand_over"}
BY_TEAM = {"modify", "satisfy_condition", "halt", "close", "answer", "copy_as_new", "final_report"}
COMMITTEE, OTHER_COMMITTEE = 1, 2

PROPOSAL = Proposal(
    "Because of the evidence.",
    "favourable",
    (NewCondition("Keep a log.", pre_start=True),),
    date(2026, 6, 1),
    date(2027, 6, 30),
    Track.PROPORTIONATE,
    meeting_id=1,
    questions=("Who holds the key?",),
    again=(1,),
    person_id=TEAM_MATE,
    on=TODAY,
    due=TODAY,
)
ALL_VOTES = {
    move.name: Ballot(dict.fromkeys((11, 12, 13, 14, 15), move.name), 11, 5, casting_vote=True) for move in DECISIONS
}


def facts_for(name: str) -> Facts:
    """Facts with which this move is allowed."""
    facts = Facts(
        actor_id=APPLICANT if name in BY_APPLICANT | BY_TEAM else OUTSIDER,
        today=TODAY,
        applicant_id=APPLICANT,
        team=frozenset({APPLICANT, TEAM_MATE}),
        successors=frozenset({APPLICANT, TEAM_MATE}),
        awaited=frozenset({TEAM_MATE, OUTSIDER}),
        material_issue=False,
        seating=Seating(COMMITTEE, Track.PROPORTIONATE),
        on_agenda=True,
        in_term=True,
        interest=Interest.NONE,
        present=True,
        presides=True,
        quorum=ALLOWED,
        vote_open=name in ("vote", "close_vote"),
        questions=(Question(1, answered=True),) if name in ("ask_again", "respond") else (),
        response_due=date(2026, 5, 31),
        eligible=frozenset({TEAM_MATE}),
        assignable=frozenset({TEAM_MATE}),
        assigned=True,
        to_ratify=True,
        undo_asked_by=None if name == "ask_undo" else 8,
        ballot=ALL_VOTES.get(name, Ballot()),
        valid_to=date(2027, 5, 31),
        condition=Condition(),
        proposal=replace(PROPOSAL, decision=name),
    )
    for prefix in ("restart_", "lift_"):
        if name.startswith(prefix):
            return replace(facts, opinion=State(name.removeprefix(prefix)))
    if name == "confirm_condition":
        return replace(facts, condition=Condition(satisfied_by=APPLICANT))
    if name in ("no_opinion", "reschedule"):
        return replace(facts, track=Track.PROPORTIONATE)
    return replace(facts, valid_to=date(2026, 5, 31)) if name == "expire" else facts


ROWS = [(move.name, source) for move in WORKFLOW.moves for source in move.sources]


@pytest.mark.parametrize(("name", "source"), ROWS)
def test_each_row_is_allowed_from_each_of_its_states(name: str, source: State) -> None:
    assert WORKFLOW.ruling(name, source, facts_for(name)).allowed


@pytest.mark.parametrize("name", [move.name for move in WORKFLOW.moves])
def test_each_row_is_refused_from_every_other_state(name: str) -> None:
    for state in set(WORKFLOW.public_names) - set(WORKFLOW.move(name).sources):
        ruling = WORKFLOW.ruling(name, state, facts_for(name))
        assert ruling.code == "wrong_state"
        assert PUBLIC_NAMES[state] in ruling.reason


Change = Callable[[Facts], Facts]


def proposing(**changes: object) -> Change:
    return lambda facts: replace(facts, proposal=replace(facts.proposal, **changes))  # type: ignore[arg-type]


def being(actor_id: int) -> Change:
    return lambda facts: replace(facts, actor_id=actor_id)


def with_facts(**changes: object) -> Change:
    return lambda facts: replace(facts, **changes)  # type: ignore[arg-type]


# For each guard: a change of the facts that it must notice.
BREAKS: dict[str, Change] = {
    "by_the_applicant": being(TEAM_MATE),
    "by_the_team": being(OUTSIDER),
    "not_on_the_team": being(TEAM_MATE),
    "application_complete": with_facts(missing=("the lay summary",)),
    "reason_given": proposing(reason="  "),
    "track_fits": with_facts(material_issue=True),
    "meeting_fits": with_facts(seating=Seating(COMMITTEE, Track.PROPORTIONATE, over=True)),
    "meeting_of_track": with_facts(seating=Seating(COMMITTEE, Track.FULL)),
    "full_committee_hears": with_facts(track=Track.FULL),
    "on_an_agenda": with_facts(on_agenda=False),
    "presides": with_facts(presides=False),
    "presides_or_delegated": with_facts(presides=False),
    "vote_is_open": with_facts(vote_open=False),
    "vote_not_open": with_facts(vote_open=True),
    "full_track": with_facts(track=Track.PROPORTIONATE),
    "proportionate_track": with_facts(track=Track.FULL),
    "asked_once": with_facts(questions=(Question(1),)),
    "questions_given": proposing(questions=()),
    "same_questions": proposing(again=(1, 7)),
    "delegate_fits": with_facts(eligible=frozenset({7})),
    "reviewer_fits": with_facts(assignable=frozenset({7})),
    "due_ahead": proposing(due=date(2026, 5, 31)),
    "assigned": with_facts(assigned=False),
    "not_reviewed": with_facts(awaited=frozenset()),
    "every_question_answered": with_facts(questions=(Question(1, answered=True), Question(2))),
    "response_overdue": with_facts(response_due=TODAY),
    "later_end": proposing(valid_to=date(2027, 5, 31)),
    "dated": proposing(on=date(2026, 6, 2)),
    "safe_to_restart": with_facts(safety_halt=True),
    "awaiting_ratification": with_facts(to_ratify=False),
    "undo_not_asked": with_facts(undo_asked_by=8),
    "undo_asked": with_facts(undo_asked_by=None),
    "by_a_second_person": with_facts(undo_asked_by=OUTSIDER),
    "not_built_upon": with_facts(built_upon=True),
    "not_followed": with_facts(followed=True),
    "not_reported": with_facts(reported=True),
    "new_applicant_fits": proposing(person_id=OUTSIDER),
    "review_awaited": with_facts(awaited=frozenset()),
    "member_in_term": with_facts(in_term=False),
    "interest_declared": with_facts(interest=None),
    "not_recused": with_facts(interest=Interest.RECUSED),
    "present": with_facts(present=False),
    "quorate": with_facts(quorum=refused("quorate", "4 present, chair, 1 lay: not quorate, needs 5 members")),
    "quorate_or_delegated": with_facts(
        quorum=refused("quorate", "4 present, chair, 1 lay: not quorate, needs 5 members")
    ),
    "carries_or_delegated": with_facts(ballot=Ballot({11: "abstain"}, 11, 1, casting_vote=True)),
    "conditions_given": proposing(conditions=()),
    "validity_given": proposing(valid_to=None),
    "not_required_from": proposing(valid_to=date(2026, 5, 31)),
    "condition_open": with_facts(condition=Condition(satisfied_by=APPLICANT)),
    "condition_answered": with_facts(condition=Condition()),
    "by_another_person": with_facts(condition=Condition(satisfied_by=OUTSIDER)),
    "end_date_passed": with_facts(valid_to=TODAY),
    "end_date_ahead": with_facts(valid_to=date(2026, 5, 31)),
    "opinion_was_favourable": with_facts(opinion=State.NOT_REQUIRED),
    "opinion_was_favourable_conditions": with_facts(opinion=State.FAVOURABLE),
    "opinion_was_not_required": with_facts(opinion=None),
}
CODES = {
    "presides_or_delegated": "presides",
    "quorate_or_delegated": "quorate",
    "carries_or_delegated": "vote_carries",
}
"""A guard that lets a delegate pass refuses everybody else as the guard that it softens."""
GUARDED = [(move.name, guard.__name__) for move in WORKFLOW.moves for guard in move.guards]


@pytest.mark.parametrize(("name", "guard"), GUARDED)
def test_each_guard_of_each_row_refuses(name: str, guard: str) -> None:
    move = WORKFLOW.move(name)
    ruling = WORKFLOW.ruling(name, move.sources[0], BREAKS[guard](facts_for(name)))
    assert not ruling.allowed
    assert ruling.code == CODES.get(guard, guard)
    assert ruling.reason.endswith(".")


def test_every_guard_has_its_break() -> None:
    assert {guard for _, guard in GUARDED} == set(BREAKS)


@pytest.mark.parametrize("person", [APPLICANT, TEAM_MATE])
@pytest.mark.parametrize(
    "name",
    [
        "authorise",
        "send_back",
        "validate",
        "mark_invalid",
        "not_required",
        "allocate",
        "declare_interest",
        "reschedule",
        "assign_reviewer",
        "release_reviewer",
        "submit_review",
        "open_vote",
        "vote",
        "close_vote",
        "record_minute",
        "ask_undo",
        "undo",
        "undo_determination",
        "extend",
        "ratify",
        "confirm_condition",
        "suspend",
        "terminate",
        "restart_favourable",
        "lift_favourable",
        *(move.name for move in DECISIONS),
    ],
)
def test_nobody_on_the_team_acts_for_the_centre(person: int, name: str) -> None:
    ruling = WORKFLOW.ruling(name, WORKFLOW.move(name).sources[0], replace(facts_for(name), actor_id=person))
    assert ruling.code == "not_on_the_team"


@pytest.mark.parametrize(
    ("changes", "allowed"),
    [
        ({"valid_from": date(2026, 6, 1), "valid_to": date(2026, 6, 1)}, True),
        ({"valid_from": date(2026, 5, 31)}, False),
        ({"valid_from": date(2026, 7, 2), "valid_to": date(2026, 7, 1)}, False),
        ({"valid_from": None}, False),
    ],
)
def test_dates_of_validity(changes: dict[str, object], allowed: bool) -> None:
    facts = proposing(**changes)(facts_for("favourable"))
    assert WORKFLOW.ruling("favourable", State.IN_REVIEW, facts).allowed is allowed


def test_a_material_issue_goes_to_the_full_committee() -> None:
    to_the_full = proposing(track=Track.FULL)(facts_for("allocate"))
    facts = replace(to_the_full, material_issue=True, seating=Seating(COMMITTEE, Track.FULL))
    assert WORKFLOW.ruling("allocate", State.VALID, facts).allowed


def test_a_condition_confirmed_once_is_not_confirmed_again() -> None:
    facts = replace(facts_for("confirm_condition"), condition=Condition(satisfied_by=1, confirmed=True))
    assert WORKFLOW.ruling("confirm_condition", State.FAVOURABLE_CONDITIONS, facts).code == "condition_answered"


def test_every_state_has_its_place() -> None:
    assert len(WORKFLOW.public_names) == 19
    assert len(State) == 23
    assert set(INTERNAL_NAMES) == set(PUBLIC_NAMES) == set(State)
    assert len(set(INTERNAL_NAMES.values())) == len(set(PUBLIC_NAMES.values())) == 23


def test_decisions() -> None:
    outcomes = {move.name for move in DECISIONS if move.target in OUTCOMES}
    assert outcomes == {"favourable", "favourable_conditions", "unfavourable"}
    assert {move.name for move in WORKFLOW.moves if is_decision(move)} == {*outcomes, "not_required"}
    assert frozenset({"favourable_conditions"}) == CONDITIONAL


@pytest.mark.parametrize(
    ("track", "state", "apart"),
    [
        (Track.FULL, State.IN_REVIEW, {"ask_again", "no_opinion"}),
        (Track.PROPORTIONATE, State.IN_REVIEW, {"ask_again", "request_information"}),
        (Track.FULL, State.RESPONSE_RECEIVED, {"request_information", "no_opinion"}),
    ],
)
def test_what_a_vote_can_choose(track: Track, state: State, apart: set[str]) -> None:
    offered = {move.name for move in decisions_for(track, state)}
    assert offered == {move.name for move in DECISIONS} - apart


@pytest.mark.parametrize("name", ["favourable", "favourable_conditions", "unfavourable"])
def test_a_delegate_decides_alone_and_only_the_named_one(name: str) -> None:
    alone = replace(
        facts_for(name),
        presides=False,
        quorum=refused("quorate", "No meeting is open"),
        ballot=Ballot(needed=5),
        delegate_id=OUTSIDER,
    )
    assert WORKFLOW.ruling(name, State.RESPONSE_RECEIVED, alone).allowed
    other = replace(alone, delegate_id=OUTSIDER + 1)
    assert WORKFLOW.ruling(name, State.RESPONSE_RECEIVED, other).code == "presides"


def test_an_appeal_goes_to_another_committee() -> None:
    appealed = replace(facts_for("allocate"), barred_committee=COMMITTEE)
    assert WORKFLOW.ruling("allocate", State.VALID, appealed).code == "meeting_fits"
    elsewhere = replace(appealed, seating=Seating(OTHER_COMMITTEE, Track.PROPORTIONATE))
    assert WORKFLOW.ruling("allocate", State.VALID, elsewhere).allowed


def test_after_no_opinion_only_the_full_track_is_left() -> None:
    facts = replace(facts_for("allocate"), track=Track.FULL)
    assert WORKFLOW.ruling("allocate", State.VALID, facts).code == "track_fits"


def test_a_safety_halt_ends_with_an_approved_modification() -> None:
    facts = replace(facts_for("restart_favourable"), safety_halt=True, changed_since_halt=True)
    assert WORKFLOW.ruling("restart_favourable", State.HALTED, facts).allowed


def test_every_effect_belongs_to_a_move_that_has_no_service_of_its_own() -> None:
    assert set(EFFECTS) <= {move.name for move in WORKFLOW.moves} - WITH_SERVICE


def test_who_are_roles_of_the_centre() -> None:
    assert {who for move in WORKFLOW.moves for who in move.who} <= {*Role, SYSTEM}


def test_the_committed_page_is_the_generated_one() -> None:
    page = Path(rules_module.__file__).parent / "WORKFLOW.md"
    assert page.read_text() == "\n".join((WORKFLOW.markdown(), MODIFICATION.markdown()))
