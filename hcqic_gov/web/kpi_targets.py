"""Pages of the targets: which target holds for each period, who set it, and setting one or a straight line of them."""

from datetime import date
from decimal import Decimal

from flask import Blueprint, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from hcqic_gov.core.calendar import Period, london_day
from hcqic_gov.kpi import periods, queries, targets
from hcqic_gov.kpi.definitions import Definition, catalogue, latest_definition
from hcqic_gov.kpi.targets import AROUND, Trajectory
from hcqic_gov.policy.access import may
from hcqic_gov.web.access import access
from hcqic_gov.web.centre import actor, now, session
from hcqic_gov.web.forms import choices
from hcqic_gov.web.kpi import period_and_definition
from hcqic_gov.web.kpi_forms import TargetForm, TrajectoryForm
from hcqic_gov.web.pages import done, form_page, mendable

bp = Blueprint("kpi_targets", __name__, url_prefix="/kpis")
Page = AnyResponse | tuple[str, int] | str

MENDED = {"targets_open"}
"""Refusals that another period mends: shown beside the form."""


@bp.get("/<reference>/targets")
@access("kpi.read", on=queries.resource)
def show(reference: str) -> str:
    today = london_day(now())
    view = queries.series(session(), reference, today)
    told = targets.decisions(session(), reference)
    return render_template(
        "kpi/targets.html",
        view=view,
        one=view.definition,
        rungs=targets.ladder(view, told, periods.closed_codes(session()), today),
        versions=catalogue()[reference],
        resolutions=targets.resolutions(told),
        today=Period.containing(today, view.definition.frequency),
        can=may(actor(), "kpi.set_target", queries.resource_of(view.definition)),
    )


@bp.route("/<reference>/<period>/target", methods=["GET", "POST"])
@access("kpi.set_target", on=queries.resource)
def set_one(reference: str, period: str) -> Page:
    form, (found, _) = TargetForm(), period_and_definition(reference, period)

    def save() -> AnyResponse:
        targets.set_target(
            session(),
            reference,
            found,
            float(form.value.data or 0),
            threshold=optional(form.threshold.data),
            reason=form.reason.data or "",
            actor=actor(),
            now=now(),
        )
        return done(f"The target holds from {found.label} on.", "kpi_targets.show", reference=reference)

    lead = "It holds until a later period has a target of its own. What was set before stays on record."
    return form_page(
        form,
        mendable(save, MENDED),
        title=f"Target from {found.label} on",
        lead=lead,
        caption=reference,
        cancel=url_for("kpi_targets.show", reference=reference),
    )


@bp.route("/<reference>/targets/trajectory", methods=["GET", "POST"])
@access("kpi.set_target", on=queries.resource)
def trajectory(reference: str) -> Page:
    one, form = latest_definition(reference), TrajectoryForm()
    offered = [(period.code, period.label) for period in coming(one, london_day(now()))]
    form.first.choices, form.last.choices = choices(offered), choices(offered)
    if not form.is_submitted():
        form.first.data, form.last.data = offered[1][0], offered[1 + AROUND[one.frequency]][0]

    def save() -> AnyResponse:
        first, last = Period.parse(form.first.data), Period.parse(form.last.data)
        line = Trajectory(first, last, float(form.begin.data or 0), float(form.end.data or 0))
        threshold, reason = optional(form.threshold.data), form.reason.data or ""
        targets.set_trajectory(session(), reference, line, threshold=threshold, reason=reason, actor=actor(), now=now())
        said = f"The trajectory is set from {first.label} to {last.label}."
        return done(said, "kpi_targets.show", reference=reference)

    return form_page(
        form,
        mendable(save, MENDED),
        title="Set a trajectory",
        lead=f"A straight line: each period between the first and the last gets its own target. Unit: {one.unit}.",
        caption=f"{one.code} {one.title}",
        cancel=url_for("kpi_targets.show", reference=reference),
    )


def coming(one: Definition, today: date) -> list[Period]:
    """The last ended period, the running one, and those to come."""
    current = Period.containing(today, one.frequency)
    return [current.shifted(ahead) for ahead in range(-1, 2 * AROUND[one.frequency] + 1)]


def optional(number: Decimal | None) -> float | None:
    return None if number is None else float(number)
