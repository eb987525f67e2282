"""A KPI's view as rows, for the data table beside a chart and for the export: the same words and numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

from hcqic_gov.core import spreadsheets
from hcqic_gov.core.calendar import Period
from hcqic_gov.core.spreadsheets import Sheet
from hcqic_gov.kpi.spc import Limits, Point
from hcqic_gov.kpi.views import Finding, KpiView, period_of, shown


@dataclass(frozen=True, slots=True)
class Row:
    """One period: its value as people read it, its target, and what the evaluation says of it."""

    period: Period
    finding: Finding
    shown: str
    target: float | None
    point: Point | None
    limits: Limits | None
    note: str

    @property
    def cause(self) -> str:
        return self.point.cause.value if self.point else ""


def rows(view: KpiView) -> Sequence[Row]:
    """The periods in order; those without a value that may be shown are no points of the chart."""
    points = zip(view.evaluation.points, view.evaluation.limits, strict=True)
    made = []
    for found, target in zip(view.findings, view.targets, strict=True):
        point, limits = next(points) if found.value is not None else (None, None)
        period = period_of(view.definition, found.start)
        made.append(Row(period, found, shown(view.definition, found), target, point, limits, notes_on(view, found)))
    return made


def notes_on(view: KpiView, found: Finding) -> str:
    return "; ".join(note.text for note in view.notes if note.start == found.start)


HEADINGS = (
    "code",
    "title",
    "period",
    "outcome",
    "value",
    "unit",
    "target",
    "cause",
    "variation",
    "mean",
    "lower_limit",
    "upper_limit",
    "trial_limits",
    "note",
    "revised_after_closing",
    "ruleset",
    "definition_version",
    "definition_sha256",
)


WIDTHS = {"title": 40, "cause": 26, "variation": 28, "note": 40, "definition_sha256": 66}
"""Characters."""


def sheet(views: Sequence[KpiView]) -> Sheet:
    """A line for each period of each KPI: numbers in full, hidden values as words."""
    return Sheet("Values", HEADINGS, (cells(view, row) for view in views for row in rows(view)), WIDTHS)


def as_csv(views: Sequence[KpiView]) -> bytes:
    return spreadsheets.as_csv(sheet(views))


def as_xlsx(views: Sequence[KpiView]) -> bytes:
    return spreadsheets.as_xlsx([sheet(views)])


def cells(view: KpiView, row: Row) -> list[object]:
    one, point, limits = view.definition, row.point, row.limits
    return [
        one.code,
        one.title,
        row.period.code,
        row.shown if row.finding.hidden else row.finding.outcome.value,
        row.finding.value,
        one.unit,
        row.target,
        row.cause,
        point.variation.value if point else "",
        *((limits.mean, limits.lower, limits.upper, limits.trial) if limits else ("", "", "", "")),
        row.note,
        "yes" if row.finding.revised else "",
        view.evaluation.ruleset,
        one.version,
        one.fingerprint,
    ]
