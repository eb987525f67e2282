"""Pages of access to the sandbox: tiers, allocations, what is spent; and the switch for maintenance."""

from collections.abc import Mapping
from datetime import timedelta

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from hcqic_gov.core.calendar import london_day
from hcqic_gov.core.ruling import Ruling, first_refusal
from hcqic_gov.people.queries import names
from hcqic_gov.policy.access import may
from hcqic_gov.projects import queries as projects
from hcqic_gov.quantum.tiers import tiers
from hcqic_gov.sandbox import applying, granting, quotas
from hcqic_gov.sandbox.allocations import allocations
from hcqic_gov.sandbox.rules import Answer
from hcqic_gov.web.access import access
from hcqic_gov.web.centre import actor, now, session
from hcqic_gov.web.pages import Answer as Answered
from hcqic_gov.web.pages import confirm_page, done, form_page
from hcqic_gov.web.sandbox_forms import ClosingForm, GrantForm, NoteForm, WishForm

bp = Blueprint("sandbox_access", __name__, url_prefix="/sandbox")

ANSWERS: Mapping[str, str] = {
    Answer.OPEN: "Waits for a gatekeeper",
    Answer.GRANTED: "Granted",
    Answer.REFUSED: "Refused",
    Answer.WITHDRAWN: "Withdrawn",
}
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
    made = applying.applications(session(), project.key)
    asked = next((one for one in made if one.answer is Answer.OPEN), None)
    people = {one.granted_by for one in granted} | {one.applicant_id for one in made}
    resource = projects.resource_of(session(), project)
    return render_template(
        "sandbox/access.html",
        project=project,
        balance=quotas.balance(session(), project.key, at=now()),
        current=quotas.in_force(session(), project.key, london_day(now())),
        granted=granted,
        spent=quotas.spending_of(session(), project.key, limit=SPENT),
        names=names(session(), people | {one.answered_by for one in made if one.answered_by}),
        answers=ANSWERS,
        policy=allocations(),
        sizes=tiers(),
        today=london_day(now()),
        asked=asked,
        apply=first_refusal((may(actor(), "sandbox.apply_access", resource), applying.may_apply(asked))),
        drop=may(actor(), "sandbox.apply_access", resource),
        refuse=may(actor(), "sandbox.refuse_access", resource),
        applications=made,
        grant=may(actor(), "sandbox.grant", resource),
        withdraw=may(actor(), "sandbox.withdraw_grant", resource),
    )


@bp.route("/access/<reference>/grant", methods=["GET", "POST"])
@access("sandbox.grant", on=projects.resource)
def grant(reference: str) -> Answered:
    today = london_day(now())
    asked = applying.open_one(session(), projects.project(session(), reference).key)
    wanted = {"tier": asked.tier, "seconds": asked.seconds} if asked else {}
    form = GrantForm(starts_on=today, ends_on=today + timedelta(days=364), **wanted)

    def save() -> Response:
        applying.grant(session(), reference, form.grant(), actor=actor(), now=now())
        return done("The access is granted.", "sandbox_access.show", reference=reference)

    lead = "It takes the place of the allocation that is in force on its first day."
    if asked:
        lead = f"It answers what the project asks for. {lead}"
    cancel = url_for("sandbox_access.show", reference=reference)
    return form_page(form, save, title="Grant access", lead=lead, caption=reference, submit="Grant", cancel=cancel)


@bp.route("/access/<reference>/apply", methods=["GET", "POST"])
@access("sandbox.apply_access", on=projects.resource)
def apply(reference: str) -> Answered:
    form = WishForm()

    def save() -> Response:
        applying.apply(session(), reference, form.wish(), actor=actor(), now=now())
        return done("The gatekeepers have your application.", "sandbox_access.show", reference=reference)

    lead = "A gatekeeper who does not work on the project reads it, and grants or refuses it with a reason."
    cancel = url_for("sandbox_access.show", reference=reference)
    return form_page(form, save, title="Apply for access", lead=lead, caption=reference, submit="Apply", cancel=cancel)


@bp.post("/access/<reference>/drop")
@access("sandbox.apply_access", on=projects.resource)
def drop(reference: str) -> Response:
    applying.withdraw(session(), reference, actor=actor(), now=now())
    return done("The application is withdrawn.", "sandbox_access.show", reference=reference)


@bp.route("/access/<reference>/refuse", methods=["GET", "POST"])
@access("sandbox.refuse_access", on=projects.resource)
def refuse(reference: str) -> Answered:
    form = NoteForm()

    def save() -> Response:
        applying.refuse(session(), reference, reason=form.reason.data or "", actor=actor(), now=now())
        return done("The application is refused; who applied is told.", "sandbox_access.show", reference=reference)

    cancel = url_for("sandbox_access.show", reference=reference)
    return confirm_page("refuse this application: are you sure?", form, save, caption=reference, cancel=cancel)


@bp.route("/access/<reference>/<int:key>/withdraw", methods=["GET", "POST"])
@access("sandbox.withdraw_grant", on=projects.resource)
def withdraw(reference: str, key: int) -> Answered:
    form = NoteForm()

    def save() -> Response:
        reason = form.reason.data or ""
        granting.withdraw(session(), reference, key, reason=reason, actor=actor(), now=now())
        return done("The access is withdrawn from today.", "sandbox_access.show", reference=reference)

    cancel = url_for("sandbox_access.show", reference=reference)
    return confirm_page("withdraw this access: are you sure?", form, save, caption=reference, cancel=cancel)


@bp.route("/maintenance", methods=["GET", "POST"])
@access("sandbox.close")
def maintenance() -> Answered:
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
def reopen() -> Answered:
    granting.reopen(session(), actor=actor(), now=now())
    return done("The sandbox is open. Queued runs start within half a minute.", "sandbox.index")
