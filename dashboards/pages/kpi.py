"""One KPI: its summary in words, the chart, the data table, explanations, definition and provenance."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from dash import dcc, html
from sqlmodel import Session

from dashboards.address import Wanted
from dashboards.components import icon, level, table, tag
from dashboards.figures import Note, spc_chart
from hcqic_gov.core.calendar import Period
from hcqic_gov.kpi.definitions import Definition
from hcqic_gov.kpi.queries import Revision, history, series
from hcqic_gov.kpi.rules import Status
from hcqic_gov.kpi.tables import Row, rows
from hcqic_gov.kpi.views import REVISED, KpiView, period_of


def page(session: Session, wanted: Wanted, today: date) -> list[Any]:
    """Errors: NotFound for an unknown code (the page's frame has refused it before)."""
    view = series(session, wanted.kpi, wanted.as_at(today))
    counted = [row for row in history(session, wanted.kpi, today) if row.record.status is Status.VERIFIED]
    return [
        html.P(view.sentence, className="nhsuk-lede-text"),
        html.P(signs(view), className="hcqic-kpi-signs"),
        *chart(view),
        *notes(view),
        html.H2("Values", className="nhsuk-heading-m"),
        *values(view),
        *trajectory(view),
        html.H2("Definition", className="nhsuk-heading-m"),
        html.P(view.definition.definition),
        formula(view.definition),
        html.H2("Where the values come from", className="nhsuk-heading-m"),
        provenance([row for row in counted if row.record.period_end <= wanted.as_at(today)]),
    ]


def signs(view: KpiView) -> list[Any]:
    """The level and, where the chart can tell, the icons of variation and assurance."""
    return [level(view.sign), *((icon(view.variation), icon(view.assurance)) if view.assessed else ())]


def chart(view: KpiView) -> list[Any]:
    """The chart, whose words are the summary above it and whose numbers are the table below it."""
    if not view.evaluation.points:
        return []
    figure = spc_chart(
        view.evaluation,
        unit=view.definition.unit,
        targets=view.point_targets,
        ahead=[(step.start, step.value) for step in view.ahead if step.value is not None],
        notes=[Note(note.start, note.text) for note in view.notes],
    )
    kind = "Statistical process control chart (XmR)" if view.assessed else "Chart of the values that may be shown"
    caption = f"{kind}; the same numbers stand in the table of values."
    graph = dcc.Graph(id="chart", figure=figure, config={"displayModeBar": False, "responsive": True})
    return [html.Figure([graph, html.Figcaption(caption, className="nhsuk-body-s")], className="hcqic-kpi-chart")]


def notes(view: KpiView) -> list[Any]:
    """Explanations by their numbers in the chart, and the decisions to start the limits anew."""
    told = [html.Li(f"{note.start:%-d %B %Y}: {note.text} ({note.by})") for note in view.notes]
    rebases = [html.Li(f"Limits anew from {step.start:%-d %B %Y}: {step.text} ({step.by})") for step in view.rebases]
    lists: list[Any] = [html.Ol(told, className="nhsuk-list nhsuk-list--number")] if told else []
    lists += [html.Ul(rebases, className="nhsuk-list nhsuk-list--bullet")] if rebases else []
    return [html.H2("Explanations and decisions", className="nhsuk-heading-m"), *lists] if lists else []


def values(view: KpiView) -> Sequence[Any]:
    found = rows(view)
    if not found:
        return [html.P("No verified values yet.", className="hcqic-empty")]
    headings = ("Period", "Value", "Target", "What the chart says", "Limits", "Explanation")
    body = [value_row(view, row) for row in reversed(found)]
    return [table("Verified values, newest first", headings, body)]


def value_row(view: KpiView, row: Row) -> list[Any]:
    one = view.definition
    limits = "" if row.limits is None else f"{one.shown(row.limits.lower)} to {one.shown(row.limits.upper)}"
    trial = " (trial)" if row.limits and row.limits.trial else ""
    target = view.target_shown if one.band else one.shown(row.target)
    value = f"{row.shown} ({REVISED})" if row.finding.revised else row.shown
    return [row.period.label, value, target, row.cause, limits + trial, row.note]


def trajectory(view: KpiView) -> list[Any]:
    """The targets of later periods, which the chart shows as the rest of its target line."""
    one = view.definition
    body = [[period_of(one, step.start).label, one.shown(step.value)] for step in view.ahead]
    heading = html.H2("Targets of later periods", className="nhsuk-heading-m")
    return [heading, table("Targets of later periods, as set today", ("Period", "Target"), body)] if body else []


def formula(one: Definition) -> Any:
    parts = f"{one.numerator} / {one.denominator}" if one.ratio else one.numerator
    factor = f"{one.factor} × " if one.factor != 1 else ""
    source = f"worked out by {one.source}" if one.computed else "entered by its owner"
    return html.P(
        f"{factor}{parts}. Unit: {one.unit}. Version {one.version}, {source}; chart rules {one.spc_ruleset}; "
        f"policy file {one.fingerprint[:12]}."
    )


def provenance(counted: Sequence[Revision]) -> Any:
    if not counted:
        return html.P("No verified values yet.", className="hcqic-empty")
    headings = ("Period", "Source", "Basis", "Entered by", "Verified by")
    return table("Source and verification of each value", headings, [origin(row) for row in counted])


def origin(row: Revision) -> list[Any]:
    record = row.record
    link = tag(
        "A", f"{Period.parse(record.period).label}, revision {record.revision}", href=f"/kpis/observations/{record.id}"
    )
    source = "for those who report this KPI" if row.hidden else record.source
    return [link, source, record.basis.value, row.entered_by, row.verified_by]
