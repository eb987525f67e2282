"""The pages of reports, from the draft to the PDF that a funder takes."""

import io
import json
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.testing import FlaskClient

from hcqic_gov.audit.queries import AuditFilter, search
from hcqic_gov.cli import main
from hcqic_gov.kpi.queries import summary
from hcqic_gov.people.rules import Role
from hcqic_gov.reporting import queries
from hcqic_gov.reporting.rules import Status
from hcqic_gov.settings import Settings
from reports import signing
from reports.documents import funder_report
from reports.signing import issuing, self_signed
from tests import ethics_steps
from tests import reporting_world as made
from tests.factories import World, client_of

REFERENCE = "HCQIC-R-2026-0001-v1"
PAGE = f"/reports/{REFERENCE}"
ANSWERS = {"achievements": "Two methods compared.", "taken_forward": "The trust uses one.", "objectives": "Mostly met."}
needs_poppler = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is missing: install poppler")


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What no database decides is tested on one."""
    return sqlite_url


PAIR = cache(lambda: self_signed("The tests", made.LATER))


@pytest.fixture(autouse=True)
def signing_pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set before the application is made: this centre is no demo."""
    pair = tmp_path / "pair.pem"
    pair.write_text(PAIR())
    monkeypatch.setenv("HCQIC_SIGNING_KEY", str(pair))
    monkeypatch.setenv("HCQIC_SIGNING_CERTIFICATE", str(pair))


@pytest.fixture
def centre(world: World) -> World:
    return made.reported(world)


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def status_of(world: World, reference: str = REFERENCE) -> Status:
    with world.reading() as session:
        return queries.report(session, reference).status


def version_in(client: FlaskClient, path: str) -> str:
    found = re.search(r'name="version"[^>]*value="(\d+)"', client.get(path).text)
    assert found
    return found[1]


def test_from_the_draft_to_the_issued_pdf(app: Flask, centre: World) -> None:
    author, reviewer = client_of(app, centre[made.AUTHOR]), client_of(app, centre[made.REVIEWER])
    form = {"subject": f"funder:{centre.funder_id}", "period": "2026-Q2"}
    assert author.post("/reports/new", data=form).location == PAGE
    answers = {**ANSWERS, "version": version_in(author, f"{PAGE}/narrative")}
    assert author.post(f"{PAGE}/narrative", data=answers).location == PAGE
    assert author.post(f"{PAGE}/refresh").location == PAGE
    assert author.post(f"{PAGE}/submit").location == PAGE
    assert reviewer.post(f"{PAGE}/approve", data={"version": version_in(reviewer, PAGE)}).location == PAGE
    manager = client_of(app, centre[made.MANAGER])
    assert manager.post(f"{PAGE}/issue").location == PAGE
    answer = client_of(app, centre["funder"]).get(f"{PAGE}/report.pdf")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.data.startswith(b"%PDF-")
    with centre.reading() as session:
        assert [e.actor_id for e in search(session, AuditFilter(action="reports.download"))[0]] == [centre["funder"].id]


def test_the_preview_shows_every_kpi_as_the_dashboard_does(app: Flask, centre: World) -> None:
    made.draft(centre)
    page = client_of(app, centre["auditor"]).get(PAGE)
    assert page.status_code == 200
    text = words(page.text)
    with centre.reading() as session:
        for view in summary(session, made.QUARTER.end):
            assert f"{view.definition.code} {view.definition.title} {view.period} {view.shown}" in text
    for heading in ("Budget", "Milestones", "Ethics and governance", "What simulated runs do and do not show"):
        assert f"{heading}</h2>" in page.text
    assert "It is not an NHS REC." in text
    assert page.text.count('role="img"') == 1
    assert " style=" not in page.text


def test_author_and_reviewer_see_why_a_button_is_grey(app: Flask, centre: World) -> None:
    made.draft(centre)
    assert "Answer the funder&#39;s three questions first" in client_of(app, centre[made.AUTHOR]).get(PAGE).text


def test_the_authors_approval_is_refused(app: Flask, centre: World) -> None:
    report = made.in_review(centre)
    answer = client_of(app, centre[made.AUTHOR]).post(f"{PAGE}/approve", data={"version": report.version})
    assert answer.status_code == 403
    assert "Nobody reviews a report that they wrote" in answer.text
    assert status_of(centre) is Status.IN_REVIEW


def test_an_approval_says_which_version_was_seen(app: Flask, centre: World) -> None:
    report = made.in_review(centre)
    client = client_of(app, centre[made.REVIEWER])
    assert client.post(f"{PAGE}/approve").status_code == 400
    assert client.post(f"{PAGE}/approve", data={"version": report.version - 1}).status_code == 409
    assert status_of(centre) is Status.IN_REVIEW


def test_return_needs_a_reason_and_the_author_reads_it(app: Flask, centre: World) -> None:
    made.in_review(centre)
    client = client_of(app, centre[made.REVIEWER])
    assert client.post(f"{PAGE}/return", data={"reason": ""}).status_code == 400
    assert client.post(f"{PAGE}/return", data={"reason": "Name the trust."}).location == PAGE
    assert "Returned: Name the trust." in client_of(app, centre[made.AUTHOR]).get(PAGE).text


def test_a_correction_begins_as_a_draft(app: Flask, centre: World) -> None:
    made.issue(centre, made.reviewed(centre), made.plain)
    client = client_of(app, centre[made.AUTHOR])
    second = client.post(f"{PAGE}/correct", data={"reason": "A wrong figure."}).location
    assert second == "/reports/HCQIC-R-2026-0001-v2"
    assert "HCQIC-R-2026-0001-v1" in client.get(second).text
    assert client.get(f"{second}/report.pdf").status_code == 404


def test_a_funder_sees_its_issued_reports_only(app: Flask, centre: World) -> None:
    report = made.reviewed(centre)
    client = client_of(app, centre["funder"])
    assert client.get(PAGE).status_code == 403
    assert REFERENCE not in client.get("/reports/").text
    made.issue(centre, report, made.plain)
    assert REFERENCE in client.get("/reports/").text
    assert "History</h2>" not in client.get(PAGE).text
    with centre.writing() as session:
        stranger = centre.add_person(session, "stranger", {Role.FUNDER})
    assert client_of(app, stranger).get(f"{PAGE}/report.pdf").status_code == 403


def test_a_period_without_award_is_an_error_of_the_form(app: Flask, centre: World) -> None:
    form = {"subject": f"funder:{centre.funder_id}", "period": "2026-Q1"}
    answer = client_of(app, centre[made.AUTHOR]).post("/reports/new", data=form)
    assert answer.status_code == 400
    assert "No award of this funder falls in January to March 2026" in answer.text


def test_the_list_filters_by_its_address(app: Flask, centre: World) -> None:
    made.draft(centre)
    client = client_of(app, centre["auditor"])
    assert REFERENCE in client.get(f"/reports/?status=draft&funder={centre.funder_id}&period=2026-Q2").text
    assert REFERENCE not in client.get("/reports/?status=issued").text


def test_what_people_write_is_escaped_in_the_preview(app: Flask, centre: World) -> None:
    made.told(centre, made.draft(centre), replace(made.TOLD, asks="<script>alert(1)</script>"))
    page = client_of(app, centre["auditor"]).get(PAGE).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def pdf_text(data: bytes, folder: Path) -> str:
    (folder / "report.pdf").write_bytes(data)
    done = subprocess.run(["pdftotext", "-raw", str(folder / "report.pdf"), "-"], capture_output=True, check=True)
    return " ".join(done.stdout.decode().split())


@pytest.mark.poppler
@needs_poppler
def test_the_figures_in_the_pdf_are_the_dashboards(app: Flask, centre: World, tmp_path: Path) -> None:
    made.issue(centre, made.reviewed(centre), funder_report)
    data = client_of(app, centre["funder"]).get(f"{PAGE}/report.pdf").data
    text = pdf_text(data, tmp_path)
    with centre.reading() as session:
        report = queries.report(session, REFERENCE)
        views = summary(session, made.QUARTER.end)
        assert funder_report(queries.edition(session, report)) == data
    missing = [
        view.definition.code
        for view in views
        if f"{view.definition.code} {view.definition.title} {view.period} {view.shown} {view.target_shown}" not in text
    ]
    assert missing == []
    assert len(views) == 43
    for printed in (report.snapshot_sha256, report.audit_head, f"entry {report.audit_entry}:"):
        assert printed in text


@pytest.mark.poppler
@needs_poppler
def test_an_opinion_letter(app: Flask, world: World, tmp_path: Path) -> None:
    case = ethics_steps.decided(world, world.project(active=True))
    client = client_of(app, world["ethics_officer"])
    answer = client.get(f"/ethics/{case.reference}/letter.pdf")
    assert answer.mimetype == "application/pdf"
    assert "not an NHS Research Ethics Committee" in pdf_text(answer.data, tmp_path)
    assert client_of(app, world["funder"]).get(f"/ethics/{case.reference}/letter.pdf").status_code == 403
    undecided = ethics_steps.draft(world, world.project(active=True))
    assert client.get(f"/ethics/{undecided.reference}/letter.pdf").status_code in (403, 409)


def test_anybody_checks_a_report(app: Flask, centre: World) -> None:
    issued = made.issue(centre, made.reviewed(centre), issuing(Settings(), demo=False))
    with centre.reading() as session:
        data = queries.pdf(session, issued)[1]
    visitor = app.test_client()
    assert "Check a report" in visitor.get("/").text
    page = visitor.post("/verify", data={"file": (io.BytesIO(data), "report.pdf")})
    assert page.status_code == 200
    assert "This document was issued by this centre and is unchanged." in page.text
    page = visitor.post("/verify", data={"file": (io.BytesIO(data[:-9]), "report.pdf")})
    assert "not confirmed" in page.text
    empty = visitor.post("/verify", data={})
    assert empty.status_code == 400
    assert "Choose the PDF of a report" in empty.text


def test_only_staff_read_what_a_corrected_figure_is_today(app: Flask, centre: World) -> None:
    issued = made.issue(centre, made.reviewed(centre), issuing(Settings(), demo=False))
    with centre.reading() as session:
        data = queries.pdf(session, issued)[1]
    made.correct_the_last(centre)

    def checked(client: FlaskClient) -> str:
        return client.post("/verify", data={"file": (io.BytesIO(data), "report.pdf")}).text

    visitor, staff = checked(app.test_client()), checked(client_of(app, centre["auditor"]))
    for page in (visitor, staff):
        assert "This document was issued by this centre and is unchanged." in page
        assert "The register gives these KPI figures otherwise today: O8." in page
        assert "60.0% (June 2026)" in page
    assert "80.0% (June 2026)" in staff
    assert "80.0%" not in visitor


def test_the_command_lists_exports_and_verifies(centre: World, tmp_path: Path) -> None:
    issued = made.issue(centre, made.reviewed(centre), issuing(Settings(), demo=False))
    environment = {"HCQIC_DATABASE_URL": centre.database.engine.url.render_as_string(hide_password=False)}

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["report", *arguments], env=environment)

    listed = json.loads(run("list", "--json").stdout)
    assert [(row["id"], row["status"], row["version"]) for row in listed] == [(issued.reference, "issued", 1)]
    file, built = tmp_path / "report.pdf", tmp_path / "built.pdf"
    assert run("export", issued.reference, str(file)).exit_code == 0
    assert run("build", issued.reference, str(built)).exit_code == 0
    whole = run("verify", str(file), "--json")
    assert (whole.exit_code, json.loads(whole.stdout)["verdict"]) == (0, "unchanged")
    bare = run("verify", str(built))
    assert bare.exit_code == 1
    assert "not signed" in bare.stdout
    assert run("verify", str(tmp_path / "nowhere.pdf")).exit_code == 1
    again = run("issue", issued.reference, "--as", "nobody@centre.example")
    assert (again.exit_code, "Traceback" in again.output) == (1, False)


def test_the_command_issues_many_and_names_those_that_it_cannot(centre: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ready, draft = [made.reviewed(centre).reference for _ in range(2)], made.draft(centre).reference
    manager = "centre.manager@example.org"
    environment = {"HCQIC_DATABASE_URL": centre.database.engine.url.render_as_string(hide_password=False)}

    def issue(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["report", "issue", *arguments, "--as", manager], env=environment)

    told = issue(draft, ready[0], "--reviewed", "--json")
    refused, *answers = json.loads(told.stdout)
    assert len(answers) == len(ready), "each once"
    assert (told.exit_code, refused["id"]) == (1, draft)
    assert "Draft" in refused["error"]
    assert [(row["id"], row["status"]) for row in answers] == [(reference, "issued") for reference in ready]
    broken, sound = (made.reviewed(centre).reference for _ in range(2))
    sign = signing.sign

    def failing(data: bytes, identity: Any, *, reason: str, at: datetime) -> bytes:
        if broken.removesuffix("-v1") in reason:
            raise OSError("No space left on device")
        return sign(data, identity, reason=reason, at=at)

    with monkeypatch.context() as patch:
        patch.setattr(signing, "sign", failing)
        told = issue("--reviewed", "--json")
    assert told.exit_code == 1
    assert [(row["id"], "No space" in row.get("error", "")) for row in json.loads(told.stdout)] == [
        (broken, True),
        (sound, False),
    ]
    assert issue(broken).exit_code == 0
    nothing = issue("--reviewed")
    assert (nothing.exit_code, "Nothing to issue" in nothing.output) == (1, True)
