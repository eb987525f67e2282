"""Each KPI with its chart, its values, its target, the explanations of points, and the rules it was judged by."""

from collections.abc import Sequence

from reportlab.platypus import CondPageBreak, Flowable

from hcqic_gov.core.calendar import Period
from hcqic_gov.reporting.snapshot import Cause, Kpi, Point, with_value, without_value
from reports import style
from reports.charts import notes_of, spc_chart
from reports.flowables import Cell, badge, grid, paragraph, rag, section, subsection, table, title
from reports.shapes import CAUSES
from reports.tagging import Element, Marked

LATEST = 3
"""Values in the table beside a chart; the attached snapshot holds them all."""
HEIGHT_WITH_CHART, HEIGHT_WITHOUT = 330, 90
"""Points that must be free on the page before a KPI begins: two with charts fit on one."""


def kpi_detail(kpis: Sequence[Kpi]) -> list[Flowable]:
    parts = [part for kpi in with_value(kpis) for part in one(kpi)]
    return [CondPageBreak(HEIGHT_WITH_CHART + 40), section("KPIs in detail"), *parts, *silent(without_value(kpis))]


def silent(kpis: Sequence[Kpi]) -> list[Flowable]:
    """One table for all that have no value to show."""
    rows = [(f"{kpi.code} {kpi.name}", kpi.reading, kpi.target, f"{kpi.basis}; {kpi.source}") for kpi in kpis]
    headers = ("KPI", "Actual", "Target", "Basis")
    nothing = "Every KPI of this report has a value."
    return [subsection("KPIs without a value"), table(headers, rows, shares=(38, 17, 17, 28), nothing=nothing)]


def alone(kpi: Kpi) -> list[Flowable]:
    """A document of one KPI: the same parts, and every value."""
    name = title(f"{kpi.code} {kpi.name}, {kpi.period}")
    return [name, paragraph(kpi.definition), *body(kpi, latest=len(kpi.points))]


def one(kpi: Kpi) -> list[Flowable]:
    return [
        CondPageBreak(HEIGHT_WITH_CHART if kpi.points else HEIGHT_WITHOUT),
        subsection(f"{kpi.code} {kpi.name}, {kpi.period}"),
        *body(kpi, latest=LATEST),
    ]


def body(kpi: Kpi, *, latest: int) -> list[Flowable]:
    headers = ("Actual", "Target", "Status", "Variation and assurance", "Basis")
    row: Sequence[Cell] = (
        kpi.reading,
        kpi.target,
        rag(kpi.level, kpi.status),
        badge(CAUSES[kpi.variation_cause], variation(kpi)) if kpi.points else "too few values",
        f"{kpi.basis}; {kpi.source}",
    )
    return [grid(headers, [row], shares=(14, 14, 17, 28, 27)), *chart(kpi, latest)]


def variation(kpi: Kpi) -> str:
    said_once = kpi.assurance in ("", kpi.variation)
    return kpi.variation if said_once else f"{kpi.variation}; {kpi.assurance}"


def chart(kpi: Kpi, latest: int) -> list[Flowable]:
    """Chart, explanations and the latest values; nothing where the KPI has no series."""
    if not kpi.points:
        return []
    figure = Marked(spc_chart(kpi.points), Element("Figure", alt=kpi.summary))
    notes = [
        paragraph(f"{n}. {Period.parse(point.period).label}: {point.note}", style.CAPTION)
        for n, point in notes_of(kpi.points)
    ]
    judged = f"Judged by ruleset {kpi.ruleset}; definition {kpi.policy[:12]}."
    if kpi.variation_cause is Cause.NOT_JUDGED:
        judged = f"Definition {kpi.policy[:12]}."
    return [figure, paragraph(f"{kpi.summary} {judged}", style.SMALL), *notes, values(kpi, latest)]


def values(kpi: Kpi, latest: int) -> Flowable:
    headers = ("Period", "Value", "Mean", "Limits", "Target", "What the point says")
    rows = [value_row(point, kpi.decimals) for point in kpi.points[-latest:]]
    return grid(headers, rows, shares=(16, 10, 10, 17, 10, 37), numbers=(1, 2, 3, 4))


def value_row(point: Point, decimals: int) -> Sequence[Cell]:
    low, high = (number(limit, decimals + 1) for limit in (point.lower, point.upper))
    sign = CAUSES[point.cause]
    words = sign.word if point.cause is Cause.COMMON or not point.rule else f"{sign.word}: {point.rule}"
    return (
        Period.parse(point.period).short,
        number(point.value, decimals),
        number(point.mean, decimals + 1),
        "none" if point.lower is None else f"{low} to {high}",
        number(point.target, decimals),
        badge(sign, words),
    )


def number(value: float | None, decimals: int) -> str:
    return "none" if value is None else f"{value:,.{decimals}f}".replace("-", "−")
