"""Posts past the greyed button: a world with a case in each state, complete forms, and one thing amiss per guard."""

import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from hcqic_gov.app import create_app
from hcqic_gov.core.workflow import Move
from hcqic_gov.db import Database
from hcqic_gov.ethics.decision_rules import DECISIONS, ON_CHANGES
from hcqic_gov.ethics.facts import Facts
from hcqic_gov.ethics.reviews import Finding, criteria
from hcqic_gov.ethics.states import State
from hcqic_gov.people.rules import Role
from hcqic_gov.settings import Settings
from hcqic_gov.web.review_forms import FINDING
from tests.conftest import NOW, Inhabited
from tests.ethics_model import Raw
from tests.ethics_steps import MEMBERS
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
    "release_reviewer": "reviews/{reviewer}/release",
    "submit_review": "reviews/own",
    "modify": "modify",
    "edit_change": "change",
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
TABLES = ("case", "version", "event", "interest", "vote", "question", "minute", "condition", "review", "paper")


def day_fields(name: str, year: int, month: int, day: int) -> dict[str, str]:
    return {f"{name}-day": str(day), f"{name}-month": str(month), f"{name}-year": str(year)}


@dataclass
class Stage:
    """The world with a case in each state; `backup` is the database as it was at first.

    `case_for` says on which of the cases a move is tried.
    """

    world: World
    app: Flask
    raw: Raw
    backup: sqlite3.Connection
    case_for: Callable[[str], str]
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
        reference = self.cases[self.case_for(name)]
        path = PATHS.get(name, f"move/{name}").format(
            condition=self.number("condition", reference),
            paper=self.number("paper", reference),
            reviewer=self.world["lay_two"].id,
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
        case = self.raw.case(self.cases[self.case_for(name)])
        kind = "sub_committee" if name == "no_opinion" else "full"
        later = "SELECT id FROM meeting WHERE kind = ? ORDER BY id DESC"
        return {
            **APPLICATION,
            "version": str(case["version"]),
            "reason": "A reason.",
            "track": "full",
            "meeting_id": str(self.raw.rows(later, kind)[0]["id"]),
            "pre_start": "Name the data manager.",
            "questions": "Where is the data?",
            "again": ["1"],
            "person_id": str(self.world["colleague"].id),
            "safety": "no",
            "interest": "none",
            "choice": "approve" if case["kind"] == "modification" else "favourable",
            "change_class": "minor",
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
        case, person = self.raw.case(self.cases[self.case_for(name)]), self.world[who].id
        write = self.raw.connection.execute
        if who in MEMBERS:
            write("UPDATE meeting_attendance SET presiding = 0")
            write("UPDATE meeting_attendance SET presiding = 1 WHERE person_id = ?", (person,))
        if name in [step.name for step in (*DECISIONS, *ON_CHANGES)]:
            write("UPDATE ethics_vote SET choice = ? WHERE case_id = ?", (name, case["id"]))
        if name == "submit_review":
            values = (case["id"], person, person, "2026-06-20", "[]", "", "", NOW.isoformat())
            write(REVIEW, values)
        if name == "release_reviewer":
            asked = self.world["lay_two"].id
            write(REVIEW, (case["id"], asked, person, "2026-06-20", "[]", "", "", NOW.isoformat()))
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
        case, person = self.raw.case(self.cases[self.case_for(name)]), self.world[who].id
        values = {"case": case["id"], "person": person, "meeting": case["meeting_id"], "now": NOW.isoformat()}
        values["other"] = self.world["sponsor"].id
        for statement in BREAKS[guard]:
            self.raw.connection.execute(statement, values)


SET = "UPDATE ethics_case SET {} WHERE id = :case"
STUDY = "UPDATE ethics_case SET {} WHERE id = (SELECT parent_id FROM ethics_case WHERE id = :case)"
LEAVE = (
    "DELETE FROM meeting_attendance WHERE person_id <> :person",
    "UPDATE meeting_attendance SET kind = 'expert'",
)
ASK = """INSERT INTO ethics_question (case_id, number, text, asked_at, answer, created_at, version)
    VALUES (:case, 1, 'Where?', :now, '', :now, 1)"""
BUILD = """INSERT INTO ethics_version
    (case_id, number, content, content_hash, frozen_by, effective_from, created_at, version)
    SELECT case_id, 2, content, content_hash, frozen_by, :now, :now, 1 FROM ethics_version WHERE case_id = :case"""
UNCHANGE = """UPDATE ethics_case SET (title, methods) =
    (SELECT title, methods FROM ethics_case AS study WHERE study.id = ethics_case.parent_id) WHERE id = :case"""
RIVAL = """UPDATE ethics_case SET title = 'Another', methods = '[]',
    parent_id = (SELECT parent_id FROM ethics_case AS one WHERE one.id = :case)
    WHERE kind = 'modification' AND state = 'draft' AND id <> :case"""
OVERTAKE = """INSERT INTO ethics_version
    (case_id, number, content, content_hash, frozen_by, effective_from, created_at, version)
    SELECT case_id, 2, json_set(content, '$.title', 'Theirs', '$.methods', json('[]')), 'x', frozen_by, :now, :now, 1
    FROM ethics_version WHERE case_id = (SELECT parent_id FROM ethics_case WHERE id = :case)"""
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
    "review_awaited": (
        "UPDATE ethics_review SET submitted_at = :now, criteria_fingerprint = 'x', recommendation = 'favourable'",
    ),
    "not_reported": (SET.format("reported_at = :now"),),
    "something_changes": (UNCHANGE,),
    "study_changeable": (STUDY.format("state = 'suspended'"),),
    "study_changing": (STUDY.format("state = 'unfavourable'"),),
    "sections_free": (RIVAL,),
    "not_overtaken": (OVERTAKE,),
    "class_settled": (SET.format("class_asked = 'minor', class_asked_by = :person"),),
    "class_is_minor": (SET.format("methods = '[\"hpc\"]'"),),
    "class_is_important_detail": (SET.format("methods = '[\"ai\"]'"),),
    "class_is_substantial": (SET.format("methods = '[\"hpc\"]'"),),
    "class_asked": (SET.format("class_asked = NULL, class_asked_by = NULL"),),
    "class_by_another": (SET.format("class_asked_by = :person"),),
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
    "other_class": {"change_class": "substantial"},
    "new_applicant_fits": {"person_id": "9999"},
}
"""By guard: an entry at fault. A form sends it back with its sentence (400); what passes it, the guard refuses."""

OF_CHANGES = {
    *("something_changes", "study_changeable", "study_changing", "sections_free", "not_overtaken", "class_settled"),
    *("class_is_minor", "class_is_important_detail", "class_is_substantial", "class_asked", "class_by_another"),
    "other_class",
}
"""Guards that only changes of approved studies have."""

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


@contextmanager
def stage_of(
    made: Inhabited, folder: Path, build: Callable[[Stage], None], case_for: Callable[[str], str]
) -> Iterator[Stage]:
    """A world of its own with what `build` puts into it."""
    url = made.copy()
    world = World(Database(url), NOW, dict(made.people), made.funder_id, made.committee_id)
    settings = Settings(data_dir=folder, sign_in_rate="1000 per minute")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HCQIC_DATA_DIR", str(folder))
        app = create_app(settings, database=world.database, clock=lambda: NOW, TESTING=True, WTF_CSRF_ENABLED=False)
        stage = Stage(world, app, Raw.of(url), sqlite3.connect(":memory:"), case_for)
        build(stage)
        stage.raw.connection.backup(stage.backup)
        yield stage
    stage.raw.connection.close()
    stage.backup.close()
    world.database.dispose()
    Path(url.removeprefix("sqlite:///")).unlink(missing_ok=True)


Step = Move[State, Facts]


def require_outsiders_refused(stage: Stage, step: Step) -> None:
    """Everybody whose role is not in the row: 403, on record with a code, and not a row is changed."""
    before, refused_before = stage.rows(), len(stage.refusals())
    outside = [role.value for role in Role if role not in step.who]
    for who in outside:
        status, page = stage.post(who, step.name)
        assert status == 403, (step.name, who, page[-1500:])
    refusals = stage.refusals()[refused_before:]
    assert [entry["actor_id"] for entry in refusals] == [stage.world[who].id for who in outside]
    assert all(entry["code"] for entry in refusals)
    assert stage.rows() == before


def require_guarded(stage: Stage, step: Step) -> None:
    """First the post that is allowed, so that the form is known to be complete; then one thing amiss for each guard."""
    guards = [guard.__name__ for guard in step.guards]
    for place, who in enumerate(step.who):
        stage.put_back()
        stage.arrange(step.name, who)
        status, page = stage.post(who, step.name)
        assert status == 302, (step.name, who, page[-3000:])
        for guard in guards if EVERY_ROLE else guards[place :: len(step.who)]:
            stage.put_back()
            stage.arrange(step.name, who)
            require_refused(stage, step.name, guard, who)
    stage.put_back()


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
