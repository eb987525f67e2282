"""The pages around a report: its PDF before it is issued, its data as files, the chain behind a figure, its receipt."""

import csv
import hashlib
import io
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from werkzeug.routing import Rule

from hcqic_gov.audit.queries import AuditFilter, search
from hcqic_gov.people.rules import Role
from hcqic_gov.reporting.models import Report
from hcqic_gov.reporting.snapshot import Narrative
from tests import reporting_world as made
from tests.factories import World, client_of

REFERENCE = "HCQIC-R-2026-0001-v1"
PAGE = f"/reports/{REFERENCE}"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What no database decides is tested on one."""
    return sqlite_url


@pytest.fixture
def centre(world: World) -> World:
    return made.reported(world)


@pytest.fixture
def issued(centre: World) -> Report:
    return made.issue(centre, made.reviewed(centre), made.plain)


def test_staff_see_a_draft_as_pdf_and_the_issued_one_as_it_was_issued(app: Flask, centre: World) -> None:
    report = made.reviewed(centre)
    reviewer = client_of(app, centre[made.REVIEWER])
    assert "See it as PDF" in reviewer.get(PAGE).text
    draft = reviewer.get(f"{PAGE}/draft.pdf")
    assert (draft.mimetype, draft.data[:5]) == ("application/pdf", b"%PDF-")
    assert client_of(app, centre["funder"]).get(f"{PAGE}/draft.pdf").status_code == 403
    made.issue(centre, report, made.plain)
    assert reviewer.get(f"{PAGE}/draft.pdf").location == f"{PAGE}/report.pdf"


def test_the_funder_takes_the_data_and_each_copy_is_recorded(app: Flask, centre: World, issued: Report) -> None:
    funder = client_of(app, centre["funder"])
    page = funder.get(PAGE).text
    for name in ("tables.xlsx", "snapshot.json", "tables/kpis.csv"):
        assert f'href="{PAGE}/{name}"' in page
    snapshot = funder.get(f"{PAGE}/snapshot.json")
    assert hashlib.sha256(snapshot.data).hexdigest() == issued.snapshot_sha256
    book = load_workbook(io.BytesIO(funder.get(f"{PAGE}/tables.xlsx").data))
    rows = list(csv.DictReader(io.StringIO(funder.get(f"{PAGE}/tables/kpis.csv").data.decode("utf-8-sig"))))
    assert len(rows) == book["KPIs"].max_row - 1 == 43
    assert {row["code"]: row["reading"] for row in rows}["O8"] == "60.0%"
    assert funder.get(f"{PAGE}/tables/secrets.csv").status_code == 404
    with centre.reading() as session:
        taken = [entry.note for entry in search(session, AuditFilter(action="reports.download"))[0]]
    assert sorted(taken) == ["kpis.csv", "snapshot.json", "tables.xlsx"]


def test_a_figure_leads_staff_to_where_it_comes_from(app: Flask, centre: World, issued: Report) -> None:
    staff, funder = client_of(app, centre["auditor"]), client_of(app, centre["funder"])
    link = f"{PAGE}/figures/O8"
    assert f'href="{link}"' in staff.get(PAGE).text
    page = staff.get(link).text
    for words in ("policies/kpis/o8.toml, version 1", "The same", "kpi.verify", "June 2026, revision 1"):
        assert words in page
    assert staff.get(f"{PAGE}/figures/Z9").status_code == 404
    assert "/figures/" not in funder.get(PAGE).text
    assert "/projects/HCQIC" not in funder.get(PAGE).text
    assert funder.get(link).status_code == 403


def test_what_is_typed_comes_back_when_the_form_is_opened_again(app: Flask, centre: World) -> None:
    report = made.draft(centre)
    author = client_of(app, centre[made.AUTHOR])
    typed = {"achievements": "Half a sen", "version": report.version}
    assert author.post(f"{PAGE}/narrative/keep", data=typed).get_json()["said"] == "Kept at 10:30am. Not saved yet."
    page = author.get(f"{PAGE}/narrative").text
    assert "Half a sen</textarea>" in page
    assert "You typed this and did not save it" in page
    assert "Half a sen" not in client_of(app, centre[made.MANAGER]).get(f"{PAGE}/narrative").text
    assert author.post(f"{PAGE}/narrative/forget").location == f"{PAGE}/narrative"
    assert "Half a sen" not in author.get(f"{PAGE}/narrative").text
    assert author.post(f"{PAGE}/narrative/keep", data={"achievements": "x"}).status_code == 400


def test_formatting_is_shown_and_nothing_else_is_markup(app: Flask, centre: World) -> None:
    story = Narrative("**Two** methods:\n- one\n- <b>two</b>", "a", "b", "", "")
    made.told(centre, made.draft(centre), story)
    page = client_of(app, centre["auditor"]).get(PAGE).text
    assert "<p><strong>Two</strong> methods:</p>\n<ul>\n<li>one</li>\n<li>&lt;b&gt;two&lt;/b&gt;</li>" in page


def test_the_funder_acknowledges_and_the_centre_sees_it(app: Flask, centre: World, issued: Report) -> None:
    funder, staff = client_of(app, centre["funder"]), client_of(app, centre[made.MANAGER])
    assert "Acknowledge receipt" in funder.get(PAGE).text
    assert "Acknowledge receipt" not in staff.get(PAGE).text
    assert "Read and acknowledge the report for April to June 2026" in funder.get("/home").text
    assert funder.post(f"{PAGE}/acknowledge").location == PAGE
    assert "Read and acknowledge" not in funder.get("/home").text
    assert f"By {centre['funder'].name}, 20 July 2026 at 10:30am" in staff.get(PAGE).text
    again = funder.post(f"{PAGE}/acknowledge")
    assert (again.status_code, "You acknowledged this report already" in again.text) == (409, True)


def test_the_reviewer_sees_what_is_said_otherwise(app: Flask, centre: World, issued: Report) -> None:
    author = client_of(app, centre[made.AUTHOR])
    second = author.post(f"{PAGE}/correct", data={"reason": "A wrong word."}).location
    version = {"version": "1", "achievements": "Three methods.", "taken_forward": "a", "objectives": "b"}
    author.post(f"{second}/narrative", data=version)
    page = client_of(app, centre[made.REVIEWER]).get(second).text
    assert f'Compared with <a href="{PAGE}">{REFERENCE}</a>' in page
    assert page.count("Two methods compared.") == 2  # against the last issued, and in what this version corrects
    assert "What this version corrects" in page


def asked_by(client: FlaskClient, rule: Rule, app: Flask, values: dict[str, Any]) -> list[tuple[str, bytes]]:
    """Addresses and answers of a route that may show something, each time with one of the values for its arguments."""
    known = [values.get(name) for name in sorted(rule.arguments)]
    if None in known:
        return []
    try:
        with app.test_request_context():
            url = app.url_for(rule.endpoint, **dict(zip(sorted(rule.arguments), known, strict=True)))
    except ValueError:  # an argument that is one of a few words
        return []
    methods = {"GET", "POST"} if url.startswith("/reports") else {"GET"}
    return [(url, client.open(url, method=method).data) for method in sorted((rule.methods or set()) & methods)]


GUESSES = (REFERENCE, "HCQIC-R-2026-0001", "HCQIC-A-2026-0001", "HCQIC-P-2026-0001", "1")


def test_no_route_shows_a_funder_the_report_of_another(app: Flask, centre: World, issued: Report) -> None:
    """Over all routes, with the references and numbers that a stranger may guess in place of an argument."""
    with centre.writing() as session:
        person = centre.add_person(session, "stranger", {Role.FUNDER})
    stranger = client_of(app, person)
    marks = [made.TOLD.achievements, issued.snapshot_sha256, issued.audit_head, "%PDF-", "Baseline agreed"]
    own = client_of(app, centre["funder"]).get(PAGE).text
    assert all(mark in own for mark in marks[:3])
    fixed: dict[str, Any] = {
        "code": "O8",
        "name": "kpis",
        "kind": "csv",
        "rung": "hpc",
        "filename": f"{REFERENCE}.pdf",
    }
    shown = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith(("static", "security.")) or rule.rule.startswith("/dashboards/"):
            continue
        for guess in GUESSES if rule.arguments - fixed.keys() else GUESSES[:1]:
            number = int(guess) if guess.isdigit() else 1
            values = {**dict.fromkeys(rule.arguments, guess), **fixed, **dict.fromkeys(integers(rule), number)}
            shown += [
                (url, mark)
                for url, data in asked_by(stranger, rule, app, values)
                for mark in (marks if "-R-" in guess else [*marks, REFERENCE])
                if mark.encode() in data
            ]
    assert shown == []


def integers(rule: Rule) -> set[str]:
    return {name for name, kind in rule._converters.items() if type(kind).__name__ == "IntegerConverter"}
