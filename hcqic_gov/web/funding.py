"""Pages of calls and applications."""

from collections.abc import Callable

from flask import Blueprint, g, render_template, request, url_for
from werkzeug.wrappers import Response

from hcqic_gov.audit import queries as audit
from hcqic_gov.core.errors import NotFound
from hcqic_gov.core.workflow import Move
from hcqic_gov.ethics.states import METHOD_LABELS, PURPOSE_LABELS
from hcqic_gov.funding import queries, service
from hcqic_gov.funding.models import Application
from hcqic_gov.funding.rules import (
    BASIS_NAMES,
    HEADING_NAMES,
    STATE_COLOURS,
    STATE_NAMES,
    WORKFLOW,
    ApplicationFacts,
    ApplicationState,
    in_currency,
    in_zone,
)
from hcqic_gov.people.queries import names, organisation_names
from hcqic_gov.people.rules import OrganisationKind
from hcqic_gov.policy.access import may
from hcqic_gov.projects.queries import PAGE_SIZE
from hcqic_gov.web.access import access
from hcqic_gov.web.centre import actor, now, session
from hcqic_gov.web.forms import Form, given, seen, version_sent
from hcqic_gov.web.funding_forms import (
    AcceptForm,
    ApplicationForm,
    CallForm,
    CostForm,
    ExtendForm,
    FilterApplications,
    OfferForm,
    ReasonForm,
    moment_of,
)
from hcqic_gov.web.pages import Answer, Page, confirm_page, done, entry_of, form_page, move_rulings, page_number

bp = Blueprint("funding", __name__, url_prefix="/funding")
Step = Move[ApplicationState, ApplicationFacts]


@bp.context_processor
def words() -> dict[str, object]:
    """What the templates of funding say in plain words."""
    return {
        "states": STATE_NAMES,
        "colours": STATE_COLOURS,
        "headings": HEADING_NAMES,
        "bases": BASIS_NAMES,
        "in_currency": in_currency,
        "in_zone": in_zone,
    }


@bp.get("/")
@access("funding.read")
def index() -> str:
    form = FilterApplications(request.args)
    funders = organisation_names(session(), OrganisationKind.FUNDER, OrganisationKind.CHARITY)
    form.funder.choices = [(0, "Any"), *funders.items()]
    wanted = form.wanted() if form.validate() else queries.ApplicationFilter()
    number = page_number()
    rows, total = queries.applications(session(), wanted, page=number)
    return render_template(
        "funding/index.html",
        form=form,
        rows=rows,
        page=Page(number, PAGE_SIZE, total),
        pipeline=queries.pipeline(session()),
        register=may(actor(), "funding.register"),
    )


@bp.get("/calls")
@access("funding.read")
def calls() -> str:
    return render_template(
        "funding/calls.html", calls=queries.calls(session()), register=may(actor(), "funding.register")
    )


@bp.route("/calls/add", methods=["GET", "POST"])
@access("funding.register")
def add_call() -> Answer:
    form = CallForm.make(session())

    def save() -> Response:
        service.register_call(session(), form.details(), actor=actor(), now=now())
        return done("The call is registered.", "funding.calls")

    return form_page(form, save, title="Register a call", cancel=url_for("funding.calls"))


@bp.route("/calls/<int:key>", methods=["GET", "POST"])
@access("funding.register")
def edit_call(key: int) -> Answer:
    form = CallForm.make(session(), queries.call(session(), key))

    def save() -> Response:
        seen = given(form.version.data)
        service.edit_call(session(), key, form.details(), seen=seen, actor=actor(), now=now())
        return done("The changes are saved.", "funding.calls")

    return form_page(form, save, title="Change the call", cancel=url_for("funding.calls"))


@bp.route("/register", methods=["GET", "POST"])
@access("funding.register")
def register() -> Answer:
    form = ApplicationForm.make(session())

    def save() -> Response:
        row = service.register(session(), form.details(), actor=actor(), now=now())
        return done(f"{row.reference} is registered.", "funding.show", reference=row.reference)

    return form_page(form, save, title="Register an application", cancel=url_for("funding.index"))


@bp.get("/<reference>")
@access("funding.read", on=queries.resource)
def show(reference: str) -> str:
    row = queries.application(session(), reference)
    view = queries.application_view(session(), row, actor=actor(), now=now())
    history = audit.history(session(), "funding_application", row.key)
    rulings = move_rulings(WORKFLOW, row.state, view.facts, register="funding", on=g.resource)
    return render_template(
        "funding/show.html",
        view=view,
        row=row,
        purpose=PURPOSE_LABELS[row.purpose],
        method=METHOD_LABELS[row.method],
        edit=rulings.pop("edit", None),
        rulings=rulings,
        labels={move.name: move.label for move in WORKFLOW.moves},
        history=history,
        names=names(session(), {entry.actor_id for entry in history}),
    )


@bp.route("/<reference>/edit", methods=["GET", "POST"])
@access("funding.edit", on=queries.resource)
def edit(reference: str) -> Answer:
    form = ApplicationForm.make(session(), queries.application(session(), reference))

    def save() -> Response:
        service.edit(session(), reference, form.details(), seen=seen(form), actor=actor(), now=now())
        return done("The changes are saved.", "funding.show", reference=reference)

    return form_page(form, save, title="Change the application", caption=reference, cancel=page_of(reference))


@bp.route("/<reference>/costs/add", methods=["GET", "POST"])
@access("funding.edit", on=queries.resource)
def add_cost(reference: str) -> Answer:
    form = CostForm.make()

    def save() -> Response:
        service.add_cost(session(), reference, form.cost(), actor=actor(), now=now())
        return done("The cost is added.", "funding.show", reference=reference)

    return form_page(form, save, title="Add a cost", caption=reference, cancel=page_of(reference))


@bp.route("/<reference>/costs/<int:key>", methods=["GET", "POST"])
@access("funding.edit", on=queries.resource)
def edit_cost(reference: str, key: int) -> Answer:
    lines = queries.cost_lines(session(), queries.application(session(), reference))
    line = entry_of(lines, key, "cost")
    form = CostForm.make(line)

    def save() -> Response:
        service.change_cost(session(), reference, key, form.cost(), seen=seen(form), actor=actor(), now=now())
        return done("The changes are saved.", "funding.show", reference=reference)

    return form_page(
        form,
        save,
        title="Change the cost",
        caption=reference,
        cancel=page_of(reference),
        noun="cost",
        version=line.version,
        remove_url=url_for("funding.remove_cost", reference=reference, key=key),
    )


@bp.post("/<reference>/costs/<int:key>/remove")
@access("funding.edit", on=queries.resource)
def remove_cost(reference: str, key: int) -> Response:
    service.change_cost(session(), reference, key, None, seen=version_sent(), actor=actor(), now=now())
    return done("The cost is removed.", "funding.show", reference=reference)


@bp.route("/<reference>/move/<name>", methods=["GET", "POST"])
@access("funding.read", on=queries.resource)
def move(reference: str, name: str) -> Answer:
    """The service asks who may make which move."""
    step = next((move for move in WORKFLOW.moves if move.name == name and name != "edit"), None)
    if step is None:
        raise NotFound("We cannot find this page.")
    row = queries.application(session(), reference)
    form, save = STEPS.get(name, plain_step)(row, step)
    return confirm_page(step.label, form, save, caption=reference, cancel=page_of(reference))


def plain_step(row: Application, step: Step) -> tuple[Form, Callable[[], Response]]:
    form = ReasonForm()

    def save() -> Response:
        service.move(session(), row.reference, step.name, reason=form.reason.data or "", actor=actor(), now=now())
        return moved(row)

    return form, save


def offer_step(row: Application, _step: Step) -> tuple[Form, Callable[[], Response]]:
    form = OfferForm()

    def save() -> Response:
        amount, reason = given(form.amount.data), form.reason.data or ""
        service.record_offer(session(), row.reference, amount, reason=reason, actor=actor(), now=now())
        return moved(row)

    return form, save


def extend_step(row: Application, _step: Step) -> tuple[Form, Callable[[], Response]]:
    form, zone = ExtendForm(), queries.call(session(), row.call_id).time_zone

    def save() -> Response:
        until, reason = moment_of(form.until, form.until_time, zone), form.reason.data or ""
        service.extend(session(), row.reference, until, reason=reason, actor=actor(), now=now())
        return moved(row)

    return form, save


def accept_step(row: Application, _step: Step) -> tuple[Form, Callable[[], Response]]:
    form = AcceptForm(amount=row.offered_amount)

    def save() -> Response:
        award = service.accept(session(), row.reference, form.details(), actor=actor(), now=now())
        return done(f"{award.reference} is awarded.", "awards.show", reference=award.reference)

    return form, save


STEPS = {"offer": offer_step, "extend": extend_step, "accept": accept_step}
"""Moves that need more than a reason."""


def moved(row: Application) -> Response:
    return done("The application’s state has changed.", "funding.show", reference=row.reference)


def page_of(reference: str) -> str:
    return url_for("funding.show", reference=reference)
