"""Pages on which a change of an approved study is written; the case itself shows it beside what is approved."""

from collections.abc import Callable

from flask import Blueprint, url_for
from werkzeug.wrappers import Response

from hcqic_gov.ethics import modifications, queries
from hcqic_gov.ethics.models import EthicsCase
from hcqic_gov.web.access import access
from hcqic_gov.web.centre import actor, now, session
from hcqic_gov.web.forms import given
from hcqic_gov.web.modification_forms import IN_FORM, AmendmentForm
from hcqic_gov.web.pages import done, form_page, mendable

bp = Blueprint("modifications", __name__, url_prefix="/ethics")


@bp.route("/<reference>/modify", methods=["GET", "POST"])
@access("ethics.modify", on=queries.resource)
def begin(reference: str) -> Response | tuple[str, int] | str:
    """The form is filled in with what is approved."""
    form = AmendmentForm.of(queries.case(session(), reference))

    def save() -> Response:
        seen, entered = given(form.version.data), form.amendment()
        case = modifications.begin(session(), reference, entered, seen=seen, actor=actor(), now=now())
        return saved(case)

    lead = (
        "Change what will be different and leave the rest; documents come on the next page. "
        "Nothing takes effect before you send it on."
    )
    return page(form, save, title="Change this study", lead=lead, reference=reference)


@bp.route("/<reference>/change", methods=["GET", "POST"])
@access("ethics.edit_change", on=queries.resource)
def edit(reference: str) -> Response | tuple[str, int] | str:
    form = AmendmentForm.of(queries.case(session(), reference))

    def save() -> Response:
        seen, entered = given(form.version.data), form.amendment()
        return saved(modifications.edit(session(), reference, entered, seen=seen, actor=actor(), now=now()))

    return page(form, save, title="Edit the change", reference=reference)


def saved(case: EthicsCase) -> Response:
    return done(
        f"{case.reference} is saved. See what changes, then send it on.", "ethics.show", reference=case.reference
    )


def page(
    form: AmendmentForm, save: Callable[[], Response], *, title: str, reference: str, lead: str = ""
) -> Response | tuple[str, int] | str:
    """What another open change holds is said in the form, with everything that was typed."""
    cancel, attempt = url_for("ethics.show", reference=reference), mendable(save, IN_FORM)
    return form_page(form, attempt, title=title, lead=lead, caption=reference, submit="Save draft", cancel=cancel)
