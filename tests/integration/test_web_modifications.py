"""The pages of a change of an approved study: by forms, shown beside what is approved, and posted past the buttons."""

import re
from io import BytesIO

import pytest
from flask import Flask

from hcqic_gov.ethics import queries
from hcqic_gov.ethics.enclosures import papers_of
from hcqic_gov.ethics.states import ChangeClass, Interest, State
from tests.ethics_steps import PDF, allocate, decided, move
from tests.factories import World, client_of
from tests.integration.test_web_ethics import post, state_of
from tests.modification_steps import WIDER, begun, in_review, notified, recorded
from tests.modification_steps import decided as decided_change

pytestmark = pytest.mark.one_database

UNTIL = {"valid_to-day": "1", "valid_to-month": "6", "valid_to-year": "2027"}


FIELDS = (
    "title",
    "lay_summary",
    "work_kind",
    "data_class",
    "purposes",
    "methods",
    "participants",
    "consent_basis",
)


WHOLE = {"title": "Other", "work_kind": "research", "data_class": "synthetic", "consent_basis": "no_people"}


def form(world: World, reference: str, **changes: object) -> dict[str, object]:
    """What the browser sends for the approved study of these tests, with some of it changed."""
    with world.reading() as session:
        case = queries.case(session, reference)
    same = {**{name: getattr(case, name) for name in FIELDS}, "version": str(case.version), **UNTIL}
    return {**same, "change_reason": "The first results ask for it.", **changes}


def page(app: Flask, world: World, who: str, path: str) -> str:
    answer = client_of(app, world[who]).get(f"/ethics/{path}")
    assert answer.status_code == 200
    return answer.text


def test_from_the_study_to_a_change_that_is_in_effect(app: Flask, world: World) -> None:
    study = decided(world, world.project(active=True)).reference
    assert "Change this study" in page(app, world, "project_lead", study)
    shown = page(app, world, "project_lead", f"{study}/modify")
    assert "Rosters from simulated annealing" in shown
    for name in ("work_kind", "data_class", "purposes", "methods", "consent_basis"):
        assert re.search(f'name="{name}"[^>]* checked', shown), name
    status, _ = post(app, world, "project_lead", f"{study}/modify", **form(world, study, methods=["hpc"]))
    assert status == 302
    change = "HCQIC-E-2026-0002"
    shown = page(app, world, "project_lead", change)
    for words in (
        "What changes",
        "A method is given up",
        "Important detail",
        study,
        "Notify the committee of the change",
    ):
        assert words in shown
    for words in ("Record the change", "Send the change for review"):
        assert words not in shown
    edit = form(world, change, title="Rosters, shorter")
    assert post(app, world, "project_lead", f"{change}/change", **edit)[0] == 302
    assert post(app, world, "project_lead", f"{change}/move/notify")[0] == 302
    after = page(app, world, "project_lead", study)
    for words in ("Rosters, shorter", "Versions and changes", "Version 2", change, "Change notified"):
        assert words in after
    assert "Change of an approved study" in page(app, world, "project_lead", "?kind=modification")
    assert study not in page(app, world, "project_lead", "?kind=modification")


def test_what_another_change_holds_is_said_in_the_form(app: Flask, world: World) -> None:
    study = decided(world, world.project()).reference
    begun(world, study, **WIDER)
    status, shown = post(app, world, "project_lead", f"{study}/modify", **form(world, study, methods=["hpc"]))
    assert (status, "Another open change holds: Methods" in shown) == (400, True)
    assert "The first results ask for it." in shown


def test_a_form_that_was_overtaken_is_refused(app: Flask, world: World) -> None:
    study = decided(world, world.project()).reference
    old = form(world, study, methods=["hpc"])
    recorded(world, study)
    assert post(app, world, "project_lead", f"{study}/modify", **old)[0] == 409


def test_a_reason_is_asked_for(app: Flask, world: World) -> None:
    study = decided(world, world.project()).reference
    status, shown = post(app, world, "project_lead", f"{study}/modify", **form(world, study, change_reason=""))
    assert (status, "Say why it changes" in shown) == (400, True)


def test_documents_of_a_change_are_compared_by_whoever_reviews_it(app: Flask, world: World) -> None:
    study = decided(world, world.project(active=True)).reference
    change = begun(world, study).reference
    assert "Change the documents" in page(app, world, "project_lead", change)
    shown = page(app, world, "project_lead", f"{change}/papers")
    (key,) = re.findall(f"/ethics/{change}/papers/(\\d+)/replace", shown)
    file = {"file": (BytesIO(b"%PDF-1.4 the second"), "second.pdf")}
    assert post(app, world, "project_lead", f"{change}/papers/{key}/replace", **file)[0] == 302
    poster = {"kind": "other", "title": "Poster", "file": (BytesIO(b"%PDF-1.4 a poster"), "poster.pdf")}
    assert post(app, world, "project_lead", f"{change}/papers/add", **poster)[0] == 302
    assert post(app, world, "project_lead", f"{change}/move/submit")[0] == 302
    move(world, change, "validate", by="ethics_officer")
    allocate(world, change)
    before = page(app, world, "committee_lay", change)
    assert "Other document: Poster" not in before
    post(app, world, "committee_lay", f"{change}/interest", interest=Interest.NONE.value)
    shown = page(app, world, "committee_lay", change)
    for words in ("Other document: Poster", "The protocol says what is done", "Only a reader can say"):
        assert words in shown
    table = shown.partition('id="change"')[2].partition("</table>")[0]
    links = [link for row in table.split("<tr")[2:] for link in re.findall(r"/papers/(\d+)\"", row)]
    files = [client_of(app, world["committee_lay"]).get(f"/ethics/{change}/papers/{link}").data for link in links]
    assert files == [PDF, b"%PDF-1.4 the second", b"%PDF-1.4 a poster"]
    assert "Take out" not in page(app, world, "committee_lay", f"{change}/papers")


def test_a_document_is_withdrawn_and_put_back(app: Flask, world: World) -> None:
    study = decided(world, world.project()).reference
    change = begun(world, study).reference
    with world.reading() as session:
        (paper,) = papers_of(session, queries.case(session, change).key)
    here = f"{change}/papers/{paper.key}"
    assert post(app, world, "project_lead", f"{here}/remove")[0] == 302
    shown = page(app, world, "project_lead", f"{change}/papers")
    assert ("Withdrawn documents" in shown, "Put back" in shown) == (True, True)
    assert post(app, world, "finance", f"{here}/back")[0] == 403
    assert post(app, world, "project_lead", f"{here}/back")[0] == 302
    assert "Withdrawn documents" not in page(app, world, "project_lead", f"{change}/papers")


def test_what_another_change_holds_is_said_where_the_document_is_chosen(app: Flask, world: World) -> None:
    study = decided(world, world.project()).reference
    first, second = begun(world, study).reference, begun(world, study).reference
    with world.reading() as session:
        keys = {one: papers_of(session, queries.case(session, one).key)[0].key for one in (first, second)}
    assert post(app, world, "project_lead", f"{first}/papers/{keys[first]}/remove")[0] == 302
    file = {"file": (BytesIO(b"%PDF-1.4 the second"), "second.pdf")}
    status, shown = post(app, world, "project_lead", f"{second}/papers/{keys[second]}/replace", **file)
    assert (status, f"Another open change holds: Protocol ({first})" in shown) == (400, True)


def answered(html: str) -> str:
    """The words of the page, for who reads a failure."""
    return " ".join(re.sub("<[^>]+>", " ", html.partition("<main")[2]).split())


# Who posts what to a change in which state, and what the answer says.
GUARDS: list[tuple[str, str, str, dict[str, object], int, str]] = [
    ("draft", "project_lead", "move/record", {}, 409, "not the way for a change of its class"),
    ("draft", "project_lead", "move/notify", {}, 409, "not the way for a change of its class"),
    ("draft", "finance", "move/submit", {}, 403, "None of your roles allows this"),
    ("draft", "ethics_officer", "move/submit", {}, 403, "None of your roles allows this"),
    ("draft", "ethics_officer", "move/confirm_class", {"reason": "Yes."}, 409, "Nobody is waiting for an answer"),
    ("draft", "project_lead", "move/confirm_class", {"reason": "Yes."}, 403, "Nobody acts for the centre"),
    ("draft", "project_lead", "move/ask_class", {"reason": "So.", "change_class": "substantial"}, 400, "another class"),
    ("draft", "chair", "move/approve", {}, 409, "“Being written” now"),
    ("draft", "chair", "move/favourable", {}, 404, "no such step"),
    ("draft", "chair", "move/suspend", {"reason": "So."}, 404, "no such step"),
    ("review", "project_lead", "move/approve", {}, 403, "Nobody acts for the centre"),
    ("review", "ethics_officer", "move/approve", {}, 403, "None of your roles allows this"),
    ("review", "chair", "move/approve", {}, 409, "Say first whether you have an interest"),
    (
        "review",
        "project_lead",
        "change",
        {**WHOLE, "version": "1", "change_reason": "So."},
        409,
        "“In review” now",
    ),
    ("review", "project_lead", "move/submit", {}, 409, "“In review” now"),
]


@pytest.mark.parametrize(("state", "who", "path", "data", "status", "says"), GUARDS)
def test_posting_past_the_buttons(
    app: Flask, world: World, state: str, who: str, path: str, data: dict[str, object], status: int, says: str
) -> None:
    study = decided(world, world.project()).reference
    change = (begun if state == "draft" else in_review)(world, study, **WIDER)
    sent = {**data, "version": str(change.version)} if "version" in data else data
    got, shown = post(app, world, who, f"{change.reference}/{path}", **sent)
    assert (got, says in shown) == (status, True), answered(shown)
    assert state_of(world, change.reference) is change.state
    assert state_of(world, study) is State.FAVOURABLE


@pytest.mark.parametrize(("name", "path"), [("draft", "modify"), ("in_review", "modify")])
def test_what_is_not_approved_is_not_changed(app: Flask, world: World, name: str, path: str) -> None:
    from tests import ethics_steps

    case = getattr(ethics_steps, name)(world, world.project())
    status, shown = post(app, world, "project_lead", f"{case.reference}/{path}", **form(world, case.reference))
    assert (status, "so you cannot change the study" in shown) == (409, True)


def test_a_member_sees_the_change_after_declaring(app: Flask, world: World) -> None:
    study = decided(world, world.project()).reference
    change = in_review(world, study, **WIDER).reference
    assert "Data would be worked on in a way" not in page(app, world, "committee_lay", change)
    assert post(app, world, "committee_lay", f"{change}/interest", interest=Interest.NONE.value)[0] == 302
    assert "Data would be worked on in a way" in page(app, world, "committee_lay", change)


@pytest.mark.parametrize("who", ["ethics_officer", "committee_lay", "auditor"])
def test_each_link_of_a_changes_page_leads_somewhere(app: Flask, world: World, who: str) -> None:
    study = decided(world, world.project()).reference
    change = in_review(world, study, **WIDER).reference
    post(app, world, "committee_lay", f"{change}/interest", interest=Interest.NONE.value)
    shown = page(app, world, who, change)
    links = {link.partition("#")[0] for link in re.findall(rf'href="(/ethics/{change}[^"]*)"', shown)}
    client = client_of(app, world[who])
    assert {link: status for link in links if (status := client.get(link).status_code) != 200} == {}
    assert f"/ethics/{change}/application/check" in links
    whole = client.get(f"/ethics/{change}/application/check").text
    assert "The study with this change" in whole
    assert "Send to the sponsor" not in whole


def test_votes_are_about_the_change(app: Flask, world: World) -> None:
    study = decided(world, world.project()).reference
    change = in_review(world, study, **WIDER).reference
    post(app, world, "committee_lay", f"{change}/interest", interest=Interest.NONE.value)
    shown = page(app, world, "committee_lay", f"{change}/vote")
    assert "Approve the change" in shown
    assert "favourable" not in shown


@pytest.mark.parametrize(
    ("decision", "says", "never"),
    [("approve", "Modification approved", "not approved"), ("not_approve", "Modification not approved", "took effect")],
)
def test_the_letter_fits_the_decision(app: Flask, world: World, decision: str, says: str, never: str) -> None:
    study = decided(world, world.project()).reference
    change = decided_change(world, study, decision).reference
    shown = page(app, world, "project_lead", change)
    assert says in shown or decision == "not_approve"
    assert never not in shown.partition('id="decision"')[2].partition("<h2")[0]
    assert client_of(app, world["project_lead"]).get(f"/ethics/{change}/letter.pdf").data.startswith(b"%PDF")


def test_a_class_that_was_asked_for_is_shown(app: Flask, world: World) -> None:
    study = decided(world, world.project()).reference
    change = begun(world, study, **WIDER).reference
    data = {"reason": "A trial of one day.", "change_class": "minor"}
    assert post(app, world, "project_lead", f"{change}/move/ask_class", **data)[0] == 302
    assert "the ethics officer answers" in page(app, world, "ethics_officer", change)
    assert post(app, world, "ethics_officer", f"{change}/move/confirm_class", reason="So it is.")[0] == 302
    assert "Record the change" in page(app, world, "project_lead", change)
    move(world, change, "record", by="project_lead")
    with world.reading() as session:
        assert queries.case(session, change).change_class is ChangeClass.MINOR


def test_a_change_that_was_notified_allows_no_letter(app: Flask, world: World) -> None:
    change = notified(world, decided(world, world.project()).reference).reference
    assert "letter.pdf" not in page(app, world, "project_lead", change)
    assert client_of(app, world["project_lead"]).get(f"/ethics/{change}/letter.pdf").status_code == 409
