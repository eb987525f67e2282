"""A file of values, CSV or XLSX, as rows of named columns: what it is by its content, and what is wrong with it."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hcqic_gov.core.errors import Invalid
from hcqic_gov.documents.rules import LIMIT
from hcqic_gov.kpi import xlsx
from hcqic_gov.kpi.xlsx import FAULT, FORMULA, Row, too_long

MOST_ROWS = 50_000
"""Without the headings."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv"
TOLD_EVERY = 500
MOST_FAULTS = 200
"""That are told of one file at a time."""
READ_ONLY = "title"
"""A column for the person who fills the template in; nothing is taken from it."""
COLUMNS = (
    "code",
    READ_ONLY,
    "period",
    "outcome",
    "value",
    "numerator",
    "denominator",
    "n",
    "basis",
    "attribution",
    "source",
    "note",
    "reason",
)
NEEDED = ("code", "period", "outcome")
SAVE_AS = "In Excel choose “Save as”, “CSV UTF-8 (Comma delimited)”; or save it as XLSX."


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a file below its headings, each as its number in the sheet and its cells by column."""

    media_type: str
    rows: Sequence[tuple[int, Mapping[str, str]]]
    faults: Sequence[tuple[int, str, str]] = field(default_factory=tuple)
    """Row, column and sentence of each cell that cannot be read."""


def wrong(sentence: str) -> Invalid:
    return Invalid(sentence, {"file": sentence})


def untold(_rows: int) -> None:
    return


def read(data: bytes, told: Callable[[int], object] = untold) -> Table:
    """`told` hears now and then how many rows were read.

    Errors: Invalid with a sentence for a file that cannot be read as a whole.
    """
    require_size(data)
    if data.startswith(b"PK"):
        return table(XLSX, counted(xlsx.rows(data, most=MOST_ROWS + 1), told))
    require_text(data)
    return table(CSV, counted(csv_rows(data), told))


def counted(rows: Iterator[Row], told: Callable[[int], object]) -> Iterator[Row]:
    for number, row in enumerate(rows):
        if number % TOLD_EVERY == 0:
            told(number)
        yield row


def read_file(path: Path) -> tuple[bytes, Table]:
    """A file's bytes, never more than are looked at, and its table. Errors: Invalid."""
    with path.open("rb") as file:
        data = file.read(LIMIT + 1)
    return data, read(data)


def require_size(data: bytes) -> None:
    if not data:
        raise wrong("The file is empty. Choose another one.")
    if len(data) > LIMIT:
        raise wrong("The file is larger than 25 MB. Send the values in several files.")


def require_text(data: bytes) -> None:
    """Errors: Invalid with what to do about the kinds of file that people take for a table."""
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise wrong("This is an old Excel workbook (.xls), or one with a password. Save it as XLSX without a password.")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data[:4096]:
        raise wrong(f"This is no text in UTF-8, but UTF-16 or no table at all. {SAVE_AS}")
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        raise wrong(f"This is a web page or XML, whatever its name says. Open it in a spreadsheet program. {SAVE_AS}")
    if data.startswith((b"%PDF", b"{\\rtf", b"\x89PNG", b"\xff\xd8\xff")):
        raise wrong("This is no table. Take the template, and fill it in with a spreadsheet program.")


def csv_rows(data: bytes) -> Iterator[Row]:
    """The rows that hold something; a quoted line end stays within its row. Errors: Invalid."""
    reader = csv.reader(io.StringIO(text_of(data), newline=""), strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, 1):
            if number > MOST_ROWS + 1:
                raise too_long(MOST_ROWS + 1)
            if number == 1:
                require_commas(cells)
            if found := {place: text for place, cell in enumerate(cells) if (text := as_cell(cell))}:
                yield number, found
    except csv.Error as error:
        said = f"Row {number + 1} cannot be read: a quotation mark is not closed, or a cell is far too long."
        raise wrong(said) from error


def text_of(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise wrong(f"Line {line} has letters that are not in UTF-8. {SAVE_AS}") from error


def as_cell(text: str) -> str:
    text = text.strip()
    if "\0" in text or text.startswith("="):
        return FORMULA if text.startswith("=") else FAULT
    return text


def require_commas(headings: Sequence[str]) -> None:
    for mark, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if len(headings) == 1 and mark in headings[0]:
            raise wrong(f"The file separates its cells with {name}. Separate them with commas, or save it as XLSX.")


def table(media_type: str, rows: Iterator[Row]) -> Table:
    """The rows by the names of their columns. Errors: Invalid for headings that are missing, unknown or twice there."""
    first = next(rows, None)
    if first is None:
        raise wrong("The sheet is empty. Take the template, and fill it in.")
    names = headings(first[1])
    found: list[tuple[int, Mapping[str, str]]] = []
    faults: list[tuple[int, str, str]] = []
    for number, cells in rows:
        named: dict[str, str] = {}
        before = len(faults)
        for place, text in cells.items():
            name = names.get(place, "")
            if not name or text[0] == "\0":
                faults += [(number, name or f"number {place + 1}", fault_of(name, text))] * (len(faults) < MOST_FAULTS)
            elif name != READ_ONLY:
                named[name] = text
        if named and (len(faults) == before or before == MOST_FAULTS):
            found.append((number, named))
    return Table(media_type, found, faults)


def fault_of(name: str, text: str) -> str:
    if not name:
        return "This cell stands in a column without a heading. Delete it, or move it"
    if text == FORMULA:
        return "This is a formula, and formulas are not worked out. Paste its value"
    return "This is an error of the spreadsheet, or no text. Enter the value"


def headings(cells: Mapping[int, str]) -> Mapping[int, str]:
    """The names of the columns by their place. Errors: Invalid."""
    names = {place: re.sub(r"[\s_]+", "_", text.strip().lower()) for place, text in cells.items()}
    unknown = [cells[place] for place, name in names.items() if name not in COLUMNS]
    twice = [name for name in COLUMNS if list(names.values()).count(name) > 1]
    missing = [name for name in NEEDED if name not in names.values()]
    if missing:
        said = f"The first row has to name the columns; “{missing[0]}” is missing. Take the template."
    elif unknown:
        said = f"There is no column “{unknown[0][:40]}”. Delete it; the columns are {', '.join(COLUMNS)}."
    elif twice:
        said = f"The column “{twice[0]}” stands there twice. Delete one of them."
    else:
        return names
    raise wrong(said)
