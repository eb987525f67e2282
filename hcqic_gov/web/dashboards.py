"""The page around the dashboards: our header, title and filters; inside it, Dash."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Flask, render_template, request, url_for
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup
from wtforms import SelectField

from dashboards.address import (
    COMPARED,
    PREFIX,
    Wanted,
    compare_address,
    recent_quarters,
    summary_address,
    wanted,
)
from dashboards.layout import view_of
from dashboards.mount import mount
from hcqic_gov.core.calendar import london_day
from hcqic_gov.core.errors import NotFound
from hcqic_gov.kpi.behind import BEHIND
from hcqic_gov.kpi.definitions import Dimension, definition, definitions
from hcqic_gov.policy.access import may
from hcqic_gov.web.centre import actor, now, session
from hcqic_gov.web.forms import FilterForm, choices


class SummaryFilter(FilterForm):
    """Which KPIs, as of which time."""

    dimension = SelectField("Dimension", choices=choices([(one.value, one.label) for one in Dimension], blank="All"))
    period = SelectField("As at the end of")


class KpiFilter(FilterForm):
    kpi = SelectField("KPI")
    period = SelectField("As at the end of")


class CompareFilter(FilterForm):
    """The names of the first four are those of `COMPARED`."""

    kpi = SelectField("First KPI")
    kpi2 = SelectField("Second KPI")
    kpi3 = SelectField("Third KPI")
    kpi4 = SelectField("Fourth KPI")
    period = SelectField("As at the end of")


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around one of the views."""

    title: str
    form: type[FilterForm]


FRAMES: Mapping[str, Frame] = {
    "": Frame("KPI summary", SummaryFilter),
    "matrix": Frame("KPI matrix", SummaryFilter),
    "kpi": Frame("", KpiFilter),
    "compare": Frame("KPIs side by side", CompareFilter),
}
"""By view; the page of one KPI bears its name."""


def today() -> date:
    return london_day(now())


def frame(**parts: str) -> str:
    """Dash's parts in our page. Errors: NotFound for an address without a view, and for an unknown KPI."""
    if view_of(request.path) is None:
        raise NotFound("There is no such view of the KPIs. Start from the KPI summary.")
    asked = wanted(request.query_string.decode())
    view = request.path.removeprefix(PREFIX).strip("/")
    return render_template(
        "kpi/dashboard.html",
        view=view,
        title=FRAMES[view].title or title_of_kpi(asked),
        form=filter_form(FRAMES[view].form, asked),
        action_url=f"{PREFIX}{view}",
        clear_url=f"{PREFIX}{view}?kpi={asked.kpi}" if view == "kpi" else f"{PREFIX}{view}",
        kpi=asked.kpi if view == "kpi" else "",
        asked={name: request.args.get(name) or None for name in ("dimension", "period")},
        addresses={page: summary_address(asked, page) for page in ("", "matrix")},
        compare=compare_address(asked),
        has_records=view == "kpi" and definition(asked.kpi, asked.as_at(today())).source in BEHIND,
        save=save_address() if may(actor(), "kpi.save_view").allowed else "",
        parts={name: Markup(part) for name, part in parts.items()},  # noqa: S704 - Dash's own markup
    )


def save_address() -> str:
    return url_for("kpi_saved.save", address=request.full_path.rstrip("?"))


def title_of_kpi(asked: Wanted) -> str:
    one = definition(asked.kpi, asked.as_at(today()))
    return f"{one.code} {one.title}"


def filter_form(kind: type[FilterForm], asked: Wanted) -> FilterForm:
    form: Any = kind(request.args)
    quarters = [(period.code, period.label) for period in recent_quarters(today())]
    if asked.period and asked.period.code not in dict(quarters):
        quarters.append((asked.period.code, asked.period.label))
    form.period.choices = choices(quarters, blank="Today")
    kpis = [(one.code, f"{one.code} {one.title}") for one in definitions(today())]
    for name in COMPARED:
        if name in form:
            form[name].choices = choices(kpis, blank=None if kind is KpiFilter else "None")
    return form  # type: ignore[no-any-return]


def install(app: Flask) -> None:
    """Last of all: Dash sees the guards that are in place by then."""
    mount(app, reading=session, today=today, frame=frame, csrf_token=generate_csrf)
