"""Sections, documents and reviews of an application through the services, on both databases."""

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from hcqic_gov.audit.queries import history
from hcqic_gov.core.calendar import london_day
from hcqic_gov.core.canonical import fingerprint
from hcqic_gov.core.errors import Invalid, NotFound, Refused, Stale
from hcqic_gov.documents.models import Document
from hcqic_gov.ethics import enclosures, queries, reviewing, service, waiting, writing
from hcqic_gov.ethics.application import Answers, Application, People, ScopeOfWork, Summary
from hcqic_gov.ethics.blindness import raised, reviews_open_to
from hcqic_gov.ethics.hearing import hearing
from hcqic_gov.ethics.models import EthicsPaper, EthicsVersion
from hcqic_gov.ethics.papers import Paper, PaperKind
from hcqic_gov.ethics.reviews import Finding
from hcqic_gov.ethics.states import ConsentBasis, Interest, Method, Purpose, State, Track, WorkKind
from hcqic_gov.ethics.triage import Outcome, triage
from hcqic_gov.notices.models import OutboxMessage
from hcqic_gov.projects.rules import DataClass
from tests import ethics_steps as steps
from tests.factories import World

pytestmark = pytest.mark.one_database

OTHER = b"%PDF-1.4\n% another document\n"


def papers(world: World, reference: str) -> list[Paper]:
    with world.reading() as session:
        return list(enclosures.papers_of(session, queries.case(session, reference).key))


def versions(world: World, key: int) -> list[EthicsVersion]:
    with world.reading() as session:
        statement = select(EthicsVersion).where(EthicsVersion.case_id == key).order_by(EthicsVersion.number)  # type: ignore[arg-type]
        return list(session.exec(statement))


def save(world: World, session: Session, reference: str, entered: object, **options: object) -> None:
    seen = queries.case(session, reference).version
    given = {"seen": seen, "actor": world["project_lead"], "now": world.now, **options}
    writing.edit(session, reference, entered, **given)  # type: ignore[arg-type]


def test_section_by_section_from_an_empty_draft_to_the_sponsor(world: World) -> None:
    begun = Application("Rosters", "", WorkKind.RESEARCH, {}, DataClass.SYNTHETIC)
    project, lead = world.project(), world["project_lead"]
    with world.writing() as session:
        case = service.apply(session, project.reference, begun, actor=lead, now=world.now)
    reference = case.reference
    assert (case.consent_basis, case.triage_outcome, case.material_issue) == (None, None, True)
    with pytest.raises(Refused, match="Still missing: the lay summary, the answers to the triage questions, at least"):
        steps.move(world, reference, "send_to_sponsor", by="project_lead")
    sections = (
        Summary("Rosters", "We look for better ones."),
        Answers(steps.answers("nhs_site")),
        ScopeOfWork(WorkKind.RESEARCH, DataClass.SYNTHETIC, (Purpose.EDUCATION,), (Method.HPC,)),
        People("Nobody.", ConsentBasis.NO_PEOPLE),
    )
    for entered in sections:
        with world.writing() as session:
            save(world, session, reference, entered)
    with pytest.raises(Refused, match="Still missing: document “protocol”"):
        steps.move(world, reference, "send_to_sponsor", by="project_lead")
    with world.writing() as session:
        steps.add_paper(session, world, reference)
    sent = steps.move(world, reference, "send_to_sponsor", by="project_lead")
    assert (sent.state, sent.triage_outcome, sent.material_issue) == (State.WITH_SPONSOR, Outcome.PROPORTIONATE, False)
    assert sent.triage_fingerprint == triage().fingerprint
    assert "ask its research office" in sent.triage_reasons[-1]


def test_triage_sends_it_to_the_full_committee(world: World) -> None:
    case = steps.submitted(world, world.project(), answers=steps.answers("identifiable"))
    steps.move(world, case.reference, "validate", by="ethics_officer")
    with pytest.raises(Refused, match="material ethical issue"):
        steps.allocate(world, case.reference, track=Track.PROPORTIONATE)
    assert steps.allocate(world, case.reference).state is State.IN_REVIEW


def test_not_required_is_advice_until_the_officer_determines_it(world: World) -> None:
    case = steps.submitted(world, world.project(), answers=steps.answers("about_nobody"))
    assert (case.triage_outcome, case.state) == (Outcome.NOT_REQUIRED, State.SUBMITTED)
    determined = steps.move(world, case.reference, "not_required", by="ethics_officer", reason="About nobody.")
    assert determined.state is State.NOT_REQUIRED
    assert [row["code"] for row in determined.triage_answers if row["yes"]] == ["about_nobody"]


def test_two_windows_do_not_overwrite_each_other(world: World) -> None:
    case = steps.draft(world, world.project())
    with world.writing() as session:
        save(world, session, case.reference, Summary("First", "One."))
    with world.writing() as session, pytest.raises(Stale):
        save(world, session, case.reference, Summary("Second", "Two."), seen=case.version)
    with world.writing() as session, pytest.raises(Invalid, match="every question"):
        save(world, session, case.reference, Answers({"identifiable": True}))


@pytest.mark.parametrize("by", ["finance", "ethics_officer", "sponsor", "committee_lay", "auditor", "lead_two"])
def test_nobody_but_the_applicant_writes(world: World, by: str) -> None:
    world.another_lead()
    case = steps.draft(world, world.project())
    key = papers(world, case.reference)[0].key
    with world.writing() as session:
        with pytest.raises(Refused):
            save(world, session, case.reference, Summary("Mine", "Now."), actor=world[by])
        with pytest.raises(Refused):
            steps.add_paper(session, world, case.reference, by=by, title="Mine")
        with pytest.raises(Refused):
            writing.remove_paper(session, case.reference, key, actor=world[by], now=world.now)
    assert [paper.key for paper in papers(world, case.reference)] == [key]


def test_versions_of_a_document(world: World) -> None:
    case = steps.draft(world, world.project())
    (first,) = papers(world, case.reference)
    with world.writing() as session:
        steps.add_paper(session, world, case.reference, OTHER, replaces=first.key, filename="new.pdf")
    newer, older = papers(world, case.reference)
    assert (newer.number, newer.replaced, newer.sha256) == (2, False, fingerprint(OTHER))
    assert (older.number, older.replaced, older.key) == (1, True, first.key)
    with world.writing() as session:
        with pytest.raises(Invalid, match="newer version"):
            steps.add_paper(session, world, case.reference, replaces=first.key)
        with pytest.raises(Invalid, match="newer version"):
            writing.remove_paper(session, case.reference, first.key, actor=world["project_lead"], now=world.now)
        with pytest.raises(Invalid, match="there already"):
            steps.add_paper(session, world, case.reference)
        with pytest.raises(NotFound):
            steps.add_paper(session, world, case.reference, replaces=987654)
    with world.writing() as session:
        writing.remove_paper(session, case.reference, newer.key, actor=world["project_lead"], now=world.now)
    assert [(paper.key, paper.replaced) for paper in papers(world, case.reference)] == [(first.key, False)]


def test_the_same_bytes_are_one_file_and_a_document_of_another_case_is_out_of_reach(
    world: World, data_dir: Path
) -> None:
    project = world.project()
    one, two = steps.draft(world, project), steps.draft(world, project)
    files = [path for path in (data_dir / "documents").rglob("*") if path.is_file()]
    assert [path.name for path in files] == [fingerprint(steps.PDF)]
    other = papers(world, two.reference)[0].key
    with world.writing() as session, pytest.raises(NotFound):
        writing.remove_paper(session, one.reference, other, actor=world["project_lead"], now=world.now)


def test_what_was_submitted_is_frozen_with_its_documents(world: World) -> None:
    case = steps.submitted(world, world.project())
    (version,) = versions(world, case.key)
    assert version.content["papers"] == [
        {"kind": "protocol", "title": "Protocol", "version": 1, "sha256": fingerprint(steps.PDF)}
    ]
    assert version.content["triage_outcome"] == "proportionate"
    assert version.content_hash == fingerprint(version.content)
    key = papers(world, case.reference)[0].key
    with world.writing() as session:
        with pytest.raises(Refused, match="Being checked"):
            steps.add_paper(session, world, case.reference, OTHER, replaces=key)
        with pytest.raises(Refused, match="Being checked"):
            writing.remove_paper(session, case.reference, key, actor=world["project_lead"], now=world.now)


def asked_for_information(world: World) -> str:
    case = steps.in_review(world, world.project())
    steps.heard(world, case.reference, "request_information")
    steps.move(world, case.reference, "request_information", by="chair", questions=("Who holds the key?",))
    with world.writing() as session:
        service.answer(session, case.reference, 1, "We do.", actor=world["project_lead"], now=world.now)
    return case.reference


def test_a_new_document_in_the_response_is_a_version_of_its_own_and_the_one_that_is_approved(world: World) -> None:
    reference = asked_for_information(world)
    key = papers(world, reference)[0].key
    with world.writing() as session:
        steps.add_paper(session, world, reference, OTHER, replaces=key)
        with pytest.raises(Refused):
            writing.remove_paper(session, reference, key, actor=world["project_lead"], now=world.now)
    case = steps.move(world, reference, "respond", by="project_lead")
    first, second = versions(world, case.key)
    assert [version.content["papers"][0]["version"] for version in (first, second)] == [1, 2]
    steps.meets(world, reference)
    steps.move(world, reference, "open_vote", by="chair")
    steps.vote(world, reference, "favourable", *steps.MEMBERS)
    steps.give(world, reference, "favourable")
    first, second = versions(world, case.key)
    assert first.effective_from is None
    assert second.effective_from == world.now
    for version in (first, second):
        assert version.content_hash == fingerprint(version.content)
    steps.move(world, reference, "ask_undo", by="chair", reason="A mistake.")
    assert steps.move(world, reference, "undo", by="ethics_officer", reason="Yes.").state is State.IN_REVIEW


def test_a_response_without_new_documents_leaves_the_version_as_it_is(world: World) -> None:
    case = steps.move(world, asked_for_information(world), "respond", by="project_lead")
    assert len(versions(world, case.key)) == 1


def test_a_copy_takes_the_current_documents_along_without_copying_files(world: World) -> None:
    case = steps.submitted(world, world.project())
    steps.move(world, case.reference, "mark_invalid", by="ethics_officer", reason="No.")
    with world.writing() as session:
        copy = service.begin_again(
            session, case.reference, "copy_as_new", "Again.", actor=world["project_lead"], now=world.now
        )
    (paper,) = papers(world, copy.reference)
    assert (paper.number, paper.replaced) == (1, False)
    with world.reading() as session:
        assert session.exec(select(sa.func.count()).select_from(Document)).one() == 1
    assert steps.move(world, copy.reference, "send_to_sponsor", by="project_lead").state is State.WITH_SPONSOR


def test_the_database_keeps_the_chain_of_versions(world: World) -> None:
    case = steps.draft(world, world.project())
    paper = papers(world, case.reference)[0]
    wrong = EthicsPaper(
        case_id=case.key,
        kind=PaperKind.PROTOCOL,
        title="X",
        number=1,
        replaces_id=paper.key,
        document_id=paper.document_id,
        added_by=1,
        created_at=world.now,
    )
    with world.writing() as session:
        session.add(wrong)
        with pytest.raises(IntegrityError):
            session.flush()
        session.rollback()


def readers(world: World, reference: str, by: str) -> set[int]:
    with world.reading() as session:
        case = queries.case(session, reference)
        heard = hearing(session, case, london_day(world.now))
        return set(reviews_open_to(case, heard, world[by]))


def test_reviews_are_blind(world: World) -> None:
    case = steps.reviewed(world, world.project(), "committee_expert", "committee_lay")
    reference, expert, lay = case.reference, world["committee_expert"].id, world["committee_lay"].id
    steps.declare(world, reference, "chair", "lay_two")
    seen = {who: readers(world, reference, who) for who in ("committee_expert", "committee_lay", "chair", "lay_two")}
    assert seen == {"committee_expert": {expert}, "committee_lay": set(), "chair": {expert}, "lay_two": set()}
    assert readers(world, reference, "ethics_officer") == readers(world, reference, "project_lead") == set()
    steps.review(world, reference, "committee_lay", finding=Finding.QUESTION, words="Why?")
    for who in ("committee_expert", "committee_lay", "chair", "lay_two", "ethics_officer"):
        assert readers(world, reference, who) == {expert, lay}
    assert readers(world, reference, "project_lead") == set()
    with world.reading() as session:
        row = queries.case(session, reference)
        assert raised(row, hearing(session, row, london_day(world.now)), world["chair"]) == ["Why?"]


def test_after_a_recusal_a_review_neither_counts_nor_is_shown(world: World) -> None:
    case = steps.reviewed(world, world.project(), "committee_expert", "committee_lay")
    lay = world["committee_lay"].id
    steps.review(world, case.reference, "committee_lay")
    steps.declare(world, case.reference, "chair")
    with world.writing() as session:
        actor = world["committee_expert"]
        service.declare_interest(
            session, case.reference, Interest.RECUSED, details="A friend.", actor=actor, now=world.now
        )
    assert readers(world, case.reference, "chair") == {lay}
    assert readers(world, case.reference, "committee_expert") == set()


def test_a_review_is_final(world: World) -> None:
    case = steps.reviewed(world, world.project(), "chair")
    with pytest.raises(Refused, match="stays as it is"):
        steps.review(world, case.reference, "chair", recommendation="unfavourable")


@pytest.mark.parametrize(
    ("by", "words"),
    [
        ("lay_two", "Say first whether you have an interest"),
        ("lay_three", "not asked for a review"),
        ("ethics_officer", "None of your roles"),
        ("project_lead", "on this project’s team"),
        ("auditor", "auditor"),
        ("sponsor", "None of your roles"),
    ],
)
def test_who_may_not_review(world: World, by: str, words: str) -> None:
    case = steps.in_review(world, world.project())
    steps.ask_for_review(world, case.reference, "lay_two")
    steps.declare(world, case.reference, "lay_three")
    with pytest.raises(Refused, match=words):
        steps.review(world, case.reference, by)


def test_whom_the_officer_may_ask(world: World) -> None:
    case = steps.in_review(world, world.project())
    officer, due = world["ethics_officer"], london_day(world.now)
    steps.ask_for_review(world, case.reference, "lay_two")
    with world.writing() as session:
        member = world["lay_three"]
        service.declare_interest(
            session, case.reference, Interest.RECUSED, details="A friend.", actor=member, now=world.now
        )
    for name in ("lay_two", "lay_three", "project_lead", "finance"):
        with world.writing() as session, pytest.raises(Refused, match="Choose a member in term"):
            reviewing.assign_reviewer(session, case.reference, world[name].id, due=due, actor=officer, now=world.now)
    number, past = world["committee_expert"].id, due - timedelta(days=1)
    for by in ("chair", "committee_lay", "sponsor", "project_lead", "auditor"):
        with world.writing() as session, pytest.raises(Refused):
            reviewing.assign_reviewer(session, case.reference, number, due=due, actor=world[by], now=world.now)
    with world.writing() as session, pytest.raises(Refused, match="from today on"):
        reviewing.assign_reviewer(session, case.reference, number, due=past, actor=officer, now=world.now)


def test_a_reviewer_is_taken_off_before_their_review_is_in(world: World) -> None:
    case = steps.reviewed(world, world.project(), "chair", "committee_lay")
    lay, officer = world["committee_lay"], world["ethics_officer"]

    def release(number: int, reason: str, by: str = "ethics_officer") -> None:
        with world.writing() as session:
            reviewing.release_reviewer(session, case.reference, number, reason, actor=world[by], now=world.now)

    with pytest.raises(Refused, match="a review that is in stays"):
        release(world["chair"].id, "Away.")
    with pytest.raises(Refused, match="Give the reason"):
        release(lay.id, " ")
    for by in ("chair", "committee_lay", "project_lead"):
        with pytest.raises(Refused):
            release(lay.id, "Away.", by)
    release(lay.id, "Away until July.")
    with world.reading() as session:
        assert set(hearing(session, queries.case(session, case.reference), london_day(world.now)).reviews) == {
            world["chair"].id
        }
        told = session.exec(
            select(OutboxMessage.subject).where(OutboxMessage.person_id == lay.id).order_by(col(OutboxMessage.id))
        ).all()
        entry = history(session, "ethics_case", case.key)[0]
    assert told[-1] == f"{case.reference}: your review is not needed any more"
    assert (entry.action, entry.note, entry.actor_id) == ("ethics.release_reviewer", "Away until July.", officer.id)
    with pytest.raises(Refused, match="not asked for a review"):
        steps.review(world, case.reference, "committee_lay")
    steps.ask_for_review(world, case.reference, "committee_lay")
    steps.review(world, case.reference, "committee_lay")


def test_reviews_wait_for_their_reviewers_with_their_own_days(world: World) -> None:
    case = steps.reviewed(world, world.project(), "chair", "committee_lay")
    due = london_day(world.now) + timedelta(days=7)

    def waits(name: str) -> list[object]:
        with world.reading() as session:
            tasks = waiting.tasks_for(session, world[name], now=world.now)
        return [task.due for task in tasks if task.title.startswith("Review ")]

    assert (waits("committee_lay"), waits("chair"), waits("lay_two")) == ([due], [], [])
    steps.review(world, case.reference, "committee_lay")
    assert waits("committee_lay") == []
