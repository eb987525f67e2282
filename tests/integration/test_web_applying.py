"""The pages of an application and of its reviews: the whole way by forms, and every role past the greyed button."""

import gc
from io import BytesIO

import pytest
import sqlalchemy as sa
from flask import Flask

from hcqic_gov.ethics import enclosures, queries, writing
from hcqic_gov.ethics.application import Summary
from hcqic_gov.ethics.reviews import Finding, criteria
from hcqic_gov.ethics.states import State
from hcqic_gov.ethics.triage import triage
from tests import ethics_steps as steps
from tests.factories import World, client_of

pytestmark = pytest.mark.one_database

CASE = "HCQIC-E-2026-0001"
PNG = b"\x89PNG\r\n\x1a\n made up"
ODT = b"PK\x03\x04 mimetypeapplication/vnd.oasis.opendocument.text"
ANSWERS = {f"answer_{question.code}": "no" for question in triage().questions}


def get(app: Flask, world: World, who: str, path: str) -> tuple[int, str]:
    answer = client_of(app, world[who]).get(f"/ethics/{path}")
    return answer.status_code, answer.text


def post(app: Flask, world: World, who: str, path: str, **data: object) -> tuple[int, str]:
    answer = client_of(app, world[who]).post(f"/ethics/{path}", data=data)
    return answer.status_code, answer.location if answer.status_code == 302 else answer.text


def version_of(world: World, reference: str) -> int:
    with world.reading() as session:
        return queries.case(session, reference).version


def upload(data: bytes, name: str = "protocol.pdf") -> tuple[BytesIO, str]:
    return BytesIO(data), name


def save_section(app: Flask, world: World, name: str, **data: object) -> tuple[int, str]:
    version = version_of(world, CASE)
    return post(app, world, "project_lead", f"{CASE}/application/{name}", version=version, **data)


def test_from_an_empty_draft_to_the_sponsor_by_forms(app: Flask, world: World) -> None:
    project = world.project(active=True)
    data = {"project": project.reference, "title": "Rosters", "work_kind": "research"}
    assert post(app, world, "project_lead", "apply", **data) == (302, f"/ethics/{CASE}/application")
    page = get(app, world, "project_lead", f"{CASE}/application")[1]
    assert (page.count("Incomplete"), page.count("Cannot start yet")) == (4, 1)
    assert post(app, world, "project_lead", f"{CASE}/move/send_to_sponsor")[0] == 409
    overview = (302, f"/ethics/{CASE}/application")
    assert save_section(app, world, "summary", title="Rosters", lay_summary="We look for better ones.") == overview
    assert (
        save_section(app, world, "triage", **ANSWERS | {"answer_sensitive": "yes"})[1]
        == f"{overview[1]}/triage/outcome"
    )
    page = get(app, world, "project_lead", f"{CASE}/application/triage/outcome")[1]
    assert "Review by the full committee" in page
    assert "Taking part could distress people." in page
    scope = {"work_kind": "research", "data_class": "synthetic", "purposes": ["education"], "methods": ["hpc"]}
    assert save_section(app, world, "scope", **scope) == overview
    assert save_section(app, world, "people", participants="Nobody.", consent_basis="no_people") == overview
    page = get(app, world, "project_lead", f"{CASE}/papers")[1]
    assert "The committee reviews what the protocol says" in page
    sent = {"kind": "protocol", "title": "", "file": upload(steps.PDF)}
    assert post(app, world, "project_lead", f"{CASE}/papers/add", **sent) == (302, f"/ethics/{CASE}/papers")
    page = get(app, world, "project_lead", f"{CASE}/application/check")[1]
    for words in ("Check your answers", "We look for better ones.", "Taking part could distress people.", "version 1"):
        assert words in page
    assert "Missing" not in page
    assert post(app, world, "project_lead", f"{CASE}/move/send_to_sponsor")[0] == 302
    assert "Change<span" not in get(app, world, "sponsor", f"{CASE}/application/check")[1]


def test_the_officer_sees_the_answers_on_the_case(app: Flask, world: World) -> None:
    case = steps.submitted(world, world.project(), answers=steps.answers("about_nobody"))
    page = get(app, world, "ethics_officer", case.reference)[1]
    assert "Review is probably not required" in page
    assert triage().questions[0].text in page
    assert "This is advice" in get(app, world, "project_lead", f"{case.reference}/application/triage/outcome")[1]


def test_what_was_typed_stays_where_somebody_else_was_faster(app: Flask, world: World) -> None:
    case = steps.draft(world, world.project())
    with world.writing() as session:
        entered = Summary("Faster", "One.")
        writing.edit(session, case.reference, entered, seen=case.version, actor=world["project_lead"], now=world.now)
    path, typed = f"{case.reference}/application/summary", {"title": "Slower", "lay_summary": "My long text."}
    status, page = post(app, world, "project_lead", path, version=case.version, **typed)
    assert (status, "My long text." in page, "was changed after you opened" in page) == (400, True, True)
    fresh = version_of(world, case.reference)
    assert f'name="version" type="hidden" value="{fresh}"' in page
    with world.reading() as session:
        assert queries.case(session, case.reference).title == "Faster"
    assert post(app, world, "project_lead", path, version=fresh, **typed)[0] == 302


def test_a_triage_question_left_out_is_shown_with_the_answers_given(app: Flask, world: World) -> None:
    case = steps.draft(world, world.project())
    data = {**ANSWERS, "answer_sensitive": "yes", "version": case.version}
    del data["answer_identifiable"]
    status, page = post(app, world, "project_lead", f"{case.reference}/application/triage", **data)
    assert status == 400
    assert "Answer “Could anybody who works on the data find out whom it is about?”" in page
    assert 'name="answer_sensitive" type="radio" value="yes" checked' in page


LARGE = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
"""The test client spools a large upload into a file that it leaves to the collector: `gc.collect` within the test."""


@LARGE
@pytest.mark.parametrize(
    ("data", "words"),
    [
        (None, "Choose a file"),
        (upload(b""), "The file is empty"),
        (upload(b"MZ\x90 a program", "protocol.pdf"), "Choose a PDF"),
        (upload(b"PK\x03\x04 xl/workbook.xml", "costs.xlsx"), "Choose a PDF, DOCX, ODT"),
        (upload(b"%PDF-".ljust(25 * 1024 * 1024 + 1), "long.pdf"), "at most 25 MB"),
    ],
    ids=["none", "empty", "program", "sheet", "long"],
)
def test_a_wrong_file_is_named_and_nothing_typed_is_lost(
    app: Flask, world: World, data: tuple[BytesIO, str] | None, words: str
) -> None:
    case = steps.draft(world, world.project())
    sent = {
        "kind": "other",
        "title": "A title of mine",
        **({"file": (BytesIO(data[0].getvalue()), data[1])} if data else {}),
    }
    status, page = post(app, world, "project_lead", f"{case.reference}/papers/add", **sent)
    assert status == 400
    assert words in page
    assert "A title of mine" in page
    assert 'value="other" selected' in page
    with world.reading() as session:
        assert len(enclosures.papers_of(session, case.key)) == 1
    gc.collect()


@LARGE
def test_a_file_beyond_every_limit_is_refused_and_nothing_is_kept(app: Flask, world: World) -> None:
    case = steps.draft(world, world.project())
    sent = {"kind": "other", "title": "X", "file": upload(b"%PDF-".ljust(27 * 1024 * 1024))}
    status, page = post(app, world, "project_lead", f"{case.reference}/papers/add", **sent)
    assert (status, "at most 25 MB" in page) == (413, True)
    with world.reading() as session:
        assert len(enclosures.papers_of(session, case.key)) == 1
    gc.collect()


def test_versions_and_removal_by_forms(app: Flask, world: World) -> None:
    case = steps.draft(world, world.project()).reference
    lead = "project_lead"
    assert get(app, world, lead, f"{case}/papers/1/replace")[0] == 200
    assert post(app, world, lead, f"{case}/papers/1/replace", file=upload(PNG, "p.png"))[0] == 302
    page = get(app, world, lead, f"{case}/papers")[1]
    assert "Earlier versions" in page
    assert post(app, world, lead, f"{case}/papers/1/remove")[0] == 400
    assert get(app, world, lead, f"{case}/papers/2/remove")[0] == 200
    assert post(app, world, lead, f"{case}/papers/2/remove")[0] == 302
    assert "Earlier versions" not in get(app, world, lead, f"{case}/papers")[1]
    assert get(app, world, lead, f"{case}/papers/2")[0] == 404


def test_a_download_runs_nothing_and_comes_with_its_own_bytes(app: Flask, world: World) -> None:
    case = steps.draft(world, world.project()).reference
    post(app, world, "project_lead", f"{case}/papers/add", kind="other", title="", file=upload(ODT, "a “b”.odt"))
    answers = [client_of(app, world["project_lead"]).get(f"/ethics/{case}/papers/{key}") for key in (1, 2)]
    assert [answer.data for answer in answers] == [steps.PDF, ODT]
    shown, stored = (answer.headers["Content-Disposition"] for answer in answers)
    assert (shown.startswith("inline"), stored.startswith("attachment")) == (True, True)
    for answer in answers:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert "script-src" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "private, no-store"


def test_documents_open_once_interests_are_declared_and_close_with_a_recusal(app: Flask, world: World) -> None:
    case = steps.in_review(world, world.project()).reference
    pages = (f"{case}/papers", f"{case}/papers/1", f"{case}/application", f"{case}/application/check")
    for path in pages:
        assert get(app, world, "lay_two", path)[0] == 403
    assert post(app, world, "lay_two", f"{case}/interest", interest="none")[0] == 302
    for path in pages:
        assert get(app, world, "lay_two", path)[0] == 200
    assert post(app, world, "lay_two", f"{case}/interest", interest="recused", details="A friend.")[0] == 302
    for path in (*pages, f"{case}/reviews"):
        assert get(app, world, "lay_two", path)[0] == 403


def test_a_document_of_one_case_is_not_read_through_another(app: Flask, world: World) -> None:
    one, _two = steps.draft(world, world.project()), steps.draft(world, world.project())
    assert get(app, world, "project_lead", f"{one.reference}/papers/1")[0] == 200
    assert get(app, world, "project_lead", f"{one.reference}/papers/2")[0] == 404


OTHERS = ("sponsor", "ethics_officer", "committee_lay", "chair", "finance", "auditor", "administrator", "lead_two")
WRITES = ("application/summary", "papers/add", "papers/1/replace", "papers/1/remove")


@pytest.mark.parametrize("who", OTHERS)
def test_nobody_else_writes_by_posting_past_the_button(app: Flask, world: World, who: str) -> None:
    world.another_lead()
    case = steps.draft(world, world.project())
    for path in WRITES:
        data = {"title": "Mine", "version": case.version, "kind": "other", "file": upload(steps.PDF)}
        assert post(app, world, who, f"{case.reference}/{path}", **data)[0] == 403
    assert version_of(world, case.reference) == case.version
    with world.reading() as session:
        assert len(enclosures.papers_of(session, case.key)) == 1
        counted = sa.text("SELECT count(*) FROM audit_entry WHERE result = 'refused'")
        assert session.execute(counted).scalar() == len(WRITES)


@pytest.mark.parametrize("path", WRITES)
def test_the_applicant_changes_nothing_once_it_is_sent(app: Flask, world: World, path: str) -> None:
    case = steps.submitted(world, world.project())
    data = {"title": "Late", "version": case.version, "kind": "other", "file": upload(steps.PDF)}
    status, page = post(app, world, "project_lead", f"{case.reference}/{path}", **data)
    assert (status, "“Being checked” now" in page) == (409, True)


def review_data(**changes: object) -> dict[str, object]:
    found = {f"finding_{one.code}": Finding.SATISFACTORY.value for one in criteria().criteria}
    return {**found, "recommendation": "favourable", "summary": "Sound.", **changes}


def test_reviews_by_forms_blind_until_ones_own_is_in(app: Flask, world: World) -> None:
    case = steps.in_review(world, world.project()).reference
    asked = [world["committee_expert"].id, world["lay_two"].id]
    due = {"due-day": "8", "due-month": "6", "due-year": "2026"}
    assert get(app, world, "ethics_officer", f"{case}/reviews/assign")[0] == 200
    assert post(app, world, "ethics_officer", f"{case}/reviews/assign", reviewers=asked, **due)[0] == 302
    steps.declare(world, case, "committee_expert", "lay_two", "chair")
    concern = {"finding_consent": "concern", "words_consent": "Nobody was asked about the letter."}
    status, page = post(app, world, "lay_two", f"{case}/reviews/own", **review_data(finding_consent="concern"))
    assert (status, "Say in words what your concern on “Information and consent” is" in page) == (400, True)
    assert "Write your review" in get(app, world, "lay_two", f"{case}/reviews")[1]
    assert post(app, world, "lay_two", f"{case}/reviews/own", **review_data(**concern))[0] == 302
    hidden = get(app, world, "committee_expert", f"{case}/reviews")[1]
    assert "Nobody was asked about the letter." not in hidden
    assert "once yours is in" in hidden
    assert "Nobody was asked" not in get(app, world, "ethics_officer", f"{case}/reviews")[1]
    assert "Nobody was asked" in get(app, world, "chair", f"{case}/reviews")[1]
    assert post(app, world, "committee_expert", f"{case}/reviews/own", **review_data())[0] == 302
    for who in ("committee_expert", "lay_two", "ethics_officer", "auditor"):
        assert "Nobody was asked about the letter." in get(app, world, who, f"{case}/reviews")[1]
    assert post(app, world, "lay_two", f"{case}/reviews/own", **review_data())[0] == 409
    page = get(app, world, "chair", f"{case}/move/request_information")[1]
    assert "Nobody was asked about the letter.</textarea>" in page


@pytest.mark.parametrize("who", ["project_lead", "sponsor", "finance", "committee_lay", "administrator"])
def test_who_sees_no_reviews(app: Flask, world: World, who: str) -> None:
    """The team, and who has no part in judging; a member only once they have declared."""
    case = steps.reviewed(world, world.project(), "committee_expert").reference
    assert get(app, world, who, f"{case}/reviews")[0] == 403
    assert "/reviews" not in get(app, world, who, case)[1]


@pytest.mark.parametrize(
    ("who", "status"),
    [("project_lead", 403), ("sponsor", 403), ("ethics_officer", 403), ("auditor", 403), ("lay_two", 409)],
)
def test_nobody_reviews_who_was_not_asked(app: Flask, world: World, who: str, status: int) -> None:
    case = steps.in_review(world, world.project()).reference
    steps.declare(world, case, "lay_two")
    assert post(app, world, who, f"{case}/reviews/own", **review_data())[0] == status
    with world.reading() as session:
        assert queries.case(session, case).state is State.IN_REVIEW
        assert session.execute(sa.text("SELECT count(*) FROM ethics_review")).scalar() == 0


def test_asking_without_a_member_or_with_a_past_day_is_shown_in_the_form(app: Flask, world: World) -> None:
    case = steps.in_review(world, world.project()).reference
    status, page = post(app, world, "ethics_officer", f"{case}/reviews/assign")
    assert (status, "Choose at least one member" in page) == (400, True)
    past = {"due-day": "1", "due-month": "5", "due-year": "2026"}
    asked = [world["lay_two"].id]
    status, page = post(app, world, "ethics_officer", f"{case}/reviews/assign", reviewers=asked, **past)
    assert (status, "Enter a day from today on" in page) == (400, True)
