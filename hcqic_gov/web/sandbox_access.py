"""Pages of access to the sandbox: tiers, allocations, what is spent; and the switch for maintenance."""

from datetime import timedelta

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from hcqic_gov.core.calendar import london_day
from hcqic_gov.core.ruling import Ruling
from hcqic_gov.people.queries import names
from hcqic_gov.policy.access import may
from hcqic_gov.projects import queries as projects
from hcqic_gov.quantum.tiers import tiers
from hcqic_gov.sandbox import granting, quotas
from hcqic_gov.sandbox.allocations import allocations
from hcqic_gov.web.access import access
from hcqic_gov.web.centre import actor, now, session
from hcqic_gov.web.pages import Answer, confirm_page, done, form_page
from hcqic_gov.web.sandbox_forms import ClosingForm, GrantForm, NoteForm

bp = Blueprint("sandbox_access", __name__, url_prefix="/sandbox")

SPENT = 25
"""The latest bookings that a project's page shows."""


@bp.get("/access/")
@access("sandbox.read_access")
def index() -> str:
    """Every project with a granted tier."""
    rows = quotas.granted(session(), london_day(now()))
    return render_template("sandbox/access_index.html", rows=rows, policy=allocations(), sizes=tiers())


@bp.get("/access/<reference>")
@access("sandbox.read_access", on=projects.resource)
def show(reference: str) -> str:
    project = projects.project(session(), reference)
    granted = quotas.of_project(session(), project.key)
    resource = projects.resource_of(session(), project)
    return render_template(
        "sandbox/access.html",
        project=project,
        balance=quotas.balance(session(), project.key, at=now()),
        current=quotas.in_force(session(), project.key, london_day(now())),
        granted=granted,
        spent=quotas.spending_of(session(), project.key, limit=SPENT),
        names=names(session(), {one.granted_by for one in granted}),
        policy=allocations(),
        sizes=tiers(),
        today=london_day(now()),
        grant=may(actor(), "sandbox.grant", resource),
        withdraw=may(actor(), "sandbox.withdraw_grant", resource),
    )


@bp.route("/access/<reference>/grant", methods=["GET", "POST"])
@access("sandbox.grant", on=projects.resource)
def grant(reference: str) -> Answer:
    today = london_day(now())
    form = GrantForm(starts_on=today, ends_on=today + timedelta(days=364))

    def save() -> Response:
        granting.grant(session(), reference, form.grant(), actor=actor(), now=now())
        return done("The access is granted.", "sandbox_access.show", reference=reference)

    lead = "It takes the place of the allocation that is in force on its first day."
    cancel = url_for("sandbox_access.show", reference=reference)
    return form_page(form, save, title="Grant access", lead=lead, caption=reference, submit="Grant", cancel=cancel)


@bp.route("/access/<reference>/<int:key>/withdraw", methods=["GET", "POST"])
@access("sandbox.withdraw_grant", on=projects.resource)
def withdraw(reference: str, key: int) -> Answer:
    form = NoteForm()

    def save() -> Response:
        reason = form.reason.data or ""
        granting.withdraw(session(), reference, key, reason=reason, actor=actor(), now=now())
        return done("The access is withdrawn from today.", "sandbox_access.show", reference=reference)

    cancel = url_for("sandbox_access.show", reference=reference)
    return confirm_page("withdraw this access: are you sure?", form, save, caption=reference, cancel=cancel)


@bp.route("/maintenance", methods=["GET", "POST"])
@access("sandbox.close")
def maintenance() -> Answer:
    """Close the sandbox; where it is closed, say since when and offer to open it."""
    switch = granting.switch(session())
    if switch.closed_at is not None and request.method == "GET":
        return render_template("sandbox/maintenance.html", switch=switch, reopen=Ruling(True))
    form = ClosingForm()

    def save() -> Response:
        granting.close(session(), reason=form.reason.data or "", actor=actor(), now=now())
        return done("The sandbox is closed: nothing starts until you open it.", "sandbox_access.maintenance")

    lead = "No run starts from then on. What runs already goes on to its end, and requests can still be made."
    title, cancel = "Close the sandbox for maintenance", url_for("sandbox.index")
    return form_page(form, save, title=title, lead=lead, submit="Close", cancel=cancel)


@bp.post("/maintenance/reopen")
@access("sandbox.reopen")
def reopen() -> Answer:
    granting.reopen(session(), actor=actor(), now=now())
    return done("The sandbox is open. Queued runs start within half a minute.", "sandbox.index")
