"""The pages of the project register."""

import pytest
from flask import Flask

from hcqic_gov.projects import queries
from hcqic_gov.projects.rules import Status, UseCase
from tests.factories import World, client_of

pytestmark = pytest.mark.one_database

FORM = {
    "title": "Matching rare-disease patients to trials",
    "lay_summary": "Fewer families wait for a trial that fits.",
    "use_case": "rare_disease_management",
    "data_class": "synthetic",
    "setting": "nhs",
    "version": "0",
}


def test_register_edit_and_show(app: Flask, world: World) -> None:
    client = client_of(app, world["project_lead"])
    answer = client.post("/projects/register", data={**FORM, "lead_id": world["project_lead"].id})
    assert answer.status_code == 302
    page = client.get(answer.location)
    assert "Matching rare-disease patients" in page.text
    assert "HCQIC-P-2026-0001" in page.text


def test_what_was_typed_stays_when_something_is_wrong(app: Flask, world: World) -> None:
    client = client_of(app, world["project_lead"])
    answer = client.post("/projects/register", data={**FORM, "title": "", "lead_id": world["project_lead"].id})
    assert answer.status_code == 400
    assert "Enter a title" in answer.text
    assert "Fewer families wait" in answer.text


def test_the_greyed_button_says_why_and_the_post_is_refused(app: Flask, world: World) -> None:
    project = world.project()
    client = client_of(app, world["project_lead"])
    assert "another centre manager must decide" in client.get(f"/projects/{project.reference}").text
    answer = client.post(f"/projects/{project.reference}/move/scope", data={"reason": "I want to."})
    assert answer.status_code == 403
    assert "Nobody starts or activates a project that they lead" in answer.text
    with world.reading() as session:
        assert queries.project(session, project.reference).status is Status.PROPOSED


def test_parts_are_added_changed_and_removed(app: Flask, world: World) -> None:
    project = world.project()
    client = client_of(app, world["project_lead"])
    day = {"day": "1", "month": "9", "year": "2026"}
    dates = {f"{name}-{part}": value for name in ("baseline_on", "forecast_on") for part, value in day.items()}
    url = f"/projects/{project.reference}/milestones"
    assert client.post(f"{url}/add", data={"title": "Data ready", **dates}).status_code == 302
    assert "Data ready" in client.get(f"/projects/{project.reference}/plan").text
    assert client.post(f"{url}/1", data={"title": "Data checked", "version": "1", **dates}).status_code == 302
    assert "Data checked" in client.get(f"/projects/{project.reference}/plan").text
    assert client.post(f"{url}/1/remove", data={"version": "2"}).status_code == 302
    assert "Data checked" not in client.get(f"/projects/{project.reference}/plan").text


def test_filters_stand_in_the_address(app: Flask, world: World) -> None:
    world.project(title="Alpha")
    page = client_of(app, world["auditor"]).get("/projects/?use_case=system_optimisation&q=alp&sort=title")
    assert "Alpha" in page.text
    assert "1 result" in page.text


def test_a_refused_look_is_recorded(app: Flask, world: World) -> None:
    project = world.project()
    assert client_of(app, world["funder"]).get(f"/projects/{project.reference}").status_code == 403
    page = client_of(app, world["auditor"]).get("/audit/?result=refused")
    assert "projects.read" in page.text


def test_each_filter_narrows(app: Flask, world: World) -> None:
    world.project(title="Alpha", use_case=UseCase.OTHER)
    world.project(title="Beta")
    client = client_of(app, world["auditor"])
    lead = world["project_lead"].id
    for query, count in {
        "q=alp": 1,
        "use_case=other": 1,
        "status=proposed": 2,
        "status=closed": 0,
        "data_class=synthetic": 2,
        f"lead={lead}": 2,
        f"lead={lead}&q=beta&sort=title": 1,
    }.items():
        text = client.get(f"/projects/?{query}").text
        assert (f"of {count} result" in text) is (count > 0), query
        assert ("No results" in text) is (count == 0), query
