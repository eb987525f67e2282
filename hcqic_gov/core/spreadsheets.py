"""Tables as files for a spreadsheet: CSV and XLSX, in which nothing that people wrote is taken for a formula."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from hcqic_gov.core.prose import readable

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What OWASP names as beginnings of a formula (CSV injection), with the full-width signs."""
ERRORS = ("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A")
WIDTH = 13
"""Of a column, in characters, where nothing else is said."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a workbook: its headings, its rows, and the widths of columns by their headings."""

    title: str
    headings: Sequence[str]
    rows: Iterable[Sequence[object]]
    widths: Mapping[str, int] = field(default_factory=dict)


def harmless(cell: object) -> object:
    """Text, whoever wrote it, so that a spreadsheet takes it for neither formula nor error; numbers stay numbers."""
    if not isinstance(cell, str):
        return cell
    text = readable(cell)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) or text in ERRORS else text


def as_csv(sheet: Sheet) -> bytes:
    """RFC 4180, in UTF-8 with the mark by which Excel knows it."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(sheet.headings)
    writer.writerows([harmless(cell) for cell in row] for row in sheet.rows)
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(sheets: Sequence[Sheet]) -> bytes:
    """A workbook; the first row of each sheet stays in sight."""
    from openpyxl import Workbook  # loaded for who takes a file
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    for sheet in sheets:
        page = book.create_sheet(sheet.title)
        page.freeze_panes = "A2"
        for place, name in enumerate(sheet.headings):
            page.column_dimensions[get_column_letter(place + 1)].width = sheet.widths.get(name, WIDTH)
        page.append(list(sheet.headings))
        for row in sheet.rows:
            page.append([harmless(cell) for cell in row])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
