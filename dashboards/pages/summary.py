"""All KPIs by dimension: value, target, level, and the icons of variation and assurance."""

from datetime import date
from typing import Any

from sqlmodel import Session

from dashboards.address import Wanted, kpi_address
from dashboards.components import icon, level, table, tag
from hcqic_gov.kpi.definitions import Dimension
from hcqic_gov.kpi.queries import summary
from hcqic_gov.kpi.views import KpiView, period_of

HEADINGS = ("KPI", "Latest period", "Value", "Target", "Status", "Variation", "Assurance")


def page(session: Session, wanted: Wanted, today: date) -> list[Any]:
    """One table for each dimension; no score over several."""
    views = summary(session, wanted.as_at(today), dimension=wanted.dimension)
    shown = [dimension for dimension in Dimension if wanted.dimension in (None, dimension)]
    return [part for dimension in shown for part in section(dimension, views, wanted)]


def section(dimension: Dimension, views: tuple[KpiView, ...], wanted: Wanted) -> list[Any]:
    rows = [row(view, wanted) for view in views if view.definition.dimension is dimension]
    heading = tag("H2", dimension.label, className="nhsuk-heading-m", id=dimension.value)
    return [heading, table(f"{dimension.label}: {len(rows)} KPIs", HEADINGS, rows)]


def row(view: KpiView, wanted: Wanted) -> list[Any]:
    one = view.definition
    modelled = " (modelled)" if one.basis == "modelled" else ""
    return [
        tag("A", f"{one.code} {one.title}", href=kpi_address(one.code, wanted)),
        short_period(view),
        view.shown + modelled,
        view.target_shown,
        level(view.sign),
        icon(view.variation),
        icon(view.assurance),
    ]


def short_period(view: KpiView) -> str:
    return period_of(view.definition, view.latest.start).short if view.latest else "none yet"
