"""The pages of the ethics register: the whole way by forms, and every guard tried by posting past the greyed button."""

from collections.abc import Callable
from datetime import date

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from hcqic_gov.ethics import queries
from hcqic_gov.ethics.hearing import hearing
from hcqic_gov.ethics.models import EthicsCase
from hcqic_gov.ethics.states import State
from hcqic_gov.projects.models import Project
from tests.ethics_steps import (
    MEMBERS,
    decided,
    declare,
    draft,
    heard,
    in_review,
    meets,
    move,
    open_vote,
    submitted,
    vote,
)
from tests.factories import World, client_of

pytestmark = pytest.mark.one_database

VALID = {
    "valid_from-day": "1",
    "valid_from-month": "6",
    "valid_from-year": "2026",
    "valid_to-day": "31",
    "valid_to-month": "5",
    "valid_to-year": "2027",
}
TODAY = {"on-day": "1", "on-month": "6", "on-year": "2026"}


def state_of(world: World, reference: str) -> State:
    with world.reading() as session:
        return queries.case(session, reference).state


def post(app: Flask, world: World, who: str, path: str, **data: object) -> tuple[int, str]:
    answer = client_of(app, world[who]).post(f"/ethics/{path}", data=data)
    return answer.status_code, answer.text


def test_from_the_form_to_the_opinion(app: Flask, world: World) -> None:
    case = draft(world, world.project(active=True)).reference
    assert "Being written" in client_of(app, world["project_lead"]).get(f"/ethics/{case}").text
    meeting = world.plan_meeting()
    steps: tuple[tuple[str, str, dict[str, object]], ...] = (
        ("project_lead", "send_to_sponsor", {}),
        ("sponsor", "authorise", {}),
        ("ethics_officer", "validate", {}),
        ("ethics_officer", "allocate", {"track": "full", "meeting_id": meeting.key}),
    )
    for who, name, data in steps:
        assert client_of(app, world[who]).get(f"/ethics/{case}/move/{name}").status_code == 200
        assert post(app, world, who, f"{case}/move/{name}", **data)[0] == 302
    meets(world, case)
    for name in MEMBERS:
        assert post(app, world, name, f"{case}/interest", interest="none")[0] == 302
    assert post(app, world, "chair", f"{case}/move/open_vote")[0] == 302
    for name in MEMBERS:
        assert post(app, world, name, f"{case}/vote", choice="favourable_conditions")[0] == 302
    chair = client_of(app, world["chair"])
    assert "7 present, chair, 3 lay: quorate" in chair.get(f"/ethics/{case}/move/favourable_conditions").text
    data = {"reason": "Sound.", "pre_start": "Name the data manager.", "conditions": "Keep a log.\n\nReport.", **VALID}
    assert post(app, world, "chair", f"{case}/move/favourable_conditions", **data)[0] == 302
    page = chair.get(f"/ethics/{case}").text
    for words in ("Approved with conditions", "Before the work starts", "Keep a log.", f"/ethics/{case}/letter.pdf"):
        assert words in page
    conditions(app, world, case)


def conditions(app: Flask, world: World, case: str) -> None:
    with world.reading() as session:
        rows = hearing(session, queries.case(session, case), date(2026, 6, 1)).conditions
    assert [(row.text, row.pre_start) for row in rows] == [
        ("Name the data manager.", True),
        ("Keep a log.", False),
        ("Report.", False),
    ]
    path = f"{case}/conditions/{rows[0].id}"
    assert client_of(app, world["project_lead"]).get(f"/ethics/{path}/satisfy").status_code == 200
    assert post(app, world, "project_lead", f"{path}/satisfy", evidence="Dr Example.")[0] == 302
    assert post(app, world, "project_lead", f"{path}/confirm")[0] == 403
    assert "Confirm condition 1" in client_of(app, world["ethics_officer"]).get(f"/ethics/{case}").text
    assert post(app, world, "ethics_officer", f"{path}/confirm")[0] == 302
    assert "Confirmed" in client_of(app, world["project_lead"]).get(f"/ethics/{case}").text


def test_what_is_missing_in_a_decision_is_shown_in_the_form(app: Flask, world: World) -> None:
    case = in_review(world, world.project()).reference
    heard(world, case, "favourable_conditions")
    status, page = post(app, world, "chair", f"{case}/move/favourable_conditions", reason="Sound.", **VALID)
    assert (status, "Enter at least one condition." in page, "Sound." in page) == (400, True, True)
    backwards = {**VALID, "valid_to-year": "2025"}
    status, page = post(
        app, world, "chair", f"{case}/move/favourable_conditions", reason="S.", conditions="C", **backwards
    )
    assert (status, "must not end before it begins" in page) == (400, True)
    assert state_of(world, case) is State.IN_REVIEW


# Who posts what to a case in which state, and what the answer says.
GUARDS = [
    ("draft", "finance", "move/send_to_sponsor", {}, 403, "None of your roles allows this"),
    ("draft", "sponsor", "move/authorise", {}, 409, "“Being written” now"),
    ("submitted", "project_lead", "move/authorise", {}, 403, "not_own_case"),
    ("submitted", "project_lead", "move/validate", {}, 403, "not_own_case"),
    ("submitted", "sponsor", "move/validate", {}, 403, "None of your roles"),
    ("submitted", "ethics_officer", "move/not_required", {"reason": ""}, 400, "Give the reasons"),
    ("submitted", "ethics_officer", "move/vote", {}, 404, "no such step"),
    ("in_review", "ethics_officer", "vote", {"choice": "favourable"}, 403, "None of your roles"),
    ("in_review", "project_lead", "vote", {"choice": "favourable"}, 403, "not_own_case"),
    ("in_review", "lay_two", "vote", {"choice": "favourable"}, 409, "Say first whether you have an interest"),
    ("in_review", "chair", "move/favourable", VALID, 409, "Say first whether you have an interest"),
    ("in_review", "lay_two", "move/favourable", VALID, 409, "Say first whether you have an interest"),
    ("in_review", "ethics_officer", "move/favourable", VALID, 403, "None of your roles"),
    ("in_review", "lay_two", "move/open_vote", {}, 409, "Say first whether you have an interest"),
    ("in_review", "ethics_officer", "discussion", {"discussion": ""}, 400, "Enter the discussion"),
    ("in_review", "lay_two", "discussion", {"discussion": "x"}, 403, "None of your roles"),
    ("in_review", "project_lead", "questions/1", {"answer": "x"}, 404, "this question"),
    ("in_review", "ethics_officer", "move/lapse", {}, 403, "None of your roles"),
    ("in_review", "project_lead", "again/appeal", {"reason": "x"}, 409, "In review"),
    ("decided", "project_lead", "again/copy_as_new", {}, 409, "Approved"),
    ("decided", "chair", "move/undo", {"reason": "x"}, 409, "Nobody has asked to undo this decision"),
    ("decided", "lay_two", "move/terminate", {"reason": "x"}, 409, "Only who is in the chair"),
    ("decided", "sponsor", "move/hand_over", {"reason": "x"}, 403, "None of your roles"),
    ("in_review", "auditor", "move/withdraw", {"reason": "x"}, 403, "the auditor changes nothing"),
    ("decided", "ethics_officer", "move/suspend", {"reason": "x"}, 403, "None of your roles"),
    ("decided", "chair", "move/suspend", {"reason": ""}, 400, "Give the reasons"),
    ("decided", "chair", "move/expire", {}, 403, "None of your roles"),
    ("decided", "sponsor", "move/halt", {"reason": "x", "safety": "no", **TODAY}, 403, "None of your roles"),
]
Maker = Callable[[World, Project], EthicsCase]
MAKERS: dict[str, Maker] = {"draft": draft, "submitted": submitted, "in_review": in_review, "decided": decided}
ON_TEAM = "You are on this project’s team"


@pytest.mark.parametrize(("stage", "who", "path", "data", "status", "words"), GUARDS)
def test_a_post_past_the_button_is_refused_and_changes_nothing(
    app: Flask, world: World, stage: str, who: str, path: str, data: dict[str, object], status: int, words: str
) -> None:
    case = MAKERS[stage](world, world.project())
    before = state_of(world, case.reference)
    answered, page = post(app, world, who, f"{case.reference}/{path}", **data)
    assert answered == status
    assert (ON_TEAM if words == "not_own_case" else words) in page
    assert state_of(world, case.reference) is before
    if status in {403, 409}:
        with world.reading() as session:
            refusals = session.execute(sa.text("SELECT count(*) FROM audit_entry WHERE result = 'refused'")).scalar()
        assert refusals == 1


def test_a_member_declares_before_the_papers_and_who_steps_aside_sees_nothing(app: Flask, world: World) -> None:
    case = in_review(world, world.project()).reference
    member = client_of(app, world["lay_two"])
    assert "No real person" not in member.get(f"/ethics/{case}").text
    assert "You see the papers once" in member.get(f"/ethics/{case}").text
    assert post(app, world, "lay_two", f"{case}/interest", interest="declared")[0] == 400
    assert post(app, world, "lay_two", f"{case}/interest", interest="none")[0] == 302
    assert "No real person" in member.get(f"/ethics/{case}").text
    assert post(app, world, "lay_two", f"{case}/interest", interest="recused", details="A friend.")[0] == 302
    answer = member.get(f"/ethics/{case}")
    assert answer.status_code == 403
    assert "You stepped aside" in answer.text
    assert post(app, world, "lay_two", f"{case}/interest", interest="none")[0] == 403


def test_votes_are_blind_until_ones_own_is_in(app: Flask, world: World) -> None:
    case = in_review(world, world.project()).reference
    open_vote(world, case)
    vote(world, case, "unfavourable", *MEMBERS[:3])
    with_vote = client_of(app, world["chair"]).get(f"/ethics/{case}").text
    without = client_of(app, world["lay_two"]).get(f"/ethics/{case}").text
    outside = client_of(app, world["project_lead"]).get(f"/ethics/{case}").text
    assert "An unfavourable opinion" in with_vote
    assert "An unfavourable opinion" not in without
    assert "Hidden until your own vote is in" in without
    assert "unfavourable" not in outside


def test_the_team_sees_no_buttons_of_the_committee_and_who_must_act(app: Flask, world: World) -> None:
    case = decided(world, world.project(), "favourable_conditions").reference
    page = client_of(app, world["project_lead"]).get(f"/ethics/{case}").text
    assert "Record who is present" not in page
    assert "Declare your interests" not in page
    assert "The applicant" in page
    assert "Say how condition 1 is met" in page


def test_buttons_say_why_not(app: Flask, world: World) -> None:
    case = in_review(world, world.project()).reference
    meets(world, case, members=MEMBERS[:4])
    declare(world, case, *MEMBERS[:4])
    page = client_of(app, world["chair"]).get(f"/ethics/{case}").text
    assert "4 present, chair, 0 lay: not quorate" in page
    assert 'aria-disabled="true"' in page


def test_the_list_and_its_filters(app: Flask, world: World) -> None:
    draft(world, world.project(), title="About hearts")
    submitted(world, world.project(), title="About lungs")
    lead = client_of(app, world["project_lead"])
    assert "2 results" in lead.get("/ethics/").text
    page = lead.get("/ethics/?state=submitted&q=LUNGS&mine=yes").text
    assert ("About lungs" in page, "About hearts" in page, "8 June 2026" in page) == (True, False, True)
    assert "lungs" not in client_of(app, world["auditor"]).get("/ethics/?mine=yes").text
    assert client_of(app, world["funder"]).get("/ethics/").status_code == 403


def test_external_approvals(app: Flask, world: World) -> None:
    project = world.project(data_class="anonymised_nhs")
    officer = client_of(app, world["ethics_officer"])
    page = officer.get(f"/ethics/approvals/{project.reference}").text
    assert "Data protection impact assessment is needed and not on record" in page
    path = f"approvals/{project.reference}/record"
    data = {"kind": "dpia", "status": "granted", "data_class": ""}
    status, page = post(app, world, "ethics_officer", path, **data)
    assert (status, "Enter its reference" in page) == (400, True)
    granted = {**data, "reference": "DPIA-7", "data_class": "anonymised_nhs"}
    start = {"valid_from-day": "1", "valid_from-month": "6", "valid_from-year": "2026"}
    assert post(app, world, "ethics_officer", path, **granted, **start)[0] == 302
    assert "DPIA-7" in officer.get(f"/ethics/approvals/{project.reference}").text
    assert post(app, world, "project_lead", path, **granted, **start)[0] == 403


def tasks_on(client: FlaskClient) -> str:
    return client.get("/home").text


def test_what_waits_for_whom(app: Flask, world: World) -> None:
    case, meeting = draft(world, world.project()), world.plan_meeting()
    assert "Finish the application “Rosters" in tasks_on(client_of(app, world["project_lead"]))
    for who, name, data, words in (
        ("project_lead", "send_to_sponsor", {}, "Finish the application"),
        ("sponsor", "authorise", {}, "Authorise “Rosters"),
        ("ethics_officer", "validate", {}, "Validate “Rosters"),
        ("ethics_officer", "allocate", {"track": "full", "meeting_id": meeting.key}, "Give to the committee “Rosters"),
    ):
        assert words in tasks_on(client_of(app, world[who]))
        assert post(app, world, who, f"{case.reference}/move/{name}", **data)[0] == 302
        assert words not in tasks_on(client_of(app, world[who]))
    assert "Declare your interests in “Rosters" in tasks_on(client_of(app, world["lay_two"]))
    meets(world, case.reference)
    declare(world, case.reference, *MEMBERS)
    assert "Open the vote on “Rosters" in tasks_on(client_of(app, world["chair"]))
    move(world, case.reference, "open_vote", by="chair")
    assert "Vote on “Rosters" in tasks_on(client_of(app, world["lay_two"]))
    vote(world, case.reference, "favourable_conditions", *MEMBERS)
    assert "Decide on “Rosters" in tasks_on(client_of(app, world["chair"]))
    assert "Vote on" not in tasks_on(client_of(app, world["lay_two"]))
    data = {"reason": "Sound.", "conditions": "Keep a log.", **VALID}
    assert post(app, world, "chair", f"{case.reference}/move/favourable_conditions", **data)[0] == 302
    assert "Say how a condition is met for “Rosters" in tasks_on(client_of(app, world["project_lead"]))


def test_the_list_costs_the_same_for_many_cases(app: Flask, world: World) -> None:
    counts = []
    for _ in range(2):
        for _ in range(3):
            draft(world, world.project())
        counts.append(queries_of(app, world, "/ethics/"))
    assert counts[0] == counts[1] <= 8


def queries_of(app: Flask, world: World, path: str) -> int:
    client, seen = client_of(app, world["ethics_officer"]), []

    def count(_c: object, _cur: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT"):
            seen.append(statement)

    sa.event.listen(world.database.engine, "before_cursor_execute", count)
    assert client.get(path).status_code == 200
    sa.event.remove(world.database.engine, "before_cursor_execute", count)
    return len(seen)
