"""Files that an attacker would send as evidence: taken for what they are, kept unopened, or refused with a sentence."""

import gc
import io
import warnings
import zipfile

import pytest
from flask import Flask
from sqlmodel import select

from hcqic_gov.documents.models import Document
from hcqic_gov.documents.queries import content, path_of
from hcqic_gov.documents.rules import LIMIT
from tests.factories import World, client_of

pytestmark = pytest.mark.one_database

ENTRY = {"numerator": "45", "denominator": "50", "basis": "measured", "source": "Help desk report", "version": "0"}
PDF = b"%PDF-1.7\n"


def send(app: Flask, world: World, data: bytes, filename: str) -> tuple[int, str]:
    form = {**ENTRY, "evidence": (io.BytesIO(data), filename)}
    answer = client_of(app, world["gatekeeper"]).post(
        "/kpis/O8/2026-05/enter", data=form, content_type="multipart/form-data"
    )
    with warnings.catch_warnings():  # the test client leaves the files open in which it puts large uploads
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
    return answer.status_code, answer.text


def kept(world: World) -> list[Document]:
    with world.reading() as session:
        return list(session.exec(select(Document)))


def bomb() -> bytes:
    """A DOCX of 60 kB that would unpack to 60 MB."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"0" * 60_000_000)
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "status", "sentence"),
    [
        (PDF + b"x" * LIMIT, 400, "25 MB"),
        (PDF + b"x" * (LIMIT + 2 * 1024 * 1024), 413, "25 MB"),
        (b"", 400, "The file is empty"),
        (b"<script>alert(1)</script>", 400, "Choose a PDF"),
        (b"GIF89a" + PDF, 400, "Choose a PDF"),
        (b"PK\x03\x04 an archive of something", 400, "Choose a PDF"),
        (b"MZ" + b"\0" * 100, 400, "Choose a PDF"),
    ],
    ids=["over 25 MB", "over 26 MB", "empty", "a page", "a PDF behind an image", "a plain archive", "a program"],
)
def test_what_is_not_taken_is_a_sentence(app: Flask, world: World, data: bytes, status: int, sentence: str) -> None:
    answered, text = send(app, world, data, "report.pdf")
    assert answered == status
    assert sentence in text
    assert kept(world) == []


def test_an_archive_that_would_unpack_to_much_is_kept_unopened(app: Flask, world: World) -> None:
    data = bomb()
    assert send(app, world, data, "minutes.docx")[0] == 302
    assert [(one.size, one.filename) for one in kept(world)] == [(len(data), "minutes.docx")]


def test_a_file_is_what_it_holds_and_not_what_it_is_called(app: Flask, world: World) -> None:
    polyglot = PDF + b"PK\x03\x04 word/document.xml <script>alert(1)</script>"
    assert send(app, world, polyglot, "page.html")[0] == 302
    assert [one.media_type for one in kept(world)] == ["application/pdf"]


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("../../../etc/passwd", "passwd"),
        ("/", "file"),
        ("x" * 400 + ".pdf", "x" * 200),
    ],
)
def test_a_path_in_the_name_leads_nowhere(app: Flask, world: World, sent: str, name: str) -> None:
    assert send(app, world, PDF, sent)[0] == 302
    (document,) = kept(world)
    assert document.filename == name
    assert content(document) == PDF
    assert path_of(document.sha256).name == document.sha256
