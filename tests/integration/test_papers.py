"""Letters, minutes, dossiers and board papers: signed and entered once for each content, and anybody can check them."""

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import pytest
import sqlalchemy as sa
from flask import Flask
from pikepdf import pdfa
from sqlmodel import select

from hcqic_gov.audit.queries import verify_chain
from hcqic_gov.reporting import evidence
from hcqic_gov.reporting.checking import Answer, Verdict
from hcqic_gov.reporting.models import Paper
from hcqic_gov.reporting.rules import ONE_HOLDS, PaperKind
from hcqic_gov.settings import Settings
from reports.examining import examine
from reports.signing import known_certificates, self_signed
from tests import ethics_steps
from tests.factories import World, client_of
from tests.papers_world import about, take, unsigned
from tests.tampering import tamperings

KINDS = pytest.mark.parametrize("kind", list(PaperKind))


def answer(world: World, data: bytes) -> Answer:
    with world.reading() as session:
        return evidence.check(session, examine(data, known_certificates(Settings())))


def papers(world: World) -> list[Paper]:
    with world.reading() as session:
        return list(session.exec(select(Paper).order_by(sa.column("id"))).all())


@KINDS
def test_each_kind_is_signed_once_and_can_be_checked(world: World, kind: PaperKind) -> None:
    reference = about(world, kind)
    data = take(world, kind, reference)
    assert take(world, kind, reference) == data
    (paper,) = papers(world)
    assert paper.reference == f"{reference}-{kind}-v1"
    found = answer(world, data)
    assert found.verdict is Verdict.UNCHANGED, found
    assert {one.code for one in found.findings} == {
        "signed",
        "intact",
        "whole",
        "registered",
        "snapshot_same",
        "proof_same",
        "register_sound",
        "audit_whole",
        "audit_head",
        "issued" if kind in ONE_HOLDS else "copy",
    }
    assert list(pdfa.validate_written(io.BytesIO(data), "3b").violations) == []
    with world.reading() as session:
        assert verify_chain(session).whole


@pytest.mark.one_database
@KINDS
def test_no_tampering_is_called_unchanged(world: World, kind: PaperKind) -> None:
    reference = about(world, kind)
    data = take(world, kind, reference)
    (signature,) = examine(data, known_certificates(Settings())).signatures
    plain = unsigned(world, kind, reference)
    for tampered, code in tamperings(data, plain, reason=signature.reason, at=world.now):
        found = answer(world, tampered)
        assert found.verdict is Verdict.NOT_CONFIRMED, code
        assert code & {one.code for one in found.findings}, (code, found)


def test_the_database_itself_keeps_a_signed_paper(world: World) -> None:
    take(world, PaperKind.LETTER, about(world, PaperKind.LETTER))
    for statement in (sa.update(Paper).values(edition=2), sa.delete(Paper)):
        with (
            world.database.engine.execution_options(hcqic_write=True).connect() as connection,
            pytest.raises(sa.exc.DBAPIError, match="does not change"),
        ):
            connection.execute(statement)


@pytest.mark.one_database
def test_a_newer_letter_replaces_the_older(world: World) -> None:
    reference = about(world, PaperKind.LETTER)
    first = take(world, PaperKind.LETTER, reference)
    ethics_steps.move(world, reference, "ask_undo", by="chair", reason="A mistake.")
    ethics_steps.move(world, reference, "undo", by="ethics_officer", reason="A mistake.")
    ethics_steps.move(world, reference, "open_vote", by="chair")
    ethics_steps.vote(world, reference, "unfavourable", *ethics_steps.MEMBERS)
    ethics_steps.give(world, reference, "unfavourable")
    second = take(world, PaperKind.LETTER, reference)
    assert [answer(world, data).verdict for data in (first, second)] == [Verdict.REPLACED, Verdict.UNCHANGED]


def test_two_who_take_it_at_the_same_moment_get_the_same_file(world: World) -> None:
    reference, gate = about(world, PaperKind.LETTER), Barrier(2)

    def one(who: str) -> bytes:
        gate.wait()
        return take(world, PaperKind.LETTER, reference, by=who)

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(one, ("ethics_officer", "chair"))
    assert first == second
    assert len(papers(world)) == 1


@pytest.mark.one_database
def test_from_its_page_to_the_page_of_the_check(
    app: Flask, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference, centre = about(world, PaperKind.LETTER), app.extensions["hcqic"]
    lead = client_of(app, world["project_lead"])
    plain = lead.get(f"/ethics/{reference}/letter.pdf").data
    assert (answer(world, plain).verdict, papers(world)) == (Verdict.NOT_CONFIRMED, [])
    pem = tmp_path / "pair.pem"
    pem.write_text(self_signed("Centre", world.now))
    key = {"signing_key": pem, "signing_certificate": pem}
    monkeypatch.setitem(app.extensions, "hcqic", replace(centre, settings=centre.settings.model_copy(update=key)))
    data = lead.get(f"/ethics/{reference}/letter.pdf").data
    page = app.test_client().post("/verify", data={"file": (io.BytesIO(data), "letter.pdf")})
    assert "This document was issued by this centre and is unchanged." in page.text
    assert f"{reference}-letter-v1" in page.text
