"""The pieces that sections are made of: headings, paragraphs, tables and signs, each tagged with its meaning."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

from reportlab.graphics import renderPDF
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Flowable, Paragraph, Spacer, Table

from hcqic_gov.core.calendar import day_words, moment_words
from hcqic_gov.core.money import pounds
from hcqic_gov.core.prose import Run, blocks
from hcqic_gov.reporting.snapshot import Level
from reports import style
from reports.fonts import printable
from reports.shapes import LEVELS, Sign
from reports.tagging import Element, Heading, Item, Marked, TableMarks

Cell = str | Flowable
TABLE_BEGINS, SECTION_BEGINS = 110, 190
"""Points that the head of a table with its first row takes; the same below a subheading and a sentence."""


def inline(text: str) -> str:
    """Text as ReportLab's paragraph markup, with nothing of the author's read as markup."""
    return escape(printable(text))


def title(text: str) -> Flowable:
    return Heading(Paragraph(inline(text), style.TITLE), text, 1)


def section(text: str) -> Flowable:
    return Heading(Paragraph(inline(text), style.H1), text, 2, room=SECTION_BEGINS)


def subsection(text: str) -> Flowable:
    return Heading(Paragraph(inline(text), style.H2), text, 3, room=TABLE_BEGINS)


def paragraph(text: str, look: ParagraphStyle = style.BODY) -> Flowable:
    return Marked(Paragraph(inline(text), look), Element("P"))


def prose(text: str, *, nothing: str) -> list[Flowable]:
    """What a person wrote, a paragraph for each of theirs; the sentence `nothing` where they wrote none."""
    return [paragraph(part) for part in text.split("\n") if part.strip()] or [paragraph(nothing, style.CAPTION)]


def formatted(text: str, *, nothing: str) -> list[Flowable]:
    """What a person wrote with simple formatting; the sentence `nothing` where they wrote none."""
    shown: list[Flowable] = []
    of = Element("L")
    for block in blocks(text):
        of = Element("L") if block.first else of
        words = "".join(map(marked_up, block.runs))
        if block.mark:
            shown.append(Item(Paragraph(words, style.ITEM, bulletText=block.mark), of))
        else:
            shown.append(Marked(Paragraph(words, style.BODY), Element("P")))
    return shown or [paragraph(nothing, style.CAPTION)]


def marked_up(run: Run) -> str:
    words = "<br/>".join(map(inline, run.text.split("\n")))
    if run.bold:
        words = f"<b>{words}</b>"
    return f"<i>{words}</i>" if run.italic else words


def gap(height: float = 6) -> Flowable:
    return Spacer(1, height)


class Badge(Paragraph):
    """A sign's shape and, beside it, words."""

    sign: Sign | None = None  # the second part of a split badge has words only

    def __init__(self, sign: Sign | None, text: str, look: ParagraphStyle) -> None:
        super().__init__(inline(text), ParagraphStyle(f"badge {look.name}", look, leftIndent=11))
        self.sign = sign

    def split(self, width: float, height: float) -> list[Flowable]:
        return []

    def draw(self) -> None:
        if self.sign:
            renderPDF.draw(self.sign.drawing(7), self.canv, 0, self.height - 9)
        super().draw()


def badge(sign: Sign, text: str = "") -> Flowable:
    return Badge(sign, text or sign.word, style.CELL)


def rag(level: Level, words: str = "") -> Flowable:
    """A level as shape, colour and word: "Amber: 12 days late"."""
    sign = LEVELS[level]
    return badge(sign, f"{sign.word}: {words}" if words else sign.word)


def grid(
    headers: Sequence[str], rows: Sequence[Sequence[Cell]], *, shares: Sequence[float], numbers: Sequence[int] = ()
) -> Flowable:
    """A table with a header row; `shares` are the columns' widths, `numbers` the columns set to the right."""
    head = [_cell(text, style.CELL_NUMBER_BOLD if n in numbers else style.CELL_BOLD) for n, text in enumerate(headers)]
    body = [[_cell(c, style.CELL_NUMBER if n in numbers else style.CELL) for n, c in enumerate(row)] for row in rows]
    lines = [*_LINES, ("BACKGROUND", (0, 0), (-1, 0), style.TINT), ("LINEBELOW", (0, 0), (-1, 0), 1, style.BRAND)]
    return _table([head, *body], shares, lines, repeat=1)


def table(
    headers: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    *,
    shares: Sequence[float],
    nothing: str,
    numbers: Sequence[int] = (),
) -> Flowable:
    """A grid, or where there are no rows the sentence `nothing`: an empty table says less than a sentence."""
    return grid(headers, rows, shares=shares, numbers=numbers) if rows else paragraph(nothing, style.CAPTION)


def facts(rows: Sequence[tuple[str, Cell]], *, share: float = 0.28) -> Flowable:
    """Names and values, each name a row header."""
    cells = [[_cell(name, style.CELL_BOLD), _cell(value, style.CELL)] for name, value in rows]
    return _table(cells, (share, 1 - share), list(_LINES), repeat=0)


_LINES: tuple[tuple[Any, ...], ...] = (
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LINEBELOW", (0, 0), (-1, -1), 0.5, style.RULE),
    ("TOPPADDING", (0, 0), (-1, -1), 3),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
    ("LEFTPADDING", (0, 0), (-1, -1), 3),
    ("RIGHTPADDING", (0, 0), (-1, -1), 5),
)


def _cell(value: Cell, look: ParagraphStyle) -> Flowable:
    return Paragraph(inline(value), look) if isinstance(value, str) else value


class Grid(Table):
    """A table whose rows are split only where one is taller than a page."""

    def split(self, width: float, height: float) -> list[Flowable]:
        self.splitInRow = 0
        parts: list[Flowable] = super().split(width, height)
        if not parts and height > style.FULL:
            self.splitInRow = 1
            parts = super().split(width, height)
        return parts


def _table(
    cells: list[list[Flowable]], shares: Sequence[float], lines: list[tuple[Any, ...]], *, repeat: int
) -> Flowable:
    marks: Any = TableMarks(row_headers=True)  # is called as a TableRenderCB
    return Grid(
        cells,
        colWidths=[share / sum(shares) * style.WIDTH for share in shares],
        style=lines,
        repeatRows=repeat,
        spaceBefore=4,
        spaceAfter=10,
        renderCB=marks,
    )


def day(value: date | None, *, nothing: str = "not recorded") -> str:
    return nothing if value is None else day_words(value)


def moment(value: datetime) -> str:
    return moment_words(value)


def money(value: Decimal | None) -> str:
    return pounds(value)
