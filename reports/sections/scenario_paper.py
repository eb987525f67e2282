"""The operating-model scenarios compared, as a paper for a board."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Literal

from reportlab.graphics.shapes import Drawing, Line, Polygon, Shape, String
from reportlab.lib.colors import Color
from reportlab.platypus import CondPageBreak, Flowable

from hcqic_gov.scenarios.chart import ROW, Bar, Chart, chart
from hcqic_gov.scenarios.chart import WIDTH as UNITS
from hcqic_gov.scenarios.paper import BoardPaper, OptionLine, Standard
from reports import style
from reports.flowables import day, facts, gap, grid, money, paragraph, prose, section, subsection, table, title
from reports.fonts import BOLD, REGULAR, printable
from reports.tagging import Element, Marked

WORD, BAR, MIDDLE = 16, 24, 33
"""In the rows of the chart: where the words stand, where the bar begins, where its range runs."""


def scenario_paper(paper: BoardPaper) -> list[Flowable]:
    return [
        paragraph("Paper for the board", style.LEAD),
        title("Operating-model scenarios compared"),
        paragraph(paper.note, style.NOTE),
        gap(4),
        facts(
            [
                ("Measured against", f"{paper.reference}: {paper.baseline_title}"),
                ("Prices of", str(paper.price_year)),
                ("Years", f"{paper.first_year} to {paper.first_year + paper.last_year}, year 0 to {paper.last_year}"),
                ("Adopted", paper.adopted or "None of them is adopted yet"),
                ("Missing", "; ".join(paper.missing) or "Nothing that a comparison always shows"),
            ]
        ),
        *results(paper),
        *beside(paper.options),
        *sensitivity(paper),
        *each(paper.options),
        *basis(paper.standards),
    ]


def results(paper: BoardPaper) -> list[Flowable]:
    rows = [
        (
            f"{one.reference} {one.option}",
            one.state,
            money(one.npsv),
            ratio(one.bcr),
            "never" if one.payback is None else f"year {one.payback}",
            "none" if one.irr is None else f"{one.irr * 100:.1f} %".replace("-", "−"),
            "none" if one.cost_per_project is None else money(one.cost_per_project),
        )
        for one in paper.options
    ]
    headers = ("Scenario", "State", "NPSV", "BCR", "Payback", "Internal rate", "Cost per project")
    return [
        section("Results against business as usual"),
        paragraph(
            "NPSV is net present social value: discounted benefits less discounted costs, both against business as "
            "usual. BCR is the ratio of the two."
        ),
        grid(headers, rows, shares=(24, 11, 16, 8, 11, 12, 16), numbers=(2, 3, 6)),
        *figure(paper.options),
    ]


def ratio(value: Decimal | None) -> str:
    return "none" if value is None else f"{value:.2f}"


def figure(options: Sequence[OptionLine]) -> list[Flowable]:
    """The chart of all but business as usual; nothing where there are none."""
    bars = [
        Bar(f"{one.option} · {one.reference[-4:]}", one.npsv, min(one.swept), max(one.swept))
        for one in options
        if not one.baseline
    ]
    if not bars:
        return []
    placed = chart(bars)
    ranges = "The line through each bar shows the range from no mitigation of optimism bias to full mitigation."
    drawing = Marked(drawn(placed), Element("Figure", alt=f"{placed.summary} {ranges}"))
    return [
        CondPageBreak(placed.height * scale() + 60),
        subsection("Net present social value"),
        drawing,
        paragraph(f"{placed.summary} {ranges}", style.SMALL),
    ]


def scale() -> float:
    return style.WIDTH / UNITS


def drawn(placed: Chart) -> Drawing:
    """The very bars of the page, top to bottom."""
    factor, height = scale(), placed.height
    drawing = Drawing(style.WIDTH, height * factor)
    for shape in shapes(placed):
        drawing.add(shape)
    drawing.scale(factor, factor)
    return drawing


def shapes(placed: Chart) -> Iterator[Shape]:
    for bar in placed.bars:
        top = placed.height - bar.y
        yield text(0, top - WORD, bar.label, REGULAR, "start")
        yield text(placed.width, top - WORD, bar.text, BOLD, "end")
        colour = style.GREEN if bar.gain else style.CONCERN
        yield box(bar.x, top - BAR - 18, bar.width, colour)
        for x in (bar.low, bar.high):
            yield line(x, top - MIDDLE - 5, x, top - MIDDLE + 5)
        yield line(bar.low, top - MIDDLE, bar.high, top - MIDDLE)
        yield line(placed.zero, top - BAR + 4, placed.zero, top - ROW + 10)


def box(x: float, y: float, width: float, colour: Color) -> Shape:
    corners = [x, y, x, y + 18, x + width, y + 18, x + width, y]
    return Polygon(corners, fillColor=colour, strokeColor=colour, strokeWidth=0)


def line(x: float, y: float, to_x: float, to_y: float) -> Shape:
    return Line(x, y, to_x, to_y, strokeColor=style.INK, strokeWidth=1)


def text(x: float, y: float, words: str, font: str, anchor: Literal["start", "end"]) -> Shape:
    return String(x, y, printable(words), fontName=font, fontSize=9, fillColor=style.INK, textAnchor=anchor)


def beside(options: Sequence[OptionLine]) -> list[Flowable]:
    rows = [
        (
            one.reference,
            money(one.net_cash),
            money(one.funding_gap),
            f"{one.jobs:f}",
            money(one.earned_income),
            money(one.in_kind),
            f"{one.projects:f}",
            f"{one.qalys:f}",
        )
        for one in options
    ]
    headers = ("Scenario", "Net cash", "Funding gap", "Most jobs", "Earned income", "In kind", "Projects", "QALYs")
    return [
        section("Cash, and what stands beside the figures"),
        grid(headers, rows, shares=(21, 14, 13, 7, 13, 12, 11, 9), numbers=tuple(range(1, 8))),
        paragraph("Over all years, not discounted. Jobs and earned income never enter NPSV or BCR.", style.SMALL),
    ]


def sensitivity(paper: BoardPaper) -> list[Flowable]:
    shares = (22, *(15 for _ in range(3)), *(15 for _ in paper.schedules))
    rows = [
        (one.reference, *(money(one.swept[n]) for n in (0, 2, 4)), *map(money, one.sensitivities))
        for one in paper.options
    ]
    mitigated = ("None mitigated", "50 % mitigated", "100 % mitigated")
    return [
        section("How much the result depends on the assumptions"),
        paragraph("NPSV by the share of optimism bias that is mitigated, and by other discount schedules."),
        grid(("Scenario", *mitigated, *paper.schedules), rows, shares=shares, numbers=tuple(range(1, len(shares)))),
    ]


def each(options: Sequence[OptionLine]) -> list[Flowable]:
    parts: list[Flowable] = [section("The scenarios")]
    for one in options:
        parts += [subsection(f"{one.reference} {one.option}: {one.title}")]
        parts += prose(one.summary, nothing="No summary was written.")
        parts += [paragraph(f"Optimism bias mitigated in the result above: {one.mitigation} %.", style.SMALL)]
    return parts


def basis(standards: Sequence[Standard]) -> list[Flowable]:
    rows = [(one.title, day(one.since), one.fingerprint) for one in standards]
    headers = ("File of the centre", "In force from", "Fingerprint (SHA-256)")
    return [
        section("What the figures stand on"),
        table(headers, rows, shares=(34, 16, 50), nothing="No appraisal files."),
    ]
