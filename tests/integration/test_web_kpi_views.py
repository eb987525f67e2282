"""What managers do with the KPIs: filter, compare, save a view, take files away, look behind a value."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from hcqic_gov.audit.service import record
from hcqic_gov.core.calendar import Period
from hcqic_gov.kpi import saved_views, service
from hcqic_gov.kpi.definitions import Definition, definitions
from hcqic_gov.kpi.models import Observation
from hcqic_gov.kpi.rules import Attribution, Outcome, Status
from hcqic_gov.people.rules import SYSTEM_ACTOR
from hcqic_gov.projects.rules import UseCase
from tests.factories import World, client_of
from tests.integration.test_web_kpi import shown

pytestmark = pytest.mark.one_database
POINTS = 16


def fill(world: World) -> None:
    """Every KPI with 16 verified periods; every third of one that counts persons is too small to be shown."""
    with world.writing() as session:
        for place, one in enumerate(definitions(world.now.date())):
            last = Period.containing(world.now.date(), one.frequency).shifted(-1)
            for back in range(POINTS):
                value = 50.0 + (place * 7 + back * 13) % 17 + (place % 3) * (POINTS - back)
                value = 3.53125 if one.small_numbers and back % 3 == 0 else value
                session.add(observation(one, last.shifted(-back), value, world))
        session.flush()
        record(session, "kpi.work_out", session.get_one(Observation, 1), actor=SYSTEM_ACTOR, now=world.now)


def observation(one: Definition, period: Period, value: float, world: World) -> Observation:
    row = service.new_observation(one, period, revision=1, entered_by=0, now=world.now)
    row.outcome, row.value, row.basis, row.attribution = Outcome.VALUE, value, one.basis, Attribution.SOLE
    row.numerator, row.denominator, row.n = (value, 1.0, int(value)) if one.ratio else (None, None, int(value))
    row.source, row.status, row.verified_by, row.verified_at = "sample", Status.VERIFIED, 0, world.now
    return row


def test_saved_views_are_a_persons_own(app: Flask, world: World) -> None:
    manager, other = client_of(app, world["centre_manager"]), client_of(app, world["finance"])
    address = "/dashboards/matrix?dimension=operations&period=2026-Q1"
    page = manager.get(address).text
    link = re.search(r'href="(/kpis/views/new[^"]*)"', page)
    assert link
    save = link[1].replace("&amp;", "&")
    assert manager.post(save, data={"name": ""}).status_code == 400
    assert manager.post(save, data={"name": "Operations"}).status_code == 302
    assert "You have a view named" in manager.post(save, data={"name": "operations"}).text
    assert address.replace("&", "&amp;") in manager.get("/home").text
    assert "Operations</a>" not in other.get("/kpis/").text
    with world.reading() as session:
        row = saved_views.saved_by(session, world["centre_manager"])[0]
    assert other.post(f"/kpis/views/{row.key}/remove").status_code == 403
    assert manager.post(f"/kpis/views/{row.key}/remove").status_code == 302
    assert address.replace("&", "&amp;") not in manager.get("/home").text


@pytest.mark.parametrize(
    "address", ["https://evil.example/", "//evil.example", "/kpis/", "/dashboards/x?kpi=javascript"]
)
def test_only_views_of_ours_are_saved(app: Flask, world: World, address: str) -> None:
    manager = client_of(app, world["centre_manager"])
    answer = manager.post("/kpis/views/new", query_string={"address": address}, data={"name": "Mine"})
    assert answer.status_code == 302
    with world.reading() as session:
        assert saved_views.saved_by(session, world["centre_manager"])[0].address == "/dashboards/"


def test_filters_survive_the_sign_in(app: Flask, world: World) -> None:
    answer = client_of(app, None).get("/dashboards/matrix?dimension=operations")
    assert "dimension%3Doperations" in answer.location


def test_from_a_value_to_its_records(app: Flask, world: World) -> None:
    project = world.project(active=True)
    client = client_of(app, world["auditor"])
    assert "/kpis/O6/records" in client.get("/dashboards/kpi?kpi=O6").text
    page = client.get("/kpis/O6/records?period=2026-06").text
    assert f'href="/projects/{project.reference}"' in page
    assert "An approval is missing or out of date" in page
    other = world.project(active=True, use_case=UseCase.RARE_DISEASE)
    whole = client.get("/kpis/O6/records?period=2026-06").text
    assert "0 of 2 records are counted" in whole
    for narrowed in (f"project={other.reference}", "use_case=rare_disease_management"):
        page = client.get(f"/kpis/O6/records?period=2026-06&{narrowed}").text
        assert f'href="/projects/{other.reference}"' in page
        assert f'href="/projects/{project.reference}"' not in page
        assert "The value rests on 1 record more" in page
    assert client.get("/kpis/O8/records").status_code == 404
    assert "/records" not in client.get("/dashboards/kpi?kpi=O8").text


def test_pages_ask_the_database_a_constant_number_of_times(app: Flask, world: World) -> None:
    fill(world)
    for _ in range(3):
        world.project(active=True)
    client = client_of(app, world["centre_manager"])
    asked: list[str] = []

    def note(*told: Any) -> None:
        asked.append(told[2])

    event.listen(world.database.engine, "before_cursor_execute", note)
    for code in ("O6", "R1", "O2", "E1", "O9", "E8"):
        asked.clear()
        assert client.get(f"/kpis/{code}/records").status_code == 200
        assert len([line for line in asked if line.startswith("SELECT")]) <= 12, (code, asked)
    for address in ("/dashboards/matrix", "/dashboards/compare?kpi=O8&kpi2=R3&kpi3=H1&kpi4=G2"):
        asked.clear()
        shown(client, address)
        assert len([line for line in asked if line.startswith("SELECT")]) <= 8, (address, asked)
    event.remove(world.database.engine, "before_cursor_execute", note)
