"""The data of a report as tables, for a spreadsheet: every value of the snapshot, under the names that it has there."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from enum import Enum
from typing import Any

from hcqic_gov.core.calendar import LONDON
from hcqic_gov.core.spreadsheets import Sheet
from hcqic_gov.reporting.snapshot import (
    Approval,
    BudgetLine,
    FunderReport,
    Incident,
    Kpi,
    Milestone,
    Output,
    Point,
    Risk,
    Source,
)

WIDE = ("title", "name", "definition", "summary", "response", "reason", "note", "what", "text", "source", "status")
WIDTHS = {**dict.fromkeys(WIDE, 40), "project": 20, "award": 20, "policy": 66}
"""Characters."""
KPI = tuple(one.name for one in fields(Kpi) if one.name != "points")
POINT = tuple(one.name for one in fields(Point))
LISTED: Mapping[str, tuple[str, type]] = {
    "milestones": ("Milestones", Milestone),
    "budget": ("Budget", BudgetLine),
    "risks": ("Risks", Risk),
    "outputs": ("Outputs", Output),
    "approvals": ("Approvals", Approval),
    "incidents": ("Incidents", Incident),
    "sources": ("Provenance", Source),
}
"""Parts of a snapshot that are lists of records: the title of each, and what it is a list of."""


def tables(report: FunderReport) -> Mapping[str, Sheet]:
    """By name, in the order of the report."""
    listed = {name: records(title, kind, getattr(report, name)) for name, (title, kind) in LISTED.items()}
    return {
        "about": pairs("About", report.about),
        "narrative": pairs("Narrative", report.narrative),
        "kpis": sheet("KPIs", KPI, ([getattr(one, name) for name in KPI] for one in report.kpis)),
        "values": sheet("KPI values", ("code", *POINT), points(report.kpis)),
        **listed,
        "runs": pairs("Simulated runs", report.runs),
    }


def points(kpis: Sequence[Kpi]) -> Iterable[Sequence[object]]:
    return ([one.code, *(getattr(point, name) for name in POINT)] for one in kpis for point in one.points)


def records(title: str, kind: type, rows: Sequence[Any]) -> Sheet:
    """One row for each record; what a line of a budget works out stands beside what it holds."""
    names = [one.name for one in fields(kind)] + ["variance"] * (kind is BudgetLine)
    return sheet(title, names, ([getattr(row, name) for name in names] for row in rows))


def pairs(title: str, value: Any) -> Sheet:
    """A record of its own: a row for each of its fields."""
    return sheet(title, ("field", "text"), ([one.name, getattr(value, one.name)] for one in fields(value)))


def sheet(title: str, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> Sheet:
    return Sheet(title, headings, [[cell(value) for value in row] for row in rows], WIDTHS)


def cell(value: object) -> object:
    """A value as a spreadsheet takes it: it knows no zones of time and no lists."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.astimezone(LONDON).replace(tzinfo=None)
    return "; ".join(value) if isinstance(value, tuple) else value
