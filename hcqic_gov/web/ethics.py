"""Pages of the ethics register."""

from collections.abc import Sequence

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from hcqic_gov.audit import queries as audit
from hcqic_gov.committee.models import Meeting
from hcqic_gov.committee.rules import MEMBER_LABELS
from hcqic_gov.core.calendar import london_day
from hcqic_gov.core.errors import NotFound
from hcqic_gov.core.workflow import Move
from hcqic_gov.ethics import queries, service
from hcqic_gov.ethics.blindness import raised
from hcqic_gov.ethics.change_views import change_view, version_lines
from hcqic_gov.ethics.clocks import CLOCK_COLOURS, CLOCK_LABELS, CLOCK_STATE_LABELS, in_words, next_due
from hcqic_gov.ethics.decision_rules import decisions_of
from hcqic_gov.ethics.facts import Facts
from hcqic_gov.ethics.hearing import (
    Choosable,
    Hearing,
    choosable,
    hearing,
    holder,
    possible_moves,
    response_due,
    step_ruling,
    timeline,
    votes_open_to,
)
from hcqic_gov.ethics.models import EthicsCase
from hcqic_gov.ethics.modification_rules import workflow_of
from hcqic_gov.ethics.rules import WORKFLOW
from hcqic_gov.ethics.states import (
    ABSTAIN,
    CLASS_LABELS,
    CONSENT_LABELS,
    INTEREST_LABELS,
    INTERNAL_NAMES,
    KIND_LABELS,
    METHOD_LABELS,
    PUBLIC_NAMES,
    PURPOSE_LABELS,
    STATE_COLOURS,
    TRACK_LABELS,
    WORK_KIND_LABELS,
    State,
    event_title,
)
from hcqic_gov.ethics.triage import OUTCOME_LABELS
from hcqic_gov.people.queries import names
from hcqic_gov.people.rules import Role
from hcqic_gov.policy.access import may
from hcqic_gov.projects import queries as projects
from hcqic_gov.projects.rules import label
from hcqic_gov.web.access import access
from hcqic_gov.web.centre import actor, now, session
from hcqic_gov.web.ethics_forms import (
    ENTERED,
    AgainForm,
    AnswerForm,
    ApprovalForm,
    ConfirmForm,
    DiscussionForm,
    EvidenceForm,
    FilterCases,
    InterestForm,
    VoteForm,
    form_of,
)
from hcqic_gov.web.pages import Page, done, form_page, mendable, page_number

bp = Blueprint("ethics", __name__, url_prefix="/ethics")

OFFICE = (Role.ETHICS_OFFICER, Role.CHAIR, Role.COMMITTEE_EXPERT, Role.COMMITTEE_LAY, Role.AUDITOR)
"""Who reads a state's internal name beside the public one."""

STEPS = (
    "edit",
    "add_paper",
    "declare_interest",
    "vote",
    "record_minute",
    "answer",
    "copy_as_new",
    "appeal",
    "modify",
    "edit_change",
)
"""Moves with a page of their own."""

WORDS = {
    "label": label,
    "public_names": PUBLIC_NAMES,
    "internal_names": INTERNAL_NAMES,
    "colours": STATE_COLOURS,
    "tracks": TRACK_LABELS,
    "work_kinds": WORK_KIND_LABELS,
    "purposes": PURPOSE_LABELS,
    "methods": METHOD_LABELS,
    "consents": CONSENT_LABELS,
    "triage_outcomes": OUTCOME_LABELS,
    "interests": INTEREST_LABELS,
    "member_kinds": MEMBER_LABELS,
    "event_title": event_title,
    "kinds": KIND_LABELS,
    "classes": CLASS_LABELS,
    "clock_labels": CLOCK_LABELS,
    "clock_states": CLOCK_STATE_LABELS,
    "clock_colours": CLOCK_COLOURS,
    "in_words": in_words,
}
"""What templates call things."""


@bp.get("/")
@access("ethics.read")
def index() -> str:
    form = FilterCases(request.args)
    wanted = form.wanted(actor().id) if form.validate() else queries.CaseFilter()
    number = page_number()
    rows, total = queries.cases(session(), wanted, page=number)
    return render_template(
        "ethics/index.html",
        form=form,
        rows=rows,
        page=Page(number, queries.PAGE_SIZE, total),
        may_apply=may(actor(), "ethics.apply"),
        today=london_day(now()),
        **WORDS,
    )


@bp.get("/<reference>")
@access("ethics.read", on=queries.resource)
def show(reference: str) -> str:
    case = queries.case(session(), reference)
    day, resource = london_day(now()), queries.resource_of(session(), case)
    heard, events = hearing(session(), case, day), timeline(session(), case)
    workflow = workflow_of(case.kind)
    project = projects.references(session(), {case.project_id})[case.project_id]
    history = audit.history(session(), "ethics_case", case.key) if may(actor(), "audit.read").allowed else ()
    named = {case.delegate_id or 0, case.undo_asked_by or 0, case.class_asked_by or 0, case.class_confirmed_by or 0}
    people = {case.applicant_id, *named, *heard.interests, *heard.votes, *(event.actor_id for event in events)}
    return render_template(
        "ethics/show.html",
        case=case,
        heard=heard,
        events=events,
        history=history,
        project=project,
        pack=queries.pack_of(case),
        clocks=heard.clocks,
        due=next_due(heard.clocks),
        today=day,
        moves=possible_moves(case, heard, resource, actor=actor(), day=day),
        papers=may(actor(), "ethics.read_papers", resource),
        reviews=may(actor(), "ethics.read_reviews", resource),
        can={
            step.name: step_ruling(case, heard, resource, step.name, actor=actor(), day=day)
            for step in workflow.moves_from(case.state)
            if step.name in STEPS and actor().has(*step.who)
        },
        holder=holder(case, heard),
        change=change_view(session(), case, heard.papers),
        versions=version_lines(session(), case),
        follows=queries.followed_reference(session(), case),
        minutes=minutes_for(case, heard),
        response_due=response_due(heard),
        votes_open=votes_open_to(case, heard, actor()),
        office=actor().has(*OFFICE),
        answer=may(actor(), "ethics.satisfy_condition", resource),
        confirm=may(actor(), "ethics.confirm_condition", resource),
        approvals=queries.approval_lines(session(), case.project_id, at=now()),
        names=names(session(), people | {entry.actor_id for entry in history}),
        vote_labels={step.name: step.label.removeprefix("give ") for step in workflow.moves} | {ABSTAIN: "abstained"},
        **WORDS,
    )


@bp.route("/<reference>/move/<name>", methods=["GET", "POST"])
@access("ethics.read", on=queries.resource)
def move(reference: str, name: str) -> Response | tuple[str, int] | str:
    """Every change of state, decisions included. Who may not make it is refused before the form is looked at."""
    step = service.step_named(queries.case(session(), reference).kind, name)
    may(actor(), f"ethics.{name}", queries.resource(session(), reference)).require()
    form = form_of(step, options_of(reference))
    if "questions" in form and not form.is_submitted():
        form["questions"].data = "\n".join(raised_on(reference))

    def save() -> Response:
        service.move(session(), reference, name, form.proposal(), actor=actor(), now=now())
        what = event_title(name, step.target or step.sources[0])
        return done(f"{what}.", ".show", reference=reference)

    title, lead = f"{step.label.capitalize()}: are you sure?", quorum_line(reference, step)
    attempt, cancel = mendable(save, ENTERED), page_of(reference)
    return form_page(form, attempt, title=title, lead=lead, caption=reference, submit="Confirm", cancel=cancel)


def minutes_for(case: EthicsCase, heard: Hearing) -> Sequence[tuple[Meeting, str]]:
    """The discussion is the committee’s own: its office and the auditor read it, the team does not."""
    reads = actor().has(*OFFICE) and actor().id not in heard.team
    return queries.minutes_of(session(), case.key) if reads else ()


def options_of(reference: str) -> Choosable:
    case = queries.case(session(), reference)
    return choosable(session(), case, hearing(session(), case, london_day(now())))


def raised_on(reference: str) -> Sequence[str]:
    """What reviewers ask or worry about, to begin a request for information with."""
    case = queries.case(session(), reference)
    return raised(case, hearing(session(), case, london_day(now())), actor())


def quorum_line(reference: str, step: Move[State, Facts]) -> str:
    """The live statement, for who decides; nothing with other moves."""
    case = queries.case(session(), reference)
    if step not in decisions_of(case.kind):
        return ""
    return f"{hearing(session(), case, london_day(now())).quorum.reason}."


@bp.route("/<reference>/interest", methods=["GET", "POST"])
@access("ethics.declare_interest", on=queries.resource)
def declare_interest(reference: str) -> Response | tuple[str, int] | str:
    form = InterestForm()

    def save() -> Response:
        details = form.details.data or ""
        service.declare_interest(session(), reference, form.declared(), details=details, actor=actor(), now=now())
        return done("Your declaration is recorded.", ".index")

    return form_page(form, save, title="Declare your interests", caption=reference, cancel=page_of(reference))


@bp.route("/<reference>/vote", methods=["GET", "POST"])
@access("ethics.vote", on=queries.resource)
def vote(reference: str) -> Response | tuple[str, int] | str:
    case = queries.case(session(), reference)
    form = VoteForm.of(case)

    def save() -> Response:
        comment = form.comment.data or ""
        service.vote(session(), reference, form.choice.data, comment=comment, actor=actor(), now=now())
        return done("Your vote is in. You can change it while the vote is open.", ".show", reference=reference)

    return form_page(form, save, title="Vote", caption=reference, submit="Vote", cancel=page_of(reference))


@bp.route("/<reference>/discussion", methods=["GET", "POST"])
@access("ethics.record_minute", on=queries.resource)
def record_minute(reference: str) -> Response | tuple[str, int] | str:
    form = DiscussionForm(discussion=queries.discussion(session(), reference))

    def save() -> Response:
        service.record_minute(session(), reference, form.discussion.data or "", actor=actor(), now=now())
        return done("The discussion is recorded.", ".show", reference=reference)

    return form_page(form, save, title="Record the discussion", caption=reference, cancel=page_of(reference))


@bp.route("/<reference>/questions/<int:number>", methods=["GET", "POST"])
@access("ethics.answer", on=queries.resource)
def answer(reference: str, number: int) -> Response | tuple[str, int] | str:
    heard = hearing(session(), queries.case(session(), reference), london_day(now()))
    question = heard.question(number)
    form = AnswerForm(answer=question.answer)

    def save() -> Response:
        service.answer(session(), reference, number, form.answer.data or "", actor=actor(), now=now())
        return done(f"Your answer to question {number} is saved.", ".show", reference=reference)

    title = f"Answer question {number}"
    return form_page(form, save, title=title, lead=question.text, caption=reference, cancel=page_of(reference))


@bp.route("/<reference>/again/<name>", methods=["GET", "POST"])
@access("ethics.read", on=queries.resource)
def begin_again(reference: str, name: str) -> Response | tuple[str, int] | str:
    """A new case in place of this one."""
    if name not in ("copy_as_new", "appeal"):
        raise NotFound("There is no such step. Go back to the case.")
    may(actor(), f"ethics.{name}", queries.resource(session(), reference)).require()
    step, form = WORKFLOW.move(name), AgainForm()

    def save() -> Response:
        case = service.begin_again(session(), reference, name, form.reason.data or "", actor=actor(), now=now())
        return done(f"{case.reference} is a new draft in place of {reference}.", ".show", reference=case.reference)

    title = f"{step.label.capitalize()}: are you sure?"
    return form_page(form, save, title=title, caption=reference, submit="Confirm", cancel=page_of(reference))


@bp.route("/<reference>/conditions/<int:key>/satisfy", methods=["GET", "POST"])
@access("ethics.satisfy_condition", on=queries.resource)
def satisfy_condition(reference: str, key: int) -> Response | tuple[str, int] | str:
    form = EvidenceForm()

    def save() -> Response:
        evidence = form.evidence.data or ""
        service.satisfy_condition(session(), reference, key, evidence=evidence, actor=actor(), now=now())
        return done("Recorded. Another person confirms it next.", ".show", reference=reference)

    return form_page(form, save, title="Say how the condition is met", caption=reference, cancel=page_of(reference))


@bp.route("/<reference>/conditions/<int:key>/confirm", methods=["GET", "POST"])
@access("ethics.confirm_condition", on=queries.resource)
def confirm_condition(reference: str, key: int) -> Response | tuple[str, int] | str:
    form = ConfirmForm()

    def save() -> Response:
        service.confirm_condition(session(), reference, key, actor=actor(), now=now())
        return done("The condition is confirmed.", ".show", reference=reference)

    title = "Confirm that the condition is met"
    return form_page(form, save, title=title, caption=reference, submit="Confirm", cancel=page_of(reference))


@bp.get("/approvals/<reference>")
@access("projects.read", on=projects.resource)
def approvals(reference: str) -> str:
    """What a project needs from others, what it has, and whether it holds today."""
    project = projects.project(session(), reference)
    record = may(actor(), "ethics.record_approval", projects.resource_of(session(), project))
    lines = queries.approval_lines(session(), project.key, at=now())
    return render_template("ethics/approvals.html", project=project, lines=lines, record=record, label=label)


@bp.route("/approvals/<reference>/record", methods=["GET", "POST"])
@access("ethics.record_approval", on=projects.resource)
def record_approval(reference: str) -> Response | tuple[str, int] | str:
    form = ApprovalForm()

    def save() -> Response:
        service.record_approval(session(), reference, form.entry(), actor=actor(), now=now())
        return done("The approval is recorded.", ".approvals", reference=reference)

    cancel = url_for(".approvals", reference=reference)
    return form_page(form, save, title="Record an approval by others", caption=reference, cancel=cancel)


def page_of(reference: str) -> str:
    return url_for("ethics.show", reference=reference)
