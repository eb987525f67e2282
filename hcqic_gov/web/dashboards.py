"""The page around the dashboards: our header, title and filters; inside it, Dash."""

from datetime import date
from typing import Any

from flask import Flask, render_template, request
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup
from wtforms import SelectField

from dashboards.address import PREFIX, Wanted, recent_quarters, wanted
from dashboards.layout import view_of
from dashboards.mount import mount
from hcqic_gov.core.calendar import london_day
from hcqic_gov.core.errors import NotFound
from hcqic_gov.kpi.definitions import Dimension, definition, definitions
from hcqic_gov.web.centre import now, session
from hcqic_gov.web.forms import FilterForm, choices


class SummaryFilter(FilterForm):
    """Which KPIs, as of which time."""

    dimension = SelectField("Dimension", choices=choices([(one.value, one.label) for one in Dimension], blank="All"))
    period = SelectField("As at the end of")


class KpiFilter(FilterForm):
    kpi = SelectField("KPI")
    period = SelectField("As at the end of")


def today() -> date:
    return london_day(now())


def frame(**parts: str) -> str:
    """Dash's parts in our page. Errors: NotFound for an address without a view, and for an unknown KPI."""
    if view_of(request.path) is None:
        raise NotFound("There is no such view of the KPIs. Start from the KPI summary.")
    asked = wanted(request.query_string.decode())
    single = request.path.startswith(f"{PREFIX}kpi")
    return render_template(
        "kpi/dashboard.html",
        title=title_of_kpi(asked) if single else "KPI summary",
        form=filter_form(single, asked),
        action_url=f"{PREFIX}kpi" if single else PREFIX,
        kpi=asked.kpi if single else "",
        parts={name: Markup(part) for name, part in parts.items()},  # noqa: S704 - Dash's own markup
    )


def title_of_kpi(asked: Wanted) -> str:
    one = definition(asked.kpi, asked.as_at(today()))
    return f"{one.code} {one.title}"


def filter_form(single: bool, asked: Wanted) -> FilterForm:
    form: Any = KpiFilter(request.args) if single else SummaryFilter(request.args)
    quarters = [(period.code, period.label) for period in recent_quarters(today())]
    if asked.period and asked.period.code not in dict(quarters):
        quarters.append((asked.period.code, asked.period.label))
    form.period.choices = choices(quarters, blank="Today")
    if single:
        form.kpi.choices = choices([(one.code, f"{one.code} {one.title}") for one in definitions(today())])
    return form  # type: ignore[no-any-return]


def install(app: Flask) -> None:
    """Last of all: Dash sees the guards that are in place by then."""
    mount(app, reading=session, today=today, frame=frame, csrf_token=generate_csrf)
