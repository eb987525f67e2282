"""Every guard by direct POST, past the greyed button: a table made from the workflow, with each role for each move.

What is refused is recorded with its code, and no row of the register changes. One world holds a case for each move;
after each post that changed something the database is put back. Of the roles that may, each tries its share of the
guards; with `HCQIC_EVERY_ROLE=1` each tries all of them.
"""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from hcqic_gov.committee.rules import MeetingKind
from hcqic_gov.core.workflow import SYSTEM
from hcqic_gov.ethics import service
from hcqic_gov.ethics.rules import WORKFLOW
from hcqic_gov.ethics.states import Track
from hcqic_gov.people.rules import Role
from hcqic_gov.projects import service as projects
from hcqic_gov.projects.models import Project, TeamMember
from tests.conftest import Inhabited
from tests.ethics_model import Raw
from tests.ethics_steps import MEMBERS, declare, draft, give, in_review, meets, move, submitted, vote
from tests.factories import World
from tests.guard_posts import BREAKS, ENTRIES, OF_CHANGES, Stage, require_guarded, require_outsiders_refused, stage_of

STEPS = {step.name: step for step in WORKFLOW.moves}
BY_PERSON = {name: step for name, step in STEPS.items() if step.who != (SYSTEM,)}


def case_for(name: str) -> str:
    """Which of the cases of the stage a move is tried on: one in the first state from which it goes out."""
    if name in ("no_opinion", "full_track"):
        return "proportionate"
    for prefix in ("restart_", "lift_"):
        if name.startswith(prefix):
            return ("halted_" if prefix == "restart_" else "suspended_") + name.removeprefix(prefix)
    special = {"ratify": "suspended_favourable", "ask_again": "response_received", "respond": "info_requested"}
    return special.get(name, STEPS[name].sources[0].value)


def build(stage: Stage) -> None:
    """A case in each state, made through the services; all heard by one open meeting."""
    world = stage.world
    with world.writing() as session:
        world.add_person(session, "colleague", {Role.PROJECT_LEAD})
    project = world.project(active=True)
    with world.writing() as session:
        part = TeamMember(project_id=0, person_id=world["colleague"].id, part="Analyst", created_at=world.now)
        projects.add_part(session, project.reference, part, actor=world["project_lead"], now=world.now)
    meeting = world.meeting()
    begun(stage, project)
    for name in ("in_review", "info_requested", "response_received", "favourable", "favourable_conditions",
                 "unfavourable", "halted_favourable", "halted_favourable_conditions", "suspended_favourable",
                 "suspended_favourable_conditions", "closed"):  # fmt: skip
        case = in_review(world, project, meeting=meeting).reference
        declare(world, case, *MEMBERS)
        move(world, case, "open_vote", by="chair")
        bring_on(world, case, name)
        stage.cases[name] = case
    world.plan_meeting(starts_at=world.now + timedelta(days=7))
    sub = world.plan_meeting(kind=MeetingKind.SUB_COMMITTEE)
    case = in_review(world, project, track=Track.PROPORTIONATE, meeting=sub).reference
    meets(world, case)
    declare(world, case, *MEMBERS)
    move(world, case, "open_vote", by="chair")
    vote(world, case, "favourable", *MEMBERS)
    stage.cases["proportionate"] = case


def begun(stage: Stage, project: Project) -> None:
    """What needs no committee."""
    world = stage.world
    stage.cases["draft"] = draft(world, project).reference
    sent = draft(world, project).reference
    move(world, sent, "send_to_sponsor", by="project_lead")
    stage.cases["with_sponsor"] = sent
    for name in ("submitted", "invalid", "valid", "not_required", "suspended_not_required"):
        case = stage.cases[name] = submitted(world, project).reference
        if name == "invalid":
            move(world, case, "mark_invalid", by="ethics_officer", reason="Not ours.")
        elif name == "valid":
            move(world, case, "validate", by="ethics_officer")
        elif "not_required" in name:
            move(world, case, "not_required", by="ethics_officer", reason="Made-up data.")
    move(world, stage.cases["suspended_not_required"], "suspend", by="chair", reason="An incident.")


def bring_on(world: World, case: str, name: str) -> None:
    """From an open vote to where the name says."""
    if name in ("info_requested", "response_received"):
        choice = "request_information"
    else:
        choice = "favourable" if name in ("in_review", "closed") else name.partition("_")[2] or name
        choice = "favourable_conditions" if name.endswith("favourable_conditions") else choice
        choice = name if name in ("favourable", "unfavourable") else choice
    vote(world, case, choice, *MEMBERS)
    if name == "in_review":
        return
    if choice == "request_information":
        ask_and_answer(world, case, respond=name == "response_received")
        return
    give(world, case, choice)
    if choice == "favourable_conditions":
        answer_conditions(world, case)
    after = {"halted": ("halt", "project_lead"), "suspended": ("suspend", "chair"), "closed": ("close", "project_lead")}
    for word, (step, by) in after.items():
        if name.startswith(word):
            move(world, case, step, by=by, reason="A reason.", on=world.now.date())


def ask_and_answer(world: World, case: str, *, respond: bool) -> None:
    move(world, case, "request_information", by="chair", questions=("Where is the data?",))
    with world.writing() as session:
        service.answer(session, case, 1, "Here.", actor=world["project_lead"], now=world.now)
    if respond:
        move(world, case, "respond", by="project_lead")
        move(world, case, "open_vote", by="chair")
        vote(world, case, "favourable", *MEMBERS)


def answer_conditions(world: World, case: str) -> None:
    raw = Raw.of(str(world.database.engine.url))
    number = raw.rows("SELECT id FROM ethics_condition WHERE case_id = ?", raw.case(case)["id"])[0]["id"]
    raw.connection.close()
    with world.writing() as session:
        lead = world["project_lead"]
        service.satisfy_condition(session, case, number, evidence="It is.", actor=lead, now=world.now)


@pytest.fixture(scope="module")
def prepared(inhabited_sqlite: Inhabited, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage_of(inhabited_sqlite, tmp_path_factory.mktemp("guards"), build, case_for) as stage:
        yield stage


@pytest.mark.parametrize("name", STEPS)
def test_a_role_that_may_not_is_refused(prepared: Stage, name: str) -> None:
    require_outsiders_refused(prepared, STEPS[name])


@pytest.mark.parametrize("name", BY_PERSON)
def test_each_guard_refuses_each_role_that_may(prepared: Stage, name: str) -> None:
    require_guarded(prepared, BY_PERSON[name])


def test_every_guard_of_the_table_is_tried() -> None:
    guards = {guard.__name__ for step in BY_PERSON.values() for guard in step.guards}
    assert guards == (set(BREAKS) | set(ENTRIES)) - OF_CHANGES
