"""Pages of the register of reports, their PDFs, and the PDF of an ethics opinion."""

from collections.abc import Sequence

from flask import Blueprint, Response, g, jsonify, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from hcqic_gov.audit import queries as audit
from hcqic_gov.core import prose
from hcqic_gov.core.calendar import LONDON, clock_words, london_day
from hcqic_gov.core.errors import Invalid
from hcqic_gov.core.ruling import ALLOWED, Ruling
from hcqic_gov.ethics.opinions import letter as opinion_letter
from hcqic_gov.ethics.queries import resource as ethics_case
from hcqic_gov.people.queries import is_demo, names
from hcqic_gov.people.rules import outside
from hcqic_gov.policy.access import may
from hcqic_gov.reporting import keeping, missing, queries, service
from hcqic_gov.reporting.differences import differences
from hcqic_gov.reporting.models import Report
from hcqic_gov.reporting.queries import PAGE_SIZE, PUBLIC_NAMES, ReportFilter
from hcqic_gov.reporting.rules import REVIEWERS, STATUS_COLOURS, UNREVIEWED, WORKFLOW, PaperKind
from hcqic_gov.reporting.snapshot import DIMENSIONS, Difference, Kpi, of_dimension, thaw, with_value, without_value
from hcqic_gov.reporting.tables import tables
from hcqic_gov.web.access import access
from hcqic_gov.web.centre import actor, centre, now, session
from hcqic_gov.web.forms import given
from hcqic_gov.web.pages import Page, done, form_page, page_number
from hcqic_gov.web.papers import as_pdf, paper
from hcqic_gov.web.report_forms import FilterReports, NarrativeForm, NewReportForm, ReasonForm
from reports.charts import notes_of, spc_chart
from reports.documents import funder_report, letter
from reports.sections.appendix import CATALOGUE, quality
from reports.sections.benefits import APART, chosen
from reports.sections.budget import awards_of, total_row
from reports.sections.corrections import GONE, NEW, NOTHING_CHANGED
from reports.sections.cover import HOW_TO_CHECK
from reports.sections.ethics_status import NOT_AN_NHS_REC
from reports.sections.rag_summary import HOW_TO_READ, counts
from reports.sections.simulated_runs import DOES_NOT_SHOW, SHOWS, WARNING
from reports.shapes import CAUSES, LEVELS, Sign
from reports.signing import issuing
from reports.svg import to_svg

bp = Blueprint("reports", __name__)

TEXTS = {
    "catalogue": CATALOGUE,
    "apart": APART,
    "check": HOW_TO_CHECK,
    "new": NEW,
    "gone": GONE,
    "nothing_changed": NOTHING_CHANGED,
    "not_an_nhs_rec": NOT_AN_NHS_REC,
    "how_to_read": HOW_TO_READ,
    "warning": WARNING,
    "shows": SHOWS,
    "does_not_show": DOES_NOT_SHOW,
}
"""The sentences of the PDF, so that the preview says the same."""


@bp.get("/reports/")
@access("reports.read")
def index() -> str:
    form = FilterReports.over(session(), london_day(now()), request.args)
    wanted = form.wanted() if form.validate() else ReportFilter()
    number = page_number()
    rows, total = queries.reports(session(), wanted, actor(), page=number)
    return render_template(
        "reports/index.html",
        form=form,
        rows=rows,
        page=Page(number, PAGE_SIZE, total),
        statuses=PUBLIC_NAMES,
        colours=STATUS_COLOURS,
        new=may(actor(), "reports.draft"),
    )


@bp.route("/reports/new", methods=["GET", "POST"])
@access("reports.draft")
def new() -> AnyResponse | tuple[str, int] | str:
    form = NewReportForm.over(session(), london_day(now()))

    def save() -> AnyResponse:
        report = service.draft(session(), form.scope(session()), actor=actor(), now=now())
        return done(
            f"{report.reference} is drafted with the data of today.", "reports.show", reference=report.reference
        )

    cancel = url_for("reports.index")
    return form_page(form, save, title="New report to a funder", submit="Draft the report", cancel=cancel)


@bp.get("/reports/<reference>")
@access("reports.read", on=queries.resource)
def show(reference: str) -> str:
    report = queries.report(session(), reference)
    edition = queries.edition(session(), report)
    waits = actor().has(*REVIEWERS) and report.status in UNREVIEWED
    history = audit.history(session(), "report", report.key)
    receipts = queries.receipts(session(), report)
    return render_template(
        "reports/show.html",
        record=report,
        report=edition.report,
        stamp=edition.stamp,
        corrected=edition.corrected,
        gaps=missing.gaps(session(), report, now=now()) if waits else (),
        since=since_last(report) if waits else None,
        rulings=rulings(report),
        preview=may(actor(), "reports.preview", queries.resource_of(session(), report)),
        download=may(actor(), "reports.download", queries.resource_of(session(), report)),
        versions=[row for row in queries.versions(session(), report) if readable(row)],
        history=[] if outside(actor()) else history,
        receipts=receipts,
        names=names(session(), {*receipts, *(entry.actor_id for entry in history)}),
        trace=may(actor(), "reports.trace", queries.resource_of(session(), report)),
        tables=tables(edition.report),
        statuses=PUBLIC_NAMES,
        colours=STATUS_COLOURS,
        charts={kpi.code: drawn(kpi) for kpi in edition.report.kpis if kpi.points},
        dimensions=DIMENSIONS,
        texts=TEXTS,
        levels=LEVELS,
        causes=CAUSES,
        shape=shape,
        **SHARED,
    )


SHARED = {
    "of_dimension": of_dimension,
    "with_value": with_value,
    "without_value": without_value,
    "counts": counts,
    "chosen": chosen,
    "quality": quality,
    "notes_of": notes_of,
    "total_row": total_row,
    "awards_of": awards_of,
    "formatted": lambda text: Markup(prose.html(text)),  # noqa: S704 - made by a parser that knows no HTML
}
"""How the PDF's sections choose and count, so that the preview does the same."""


def since_last(report: Report) -> tuple[Report, Sequence[Difference]] | None:
    """The last report that was issued on the same, and what this one says otherwise; None for the first one."""
    last = queries.last_issued(session(), report)
    return (last, differences(thaw(last.snapshot), thaw(report.snapshot))) if last else None


def drawn(kpi: Kpi) -> Markup:
    return Markup(to_svg(spc_chart(kpi.points), label=kpi.summary))  # noqa: S704 - our own SVG, its texts escaped


def shape(sign: Sign) -> Markup:
    return Markup(to_svg(sign.drawing(10)))  # noqa: S704 - our own SVG, without texts


def rulings(report: Report) -> dict[str, tuple[Ruling, Ruling]]:
    """For each move that a person can make now: may this person, and may it happen (the form asks for the reason)."""
    facts = queries.facts_of(session(), report, actor().id, reason="asked for on the next page")
    resource = queries.resource_of(session(), report)
    return {
        move.name: (may(actor(), f"reports.{move.name}", resource), WORKFLOW.ruling(move.name, report.status, facts))
        for move in WORKFLOW.moves_from(report.status)
        if move.name != "supersede"
    }


def readable(report: Report) -> bool:
    return may(actor(), "reports.read", queries.resource_of(session(), report)).allowed


@bp.route("/reports/<reference>/narrative", methods=["GET", "POST"])
@access("reports.write", on=queries.resource)
def narrative(reference: str) -> AnyResponse | tuple[str, int] | str:
    report = queries.report(session(), reference)
    kept = keeping.kept(session(), report, actor())
    form = NarrativeForm.for_report(report, kept)

    def save() -> AnyResponse:
        seen = given(form.version.data)
        service.write(session(), reference, form.narrative(), seen=seen, actor=actor(), now=now())
        return done("The narrative is saved.", "reports.show", reference=reference)

    return form_page(
        form,
        save,
        title="Narrative",
        caption=reference,
        cancel=page_of(reference),
        template="reports/narrative.html",
        kept=kept,
        record=report,
        throw_away=ALLOWED,
    )


@bp.post("/reports/<reference>/narrative/keep")
@access("reports.write", on=queries.resource)
def keep(reference: str) -> Response:
    """What a script of the page sends as the author types; the answer is what the page says of it."""
    seen = request.form.get("version", type=int)
    if seen is None:
        raise Invalid("Open the narrative again: this page did not say which version of it you saw.")
    row = keeping.keep(session(), reference, request.form, seen=seen, actor=actor(), now=now())
    said = f"Kept at {clock_words(row.kept_at.astimezone(LONDON).time())}. Not saved yet." if row else "All is saved."
    return jsonify(said=said)


@bp.post("/reports/<reference>/narrative/forget")
@access("reports.write", on=queries.resource)
def forget(reference: str) -> AnyResponse:
    keeping.forget(session(), queries.report(session(), reference), actor())
    return done("What you had typed is thrown away.", "reports.narrative", reference=reference)


@bp.post("/reports/<reference>/acknowledge")
@access("reports.acknowledge", on=queries.resource)
def acknowledge(reference: str) -> AnyResponse:
    service.acknowledge(session(), reference, actor=actor(), now=now())
    return done("Thank you. The centre can see that you received the report.", "reports.show", reference=reference)


@bp.post("/reports/<reference>/refresh")
@access("reports.refresh", on=queries.resource)
def refresh(reference: str) -> AnyResponse:
    service.refresh(session(), reference, actor=actor(), now=now())
    return done("The data are those of today.", "reports.show", reference=reference)


@bp.post("/reports/<reference>/submit")
@access("reports.submit", on=queries.resource)
def submit(reference: str) -> AnyResponse:
    service.submit(session(), reference, actor=actor(), now=now())
    return done("The report waits for a second person’s review.", "reports.show", reference=reference)


@bp.post("/reports/<reference>/approve")
@access("reports.approve", on=queries.resource)
def approve(reference: str) -> AnyResponse:
    seen = request.form.get("version", type=int)
    if seen is None:
        raise Invalid("Open the report again: this page did not say which version of it you saw.")
    service.approve(session(), reference, seen=seen, actor=actor(), now=now())
    return done("You approved the report. It can be issued now.", "reports.show", reference=reference)


@bp.route("/reports/<reference>/return", methods=["GET", "POST"])
@access("reports.return", on=queries.resource)
def send_back(reference: str) -> AnyResponse | tuple[str, int] | str:
    form = ReasonForm()

    def save() -> AnyResponse:
        reason = form.reason.data or ""
        service.return_to_author(session(), reference, reason=reason, actor=actor(), now=now())
        return done("The report is back with its author.", "reports.show", reference=reference)

    return form_page(form, save, title="Return the report", caption=reference, cancel=page_of(reference))


@bp.post("/reports/<reference>/issue")
@access("reports.issue", on=queries.resource)
def issue(reference: str) -> AnyResponse:
    render = issuing(centre().settings, demo=is_demo(session()))
    service.issue(session(), reference, render, actor=actor(), now=now())
    return done(f"{reference} is issued. Nothing about it changes any more.", "reports.show", reference=reference)


@bp.route("/reports/<reference>/correct", methods=["GET", "POST"])
@access("reports.correct", on=queries.resource)
def correct(reference: str) -> AnyResponse | tuple[str, int] | str:
    form = ReasonForm()

    def save() -> AnyResponse:
        report = service.correct(session(), reference, reason=form.reason.data or "", actor=actor(), now=now())
        return done(f"{report.reference} is a draft now.", "reports.show", reference=report.reference)

    lead = "A new version begins with the same data; refresh them, change the narrative, and have it reviewed."
    return form_page(form, save, title="Correct the report", caption=reference, lead=lead, cancel=page_of(reference))


@bp.get("/reports/<reference>/report.pdf")
@access("reports.download", on=queries.resource, writes=True)
def download(reference: str) -> Response:
    """The PDF as it was issued; who took it is recorded."""
    report = queries.report(session(), reference)
    stored, data = queries.pdf(session(), report)
    service.record_download(session(), report, actor=actor(), now=now())
    return as_pdf(data, stored.filename)


@bp.get("/reports/<reference>/draft.pdf")
@access("reports.preview", on=queries.resource)
def draft_pdf(reference: str) -> AnyResponse:
    """The PDF as it would look now: unsigned, its status on every page."""
    report = queries.report(session(), reference)
    if report.document_id:
        return redirect(url_for("reports.download", reference=reference))
    return as_pdf(funder_report(queries.edition(session(), report)), f"{reference}-draft.pdf")


@bp.get("/ethics/<reference>/letter.pdf")
@access("ethics.read", on=ethics_case, writes=True)
def ethics_letter(reference: str) -> Response:
    """A provisional opinion, whose letter holds the committee's questions, is for those who may read the papers."""
    value = opinion_letter(session(), reference)
    if value.questions:
        may(actor(), "ethics.read_papers", g.resource).require()
    return as_pdf(paper(PaperKind.LETTER, reference, value, letter), f"{reference}-opinion.pdf")


def page_of(reference: str) -> str:
    return url_for("reports.show", reference=reference)
