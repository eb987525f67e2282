"""Up to four KPIs under each other on the same axis of time, each with its sentence."""

from datetime import date
from typing import Any

from dash import dcc, html
from sqlmodel import Session

from dashboards.address import Wanted, kpi_address
from dashboards.figures import Note, spc_chart
from hcqic_gov.kpi.definitions import definitions
from hcqic_gov.kpi.queries import several
from hcqic_gov.kpi.views import KpiView

HEIGHT = 300


def page(session: Session, wanted: Wanted, today: date) -> list[Any]:
    known = {one.code for one in definitions(wanted.as_at(today))}
    asked = [code for code in wanted.kpis if code in known]
    if not asked:
        return [html.P("Choose two to four KPIs above.", className="hcqic-empty")]
    views = several(session, asked, wanted.as_at(today))
    days = [day for view in views for day in view.evaluation.days]
    span = (min(days), max(days)) if days else None
    return [part for view in views for part in section(view, wanted, span)]


def section(view: KpiView, wanted: Wanted, span: tuple[date, date] | None) -> list[Any]:
    one = view.definition
    heading = html.H2(
        html.A(f"{one.code} {one.title}", href=kpi_address(one.code, wanted)), className="nhsuk-heading-m"
    )
    return [heading, html.P(view.sentence), *chart(view, span)]


def chart(view: KpiView, span: tuple[date, date] | None) -> list[Any]:
    """Its words stand above it, its numbers in the table of the page that the heading leads to."""
    if not view.evaluation.points or span is None:
        return []
    figure = spc_chart(
        view.evaluation,
        unit=view.definition.unit,
        targets=view.point_targets,
        notes=[Note(note.start, note.text) for note in view.notes],
    )
    figure.update_layout(height=HEIGHT, showlegend=False)
    figure.update_xaxes(range=list(span), autorangeoptions={"include": list(span)})
    identity = f"chart-{view.definition.code}"
    graph = dcc.Graph(id=identity, figure=figure, config={"displayModeBar": False, "responsive": True})
    caption = f"Chart of {view.definition.code}; the numbers stand on the page of the KPI."
    return [html.Figure([graph, html.Figcaption(caption, className="nhsuk-body-s")], className="hcqic-kpi-chart")]
