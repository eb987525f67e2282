"""Pages of the files of values: the template, the file and what is wrong with it, the preview, and applying it."""

from functools import cache

from flask import Blueprint, Response, jsonify, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from hcqic_gov.core.calendar import london_day
from hcqic_gov.core.canonical import fingerprint
from hcqic_gov.core.errors import Invalid
from hcqic_gov.kpi import blank, uploads
from hcqic_gov.kpi.comparing import Kind, Plan, Step, check
from hcqic_gov.kpi.lines import Problem
from hcqic_gov.kpi.models import Upload
from hcqic_gov.kpi.rules import Reading, UploadStatus
from hcqic_gov.kpi.sheets import CSV, XLSX, Table, read
from hcqic_gov.kpi.views import Finding, shown
from hcqic_gov.web.access import access
from hcqic_gov.web.applying import uploaded
from hcqic_gov.web.centre import actor, now, session
from hcqic_gov.web.kpi_forms import ApplyForm, UploadForm
from hcqic_gov.web.pages import done, form_page

bp = Blueprint("uploads", __name__, url_prefix="/kpis/uploads")
Page = AnyResponse | tuple[str, int] | str

MOST_SHOWN = 200
"""Rows of a preview; the counts are of all."""
HAPPENS = {Kind.ADDED: "New", Kind.CHANGED: "Changed", Kind.CORRECTED: "Corrects a verified value"}
LAST_READ: dict[str, Table] = {}
"""The table of the file that was read last, by its hash; as large as one file may be."""
SAID: dict[str, str] = {}
"""How far the requests are that wait, by the ticket that their page made up."""
MOST_TICKETS, LONGEST_TICKET = 100, 40
COLOURS = {Kind.ADDED: "green", Kind.CHANGED: "blue", Kind.CORRECTED: "orange"}


@bp.route("/", methods=["GET", "POST"])
@access("kpi.upload")
def new() -> Page:
    form = UploadForm()
    problems: list[Problem] = []

    def save() -> AnyResponse:
        data, filename = uploaded(form.file)
        uploads.require_new(session(), fingerprint(data))
        table = read_apart(data, form.ticket.data or "")
        plan = check(session(), table, actor=actor(), now=now())
        problems.extend(plan.problems)
        require_sound(plan)
        if not plan.changing:
            return done(f"The register holds all {len(plan.steps):,} values already. Nothing changes.", "uploads.new")
        one = uploads.take(session(), data, table, filename=filename, actor=actor(), now=now())
        return redirect(url_for("uploads.show", reference=one.key))

    return form_page(
        form,
        save,
        title="Upload values",
        submit="Check the file",
        cancel=url_for("kpi.index"),
        template="kpi/upload.html",
        problems=problems,
        uploads=uploads.own_uploads(session(), actor()),
    )


def read_apart(data: bytes, ticket: str) -> Table:
    """The table of a file, read while this request holds nothing that other writers wait for: it may take seconds.

    The page that follows asks for the same file again, so the last one is kept.
    """
    actor()
    session().rollback()
    table = LAST_READ.get(fingerprint(data)) or read(data, lambda rows: say(ticket, f"{rows:,} rows are read."))
    LAST_READ.clear()
    LAST_READ[fingerprint(data)] = table
    say(ticket, f"{len(table.rows):,} rows are read. They are compared with what the register says.")
    return table


def say(ticket: str | None, said: str) -> None:
    """Kept for who waits for the answer to the request with this ticket."""
    if ticket:
        SAID[ticket[:LONGEST_TICKET]] = said
        for old in list(SAID)[:-MOST_TICKETS]:
            SAID.pop(old, None)


@bp.get("/progress/<ticket>")
@access("kpi.upload")
def progress(ticket: str) -> Response:
    """How far the reading of a file is, which another request of the same person has sent with this ticket."""
    return jsonify(said=SAID.get(ticket, ""))


def require_sound(plan: Plan) -> None:
    """Errors: Invalid."""
    if plan.problems:
        said = "Some cells cannot be taken, so nothing was. They are listed below the form"
        raise Invalid(said, {"file": said})
    if not plan.steps:
        said = "No row of the file has a value. Fill in the rows that you want to report"
        raise Invalid(said, {"file": said})


@bp.get("/template.csv")
@access("kpi.upload")
def template_csv() -> Response:
    rows = blank.open_rows(session(), actor(), london_day(now()))
    return attachment(blank.as_csv(rows), CSV, "kpi-values.csv")


@bp.get("/template.xlsx")
@access("kpi.upload")
def template_xlsx() -> Response:
    rows = blank.open_rows(session(), actor(), london_day(now()))
    return attachment(blank.as_xlsx(rows), XLSX, "kpi-values.xlsx")


def attachment(data: bytes, media_type: str, filename: str) -> Response:
    return Response(data, mimetype=media_type, headers={"Content-Disposition": f"attachment; filename={filename}"})


@bp.route("/<int:reference>", methods=["GET", "POST"])
@access("kpi.upload", on=uploads.resource)
def show(reference: int) -> Page:
    one = uploads.upload(session(), reference)
    kept, data = uploads.file_of(session(), one)
    if one.status is UploadStatus.APPLIED:
        return render_template("kpi/uploaded.html", one=one, filename=kept.filename)
    form = ApplyForm()
    table = read_apart(data, form.ticket.data or "")

    @cache
    def plan() -> Plan:
        return check(session(), table, actor=actor(), now=now())

    def save() -> AnyResponse:
        say(form.ticket.data, f"{len(plan().changing):,} values are entered in the register and in its audit trail.")
        applied = uploads.apply(
            session(),
            reference,
            table,
            reason=form.reason.data or "" if form.reason else "",
            submit=form.submit_too.data,
            seen=form.seen.data,
            actor=actor(),
            now=now(),
        )
        return done(summary(applied), "uploads.show", reference=reference)

    if not plan().without_reason:
        del form.reason
    if not form.is_submitted():
        form.seen.data = plan().mark
    return form_page(
        form,
        save,
        title="What the file would change",
        caption=kept.filename,
        submit="Take all values into the register",
        cancel=url_for("uploads.new"),
        template="kpi/upload_check.html",
        plan=plan,
        rows_of=preview,
        most=MOST_SHOWN,
        colours=COLOURS,
    )


def preview(plan: Plan) -> list[tuple[Step, str, str, str]]:
    """The first rows that change something: what the register says, what the file says, and what happens."""
    return [
        (step, words(step, step.known.reading) if step.known else "", words(step, step.reading), happens(step))
        for step in plan.changing[:MOST_SHOWN]
    ]


def words(step: Step, reading: Reading) -> str:
    """As it is, for these are the people who enter it."""
    return shown(step.line.definition, Finding(step.line.period.start, reading.outcome, reading.value))


def happens(step: Step) -> str:
    return HAPPENS[step.kind] if step.kind is Kind.ADDED else f"{HAPPENS[step.kind]}: {', '.join(step.differs)}"


def summary(one: Upload) -> str:
    """What an upload did, for the next page."""
    parts = [(one.added, "new"), (one.changed, "changed"), (one.corrected, "corrected"), (one.unchanged, "unchanged")]
    told = ", ".join(f"{count:,} {word}" for count, word in parts if count)
    drafts = one.added + one.changed + one.corrected - one.submitted
    after = f"{one.submitted:,} sent for verification" + (f", {drafts:,} still drafts" if drafts else "")
    return f"All values are in the register: {told}; {after}."
