"""The pages of the KPIs and the dashboards, as the people who use them."""

import csv
import io
import json
import re
import shutil
import subprocess

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from werkzeug.test import TestResponse

from hcqic_gov.core.calendar import Period
from hcqic_gov.kpi import queries, service
from hcqic_gov.kpi.rules import Status
from hcqic_gov.kpi.service import Entry
from tests.factories import World, client_of

pytestmark = pytest.mark.one_database

FORM = {
    "numerator": "45",
    "denominator": "50",
    "basis": "measured",
    "attribution": "contributory",
    "source": "Help desk report",
    "version": "0",
}
MAY = Period.parse("2026-05")


def reported(world: World, months: int = 1) -> None:
    for back in range(months, 0, -1):
        with world.writing() as session:
            entry = Entry(40 + back % 3, 50, source="Help desk report")
            period = Period.parse("2026-06").shifted(-back)
            key = service.enter(session, "O8", period, entry, actor=world["gatekeeper"], now=world.now).key
            service.submit(session, key, actor=world["gatekeeper"], now=world.now)
            service.verify(session, key, actor=world["centre_manager"], now=world.now)


def shown(client: FlaskClient, address: str) -> str:
    """What Dash's callback answers for an address."""
    answer = callback(client, address)
    assert answer.status_code == 200, answer.text
    return answer.text


def callback(client: FlaskClient, address: str) -> TestResponse:
    """Dash's callback for an address, as the browser asks for it."""
    path, _, search = address.partition("?")
    asked = {
        "output": "content.children",
        "outputs": {"id": "content", "property": "children"},
        "inputs": [
            {"id": "address", "property": "pathname", "value": path},
            {"id": "address", "property": "search", "value": f"?{search}" if search else ""},
        ],
        "changedPropIds": [],
    }
    return client.post("/dashboards/_dash-update-component", json=asked)


def test_from_entry_to_verified_value(app: Flask, world: World) -> None:
    owner, manager = client_of(app, world["gatekeeper"]), client_of(app, world["centre_manager"])
    assert "Enter O8" in owner.get("/kpis/").text
    evidence = {"evidence": (io.BytesIO(b"%PDF-1.4 report"), "report.pdf")}
    answer = owner.post("/kpis/O8/2026-05/enter", data={**FORM, **evidence}, content_type="multipart/form-data")
    assert answer.status_code == 302
    page = owner.get(answer.location)
    assert "90.0%" in page.text
    assert "report.pdf" in page.text
    assert owner.post(f"{answer.location}/submit").status_code == 302
    assert "You entered this value" in owner.get(answer.location).text
    assert owner.post(f"{answer.location}/verify").status_code == 403
    assert "Verify O8 Queries resolved" in manager.get("/home").text
    assert manager.post(f"{answer.location}/verify").status_code == 302
    assert "90.0%" in manager.get("/kpis/O8").text


def test_a_returned_value_says_why(app: Flask, world: World) -> None:
    owner, manager = client_of(app, world["gatekeeper"]), client_of(app, world["centre_manager"])
    page = owner.post("/kpis/O8/2026-05/enter", data=FORM).location
    owner.post(f"{page}/submit")
    assert manager.post(f"{page}/return", data={"reason": ""}).status_code == 400
    assert manager.post(f"{page}/return", data={"reason": "May had 60 queries"}).status_code == 302
    assert "Returned: May had 60 queries" in owner.get(page).text
    form = owner.get("/kpis/O8/2026-05/enter").text
    version = re.search(r'name="version"[^>]*value="(\d+)"', form)
    assert version
    again = {**FORM, "numerator": "54", "denominator": "60", "version": version[1]}
    assert owner.post("/kpis/O8/2026-05/enter", data=again).status_code == 302


def test_what_is_wrong_stays_on_the_form(app: Flask, world: World) -> None:
    owner = client_of(app, world["gatekeeper"])
    answer = owner.post("/kpis/O8/2026-05/enter", data={**FORM, "denominator": ""})
    assert answer.status_code == 400
    assert "Enter both numbers" in answer.text
    assert "Help desk report" in answer.text
    assert owner.post("/kpis/O8/2026-05/enter", data={**FORM, "numerator": "NaN"}).status_code == 400


def test_correction_by_its_owner(app: Flask, world: World) -> None:
    reported(world)
    owner = client_of(app, world["gatekeeper"])
    with world.reading() as session:
        key = queries.history(session, "O8", world.now.date())[0].record.key
    address = f"/kpis/observations/{key}/correct"
    assert owner.post(address, data=FORM).status_code == 400
    assert owner.post(address, data={**FORM, "reason": "Counted twice"}).status_code == 302
    with world.reading() as session:
        assert queries.history(session, "O8", world.now.date())[0].record.status is Status.DRAFT


def test_target_explanation_and_rebase(app: Flask, world: World) -> None:
    reported(world, 3)
    manager = client_of(app, world["centre_manager"])
    assert manager.post("/kpis/O8/2026-04/target", data={"value": "95", "reason": "Board"}).status_code == 302
    assert manager.post("/kpis/O8/2026-05/annotate", data={"text": "New help desk"}).status_code == 302
    assert manager.post("/kpis/O8/2026-04/rebase", data={"reason": "New process"}).status_code == 302
    page = manager.get("/kpis/O8").text
    assert "target 95.0%" in page
    assert "New help desk" in page
    assert "New process" in page


def test_addresses_that_name_nothing(app: Flask, world: World) -> None:
    manager = client_of(app, world["centre_manager"])
    for address in ("/kpis/X9", "/kpis/O8/nonsense/enter", "/kpis/observations/99", "/dashboards/nowhere"):
        assert manager.get(address).status_code == 404
    assert manager.get("/dashboards/kpi?kpi=X9").status_code == 404


def test_work_out_from_the_page(app: Flask, world: World) -> None:
    world.project(active=True)
    answer = client_of(app, world["centre_manager"]).post("/kpis/work-out", follow_redirects=True)
    assert re.search(r"registers: \d+ new or changed|registers: \d+ values? new", answer.text)
    assert client_of(app, world["project_lead"]).post("/kpis/work-out").status_code == 403


def test_dashboards_are_for_those_who_read_kpis(app: Flask, world: World) -> None:
    for address in ("/dashboards/", "/dashboards/_dash-layout", "/dashboards/_dash-dependencies"):
        assert client_of(app, None).get(address).status_code == 302
        assert client_of(app, world["funder"]).get(address).status_code == 403
        assert client_of(app, world["auditor"]).get(address).status_code == 200
    assert client_of(app, world["funder"]).post("/dashboards/_dash-update-component", json={}).status_code == 403


def test_frame_is_our_own_page(app: Flask, world: World) -> None:
    answer = client_of(app, world["auditor"]).get("/dashboards/kpi?kpi=O8")
    assert '<html lang="en-GB">' in answer.text
    assert answer.text.count("<h1") == 1
    assert "<title>O8 Queries resolved within one working day" in answer.text
    assert 'id="maincontent"' in answer.text
    assert "_csrf_token=" in answer.headers["Set-Cookie"]
    policy = answer.headers["Content-Security-Policy"]
    assert "sha256-" in policy
    assert "script-src 'self' 'unsafe-inline'" not in policy


def test_the_token_of_the_frame_is_what_the_callback_wants(app: Flask, world: World) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    client = client_of(app, world["auditor"])
    assert client.post("/dashboards/_dash-update-component", json={}).status_code == 400
    client.get("/dashboards/")
    token = client.get_cookie("_csrf_token", path="/dashboards/")
    assert token
    asked = {
        "output": "content.children",
        "outputs": {"id": "content", "property": "children"},
        "inputs": [
            {"id": "address", "property": "pathname", "value": "/dashboards/"},
            {"id": "address", "property": "search", "value": ""},
        ],
        "changedPropIds": [],
    }
    answer = client.post("/dashboards/_dash-update-component", json=asked, headers={"X-CSRFToken": token.value})
    assert answer.status_code == 200


def test_dashboard_and_export_show_the_same_numbers(app: Flask, world: World) -> None:
    reported(world, 14)
    client = client_of(app, world["auditor"])
    page = shown(client, "/dashboards/kpi?kpi=O8")
    with world.reading() as session:
        view = queries.series(session, "O8", world.now.date())
    lines = client.get("/kpis/files/O8.csv").text.splitlines()
    assert len(lines) == 15
    for line, point in zip(lines[1:], view.evaluation.points, strict=True):
        assert f",{point.value}," in line
        assert view.definition.shown(point.value) in page
    assert view.sentence in json.loads(page)["response"]["content"]["children"][0]["props"]["children"]
    assert f",{view.evaluation.groups[0].upper}," in lines[1]
    assert view.shown in shown(client, "/dashboards/?dimension=operations")


def words_of_pdf(data: bytes) -> str:
    done = subprocess.run(["pdftotext", "-raw", "-", "-"], input=data, capture_output=True, check=True)
    return " ".join(done.stdout.decode().split())


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is missing: install poppler-utils")
def test_every_kpi_shows_the_same_on_the_screen_in_the_table_and_in_the_pdf(app: Flask, world: World) -> None:
    """One KPI with fourteen months and all the others with what they have: nothing, mostly, and in the same words."""
    reported(world, 14)
    client = client_of(app, world["auditor"])
    with world.reading() as session:
        views = queries.summary(session, world.now.date())
    lines = list(csv.DictReader(io.StringIO(client.get("/kpis/files/summary.csv").data.decode("utf-8-sig"))))
    sheet = load_workbook(io.BytesIO(client.get("/kpis/files/summary.xlsx").data), read_only=True).worksheets[0]
    cells = list(sheet.iter_rows(values_only=True))
    assert [dict(zip(cells[0], row, strict=True))["value"] for row in cells[1:]] == [
        float(one["value"]) for one in lines
    ]
    assert len(lines) == sum(len(view.findings) for view in views)
    for view in views:
        code = view.definition.code
        page = json.loads(shown(client, f"/dashboards/kpi?kpi={code}"))
        assert view.sentence in json.dumps(page, ensure_ascii=False)
    judged = next(view for view in views if view.definition.code == "O8")
    group = judged.evaluation.groups[0]
    assert [float(one["upper_limit"]) for one in lines] == [group.upper] * 14
    words = words_of_pdf(client.get("/kpis/files/O8.pdf").data)
    assert " ".join(judged.sentence.split()) in words
    assert f"{group.lower:.2f} to {group.upper:.2f}" in words
    assert all(f"{finding.value:.1f}" in words for finding in judged.findings)
    matrix = shown(client, "/dashboards/matrix")
    assert judged.variation.word in matrix
    assert "1 of 43 KPIs" in matrix


def test_filters_narrow_the_summary(app: Flask, world: World) -> None:
    reported(world)
    client = client_of(app, world["auditor"])
    assert "Health outcomes" not in shown(client, "/dashboards/?dimension=operations")
    assert "Health outcomes" in shown(client, "/dashboards/?dimension=nonsense")
    assert "84.0%" not in shown(client, "/dashboards/?dimension=operations&period=2026-Q1")


def test_no_small_number_leaves_by_any_way(app: Flask, world: World) -> None:
    from hcqic_gov.people.rules import Role

    with world.writing() as session:
        second = world.add_person(session, "second_manager", {Role.CENTRE_MANAGER})
        entry = Entry(8.53125, source="Ward log")  # a number that stands nowhere else
        quarter = Period.parse("2026-Q1")
        key = service.enter(session, "H1", quarter, entry, actor=second, now=world.now).key
        service.submit(session, key, actor=second, now=world.now)
        service.verify(session, key, actor=world["centre_manager"], now=world.now)
    client = client_of(app, world["project_lead"])
    addresses = ("/kpis/", "/kpis/H1", f"/kpis/observations/{key}", "/kpis/files/H1.csv")
    texts = [client.get(address).text for address in addresses]
    texts += [shown(client, address) for address in ("/dashboards/", "/dashboards/kpi?kpi=H1")]
    assert all("8.53125" not in text and "9 persons" not in text for text in texts)
    assert all("not shown (small numbers)" in text for text in texts)
