"""Files of values: what they change, what they may not, and that it is all or nothing, on both databases."""

import io
import json
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from flask import Flask
from sqlmodel import select

from hcqic_gov.audit.queries import history, verify_chain
from hcqic_gov.audit.service import snapshot
from hcqic_gov.cli import main
from hcqic_gov.core.calendar import Period, london_day
from hcqic_gov.core.errors import Invalid, Refused, Stale
from hcqic_gov.kpi import blank, queries, service, uploads
from hcqic_gov.kpi.comparing import Kind, Plan, check
from hcqic_gov.kpi.models import Observation, Upload
from hcqic_gov.kpi.rules import Status, UploadStatus
from hcqic_gov.kpi.service import Entry
from hcqic_gov.kpi.sheets import read
from hcqic_gov.kpi.tables import as_csv
from tests.factories import World, client_of

HEAD = "code,period,outcome,numerator,denominator,source,note,reason"
APRIL, MAY = "O8,2026-04,value,45,50,Help desk,,", "O8,2026-05,value,40,50,Help desk,,"


def file(*rows: str) -> bytes:
    return "\n".join([HEAD, *rows, ""]).encode()


def planned(world: World, data: bytes, by: str = "gatekeeper") -> Plan:
    with world.reading() as session:
        return check(session, read(data), actor=world[by], now=world.now)


def problems(world: World, data: bytes, by: str = "gatekeeper") -> list[tuple[int, str, str]]:
    return [(one.row, one.column, one.sentence) for one in planned(world, data, by).problems]


def taken(world: World, data: bytes, by: str = "gatekeeper") -> int:
    with world.writing() as session:
        return uploads.take(session, data, read(data), filename="values.csv", actor=world[by], now=world.now).key


def applied(world: World, data: bytes, *, reason: str = "", submit: bool = False, by: str = "gatekeeper") -> Upload:
    key = taken(world, data, by)
    with world.writing() as session:
        return uploads.apply(session, key, read(data), reason=reason, submit=submit, actor=world[by], now=world.now)


def values(world: World) -> list[tuple[str, int, str, float | None]]:
    with world.reading() as session:
        rows = session.exec(select(Observation).order_by("period_start", "revision")).all()
        return [(row.period, row.revision, row.status.value, row.value) for row in rows]


def verify_all(world: World) -> None:
    with world.writing() as session:
        for row in session.exec(select(Observation).where(Observation.status == Status.SUBMITTED)).all():
            service.verify(session, row.key, actor=world["centre_manager"], now=world.now)


def test_from_a_file_to_verified_values(world: World) -> None:
    """New, sent, verified; then one correction: every step as if it had been typed."""
    one = applied(world, file(APRIL, MAY), submit=True)
    assert (one.status, one.added, one.submitted) == (UploadStatus.APPLIED, 2, 2)
    verify_all(world)
    assert values(world) == [("2026-04", 1, "verified", 90.0), ("2026-05", 1, "verified", 80.0)]

    second = file(APRIL, MAY.replace("40", "41"))
    assert planned(world, second).counts == {Kind.ADDED: 0, Kind.CHANGED: 0, Kind.CORRECTED: 1, Kind.UNCHANGED: 1}
    with pytest.raises(Invalid, match="Verified values are corrected"):
        applied(world, second)
    applied(world, second, reason="Counted again", submit=True)
    assert values(world)[1:] == [("2026-05", 1, "verified", 80.0), ("2026-05", 2, "submitted", 82.0)]
    verify_all(world)
    with world.reading() as session:
        found = queries.history(session, "O8", world.now.date())[0].record
        assert (found.value, found.reason, found.source) == (82.0, "Counted again", "Help desk")
        assert queries.evidence(session, found) is not None
        actions = [entry.action for entry in history(session, "kpi_observation", found.key)]
        assert actions == ["kpi.verify", "kpi.submit", "kpi.correct"]
        assert [entry.action for entry in history(session, "kpi_upload", one.key)] == ["kpi.apply_upload", "kpi.upload"]
        assert verify_chain(session).whole


def test_the_same_file_twice_changes_nothing(world: World) -> None:
    applied(world, file(APRIL))
    before = values(world)
    with pytest.raises(Invalid, match="This very file was applied on 1 June 2026 by Gatekeeper"):
        taken(world, file(APRIL))
    again = planned(world, file(APRIL) + b"\n")
    assert ([step.kind for step in again.steps], again.changing) == ([Kind.UNCHANGED], [])
    with pytest.raises(Invalid, match="holds all of these values already"):
        applied(world, file(APRIL) + b"\n")
    assert values(world) == before


def test_one_wrong_cell_and_nothing_is_taken(world: World) -> None:
    data = file(APRIL, "O8,2026-06,value,1,0,Help desk,,", "O8,2027-06,value,1,2,Help desk,,")
    assert problems(world, data) == [
        (4, "period", "June 2027 has not begun, so nothing can be reported for it."),
    ]
    with pytest.raises(Invalid, match="Row 4, column period"):
        applied(world, data)
    assert values(world) == []


def test_a_running_period_stays_a_draft(world: World) -> None:
    one = applied(world, file(APRIL, "O8,2026-06,value,1,0,Help desk,,", MAY.replace("Help desk", "")), submit=True)
    assert (one.added, one.submitted) == (3, 1)
    assert [status for _, _, status, _ in values(world)] == ["submitted", "draft", "draft"]
    with world.reading() as session:
        assert (
            session.exec(select(Observation.outcome).where(Observation.period == "2026-06")).one() == "not_applicable"
        )


@pytest.mark.one_database
@pytest.mark.parametrize("who", ["finance", "project_lead", "auditor", "funder"])
def test_only_values_of_ones_own_kpis_are_taken(world: World, who: str) -> None:
    found = problems(world, file(APRIL), who)
    assert [(row, column) for row, column, _ in found] == [(2, "code")]


@pytest.mark.one_database
def test_worked_out_kpis_are_refused(world: World) -> None:
    data = b"code,period,outcome,value\nO3,2026-04,value,0.5\n"
    found = problems(
        world, data.replace(b"value\nO3", b"numerator,denominator\nO3").replace(b"0.5", b"1,2"), "centre_manager"
    )
    assert [(row, column) for row, column, _ in found] == [(2, "code")]
    assert "worked out from the registers" in found[0][2]


@pytest.mark.one_database
def test_what_waits_for_verification_is_not_changed(world: World) -> None:
    applied(world, file(APRIL), submit=True)
    assert problems(world, file(APRIL.replace("45", "46")))[0][:2] == (2, "period")
    assert planned(world, file(APRIL)).problems == ()


@pytest.mark.one_database
def test_a_draft_and_a_returned_value_are_entered_again(world: World) -> None:
    applied(world, file(APRIL, MAY))
    with world.writing() as session:
        key = queries.in_work(session, "O8", Period.parse("2026-05")).key  # type: ignore[union-attr]
        service.submit(session, key, actor=world["gatekeeper"], now=world.now)
        service.return_(session, key, reason="Look again", actor=world["centre_manager"], now=world.now)
    again = applied(world, file(APRIL.replace("45", "46"), MAY.replace("40", "42")))
    assert (again.changed, again.added) == (2, 0)
    assert values(world) == [("2026-04", 1, "draft", 92.0), ("2026-05", 1, "draft", 84.0)]


@pytest.mark.one_database
def test_a_plan_that_was_overtaken_is_not_applied(world: World) -> None:
    """Somebody types the same period between the preview and the button."""
    data = file(APRIL, MAY)
    key, mark = taken(world, data), planned(world, data).mark
    with world.writing() as session:
        period = Period.parse("2026-04")
        service.enter(session, "O8", period, Entry(1, 2), actor=world["centre_manager"], now=world.now)
    with world.writing() as session, pytest.raises(Stale):
        uploads.apply(
            session, key, read(data), reason="", submit=False, seen=mark, actor=world["gatekeeper"], now=world.now
        )
    assert values(world) == [("2026-04", 1, "draft", 50.0)]


@pytest.mark.one_database
def test_an_upload_is_applied_once_and_by_its_owner(world: World) -> None:
    data = file(APRIL)
    key = taken(world, data)
    assert taken(world, data) == key
    with world.writing() as session, pytest.raises(Refused, match="Somebody else sent this file"):
        uploads.apply(session, key, read(data), reason="", submit=False, actor=world["centre_manager"], now=world.now)
    for ends in (None, "in the register already"):
        with world.writing() as session:
            if ends is None:
                uploads.apply(
                    session, key, read(data), reason="", submit=False, actor=world["gatekeeper"], now=world.now
                )
                continue
            with pytest.raises(Invalid, match=ends):
                uploads.apply(
                    session, key, read(data), reason="", submit=False, actor=world["gatekeeper"], now=world.now
                )


def test_the_database_keeps_one_applied_upload_of_a_file(world: World) -> None:
    one = applied(world, file(APRIL))
    copy = {"sha256": one.sha256, "document_id": one.document_id, "uploaded_by": 1, "created_at": world.now}
    counts = {"version": 1, "added": 0, "changed": 0, "corrected": 0, "unchanged": 0, "submitted": 0}
    with world.writing() as session, pytest.raises(sa.exc.IntegrityError):
        session.execute(sa.insert(Upload), {**copy, **counts, "status": UploadStatus.APPLIED, "applied_at": world.now})


@pytest.mark.one_database
def test_the_template_is_read_back_and_has_what_is_missing(world: World) -> None:
    applied(world, file(APRIL))
    with world.reading() as session:
        rows = blank.open_rows(session, world["gatekeeper"], london_day(world.now))
    asked = [(one.code, period.code) for one, period in rows]
    assert ("O8", "2026-05") in asked
    assert ("O8", "2026-04") not in asked
    assert ("O8", "2026-06") not in asked
    for data in (blank.as_csv(rows), blank.as_xlsx(rows)):
        found = planned(world, data)
        assert (found.steps, found.problems, found.left_empty) == ((), (), len(asked))


@pytest.mark.one_database
def test_a_source_like_a_formula_never_leaves_as_one(world: World) -> None:
    """It is taken as text, and every export that shows text of people writes an apostrophe before it."""
    applied(world, file('O8,2026-04,value,45,50,Help desk,"+44 is no formula",'), submit=True)
    verify_all(world)
    with world.writing() as session:
        service.annotate(session, "O8", Period.parse("2026-04"), "@home", actor=world["centre_manager"], now=world.now)
    with world.reading() as session:
        assert b",'@home," in as_csv([queries.series(session, "O8", london_day(world.now))])


@pytest.mark.one_database
def test_an_uploaded_value_is_the_row_that_typing_makes(world: World) -> None:
    """Column by column, and in the audit trail."""
    applied(world, file(APRIL))
    with world.writing() as session:
        typed = Entry(45, 50, source="Help desk")
        service.enter(session, "O8", Period.parse("2026-03"), typed, actor=world["gatekeeper"], now=world.now)
    with world.reading() as session:
        rows = session.exec(select(Observation).order_by("period_start")).all()
        first, second = (snapshot(row) for row in rows)
        differ = {name for name in first if first[name] != second[name]}
        assert differ == {"period", "period_start", "period_end", "document_id"}
        one, two = (history(session, "kpi_observation", row.key)[0] for row in rows)
        assert [name for name, _, _ in one.changes] == [name for name, _, _ in two.changes if name != "document_id"]
        assert (one.action, one.policy, one.note) == (two.action, two.policy, two.note)
        assert two.subject == "O8 2026-04"


PAGE = "/kpis/uploads/"


def sent(app: Flask, world: World, data: bytes, who: str = "gatekeeper") -> tuple[int, str, str]:
    client = client_of(app, world[who])
    answer = client.post(PAGE, data={"file": (io.BytesIO(data), "values.csv")}, content_type="multipart/form-data")
    return answer.status_code, answer.text, answer.location


@pytest.mark.one_database
def test_the_pages_from_the_template_to_the_register(app: Flask, world: World) -> None:
    owner = client_of(app, world["gatekeeper"])
    assert PAGE in owner.get("/kpis/").text
    assert PAGE in owner.get("/home").text
    assert owner.get(f"{PAGE}template.csv").data.startswith(b"\xef\xbb\xbfcode,title,period")
    assert owner.get(f"{PAGE}template.xlsx").data.startswith(b"PK")

    status, text, _ = sent(app, world, file(APRIL, "O8,May,value,1,2,,,"))
    assert (status, ">3</span>" in text, "“May” is no period" in text) == (400, True, True)
    status, _, page = sent(app, world, file(APRIL, MAY))
    assert status == 302
    preview = owner.get(page).text
    assert "2 are new" in preview
    assert "90.0%" in preview
    assert "Why verified values are corrected" not in preview
    mark = preview.partition('name="seen"')[2].partition('value="')[2].partition('"')[0]
    assert len(mark) == 64
    assert owner.post(page, data={"seen": "other"}).status_code == 409
    assert owner.post(page, data={"seen": mark, "submit_too": "y"}).status_code == 302
    after = owner.get(page).text
    assert "2 new; 2 sent for verification" in after
    assert [row[2] for row in values(world)] == ["submitted", "submitted"]

    assert "This very file was applied" in sent(app, world, file(APRIL, MAY))[1]
    again = {"file": (io.BytesIO(file(APRIL, MAY) + b"\n"), "values.csv")}
    answer = owner.post(PAGE, data=again, content_type="multipart/form-data", follow_redirects=True)
    assert "holds all 2 values already" in answer.text
    assert client_of(app, world["centre_manager"]).get(page).status_code == 403


@pytest.mark.one_database
def test_a_correction_asks_for_its_reason_on_the_page(app: Flask, world: World) -> None:
    applied(world, file(APRIL), submit=True)
    verify_all(world)
    page = sent(app, world, file(APRIL.replace("45", "46")))[2]
    owner = client_of(app, world["gatekeeper"])
    text = owner.get(page).text
    mark = text.partition('name="seen"')[2].partition('value="')[2].partition('"')[0]
    answer = owner.post(page, data={"seen": mark})
    assert (answer.status_code, "Enter why the verified values are corrected" in answer.text) == (400, True)
    assert owner.post(page, data={"seen": mark, "reason": "Counted again"}).status_code == 302
    assert [(revision, value) for _, revision, _, value in values(world)] == [(1, 90.0), (2, 92.0)]


@pytest.mark.one_database
def test_who_waits_is_told_how_far_the_reading_is(app: Flask, world: World) -> None:
    owner = client_of(app, world["gatekeeper"])

    def told(ticket: str) -> str:
        return str(owner.get(f"{PAGE}progress/{ticket}").json["said"])  # type: ignore[index]

    for ticket, size in (("first", 600), ("second", 700)):
        data = file(*[APRIL] * size)
        form = {"ticket": ticket, "file": (io.BytesIO(data), "values.csv")}
        assert owner.post(PAGE, data=form, content_type="multipart/form-data").status_code == 400
    assert told("first").startswith("600 rows are read.")
    assert told("second").startswith("700 rows are read.")
    assert told("third") == ""
    heard: list[int] = []
    read(file(*[APRIL] * 1100), heard.append)
    assert heard == [0, 500, 1000]


def test_a_page_without_a_file_says_so(app: Flask, world: World) -> None:
    owner = client_of(app, world["gatekeeper"])
    assert "Choose a file" in owner.post(PAGE, data={}).text
    assert client_of(app, world["project_lead"]).get(PAGE).status_code == 403


@pytest.mark.one_database
def test_the_command_previews_and_takes(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HCQIC_DATABASE_URL", world.database.engine.url.render_as_string(hide_password=False))
    path = tmp_path / "values.csv"

    def run(data: bytes, *options: str) -> tuple[int, dict[str, object]]:
        path.write_bytes(data)
        done = CliRunner().invoke(
            main, ["kpi", "upload", str(path), "--as", "gatekeeper@example.org", "--json", *options]
        )
        return done.exit_code, json.loads(done.stdout) if done.stdout else {}

    none = {"added": 0, "changed": 0, "corrected": 0, "unchanged": 0, "left_empty": 0, "taken": False}
    sentence = "row 2, period: “May” is no period. Write it as 2026-04"
    assert run(file("O8,May,value,1,2,,,")) == (1, {**none, "problems": [sentence]})
    assert run(file(APRIL), "--preview") == (0, {**none, "added": 1, "problems": []})
    assert values(world) == []
    assert run(file(APRIL), "--submit") == (0, {**none, "added": 1, "taken": True, "problems": []})
    assert values(world) == [("2026-04", 1, "submitted", 90.0)]
    assert run(file(APRIL))[0] == 1
