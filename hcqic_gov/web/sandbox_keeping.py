"""Pages on which a run is judged: the gatekeepers' queue, the evidence for a decision, the auditor's record."""

from flask import Blueprint, Response, render_template, request

from hcqic_gov.audit import queries as audit
from hcqic_gov.core.errors import NotFound
from hcqic_gov.people.queries import names
from hcqic_gov.projects.models import Project
from hcqic_gov.projects.rules import label
from hcqic_gov.quantum.tiers import tiers
from hcqic_gov.sandbox import deciding, queries, releases
from hcqic_gov.sandbox.evidence import limits_of
from hcqic_gov.sandbox.gates import gates, policies, policy_fingerprint
from hcqic_gov.sandbox.models import RunCheck, Spending
from hcqic_gov.sandbox.preview import drawing_of
from hcqic_gov.sandbox.quotas import balance
from hcqic_gov.sandbox.rules import COLOURS, LABELS, WATERMARK, WORKFLOW, Stage, State
from hcqic_gov.web.access import access
from hcqic_gov.web.centre import actor, now, session
from hcqic_gov.web.sandbox import DECISIONS, STAGES, button_rulings, explained, gates_now, visible_history

bp = Blueprint("sandbox_keeping", __name__, url_prefix="/sandbox")

JUDGEMENTS = ("approve", "refuse", "ask")


@bp.get("/queue")
@access("sandbox.keep")
def queue() -> str:
    rows = deciding.queue(session(), actor())
    return render_template("sandbox/queue.html", rows=rows, labels=LABELS, colours=COLOURS, states=State)


@bp.get("/<reference>/evidence")
@access("sandbox.read", on=queries.resource)
def evidence(reference: str) -> str:
    """What a gatekeeper looks at before deciding."""
    run = queries.run(session(), reference)
    earlier = deciding.earlier_requests(session(), run)
    chosen = next((one for one in earlier if one.reference == request.args.get("earlier")), next(iter(earlier), None))
    answers, said = gates_now(run), deciding.exchange(session(), run)
    rulings = {name: found for name, found in button_rulings(run, answers).items() if name in JUDGEMENTS}
    return render_template(
        "sandbox/evidence.html",
        run=run,
        project=session().get_one(Project, run.project_id),
        requester=names(session(), {run.requester_id})[run.requester_id],
        gates=[(gate.title, explained(gate)) for gate in answers],
        balance=balance(session(), run.project_id, at=now(), run=run),
        policy=tiers(),
        exchange=said,
        names=names(session(), {one.actor_id for one in said}),
        earlier=earlier,
        compared=deciding.compared(session(), run, chosen) if chosen else None,
        rulings=rulings,
        decisions=DECISIONS,
        labels=LABELS,
        colours=COLOURS,
        label=label,
    )


@bp.get("/<reference>/drawing")
@access("sandbox.read", on=queries.resource)
def drawing(reference: str) -> str:
    run = queries.run(session(), reference)
    drawn = drawing_of(session(), queries.circuit_of(session(), run).source)
    return render_template("sandbox/drawing.html", run=run, drawing=drawn)


@bp.get("/<reference>/transpiled.qasm")
@access("sandbox.read", on=queries.resource)
def transpiled(reference: str) -> Response:
    """The circuit as it was simulated: it says nothing of the result."""
    kept = queries.transpiled_of(session(), queries.run(session(), reference))
    if kept is None or not kept.source:
        raise NotFound("Of this run no circuit as simulated is kept. Its page of rulings says why.")
    headers = {"Content-Disposition": f'attachment; filename="{reference}.transpiled.qasm"'}
    return Response(kept.source, mimetype="text/plain", headers=headers)


@bp.get("/<reference>/rulings")
@access("sandbox.read", on=queries.resource)
def rulings(reference: str) -> str:
    """All that is known of one run: what each gate said, when and under which policy, what ran, what was released."""
    run = queries.run(session(), reference)
    checks = queries.parts(session(), RunCheck, run)
    history = visible_history(run)
    executed = [check for check in checks if check.stage is Stage.EXECUTION and check.attempt == run.attempt]
    return render_template(
        "sandbox/rulings.html",
        run=run,
        circuit=queries.circuit_of(session(), run),
        result=queries.result_of(session(), run),
        transpiled=queries.transpiled_of(session(), run),
        release=releases.release_of(session(), run),
        requester=names(session(), {run.requester_id})[run.requester_id],
        limits=limits_of(run),
        spent=queries.parts(session(), Spending, run),
        policies=[one.title for one in policies()],
        checks=checks,
        gated=any(check.allowed for check in executed) if run.started_at else None,
        order=[(gate.code, gate.title) for gate in gates().in_order],
        current=policy_fingerprint(),
        history=history,
        verified=audit.head(session())[0],
        names=names(session(), {entry.actor_id for entry in history} | ({run.decided_by} if run.decided_by else set())),
        watermark=WATERMARK,
        moves={move.name: move.label for move in WORKFLOW.moves},
        stages=STAGES,
        labels=LABELS,
        colours=COLOURS,
    )
