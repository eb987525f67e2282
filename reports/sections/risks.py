"""Risks and issues that are open."""

from collections.abc import Sequence

from reportlab.platypus import Flowable

from hcqic_gov.reporting.snapshot import Risk
from reports.flowables import paragraph, rag, section, table


def risks(lines: Sequence[Risk]) -> list[Flowable]:
    rows = [
        (line.title, line.project, line.category, rag(line.level, line.status), line.response or "none recorded")
        for line in lines
    ]
    headers = ("Risk", "Project", "Kind", "Score", "Response")
    nothing = "No open risks are recorded for the projects of this report."
    return [
        section("Risks and issues"),
        table(headers, rows, shares=(27, 18, 13, 14, 28), nothing=nothing),
        paragraph("The score is likelihood times impact, each from 1 (low) to 5 (high)."),
    ]
