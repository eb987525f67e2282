"""Sweeps on the pages of the sandbox: how far one is, and what it gave."""

from flask import Blueprint, Response, jsonify

from hcqic_gov.quantum.bindings import kept
from hcqic_gov.sandbox import queries
from hcqic_gov.sandbox.models import Run
from hcqic_gov.sandbox.points import parted
from hcqic_gov.sandbox.queries import RunView
from hcqic_gov.sandbox.rules import State
from hcqic_gov.web.access import access
from hcqic_gov.web.centre import session
from hcqic_gov.web.sweep_chart import Sweep, sweep

bp = Blueprint("sandbox_sweeps", __name__, url_prefix="/sandbox")

GOING = (State.QUEUED, State.RUNNING)


@bp.get("/<reference>/progress")
@access("sandbox.read", on=queries.resource)
def progress(reference: str) -> Response:
    """For the page's script, which asks about once a second while a run goes on."""
    run = queries.run(session(), reference)
    answer = jsonify(state=run.state.value, going=run.state in GOING, done=run.done, points=run.points, said=said(run))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def said(run: Run) -> str:
    """“37 of 120 done”."""
    return f"{run.done:,} of {run.points:,} done"


def sweep_of(view: RunView) -> Sweep | None:
    """The result of a sweep as it is shown; None for a circuit that was run once."""
    bindings = kept(view.circuit.bindings)
    return sweep(bindings, parted(view.counts, len(bindings))) if bindings and view.result else None
