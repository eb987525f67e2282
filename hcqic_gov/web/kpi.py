"""Pages of the KPIs: what is due, values and their verification, targets, explanations, export."""

from collections.abc import Callable

from flask import Blueprint, Response, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from hcqic_gov.core.calendar import Period, london_day
from hcqic_gov.core.errors import NotFound
from hcqic_gov.core.ruling import Ruling, first_refusal
from hcqic_gov.documents.service import store
from hcqic_gov.kpi import queries, service, working_out
from hcqic_gov.kpi.definitions import Definition
from hcqic_gov.kpi.rules import STATUS_COLOURS, WORKFLOW, label
from hcqic_gov.kpi.tables import as_csv
from hcqic_gov.people.rules import ROLE_LABELS
from hcqic_gov.policy.access import Resource, may
from hcqic_gov.web.access import access
from hcqic_gov.web.centre import actor, now, session
from hcqic_gov.web.kpi_forms import AnnotationForm, CorrectionForm, EntryForm, RebaseForm, ReturnForm, TargetForm
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
        label=label,
        colours=STATUS_COLOURS,
        work_out=may(actor(), "kpi.work_out"),
    )


@bp.post("/work-out")
@access("kpi.work_out")
def work_out() -> AnyResponse:
    periods = working_out.recent_periods(london_day(now()))
    changed = working_out.work_out(session(), periods, actor=actor(), now=now())
    count = f"{len(changed)} value{'' if len(changed) == 1 else 's'}"
    return done(f"Worked out from the registers: {count} new or changed.", "kpi.index")


@bp.get("/<code>")
@access("kpi.read", on=queries.resource)
def show(code: str) -> str:
    today = london_day(now())
    view = queries.series(session(), code, today)
    history = queries.history(session(), code, today)
    period = Period.containing(today, view.definition.frequency)
    return render_template(
        "kpi/show.html",
        view=view,
        one=view.definition,
        history=history,
        open_periods=queries.open_periods(history, view.definition, today),
        can=rulings(queries.resource_of(view.definition)),
        period=period,
        latest=period.shifted(-1),
        label=label,
        colours=STATUS_COLOURS,
        roles=ROLE_LABELS,
    )


@bp.get("/<code>/export.csv")
@access("kpi.read", on=queries.resource)
def export(code: str) -> Response:
    view = queries.series(session(), code, london_day(now()))
    name = f"attachment; filename={code}.csv"
    return Response(as_csv(view), mimetype="text/csv", headers={"Content-Disposition": name})


@bp.route("/<code>/<period>/enter", methods=["GET", "POST"])
@access("kpi.enter", on=queries.resource)
def enter(code: str, period: str) -> Page:
    found, one = period_and_definition(code, period)
    form = EntryForm.for_period(one, queries.in_work(session(), code, found))

    def save() -> AnyResponse:
        entry = form.entry(evidence(form))
        record = service.enter(session(), code, found, entry, seen=form.version.data, actor=actor(), now=now())
        return done("The value is saved as a draft. Submit it when it is complete.", "kpi.observation", key=record.key)

    return entry_page(form, save, one, title=f"Enter {code} for {found.label}", cancel=page_of(code))


@bp.get("/observations/<int:key>")
@access("kpi.read", on=queries.observation_resource)
def observation(key: int) -> str:
    found = queries.revision(session(), key, london_day(now()))
    resource = queries.observation_resource(session(), key)
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


@bp.post("/observations/<int:key>/submit")
@access("kpi.submit", on=queries.observation_resource)
def submit(key: int) -> AnyResponse:
    record = service.submit(session(), key, actor=actor(), now=now())
    return done("The value waits for verification by another person.", "kpi.observation", key=record.key)


@bp.post("/observations/<int:key>/verify")
@access("kpi.verify", on=queries.observation_resource)
def verify(key: int) -> AnyResponse:
    record = service.verify(session(), key, actor=actor(), now=now())
    return done(f"{record.reference} is verified and counts from now on.", "kpi.observation", key=record.key)


@bp.route("/observations/<int:key>/return", methods=["GET", "POST"])
@access("kpi.return", on=queries.observation_resource)
def return_(key: int) -> Page:
    form, record = ReturnForm(), queries.observation(session(), key)

    def save() -> AnyResponse:
        service.return_(session(), key, reason=form.reason.data or "", actor=actor(), now=now())
        return done("The value is returned with your reason.", "kpi.observation", key=key)

    cancel = url_for("kpi.observation", key=key)
    return form_page(form, save, title="Return the value", caption=record.reference, submit="Return", cancel=cancel)


@bp.route("/observations/<int:key>/correct", methods=["GET", "POST"])
@access("kpi.correct", on=queries.observation_resource)
def correct(key: int) -> Page:
    old = queries.observation(session(), key)
    _, one = period_and_definition(old.code, old.period)
    form = CorrectionForm.for_period(one, old)

    def save() -> AnyResponse:
        entry, reason = form.entry(evidence(form)), form["reason"].data or ""
        record = service.correct(session(), key, entry, reason=reason, actor=actor(), now=now())
        return done("The correction is saved as a draft.", "kpi.observation", key=record.key)

    cancel = url_for("kpi.observation", key=key)
    return entry_page(form, save, one, title=f"Correct {old.reference}", cancel=cancel)


@bp.route("/<code>/<period>/target", methods=["GET", "POST"])
@access("kpi.set_target", on=queries.resource)
def target(code: str, period: str) -> Page:
    form, (found, _) = TargetForm(), period_and_definition(code, period)

    def save() -> AnyResponse:
        value, reason = float(form.value.data or 0), form.reason.data or ""
        service.set_target(session(), code, found, value, reason=reason, actor=actor(), now=now())
        return done(f"The target holds from {found.label} on.", "kpi.show", code=code)

    return form_page(form, save, title=f"Target from {found.label} on", caption=code, cancel=page_of(code))


@bp.route("/<code>/<period>/annotate", methods=["GET", "POST"])
@access("kpi.annotate", on=queries.resource)
def annotate(code: str, period: str) -> Page:
    form, (found, _) = AnnotationForm(), period_and_definition(code, period)

    def save() -> AnyResponse:
        service.annotate(session(), code, found, form.text.data or "", actor=actor(), now=now())
        return done("The explanation stands beside the value.", "kpi.show", code=code)

    return form_page(form, save, title=f"Explain {found.label}", caption=code, cancel=page_of(code))


@bp.route("/<code>/<period>/rebase", methods=["GET", "POST"])
@access("kpi.rebase", on=queries.resource)
def rebase(code: str, period: str) -> Page:
    form, (found, _) = RebaseForm(), period_and_definition(code, period)

    def save() -> AnyResponse:
        service.rebase(session(), code, found, reason=form.reason.data or "", actor=actor(), now=now())
        return done(f"The limits start anew from {found.label}.", "kpi.show", code=code)

    return form_page(form, save, title=f"Start the limits anew from {found.label}", caption=code, cancel=page_of(code))


def period_and_definition(code: str, period: str) -> tuple[Period, Definition]:
    """Errors: NotFound for an address that names no period of this KPI."""
    try:
        found = Period.parse(period)
    except ValueError as error:
        raise NotFound(f"“{period}” is not a period. Choose one from the KPI’s page.") from error
    return found, service.definition_for(code, found)


def entry_page(form: EntryForm, save: Callable[[], AnyResponse], one: Definition, *, title: str, cancel: str) -> Page:
    lead = one.definition + (f" Unit: {one.unit}." if not one.ratio else "")
    return form_page(form, save, title=title, lead=lead, caption=one.title, submit="Save draft", cancel=cancel)


def evidence(form: EntryForm) -> int | None:
    """The number of the uploaded file, if there is one. Errors: Invalid."""
    upload = form.evidence.data
    if not upload or not upload.filename:
        return None
    return store(session(), upload.read(), filename=upload.filename, actor=actor(), now=now()).key


def rulings(resource: Resource) -> dict[str, Ruling]:
    return {name: may(actor(), f"kpi.{name}", resource) for name in ("enter", "set_target", "annotate", "rebase")}


PERSONAL = {"enter", "submit", "verify", "return", "correct"}


def move_rulings(found: queries.Revision, resource: Resource) -> list[tuple[str, str, Ruling]]:
    """Each move that a person makes from this status: its name, its words, and whether they may make it now."""
    record = found.record
    facts = service.facts_of_record(found.definition, record, actor=actor(), now=now())
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


def page_of(code: str) -> str:
    return url_for("kpi.show", code=code)
