"""Documents through a change of an approved study: replaced, added, withdrawn; the approved ones stay as they are."""

import pytest

from hcqic_gov.core.errors import Invalid, Refused
from hcqic_gov.documents.queries import content, document
from hcqic_gov.ethics import queries, service, writing
from hcqic_gov.ethics.enclosures import papers_of
from hcqic_gov.ethics.models import EthicsCase, EthicsPaper
from hcqic_gov.ethics.papers import Paper, PaperKind
from hcqic_gov.ethics.states import ChangeClass, State
from hcqic_gov.ethics.versions import changes_of
from tests.ethics_steps import add_paper, allocate, decided, heard, move
from tests.factories import World
from tests.modification_steps import NARROWER, SMALLER_WORDS, begun, edited, recorded, versions

pytestmark = pytest.mark.one_database

NEW, POSTER = b"%PDF-1.4\n% the second protocol\n", b"%PDF-1.4\n% a poster\n"


def papers(world: World, case: EthicsCase) -> list[tuple[str, int, str]]:
    """Title, version, and how it stands."""
    with world.reading() as session:
        held = papers_of(session, case.key)
    return [
        (one.title, one.number, "current" if one.current else "withdrawn" if one.withdrawn else "replaced")
        for one in held
    ]


def held(world: World, case: EthicsCase, title: str = "Protocol") -> Paper:
    with world.reading() as session:
        return next(one for one in papers_of(session, case.key) if one.title == title and not one.replaced)


def put(
    world: World, case: EthicsCase, data: bytes = NEW, *, title: str = "", kind: PaperKind = PaperKind.PROTOCOL
) -> EthicsPaper:
    """A new document of this title; without one a new version of the protocol."""
    replaces = None if title else held(world, case).key
    with world.writing() as session:
        return add_paper(session, world, case.reference, data, kind=kind, title=title, replaces=replaces)


def take_out(world: World, case: EthicsCase, title: str = "Protocol") -> None:
    key, lead = held(world, case, title).key, world["project_lead"]
    with world.writing() as session:
        writing.remove_paper(session, case.reference, key, actor=lead, now=world.now)


def put_back(world: World, case: EthicsCase, title: str = "Protocol") -> None:
    key, lead = held(world, case, title).key, world["project_lead"]
    with world.writing() as session:
        writing.put_back(session, case.reference, key, actor=lead, now=world.now)


def said(world: World, case: EthicsCase) -> list[tuple[str, str, str]]:
    with world.reading() as session:
        return [
            (line.name, line.old.partition(" (")[0], line.new.partition(" (")[0])
            for line in changes_of(session, queries.case(session, case.reference))
        ]


def approve(world: World, case: EthicsCase) -> EthicsCase:
    move(world, case.reference, "submit", by="project_lead")
    move(world, case.reference, "validate", by="ethics_officer")
    allocate(world, case.reference)
    heard(world, case.reference, "approve")
    return move(world, case.reference, "approve", by="chair")


def test_documents_of_a_change_become_the_studys_when_it_is_approved(world: World) -> None:
    study = decided(world, world.project(active=True))
    first = versions(world, study.reference)[0].content
    old = held(world, study)
    change = begun(world, study.reference)
    assert papers(world, change) == [("Protocol", 1, "current")]
    assert said(world, change) == []
    put(world, change)
    put(world, change, POSTER, title="Poster", kind=PaperKind.OTHER)
    assert said(world, change) == [
        ("Protocol", "Version 1", "Version 2"),
        ("Other document: Poster", "Nothing", "Version 1"),
    ]
    assert papers(world, study) == [("Protocol", 1, "current")]

    assert approve(world, change).state is State.APPROVED
    assert papers(world, study) == [("Protocol", 2, "current"), ("Protocol", 1, "replaced"), ("Poster", 1, "current")]
    before, after = versions(world, study.reference)
    assert before.content == first
    assert [(one["title"], one["version"]) for one in after.content["papers"]] == [("Protocol", 2), ("Poster", 1)]
    with world.reading() as session:
        assert content(document(session, held(world, study).document_id)) == NEW
        assert content(document(session, old.document_id)) != NEW
        letter = queries.letter(session, change.reference)
        assert [(one.name, one.version) for one in letter.papers] == [("Protocol", 2), ("Other document: Poster", 1)]
        assert letter.papers[0].sha256 == held(world, study).sha256
        opinion = queries.letter(session, study.reference)
        assert [(one.name, one.version, one.sha256) for one in opinion.papers] == [("Protocol", 1, old.sha256)]


def test_a_withdrawn_document_is_gone_from_the_next_version_and_no_other(world: World) -> None:
    study = decided(world, world.project())
    change = begun(world, study.reference)
    put(world, change, POSTER, title="Poster", kind=PaperKind.OTHER)
    approve(world, change)
    change = begun(world, study.reference)
    take_out(world, change, "Poster")
    assert papers(world, change)[1:] == [("Poster", 1, "withdrawn")]
    assert said(world, change) == [("Other document: Poster", "Version 1", "Nothing")]
    approve(world, change)
    assert papers(world, study) == [("Protocol", 1, "current"), ("Poster", 1, "withdrawn")]
    assert [len(row.content["papers"]) for row in versions(world, study.reference)] == [1, 2, 1]
    again = begun(world, study.reference)
    assert put(world, again, POSTER, title="Poster", kind=PaperKind.OTHER).number == 2
    approve(world, again)
    assert papers(world, study)[1:] == [("Poster", 2, "current"), ("Poster", 1, "withdrawn")]


def test_what_a_study_needs_is_not_withdrawn_without_another(world: World) -> None:
    change = begun(world, decided(world, world.project()).reference)
    take_out(world, change)
    with pytest.raises(Refused, match="document “protocol”") as caught:
        move(world, change.reference, "submit", by="project_lead")
    assert caught.value.code == "application_complete"
    with pytest.raises(Invalid, match="Put it back first"):
        put(world, change)
    put_back(world, change)
    assert said(world, change) == []
    with pytest.raises(Invalid, match="not withdrawn"):
        put_back(world, change)


def test_a_new_version_that_is_taken_out_leaves_the_approved_one(world: World) -> None:
    change = begun(world, decided(world, world.project()).reference)
    put(world, change)
    take_out(world, change)
    assert papers(world, change) == [("Protocol", 1, "current")]
    with pytest.raises(Refused, match="Nothing differs"):
        move(world, change.reference, "submit", by="project_lead")


def test_the_class_goes_by_the_documents_and_what_was_confirmed_falls_with_them(world: World) -> None:
    study = decided(world, world.project())
    change = begun(world, study.reference, **SMALLER_WORDS)
    asked = {"reason": "Only a comma.", "change_class": ChangeClass.IMPORTANT_DETAIL}
    move(world, change.reference, "ask_class", by="project_lead", **asked)
    move(world, change.reference, "confirm_class", by="ethics_officer", reason="So it is.")
    put(world, change)
    with world.reading() as session:
        case = queries.case(session, change.reference)
        assert (case.class_asked, case.class_confirmed_by) == (None, None)
    with pytest.raises(Refused) as caught:
        move(world, change.reference, "record", by="project_lead")
    assert caught.value.code == "class_is_minor"
    other = begun(world, study.reference)
    put(world, other, POSTER, title="Assessment", kind=PaperKind.DPIA)
    assert move(world, other.reference, "notify", by="project_lead").state is State.NOTIFIED
    assert papers(world, study)[-1] == ("Assessment", 1, "current")


def test_one_open_change_holds_a_kind_of_document(world: World) -> None:
    study = decided(world, world.project())
    first, second = begun(world, study.reference), begun(world, study.reference)
    put(world, first)
    with pytest.raises(Refused, match=f"Protocol \\({first.reference}\\)") as caught:
        put(world, second)
    assert caught.value.code == "sections_free"
    with pytest.raises(Refused):
        take_out(world, second)
    assert papers(world, second) == [("Protocol", 1, "current")]
    put(world, second, POSTER, title="Poster", kind=PaperKind.OTHER)


def test_a_draft_takes_along_documents_that_others_changed(world: World) -> None:
    study = decided(world, world.project())
    draft, other = begun(world, study.reference), begun(world, study.reference)
    put(world, draft, POSTER, title="Poster", kind=PaperKind.OTHER)
    put(world, other)
    approve(world, other)
    assert papers(world, draft) == [("Protocol", 1, "current"), ("Poster", 1, "current")]
    edited(world, draft)
    assert papers(world, draft) == [("Protocol", 2, "current"), ("Poster", 1, "current")]
    assert said(world, draft) == [("Other document: Poster", "Nothing", "Version 1")]
    recorded(world, study.reference)
    approve(world, draft)
    assert [row.content["papers"][0]["version"] for row in versions(world, study.reference)] == [1, 2, 2, 2]
    assert papers(world, study) == [("Protocol", 2, "current"), ("Protocol", 1, "replaced"), ("Poster", 1, "current")]


def test_a_draft_whose_document_others_changed_begins_again(world: World) -> None:
    study = decided(world, world.project())
    draft, other = begun(world, study.reference), begun(world, study.reference)
    put(world, other)
    approve(world, other)
    with pytest.raises(Refused) as caught:
        put(world, draft, POSTER)
    assert caught.value.code == "not_overtaken"


def test_new_versions_come_in_with_the_response(world: World) -> None:
    study = decided(world, world.project())
    change = begun(world, study.reference)
    put(world, change)
    move(world, change.reference, "submit", by="project_lead")
    with pytest.raises(Refused):
        put(world, change, POSTER)
    move(world, change.reference, "validate", by="ethics_officer")
    allocate(world, change.reference)
    heard(world, change.reference, "request_information")
    move(world, change.reference, "request_information", by="chair", questions=("Why?",))
    put(world, change, b"%PDF-1.4\n% the third\n")
    with world.writing() as session:
        service.answer(session, change.reference, 1, "See the new one.", actor=world["project_lead"], now=world.now)
    move(world, change.reference, "respond", by="project_lead")
    frozen = versions(world, change.reference)
    assert [row.content["papers"][0]["version"] for row in frozen] == [2, 3]
    move(world, change.reference, "open_vote", by="chair")
    with world.writing() as session:
        for name in ("chair", "committee_expert", "expert_two", "expert_three", "committee_lay", "lay_two"):
            service.vote(session, change.reference, "approve", actor=world[name], now=world.now)
    move(world, change.reference, "approve", by="chair")
    assert papers(world, study)[0] == ("Protocol", 3, "current")


def test_a_change_that_is_not_approved_leaves_the_documents(world: World) -> None:
    study = decided(world, world.project())
    change = begun(world, study.reference, **NARROWER)
    put(world, change)
    move(world, change.reference, "submit", by="project_lead")
    move(world, change.reference, "validate", by="ethics_officer")
    allocate(world, change.reference)
    heard(world, change.reference, "not_approve")
    move(world, change.reference, "not_approve", by="chair", reason="The committee found it so.")
    assert papers(world, study) == [("Protocol", 1, "current")]
    with world.reading() as session:
        letter = queries.letter(session, change.reference)
    assert [(one.name, one.version) for one in letter.papers] == [("Protocol", 2)]
    assert [line.name for line in letter.changes] == ["Methods", "Protocol"]
