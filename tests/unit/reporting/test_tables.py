"""The tables of a report hold every value of its snapshot."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from openpyxl import load_workbook

from hcqic_gov.core.spreadsheets import as_csv, as_xlsx
from hcqic_gov.reporting.snapshot import freeze
from hcqic_gov.reporting.tables import tables
from tests.unit.reports.sample import REPORT


def leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for one in value.values():
            yield from leaves(one)
    elif isinstance(value, list):
        for one in value:
            yield from leaves(one)
    else:
        yield value


def test_every_text_of_the_snapshot_stands_in_a_table() -> None:
    held = "\n".join(str(cell) for sheet in tables(REPORT).values() for row in sheet.rows for cell in row)
    texts = {value for value in leaves(freeze(REPORT)) if isinstance(value, str) and value}
    dates = {REPORT.about.frozen_at.isoformat(), "2026-07-20T09:30:00Z"}
    assert [text for text in texts - dates if text not in held] == []
    assert "2026-07-20 10:30:00" in held  # London's clock


def test_every_number_stands_there_in_full() -> None:
    numbers = {cell for sheet in tables(REPORT).values() for row in sheet.rows for cell in row}
    assert {point.value for kpi in REPORT.kpis for point in kpi.points} <= numbers
    assert {line.variance for line in REPORT.budget} <= numbers


def test_csv_and_workbook_say_the_same() -> None:
    known = tables(REPORT)
    book = load_workbook(io.BytesIO(as_xlsx(list(known.values()))))
    assert book.sheetnames == [sheet.title for sheet in known.values()]
    read = list(csv.reader(io.StringIO(as_csv(known["kpis"]).decode("utf-8-sig"))))
    cells = [["" if cell is None else str(cell) for cell in row] for row in book["KPIs"].iter_rows(values_only=True)]
    assert read == cells
    assert len(read) == 1 + len(REPORT.kpis)


def test_what_people_wrote_is_no_formula() -> None:
    hostile = replace(REPORT, narrative=replace(REPORT.narrative, asks='=HYPERLINK("http://a.example")'))
    sheet = tables(hostile)["narrative"]
    assert "'=HYPERLINK" in as_csv(sheet).decode("utf-8-sig")
    book = load_workbook(io.BytesIO(as_xlsx([sheet])))
    assert [row[1].data_type for row in book["Narrative"].iter_rows() if row[0].value == "asks"] == ["s"]


@pytest.mark.parametrize(
    ("typed", "held"),
    [("a\x08b", "ab"), ("a\x0bb", "a\nb"), ("a\x1b\ufffe\ud800", "a"), ("#N/A", "'#N/A"), ("# 1", "# 1")],
)
def test_what_a_workbook_cannot_hold_or_takes_for_an_error(typed: str, held: str) -> None:
    sheet = tables(replace(REPORT, narrative=replace(REPORT.narrative, asks=typed)))["narrative"]
    book = load_workbook(io.BytesIO(as_xlsx([sheet])))
    assert [row[1].value for row in book["Narrative"].iter_rows() if row[0].value == "asks"] == [held]
    assert held in as_csv(sheet).decode("utf-8-sig")
