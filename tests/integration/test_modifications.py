"""Changes of approved studies over both databases: class, effect, who may, what stands in the way."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import select

from hcqic_gov.audit.queries import history
from hcqic_gov.core.canonical import fingerprint
from hcqic_gov.core.errors import NotFound, Refused, Stale
from hcqic_gov.ethics import modifications, queries, service, waiting, writing
from hcqic_gov.ethics.clocks import ClockKind
from hcqic_gov.ethics.hearing import hearing, timeline
from hcqic_gov.ethics.measures import access_decision_time
from hcqic_gov.ethics.models import EthicsCase
from hcqic_gov.ethics.standing import Scope
from hcqic_gov.ethics.states import INTERNAL_NAMES, CaseKind, ChangeClass, Method, Purpose, State
from hcqic_gov.ethics.versions import changes_of, current_content
from hcqic_gov.projects.models import Project
from hcqic_gov.projects.rules import DataClass
from hcqic_gov.sandbox import execution
from hcqic_gov.sandbox import service as sandbox
from hcqic_gov.sandbox.models import RunCheck
from hcqic_gov.sandbox.rules import Stage
from hcqic_gov.sandbox.rules import State as RunState
from tests import sandbox_steps
from tests.ethics_steps import APPLICATION, MEMBERS, allocate, decided, heard, in_review, meets, move
from tests.factories import World
from tests.integration.test_ethics_gate import JUNE, ruling
from tests.modification_steps import (
    NARROWER,
    OTHER_PURPOSE,
    SMALLER_WORDS,
    UNTIL,
    WIDER,
    amendment,
    begun,
    edited,
    notified,
    recorded,
    submitted,
    versions,
)
from tests.modification_steps import decided as decided_change
from tests.modification_steps import in_review as change_in_review

pytestmark = pytest.mark.one_database

AI = Scope(DataClass.SYNTHETIC, Purpose.METHOD_DEVELOPMENT, Method.AI)


def study_of(world: World, **changes: object) -> tuple[Project, EthicsCase]:
    project = world.project(active=True)
    return project, decided(world, project, **changes)  # type: ignore[arg-type]


def case(world: World, reference: str) -> EthicsCase:
    with world.reading() as session:
        return queries.case(session, reference)


def refusal(world: World, reference: str, name: str, *, by: str = "project_lead", **proposal: object) -> str:
    with pytest.raises(Refused) as caught:
        move(world, reference, name, by=by, **proposal)
    return caught.value.code


@pytest.mark.parametrize(
    ("changes", "name", "state"),
    [
        (SMALLER_WORDS, "record", State.RECORDED),
        (NARROWER, "notify", State.NOTIFIED),
        (WIDER, "submit", State.SUBMITTED),
        ({**SMALLER_WORDS, **NARROWER}, "notify", State.NOTIFIED),
        ({**SMALLER_WORDS, **WIDER}, "submit", State.SUBMITTED),
    ],
)
def test_the_class_that_is_computed_says_which_way_it_goes(
    world: World, changes: dict[str, Any], name: str, state: State
) -> None:
    _, study = study_of(world)
    change = begun(world, study.reference, **changes)
    for other in {"record", "notify", "submit"} - {name}:
        assert refusal(world, change.reference, other).startswith("class_is_")
    assert move(world, change.reference, name, by="project_lead").state is state


def test_an_approved_change_takes_effect_at_once_and_whole_and_the_old_version_never_changes(world: World) -> None:
    project, study = study_of(world)
    first = versions(world, study.reference)[0]
    assert ruling(world, project, scope=AI).code == "method_approved"
    before = world.now
    world.now += timedelta(hours=1)
    change = decided_change(world, study.reference, **WIDER, title="Rosters, learned")
    assert change.state is State.APPROVED
    assert ruling(world, project, scope=AI).allowed
    assert ruling(world, project, scope=AI, at=before).code == "method_approved"

    old, new = versions(world, study.reference)
    assert (old.content, old.content_hash, old.effective_from) == (
        first.content,
        first.content_hash,
        first.effective_from,
    )
    assert fingerprint(old.content) == old.content_hash
    assert (new.number, new.modification_id, new.change_class) == (2, change.key, ChangeClass.SUBSTANTIAL)
    assert fingerprint(new.content) == new.content_hash
    assert set(new.content) == set(old.content)
    assert new.effective_from == world.now
    now = case(world, study.reference)
    assert (now.title, now.methods, now.state) == (
        "Rosters, learned",
        ["hpc", "quantum_simulation", "ai"],
        State.FAVOURABLE,
    )
    with world.reading() as session:
        assert timeline(session, now)[0].move == "modified"
        assert "ethics.modified" in [entry.action for entry in history(session, "ethics_case", now.key)]
        found = queries.case_in_force(session, project.key, world.now)
        assert found is not None
        assert (found.reference, found.version) == (study.reference, 2)


def test_what_is_not_approved_changes_nothing(world: World) -> None:
    project, study = study_of(world)
    change = decided_change(world, study.reference, "not_approve")
    assert change.state is State.NOT_APPROVED
    assert len(versions(world, study.reference)) == 1
    assert ruling(world, project, scope=AI).code == "method_approved"
    assert case(world, study.reference).methods == ["hpc", "quantum_simulation"]


def test_a_narrowing_change_stops_a_queued_run(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    project = sandbox_steps.ready(world)
    run = sandbox_steps.queued(world, project)
    with world.reading() as session:
        standing = queries.case_in_force(session, project.key, world.now)
    assert standing is not None
    notified(world, standing.reference, **NARROWER)
    monkeypatch.setattr(execution, "simulate", lambda *_, **__: pytest.fail("it was executed"))
    assert sandbox_steps.execute(world, run) is None
    with world.reading() as session:
        seen = session.get_one(type(run), run.key)
        assert seen.state is RunState.BLOCKED
        assert f"{standing.reference} does not cover “Simulated quantum circuits”" in seen.reason


def test_a_run_that_was_outside_goes_once_the_change_is_approved(world: World) -> None:
    project = world.project(active=True)
    world.climb_to_quantum(project)
    world.train("project_lead")
    study = decided(world, project, methods=(Method.HPC,))
    run = sandbox_steps.drafted(world, project)
    with pytest.raises(Refused), world.writing() as session:
        sandbox.submit(session, run.reference, actor=world["project_lead"], now=world.now)
    decided_change(world, study.reference)
    run = sandbox_steps.queued(world, project)
    assert sandbox_steps.execute(world, run) is RunState.FINISHED
    with world.reading() as session:
        checks = session.exec(
            select(RunCheck).where(RunCheck.run_id == run.key, RunCheck.stage == Stage.EXECUTION)
        ).all()
    assert [(row.ethics_case, row.ethics_version, row.allowed) for row in checks] == [(study.reference, 2, True)]


def test_one_open_change_for_each_section(world: World) -> None:
    _, study = study_of(world)
    first = begun(world, study.reference, **WIDER)
    with pytest.raises(Refused, match=f"Methods \\({first.reference}\\)") as caught:
        begun(world, study.reference, **NARROWER)
    assert caught.value.code == "sections_free"
    second = begun(world, study.reference, **OTHER_PURPOSE)
    with pytest.raises(Refused, match="Methods"):
        edited(world, second, **{**OTHER_PURPOSE, **NARROWER})
    move(world, first.reference, "withdraw", by="project_lead", reason="Not needed.")
    edited(world, second, **{**OTHER_PURPOSE, **NARROWER})


def test_changes_of_different_sections_come_together(world: World) -> None:
    _, study = study_of(world)
    purposes = change_in_review(world, study.reference, **OTHER_PURPOSE)
    methods = begun(world, study.reference, **NARROWER)
    move(world, methods.reference, "notify", by="project_lead")
    heard(world, purposes.reference, "approve")
    move(world, purposes.reference, "approve", by="chair")
    with world.reading() as session:
        content = current_content(session, queries.case(session, study.reference))
    assert (content["purposes"], content["methods"]) == (["method_development", "education"], ["hpc"])
    assert [row.number for row in versions(world, study.reference)] == [1, 2, 3]


def test_a_draft_takes_along_what_others_changed_meanwhile(world: World) -> None:
    _, study = study_of(world)
    draft = begun(world, study.reference, **WIDER)
    recorded(world, study.reference, **SMALLER_WORDS)
    sent = move(world, draft.reference, "submit", by="project_lead")
    assert (sent.title, sent.base_version) == ("Rosters from annealing", 2)
    with world.reading() as session:
        assert [change.field for change in changes_of(session, queries.case(session, sent.reference))] == ["methods"]


def test_a_form_from_before_another_change_is_stale(world: World) -> None:
    _, study = study_of(world)
    seen = case(world, study.reference).version
    recorded(world, study.reference, **SMALLER_WORDS)
    with pytest.raises(Stale), world.writing() as session:
        modifications.begin(
            session, study.reference, amendment(**WIDER), seen=seen, actor=world["project_lead"], now=world.now
        )


def test_an_extension_meanwhile_is_not_taken_back(world: World) -> None:
    _, study = study_of(world)
    change = change_in_review(world, study.reference)
    move(world, study.reference, "extend", by="chair", reason="It goes well.", valid_to=date(2028, 1, 1))
    heard(world, change.reference, "approve")
    move(world, change.reference, "approve", by="chair")
    assert case(world, study.reference).valid_to == date(2028, 1, 1)


def test_the_end_date_is_changed_by_a_change(world: World) -> None:
    project, study = study_of(world)
    notified(world, study.reference, until=date(2026, 6, 30))
    assert case(world, study.reference).valid_to == date(2026, 6, 30)
    assert not ruling(world, project, at=world.now + timedelta(days=40)).allowed
    longer = begun(world, study.reference, until=date(2029, 1, 1))
    assert refusal(world, longer.reference, "notify").startswith("class_is_")


def test_another_class_needs_a_reason_and_a_second_person(world: World) -> None:
    _, study = study_of(world)
    change = begun(world, study.reference, participants="Nobody; all data is made up.")
    assert refusal(world, change.reference, "record") == "class_is_minor"
    asked = {"change_class": ChangeClass.MINOR}
    assert refusal(world, change.reference, "ask_class", **asked) == "reason_given"
    move(world, change.reference, "ask_class", by="project_lead", reason="Only a comma.", **asked)
    assert refusal(world, change.reference, "record") == "class_settled"
    assert refusal(world, change.reference, "confirm_class", by="project_lead", reason="Yes.") == "not_own_case"
    assert refusal(world, change.reference, "confirm_class", by="ethics_officer") == "reason_given"
    with world.reading() as session:
        tasks = [task.title for task in waiting.tasks_for(session, world["ethics_officer"], now=world.now)]
    assert f"Answer which class it has: the change of “{APPLICATION.title}”" in tasks
    move(world, change.reference, "confirm_class", by="ethics_officer", reason="Only a comma.")
    done = move(world, change.reference, "record", by="project_lead")
    assert (done.change_class, done.class_confirmed_by) == (ChangeClass.MINOR, world["ethics_officer"].id)
    assert versions(world, study.reference)[-1].change_class is ChangeClass.MINOR


def test_a_confirmed_class_falls_with_the_text_that_it_was_confirmed_for(world: World) -> None:
    _, study = study_of(world)
    change = begun(world, study.reference, participants="Nobody; all data is made up.")
    asked = {"change_class": ChangeClass.MINOR, "reason": "Only a comma."}
    move(world, change.reference, "ask_class", by="project_lead", **asked)
    move(world, change.reference, "confirm_class", by="ethics_officer", reason="Only a comma.")
    edited(world, change, participants="Five hundred patients.")
    assert refusal(world, change.reference, "record") == "class_is_minor"
    assert case(world, change.reference).class_asked is None


def test_a_declined_class_leaves_the_computed_one(world: World) -> None:
    _, study = study_of(world)
    change = begun(world, study.reference, **WIDER)
    asked = {"change_class": ChangeClass.MINOR, "reason": "A small one."}
    move(world, change.reference, "ask_class", by="project_lead", **asked)
    move(world, change.reference, "decline_class", by="ethics_officer", reason="A new method is not small.")
    assert move(world, change.reference, "submit", by="project_lead").change_class is ChangeClass.SUBSTANTIAL


@pytest.mark.parametrize("name", ["suspend", "terminate", "close"])
def test_only_a_study_in_force_is_changed(world: World, name: str) -> None:
    _, study = study_of(world)
    change = begun(world, study.reference, **SMALLER_WORDS)
    if name == "terminate":
        meets(world, study.reference)
    by = "project_lead" if name == "close" else "chair"
    move(world, study.reference, name, by=by, reason="There is a reason.", on=date(2026, 6, 1))
    assert refusal(world, change.reference, "record") == "study_changeable"
    with pytest.raises(Refused) as caught:
        begun(world, study.reference, **WIDER)
    assert caught.value.code == "wrong_state"


def test_nobody_but_the_team_begins_and_a_draft_is_no_study(world: World) -> None:
    project, study = study_of(world)
    with pytest.raises(Refused):
        begun(world, study.reference, by="ethics_officer", **WIDER)
    review = in_review(world, project)
    with pytest.raises(Refused) as caught:
        begun(world, review.reference, **WIDER)
    assert caught.value.code == "wrong_state"


def test_nothing_is_sent_where_nothing_changes(world: World) -> None:
    _, study = study_of(world)
    change = begun(world, study.reference)
    for name in ("record", "notify", "submit"):
        assert refusal(world, change.reference, name) == "something_changes"


def test_an_application_goes_by_its_own_table(world: World) -> None:
    project, study = study_of(world)
    change = change_in_review(world, study.reference)
    heard(world, change.reference, "approve")
    for name in ("favourable", "authorise", "suspend", "extend"):
        with pytest.raises(NotFound):
            move(world, change.reference, name, by="chair", reason="So.")
    seen, lead = case(world, change.reference).version, world["project_lead"]
    with pytest.raises(NotFound), world.writing() as session:
        writing.edit(session, change.reference, APPLICATION, seen=seen, actor=lead, now=world.now)
    other = in_review(world, project)
    heard(world, other.reference, "favourable")
    with pytest.raises(NotFound):
        move(world, other.reference, "approve", by="chair")


def test_the_quorum_of_a_change_is_that_of_its_pack(world: World) -> None:
    _, study = study_of(world)
    change = change_in_review(world, study.reference)
    few = MEMBERS[:3]
    meets(world, change.reference, members=few)
    with world.reading() as session:
        found = hearing(session, queries.case(session, change.reference), date(2026, 6, 1))
    assert "needs 5 members" in found.quorum.reason


def test_after_a_halt_for_safety_only_a_substantial_change_lets_it_restart(world: World) -> None:
    _, study = study_of(world)
    move(world, study.reference, "halt", by="project_lead", reason="A fault.", on=date(2026, 6, 1), safety=True)
    restart = {"by": "ethics_officer", "reason": "Mended."}
    assert refusal(world, study.reference, "restart_favourable", **restart) == "safe_to_restart"
    recorded(world, study.reference, **SMALLER_WORDS)
    assert refusal(world, study.reference, "restart_favourable", **restart) == "safe_to_restart"
    decided_change(world, study.reference, **WIDER, title="Rosters from annealing")
    assert case(world, study.reference).state is State.HALTED
    assert move(world, study.reference, "restart_favourable", **restart).state is State.FAVOURABLE


def test_a_refusal_is_undone_by_two_people_unless_the_section_is_taken(world: World) -> None:
    _, study = study_of(world)
    change = decided_change(world, study.reference, "not_approve")
    move(world, change.reference, "ask_undo", by="ethics_officer", reason="A vote was miscounted.")
    other = begun(world, study.reference, **NARROWER)
    assert refusal(world, change.reference, "undo", by="chair", reason="It was.") == "sections_free"
    move(world, other.reference, "withdraw", by="project_lead", reason="For the first.")
    back = move(world, change.reference, "undo", by="chair", reason="It was.")
    assert (back.state, back.opinion, back.valid_to) == (State.IN_REVIEW, None, UNTIL)


def test_a_decision_is_not_undone_under_a_change(world: World) -> None:
    _, study = study_of(world)
    recorded(world, study.reference)
    move(world, study.reference, "ask_undo", by="ethics_officer", reason="A doubt.")
    assert refusal(world, study.reference, "undo", by="chair", reason="A doubt.") == "not_built_upon"


def test_clocks_are_those_of_a_change(world: World) -> None:
    _, study = study_of(world)
    change = submitted(world, study.reference)
    move(world, change.reference, "validate", by="ethics_officer")
    with world.reading() as session:
        found = hearing(session, queries.case(session, change.reference), date(2026, 6, 1)).clocks
    first = next(clock for clock in found if clock.kind is ClockKind.FIRST_DECISION)
    assert (first.days, first.due) == (35, date(2026, 7, 6))


def test_information_is_asked_for_and_answered(world: World) -> None:
    _, study = study_of(world)
    change = change_in_review(world, study.reference)
    heard(world, change.reference, "request_information")
    move(world, change.reference, "request_information", by="chair", questions=("Which model?",))
    with world.writing() as session:
        service.answer(session, change.reference, 1, "A small one.", actor=world["project_lead"], now=world.now)
        tasks = [task.title for task in waiting.tasks_for(session, world["project_lead"], now=world.now)]
    assert f"Answer the committee’s questions on the change of “{APPLICATION.title}”" in tasks
    assert move(world, change.reference, "respond", by="project_lead").state is State.RESPONSE_RECEIVED
    allocate_again(world, change.reference)
    assert move(world, change.reference, "approve", by="chair").state is State.APPROVED


def allocate_again(world: World, reference: str) -> None:
    """The meeting goes on and votes."""
    move(world, reference, "open_vote", by="chair")
    with world.writing() as session:
        for name in MEMBERS:
            service.vote(session, reference, "approve", actor=world[name], now=world.now)


def test_a_change_is_no_application_in_lists_reports_and_measures(world: World) -> None:
    project, study = study_of(world)
    world.now += timedelta(days=7)
    change = change_in_review(world, study.reference)
    world.now += timedelta(days=7)
    heard(world, change.reference, "not_approve")
    move(world, change.reference, "not_approve", by="chair", reason="Not shown to be needed.")
    with world.reading() as session:
        measured = access_decision_time(session, JUNE)
        assert measured is not None
        assert str(measured.value()) == "0"
        assert [line.reference for line in queries.status_for_report(session, project.key, JUNE).cases] == [
            study.reference
        ]
        assert [row.reference for row in queries.standings(session, project.key, at=world.now)] == [study.reference]
        found, count = queries.cases(session, queries.CaseFilter(kind=CaseKind.MODIFICATION))
        assert ([row.reference for row in found], count) == ([change.reference], 1)
        assert queries.cases(session, queries.CaseFilter(kind=CaseKind.APPLICATION))[1] == 1


@pytest.mark.parametrize(
    ("decision", "decided_as", "effect"),
    [
        ("approve", "Modification approved", "version 2 of"),
        ("not_approve", "Modification not approved", "must not be made"),
    ],
)
def test_the_letter_says_what_was_decided(world: World, decision: str, decided_as: str, effect: str) -> None:
    _, study = study_of(world)
    change = decided_change(world, study.reference, decision)
    with world.reading() as session:
        letter = queries.letter(session, change.reference)
    assert letter.decision == decided_as
    assert effect in letter.effect
    assert study.reference in letter.effect
    assert (letter.valid_from, letter.valid_to) == (None, None)
    assert [(line.name, line.old, line.new) for line in letter.changes] == [
        (
            "Methods",
            "Classical high-performance computing, Simulated quantum circuits",
            "Classical high-performance computing, Simulated quantum circuits, Machine learning",
        )
    ]


def test_what_is_only_recorded_has_no_letter(world: World) -> None:
    _, study = study_of(world)
    for change in (recorded(world, study.reference), notified(world, study.reference, **NARROWER, **SMALLER_WORDS)):
        with world.reading() as session, pytest.raises(Refused, match="there is no letter"):
            queries.letter(session, change.reference)


def test_allocation_is_to_a_meeting_like_any_other(world: World) -> None:
    _, study = study_of(world)
    change = submitted(world, study.reference)
    move(world, change.reference, "validate", by="ethics_officer")
    assert allocate(world, change.reference).state is State.IN_REVIEW


@pytest.mark.parametrize("decision", ["favourable", "favourable_conditions", "unfavourable"])
def test_the_letters_of_applications_say_what_was_decided(world: World, decision: str) -> None:
    """“Favourable” is in no letter that allows nothing, and a change is in no letter on an application."""
    study = decided(world, world.project(), decision)
    with world.reading() as session:
        letter = queries.letter(session, study.reference)
    assert letter.decision == INTERNAL_NAMES[study.state]
    assert (letter.valid_from is None) is (decision == "unfavourable")
    assert (letter.valid_to is None) is (decision == "unfavourable")
    assert (letter.changes, letter.effect) == ((), "")
