"""Reads one sheet of an XLSX workbook as rows of text: as a stream, in bounded memory, and no formula is worked out."""

import io
import posixpath
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any
from xml.parsers import expat

from hcqic_gov.core.errors import Invalid

MOST_UNPACKED = 100 * 1024 * 1024
"""Bytes of one part of a workbook. 50,000 rows of a dozen columns are a quarter of it."""
MOST_SHARED = 20_000_000
"""Characters of the texts that cells share."""
LEAST_SHARED = 25
"""Characters that each of them is counted as besides, for an empty one takes room too."""
MOST_DIRECTORY = 256 * 1024
"""Bytes of the list of an archive's files: a workbook has a dozen of them, a hostile archive a million."""
MOST_NAMES = 1024 * 1024
"""Bytes of the parts that only name other parts."""
MOST_COLUMNS = 40
MOST_CELLS = 700_000
"""Empty ones counted, which a spreadsheet writes where there is only a colour."""
MOST_TEXT = 32_767
"""Characters of one cell, as in a spreadsheet."""
MOST_KINDS = 500
"""Names of elements and attributes in one part: the parser keeps each."""
MOST_DEPTH = 50
"""Elements within elements: the parser keeps each open one."""
MOST_TAGS = 5_000_000
"""Of one part: 50,000 rows of a dozen columns have 3.8 million at most."""
MOST_TOKEN = 1024 * 1024
"""Bytes of one tag: the parser begins it anew with each piece that it is given."""
MOST_LETTERS = 3
PACKED = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
"""What spreadsheet programs use; other ways may ask for gigabytes before the first byte."""
CHUNK = 64 * 1024
PLAIN = frozenset({"v", "t", "is"})
"""What stands around a cell's text, and says nothing."""
END, LOCATOR_64 = b"PK\x05\x06", b"PK\x06\x07"

FORMULA, FAULT = "\0formula", "\0fault"
"""Stand in the place of a cell that holds a formula, or an error such as #DIV/0!; no text of a file has a NUL."""

Row = tuple[int, Mapping[int, str]]
"""The number of a row, as a spreadsheet counts them, and its cells that hold something, by column from 0."""
Handler = Callable[..., None]


def damaged(what: str = "") -> Invalid:
    said = f"The workbook cannot be read{what}. Open it in your spreadsheet program and save it again as XLSX."
    return Invalid(said, {"file": said})


def rows(data: bytes, *, most: int) -> Iterator[Row]:
    """The rows of the first sheet that is not hidden, those that hold something.

    Errors: Invalid for what is no workbook, has more rows than `most`, or unpacks to more than it may.
    """
    try:
        with opened(data) as archive:
            sheet = sheet_of(archive)
            shared = shared_strings(archive)
            yield from Sheet(shared, most).read(archive, sheet)
    except (zipfile.BadZipFile, zlib.error, expat.ExpatError, EOFError, OSError, NotImplementedError) as error:
        raise damaged() from error
    except (ValueError, struct.error, RuntimeError) as error:  # numbers that are none; what zipfile says of passwords
        raise damaged() from error


def opened(data: bytes) -> zipfile.ZipFile:
    """The archive, once its own list of files is known to be short: zipfile reads that list as a whole."""
    end = len(data) - 22 if data[-22:-18] == END else data.rfind(END, max(0, len(data) - 65_557))
    if end < 0:
        raise damaged()
    size = struct.unpack_from("<I", data, end + 12)[0]
    if size > MOST_DIRECTORY or data[max(0, end - 20) : end].startswith(LOCATOR_64):
        raise damaged(": it holds far more files than a workbook")
    archive = zipfile.ZipFile(io.BytesIO(data))
    if any(one.compress_type not in PACKED for one in archive.infolist()):
        raise damaged(": it is packed in an unusual way")
    if "xl/workbook.xml" not in archive.namelist():
        said = "This is no XLSX workbook. Save the sheet as XLSX or as CSV UTF-8."
        raise Invalid(said, {"file": said})
    return archive


def sheet_of(archive: zipfile.ZipFile) -> str:
    """The name of the part that holds the first sheet a person sees."""
    sheets: list[tuple[str, str]] = []
    targets: dict[str, str] = {}

    def on_workbook(name: str, attributes: Mapping[str, str]) -> None:
        if local(name) == "sheet":
            named = {local(key): value for key, value in attributes.items()}
            sheets.append((named.get("state", "visible"), named.get("id", "")))

    def on_relation(name: str, attributes: Mapping[str, str]) -> None:
        if local(name) == "Relationship":
            targets[attributes.get("Id", "")] = attributes.get("Target", "")

    walk(archive, "xl/workbook.xml", MOST_NAMES, on_workbook)
    walk(archive, "xl/_rels/workbook.xml.rels", MOST_NAMES, on_relation)
    found = next((targets.get(key, "") for state, key in sheets if state == "visible"), "")
    part = found.lstrip("/") if found.startswith("/") else posixpath.normpath(f"xl/{found}")
    if not found or part not in archive.namelist():
        raise damaged(": it has no sheet")
    return part


def local(name: str) -> str:
    """Without the prefix that some programs write before every name."""
    return name.rpartition(":")[2]


def shared_strings(archive: zipfile.ZipFile) -> list[str]:
    """The texts that cells name by their number."""
    if "xl/sharedStrings.xml" not in archive.namelist():
        return []
    texts = Texts()
    walk(archive, "xl/sharedStrings.xml", MOST_UNPACKED, texts.start, texts.end, texts.text)
    return texts.found


@dataclass(slots=True)
class Texts:
    """Gathers the shared texts; how a word is read aloud (`rPh`) is no part of it."""

    found: list[str] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    size: int = 0
    inside: bool = False
    aside: bool = False
    depth: int = 0

    def start(self, name: str, _attributes: Mapping[str, str]) -> None:
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise endless()
        match local(name):
            case "si":
                self.parts = []
            case "t":
                self.inside = not self.aside
            case "rPh":
                self.aside = True

    def end(self, name: str) -> None:
        self.depth -= 1
        match local(name):
            case "si":
                self.found.append("".join(self.parts))
                self.size += LEAST_SHARED
            case "t":
                self.inside = False
            case "rPh":
                self.aside = False

    def text(self, piece: str) -> None:
        if self.inside:
            self.parts.append(piece)
            self.size += len(piece)
        if self.size > MOST_SHARED:
            raise damaged(": it holds far more text than a table of values")


def walk(archive: zipfile.ZipFile, part: str, most: int, *handlers: Handler) -> None:
    for _ in pieces(archive, part, most, *handlers):
        pass


def pieces(archive: zipfile.ZipFile, part: str, most: int, *handlers: Handler) -> Iterator[None]:
    """Hands a part to the handlers (start, end, text), and stops after each piece of it."""
    parser: Any = expat.ParserCreate()
    parser.buffer_text, parser.StartDoctypeDeclHandler = True, refuse_types
    for name, handler in zip(
        ("StartElementHandler", "EndElementHandler", "CharacterDataHandler"), handlers, strict=False
    ):
        setattr(parser, name, handler)
    read = tags = 0
    if part not in archive.namelist():
        raise damaged(": a part of it is missing")
    with archive.open(part) as file:
        while piece := file.read(CHUNK):
            read, tags = read + len(piece), tags + piece.count(b"<")
            if read > most or tags > MOST_TAGS:
                raise damaged(": it unpacks to far more than a table of values")
            parser.Parse(piece, False)
            if len(parser.intern) > MOST_KINDS or read - parser.CurrentByteIndex > MOST_TOKEN:
                raise endless()
            yield
    parser.Parse(b"", True)
    yield


def endless() -> Invalid:
    return damaged(": it is no sheet of values")


def refuse_types(*_names: object) -> None:
    """Entities of a document type could unfold without end; no spreadsheet program writes one."""
    raise damaged(": it brings a document type of its own")


@dataclass(slots=True)
class Sheet:
    """Takes the rows of one sheet from its XML.

    The four names of every cell are looked at first and as they stand: there are a million of them in a large file.
    """

    shared: list[str]
    most: int
    ready: list[Row] = field(default_factory=list)
    number: int = 0
    seen: int = 0
    cells: dict[int, str] = field(default_factory=dict)
    column: int = -1
    kind: str = ""
    formula: bool = False
    texts: list[str] = field(default_factory=list)
    depth: int = 0
    empty: int = 0
    columns: dict[str, int] = field(default_factory=dict)

    def read(self, archive: zipfile.ZipFile, part: str) -> Iterator[Row]:
        for _ in pieces(archive, part, MOST_UNPACKED, self.start, self.end, self.text):
            yield from self.ready
            self.ready.clear()

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise endless()
        if name in PLAIN:
            return
        tag = local(name)
        if tag == "c":
            self.begin_cell(attributes)
        elif tag == "row":
            self.begin_row(attributes)
        elif tag == "f":
            self.formula = True
        elif tag == "mergeCell":
            where = attributes.get("ref", "")[:20]
            said = f"Cells {where} are merged, so it is not clear what stands in each row. Unmerge them."
            raise Invalid(said, {"file": said})

    def end(self, name: str) -> None:
        self.depth -= 1
        if name in PLAIN:
            return
        tag = local(name)
        if tag == "c":
            self.end_cell()
        elif tag == "row" and self.cells:
            self.ready.append((self.number, self.cells))
            self.cells = {}

    def text(self, piece: str) -> None:
        self.texts.append(piece)

    def begin_row(self, attributes: Mapping[str, str]) -> None:
        self.seen += 1
        number = int(attributes.get("r") or self.number + 1)
        if number <= self.number:
            raise damaged(": its rows are out of order")
        self.number, self.column = number, -1
        if self.seen > self.most:
            raise too_long(self.most)

    def begin_cell(self, attributes: Mapping[str, str]) -> None:
        place = attributes.get("r")
        if place:
            letters = place.rstrip("0123456789")
            column = self.columns.get(letters)
            self.column = self.columns.setdefault(letters, column_of(letters)) if column is None else column
        else:
            self.column += 1
        self.kind, self.formula, self.texts = attributes.get("t", "n"), False, []

    def end_cell(self) -> None:
        value = FORMULA if self.formula else self.value("".join(self.texts).strip())
        if not value:
            self.empty += 1
            if self.empty > MOST_CELLS:
                raise endless()
            return
        if self.column >= MOST_COLUMNS:
            said = (
                f"Row {self.number} has a cell beyond column {MOST_COLUMNS}. Delete the columns that no template has."
            )
            raise Invalid(said, {"file": said})
        self.cells[self.column] = value[:MOST_TEXT]

    def value(self, text: str) -> str:
        """What a cell says; numbers as they are written."""
        if self.kind == "s":
            place = int(text) if text else -1
            if not 0 <= place < len(self.shared):
                raise damaged(": a cell names a text that is not there")
            return self.shared[place].strip()
        return FAULT if self.kind == "e" and text else text


def column_of(letters: str) -> int:
    """The column `B` is 1. Errors: ValueError."""
    if not (letters.isascii() and letters.isupper() and letters.isalpha() and len(letters) <= MOST_LETTERS):
        raise ValueError(letters[:20])
    return reduce(lambda column, letter: column * 26 + ord(letter) - 64, letters, 0) - 1


def too_long(most: int) -> Invalid:
    said = (
        f"The file has more than {most - 1:,} rows, empty ones counted. Delete the empty rows below the last value, "
        "or send the values in several files."
    )
    return Invalid(said, {"file": said})
