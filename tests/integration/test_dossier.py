"""Agenda, minutes, letters and dossier as files: who may take them, what is in them, and that they can be checked."""

import hashlib
import io
import json
import shutil
import subprocess
import zipfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from pikepdf import Pdf, pdfa
from sqlmodel import Session

from hcqic_gov.audit.queries import history, verify_chain
from hcqic_gov.cli import main
from hcqic_gov.committee import service as committee
from hcqic_gov.committee.models import Meeting
from hcqic_gov.committee.queries import meeting as meeting_of
from hcqic_gov.core.errors import HcqicError, Refused
from hcqic_gov.documents.service import store
from hcqic_gov.ethics import service
from hcqic_gov.ethics.approvals import ApprovalKind
from hcqic_gov.ethics.dossier import dossier, enclosed
from hcqic_gov.ethics.hearing import rows
from hcqic_gov.ethics.letters import COMMITTEE_NOTE
from hcqic_gov.ethics.models import EthicsCase, EthicsCondition
from hcqic_gov.ethics.opinions import letter
from hcqic_gov.ethics.states import Interest
from reports.bundle import bundle
from tests.ethics_steps import (
    MEMBERS,
    approved_elsewhere,
    decided,
    declare,
    draft,
    give,
    heard,
    in_review,
    meets,
    move,
    open_vote,
    submitted,
    vote,
)
from tests.factories import World, client_of

pytestmark = [
    pytest.mark.one_database,
    pytest.mark.poppler,
    pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is missing: install poppler"),
]


def get(app: Flask, world: World, who: str, path: str) -> tuple[int, bytes]:
    with client_of(app, world[who]).get(path) as answer:
        return answer.status_code, answer.data


def pdf_text(data: bytes) -> str:
    """The words of a PDF; it is PDF/A-3b and tagged."""
    assert pdfa.validate_written(io.BytesIO(data), "3b").verdict == "pass"
    with Pdf.open(io.BytesIO(data)) as pdf:
        assert pdf.Root.MarkInfo.Marked
    done = subprocess.run(["pdftotext", "-raw", "-", "-"], input=data, capture_output=True, check=True)
    return " ".join(done.stdout.decode().split())


def step_aside(world: World, reference: str, who: str) -> None:
    with world.writing() as session:
        service.declare_interest(
            session, reference, Interest.RECUSED, details="A friend.", actor=world[who], now=world.now
        )


def meeting_with(world: World) -> tuple[Meeting, EthicsCase, EthicsCase]:
    """A meeting that decided one case, heard another, and had one member away and one who stepped aside."""
    meeting, there = world.plan_meeting(), MEMBERS[:6]
    first = in_review(world, world.project(), meeting=meeting, title="Rosters for a ward")
    second = in_review(world, world.project(), meeting=meeting, title="Beds in winter")
    open_vote(world, first.reference, members=there)
    vote(world, first.reference, "favourable_conditions", *there[:5])
    vote(world, first.reference, "abstain", there[5])
    with world.writing() as session:
        service.record_minute(
            session, first.reference, "They spoke about bias.", actor=world["ethics_officer"], now=world.now
        )
    give(world, first.reference, "favourable_conditions")
    declare(world, second.reference, *there[:5])
    step_aside(world, second.reference, "lay_two")
    return meeting, first, second


def write_minutes(world: World, reference: str, *, confirm: bool) -> None:
    with world.writing() as session:
        seen = meeting_of(session, reference).version
        text, officer = "The next meeting is in July.", world["ethics_officer"]
        committee.write_minutes(session, reference, text, seen=seen, actor=officer, now=world.now)
        committee.move(session, reference, "close", actor=world["chair"], now=world.now)
        if confirm:
            committee.move(session, reference, "confirm_minutes", actor=world["chair"], now=world.now)


def test_the_agenda_before_a_meeting(app: Flask, world: World) -> None:
    meeting = world.plan_meeting()
    case = in_review(world, world.project(), meeting=meeting)
    path = f"/committee/meetings/{meeting.reference}"
    text = pdf_text(get(app, world, "lay_two", f"{path}/agenda.pdf")[1])
    for words in ("Agenda", case.reference, case.title, "Project Lead", "Full committee", "Lay Three", COMMITTEE_NOTE):
        assert words in text
    assert "No real person" not in text
    assert get(app, world, "ethics_officer", f"{path}/minutes.pdf")[0] == 409
    copies = [get(app, world, who, f"{path}/agenda.pdf")[1] for who in ("ethics_officer", "chair")]
    assert copies[0] == copies[1]


def test_minutes_are_a_draft_until_confirmed(app: Flask, world: World) -> None:
    meeting, first, second = meeting_with(world)
    path = f"/committee/meetings/{meeting.reference}/minutes.pdf"
    assert "Draft minutes" in pdf_text(get(app, world, "ethics_officer", path)[1])
    write_minutes(world, meeting.reference, confirm=True)
    data = get(app, world, "auditor", path)[1]
    text = pdf_text(data)
    for words in (
        "4 expert, 2 lay",
        "Expected and not present: Lay Three.",
        "Stepped aside Lay Two",
        "They spoke about bias.",
        "5 for a favourable opinion with conditions, 1 abstained",
        "Name the data manager. before work begins",
        "6 present, chair, 2 lay: quorate",
        "Quorum 5 present, chair, 1 lay: quorate; 1 recused; fewer than the 7 aimed for",
        "Nothing was settled at this meeting.",
        "The next meeting is in July.",
        "Written by Ethics Officer",
        COMMITTEE_NOTE,
        first.title,
        second.title,
    ):
        assert words in text, words
    assert first.pack_fingerprint
    assert first.pack_fingerprint in text.replace(" ", "")
    assert "Draft" not in text
    assert get(app, world, "auditor", path)[1] == data


def test_minutes_leave_out_what_the_reader_stepped_aside_from(app: Flask, world: World) -> None:
    meeting, first, second = meeting_with(world)
    path = f"/committee/meetings/{meeting.reference}/minutes.pdf"
    text = pdf_text(get(app, world, "lay_two", path)[1])
    assert first.title in text
    assert second.reference in text
    assert second.title not in text
    assert "it is left out of your copy" in text
    data = get(app, world, "lay_two", path)[1]
    with Pdf.open(io.BytesIO(data)) as pdf:
        assert second.title.encode() not in pdf.attachments["minutes.json"].get_file().read_bytes()


@pytest.mark.parametrize(
    ("who", "status"),
    [("ethics_officer", 200), ("chair", 200), ("committee_lay", 200), ("auditor", 200)]
    + [(name, 403) for name in ("project_lead", "sponsor", "finance", "administrator", "funder", "centre_manager")],
)
def test_who_takes_agenda_and_minutes(app: Flask, world: World, who: str, status: int) -> None:
    reference = world.meeting().reference
    for name in ("agenda", "minutes"):
        assert get(app, world, who, f"/committee/meetings/{reference}/{name}.pdf")[0] == status


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("who", "status"),
    [(name, 200) for name in ("ethics_officer", "chair", "committee_lay", "auditor", "project_lead", "sponsor")]
    + [(name, 403) for name in ("lay_three", "finance", "administrator", "funder", "centre_manager")],
)
def test_who_takes_the_dossier(app: Flask, world: World, who: str, status: int) -> None:
    """Who may read the papers: lay_three stepped aside, the others of 403 have nothing to do with it."""
    case = in_review(world, world.project())
    meets(world, case.reference)
    step_aside(world, case.reference, "lay_three")
    declare(world, case.reference, "chair", "committee_lay")
    for kind in ("pdf", "zip"):
        assert get(app, world, who, f"/ethics/{case.reference}/dossier.{kind}")[0] == status
    page = client_of(app, world["finance"]).get(f"/ethics/{case.reference}").text
    assert "dossier.pdf" not in page


def test_a_copy_is_recorded_and_the_same_state_gives_the_same_bytes(app: Flask, world: World) -> None:
    case = decided(world, world.project())
    for kind in ("pdf", "zip"):
        path = f"/ethics/{case.reference}/dossier.{kind}"
        assert get(app, world, "ethics_officer", path)[1] == get(app, world, "ethics_officer", path)[1]
    with world.reading() as session:
        taken = [entry for entry in history(session, "ethics_case", case.key) if entry.action == "ethics.export"]
        assert [(entry.note, entry.actor_id) for entry in taken] == [
            (kind, world["ethics_officer"].id) for kind in ("ZIP", "ZIP", "PDF", "PDF")
        ]
        assert verify_chain(session).whole


def full_case(world: World) -> EthicsCase:
    """A case with all that a dossier can tell of."""
    project = world.project()
    case = in_review(world, project, title="Rosters & <wards>")
    approved_elsewhere(world, project, ApprovalKind.DPIA)
    open_vote(world, case.reference)
    vote(world, case.reference, "request_information", *MEMBERS)
    with world.writing() as session:
        service.record_minute(
            session, case.reference, "They spoke about bias.", actor=world["ethics_officer"], now=world.now
        )
    move(world, case.reference, "request_information", by="chair", reason="Unclear.", questions=("Which data?",))
    with world.writing() as session:
        service.answer(session, case.reference, 1, "Made-up data.", actor=world["project_lead"], now=world.now)
    world.now += timedelta(hours=1)
    move(world, case.reference, "respond", by="project_lead")
    move(world, case.reference, "open_vote", by="chair")
    vote(world, case.reference, "favourable_conditions", *MEMBERS)
    give(world, case.reference, "favourable_conditions")
    with world.writing() as session:
        condition = first_condition(session, case)
        service.satisfy_condition(
            session, case.reference, condition, evidence="Dr Example.", actor=world["project_lead"], now=world.now
        )
        service.confirm_condition(session, case.reference, condition, actor=world["ethics_officer"], now=world.now)
    return case


def first_condition(session: Session, case: EthicsCase) -> int:
    number: int = rows(session, EthicsCondition, case)[0].key
    return number


def test_the_dossier_tells_everything(app: Flask, world: World) -> None:
    case = full_case(world)
    text = pdf_text(get(app, world, "ethics_officer", f"/ethics/{case.reference}/dossier.pdf")[1])
    for words in (
        "Rosters & <wards>",
        "Application, version 1",
        "Material ethical issue (triage) No",
        "Simulated quantum circuits",
        "Found valid",
        "No interest",
        "1. Which data?",
        "Made-up data.",
        "They spoke about bias.",
        "Votes: 7 for a provisional opinion and ask for information. Unclear.",
        "Votes: 7 for a favourable opinion with conditions",
        "Lay Three a favourable opinion with conditions",
        "Name the data manager. (before work begins)",
        "Dr Example.",
        "EX-1",
        "ethics.favourable_conditions",
        COMMITTEE_NOTE,
    ):
        assert words in text, words
    with world.reading() as session:
        entries = [entry for entry in history(session, "ethics_case", case.key) if entry.action != "ethics.export"]
    squeezed = text.replace(" ", "")
    assert [entry.number for entry in entries if entry.hash not in squeezed] == []
    assert f"entry {entries[0].number}:" in text


@pytest.mark.parametrize(
    ("who", "names", "discussion"),
    [
        ("ethics_officer", True, True),
        ("chair", True, True),
        ("auditor", True, True),
        ("lay_two", False, True),
        ("project_lead", False, False),
        ("sponsor", False, False),
    ],
)
def test_names_of_votes_and_discussions_are_not_for_all(world: World, who: str, names: bool, discussion: bool) -> None:
    case = full_case(world)
    with world.reading() as session:
        value = dossier(session, case.reference, reader=world[who], now=world.now)
    assert value.decision
    assert (bool(value.decision.votes), any(one.discussion for one in value.hearings)) == (names, discussion)


def test_before_the_decision_nothing_of_the_vote_is_told(world: World) -> None:
    case = in_review(world, world.project())
    heard(world, case.reference, "favourable")
    with world.reading() as session:
        value = dossier(session, case.reference, reader=world["auditor"], now=world.now)
        team = dossier(session, case.reference, reader=world["project_lead"], now=world.now)
    assert (value.decision, value.hearings[0].settled) == (None, ())
    assert (len(value.interests), team.interests) == (7, ())


def test_a_draft_has_a_dossier_too(world: World) -> None:
    case = draft(world, world.project())
    with world.reading() as session:
        value = dossier(session, case.reference, reader=world["project_lead"], now=world.now)
    assert [(one.number, one.sha256) for one in value.versions] == [(0, "")]


def check(data: bytes, folder: Path) -> dict[str, bytes]:
    """An independent check: the archive is whole, sha256sum finds nothing wrong, each file is as the manifest says."""
    (folder / "d.zip").write_bytes(data)
    with zipfile.ZipFile(folder / "d.zip") as archive:
        assert archive.testzip() is None
        archive.extractall(folder / "out")
    subprocess.run(["sha256sum", "--strict", "--quiet", "-c", "SHA256SUMS"], cwd=folder / "out", check=True)
    files = {str(path.relative_to(folder / "out")): path.read_bytes() for path in (folder / "out").rglob("*.*")}
    named = json.loads(files["manifest.json"])["files"]
    assert {one["name"] for one in named} == files.keys() - {"manifest.json"}
    for one in named:
        content = files[one["name"]]
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (one["sha256"], one["size"])
    listed = (folder / "out" / "SHA256SUMS").read_text().splitlines()
    assert len(listed) == len(named) + 1
    return files


def test_the_zip_can_be_checked(app: Flask, world: World, tmp_path: Path) -> None:
    case = full_case(world)
    files = check(get(app, world, "auditor", f"/ethics/{case.reference}/dossier.zip")[1], tmp_path)
    assert set(files) == {
        "dossier.pdf",
        "case.json",
        "HOW-TO-CHECK.txt",
        "manifest.json",
        f"letters/{case.reference}-opinion.pdf",
        "documents/01-protocol.pdf",
    }
    told, named = json.loads(files["case.json"]), json.loads(files["manifest.json"])
    assert named["audit_head"] == {"entry": told["audit_number"], "sha256": told["audit_head"]}
    assert told["audit"][-1]["sha256"] == told["audit_head"]
    assert "Favourable opinion with conditions" in pdf_text(files[f"letters/{case.reference}-opinion.pdf"])
    with zipfile.ZipFile(tmp_path / "d.zip") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(2026, 6, 1, 11, 0, 0)}


def test_stored_files_go_into_the_zip(world: World, tmp_path: Path) -> None:
    case, data = decided(world, world.project()), b"%PDF-1.7 made up"
    with world.writing() as session:
        rows = [
            store(session, data, filename=name, actor=world["project_lead"], now=world.now)
            for name in ("protocol v1.pdf", "…/protocol v1.pdf", ".naïve\nname.pdf")
        ]
        value = dossier(session, case.reference, reader=world["auditor"], now=world.now)
    files = enclosed(rows)
    target = io.BytesIO()
    bundle(target, value, [], files)
    found = check(target.getvalue(), tmp_path)
    names = {name for name in found if name.startswith("documents/")}
    assert names == {f"documents/{name}" for name in ("01-protocol_v1.pdf", "02-protocol_v1.pdf", "03-.na_ve_name.pdf")}
    assert all(found[name] == data for name in names)
    with pytest.raises(HcqicError, match="missing or damaged"):
        bundle(io.BytesIO(), value, [], [replace(files[0], sha256="0" * 64)])
    with pytest.raises(HcqicError, match="missing or damaged"):
        bundle(io.BytesIO(), value, [], [replace(files[0], path=tmp_path / "gone")])


def test_the_command_writes_the_zip(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = full_case(world)
    monkeypatch.setenv("HCQIC_DATABASE_URL", world.database.engine.url.render_as_string(hide_password=False))
    out = tmp_path / "case.zip"
    done = CliRunner().invoke(main, ["ethics", "dossier", case.reference, "--out", str(out), "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["bytes"] == out.stat().st_size
    assert "case.json" in check(out.read_bytes(), tmp_path)
    with world.reading() as session:
        last = history(session, "ethics_case", case.key)[0]
    assert (last.action, last.actor_id, last.note) == ("ethics.export", 0, "ZIP, by the command")
    done = CliRunner().invoke(main, ["ethics", "dossier", "HCQIC-E-2026-0999", "--out", str(tmp_path / "none.zip")])
    assert done.exit_code == 1
    assert not (tmp_path / "none.zip").exists()


def questions_asked(world: World, case: EthicsCase, *, delegate: str = "") -> None:
    heard(world, case.reference, "request_information")
    move(
        world,
        case.reference,
        "request_information",
        by="chair",
        reason="Unclear.",
        questions=("Which data?", "Who reads it?"),
        person_id=world[delegate].id if delegate else None,
    )


def test_the_letter_of_a_provisional_opinion(app: Flask, world: World) -> None:
    case = in_review(world, world.project())
    questions_asked(world, case, delegate="lay_two")
    with world.reading() as session:
        value = letter(session, case.reference)
    assert value.committee == "Ethics Committee, Health and Care Quantum Innovation Centre"
    assert (value.questions, value.delegate, value.decider) == (("Which data?", "Who reads it?"), "Lay Two", "Chair")
    assert value.quorum == "7 present, chair, 3 lay: quorate"
    assert value.respond_by
    path = f"/ethics/{case.reference}/letter.pdf"
    text = pdf_text(get(app, world, "project_lead", path)[1])
    for words in ("Provisional opinion", "1 Which data?", "Your answers are decided on by Lay Two.", "Answer all of"):
        assert words in text
    assert get(app, world, "finance", path)[0] == 403
    assert path in client_of(app, world["project_lead"]).get(f"/ethics/{case.reference}").text


def test_an_undone_decision_has_no_letter_and_the_next_one_its_own(world: World) -> None:
    case = decided(world, world.project(), "favourable_conditions")
    move(world, case.reference, "ask_undo", by="chair", reason="A mistake.")
    move(world, case.reference, "undo", by="ethics_officer", reason="A mistake.")
    with world.reading() as session, pytest.raises(Refused, match="no letter"):
        letter(session, case.reference)
    move(world, case.reference, "open_vote", by="chair")
    vote(world, case.reference, "unfavourable", *MEMBERS)
    give(world, case.reference, "unfavourable")
    with world.reading() as session:
        value = letter(session, case.reference)
    assert (value.decision, value.conditions, value.questions) == ("Unfavourable opinion", (), ())


def test_a_determination_names_the_office(world: World) -> None:
    case = submitted(world, world.project())
    move(world, case.reference, "not_required", by="ethics_officer", reason="Made-up data only.")
    with world.reading() as session:
        assert letter(session, case.reference).committee.startswith("Ethics office of")
