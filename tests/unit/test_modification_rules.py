"""Every row of the table of changes, allowed and refused; the rows that it shares with applications among them."""

from dataclasses import replace

import pytest

from hcqic_gov.core.workflow import SYSTEM
from hcqic_gov.ethics.decision_rules import ON_CHANGES, decisions_for
from hcqic_gov.ethics.effects import EFFECTS
from hcqic_gov.ethics.facts import Alteration, Facts, Question
from hcqic_gov.ethics.modification_effects import CHANGE_EFFECTS
from hcqic_gov.ethics.modification_rules import MODIFICATION, OPEN, workflow_of
from hcqic_gov.ethics.quorum import Ballot
from hcqic_gov.ethics.rules import WITH_SERVICE, WORKFLOW, is_decision
from hcqic_gov.ethics.states import CHANGE_OUTCOMES, PUBLIC_NAMES, CaseKind, ChangeClass, State, Track
from hcqic_gov.people.rules import Role
from tests.unit.test_ethics_rules import APPLICANT, BREAKS, CODES, OUTSIDER, TEAM_MATE, being, proposing, with_facts
from tests.unit.test_ethics_rules import facts_for as facts_of_application

SHARED = {move.name for move in WORKFLOW.moves} & {move.name for move in MODIFICATION.moves}
WAYS = {"record": ChangeClass.MINOR, "notify": ChangeClass.IMPORTANT_DETAIL, "submit": ChangeClass.SUBSTANTIAL}
BY_APPLICANT = {"edit_change", "ask_class", *WAYS}
GIVEN = Alteration(State.HALTED, ChangeClass.SUBSTANTIAL)


def facts_for(name: str) -> Facts:
    """Facts with which this move is allowed."""
    facts = replace(facts_of_application(name), alteration=GIVEN)
    if name in BY_APPLICANT:
        facts = replace(facts, actor_id=APPLICANT)
    if name in WAYS:
        return replace(facts, alteration=replace(GIVEN, computed=WAYS[name]))
    if name in ("confirm_class", "decline_class"):
        return replace(facts, alteration=replace(GIVEN, asked=ChangeClass.MINOR, asked_by=APPLICANT))
    if name == "ask_class":
        return replace(facts, proposal=replace(facts.proposal, change_class=ChangeClass.MINOR))
    if name in {move.name for move in ON_CHANGES}:
        return replace(facts, ballot=Ballot(dict.fromkeys((11, 12, 13, 14, 15), name), 11, 5, casting_vote=True))
    return facts


ROWS = [(move.name, source) for move in MODIFICATION.moves for source in move.sources]


@pytest.mark.parametrize(("name", "source"), ROWS)
def test_each_row_is_allowed_from_each_of_its_states(name: str, source: State) -> None:
    assert MODIFICATION.ruling(name, source, facts_for(name)).allowed


@pytest.mark.parametrize("name", [move.name for move in MODIFICATION.moves])
def test_each_row_is_refused_from_every_other_state(name: str) -> None:
    for state in set(MODIFICATION.public_names) - set(MODIFICATION.move(name).sources):
        ruling = MODIFICATION.ruling(name, state, facts_for(name))
        assert ruling.code == "wrong_state"
        assert PUBLIC_NAMES[state] in ruling.reason


OWN_BREAKS = {
    "study_changeable": with_facts(alteration=replace(GIVEN, study=State.SUSPENDED)),
    "study_changing": with_facts(alteration=replace(GIVEN, study=State.EXPIRED)),
    "something_changes": with_facts(alteration=Alteration(State.FAVOURABLE)),
    "sections_free": with_facts(alteration=replace(GIVEN, taken=("Methods (E-1)",))),
    "not_overtaken": with_facts(alteration=replace(GIVEN, overtaken=("Methods",))),
    "class_settled": with_facts(alteration=replace(GIVEN, asked=ChangeClass.MINOR)),
    "other_class": proposing(change_class=ChangeClass.SUBSTANTIAL),
    "class_asked": with_facts(alteration=GIVEN),
    "class_by_another": with_facts(alteration=replace(GIVEN, asked=ChangeClass.MINOR, asked_by=OUTSIDER)),
    "class_is_minor": with_facts(alteration=GIVEN),
    "class_is_important_detail": with_facts(alteration=replace(GIVEN, computed=ChangeClass.MINOR)),
    "class_is_substantial": with_facts(alteration=replace(GIVEN, asked=ChangeClass.MINOR, confirmed=True)),
}
GUARDED = [(move.name, guard.__name__) for move in MODIFICATION.moves for guard in move.guards]


@pytest.mark.parametrize(("name", "guard"), GUARDED)
def test_each_guard_of_each_row_refuses(name: str, guard: str) -> None:
    move = MODIFICATION.move(name)
    ruling = MODIFICATION.ruling(name, move.sources[0], {**BREAKS, **OWN_BREAKS}[guard](facts_for(name)))
    assert ruling.code == CODES.get(guard, guard)
    assert ruling.reason.endswith(".") or guard.startswith("class_is")


def test_every_guard_of_its_own_is_used() -> None:
    assert set(OWN_BREAKS) == {guard for _, guard in GUARDED} - set(BREAKS)


@pytest.mark.parametrize("person", [APPLICANT, TEAM_MATE])
@pytest.mark.parametrize(
    "name", ["confirm_class", "decline_class", "validate", "allocate", "vote", "undo", *(m.name for m in ON_CHANGES)]
)
def test_nobody_on_the_team_acts_for_the_centre(person: int, name: str) -> None:
    facts = being(person)(facts_for(name))
    assert MODIFICATION.ruling(name, MODIFICATION.move(name).sources[0], facts).code == "not_on_the_team"


@pytest.mark.parametrize(
    ("computed", "asked", "confirmed", "found"),
    [
        (ChangeClass.SUBSTANTIAL, None, False, ChangeClass.SUBSTANTIAL),
        (ChangeClass.SUBSTANTIAL, ChangeClass.MINOR, False, ChangeClass.SUBSTANTIAL),
        (ChangeClass.SUBSTANTIAL, ChangeClass.MINOR, True, ChangeClass.MINOR),
        (ChangeClass.MINOR, ChangeClass.SUBSTANTIAL, True, ChangeClass.SUBSTANTIAL),
        (None, ChangeClass.MINOR, True, None),
    ],
)
def test_the_class_that_counts(
    computed: ChangeClass | None, asked: ChangeClass | None, confirmed: bool, found: ChangeClass | None
) -> None:
    assert Alteration(State.FAVOURABLE, computed, asked, APPLICANT, confirmed).change_class is found


@pytest.mark.parametrize("study", [state for state in State if state not in (
    State.FAVOURABLE, State.FAVOURABLE_CONDITIONS, State.HALTED
)])  # fmt: skip
@pytest.mark.parametrize("name", list(WAYS))
def test_no_other_study_is_changed(study: State, name: str) -> None:
    facts = facts_for(name)
    ruling = MODIFICATION.ruling(name, State.DRAFT, replace(facts, alteration=replace(facts.alteration, study=study)))
    assert (ruling.code, PUBLIC_NAMES[study] in ruling.reason) == ("study_changeable", True)


def test_each_table_has_its_own_states() -> None:
    own = {State.RECORDED, State.NOTIFIED, State.APPROVED, State.NOT_APPROVED}
    assert own <= set(MODIFICATION.public_names)
    assert not own & set(WORKFLOW.public_names)
    assert State.WITH_SPONSOR not in MODIFICATION.public_names
    assert workflow_of(CaseKind.APPLICATION) is WORKFLOW


def test_a_shared_row_is_the_same_apart_from_its_states() -> None:
    for name in SHARED - {"undo"}:
        ours, theirs = MODIFICATION.move(name), WORKFLOW.move(name)
        assert replace(ours, sources=()) == replace(theirs, sources=())


def test_decisions() -> None:
    assert {move.target for move in MODIFICATION.moves if is_decision(move)} == set(CHANGE_OUTCOMES)
    offered = {move.name for move in decisions_for(Track.FULL, State.IN_REVIEW, CaseKind.MODIFICATION)}
    assert offered == {"approve", "not_approve", "request_information"}


def test_open_changes_are_those_that_something_can_still_come_of() -> None:
    assert set(OPEN) == {state for state in MODIFICATION.public_names if MODIFICATION.moves_from(state)} - {
        State.NOT_APPROVED
    }


def test_a_response_that_lacks_an_answer_is_not_sent() -> None:
    facts = replace(facts_for("respond"), questions=(Question(1),))
    assert MODIFICATION.ruling("respond", State.INFO_REQUESTED, facts).code == "every_question_answered"


def test_every_effect_belongs_to_a_move() -> None:
    names = {move.name for move in MODIFICATION.moves} - WITH_SERVICE
    assert set(CHANGE_EFFECTS) <= names
    assert not set(CHANGE_EFFECTS) & set(EFFECTS)
    changing = {
        move.name for move in MODIFICATION.moves if move.target in (State.RECORDED, State.NOTIFIED, State.APPROVED)
    }
    assert changing <= set(CHANGE_EFFECTS)


def test_who_are_roles_of_the_centre() -> None:
    assert {who for move in MODIFICATION.moves for who in move.who} <= {*Role, SYSTEM}
