"""Pages of an ethics application: its task list, its sections, its documents, and the answers before they are sent."""

from flask import Blueprint, Response, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse
from wtforms import FileField

from hcqic_gov.core.calendar import london_day
from hcqic_gov.core.errors import Invalid, NotFound, Stale
from hcqic_gov.core.ruling import Ruling, refused
from hcqic_gov.documents.queries import content, document
from hcqic_gov.documents.rules import INLINE, LIMIT
from hcqic_gov.ethics import enclosures, queries, service, writing
from hcqic_gov.ethics.application import SECTION_STATUS_LABELS, SECTIONS, held_kinds, needed_papers, task_list
from hcqic_gov.ethics.hearing import hearing, step_ruling
from hcqic_gov.ethics.models import EthicsCase
from hcqic_gov.ethics.papers import PAPER_LABELS, Paper
from hcqic_gov.ethics.states import CaseKind
from hcqic_gov.ethics.triage import OUTCOME_LABELS
from hcqic_gov.people.queries import names
from hcqic_gov.projects import queries as projects
from hcqic_gov.web.access import access
from hcqic_gov.web.applying_forms import SECTION_FORMS, BeginForm, FileForm, FilledIn, PaperForm
from hcqic_gov.web.centre import actor, now, session
from hcqic_gov.web.ethics import WORDS
from hcqic_gov.web.ethics_forms import ConfirmForm
from hcqic_gov.web.forms import given
from hcqic_gov.web.modification_forms import IN_FORM
from hcqic_gov.web.pages import done, form_page, mendable

bp = Blueprint("applying", __name__, url_prefix="/ethics")
Answer = AnyResponse | tuple[str, int] | str

WORDS_HERE = {
    **WORDS,
    "outcomes": OUTCOME_LABELS,
    "paper_labels": PAPER_LABELS,
    "section_labels": SECTION_STATUS_LABELS,
    "section_colours": {"completed": "green", "incomplete": "blue", "cannot_start": "grey"},
}
SHOWN_INLINE = (
    "default-src 'none'; object-src 'self'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"
)
"""A stored file runs nothing and loads nothing, whatever is in it."""


@bp.route("/apply", methods=["GET", "POST"])
@access("ethics.apply")
def apply() -> Answer:
    form = BeginForm(project=request.args.get("project", ""))
    form.project.choices = queries.projects_of(session(), actor().id)

    def save() -> AnyResponse:
        project = projects.project(session(), form.project.data)
        entered = form.application(project.data_class)
        case = service.apply(session(), project.reference, entered, actor=actor(), now=now())
        return done(f"{case.reference} is saved as a draft.", ".overview", reference=case.reference)

    cancel = url_for("ethics.index")
    return form_page(form, save, title="Apply for an ethics opinion", submit="Save draft", cancel=cancel)


@bp.get("/<reference>/application")
@access("ethics.read_papers", on=queries.resource)
def overview(reference: str) -> str:
    """The task list: each section with where it stands."""
    case = queries.case(session(), reference)
    papers = enclosures.papers_of(session(), case.key)
    return render_template(
        "ethics/application.html",
        case=case,
        sections=[
            (section, status, section_url(reference, section.name))
            for section, status in task_list(case, held_kinds(papers))
        ],
        edit=ruling_on(case, "edit"),
        **WORDS_HERE,
    )


def section_url(reference: str, name: str) -> str:
    if name == "papers":
        return url_for("applying.papers", reference=reference)
    return url_for("applying.section", reference=reference, section=name)


def ruling_on(case: EthicsCase, name: str) -> Ruling:
    """May the person who asks make this move now?"""
    day, resource = london_day(now()), queries.resource_of(session(), case)
    return step_ruling(case, hearing(session(), case, day), resource, name, actor=actor(), day=day)


@bp.route("/<reference>/application/<section>", methods=["GET", "POST"])
@access("ethics.edit", on=queries.resource)
def section(reference: str, section: str) -> Answer:
    case = queries.case(session(), reference)
    if section not in SECTION_FORMS:
        raise NotFound("There is no such section. Go back to the application.")
    form = SECTION_FORMS[section].of(case)

    def save() -> AnyResponse:
        save_section(reference, form)
        if section == "triage":
            return done("Your answers are saved.", ".outcome", reference=reference)
        return done("The section is saved.", ".overview", reference=reference)

    title = next(one.title for one in SECTIONS if one.name == section)
    cancel = url_for(".overview", reference=reference)
    return form_page(form, save, title=title, caption=reference, submit="Save and continue", cancel=cancel)


def save_section(reference: str, form: FilledIn) -> None:
    """What somebody else saved meanwhile is not overwritten unseen, and what was typed here stays in the form."""
    try:
        seen, entered = given(form.version.data), form.entered()
        writing.edit(session(), reference, entered, seen=seen, actor=actor(), now=now())
    except Stale as stale:
        session().rollback()
        form.version.raw_data, form.version.data = None, queries.case(session(), reference).version
        sentence = "The application was changed after you opened this page. What you typed is still here: look at the "
        raise Invalid(sentence + "saved application in another window, then save again to replace it.") from stale


@bp.get("/<reference>/application/triage/outcome")
@access("ethics.read_papers", on=queries.resource)
def outcome(reference: str) -> str:
    case = queries.case(session(), reference)
    return render_template("ethics/triage.html", case=case, **WORDS_HERE)


OF_A_CHANGE = refused("of_a_change", "What a change changes is written on its own page.")


@bp.get("/<reference>/application/check")
@access("ethics.read_papers", on=queries.resource)
def check(reference: str) -> str:
    """All answers on one page, with a way to change each, before they are sent; of a change, the study with it."""
    case = queries.case(session(), reference)
    written_here = case.kind is CaseKind.APPLICATION
    return render_template(
        "ethics/check.html",
        case=case,
        papers=enclosures.papers_of(session(), case.key),
        edit=ruling_on(case, "edit") if written_here else OF_A_CHANGE,
        send=ruling_on(case, "send_to_sponsor") if written_here else OF_A_CHANGE,
        **WORDS_HERE,
    )


@bp.get("/<reference>/papers")
@access("ethics.read_papers", on=queries.resource)
def papers(reference: str) -> str:
    """What the application needs, what it has, and the earlier versions."""
    case = queries.case(session(), reference)
    held = enclosures.papers_of(session(), case.key)
    return render_template(
        "ethics/papers.html",
        case=case,
        papers=held,
        held=held_kinds(held),
        needed=needed_papers(case),
        add=ruling_on(case, "add_paper"),
        remove=ruling_on(case, "remove_paper"),
        names=names(session(), {one.added_by for one in held}),
        **WORDS_HERE,
    )


@bp.route("/<reference>/papers/add", methods=["GET", "POST"])
@access("ethics.add_paper", on=queries.resource)
def add_paper(reference: str) -> Answer:
    form = PaperForm(kind=request.args.get("kind", ""))

    def save() -> AnyResponse:
        data, filename = uploaded(form.file)
        kind, title = form.paper_kind(), form.title.data or ""
        writing.add_paper(
            session(), reference, data, filename=filename, kind=kind, title=title, actor=actor(), now=now()
        )
        return done("The document is added.", ".papers", reference=reference)

    cancel = url_for(".papers", reference=reference)
    attempt = mendable(save, IN_FORM)
    return form_page(form, attempt, title="Add a document", caption=reference, submit="Add", cancel=cancel)


@bp.route("/<reference>/papers/<int:key>/replace", methods=["GET", "POST"])
@access("ethics.add_paper", on=queries.resource)
def replace_paper(reference: str, key: int) -> Answer:
    form, old = FileForm(), paper_of(reference, key)

    def save() -> AnyResponse:
        data, filename = uploaded(form.file)
        writing.add_paper(
            session(), reference, data, filename=filename, kind=old.kind, replaces=key, actor=actor(), now=now()
        )
        return done(f"The new version of “{old.title}” is added.", ".papers", reference=reference)

    title, cancel = f"New version of “{old.title}”", url_for(".papers", reference=reference)
    return form_page(form, mendable(save, IN_FORM), title=title, caption=reference, submit="Add", cancel=cancel)


@bp.route("/<reference>/papers/<int:key>/remove", methods=["GET", "POST"])
@access("ethics.remove_paper", on=queries.resource)
def remove_paper(reference: str, key: int) -> Answer:
    form, old = ConfirmForm(), paper_of(reference, key)

    def save() -> AnyResponse:
        writing.remove_paper(session(), reference, key, actor=actor(), now=now())
        return done(f"“{old.title}”, version {old.number}, is taken out.", ".papers", reference=reference)

    title, cancel = (
        f"Take out “{old.title}”, version {old.number}: are you sure?",
        url_for(".papers", reference=reference),
    )
    return form_page(form, mendable(save, IN_FORM), title=title, caption=reference, submit="Take out", cancel=cancel)


@bp.route("/<reference>/papers/<int:key>/back", methods=["GET", "POST"])
@access("ethics.remove_paper", on=queries.resource)
def put_back(reference: str, key: int) -> Answer:
    """A document of the study stays after all."""
    form, old = ConfirmForm(), paper_of(reference, key)

    def save() -> AnyResponse:
        writing.put_back(session(), reference, key, actor=actor(), now=now())
        return done(f"“{old.title}”, version {old.number}, is back.", ".papers", reference=reference)

    title, cancel = f"Put “{old.title}”, version {old.number}, back", url_for(".papers", reference=reference)
    return form_page(form, mendable(save, IN_FORM), title=title, caption=reference, submit="Put back", cancel=cancel)


@bp.get("/<reference>/papers/<int:key>")
@access("ethics.read_papers", on=queries.resource)
def download(reference: str, key: int) -> Response:
    """The stored bytes, checked against their hash; shown in the browser only where that is safe."""
    paper = paper_of(reference, key)
    stored = document(session(), paper.document_id)
    shown = stored.media_type in INLINE
    answer = Response(content(stored), mimetype=stored.media_type)
    answer.headers.set("Content-Disposition", "inline" if shown else "attachment", filename=stored.filename)
    answer.headers["Content-Security-Policy"] = SHOWN_INLINE
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def paper_of(reference: str, key: int) -> Paper:
    """A document of this very case. Errors: NotFound."""
    return enclosures.paper(enclosures.papers_of(session(), queries.case(session(), reference).key), key)


def uploaded(field: FileField) -> tuple[bytes, str]:
    """The bytes and the name of the chosen file. Errors: Invalid where none was chosen."""
    if not field.data:
        raise Invalid("There is no file.", {"file": "Choose a file"})
    with field.data.stream as stream:
        return stream.read(LIMIT + 1), field.data.filename
