"""Outputs, by the outcome types of Researchfish."""

from collections.abc import Sequence
from itertools import groupby

from reportlab.platypus import Flowable

from hcqic_gov.reporting.snapshot import Output
from reports.flowables import day, paragraph, section, table


def outputs(lines: Sequence[Output]) -> list[Flowable]:
    ordered = sorted(lines, key=lambda line: (line.kind, line.title))
    counts = [f"{len(list(group))} {kind.lower()}" for kind, group in groupby(ordered, key=lambda line: line.kind)]
    rows = [(line.kind, line.title, line.project, day(line.day), line.identifier or "none") for line in ordered]
    headers = ("Type", "Output", "Project", "Date", "Identifier")
    nothing = "No outputs of these projects are recorded for this period."
    grid = table(headers, rows, shares=(18, 32, 18, 12, 20), nothing=nothing)
    return [
        section("Outputs"),
        *([paragraph(f"In this period: {', '.join(counts)}.")] if counts else []),
        grid,
    ]
