"""The PDF of a funder report: the same bytes, PDF/A-3b, tagged, and every line of the snapshot in it."""

import io
import json
import shutil
import subprocess
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from pikepdf import Pdf

from hcqic_gov.core.canonical import canonical
from hcqic_gov.ethics.letters import NOT_AN_NHS_REC
from hcqic_gov.reporting.snapshot import Difference, Edition, FunderReport, Narrative, freeze, snapshot_hash, thaw
from reports.documents import funder_report, letter
from tests.pdf_checks import faults
from tests.unit.reports.sample import DRAFT, ISSUED, LETTER, REPORT

needs_poppler = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is missing: install poppler")


@pytest.fixture(scope="module")
def issued() -> bytes:
    return funder_report(ISSUED)


def text_of(data: bytes, folder: Path) -> str:
    path = folder / "report.pdf"
    path.write_bytes(data)
    done = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, check=True)
    return " ".join(done.stdout.decode().split())


def elements(node: pikepdf.Object, tag: str) -> list[pikepdf.Object]:
    found = [node] if node.get("/S") == f"/{tag}" else []
    kids: Any = node.get("/K", [])
    return found + [e for kid in kids if isinstance(kid, pikepdf.Dictionary) for e in elements(kid, tag)]


def test_a_snapshot_comes_back_from_json_as_it_was() -> None:
    stored = json.loads(json.dumps(freeze(REPORT)))
    assert thaw(stored) == REPORT
    assert snapshot_hash(stored) == ISSUED.stamp.snapshot_sha256


def test_any_change_of_the_snapshot_changes_its_hash() -> None:
    changed = replace(REPORT, narrative=replace(REPORT.narrative, asks="One more post."))
    assert snapshot_hash(freeze(changed)) != snapshot_hash(freeze(REPORT))


def test_the_same_edition_gives_the_same_bytes(issued: bytes) -> None:
    assert funder_report(ISSUED) == issued
    assert funder_report(DRAFT) != issued


def test_report_and_letter_are_pdf_a_3b_and_tagged_throughout(issued: bytes) -> None:
    for data in (issued, letter(LETTER)):
        assert faults(data) == []


def test_the_attached_snapshot_has_the_printed_hash(issued: bytes) -> None:
    with Pdf.open(io.BytesIO(issued)) as pdf:
        data = pdf.attachments["snapshot.json"].get_file().read_bytes()
        assert pdf.Root.AF[0].AFRelationship == "/Data"
    assert sha256(data).hexdigest() == ISSUED.stamp.snapshot_sha256
    assert data == canonical(freeze(REPORT))


def test_the_file_is_tagged(issued: bytes) -> None:
    with Pdf.open(io.BytesIO(issued)) as pdf:
        document = pdf.Root.StructTreeRoot.K[0]
        assert len(elements(document, "H1")) == 1
        assert len(elements(document, "H2")) == 14
        figures = elements(document, "Figure")
        assert len(figures) == sum(bool(kpi.points) for kpi in REPORT.kpis)
        assert {str(cell.A.Scope) for cell in elements(document, "TH")} == {"/Row", "/Column"}


def test_what_is_wrong_with_a_file_is_found(issued: bytes) -> None:
    """The checks themselves: a figure without words, a mark with another owner, a heading without its bookmark."""
    with Pdf.open(io.BytesIO(issued)) as pdf:
        document = pdf.Root.StructTreeRoot.K[0]
        del elements(document, "Figure")[0].Alt
        elements(document, "H3")[0].S = pikepdf.Name.H6
        pdf.Root.StructTreeRoot.ParentTree.Nums[1].append(document)
        out = io.BytesIO()
        pdf.save(out)
    found = faults(out.getvalue())
    for sentence in ("a figure has no words", "page 1: marks and parent tree differ", "page 1: mark"):
        assert any(one.startswith(sentence) for one in found), (sentence, found)
    assert any("bookmarks for" in one for one in found)


STORY = Narrative("**Two** methods:\n\n- the *first*\n- " + "a long one " * 900 + "\n\n1. then", "<b>a</b>", "c")


@pytest.mark.poppler
@needs_poppler
def test_simple_formatting_is_shown_and_tagged(tmp_path: Path) -> None:
    data = funder_report(Edition(replace(REPORT, narrative=STORY), DRAFT.stamp))
    assert faults(data) == []
    with Pdf.open(io.BytesIO(data)) as pdf:
        document = pdf.Root.StructTreeRoot.K[0]
        assert [len(elements(one, "LI")) for one in elements(document, "L")] == [2, 1]
        assert [len(item.K) for item in elements(document, "LBody")][1] >= 2  # one item on several pages
    text = text_of(data, tmp_path)
    assert "Two methods: • the first • a long one" in text
    assert "1. then" in text
    assert "<b>a</b>" in text


def test_a_corrected_version_names_what_it_corrects() -> None:
    changed = Difference("KPI", "O1 Serviceability", "97.0 %", "98.1 %")
    data = funder_report(replace(ISSUED, corrected=(changed,)))
    assert faults(data) == []
    with Pdf.open(io.BytesIO(data)) as pdf, pdf.open_outline() as outline:
        assert [one.title for one in outline.root[0].children][1] == "What this version corrects"


def test_text_that_splits_over_pages_stays_one_paragraph() -> None:
    long = Edition(replace(REPORT, narrative=Narrative(achievements="One long story. " * 1200)), DRAFT.stamp)
    with Pdf.open(io.BytesIO(funder_report(long))) as pdf:
        paragraphs = elements(pdf.Root.StructTreeRoot.K[0], "P")
        assert max(len(paragraph.K) for paragraph in paragraphs) >= 3


def test_a_row_taller_than_a_page_is_split() -> None:
    risk = replace(REPORT.risks[0], response="Hire a second person. " * 700)
    assert funder_report(Edition(replace(REPORT, risks=(risk,)), DRAFT.stamp))


def test_an_empty_report_says_so() -> None:
    empty = FunderReport(REPORT.about, Narrative(), (), (), (), (), (), (), (), REPORT.runs, ())
    assert funder_report(Edition(empty, DRAFT.stamp)).startswith(b"%PDF-")


@pytest.mark.poppler
@needs_poppler
def test_every_figure_of_the_snapshot_is_in_the_pdf(issued: bytes, tmp_path: Path) -> None:
    text = text_of(issued, tmp_path)
    for kpi in REPORT.kpis:
        assert f"{kpi.code} {kpi.name}" in text
        assert kpi.reading in text
    expected = ("£123,457", "£592,000", "entry 4711:", "10.9999/example.1", "Red: 61 days", "Page 1 of")
    assert [part for part in expected if part not in text] == []
    assert REPORT.about.awards[0] in text
    assert ISSUED.stamp.snapshot_sha256 in text
    assert "SIMULATED – not clinical evidence, not evidence of quantum advantage." in text


@pytest.mark.poppler
@needs_poppler
def test_what_people_write_is_text_not_markup(issued: bytes, tmp_path: Path) -> None:
    text = text_of(issued, tmp_path)
    assert "benchmarked & compared <with care>" in text
    assert "12 -> 15 sites; “Lucja" in text


@pytest.mark.poppler
@needs_poppler
def test_the_letter_says_that_the_committee_is_no_nhs_rec(tmp_path: Path) -> None:
    text = text_of(letter(LETTER), tmp_path)
    assert NOT_AN_NHS_REC in text
    assert "Favourable opinion with conditions" in text
    assert "Send the final protocol to the officer. before work begins" in text
