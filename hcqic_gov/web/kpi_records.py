"""The records that a worked-out value rests on."""

from collections.abc import Sequence

from flask import Blueprint, render_template, request, url_for

from hcqic_gov.core.calendar import Period, day_words, london_day
from hcqic_gov.core.errors import NotFound
from hcqic_gov.core.measure import Part
from hcqic_gov.kpi import queries
from hcqic_gov.kpi.behind import BEHIND, projects_behind
from hcqic_gov.kpi.definitions import Definition
from hcqic_gov.kpi.tables import rows
from hcqic_gov.kpi.views import KpiView
from hcqic_gov.web.access import access
from hcqic_gov.web.centre import actor, now, session
from hcqic_gov.web.kpi_files import filters
from hcqic_gov.web.kpi_forms import FilterRecords

bp = Blueprint("kpi_records", __name__, url_prefix="/kpis")

PAGES = {
    "projects": "projects.show",
    "ethics": "ethics.show",
    "sandbox": "sandbox.show",
    "funding": "funding.show",
    "awards": "awards.show",
    "scenarios": "scenarios.show",
}
"""The page of a record, by its register."""
SHOWN = 200
"""Records on one page; of a month of runs the rest stands in the register itself."""


@bp.get("/<reference>/records")
@access("kpi.read", on=queries.resource)
def show(reference: str) -> str:
    """The records that a worked-out value rests on, those that this person may not read without a link."""
    today = london_day(now())
    view = queries.series(session(), reference, filters().as_at(today))
    period = period_asked(view)
    every = parts_of(view.definition, period)
    projects = projects_behind(session(), every)
    form = FilterRecords.over(period, today, projects, request.args)
    parts = [part for part, project in zip(every, projects, strict=True) if form.keeps(project)]
    return render_template(
        "kpi/records.html",
        one=view.definition,
        form=form,
        narrowed=len(every) - len(parts),
        period=period,
        running=period.end >= today,
        shown=next((row.shown for row in rows(view) if row.period == period), ""),
        rows=[row_of(part) for part in parts[:SHOWN]],
        total=len(parts),
        counted=sum(part.counts for part in parts),
    )


def period_asked(view: KpiView) -> Period:
    """Of the KPI's own frequency: the one that holds the end of the period asked for, else the last that ended."""
    frequency, today = view.definition.frequency, london_day(now())
    found = filters().period
    return Period.containing(found.end, frequency) if found else Period.containing(today, frequency).shifted(-1)


def parts_of(one: Definition, period: Period) -> Sequence[Part]:
    """Errors: NotFound for a KPI that is entered by hand, and for one that counts persons: a list would count them."""
    if one.small_numbers:
        raise NotFound(f"{one.code} counts persons, so the records behind it are not listed. Its values show how many.")
    if one.source not in BEHIND:
        raise NotFound(f"The values of {one.code} are entered by hand. Their sources stand on the KPI’s own page.")
    return BEHIND[one.source](session(), period)


def row_of(part: Part) -> tuple[str, str, str, str, str, str]:
    """Address ("" where there is none for this person), reference, title, day, what it says, whether it counts."""
    open_to_them = part.register and actor().id not in part.closed_to
    address = url_for(PAGES[part.register], reference=part.reference) if open_to_them else ""
    day = day_words(part.day) if part.day else ""
    return address, part.reference, part.title, day, part.says, "Yes" if part.counts else "No"
