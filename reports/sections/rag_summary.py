"""Status of every KPI at a glance: a row each, by dimension, with no score over several."""

from collections.abc import Sequence

from reportlab.platypus import Flowable

from hcqic_gov.reporting.snapshot import DIMENSIONS, Kpi, Level, of_dimension
from reports.flowables import Cell, badge, grid, paragraph, rag, section, subsection
from reports.shapes import CAUSES, LEVELS


def rag_summary(kpis: Sequence[Kpi]) -> list[Flowable]:
    parts = [part for key, name in DIMENSIONS.items() for part in dimension(name, of_dimension(kpis, key))]
    return [section("Status by dimension"), paragraph(HOW_TO_READ), *parts]


HOW_TO_READ = (
    "Status compares the latest value with its target. Variation says whether the process itself has changed: "
    "common cause is its ordinary noise, a special cause is a signal. Dimensions are not added up into one score."
)


def dimension(name: str, kpis: Sequence[Kpi]) -> list[Flowable]:
    if not kpis:
        return []
    headers = ("KPI", "Period", "Actual", "Target", "Status", "Variation")
    rows = [row(kpi) for kpi in kpis]
    table = grid(headers, rows, shares=(26, 13, 15, 13, 15, 18), numbers=(2, 3))
    return [subsection(name), paragraph(counts(kpis)), table]


def row(kpi: Kpi) -> Sequence[Cell]:
    variation: Cell = badge(CAUSES[kpi.variation_cause], kpi.variation) if kpi.points else "too few values"
    return (f"{kpi.code} {kpi.name}", kpi.period, kpi.reading, kpi.target, rag(kpi.level), variation)


def counts(kpis: Sequence[Kpi]) -> str:
    """As "6 KPIs: 4 green, 1 amber, 1 not reported."."""
    levels = [(level, sum(kpi.level is level for kpi in kpis)) for level in Level]
    parts = [f"{count} {LEVELS[level].word.lower()}" for level, count in levels if count]
    return f"{len(kpis)} KPI{'' if len(kpis) == 1 else 's'}: {', '.join(parts)}."
