"""Pages of the project register."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, g, render_template, request, url_for
from werkzeug.wrappers import Response

from hcqic_gov.audit import queries as audit
from hcqic_gov.ethics import queries as ethics
from hcqic_gov.ethics.states import PUBLIC_NAMES
from hcqic_gov.funding import queries as funding
from hcqic_gov.funding.rules import STATE_COLOURS, STATE_NAMES, in_currency
from hcqic_gov.people.queries import names, with_role
from hcqic_gov.people.rules import Role
from hcqic_gov.policy.access import may
from hcqic_gov.projects import queries, service
from hcqic_gov.projects.models import Project
from hcqic_gov.projects.queries import PAGE_SIZE
from hcqic_gov.projects.rules import STATUS_COLOURS, WORKFLOW, Rung, label, may_open
from hcqic_gov.sandbox import queries as sandbox
from hcqic_gov.sandbox.rules import COLOURS, LABELS
from hcqic_gov.web.access import access
from hcqic_gov.web.centre import actor, now, session
from hcqic_gov.web.forms import choices, given, seen, version_sent
from hcqic_gov.web.pages import Page, confirm_page, done, form_page, move_rulings, page_number
from hcqic_gov.web.project_forms import (
    PARTS,
    FilterProjects,
    InvolvementPlanForm,
    OpenRungForm,
    ProjectForm,
    ReasonForm,
    TrialForm,
)

bp = Blueprint("projects", __name__, url_prefix="/projects")

RUNS_SHOWN = 10
OTHER_WORDS: Mapping[str, object] = {
    "case_names": PUBLIC_NAMES,
    "run_names": LABELS,
    "run_colours": COLOURS,
    "funding_names": STATE_NAMES,
    "funding_colours": STATE_COLOURS,
    "in_currency": in_currency,
}
"""How the other registers say their states."""


@bp.get("/")
@access("projects.read")
def index() -> str:
    form = FilterProjects(request.args)
    form.lead.choices = choices([(0, "Anybody"), *with_role(session(), Role.PROJECT_LEAD)])
    wanted = form.wanted() if form.validate() else queries.ProjectFilter()
    number = page_number()
    rows, total = queries.projects(session(), wanted, page=number)
    return render_template(
        "projects/index.html",
        form=form,
        rows=rows,
        page=Page(number, PAGE_SIZE, total),
        label=label,
        colours=STATUS_COLOURS,
        register=may(actor(), "projects.register"),
    )


@bp.get("/<reference>")
@access("projects.read", on=queries.resource)
def show(reference: str) -> str:
    """Overview and pathway; the rest of the record lies on the pages beside it."""
    project, lead = queries.project_with_lead(session(), reference)
    overview, pathway = queries.overview(session(), project), queries.pathway(session(), project.key)
    rulings = move_rulings(WORKFLOW, project.status, overview.facts, register="projects", on=g.resource)
    openings = {rung: may_open(rung, pathway.opened, pathway.evidence) for rung in Rung}
    return record_page(
        "show",
        project,
        lead=lead,
        overview=overview,
        pathway=pathway,
        rulings=rulings,
        openings=openings,
        labels={move.name: move.label for move in WORKFLOW.moves},
    )


@bp.get("/<reference>/plan")
@access("projects.read", on=queries.resource)
def plan(reference: str) -> str:
    project = queries.project(session(), reference)
    return record_page("plan", project, plan=queries.plan(session(), project))


@bp.get("/<reference>/results")
@access("projects.read", on=queries.resource)
def results(reference: str) -> str:
    project = queries.project(session(), reference)
    return record_page("results", project, results=queries.results(session(), project))


@bp.get("/<reference>/belongings")
@access("projects.read", on=queries.resource)
def belongings(reference: str) -> str:
    """What other registers hold of this project, by their own queries."""
    project = queries.project(session(), reference)
    cases, _ = ethics.cases(session(), ethics.CaseFilter(project_id=project.key))
    return record_page(
        "belongings",
        project,
        cases=cases,
        approvals=ethics.approval_lines(session(), project.key, at=now()),
        runs=sandbox.of_project(session(), project.key, limit=RUNS_SHOWN),
        funding=funding.of_project(session(), project.key),
        **OTHER_WORDS,
    )


@bp.get("/<reference>/history")
@access("projects.read", on=queries.resource)
def history(reference: str) -> str:
    project = queries.project(session(), reference)
    entries = audit.history(session(), "project", project.key)
    return record_page("history", project, entries=entries, names=names(session(), {e.actor_id for e in entries}))


def record_page(name: str, project: Project, **context: Any) -> str:
    """One of the pages of a project's record, with what the person may do on it."""
    actions = ("edit", "engage", "record_trial", "publish", "open_rung")
    can = {action: may(actor(), f"projects.{action}", g.resource) for action in actions}
    return render_template(
        f"projects/{name}.html", project=project, can=can, label=label, colours=STATUS_COLOURS, **context
    )


@bp.route("/register", methods=["GET", "POST"])
@access("projects.register")
def register() -> Response | tuple[str, int] | str:
    form = ProjectForm.for_new(session(), actor())

    def save() -> Response:
        project = service.register(session(), form.details(), actor=actor(), now=now())
        return done(f"{project.reference} is registered.", "projects.show", reference=project.reference)

    cancel = url_for("projects.index")
    return form_page(form, save, title="Register a project", submit="Register project", cancel=cancel)


@bp.route("/<reference>/edit", methods=["GET", "POST"])
@access("projects.edit", on=queries.resource)
def edit(reference: str) -> Response | tuple[str, int] | str:
    form = ProjectForm.for_record(session(), queries.project(session(), reference))

    def save() -> Response:
        seen = given(form.version.data)
        service.edit(session(), reference, form.details(), seen=seen, actor=actor(), now=now())
        return done("The changes are saved.", "projects.show", reference=reference)

    return form_page(form, save, title="Change the project", caption=reference, cancel=page_of(reference))


@bp.route("/<reference>/move/<name>", methods=["GET", "POST"])
@access("projects.read", on=queries.resource)
def move(reference: str, name: str) -> Response | tuple[str, int] | str:
    """The service asks who may make which move."""
    form, step = ReasonForm(), WORKFLOW.move(name)

    def save() -> Response:
        service.move(session(), reference, step.name, reason=form.reason.data or "", actor=actor(), now=now())
        return done("The project’s status has changed.", "projects.show", reference=reference)

    return confirm_page(f"{step.label}: are you sure?", form, save, caption=reference, cancel=page_of(reference))


@bp.post("/<reference>/publish")
@access("projects.publish", on=queries.resource)
def publish(reference: str) -> Response:
    public = request.form.get("public") == "yes"
    service.publish(session(), reference, public=public, actor=actor(), now=now())
    sentence = "The public page shows this project now." if public else "The public page no longer shows this project."
    return done(sentence, "projects.show", reference=reference)


@bp.route("/<reference>/involvement-plan", methods=["GET", "POST"])
@access("projects.engage", on=queries.resource)
def involvement_plan(reference: str) -> Response | tuple[str, int] | str:
    form = InvolvementPlanForm()

    def save() -> Response:
        service.approve_involvement_plan(
            session(), reference, day=given(form.approved_on.data), actor=actor(), now=now()
        )
        return done("The approval of the involvement plan is recorded.", "projects.show", reference=reference)

    return form_page(form, save, title="Involvement plan approved", caption=reference, cancel=page_of(reference))


@bp.route("/<reference>/<kind>/add", methods=["GET", "POST"])
@access("projects.read", on=queries.resource)
def add_part(reference: str, kind: str) -> Response | tuple[str, int] | str:
    """The service asks who may add which part."""
    part = PARTS.find(kind)
    form = part.form()
    part.prepare(form, session())

    def save() -> Response:
        row = part.row(form, now())
        service.add_part(session(), reference, row, action=part.action, actor=actor(), now=now())
        return done(f"{part.title} added.", "projects.show", reference=reference)

    return form_page(form, save, title=f"Add {part.noun}", caption=reference, cancel=page_of(reference))


@bp.route("/<reference>/<kind>/<int:key>", methods=["GET", "POST"])
@access("projects.read", on=queries.resource)
def edit_part(reference: str, kind: str, key: int) -> Response | tuple[str, int] | str:
    part = PARTS.find(kind)
    row = queries.part(session(), reference, part.model, key)
    form = part.change_form(row)
    part.prepare(form, session())

    def save() -> Response:
        service.change_part(
            session(),
            reference,
            (part.model, key),
            part.changes(form),
            seen=seen(form),
            action=part.action,
            actor=actor(),
            now=now(),
        )
        return done("The changes are saved.", "projects.show", reference=reference)

    return form_page(
        form,
        save,
        title=f"Change {part.noun}",
        caption=reference,
        cancel=page_of(reference),
        noun=part.noun.partition(" ")[2],
        version=row.version,
        remove_url=url_for("projects.remove_part", reference=reference, kind=kind, key=key),
    )


@bp.post("/<reference>/<kind>/<int:key>/remove")
@access("projects.read", on=queries.resource)
def remove_part(reference: str, kind: str, key: int) -> Response:
    part = PARTS.find(kind)
    place = (part.model, key)
    service.change_part(
        session(), reference, place, {}, seen=version_sent(), action=part.action, actor=actor(), now=now()
    )
    return done(f"{part.title} removed.", "projects.show", reference=reference)


@bp.route("/<reference>/pathway/<any(hpc, hpc_ai, quantum):rung>/open", methods=["GET", "POST"])
@access("projects.open_rung", on=queries.resource)
def open_rung(reference: str, rung: str) -> Response | tuple[str, int] | str:
    form, step = OpenRungForm(), Rung(rung)

    def save() -> Response:
        service.open_rung(session(), reference, step, reason=form.reason.data or "", actor=actor(), now=now())
        return done(f"{label(step)} is open.", "projects.show", reference=reference)

    return form_page(form, save, title=f"Open the rung “{label(step)}”", caption=reference, cancel=page_of(reference))


@bp.route("/<reference>/pathway/<any(hpc, hpc_ai, quantum):rung>/trial", methods=["GET", "POST"])
@access("projects.record_trial", on=queries.resource)
def record_trial(reference: str, rung: str) -> Response | tuple[str, int] | str:
    form, step = TrialForm(), Rung(rung)

    def save() -> Response:
        service.record_trial(session(), reference, step, **form.values(), actor=actor(), now=now())
        return done("The result is recorded.", "projects.show", reference=reference)

    return form_page(
        form, save, title=f"Record a result on {label(step)}", caption=reference, cancel=page_of(reference)
    )


def page_of(reference: str) -> str:
    return url_for("projects.show", reference=reference)
