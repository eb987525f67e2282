"""Benefits: what was measured and what was modelled, always apart."""

from collections.abc import Sequence

from reportlab.platypus import Flowable

from hcqic_gov.reporting.snapshot import Kpi
from reports.flowables import paragraph, section, subsection, table

DIMENSIONS = ("health", "economy")


def benefits(kpis: Sequence[Kpi]) -> list[Flowable]:
    chosen = [kpi for kpi in kpis if kpi.dimension in DIMENSIONS]
    return [
        section("Benefits"),
        paragraph("Measured and modelled benefits are never added together. Modelled ones rest on assumptions."),
        subsection("Measured"),
        listed([kpi for kpi in chosen if kpi.basis == "measured"], nothing="No measured benefits are reported."),
        subsection("Modelled"),
        listed([kpi for kpi in chosen if kpi.basis == "modelled"], nothing="No modelled benefits are reported."),
    ]


def listed(kpis: Sequence[Kpi], *, nothing: str) -> Flowable:
    rows = [(f"{kpi.code} {kpi.name}", kpi.reading, kpi.period, kpi.source) for kpi in kpis]
    return table(("Benefit", "Value", "Period", "From"), rows, shares=(45, 15, 15, 25), numbers=(1,), nothing=nothing)
