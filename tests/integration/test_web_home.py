"""First pages and menus: nobody's is empty, and each shows what its role works with."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlmodel import col

from hcqic_gov.notices.models import OutboxMessage
from hcqic_gov.people.models import SignInOrigin
from hcqic_gov.people.rules import Role
from hcqic_gov.policy.reviews import reviews, reviews_overdue
from hcqic_gov.sandbox.models import Run
from hcqic_gov.sandbox.rules import State
from hcqic_gov.web.navigation import REGISTERS
from tests import funding_world as made
from tests import reporting_world as reports
from tests import sandbox_steps
from tests.factories import World, client_of
from tests.integration.test_web_funding import queries_of

pytestmark = pytest.mark.one_database


def menu(page: str) -> str:
    return page.partition('aria-label="Menu"')[2].partition("</nav>")[0]


@pytest.mark.parametrize("role", Role)
def test_no_first_page_is_empty(app: Flask, world: World, role: Role) -> None:
    page = client_of(app, world[role.value]).get("/home").text
    chances = page.partition("What you can do</h2>")[2].partition("</ul>")[0]
    assert chances.count("<li>") >= 2
    for address in [part.partition('"')[0] for part in chances.split('href="')[1:]]:
        assert client_of(app, world[role.value]).get(address).status_code == 200


@pytest.mark.parametrize("role", Role)
def test_the_menu_is_the_daily_work_and_the_rest_is_one_step_away(app: Flask, world: World, role: Role) -> None:
    client = client_of(app, world[role.value])
    links, everything = menu(client.get("/home").text), client.get("/registers").text.partition("<h1")[2]
    daily = [register for register in REGISTERS if role in register.roles]
    assert all(f">{register.label}<" in links for register in daily)
    assert all(f">{register.label}<" in everything for register in daily)
    assert (">All registers<" in links) is (everything.count("<li><a href") > len(daily))


def test_the_administrator_sees_how_the_system_does(app: Flask, world: World) -> None:
    with world.writing() as session:
        for name, minutes in (("finance", 9), ("sponsor", -9)):
            until = world.now + timedelta(minutes=minutes)
            number = world[name].id
            session.add(SignInOrigin(person_id=number, origin="x", seen_at=world.now, blocked_until=until))
    page = client_of(app, world["administrator"]).get("/home").text
    assert "Whole" in page.partition("Audit trail</h2>")[2]
    locked = page.partition("Locked accounts</h2>")[2].partition("<h2")[0]
    assert "Finance" in locked
    assert "at 11:09am" in locked
    assert "Sponsor" not in locked
    assert "No run failed or was lost, and every notice could be sent." in page
    assert "Every policy is within its review date." in page


def test_reviews_of_rule_files_and_texts(world: World) -> None:
    today = world.now.date()
    titles = {review.title for review in reviews(today)}
    assert {"How the centre decides", "Patient-safety incidents attributable"} <= titles
    assert reviews_overdue(today) == []
    late = reviews_overdue(today.replace(year=2040))
    assert len(late) == len(list(reviews(today.replace(year=2040))))
    assert [review.due for review in late] == sorted(review.due for review in late)


def test_a_funder_sees_own_awards_and_no_others(app: Flask, world: World) -> None:
    award = made.award(world)
    funder = client_of(app, world["funder"])
    address = f"/awards/{award.reference}"
    assert address in funder.get("/home").text
    assert address in funder.get("/awards/").text
    page = funder.get(address).text
    assert "Budget, actual and forecast" in page
    assert "Add a budget line" not in page
    assert "/funding/" not in page
    assert "/projects/" not in page
    assert "History</h2>" not in page
    with world.writing() as session:
        stranger = world.add_person(session, "other_funder", {Role.FUNDER}, organisation_id=None)
    other = client_of(app, stranger)
    assert other.get(address).status_code == 403
    assert address not in other.get("/awards/").text + other.get("/home").text
    assert funder.get("/funding/").status_code == 403


def test_a_project_leads_to_all_that_belongs_to_it(app: Flask, world: World) -> None:
    run = sandbox_steps.in_review(world, sandbox_steps.ready(world))
    with world.reading() as session:
        from hcqic_gov.projects.models import Project

        project = session.get_one(Project, run.project_id)
    award = made.award(world, project=project)
    url = f"/projects/{project.reference}/belongings"
    client = client_of(app, world["auditor"])
    page = client.get(url).text
    assert url in client.get(f"/projects/{project.reference}").text
    for part in (f"/sandbox/{run.reference}", f"/awards/{award.reference}", "/funding/HCQIC-F-", "/ethics/HCQIC-E-"):
        assert part in page
    few = queries_of(app, client, url)
    made.award(world, project=project, of=made.call(world))
    assert queries_of(app, client, url) == few <= 10  # six registers, the person and their unread notices


def test_a_button_that_no_role_of_the_person_could_press_is_not_there(app: Flask, world: World) -> None:
    project = world.project(active=True)
    address = f"/projects/{project.reference}"
    stranger, manager = (client_of(app, world[name]).get(address).text for name in ("finance", "centre_manager"))
    auditor = client_of(app, world["auditor"]).get(address).text
    assert "aria-disabled" not in auditor
    assert "None of your roles" not in stranger
    assert "Close</" not in stranger
    assert "Close" in manager


def test_a_new_report_waits_for_the_funder_until_they_acknowledge_it(app: Flask, world: World) -> None:
    centre = reports.reported(world)
    report = reports.issue(centre, reports.reviewed(centre), reports.plain)
    address = f"/reports/{report.reference}"
    funder = client_of(app, centre["funder"])
    tasks, _, panels = funder.get("/home").text.partition("Reports to your organisation</h2>")
    assert "Read and acknowledge the report for April to June 2026" in tasks
    assert address in panels
    assert funder.get(f"{address}/report.pdf").status_code == 200
    assert "Read and acknowledge" in funder.get("/home").text
    assert funder.post(f"{address}/acknowledge").status_code == 302
    after = funder.get("/home").text
    assert "Read and acknowledge" not in after
    assert address in after


def test_the_administrator_sees_runs_and_notices_that_failed(app: Flask, world: World) -> None:
    run = sandbox_steps.in_review(world, sandbox_steps.ready(world))
    with world.database.writing_session() as session:
        session.execute(
            sa.update(Run).where(col(Run.id) == run.key).values(state=State.LOST, reason="The machine went away.")
        )
        notice = OutboxMessage(
            person_id=world["chair"].id, cause="x", subject="A case waits for you", body="", about_kind="ethics_case",
            about_reference="HCQIC-E-2026-0001", failed_at=world.now, last_error="No such mailbox.",
            created_at=world.now,
        )  # fmt: skip
        session.add(notice)
        session.commit()
    page = client_of(app, world["administrator"]).get("/home").text
    panel = page.partition("failed in the last 14 days</h2>")[2].partition("<h2")[0]
    assert f"/sandbox/{run.reference}" in panel
    for words in ("Lost", "The machine went away.", "A case waits for you", "e-mail to Chair", "No such mailbox."):
        assert words in panel
