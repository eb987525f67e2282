"""Pages of results: checked side by side with earlier releases, compared, taken as files, their release on record."""

from collections.abc import Callable, Mapping

from flask import Blueprint, Response, render_template, request

from hcqic_gov.audit import queries as audit
from hcqic_gov.core.errors import NotFound
from hcqic_gov.people.queries import names
from hcqic_gov.quantum.tiers import tiers
from hcqic_gov.sandbox import comparing, crate, queries, releases, service
from hcqic_gov.sandbox.crate import Released
from hcqic_gov.sandbox.rules import COLOURS, LABELS, WATERMARK, State
from hcqic_gov.web.access import access
from hcqic_gov.web.centre import actor, now, session
from hcqic_gov.web.sandbox import BARS, CHECKS, bars_of, button_rulings
from hcqic_gov.web.sandbox_sweeps import sweep_of

bp = Blueprint("sandbox_results", __name__, url_prefix="/sandbox")

SHOWN = 24
"""Bit strings in a comparison."""
Write = Callable[[Released], bytes]
KINDS: Mapping[str, tuple[Write, str]] = {
    "json": (crate.as_json, "application/json"),
    "csv": (crate.as_csv, "text/csv"),
    "zip": (crate.as_crate, "application/zip"),
}


@bp.get("/<reference>/check")
@access("sandbox.read_unreleased", on=queries.resource, writes=True)
def check(reference: str) -> str:
    """The result before its release, beside earlier releases of near-equal circuits; who looks is recorded."""
    run = queries.run(session(), reference)
    view = queries.run_view(session(), run)
    if (run.key, actor().id) not in audit.actors(session(), "run", {run.key}, ["sandbox.look"]):
        service.record_view(session(), reference, "look", actor=actor(), now=now())
    reviews = releases.reviews_for(session(), run, actor())
    return render_template(
        "sandbox/check.html",
        run=run,
        view=view,
        bars=[] if run.points else bars_of(view),
        sweep=sweep_of(view),
        shown=BARS,
        near=releases.near_releases(session(), run) if view.result else (),
        below=tiers().suppress_below.get(run.data_class, 0),
        needed=tiers().checkers.get(run.data_class, 1),
        given=len(view.reviews),
        reviews=reviews,
        names=names(session(), {review.checker_id for review in reviews}),
        rulings={name: found for name, found in button_rulings(run, ()).items() if name in CHECKS},
        labels=LABELS,
        colours=COLOURS,
        watermark=WATERMARK,
    )


@bp.get("/<reference>/release-record")
@access("sandbox.read", on=queries.resource)
def release_record(reference: str) -> str:
    run = queries.run(session(), reference)
    kept = releases.release_of(session(), run)
    checkers = {int(one["checker"]) for one in kept.record["checks"]} if kept else set()
    return render_template(
        "sandbox/release_record.html",
        run=run,
        kept=kept,
        names=names(session(), checkers),
        reviews=[] if kept else releases.reviews_for(session(), run, actor()),
        labels=LABELS,
        colours=COLOURS,
        withheld=run.state is State.WITHHELD,
    )


@bp.get("/<reference>/compare")
@access("sandbox.read", on=queries.resource)
def compare(reference: str) -> str:
    run = queries.run(session(), reference)
    chosen = [one for one in request.args.getlist("with") if one != reference][: comparing.MOST - 1]
    columns = comparing.columns(session(), run, chosen)
    return render_template(
        "sandbox/compare.html",
        run=run,
        offered=comparing.offered(session(), run),
        chosen=chosen,
        columns=columns,
        bits=comparing.most_frequent(columns, SHOWN),
        most=comparing.MOST,
        labels=LABELS,
        colours=COLOURS,
        watermark=WATERMARK,
    )


@bp.get("/<reference>/result.<kind>")
@access("sandbox.read", on=queries.resource, writes=True)
def download(reference: str, kind: str) -> Response:
    """A released result as a file; who took it is recorded."""
    if kind not in KINDS:
        raise NotFound("A result is there as JSON, CSV and ZIP. Choose one of them on its page.")
    write, media_type = KINDS[kind]
    data = write(crate.released(session(), reference))
    service.record_view(session(), reference, "download", actor=actor(), now=now())
    headers = {
        "Content-Disposition": f'attachment; filename="{reference}.{kind}"',
        "Cache-Control": "private, no-store",
    }
    return Response(data, mimetype=media_type, headers=headers)
