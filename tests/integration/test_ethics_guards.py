"""Every guard by direct POST, past the greyed button: a table made from the workflow, with each role for each move.

What is refused is recorded with its code, and no row of the register changes. One world holds a case for each move;
after each post that changed something the database is put back. Of the roles that may, each tries its share of the
guards; with `HCQIC_EVERY_ROLE=1` each tries all of them.
"""

import os
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from hcqic_gov.app import create_app
from hcqic_gov.committee.rules import MeetingKind
from hcqic_gov.core.workflow import SYSTEM
from hcqic_gov.db import Database
from hcqic_gov.ethics import service
from hcqic_gov.ethics.decision_rules import DECISIONS
from hcqic_gov.ethics.reviews import Finding, criteria
from hcqic_gov.ethics.rules import WORKFLOW
from hcqic_gov.ethics.states import Track
from hcqic_gov.people.rules import Role
from hcqic_gov.projects import service as projects
from hcqic_gov.projects.models import Project, TeamMember
from hcqic_gov.settings import Settings
from hcqic_gov.web.review_forms import FINDING
from tests.conftest import NOW, Inhabited
from tests.ethics_model import Raw
from tests.ethics_steps import MEMBERS, declare, draft, give, in_review, meets, move, submitted, vote
from tests.factories import World, client_of

APPLICATION = {
    "title": "Rosters by annealing",
    "lay_summary": "We compare ways to make rosters, on data that is made up.",
    "work_kind": "research",
    "material_issue": "no",
    "data_class": "synthetic",
    "purposes": ["method_development"],
    "methods": ["hpc"],
    "participants": "Nobody.",
    "consent_basis": "no_people",
}
PATHS = {
    "edit": "application/summary",
    "add_paper": "papers/add",
    "remove_paper": "papers/{paper}/remove",
    "assign_reviewer": "reviews/assign",
    "submit_review": "reviews/own",
    "modify": "modify",
    "declare_interest": "interest",
    "vote": "vote",
    "record_minute": "discussion",
    "answer": "questions/1",
    "satisfy_condition": "conditions/{condition}/satisfy",
    "confirm_condition": "conditions/{condition}/confirm",
    "copy_as_new": "again/copy_as_new",
    "appeal": "again/appeal",
}
EVERY_ROLE = bool(os.environ.get("HCQIC_EVERY_ROLE"))
STEPS = {step.name: step for step in WORKFLOW.moves}
BY_PERSON = {name: step for name, step in STEPS.items() if step.who != (SYSTEM,)}
TABLES = ("case", "version", "event", "interest", "vote", "question", "minute", "condition", "review", "paper")


def day_fields(name: str, year: int, month: int, day: int) -> dict[str, str]:
    return {f"{name}-day": str(day), f"{name}-month": str(month), f"{name}-year": str(year)}


@dataclass
class Stage:
    """The world with a case in each state; `backup` is the database as it was at first."""

    world: World
    app: Flask
    raw: Raw
    backup: sqlite3.Connection
    cases: dict[str, str] = field(default_factory=dict)
    clients: dict[str, FlaskClient] = field(default_factory=dict)

    def put_back(self) -> None:
        self.backup.backup(self.raw.connection)

    def rows(self) -> str:
        return repr([self.raw.rows(f"SELECT * FROM ethics_{table} ORDER BY id") for table in TABLES])  # noqa: S608

    def refusals(self) -> list[dict[str, Any]]:
        return self.raw.rows("SELECT * FROM audit_entry WHERE result = 'refused' ORDER BY number")

    def post(self, who: str, name: str, **changes: object) -> tuple[int, str]:
        if who not in self.clients:
            self.clients[who] = client_of(self.app, self.world[who])
        reference = self.cases[case_for(name)]
        path = PATHS.get(name, f"move/{name}").format(
            condition=self.number("condition", reference), paper=self.number("paper", reference)
        )
        answer = self.clients[who].post(f"/ethics/{reference}/{path}", data={**self.form(name), **changes})
        return answer.status_code, answer.text

    def number(self, table: str, reference: str) -> int:
        """The first condition, or the first document, of a case."""
        case = self.raw.case(reference)
        rows = self.raw.rows(f"SELECT id FROM ethics_{table} WHERE case_id = ? ORDER BY id", case["id"])  # noqa: S608
        return int(rows[0]["id"]) if rows else 0

    def form(self, name: str) -> dict[str, object]:
        """A complete form: each takes the fields that it has."""
        kind = "sub_committee" if name == "no_opinion" else "full"
        later = "SELECT id FROM meeting WHERE kind = ? ORDER BY id DESC"
        return {
            **APPLICATION,
            "version": str(self.raw.case(self.cases[case_for(name)])["version"]),
            "reason": "A reason.",
            "track": "full",
            "meeting_id": str(self.raw.rows(later, kind)[0]["id"]),
            "pre_start": "Name the data manager.",
            "questions": "Where is the data?",
            "again": ["1"],
            "person_id": str(self.world["colleague"].id),
            "safety": "no",
            "interest": "none",
            "choice": "favourable",
            "discussion": "It was discussed.",
            "answer": "Here.",
            "evidence": "It is Dr Example.",
            "change_reason": "More wards take part.",
            "kind": "protocol",
            "file": (BytesIO(b"%PDF-1.4 made up"), "protocol.pdf"),
            "reviewers": [str(self.world["lay_three"].id)],
            "recommendation": "favourable",
            **{f"{FINDING}{one.code}": Finding.SATISFACTORY.value for one in criteria().criteria},
            **day_fields("due", 2026, 6, 20),
            **day_fields("valid_from", 2026, 6, 1),
            **day_fields("valid_to", 2028, 1, 1),
            **day_fields("on", 2026, 6, 1),
        }

    def arrange(self, name: str, who: str) -> None:
        """All that the move asks for, with this person in the chair where somebody has to be."""
        case, person = self.raw.case(self.cases[case_for(name)]), self.world[who].id
        write = self.raw.connection.execute
        if who in MEMBERS:
            write("UPDATE meeting_attendance SET presiding = 0")
            write("UPDATE meeting_attendance SET presiding = 1 WHERE person_id = ?", (person,))
        if name in [step.name for step in DECISIONS]:
            write("UPDATE ethics_vote SET choice = ? WHERE case_id = ?", (name, case["id"]))
        if name == "submit_review":
            values = (case["id"], person, person, "2026-06-20", "[]", "", "", NOW.isoformat())
            write(REVIEW, values)
        if name in ("open_vote", "assign_reviewer"):
            write("UPDATE ethics_case SET vote_open = 0 WHERE id = ?", (case["id"],))
        if name in ("undo", "undo_determination"):
            sponsor = self.world["sponsor"].id
            write("UPDATE ethics_case SET undo_asked_by = ? WHERE id = ?", (sponsor, case["id"]))
        if name == "satisfy_condition":
            write("UPDATE ethics_condition SET satisfied_by = NULL, satisfied_at = NULL")
        if name == "ratify":
            write("UPDATE ethics_case SET to_ratify = 1 WHERE id = ?", (case["id"],))

    def break_for(self, name: str, guard: str, who: str) -> None:
        """One thing amiss, which this guard must notice."""
        case, person = self.raw.case(self.cases[case_for(name)]), self.world[who].id
        values = {"case": case["id"], "person": person, "meeting": case["meeting_id"], "now": NOW.isoformat()}
        values["other"] = self.world["sponsor"].id
        for statement in BREAKS[guard]:
            self.raw.connection.execute(statement, values)


SET = "UPDATE ethics_case SET {} WHERE id = :case"
LEAVE = (
    "DELETE FROM meeting_attendance WHERE person_id <> :person",
    "UPDATE meeting_attendance SET kind = 'expert'",
)
ASK = """INSERT INTO ethics_question (case_id, number, text, asked_at, answer, created_at, version)
    VALUES (:case, 1, 'Where?', :now, '', :now, 1)"""
BUILD = """INSERT INTO ethics_version
    (case_id, number, content, content_hash, frozen_by, effective_from, created_at, version)
    SELECT case_id, 2, content, content_hash, frozen_by, :now, :now, 1 FROM ethics_version WHERE case_id = :case"""
REVIEW = """INSERT INTO ethics_review
    (case_id, reviewer_id, assigned_by, due_on, remarks, recommendation, summary, created_at, version)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)"""
UNCHAIR = ("UPDATE meeting_attendance SET presiding = 0",)
BREAKS: dict[str, tuple[str, ...]] = {
    "by_the_applicant": (SET.format("applicant_id = :other"), "UPDATE project SET lead_id = :other"),
    "by_the_team": (SET.format("applicant_id = :other"), "UPDATE project SET lead_id = :other"),
    "not_on_the_team": (SET.format("applicant_id = :person"),),
    "application_complete": (SET.format("lay_summary = ''"),),
    "member_in_term": ("UPDATE committee_member SET term_to = '2026-05-31' WHERE person_id = :person",),
    "interest_declared": ("DELETE FROM ethics_interest WHERE person_id = :person",),
    "not_recused": ("UPDATE ethics_interest SET interest = 'recused' WHERE person_id = :person",),
    "on_an_agenda": (SET.format("meeting_id = NULL"),),
    "present": ("DELETE FROM meeting_attendance WHERE person_id = :person",),
    "presides": UNCHAIR,
    "presides_or_delegated": UNCHAIR,
    "quorate": LEAVE,
    "quorate_or_delegated": LEAVE,
    "vote_is_open": (SET.format("vote_open = 0"),),
    "vote_not_open": (SET.format("vote_open = 1"),),
    "carries_or_delegated": ("UPDATE ethics_vote SET choice = 'abstain' WHERE case_id = :case",),
    "full_track": (SET.format("track = 'proportionate'"),),
    "proportionate_track": (SET.format("track = 'full'"),),
    "asked_once": (ASK,),
    "every_question_answered": (
        "UPDATE ethics_question SET answered_at = NULL, answered_by = NULL WHERE case_id = :case",
    ),
    "undo_not_asked": (SET.format("undo_asked_by = :other"),),
    "undo_asked": (SET.format("undo_asked_by = NULL"),),
    "by_a_second_person": (SET.format("undo_asked_by = :person"),),
    "not_built_upon": (BUILD,),
    "not_followed": ("UPDATE ethics_case SET follows_id = :case, follows_as = 'copy' WHERE state = 'draft'",),
    "condition_open": ("UPDATE ethics_condition SET satisfied_by = :other, satisfied_at = :now",),
    "condition_answered": ("UPDATE ethics_condition SET satisfied_by = NULL, satisfied_at = NULL",),
    "by_another_person": ("UPDATE ethics_condition SET satisfied_by = :person",),
    "end_date_ahead": (SET.format("valid_from = '2026-01-01', valid_to = '2026-05-31'"),),
    "safe_to_restart": (SET.format("safety_halt = 1"),),
    "awaiting_ratification": (SET.format("to_ratify = 0"),),
    "assigned": ("DELETE FROM ethics_review",),
    "not_reviewed": (
        "UPDATE ethics_review SET submitted_at = :now, criteria_fingerprint = 'x', recommendation = 'favourable'",
    ),
    "not_reported": (SET.format("reported_at = :now"),),
    "opinion_was_favourable": (SET.format("opinion = 'unfavourable'"),),
    "opinion_was_favourable_conditions": (SET.format("opinion = 'unfavourable'"),),
    "opinion_was_not_required": (SET.format("opinion = 'unfavourable'"),),
}
"""By guard: what is amiss in the rows."""

ENTRIES: Mapping[str, Mapping[str, object]] = {
    "reason_given": {"reason": "  ", "discussion": "  ", "evidence": "  "},
    "track_fits": {"track": "proportionate"},
    "meeting_fits": {"meeting_id": "9999"},
    "meeting_of_track": {"meeting_id": "{sub_committee}"},
    "full_committee_hears": {"meeting_id": "{sub_committee}"},
    "questions_given": {"questions": " \n "},
    "delegate_fits": {"delegate": "9999"},
    "same_questions": {"again": ["7"]},
    "reviewer_fits": {"reviewers": ["9999"]},
    "due_ahead": day_fields("due", 2025, 1, 1),
    "conditions_given": {"pre_start": "", "conditions": " "},
    "validity_given": day_fields("valid_to", 2025, 1, 1),
    "not_required_from": day_fields("valid_to", 2025, 1, 1),
    "later_end": day_fields("valid_to", 2026, 6, 2),
    "dated": day_fields("on", 2027, 1, 1),
    "new_applicant_fits": {"person_id": "9999"},
}
"""By guard: an entry at fault. A form sends it back with its sentence (400); what passes it, the guard refuses."""

CEDAR_FIRST = {
    "by_the_applicant": "not_permitted",
    "by_the_team": "not_permitted",
    "not_on_the_team": "not_own_case",
    "not_recused": "recused_see_and_do_nothing",
    "presides_or_delegated": "presides",
    "quorate_or_delegated": "quorate",
    "carries_or_delegated": "vote_carries",
}
"""The code of a refusal where it is not the guard's name: who may comes before what may happen."""


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
    made, folder = inhabited_sqlite, tmp_path_factory.mktemp("guards")
    url = made.copy()
    world = World(Database(url), NOW, dict(made.people), made.funder_id, made.committee_id)
    settings = Settings(data_dir=folder, sign_in_rate="1000 per minute")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HCQIC_DATA_DIR", str(folder))
        app = create_app(settings, database=world.database, clock=lambda: NOW, TESTING=True, WTF_CSRF_ENABLED=False)
        stage = Stage(world, app, Raw.of(url), sqlite3.connect(":memory:"))
        build(stage)
        stage.raw.connection.backup(stage.backup)
        yield stage
    stage.raw.connection.close()
    stage.backup.close()
    world.database.dispose()
    Path(url.removeprefix("sqlite:///")).unlink(missing_ok=True)


@pytest.mark.parametrize("name", STEPS)
def test_a_role_that_may_not_is_refused(prepared: Stage, name: str) -> None:
    """Everybody whose role is not in the row: 403, on record with a code, and not a row is changed."""
    step, before, refused_before = STEPS[name], prepared.rows(), len(prepared.refusals())
    outside = [role.value for role in Role if role not in step.who]
    for who in outside:
        status, page = prepared.post(who, name)
        assert status == 403, (name, who, page[-1500:])
    refusals = prepared.refusals()[refused_before:]
    assert [entry["actor_id"] for entry in refusals] == [prepared.world[who].id for who in outside]
    assert all(entry["code"] for entry in refusals)
    assert prepared.rows() == before


@pytest.mark.parametrize("name", BY_PERSON)
def test_each_guard_refuses_each_role_that_may(prepared: Stage, name: str) -> None:
    """First the post that is allowed, so that the form is known to be complete; then one thing amiss for each guard."""
    step = BY_PERSON[name]
    guards = [guard.__name__ for guard in step.guards]
    for place, who in enumerate(step.who):
        prepared.put_back()
        prepared.arrange(name, who)
        status, page = prepared.post(who, name)
        assert status == 302, (name, who, page[-3000:])
        for guard in guards if EVERY_ROLE else guards[place :: len(step.who)]:
            prepared.put_back()
            prepared.arrange(name, who)
            require_refused(prepared, name, guard, who)
    prepared.put_back()


def require_refused(stage: Stage, name: str, guard: str, who: str) -> None:
    entered = dict(ENTRIES.get(guard, {}))
    if entered.get("meeting_id") == "{sub_committee}":
        rows = stage.raw.rows("SELECT id FROM meeting WHERE kind = 'sub_committee'")
        entered["meeting_id"] = str(rows[0]["id"])
    if guard == "track_fits":
        stage.raw.connection.execute("UPDATE ethics_case SET material_issue = 1")
    if guard not in ENTRIES:
        stage.break_for(name, guard, who)
    before, refused = stage.rows(), len(stage.refusals())
    status, page = stage.post(who, name, **entered)
    assert stage.rows() == before, (name, guard, who)
    if guard in ENTRIES and status == 400:
        assert "There is a problem" in page, (name, guard, who)
        return
    assert status in (403, 409), (name, guard, who, status, page[-3000:])
    codes = [entry["code"] for entry in stage.refusals()[refused:]]
    assert codes == [CEDAR_FIRST.get(guard, guard)], (name, guard, who)


def test_every_guard_of_the_table_is_tried() -> None:
    guards = {guard.__name__ for step in BY_PERSON.values() for guard in step.guards}
    assert guards == set(BREAKS) | set(ENTRIES)
