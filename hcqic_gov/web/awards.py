"""Pages of awards with their budgets, and of the centre's income."""

from flask import Blueprint, g, render_template, url_for
from werkzeug.wrappers import Response

from hcqic_gov.audit import queries as audit
from hcqic_gov.funding import awards, queries, spending
from hcqic_gov.funding.awards import BudgetRow
from hcqic_gov.funding.models import Application
from hcqic_gov.funding.rules import INCOME_NAMES
from hcqic_gov.people.queries import names
from hcqic_gov.people.rules import outside
from hcqic_gov.policy.access import may
from hcqic_gov.web.access import access
from hcqic_gov.web.centre import actor, now, session
from hcqic_gov.web.forms import given
from hcqic_gov.web.funding import words
from hcqic_gov.web.funding_forms import ChangeBudgetForm, IncomeForm, NewBudgetForm, ScheduleForm, SpendForm
from hcqic_gov.web.pages import Answer, done, entry_of, form_page

bp = Blueprint("awards", __name__, url_prefix="/awards")
bp.context_processor(words)


@bp.get("/")
@access("funding.read_award")
def index() -> str:
    return render_template("funding/awards.html", awards=awards.awards(session(), actor()), inside=not outside(actor()))


@bp.get("/income")
@access("funding.read")
def income() -> str:
    return render_template(
        "funding/income.html",
        income=awards.income(session()),
        kinds=INCOME_NAMES,
        can_record=may(actor(), "funding.record_income"),
    )


@bp.route("/income/add", methods=["GET", "POST"])
@access("funding.record_income")
def add_income() -> Answer:
    form = IncomeForm.make(session())

    def save() -> Response:
        spending.receive(session(), form.received(), actor=actor(), now=now())
        return done("The income is recorded.", "awards.income")

    return form_page(form, save, title="Record income", cancel=url_for("awards.income"))


@bp.get("/<reference>")
@access("funding.read_award", on=queries.award_resource)
def show(reference: str) -> str:
    """A funder's person reads what reports say of it, and not how the centre keeps it."""
    row = awards.award(session(), reference)
    application = session().get_one(Application, row.application_id)
    history = audit.history(session(), "award", row.key)
    return render_template(
        "funding/award.html",
        row=row,
        application=application,
        view=awards.award_of(session(), application),
        report=queries.award_for_report(session(), reference),
        spending=awards.expenditures_of(session(), row),
        keep=may(actor(), "funding.keep_budget", g.resource),
        inside=not outside(actor()),
        history=history,
        names=names(session(), {entry.actor_id for entry in history}),
    )


@bp.route("/<reference>/schedule", methods=["GET", "POST"])
@access("funding.keep_budget", on=queries.award_resource)
def schedule(reference: str) -> Answer:
    form = ScheduleForm(obj=awards.award(session(), reference))

    def save() -> Response:
        spending.plan_reports(session(), reference, form.schedule(), actor=actor(), now=now())
        return done("The reporting schedule is made.", "awards.show", reference=reference)

    return form_page(form, save, title="Dates and reporting schedule", caption=reference, cancel=page_of(reference))


@bp.route("/<reference>/budget/add", methods=["GET", "POST"])
@access("funding.keep_budget", on=queries.award_resource)
def add_budget(reference: str) -> Answer:
    form = NewBudgetForm()

    def save() -> Response:
        spending.add_budget(session(), reference, form.line(), actor=actor(), now=now())
        return done("The budget line is added.", "awards.show", reference=reference)

    return form_page(form, save, title="Add a budget line", caption=reference, cancel=page_of(reference))


@bp.route("/<reference>/budget/<int:key>", methods=["GET", "POST"])
@access("funding.keep_budget", on=queries.award_resource)
def change_budget(reference: str, key: int) -> Answer:
    row = budget_row(reference, key)
    form = ChangeBudgetForm(obj=row)

    def save() -> Response:
        seen = given(form.version.data)
        spending.change_budget(session(), reference, key, form.line(row), seen=seen, actor=actor(), now=now())
        return done("The changes are saved.", "awards.show", reference=reference)

    return form_page(form, save, title="Change the budget line", caption=reference, cancel=page_of(reference))


@bp.route("/<reference>/budget/<int:key>/spend", methods=["GET", "POST"])
@access("funding.keep_budget", on=queries.award_resource)
def spend(reference: str, key: int) -> Answer:
    form = SpendForm()

    def save() -> Response:
        said = {"note": form.note.data or "", "reason": form.reason.data or ""}
        amount, on = given(form.amount.data), given(form.on.data)
        spending.spend(session(), reference, key, amount, on=on, **said, actor=actor(), now=now())
        return done("The spending is recorded.", "awards.show", reference=reference)

    budget_row(reference, key)
    return form_page(form, save, title="Record spending", caption=reference, cancel=page_of(reference))


def budget_row(reference: str, key: int) -> BudgetRow:
    """Errors: NotFound."""
    rows = awards.budget_of(session(), awards.award(session(), reference))
    return entry_of(rows, key, "budget line")


def page_of(reference: str) -> str:
    return url_for("awards.show", reference=reference)
