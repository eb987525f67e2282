"""Pages of the sandbox."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hcqic_gov.audit import queries as audit
from hcqic_gov.audit.queries import Entry
from hcqic_gov.core.ruling import Ruling
from hcqic_gov.core.workflow import SYSTEM
from hcqic_gov.ethics.states import PURPOSE_LABELS
from hcqic_gov.people.queries import names
from hcqic_gov.people.rules import Role
from hcqic_gov.policy.access import may
from hcqic_gov.projects import queries as projects
from hcqic_gov.projects.rules import label
from hcqic_gov.quantum.templates.catalogue import asked, is_template
from hcqic_gov.quantum.tiers import tiers
from hcqic_gov.sandbox import queries, service
from hcqic_gov.sandbox.examples import EXAMPLES
from hcqic_gov.sandbox.gates import gates
from hcqic_gov.sandbox.granting import switch
from hcqic_gov.sandbox.models import Run
from hcqic_gov.sandbox.queries import PAGE_SIZE, RunView
from hcqic_gov.sandbox.rules import COLOURS, LABELS, WATERMARK, WORKFLOW, Facts, GateRuling, Stage, State
from hcqic_gov.web.access import access
from hcqic_gov.web.centre import actor, after_commit, now, session
from hcqic_gov.web.forms import choices, given
from hcqic_gov.web.pages import Answer, Page, confirm_page, done, form_page, page_number
from hcqic_gov.web.sandbox_forms import CheckForm, FilterRuns, NoteForm, RunForm
from hcqic_gov.web.sandbox_looking import Looked
from hcqic_gov.web.sandbox_sweeps import said, sweep_of

bp = Blueprint("sandbox", __name__, url_prefix="/sandbox")

BARS = 32
OWN_PAGES = ("edit", "check")
"""Moves that have their own button or share another's."""
CHECKS = ("release", "withhold")
"""Moves whose buttons stand on the checkers' page, beside what they judge."""

STAGES: Mapping[str, str] = {
    Stage.REQUEST: "When it was requested",
    Stage.APPROVAL: "When it was approved",
    Stage.EXECUTION: "When it was executed",
}

Act = Callable[[str, str], Run]
DECISIONS: Mapping[str, tuple[Act, str]] = {
    "approve": (lambda r, why: service.approve(session(), r, note=why, actor=actor(), now=now()), "It is queued."),
    "ask": (lambda r, why: service.ask(session(), r, reason=why, actor=actor(), now=now()), "The requester is asked."),
    "answer": (
        lambda r, why: service.answer(session(), r, reason=why, actor=actor(), now=now()),
        "Your answer is with the gatekeepers.",
    ),
    "refuse": (lambda r, why: service.refuse(session(), r, reason=why, actor=actor(), now=now()), "It is refused."),
    "stop": (lambda r, why: service.stop(session(), r, reason=why, actor=actor(), now=now()), "It is stopped."),
    "release": (
        lambda r, why: service.release(session(), r, note=why, actor=actor(), now=now()), "Your check is recorded."
    ),
    "withhold": (
        lambda r, why: service.withhold(session(), r, reason=why, actor=actor(), now=now()), "Your check is recorded."
    ),
}  # fmt: skip
"""Moves with a reason on a page of their own: what does it, and what is said afterwards."""


@bp.get("/")
@access("sandbox.read")
def index() -> str:
    form = FilterRuns(request.args)
    form.project.choices = choices([(0, "Any"), *projects.choices(session())])
    wanted = form.wanted() if form.validate() else queries.RunFilter()
    number = page_number()
    rows, total = queries.runs(session(), wanted, page=number)
    return render_template(
        "sandbox/index.html",
        form=form,
        rows=rows,
        page=Page(number, PAGE_SIZE, total),
        labels=LABELS,
        colours=COLOURS,
        ask=may(actor(), "sandbox.request"),
        queue=may(actor(), "sandbox.keep"),
        maintain=may(actor(), "sandbox.close"),
        switch=switch(session()),
    )


@bp.get("/<reference>")
@access("sandbox.read", on=queries.resource)
def show(reference: str) -> str:
    run = queries.run(session(), reference)
    view = queries.run_view(session(), run)
    answers, history = gates_now(run), visible_history(run)
    released = run.state is State.RELEASED
    people = {event.actor_id for event in view.events} | {entry.actor_id for entry in history}
    return render_template(
        "sandbox/show.html",
        view=view,
        run=run,
        gates=[(gate.title, explained(gate)) for gate in answers],
        rulings={name: found for name, found in button_rulings(run, answers).items() if name not in CHECKS},
        edit=may_on(run, "edit"),
        look=may_on(run, "read_unreleased"),
        released=released,
        template=asked(view.circuit.source) if is_template(view.circuit.source) else None,
        bars=bars_of(view) if released and not run.points else [],
        sweep=sweep_of(view) if released else None,
        said=said(run),
        shown=BARS,
        needed=tiers().checkers.get(run.data_class, 1),
        policy=tiers(),
        elapsed=(now() - run.started_at).total_seconds() if run.state is State.RUNNING and run.started_at else 0,
        history=history,
        names=names(session(), people | ({run.decided_by} if run.decided_by else set())),
        labels=LABELS,
        colours=COLOURS,
        purposes=PURPOSE_LABELS,
        label=label,
        watermark=WATERMARK,
        decisions=DECISIONS,
        moves={move.name: move.label for move in WORKFLOW.moves},
        switch=switch(session()),
    )


@bp.route("/request", methods=["GET", "POST"])
@access("sandbox.request")
def request_run() -> Answer:
    form = RunForm(version=0, project=request.args.get("project", ""))
    form.offer_projects(session(), actor())
    if (example := EXAMPLES.get(request.args.get("example", ""))) and not form.is_submitted():
        form.title.data, form.source.data, form.ranges.data = example.title, example.source, example.ranges

    def save() -> Response:
        run = service.draft(session(), given(form.project.data), form.request(), actor=actor(), now=now())
        return done("The draft is saved. Look at its gates, then submit it.", "sandbox.show", reference=run.reference)

    return form_page(form, save, **page_of_request())


def page_of_request() -> dict[str, Any]:
    """What stands around the form of a new request."""
    return {
        "title": "Ask for a run",
        "lead": "You see the gates and the cost before you submit the request.",
        "submit": "Save and look at the gates",
        "cancel": url_for("sandbox.index"),
        "template": "sandbox/request.html",
        "action": url_for("sandbox.request_run"),
        "project": request.args.get("project", ""),
        "examples": EXAMPLES,
        "switch": switch(session()),
    }


@bp.route("/<reference>/edit", methods=["GET", "POST"])
@access("sandbox.edit", on=queries.resource)
def edit(reference: str) -> Answer:
    run = queries.run(session(), reference)
    circuit = queries.circuit_of(session(), run)
    if is_template(circuit.source):
        return redirect(url_for("sandbox_templates.edit", reference=reference))
    form = RunForm(obj=run, source=circuit.source, bindings=circuit.bindings)
    del form.project

    def save() -> Response:
        seen = given(form.version.data)
        service.edit(session(), reference, form.request(), seen=seen, actor=actor(), now=now())
        return done("The draft is changed.", "sandbox.show", reference=reference)

    return form_page(form, save, **page_of_draft(run))


def page_of_draft(run: Run) -> dict[str, Any]:
    """What stands around the form of a draft."""
    return {
        "title": "Change the draft",
        "caption": run.reference,
        "cancel": page_of(run.reference),
        "template": "sandbox/request.html",
        "action": url_for("sandbox.edit", reference=run.reference),
        "draft": run.reference,
        "switch": switch(session()),
    }


@bp.post("/check")
@access("sandbox.request", looks=True)
def check() -> Answer:
    """What a request would meet; nothing is stored. The page's script asks for one part of the page at a time."""
    form = CheckForm()
    run = queries.run(session(), request.form["draft"]) if request.form.get("draft") else None
    if run is None:
        form.offer_projects(session(), actor())
    else:
        del form.project
    part = request.headers.get("X-Part", "")
    looked = Looked.at(form, run, part)
    if part:
        return render_template("sandbox/checked.html", looked=looked, part=part, policy=tiers())
    around = page_of_draft(run) if run else page_of_request()
    template, submit, cancel = (around.pop(name, "") for name in ("template", "submit", "cancel"))
    form.source.data = looked.source or form.source.data
    return render_template(
        template, form=form, submit_label=submit or "Save", cancel_url=cancel, looked=looked, policy=tiers(), **around
    )


@bp.route("/<reference>/<any(approve, refuse, ask, answer, stop, release, withhold):name>", methods=["GET", "POST"])
@access("sandbox.read", on=queries.resource)
def decide(reference: str, name: str) -> Answer:
    """The service asks who may make which move."""
    form, (act, sentence) = NoteForm(), DECISIONS[name]

    def save() -> Response:
        run = act(reference, form.reason.data or "")
        hand_over(run)
        return done(sentence, "sandbox.show", reference=reference)

    label = f"{WORKFLOW.move(name).label}: are you sure?"
    return confirm_page(label, form, save, caption=reference, cancel=page_of(reference))


@bp.post("/<reference>/submit")
@access("sandbox.submit", on=queries.resource)
def submit(reference: str) -> Response:
    run = service.submit(session(), reference, actor=actor(), now=now())
    hand_over(run)
    sentence = "It is queued." if run.state is State.QUEUED else "The request is with the gatekeepers."
    return done(sentence, "sandbox.show", reference=reference)


@bp.post("/<reference>/send_to_review")
@access("sandbox.send_to_review", on=queries.resource)
def send_to_review(reference: str) -> Response:
    service.send_to_review(session(), reference, actor=actor(), now=now())
    return done("The checkers have the result.", "sandbox.show", reference=reference)


@bp.post("/<reference>/repeat")
@access("sandbox.repeat", on=queries.resource)
def repeat(reference: str) -> Response:
    again = service.repeat(session(), reference, actor=actor(), now=now())
    hand_over(again)
    return done(f"The same run is requested again as {again.reference}.", "sandbox.show", reference=again.reference)


def hand_over(run: Run) -> None:
    """A queued run goes to a worker once it is committed."""
    if run.state is State.QUEUED:
        key, dispatch = run.key, current_app.extensions["hcqic.dispatch"]
        after_commit(lambda: dispatch(key))


def visible_history(run: Run) -> Sequence[Entry]:
    """The run's entries; while checkers decide independently, nobody but the auditor sees who said what."""
    entries = audit.history(session(), "run", run.key)
    if run.state is not State.IN_REVIEW or actor().has(Role.AUDITOR):
        return entries
    return [entry for entry in entries if entry.action != "sandbox.check" or entry.actor_id == actor().id]


def gates_now(run: Run) -> tuple[GateRuling, ...]:
    """The gates as they are, for a run that may still be executed; afterwards only what was recorded counts."""
    going = run.state in (State.DRAFT, State.REQUESTED, State.ASKED, State.APPROVED, State.QUEUED)
    return queries.gate_rulings(session(), run, at=now()) if going else ()


def explained(gate: GateRuling) -> Ruling:
    """An open gate says what it asks for; a closed one why it is closed."""
    asked = next(known.evidence for known in gates().in_order if known.code == gate.code)
    return Ruling(True, reason=asked) if gate.ruling.allowed else gate.ruling


def button_rulings(run: Run, answers: tuple[GateRuling, ...]) -> Mapping[str, tuple[str, Ruling]]:
    """For each move that people make from this state: its label, and whether this person may make it now."""
    found: dict[str, tuple[str, Ruling]] = {}
    for move in WORKFLOW.moves_from(run.state):
        if move.who == (SYSTEM,) or move.name in OWN_PAGES:
            continue
        who = may_on(run, move.name)
        checks = move.name in CHECKS
        when = (
            queries.may_check(session(), run, actor())
            if checks
            else WORKFLOW.ruling(move.name, run.state, Facts(answers))
        )
        found[move.name] = (move.label, when if who.allowed else who)
    return found


def may_on(run: Run, name: str) -> Ruling:
    return may(actor(), f"sandbox.{name}", queries.resource_of(session(), run))


def bars_of(view: RunView) -> list[dict[str, str | int | float]]:
    """For the histogram: each bit string with its count and share."""
    total = sum(view.counts.values()) or 1
    return [{"label": bits, "count": count, "share": count / total} for bits, count in view.counts.items()]


def page_of(reference: str) -> str:
    return url_for("sandbox.show", reference=reference)
