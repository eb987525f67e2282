"""Pages of reviews: who is asked, what each found, and one's own."""

from flask import Blueprint, render_template, url_for
from werkzeug.wrappers import Response

from hcqic_gov.core.calendar import london_day
from hcqic_gov.core.errors import Invalid, NotFound
from hcqic_gov.ethics import guards, queries, reviewing
from hcqic_gov.ethics.blindness import counted_reviews, reviews_open_to
from hcqic_gov.ethics.hearing import hearing, step_ruling
from hcqic_gov.ethics.reviews import FINDING_COLOURS, FINDING_LABELS
from hcqic_gov.ethics.rules import WORKFLOW
from hcqic_gov.people.queries import names
from hcqic_gov.web.access import access
from hcqic_gov.web.centre import actor, now, session
from hcqic_gov.web.forms import choices, given
from hcqic_gov.web.pages import done, form_page, mendable
from hcqic_gov.web.review_forms import AssignForm, ReleaseForm, ReviewForm

bp = Blueprint("reviews", __name__, url_prefix="/ethics")
ENTERED = {guards.reviewer_fits.__name__, guards.due_ahead.__name__}
"""Codes of refusals that a person can mend in the form."""


@bp.get("/<reference>/reviews")
@access("ethics.read_reviews", on=queries.resource)
def show(reference: str) -> str:
    """Everybody who may be here sees whose review is in; what it says only as far as reviews are open to them."""
    case, day = queries.case(session(), reference), london_day(now())
    heard, resource = hearing(session(), case, day), queries.resource_of(session(), case)
    rows = counted_reviews(heard)
    return render_template(
        "ethics/reviews.html",
        case=case,
        reviews=rows,
        readable=reviews_open_to(case, heard, actor()),
        assign=step_ruling(case, heard, resource, "assign_reviewer", actor=actor(), day=day),
        release=step_ruling(case, heard, resource, "release_reviewer", actor=actor(), day=day),
        submit=step_ruling(case, heard, resource, "submit_review", actor=actor(), day=day),
        own=rows.get(actor().id),
        names=names(session(), {*rows}),
        today=day,
        findings=FINDING_LABELS,
        finding_colours=FINDING_COLOURS,
        decisions={step.name: step.label.removeprefix("give ").capitalize() for step in WORKFLOW.moves},
    )


@bp.route("/<reference>/reviews/assign", methods=["GET", "POST"])
@access("ethics.assign_reviewer", on=queries.resource)
def assign(reference: str) -> Response | tuple[str, int] | str:
    form = AssignForm()
    heard = hearing(session(), queries.case(session(), reference), london_day(now()))
    people = [(member.person_id, member.name) for member in heard.members if member.person_id in heard.assignable]
    form.reviewers.choices = choices(people)

    def save() -> Response:
        for number in form.reviewers.data or ():
            due = given(form.due.data)
            reviewing.assign_reviewer(session(), reference, number, due=due, actor=actor(), now=now())
        return done("They are asked for a review.", ".show", reference=reference)

    cancel, attempt = url_for(".show", reference=reference), mendable(save, ENTERED)
    return form_page(form, attempt, title="Ask members for a review", caption=reference, submit="Ask", cancel=cancel)


@bp.route("/<reference>/reviews/<int:key>/release", methods=["GET", "POST"])
@access("ethics.release_reviewer", on=queries.resource)
def release(reference: str, key: int) -> Response | tuple[str, int] | str:
    """`key` is the number of the member."""
    heard = hearing(session(), queries.case(session(), reference), london_day(now()))
    if key not in heard.reviews:
        raise NotFound("This member was not asked for a review. Go back to the reviews.")
    form, name = ReleaseForm(), names(session(), {key})[key]

    def save() -> Response:
        reviewing.release_reviewer(session(), reference, key, form.reason.data or "", actor=actor(), now=now())
        return done(f"{name} is taken off the reviews, and is told so.", ".show", reference=reference)

    title, cancel = f"Take {name} off the reviews: are you sure?", url_for(".show", reference=reference)
    return form_page(form, save, title=title, caption=reference, submit="Take off", cancel=cancel)


@bp.route("/<reference>/reviews/own", methods=["GET", "POST"])
@access("ethics.submit_review", on=queries.resource)
def own(reference: str) -> Response | tuple[str, int] | str:
    case = queries.case(session(), reference)
    form = ReviewForm.of(case.track, case.state)

    def save() -> Response:
        try:
            reviewing.submit_review(session(), reference, form.judgement(), actor=actor(), now=now())
        except Invalid as wrong:
            raise Invalid(str(wrong), form.by_field(wrong.fields)) from wrong
        return done("Your review is in.", ".show", reference=reference)

    return form_page(
        form,
        save,
        title="Your review",
        lead="Once you send it, it stays as it is. Then you see the reviews of the others.",
        caption=f"{reference}: {case.title}",
        submit="Send the review",
        cancel=url_for(".show", reference=reference),
    )
