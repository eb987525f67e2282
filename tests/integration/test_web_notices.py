"""The pages of notices and the calendar feed, through the application."""

import html
import re
from datetime import datetime, timedelta

import icalendar
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import select

from hcqic_gov.audit.models import AuditEntry
from hcqic_gov.committee import service as committee
from hcqic_gov.notices import sending, service
from hcqic_gov.notices.rules import PAGES, About
from hcqic_gov.people.models import Person
from hcqic_gov.people.rules import SYSTEM_ACTOR, Role
from hcqic_gov.people.service import set_roles
from tests.ethics_steps import in_review
from tests.factories import World, client_of
from tests.post import sink

pytestmark = pytest.mark.one_database


def tell(world: World, name: str, *, count: int = 1) -> None:
    with world.writing() as session:
        for number in range(1, count + 1):
            service.notify(
                session,
                [world[name].id],
                subject=f"HCQIC-E-2026-{number:04d}: waits <for> you",
                body="Declare your interests.",
                about=About("ethics_case", f"HCQIC-E-2026-{number:04d}"),
                actor=SYSTEM_ACTOR,
                now=world.now,
            )


def test_each_kind_of_subject_has_its_page(app: Flask) -> None:
    routes = app.url_map.bind("centre.example")
    found = {kind: routes.match(path.format("REF")) for kind, path in PAGES.items()}
    assert found == {
        "ethics_case": ("ethics.show", {"reference": "REF"}),
        "external_approval": ("ethics.approvals", {"reference": "REF"}),
        "sandbox_access": ("sandbox_access.show", {"reference": "REF"}),
        "kpi": ("kpi.show", {"reference": "REF"}),
        "period": ("kpi_periods.show", {"period": "REF"}),
        "report": ("reports.show", {"reference": "REF"}),
    }


def test_notices_are_listed_newest_first_and_marked_by_a_post(app: Flask, world: World) -> None:
    chair = client_of(app, world["chair"])
    assert "You have not been told anything yet" in chair.get("/notices/").text
    tell(world, "chair", count=26)
    page = chair.get("/notices/").text
    assert "Notices (26 unread)" in page
    assert page.index("2026-0026: waits &lt;for&gt; you") < page.index("2026-0025")
    assert 'href="/ethics/HCQIC-E-2026-0026"' in page
    assert "This centre has no mail server" in page
    assert "HCQIC-E-2026-0001:" in chair.get("/notices/?page=2").text
    assert "(26 unread)" in chair.get("/home").text
    assert chair.post("/notices/26/read").status_code == 302
    assert "(25 unread)" in chair.get("/home").text
    chair.post("/notices/read")
    assert "unread" not in chair.get("/home").text


def test_nobody_reads_or_marks_what_another_was_told(app: Flask, world: World) -> None:
    tell(world, "chair")
    sponsor = client_of(app, world["sponsor"])
    assert "HCQIC-E-2026" not in sponsor.get("/notices/").text
    sponsor.post("/notices/1/read")
    sponsor.post("/notices/read")
    assert "Notices (1 unread)" in client_of(app, world["chair"]).get("/home").text


def test_a_page_that_failed_counts_nothing(app: Flask, world: World) -> None:
    tell(world, "chair")
    answer = client_of(app, world["chair"]).get("/ethics/NONE")
    assert answer.status_code == 404
    assert "unread" not in answer.text


def test_the_administrator_tries_again(app: Flask, world: World) -> None:
    tell(world, "chair")
    administrator = client_of(app, world["administrator"])
    with sink() as post:
        post.answers["chair@example.org"] = "550 No such user"
        sending.send_due(world.database, clock=lambda: world.now, settings=post.settings())
        page = administrator.get("/notices/failed").text
        assert "550 No such user" in page
        assert "could not be sent by e-mail" in client_of(app, world["chair"]).get("/notices/").text
        assert client_of(app, world["chair"]).post("/notices/1/try-again").status_code == 403
        assert client_of(app, world["auditor"]).post("/notices/1/try-again").status_code == 403
        assert administrator.post("/notices/1/try-again").status_code == 302
        post.answers.clear()
        sending.send_due(world.database, clock=lambda: world.now, settings=post.settings())
    assert post.readers == ["chair@example.org"]
    assert "No e-mail has been given up" in administrator.get("/notices/failed").text
    assert administrator.post("/notices/1/try-again").status_code == 409


def test_a_person_chooses_about_email(app: Flask, world: World) -> None:
    chair = client_of(app, world["chair"])
    assert " checked" in chair.get("/account/notices").text
    assert chair.post("/account/notices", data={"sent": "1"}).location == "/account"
    with world.reading() as session:
        assert not session.get_one(Person, world["chair"].id).email_notices
    chair.post("/account/notices", data={"by_email": "y"})
    with world.reading() as session:
        assert session.get_one(Person, world["chair"].id).email_notices


def address(client: FlaskClient) -> str:
    """A new address of the person's calendar, as the page shows it once."""
    client.post("/account/calendar/renew")
    page = html.unescape(client.get("/account/calendar").text)
    found = re.search(r"http://127\.0\.0\.1:8000(/calendar/[^\s<]+\.ics)", page)
    assert found
    assert found[1] not in client.get("/account/calendar").text
    return found[1]


@pytest.fixture
def waiting(world: World) -> str:
    """A case that waits for the committee, with a day on which the decision is due."""
    return in_review(world, world.project(active=True)).reference


def titles(app: Flask, path: str) -> list[str]:
    answer = app.test_client().get(path)
    assert answer.status_code == 200
    assert answer.content_type == "text/calendar; charset=utf-8"
    assert "Set-Cookie" not in answer.headers
    return [str(event["SUMMARY"]) for event in icalendar.Calendar.from_ical(answer.data).events]


def test_a_calendar_shows_what_is_due(app: Flask, world: World, waiting: str) -> None:
    path = address(client_of(app, world["chair"]))
    title = "“Rosters from simulated annealing”"
    meeting = "Ethics Committee: full meeting (Room 1, Exampleton)"
    assert sorted(titles(app, path)) == [f"Declare your interests in {title}", meeting]
    calendar = icalendar.Calendar.from_ical(app.test_client().get(path).data)
    pages = {f"http://127.0.0.1:8000/{page}" for page in (f"ethics/{waiting}", "committee/meetings/HCQIC-M-2026-0001")}
    assert {event["URL"] for event in calendar.events} == pages
    again = icalendar.Calendar.from_ical(app.test_client().get(path).data)
    assert [event["UID"] for event in calendar.events] == [event["UID"] for event in again.events]


def test_a_calendar_has_the_meetings_that_concern_its_owner(app: Flask, world: World) -> None:
    planned = world.plan_meeting(starts_at=world.now + timedelta(days=3))
    paths = {who: address(client_of(app, world[who])) for who in ("lay_two", "ethics_officer", "project_lead")}
    counts = {who: len(meetings_in(app, path)) for who, path in paths.items()}
    assert counts == {"lay_two": 1, "ethics_officer": 1, "project_lead": 0}
    in_review(world, world.project(), meeting=planned)
    event = meetings_in(app, paths["project_lead"])[0]
    begins = event.DTSTART
    assert (begins.isoformat(), event.DTEND - begins) == ("2026-06-04T11:00:00+01:00", timedelta(hours=2))
    assert "Rosters" not in str(event["SUMMARY"])
    assert len(meetings_in(app, paths["lay_two"])) == 1
    with world.writing() as session:
        committee.move(
            session, planned.reference, "cancel", reason="Snow.", actor=world["ethics_officer"], now=world.now
        )
    assert meetings_in(app, paths["lay_two"]) == []


def meetings_in(app: Flask, path: str) -> list[icalendar.Event]:
    """The entries with an hour: all others are whole days."""
    feed = icalendar.Calendar.from_ical(app.test_client().get(path).data)
    return [event for event in feed.events if isinstance(event.DTSTART, datetime)]


def test_a_role_that_was_taken_away_takes_its_days_along(app: Flask, world: World, waiting: str) -> None:
    officer = world["ethics_officer"]
    path = address(client_of(app, officer))
    assert len(titles(app, path)) == 2
    with world.writing() as session:
        seen = session.get_one(Person, officer.id).version
        set_roles(session, officer.id, [Role.AUDITOR], active=True, seen=seen, actor=SYSTEM_ACTOR, now=world.now)
    assert titles(app, path) == []


def test_a_closed_calendar_is_not_found(app: Flask, world: World) -> None:
    chair, visitor = client_of(app, world["chair"]), app.test_client()
    first = address(chair)
    second = address(chair)
    assert (visitor.get(first).status_code, visitor.get(second).status_code) == (404, 200)
    chair.post("/account/calendar/off")
    assert visitor.get(second).status_code == 404
    third = address(chair)
    with world.writing() as session:
        session.get_one(Person, world["chair"].id).active = False
    assert visitor.get(third).status_code == 404
    number = world["chair"].id
    for token in ("none", f"{number}-{'a' * 43}", f"999999999-{'a' * 43}", f"{number}-", "%00", "٣-" + "a" * 43):
        answer = visitor.get(f"/calendar/{token}.ics")
        assert answer.status_code == 404
        assert "Set-Cookie" not in answer.headers


def test_the_secret_is_kept_nowhere(app: Flask, world: World, capsys: pytest.CaptureFixture[str]) -> None:
    path = address(client_of(app, world["chair"]))
    secret = path.removesuffix(".ics").rpartition("/")[2].partition("-")[2]
    app.test_client().get(path)
    with world.reading() as session:
        person = session.get_one(Person, world["chair"].id)
        entries = session.exec(select(AuditEntry).where(AuditEntry.action == "people.renew_calendar")).all()
        assert secret not in repr(person.model_dump())
        assert [entry.actor_id for entry in entries] == [world["chair"].id]
        assert secret not in repr([entry.details for entry in entries])
    written = capsys.readouterr()
    assert secret not in written.out + written.err
