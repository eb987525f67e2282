"""Benefits: what was measured and what was modelled, always apart."""

from collections.abc import Sequence

from reportlab.platypus import Flowable

from hcqic_gov.reporting.snapshot import Kpi
from reports.flowables import paragraph, section, subsection, table

DIMENSIONS = ("health", "economy")
APART = "Measured and modelled benefits are never added together. Modelled ones rest on assumptions."


def benefits(kpis: Sequence[Kpi]) -> list[Flowable]:
    return [
        section("Benefits"),
        paragraph(APART),
        subsection("Measured"),
        listed(chosen(kpis, "measured"), nothing="No measured benefits are reported."),
        subsection("Modelled"),
        listed(chosen(kpis, "modelled"), nothing="No modelled benefits are reported."),
    ]


def chosen(kpis: Sequence[Kpi], basis: str) -> Sequence[Kpi]:
    """Health outcomes and economic effects of this basis that have a value."""
    return [kpi for kpi in kpis if kpi.dimension in DIMENSIONS and kpi.basis == basis and kpi.value is not None]


def listed(kpis: Sequence[Kpi], *, nothing: str) -> Flowable:
    rows = [(f"{kpi.code} {kpi.name}", kpi.reading, kpi.period, kpi.source) for kpi in kpis]
    return table(("Benefit", "Value", "Period", "From"), rows, shares=(45, 15, 15, 25), numbers=(1,), nothing=nothing)
