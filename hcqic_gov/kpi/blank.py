"""The table that a data owner fills in: a row for each value that they have to report, as CSV or XLSX."""

import csv
import io
from collections.abc import Sequence
from datetime import date

from sqlmodel import Session, col, select

from hcqic_gov.core.actor import Actor
from hcqic_gov.core.calendar import Period
from hcqic_gov.core.spreadsheets import harmless
from hcqic_gov.kpi.definitions import Definition, definitions
from hcqic_gov.kpi.models import Observation
from hcqic_gov.kpi.periods import closed_codes
from hcqic_gov.kpi.queries import RECENT, owns
from hcqic_gov.kpi.rules import OUTCOME_LABELS, Attribution
from hcqic_gov.kpi.sheets import COLUMNS, MOST_ROWS

WIDE = {"title": 34, "source": 30, "note": 30, "reason": 30}
"""Characters of the columns that hold sentences."""
HELP = (
    "Fill in one row for each value. Rows that you leave empty are left out.",
    "period: 2026-04 for a month, 2026-Q2 for April to June 2026, FY2026 for April 2026 to March 2027.",
    f"outcome: {', '.join(OUTCOME_LABELS.values())}; empty means value.",
    "value: for most KPIs. numerator and denominator: for those that are a ratio; these have no value.",
    "n: how many cases stand behind the value, where that is known.",
    f"basis: measured or modelled. attribution: {' or '.join(way.value for way in Attribution)}.",
    "source: where somebody else can find the number. Without it a value cannot be sent for verification.",
    "reason: why a verified value is corrected.",
    f"At most {MOST_ROWS:,} rows. Formulas are not worked out: paste their values.",
)


def open_rows(session: Session, actor: Actor, today: date) -> Sequence[tuple[Definition, Period]]:
    """The recent ended, open periods of this person's KPIs for which nobody has entered anything, the oldest first."""
    owned = [one for one in definitions(today) if not one.computed and owns(actor, one)]
    wanted = [(one, period) for one in owned for period in recent(one, today)]
    statement = select(Observation.code, Observation.period).where(
        col(Observation.code).in_([one.code for one in owned])
    )
    known, shut = {(code, period) for code, period in session.exec(statement)}, closed_codes(session)
    return [(one, period) for one, period in wanted if (one.code, period.code) not in known and period.code not in shut]


def recent(one: Definition, today: date) -> Sequence[Period]:
    current = Period.containing(today, one.frequency)
    return [period for back in range(RECENT, 0, -1) if (period := current.shifted(-back)).end >= one.effective_from]


def cells(one: Definition, period: Period) -> Sequence[str]:
    known = {"code": one.code, "title": str(harmless(one.title)), "period": period.code}
    return [known.get(name, "") for name in COLUMNS]


def as_csv(rows: Sequence[tuple[Definition, Period]]) -> bytes:
    """With the mark by which Excel knows UTF-8."""
    text = io.StringIO()
    csv.writer(text).writerows([COLUMNS, *(cells(one, period) for one, period in rows)])
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(rows: Sequence[tuple[Definition, Period]]) -> bytes:
    """Columns of text, so that a spreadsheet makes no date of a period; a second sheet says how to fill it in."""
    from openpyxl import Workbook  # loaded for who takes a file
    from openpyxl.styles import Font

    book = Workbook()
    sheet = book.active
    sheet.title, sheet.freeze_panes = "Values", "A2"
    for place, name in enumerate(COLUMNS, 1):
        letter = sheet.cell(1, place, name).column_letter
        sheet.cell(1, place).font = Font(bold=True)
        sheet.column_dimensions[letter].width = WIDE.get(name, 14)
        sheet.column_dimensions[letter].number_format = "@" if name in {"code", "period"} else "General"
    for number, (one, period) in enumerate(rows, 2):
        for place, text in enumerate(cells(one, period), 1):
            if text:
                sheet.cell(number, place, text).number_format = "@"
    notes = book.create_sheet("How to fill in")
    notes.column_dimensions["A"].width = 110
    for line in HELP:
        notes.append([line])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
