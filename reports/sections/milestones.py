"""Milestones: planned, expected, met."""

from collections.abc import Sequence

from reportlab.platypus import Flowable

from hcqic_gov.reporting.snapshot import Milestone
from reports.flowables import day, rag, section, table


def milestones(lines: Sequence[Milestone]) -> list[Flowable]:
    rows = [
        (
            line.title,
            line.project,
            day(line.baseline),
            day(line.forecast),
            day(line.actual, nothing="not met yet"),
            rag(line.level, line.status),
        )
        for line in lines
    ]
    headers = ("Milestone", "Project", "Baseline", "Forecast", "Actual", "Status")
    nothing = "No milestones are recorded for the projects of this report."
    return [section("Milestones"), table(headers, rows, shares=(28, 19, 12, 12, 12, 17), nothing=nothing)]
