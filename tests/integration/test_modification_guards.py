"""Every guard of a change of an approved study by direct POST, past the greyed button, with each role for each move.

Rows that a change shares with an application are tried there; with `HCQIC_EVERY_ROLE=1` here too.
"""

from collections.abc import Iterator

import pytest

from hcqic_gov.committee.rules import MeetingKind
from hcqic_gov.core.workflow import SYSTEM
from hcqic_gov.ethics import service
from hcqic_gov.ethics.modification_rules import MODIFICATION
from hcqic_gov.ethics.rules import WORKFLOW
from hcqic_gov.ethics.states import ChangeClass
from hcqic_gov.people.rules import Role
from hcqic_gov.projects import service as projects
from hcqic_gov.projects.models import TeamMember
from tests.conftest import Inhabited
from tests.ethics_steps import MEMBERS, declare, give, in_review, move, vote
from tests.guard_posts import EVERY_ROLE, Stage, require_guarded, require_outsiders_refused, stage_of
from tests.modification_steps import NARROWER, SMALLER_WORDS, WIDER, begun

STEPS = {step.name: step for step in MODIFICATION.moves}
SHARED = {
    step.name
    for step in WORKFLOW.moves
    if step.name in STEPS and (step.who, step.guards) == (STEPS[step.name].who, STEPS[step.name].guards)
}
"""The same people under the same guards as on an application."""
TRIED = {name: step for name, step in STEPS.items() if EVERY_ROLE or name not in SHARED}
BY_PERSON = {name: step for name, step in TRIED.items() if step.who != (SYSTEM,)}
OWN_CASE = {
    "record": "minor",
    "notify": "important",
    "confirm_class": "class_asked",
    "decline_class": "class_asked",
    "ask_again": "response_received",
    "no_opinion": "proportionate",
}


def case_for(name: str) -> str:
    return OWN_CASE.get(name, STEPS[name].sources[0].value)


def build(stage: Stage) -> None:
    """One study and one change through the services; a copy of both is kept in each state that is passed."""
    world = stage.world
    with world.writing() as session:
        world.add_person(session, "colleague", {Role.PROJECT_LEAD})
    project = world.project(active=True)
    with world.writing() as session:
        part = TeamMember(project_id=0, person_id=world["colleague"].id, part="Analyst", created_at=world.now)
        projects.add_part(session, project.reference, part, actor=world["project_lead"], now=world.now)
    meeting = world.meeting()
    study = in_review(world, project, meeting=meeting).reference
    declare(world, study, *MEMBERS)
    move(world, study, "open_vote", by="chair")
    vote(world, study, "favourable", *MEMBERS)
    give(world, study, "favourable")
    drafts(stage, study)
    committee(stage, begun(world, study, **WIDER).reference, meeting.key)
    world.plan_meeting(kind=MeetingKind.SUB_COMMITTEE)
    world.plan_meeting()


def drafts(stage: Stage, study: str) -> None:
    """Of each class, and one with another class asked for."""
    world = stage.world
    for name, changes in {"minor": SMALLER_WORDS, "important": NARROWER, "draft": WIDER}.items():
        change = begun(world, study, **changes).reference
        stage.cases[name] = copied(stage, change)
        if name == "draft":
            asked = {"reason": "A comma.", "change_class": ChangeClass.MINOR}
            move(world, change, "ask_class", by="project_lead", **asked)
            stage.cases["class_asked"] = copied(stage, change)
        move(world, change, "withdraw", by="project_lead", reason="Copied.")


def committee(stage: Stage, change: str, meeting: int) -> None:
    """From the draft to a response; what is not approved and what a sub-committee hears go by a copy."""
    world = stage.world

    def keep(name: str) -> None:
        stage.cases[name] = copied(stage, change)

    move(world, change, "submit", by="project_lead")
    keep("submitted")
    move(world, change, "validate", by="ethics_officer")
    keep("valid")
    move(world, change, "allocate", by="ethics_officer", meeting_id=meeting)
    declare(world, change, *MEMBERS)
    move(world, change, "open_vote", by="chair")
    vote(world, change, "approve", *MEMBERS)
    keep("in_review")
    keep("proportionate")
    write = stage.raw.connection.execute
    write("UPDATE ethics_case SET track = 'proportionate' WHERE reference = ?", (stage.cases["proportionate"],))
    keep("not_approved")
    write("UPDATE ethics_vote SET choice = 'not_approve' WHERE case_id = (SELECT max(id) FROM ethics_case)")
    move(world, stage.cases["not_approved"], "not_approve", by="chair", reason="Not shown to be needed.")
    write("UPDATE ethics_vote SET choice = 'request_information'")
    move(world, change, "request_information", by="chair", questions=("Why?",))
    with world.writing() as session:
        service.answer(session, change, 1, "So.", actor=world["project_lead"], now=world.now)
    keep("info_requested")
    move(world, change, "respond", by="project_lead")
    move(world, change, "open_vote", by="chair")
    vote(world, change, "approve", *MEMBERS)
    stage.cases["response_received"] = change


def copied(stage: Stage, change: str) -> str:
    """The reference of a copy of this change, row by row, on a copy of its study: no two hold the same sections."""
    case = stage.raw.case(change)
    study = copy_of(stage, case["parent_id"], {})
    number = copy_of(stage, case["id"], {"parent_id": study})
    return str(stage.raw.one("SELECT reference FROM ethics_case WHERE id = ?", number)["reference"])


def copy_of(stage: Stage, number: int, values: dict[str, object]) -> int:
    old = stage.raw.one("SELECT * FROM ethics_case WHERE id = ?", number)
    last = stage.raw.one("SELECT max(id) AS number FROM ethics_case")["number"]
    reference = f"HCQIC-E-2026-{9000 + last}"
    new = insert(stage, "ethics_case", {**old, **values, "reference": reference})
    for table in ("version", "event", "interest", "vote", "question", "paper"):
        for row in stage.raw.rows(f"SELECT * FROM ethics_{table} WHERE case_id = ?", number):  # noqa: S608
            insert(stage, f"ethics_{table}", {**row, "case_id": new})
    return new


def insert(stage: Stage, table: str, row: dict[str, object]) -> int:
    values = {name: value for name, value in row.items() if name != "id"}
    marks = ", ".join("?" * len(values))
    statement = f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})"  # noqa: S608
    return int(stage.raw.connection.execute(statement, tuple(values.values())).lastrowid or 0)


@pytest.fixture(scope="module")
def prepared(inhabited_sqlite: Inhabited, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage_of(inhabited_sqlite, tmp_path_factory.mktemp("changes"), build, case_for) as stage:
        yield stage


@pytest.mark.parametrize("name", TRIED)
def test_a_role_that_may_not_is_refused(prepared: Stage, name: str) -> None:
    require_outsiders_refused(prepared, STEPS[name])


@pytest.mark.parametrize("name", BY_PERSON)
def test_each_guard_refuses_each_role_that_may(prepared: Stage, name: str) -> None:
    require_guarded(prepared, BY_PERSON[name])


def test_what_is_tried_elsewhere_is_the_same_row() -> None:
    own = {"edit_change", "ask_class", "confirm_class", "decline_class", "record", "notify", "submit"}
    assert set(STEPS) - SHARED == own | {"approve", "not_approve", "undo"}
