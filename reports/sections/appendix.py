"""The appendix: definitions, data quality and where the data come from."""

from collections.abc import Sequence

from reportlab.platypus import Flowable

from hcqic_gov.reporting.snapshot import Kpi, Level, Source
from reports.flowables import paragraph, section, subsection, table

CATALOGUE = (
    "The KPI catalogue is the centre's own, aligned to the five dimensions named by Health Innovation North West Coast."
)


def appendix(kpis: Sequence[Kpi], sources: Sequence[Source]) -> list[Flowable]:
    definitions = [(kpi.code, kpi.name, kpi.definition, kpi.unit, kpi.policy[:12]) for kpi in kpis]
    origins = [(source.part, source.query, source.note) for source in sources]
    return [
        section("Appendix: definitions, data quality and provenance"),
        paragraph(CATALOGUE),
        subsection("Definitions"),
        table(
            ("Code", "KPI", "Definition", "Unit", "Fingerprint"),
            definitions,
            shares=(8, 22, 40, 15, 15),
            nothing="This report has no KPIs.",
        ),
        subsection("Data quality"),
        paragraph(quality(kpis)),
        subsection("Provenance"),
        table(("Part", "Query", "Note"), origins, shares=(20, 35, 45), nothing="No sources were recorded."),
    ]


def quality(kpis: Sequence[Kpi]) -> str:
    missing = [kpi.code for kpi in kpis if kpi.level is Level.NOT_REPORTED]
    if not missing:
        return "Every KPI of this report has a value."
    return f"{len(missing)} of {len(kpis)} KPIs have no value: {', '.join(missing)}. None of them is counted as 0."
