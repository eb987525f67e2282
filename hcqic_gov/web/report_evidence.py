"""Where a figure of a report comes from, link by link, for those who may look behind it."""

from flask import Blueprint, render_template

from hcqic_gov.core.measure import Part
from hcqic_gov.kpi.behind import BEHIND
from hcqic_gov.kpi.queries import resource_of
from hcqic_gov.people.queries import names
from hcqic_gov.policy.access import may
from hcqic_gov.reporting import queries
from hcqic_gov.reporting.tracing import Trace, trace
from hcqic_gov.web.access import access
from hcqic_gov.web.centre import actor, session
from hcqic_gov.web.kpi_records import parts_of, row_of

bp = Blueprint("report_evidence", __name__)

SHOWN = 50
"""Records on this page; all of them stand on the page of the records behind the value."""


@bp.get("/reports/<reference>/figures/<code>")
@access("reports.trace", on=queries.resource)
def show(reference: str, code: str) -> str:
    report = queries.report(session(), reference)
    found = trace(session(), report, code)
    may(actor(), "kpi.read", resource_of(found.definition)).require()
    parts = records(found)
    return render_template(
        "reports/figure.html",
        record=report,
        trace=found,
        one=found.definition,
        rows=[row_of(part) for part in parts[:SHOWN]],
        total=len(parts),
        names=names(session(), {entry.actor_id for entry in found.entries}),
    )


def records(found: Trace) -> list[Part]:
    """Those that the registers hold now; none where the value is entered by hand or counts persons."""
    one = found.definition
    if found.period is None or one.small_numbers or one.source not in BEHIND:
        return []
    return list(parts_of(one, found.period))
