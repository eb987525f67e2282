"""The pages of funding."""

from datetime import date
from decimal import Decimal

import html5lib
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from hcqic_gov.core.ruling import ALLOWED
from hcqic_gov.funding import awards, queries
from hcqic_gov.funding.rules import ApplicationState
from tests import funding_world as made
from tests.factories import World, client_of

pytestmark = pytest.mark.one_database

S = ApplicationState
F = "/funding/HCQIC-F-2026-0001"
A = "/awards/HCQIC-A-2026-0001"


def page(client: FlaskClient, url: str) -> str:
    """A page that is served and parses strictly."""
    answer = client.get(url)
    assert answer.status_code == 200, url
    html5lib.HTMLParser(strict=True).parse(answer.text)
    return answer.text


def day(name: str, on: date) -> dict[str, str]:
    return {f"{name}-day": str(on.day), f"{name}-month": str(on.month), f"{name}-year": str(on.year)}


def state(world: World) -> ApplicationState:
    with world.reading() as session:
        return queries.application(session, "HCQIC-F-2026-0001").state


CALL = {
    "version": "0",
    "title": "Quantum for care",
    "currency": "EUR",
    "terms_key": "full",
    "deadline_time": "17:00",
    "time_zone": "Europe/Brussels",
    "url": "https://funder.example/call",
    **day("deadline_day", date(2026, 9, 30)),
}


def test_a_call_keeps_its_time_zone(app: Flask, world: World) -> None:
    client = client_of(app, world["funding_officer"])
    assert client.post("/funding/calls/add", data={**CALL, "funder_id": world.funder_id}).status_code == 302
    assert "30 September 2026 at 5pm (Europe/Brussels)" in page(client, "/funding/calls")
    form = page(client, "/funding/calls/1")
    assert 'value="17:00"' in form
    wrong = {**CALL, "funder_id": world.funder_id, "version": "1", "deadline_time": "25 o’clock"}
    answer = client.post("/funding/calls/1", data=wrong)
    assert answer.status_code == 400
    assert "Enter a time such as 16:00" in answer.text
    moved = {**wrong, "deadline_time": "18:30"}
    assert client.post("/funding/calls/1", data=moved).status_code == 302
    assert "30 September 2026 at 6:30pm (Europe/Brussels)" in page(client, "/funding/calls")


APPLICATION = {
    "version": "0",
    "title": "Rosters, faster",
    "amount_applied": "800",
    "purpose": "method_development",
    "method": "quantum_simulation",
}
COST = {"heading": "staff", "description": "Associate", "year": "2026", "basis": "cash", "amount": "1,000.00"}


def test_an_application_goes_all_the_way_to_an_active_award(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    call, project = made.call(world), world.project(active=True)
    lead, finance = client_of(app, world["project_lead"]), client_of(app, world["finance"])
    officer = client_of(app, world["funding_officer"])
    entered = {**APPLICATION, "call_id": call.key, "project_id": project.key}
    assert lead.post("/funding/register", data=entered).location.endswith(F)
    assert lead.post(f"{F}/move/start").status_code == 302
    assert lead.post(f"{F}/costs/add", data=COST).status_code == 302
    shown = page(lead, F)
    assert "of which the funder pays £800" in shown
    assert lead.post(f"{F}/move/send_for_review").status_code == 302
    assert finance.post(f"{F}/move/approve_to_submit").status_code == 302
    assert lead.post(f"{F}/move/submit").status_code == 302
    assert officer.post(f"{F}/move/offer", data={"amount": "800"}).status_code == 302
    letter = {"funder_reference": "EXF/1", "amount": "800", "sterling": "800", **day("awarded_on", date(2026, 5, 29))}
    assert finance.post(f"{F}/move/accept", data=letter).location.endswith(A)
    schedule = {
        "every_months": "6",
        "due_after_days": "30",
        **day("starts_on", date(2026, 6, 1)),
        **day("ends_on", date(2027, 5, 31)),
    }
    assert finance.post(f"{A}/schedule", data=schedule).status_code == 302
    shown = page(finance, A)
    assert "30 December 2026" in shown
    assert 'aria-current="page"' in shown.partition('href="/funding/"')[2].partition("</a>")[0]
    refusal = officer.post(f"{F}/move/activate")
    assert refusal.status_code == 409
    assert state(world) is S.AWARDED
    monkeypatch.setattr(queries, "execution_ruling", lambda *_args, **_rest: ALLOWED)
    assert officer.post(f"{F}/move/activate").status_code == 302
    assert state(world) is S.ACTIVE


def test_greyed_buttons_say_why_and_the_post_is_refused(app: Flask, world: World) -> None:
    made.application(world, amount_applied=Decimal(1))
    client = client_of(app, world["project_lead"])
    assert "adds up to £100,000.00" in page(client, F)
    answer = client.post(f"{F}/move/send_for_review")
    assert answer.status_code == 409
    assert "adds up to £100,000.00" in answer.text
    assert state(world) is S.DRAFT


def test_moves_that_no_role_allows_are_not_offered(app: Flask, world: World) -> None:
    made.application(world)
    made.make(world, "HCQIC-F-2026-0001", "send_for_review", by="project_lead")
    assert "Approve it for submission" in page(client_of(app, world["finance"]), F)
    assert "Approve it for submission" not in page(client_of(app, world["funding_officer"]), F)
    assert client_of(app, world["funder"]).get(F).status_code == 403


def test_costs_are_changed_and_removed_on_the_page(app: Flask, world: World) -> None:
    made.application(world)
    client = client_of(app, world["project_lead"])
    assert 'value="60000.00"' in page(client, f"{F}/costs/1")
    assert client.post(f"{F}/costs/1", data={**COST, "contribution": "1,000.01", "version": "1"}).status_code == 400
    assert client.post(f"{F}/costs/1", data={**COST, "contribution": "999.99", "version": "1"}).status_code == 302
    assert client.post(f"{F}/costs/2/remove", data={"version": "1"}).status_code == 302
    assert client.get(f"{F}/costs/2").status_code == 404
    with world.reading() as session:
        lines = queries.cost_lines(session, queries.application(session, "HCQIC-F-2026-0001"))
    assert [line.contribution for line in lines] == [Decimal("999.99"), Decimal(36_000), Decimal(0)]


def test_an_extension_is_in_the_time_zone_of_the_call(app: Flask, world: World) -> None:
    made.application(world, of=made.call(world, time_zone="America/New_York"))
    client = client_of(app, world["funding_officer"])
    sent = {"reason": "Illness", "until_time": "12:00", **day("until", date(2026, 10, 7))}
    assert client.post(f"{F}/move/extend", data={**sent, "reason": ""}).status_code == 409
    assert client.post(f"{F}/move/extend", data=sent).status_code == 302
    assert "7 October 2026 at midday (America/New_York)" in page(client, F)


def test_an_outcome_keeps_the_feedback(app: Flask, world: World) -> None:
    made.submitted(world)
    client = client_of(app, world["funding_officer"])
    sent = {"reason": "Ranked 4th of 20; the panel liked the baseline."}
    assert client.post(f"{F}/move/record_unsuccessful", data=sent).status_code == 302
    assert "Ranked 4th of 20" in page(client, F)


def test_an_unknown_move_is_not_found(app: Flask, world: World) -> None:
    made.application(world)
    for name in ("fly", "edit"):
        assert client_of(app, world["funding_officer"]).get(f"{F}/move/{name}").status_code == 404


def test_the_budget_is_kept_on_the_awards_page(app: Flask, world: World) -> None:
    made.award(world, Decimal(120_000))
    client = client_of(app, world["finance"])
    assert "above the amount applied for" in page(client, A)
    with world.reading() as session:
        line = awards.budget_of(session, awards.award(session, "HCQIC-A-2026-0001"))[0]
    change = {"version": str(line.version), "budget": "57600", "forecast": "40000", "reason": ""}
    answer = client.post(f"{A}/budget/{line.id}", data=change)
    assert answer.status_code == 400
    assert "more than 5 %" in answer.text
    assert client.post(f"{A}/budget/{line.id}", data={**change, "reason": "Late start"}).status_code == 302
    spent = {"amount": "1234.50", "note": "June", **day("on", date(2026, 5, 30))}
    assert client.post(f"{A}/budget/{line.id}/spend", data=spent).status_code == 302
    added = {"heading": "travel", "year": "2026", "budget": "10"}
    assert client.post(f"{A}/budget/add", data=added).status_code == 302
    shown = page(client, A)
    assert all(words in shown for words in ("Late start", "£1,234.50", "Travel and subsistence", "adds up to £120,010"))
    assert client.get(f"{A}/budget/99").status_code == 404


def test_income_is_recorded(app: Flask, world: World) -> None:
    client = client_of(app, world["finance"])
    sent = {
        "kind": "membership",
        "organisation_id": world.funder_id,
        "amount": "250",
        **day("received_on", date(2026, 5, 1)),
    }
    assert client.post("/awards/income/add", data=sent).status_code == 302
    assert "£250" in page(client, "/awards/income")


def test_filters_stand_in_the_address(app: Flask, world: World) -> None:
    made.application(world)
    client = client_of(app, world["auditor"])
    found = page(client, f"/funding/?q=rost&state=draft&funder={world.funder_id}&sort=deadline")
    assert "Rosters, faster" in found
    assert "1 result" in found
    assert "No results" in page(client, "/funding/?state=awarded")


def test_what_waits_stands_on_the_home_page(app: Flask, world: World) -> None:
    made.application(world)
    made.make(world, "HCQIC-F-2026-0001", "send_for_review", by="project_lead")
    assert "Review “Rosters, faster”" in page(client_of(app, world["finance"]), "/home")


def queries_of(app: Flask, client: FlaskClient, url: str) -> int:
    seen: list[str] = []
    engine = app.extensions["hcqic"].database.engine

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    page(client, url)
    event.remove(engine, "before_cursor_execute", note)
    return len([statement for statement in seen if statement.lstrip().upper().startswith("SELECT")])


@pytest.mark.parametrize("url", ["/funding/", "/funding/calls", "/awards/"])
def test_lists_take_as_many_queries_for_one_as_for_many(app: Flask, world: World, url: str) -> None:
    project, call = world.project(active=True), made.call(world)
    made.award(world, project=project, of=call)
    client = client_of(app, world["auditor"])
    first = queries_of(app, client, url)
    for _ in range(3):
        made.award(world, project=project, of=made.call(world))
    assert queries_of(app, client, url) == first <= 8


@pytest.mark.parametrize("url", ["/funding/", "/funding/calls", "/awards/", "/awards/income"])
def test_empty_lists_are_pages_too(app: Flask, world: World, url: str) -> None:
    page(client_of(app, world["finance"]), url)
