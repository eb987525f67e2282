"""Files that a person or an attacker would send as values: read for what they say, or refused with a sentence."""

import io
import resource
import zipfile
from collections.abc import Callable, Sequence
from time import process_time

import pytest
from openpyxl import Workbook

from hcqic_gov.core.errors import Invalid
from hcqic_gov.kpi.lines import Problem, read_lines
from hcqic_gov.kpi.rules import Attribution, Outcome
from hcqic_gov.kpi.service import Entry
from hcqic_gov.kpi.sheets import COLUMNS, read

HEAD = "code,period,outcome,value,numerator,denominator,n,basis,attribution,source,note,reason"
GOOD = "O8,2026-04,value,,45,50,50,measured,sole,Help desk,,"
MEBIBYTE = 1024 * 1024


def file(*rows: str, head: str = HEAD) -> bytes:
    return "\n".join([head, *rows, ""]).encode()


def book(*rows: Sequence[object], merge: str = "") -> bytes:
    made = Workbook()
    made.active.append(HEAD.split(","))
    for row in rows:
        made.active.append(row)
    if merge:
        made.active.merge_cells(merge)
    target = io.BytesIO()
    made.save(target)
    return target.getvalue()


def raw(sheet: str, **parts: str) -> bytes:
    """A workbook whose sheet is this XML."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", '<workbook><sheets><sheet name="a" id="r1"/></sheets></workbook>')
        relation = '<Relationships><Relationship Id="r1" Target="worksheets/a.xml"/></Relationships>'
        archive.writestr("xl/_rels/workbook.xml.rels", relation)
        archive.writestr("xl/worksheets/a.xml", sheet)
        for name, text in parts.items():
            archive.writestr(f"xl/{name}.xml", text)
    return target.getvalue()


def rows_of(xml: str) -> str:
    return f"<worksheet><sheetData>{xml}</sheetData></worksheet>"


def many_files() -> bytes:
    """An archive that says of its list of files that it is 16 MB long."""
    data = bytearray(raw("<worksheet/>"))
    end = data.rfind(b"PK\x05\x06")
    data[end + 12 : end + 16] = (16 * MEBIBYTE).to_bytes(4, "little")
    return bytes(data)


def locked_archive() -> bytes:
    """An archive whose files say that they need a password."""
    data = bytearray(raw("<worksheet/>"))
    place = 0
    while (place := data.find(b"PK\x01\x02", place)) >= 0:
        data[place + 8] |= 1
        place += 4
    return bytes(data)


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "is empty"),
    "26 MB": (lambda: b"a" * (26 * MEBIBYTE), "larger than 25 MB"),
    "UTF-16": (lambda: file(GOOD).decode().encode("utf-16"), "UTF-16"),
    "UTF-16 without a mark": (lambda: file(GOOD).decode().encode("utf-16-le"), "UTF-16"),
    "Latin-1": (
        lambda: file("O8,2026-04,value,,45,50,50,,,Caf\u00e9,,").decode().encode("latin-1"),
        "Line 2 has letters",
    ),
    "old .xls or a password": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512, "without a password"),
    "a web page": (lambda: b"\r\n<html><table><tr><td>code</td></tr></table></html>", "a web page"),
    "a PDF": (lambda: b"%PDF-1.7\n", "no table"),
    "another archive": (lambda: archive_of("word/document.xml", b"x"), "no XLSX workbook"),
    "packed otherwise": (lambda: archive_of("xl/workbook.xml", b"x", zipfile.ZIP_LZMA), "in an unusual way"),
    "no archive": (lambda: b"PK\x03\x04 something", "cannot be read"),
    "half an archive": (lambda: book([1])[:-40], "cannot be read"),
    "locked": (locked_archive, "cannot be read"),
    "a list of files without end": (many_files, "far more files"),
    "a bomb": (lambda: raw(" " * (120 * MEBIBYTE)), "unpacks to far more"),
    "2 million empty rows": (lambda: raw(rows_of("<row/>" * 2_000_000)), "more than 50,000 rows"),
    "2 million empty lines": (lambda: file() + b"\n" * 2_000_000, "more than 50,000 rows"),
    "one endless row": (lambda: raw(rows_of("<row>" + "<c/>" * 800_000)), "cannot be read"),
    "endless elements": (lambda: raw("<worksheet>" + "<a>" * 1_000_000), "no sheet of values"),
    "endless names": (lambda: raw(rows_of("".join(f"<n{n}/>" for n in range(100_000)))), "no sheet of values"),
    "an endless tag": (lambda: raw(rows_of(f'<row x="{"a" * 5_000_000}"/>')), "no sheet of values"),
    "endless shared texts": (lambda: raw(rows_of(""), sharedStrings="<sst>" + "<si/>" * 900_000), "cannot be read"),
    "entities": (lambda: raw('<!DOCTYPE a [<!ENTITY x "xx">]><worksheet>&x;</worksheet>'), "a document type"),
    "a text that is not there": (lambda: raw(rows_of('<row><c t="s"><v>7</v></c></row>')), "is not there"),
    "rows backwards": (lambda: raw(rows_of('<row r="9"/><row r="2"/>')), "out of order"),
    "a row that is no number": (lambda: raw(rows_of('<row r="x"/>')), "cannot be read"),
    "a cell that is nowhere": (lambda: raw(rows_of('<row><c r="7"><v>1</v></c></row>')), "cannot be read"),
    "a cell far away": (lambda: raw(rows_of('<row><c r="XFD1"><v>1</v></c></row>')), "beyond column 40"),
    "broken XML": (lambda: raw("<worksheet><row></worksheet>"), "cannot be read"),
    "no sheet": (lambda: archive_of("xl/workbook.xml", b"<workbook/>"), "cannot be read"),
    "merged cells": (lambda: book(GOOD.split(","), merge="A2:A3"), "A2:A3 are merged"),
    "semicolons": (lambda: file(head=HEAD.replace(",", ";")), "semicolons"),
    "tabs": (lambda: file(head=HEAD.replace(",", "\t")), "tabs"),
    "a quotation mark that stays open": (lambda: file('O8,"2026-04'), "quotation mark"),
    "no headings": (lambda: file(head=GOOD), "“code” is missing"),
    "a missing column": (lambda: file(head="code,outcome,value"), "“period” is missing"),
    "an unknown column": (lambda: file(head=HEAD + ",colour"), "no column “colour”"),
    "a column twice": (lambda: file(head=HEAD + ",note"), "there twice"),
    "only blanks": (lambda: b"\n\n,,\n", "sheet is empty"),
}


def archive_of(name: str, data: bytes, packing: int = zipfile.ZIP_STORED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", packing) as archive:
        archive.writestr(name, data)
    return target.getvalue()


@pytest.mark.parametrize("kind", REFUSED)
def test_a_file_that_cannot_be_read_says_what_to_do(kind: str) -> None:
    make, sentence = REFUSED[kind]
    data = make()
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, process_time()
    with pytest.raises(Invalid) as caught:
        read_lines(read(data))
    assert sentence in str(caught.value)
    assert caught.value.fields["file"] == str(caught.value)
    assert process_time() - began < 20  # of a busy machine; a bomb would take minutes
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300 * 1024


CELLS: dict[str, tuple[str, str, str]] = {
    "unknown code": ("X1,2026-04,value,1,,,,,,,,", "code", "There is no KPI “X1”"),
    "no code": (",2026-04,value,1,,,,,,,,", "code", "Enter the code"),
    "unknown period": ("O8,April,value,,1,2,,,,,,", "period", "Write it as 2026-04"),
    "a date as text": ("O8,01/04/2026,value,,1,2,,,,,,", "period", "Write it as 2026-04"),
    "a date as a number": (
        "H1,46113,value,1,,,,,,,,",
        "period",
        "made a date of this. Format the column as text, and write 2026-Q2",
    ),
    "another kind of period": ("O8,2026-Q2,value,,1,2,,,,,,", "period", "such as 2026-04, not 2026-Q2"),
    "before the definition": ("O8,1950-01,value,,1,2,,,,,,", "period", "in force"),
    "NaN": ("H1,2026-Q1,value,NaN,,,,,,,,", "value", "is no number"),
    "inf": ("H1,2026-Q1,value,-inf,,,,,,,,", "value", "is no number"),
    "1e400": ("H1,2026-Q1,value,1e400,,,,,,,,", "value", "is no number"),
    "too large": ("H1,2026-Q1,value,1e16,,,,,,,,", "value", "at most 15 digits"),
    "a decimal comma": ('H1,2026-Q1,value,"1,5",,,,,,,,', "value", "such as 1234.5"),
    "a percentage": ("H1,2026-Q1,value,45%,,,,,,,,", "value", "is no number"),
    "figures of another script": ("H1,2026-Q1,value,١٢,,,,,,,,", "value", "is no number"),
    "a formula": ("H1,2026-Q1,value,=1+1,,,,,,,,", "value", "formulas are not worked out"),
    "a formula as a source": ('H1,2026-Q1,value,1,,,,,,"=HYPERLINK(""a"")",,', "source", "formulas are not worked out"),
    "half a ratio": ("O8,2026-04,value,,45,,,,,,,", "denominator", "Enter the denominator of O8"),
    "a ratio as a value": ("O8,2026-04,value,90,45,50,,,,,,", "value", "reported as numerator and denominator"),
    "a value as a ratio": ("H1,2026-Q1,value,3,1,2,,,,,,", "numerator", "reported as value"),
    "nothing said": ("H1,2026-Q1,,,,,,,,Register,,", "value", "or say “not reported”"),
    "no such outcome": ("H1,2026-Q1,missing,,,,,,,,,", "outcome", "none of: value, not reported, not applicable"),
    "a number that was not reported": ("H1,2026-Q1,not reported,4,,,,,,,,", "outcome", "Delete one of them"),
    "a negative number of cases": ("H1,2026-Q1,value,4,,,-1,,,,,", "n", "whole number"),
    "half a case": ("H1,2026-Q1,value,4,,,1.5,,,,,", "n", "whole number"),
    "no such basis": ("H1,2026-Q1,value,4,,,,guessed,,,,", "basis", "none of: measured, modelled"),
    "no such attribution": ("H1,2026-Q1,value,4,,,,,ours,,,", "attribution", "none of: sole, contributory"),
    "a long source": (f"H1,2026-Q1,value,4,,,,,,{'s' * 301},,", "source", "at most 300 characters"),
    "a cell without a heading": ("H1,2026-Q1,value,4,,,,,,,,,x", "number 13", "without a heading"),
}


@pytest.mark.parametrize("kind", CELLS)
def test_a_cell_that_cannot_be_taken_is_named(kind: str) -> None:
    row, column, sentence = CELLS[kind]
    problems = read_lines(read(file(GOOD, row))).problems
    assert [(one.row, one.column) for one in problems] == [(3, column)], problems
    assert sentence in problems[0].sentence


def test_rows_that_say_the_same_period_twice_are_refused() -> None:
    found = read_lines(read(file(GOOD, "H1,2026-Q1,value,4,,,,,,,,", GOOD)))
    assert found.problems == [Problem(4, "period", "O8 for April 2026 stands in row 2 too. Delete one")]


ENTRY = Entry(45.0, 50.0, n=50, attribution=Attribution.SOLE, source="Help desk")


@pytest.mark.parametrize(
    "data",
    [
        file(GOOD),
        b"\xef\xbb\xbf" + file(GOOD),
        file(GOOD).replace(b"\n", b"\r\n"),
        file(GOOD).replace(b"\n", b"\r"),
        file(GOOD, head=HEAD.upper()),
        file("o8 , 2026-04,Value,, 45,50.0,5e1,Measured,SOLE, Help desk ,,"),
        book(["O8", "2026-04", "value", None, 45, 50, 50.0, "measured", "sole", "Help desk"]),
        book(["O8", "2026-04", None, None, "45", "£50", "50", None, "sole", "Help desk"]),
    ],
    ids=["plain", "BOM", "CRLF", "CR", "capitals", "blanks", "XLSX", "XLSX of texts"],
)
def test_the_same_value_however_it_is_written(data: bytes) -> None:
    found = read_lines(read(data))
    assert (found.problems, [line.entry for line in found.lines]) == ([], [ENTRY])


def test_quotes_commas_and_line_ends_stay_in_their_cell() -> None:
    table = read(file('H1,2026-Q1,value,"1,234.5",,,,,,"A ""report"", second part","two\nlines",', GOOD))
    first, second = read_lines(table).lines
    assert (first.entry.numerator, first.entry.source) == (1234.5, 'A "report", second part')
    assert first.entry.note == "two\nlines"
    assert second.row == 3


def test_not_reported_not_applicable_and_a_zero_denominator_differ() -> None:
    rows = [
        "O8,2026-02,not reported" + "," * 9,
        "O8,2026-03,not_applicable" + "," * 9,
        "O8,2026-04,value,,0,0" + "," * 6,
    ]
    entries = [line.entry for line in read_lines(read(file(*rows))).lines]
    assert [(one.numerator, one.denominator, one.not_applicable) for one in entries] == [
        (None, None, False),
        (None, None, True),
        (0.0, 0.0, False),
    ]
    assert Outcome.NOT_APPLICABLE.value == "not_applicable"


def test_rows_that_say_only_which_value_they_want_are_left_out() -> None:
    rows = read(
        file("O8,,2026-03,,", "O8,Queries,2026-04,,", ",Only a title,,,", head="code,title,period,outcome,value")
    )
    assert (read_lines(rows).left_empty, read_lines(rows).lines) == (2, [])


def test_an_xlsx_formula_or_error_is_refused_where_it_stands() -> None:
    found = read_lines(read(book(["O8", "2026-04", "value", None, "=40+5", 50], ["H1", "2026-Q1", "value", "#DIV/0!"])))
    assert [(one.row, one.column) for one in found.problems] == [(2, "numerator"), (3, "value")]
    assert "Paste its value" in found.problems[0].sentence


def test_shared_texts_prefixes_and_hidden_sheets_are_read_as_a_spreadsheet_reads_them() -> None:
    shared = "<x:sst xmlns:x='m'>" + "".join(
        f"<x:si><x:r><x:t>{text}</x:t></x:r><x:rPh><x:t>spoken</x:t></x:rPh></x:si>"
        for text in ("code", "period", "outcome", "value", "H1", "2026-Q1")
    )
    cells = "".join(f'<x:c t="s"><x:v>{place}</x:v></x:c>' for place in range(4))
    second = '<x:c r="A3" t="s"><x:v>4</x:v></x:c><x:c r="B3" t="s"><x:v>5</x:v></x:c><x:c r="D3"><x:v>7</x:v></x:c>'
    sheet = f"<x:worksheet xmlns:x='m'><x:row r='1'>{cells}</x:row><x:row r='3'>{second}</x:row></x:worksheet>"
    (line,) = read_lines(read(raw(sheet, sharedStrings=shared + "</x:sst>"))).lines
    assert (line.row, line.definition.code, line.entry.numerator) == (3, "H1", 7.0)


def test_no_more_problems_are_told_than_somebody_can_mend_in_a_day() -> None:
    found = read_lines(read(file(*["X1,2026-04,value,1,,,,,,,,"] * 5_000)))
    assert len(found.problems) == 200


def test_every_column_of_the_template_is_known() -> None:
    assert set(HEAD.split(",")) == set(COLUMNS) - {"title"}
