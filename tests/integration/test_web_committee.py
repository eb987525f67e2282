"""Pages of the committees: each page for each role, and a meeting led through its forms."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from hcqic_gov.committee import queries, service
from hcqic_gov.committee.models import Meeting
from hcqic_gov.committee.rules import MeetingState
from tests.factories import World, client_of

pytestmark = pytest.mark.one_database

STAFF = ["ethics_officer", "chair", "committee_lay", "project_lead", "auditor", "administrator"]
PLAN = {
    "version": "1",
    "kind": "full",
    "starts_on-day": "3",
    "starts_on-month": "6",
    "starts_on-year": "2026",
    "at": "14:30",
    "place": "Room 9",
}


def post(client: FlaskClient, url: str, **data: Any) -> Any:
    return client.post(url, data=data, follow_redirects=True)


def state_of(world: World, reference: str) -> MeetingState:
    with world.reading() as session:
        return queries.meeting(session, reference).state


def written(world: World, text: str = "Apologies: Lay Two.") -> Meeting:
    """A closed meeting with minutes."""
    reference, officer = world.meeting().reference, world["ethics_officer"]
    with world.writing() as session:
        seen = queries.meeting(session, reference).version
        service.write_minutes(session, reference, text, seen=seen, actor=officer, now=world.now)
        return service.move(session, reference, "close", actor=officer, now=world.now)


@pytest.mark.parametrize("role", STAFF)
def test_staff_read_the_register_and_only_the_officer_is_offered_changes(app: Flask, world: World, role: str) -> None:
    page = client_of(app, world[role]).get("/committee/")
    assert (page.status_code, "Lay plus member" in page.text) == (200, True)
    assert 'aria-current="page"' in page.text
    offered = {
        words: words in page.text for words in ("Plan a meeting", "Appoint or co-opt", "End early", "Add a committee")
    }
    assert set(offered.values()) == {role == "ethics_officer"}


def test_a_funder_and_a_visitor_do_not_read_it(app: Flask, world: World) -> None:
    assert client_of(app, world["funder"]).get("/committee/").status_code == 403
    assert client_of(app, None).get("/committee/").status_code == 302


def test_the_menu_leads_to_it(app: Flask, world: World) -> None:
    assert 'href="/committee/"' in client_of(app, world["committee_lay"]).get("/home").text


def test_a_meeting_is_led_through_its_forms(app: Flask, world: World) -> None:
    officer, chair = client_of(app, world["ethics_officer"]), client_of(app, world["chair"])
    number = str(world.committee_id)
    answer = post(officer, "/committee/meetings/plan", **PLAN, committee=number)
    assert "HCQIC-M-2026-0001 is planned." in answer.text
    assert "3 June 2026 at 2:30pm" in answer.text
    page = "/committee/meetings/HCQIC-M-2026-0001"
    assert 'value="14:30"' in officer.get(f"{page}/edit").text
    refused = post(chair, f"{page}/move/open")
    assert (refused.status_code, "planned for 3 June 2026" in refused.text) == (409, True)
    assert "The plan is changed." in post(officer, f"{page}/edit", **{**PLAN, "starts_on-day": "1"}).text
    assert "Open." in post(chair, f"{page}/move/open").text
    form = officer.get(f"{page}/attendance").text
    assert "Lay Three, lay plus member" in form
    people = [str(world[name].id) for name in ("chair", "lay_two")]
    sent = post(officer, f"{page}/attendance", version="3", present=people, presiding=str(world["chair"].id))
    assert "Attendance is recorded." in sent.text
    assert "In the chair" in sent.text
    assert "Expert Two" in sent.text.partition("Expected and not present: ")[2]
    assert "The minutes are saved." in post(officer, f"{page}/minutes", version="4", minutes="All well.").text
    assert "Closed, minutes to be confirmed." in post(chair, f"{page}/move/close").text
    last = post(chair, f"{page}/move/confirm_minutes").text
    assert "Minutes confirmed" in last
    assert "All well." in last
    assert "Written by Ethics Officer." in last


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"at": "25:00"}, "Enter a time such as 14:00"),
        ({"at": ""}, "Enter the time"),
        ({"place": ""}, "Enter the place"),
        ({"starts_on-year": "2025"}, "The meeting must be today or later"),
        ({"kind": "party"}, "Choose one of the answers"),
        ({"committee": "999"}, "Choose one of the answers"),
    ],
)
def test_a_plan_that_cannot_be_is_shown_again(app: Flask, world: World, data: dict[str, str], sentence: str) -> None:
    entered = {**PLAN, "committee": str(world.committee_id), **data}
    answer = post(client_of(app, world["ethics_officer"]), "/committee/meetings/plan", **entered)
    assert (answer.status_code, sentence in answer.text) == (400, True)


def test_two_officers_with_one_form(app: Flask, world: World) -> None:
    page = f"/committee/meetings/{world.plan_meeting().reference}/edit"
    officer = client_of(app, world["ethics_officer"])
    assert post(officer, page, **PLAN).status_code == 200
    late = post(officer, page, **{**PLAN, "place": "Elsewhere"})
    assert (late.status_code, "Somebody else changed" in late.text) == (409, True)


@pytest.mark.parametrize("role", ["chair", "committee_lay", "project_lead", "administrator", "auditor"])
def test_past_the_greyed_button_nothing_changes(app: Flask, world: World, role: str) -> None:
    meeting = world.meeting()
    client, page = client_of(app, world[role]), f"/committee/meetings/{meeting.reference}"
    tried = {
        f"{page}/edit": PLAN,
        f"{page}/attendance": {"version": "3"},
        f"{page}/minutes": {"version": "3", "minutes": "Mine."},
        f"{page}/move/cancel": {"reason": "No."},
        "/committee/add": {"version": "0", "name": "X", "remit": "Y", "kind": "full"},
        f"/committee/{world.committee_id}/appoint": {},
        "/committee/terms/1/end": {},
    }
    assert {url: post(client, url, **data).status_code for url, data in tried.items()} == dict.fromkeys(tried, 403)
    assert state_of(world, meeting.reference) is MeetingState.OPEN


def test_minutes_are_for_the_office_until_they_are_confirmed(app: Flask, world: World) -> None:
    reference = written(world).reference
    page = f"/committee/meetings/{reference}"
    seen = {role: "Apologies: Lay Two." in client_of(app, world[role]).get(page).text for role in STAFF}
    assert {role for role, there in seen.items() if there} == {"ethics_officer", "chair", "committee_lay", "auditor"}
    with world.writing() as session:
        service.move(session, reference, "confirm_minutes", actor=world["chair"], now=world.now)
    assert "Apologies: Lay Two." in client_of(app, world["project_lead"]).get(page).text


def test_who_may_do_what_is_on_the_page(app: Flask, world: World) -> None:
    page = f"/committee/meetings/{world.meeting(present=()).reference}"
    officer = client_of(app, world["ethics_officer"]).get(page).text
    assert "Record who is present before you close the meeting." in officer
    assert "Record who is present" not in client_of(app, world["committee_lay"]).get(page).text
    assert "Audit history" in client_of(app, world["auditor"]).get(page).text


def test_committees_and_terms_are_kept_through_forms(app: Flask, world: World) -> None:
    officer = client_of(app, world["ethics_officer"])
    charter = {"version": "0", "name": "Appeals Committee", "remit": "Hears appeals.", "kind": "full", "active": "y"}
    assert "Appeals Committee is added." in post(officer, "/committee/add", **charter).text
    answer = post(officer, "/committee/add", **charter)
    assert (answer.status_code, "There is a committee of this name already" in answer.text) == (400, True)
    term = {"person_id": str(world["finance"].id), "kind": "lay"}
    for name, values in {"term_from": (1, 6, 2026), "term_to": (31, 5, 2029)}.items():
        term |= {f"{name}-{part}": str(value) for part, value in zip(("day", "month", "year"), values, strict=True)}
    register = post(officer, "/committee/2/appoint", **term).text
    assert "The member is appointed." in register
    assert "which needs 5 members (there are 1)" in register
    with world.reading() as session:
        number = 8
        assert queries.term(session, number).person_id == world["finance"].id
    end = {"version": "1", "ended_on-day": "2", "ended_on-month": "6", "ended_on-year": "2026", "why": "Moves away."}
    assert "The end of the term is recorded." in post(officer, f"/committee/terms/{number}/end", **end).text
    again = post(officer, f"/committee/terms/{number}/end", **{**end, "version": "2"})
    assert "ended early already" in again.text
    closed = {**charter, "version": "1"}
    del closed["active"]
    assert "No longer meets" in post(officer, "/committee/2/change", **closed).text


def test_the_list_is_filtered(app: Flask, world: World) -> None:
    opened, planned = world.meeting().reference, world.plan_meeting().reference
    client = client_of(app, world["auditor"])
    assert planned not in client.get("/committee/meetings?state=open").text
    assert opened in client.get("/committee/meetings?state=open").text
    both = client.get(f"/committee/meetings?committee={world.committee_id}").text
    assert opened in both
    assert planned in both
    assert opened in client.get("/committee/meetings?state=nonsense&committee=x").text


def test_pages_ask_at_most_eight_questions(app: Flask, world: World) -> None:
    reference = written(world).reference
    client, seen = client_of(app, world["ethics_officer"]), []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(world.database.engine, "before_cursor_execute", note)
    counts = {}
    for url in ("/committee/", "/committee/meetings", f"/committee/meetings/{reference}"):
        seen.clear()
        client.get(url)
        counts[url] = sum(statement.lstrip().upper().startswith("SELECT") for statement in seen)
    event.remove(world.database.engine, "before_cursor_execute", note)
    assert {url: count for url, count in counts.items() if count > 8} == {}
