"""Pages of the KPIs: what is due, values and their verification, explanations, rebases."""

from collections.abc import Callable

from flask import Blueprint, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from hcqic_gov.core.calendar import Period, london_day
from hcqic_gov.core.errors import NotFound
from hcqic_gov.core.ruling import Ruling, first_refusal
from hcqic_gov.documents.service import store
from hcqic_gov.kpi import periods, queries, saved_views, service, working_out
from hcqic_gov.kpi.definitions import Definition
from hcqic_gov.kpi.rules import STATUS_COLOURS, WORKFLOW, label
from hcqic_gov.people.rules import ROLE_LABELS
from hcqic_gov.policy.access import Resource, may
from hcqic_gov.web.access import access
from hcqic_gov.web.centre import actor, now, session
from hcqic_gov.web.kpi_drift import drifts_of, told
from hcqic_gov.web.kpi_forms import AnnotationForm, CorrectionForm, EntryForm, RebaseForm, ReturnForm
from hcqic_gov.web.pages import done, form_page

bp = Blueprint("kpi", __name__, url_prefix="/kpis")
Page = AnyResponse | tuple[str, int] | str


@bp.get("/")
@access("kpi.read")
def index() -> str:
    today = london_day(now())
    return render_template(
        "kpi/index.html",
        due=queries.due(session(), actor(), today),
        views=queries.summary(session(), today),
        saved=saved_views.saved_by(session(), actor()),
        label=label,
        colours=STATUS_COLOURS,
        work_out=may(actor(), "kpi.work_out"),
        upload=may(actor(), "kpi.upload"),
    )


@bp.post("/work-out")
@access("kpi.work_out")
def work_out() -> AnyResponse:
    periods = working_out.recent_periods(london_day(now()))
    changed = working_out.work_out(session(), periods, actor=actor(), now=now())
    count = f"{len(changed)} value{'' if len(changed) == 1 else 's'}"
    return done(f"Worked out from the registers: {count} new or changed. Closed periods stay as they are.", "kpi.index")


@bp.get("/<reference>")
@access("kpi.read", on=queries.resource)
def show(reference: str) -> str:
    today = london_day(now())
    view = queries.series(session(), reference, today)
    history = queries.history(session(), reference, today)
    period = Period.containing(today, view.definition.frequency)
    closed = periods.closed_codes(session())
    return render_template(
        "kpi/show.html",
        view=view,
        one=view.definition,
        history=history,
        open_periods=queries.open_periods(history, view.definition, today, closed),
        closed=closed,
        drifts=told(view, drifts_of(view.definition, closed)),
        can=rulings(queries.resource_of(view.definition)),
        period=period,
        latest=period.shifted(-1),
        label=label,
        colours=STATUS_COLOURS,
        roles=ROLE_LABELS,
    )


@bp.route("/<reference>/<period>/enter", methods=["GET", "POST"])
@access("kpi.enter", on=queries.resource)
def enter(reference: str, period: str) -> Page:
    found, one = period_and_definition(reference, period)
    periods.require_open(session(), found)
    form = EntryForm.for_period(one, queries.in_work(session(), reference, found))

    def save() -> AnyResponse:
        entry = form.entry(evidence(form))
        record = service.enter(session(), reference, found, entry, seen=form.version.data, actor=actor(), now=now())
        return done(
            "The value is saved as a draft. Submit it when it is complete.", "kpi.observation", reference=record.key
        )

    return entry_page(form, save, one, title=f"Enter {reference} for {found.label}", cancel=page_of(reference))


@bp.get("/observations/<int:reference>")
@access("kpi.read", on=queries.observation_resource)
def observation(reference: int) -> str:
    found = queries.revision(session(), reference, london_day(now()))
    resource = queries.observation_resource(session(), reference)
    return render_template(
        "kpi/observation.html",
        found=found,
        record=found.record,
        one=found.definition,
        evidence=queries.evidence(session(), found.record),
        period=Period.parse(found.record.period),
        may_see=may(actor(), "kpi.annotate", resource),
        rulings=move_rulings(found, resource),
        label=label,
        colours=STATUS_COLOURS,
    )


@bp.post("/observations/<int:reference>/submit")
@access("kpi.submit", on=queries.observation_resource)
def submit(reference: int) -> AnyResponse:
    record = service.submit(session(), reference, actor=actor(), now=now())
    return done("The value waits for verification by another person.", "kpi.observation", reference=record.key)


@bp.post("/observations/<int:reference>/verify")
@access("kpi.verify", on=queries.observation_resource)
def verify(reference: int) -> AnyResponse:
    record = service.verify(session(), reference, actor=actor(), now=now())
    return done(f"{record.reference} is verified and counts from now on.", "kpi.observation", reference=record.key)


@bp.route("/observations/<int:reference>/return", methods=["GET", "POST"])
@access("kpi.return", on=queries.observation_resource)
def return_(reference: int) -> Page:
    form, record = ReturnForm(), queries.observation(session(), reference)

    def save() -> AnyResponse:
        service.return_(session(), reference, reason=form.reason.data or "", actor=actor(), now=now())
        return done("The value is returned with your reason.", "kpi.observation", reference=reference)

    cancel = url_for("kpi.observation", reference=reference)
    return form_page(form, save, title="Return the value", caption=record.reference, submit="Return", cancel=cancel)


@bp.route("/observations/<int:reference>/correct", methods=["GET", "POST"])
@access("kpi.correct", on=queries.observation_resource)
def correct(reference: int) -> Page:
    old = queries.observation(session(), reference)
    found, one = period_and_definition(old.code, old.period)
    periods.require_open(session(), found)
    form = CorrectionForm.for_period(one, old)

    def save() -> AnyResponse:
        entry, reason = form.entry(evidence(form)), form["reason"].data or ""
        record = service.correct(session(), reference, entry, reason=reason, actor=actor(), now=now())
        return done("The correction is saved as a draft.", "kpi.observation", reference=record.key)

    cancel = url_for("kpi.observation", reference=reference)
    return entry_page(form, save, one, title=f"Correct {old.reference}", cancel=cancel)


@bp.route("/<reference>/<period>/annotate", methods=["GET", "POST"])
@access("kpi.annotate", on=queries.resource)
def annotate(reference: str, period: str) -> Page:
    form, (found, _) = AnnotationForm(), period_and_definition(reference, period)

    def save() -> AnyResponse:
        service.annotate(session(), reference, found, form.text.data or "", actor=actor(), now=now())
        return done("The explanation stands beside the value.", "kpi.show", reference=reference)

    return form_page(form, save, title=f"Explain {found.label}", caption=reference, cancel=page_of(reference))


@bp.route("/<reference>/<period>/rebase", methods=["GET", "POST"])
@access("kpi.rebase", on=queries.resource)
def rebase(reference: str, period: str) -> Page:
    form, (found, _) = RebaseForm(), period_and_definition(reference, period)

    def save() -> AnyResponse:
        service.rebase(session(), reference, found, reason=form.reason.data or "", actor=actor(), now=now())
        return done(f"The limits start anew from {found.label}.", "kpi.show", reference=reference)

    return form_page(
        form, save, title=f"Start the limits anew from {found.label}", caption=reference, cancel=page_of(reference)
    )


def period_and_definition(reference: str, period: str) -> tuple[Period, Definition]:
    """Errors: NotFound for an address that names no period of this KPI."""
    try:
        found = Period.parse(period)
    except ValueError as error:
        raise NotFound(f"“{period}” is not a period. Choose one from the KPI’s page.") from error
    return found, service.definition_for(reference, found)


def entry_page(form: EntryForm, save: Callable[[], AnyResponse], one: Definition, *, title: str, cancel: str) -> Page:
    unit = "" if one.ratio else f" Unit: {one.unit}."
    lead = f"{one.definition}{unit} Leave the numbers empty if nothing was reported."
    return form_page(form, save, title=title, lead=lead, caption=one.title, submit="Save draft", cancel=cancel)


def evidence(form: EntryForm) -> int | None:
    """The number of the uploaded file, if there is one. Errors: Invalid."""
    upload = form.evidence.data
    if not upload or not upload.filename:
        return None
    return store(session(), upload.read(), filename=upload.filename, actor=actor(), now=now()).key


def rulings(resource: Resource) -> dict[str, Ruling]:
    return {name: may(actor(), f"kpi.{name}", resource) for name in ("enter", "annotate", "rebase")}


PERSONAL = {"enter", "submit", "verify", "return", "correct"}


def move_rulings(found: queries.Revision, resource: Resource) -> list[tuple[str, str, Ruling]]:
    """Each move that a person makes from this status: its name, its words, and whether they may make it now."""
    record = found.record
    closed = record.period in periods.closed_codes(session())
    facts = service.facts_of_record(found.definition, record, closed=closed, actor=actor(), now=now())
    return [
        (
            move.name,
            move.label.capitalize(),
            first_refusal(
                [may(actor(), f"kpi.{move.name}", resource), WORKFLOW.ruling(move.name, record.status, facts)]
            ),
        )
        for move in WORKFLOW.moves_from(record.status)
        if move.name in PERSONAL
    ]


def page_of(reference: str) -> str:
    return url_for("kpi.show", reference=reference)
