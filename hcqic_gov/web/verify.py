"""The public page on which anybody checks a report that they hold; the file is read and not kept."""

from flask import Blueprint, Response, make_response, render_template
from flask_wtf.file import FileField
from wtforms import FileField as AnyFile

from hcqic_gov.core.errors import Invalid
from hcqic_gov.policy.access import may
from hcqic_gov.reporting import evidence
from hcqic_gov.reporting.checking import Answer, Standing, Verdict
from hcqic_gov.web.access import public_look
from hcqic_gov.web.centre import actor, centre, session
from hcqic_gov.web.forms import Form
from reports.examining import MOST_BYTES, examine_apart
from reports.signing import known_certificates

bp = Blueprint("verify", __name__)

LIMITED = ("verify.index",)
SIGNS = {Standing.HOLDS: ("Yes", "green"), Standing.FAILS: ("No", "red"), Standing.TELLS: ("Note", "blue")}
COLOURS = {
    Verdict.UNCHANGED: ("Unchanged", "green"),
    Verdict.REPLACED: ("Replaced", "orange"),
    Verdict.NOT_CONFIRMED: ("Not confirmed", "red"),
}


class CheckForm(Form):
    """The file that somebody holds."""

    file = FileField("Report as PDF", description="At most 25 MB. We read the file and do not keep it.")


@bp.route("/verify", methods=["GET", "POST"])
@public_look
def index() -> Response:
    form = CheckForm()
    answer = None
    if form.validate_on_submit():
        try:
            answer = checked(form.file)
        except Invalid as error:
            form.blame(error)
    page = make_response(shown(form, answer), 400 if form.is_submitted() and answer is None else 200)
    page.headers["Cache-Control"] = "private, no-store"
    return page


def checked(field: AnyFile) -> Answer:
    """Errors: Invalid where no file was chosen."""
    if not field.data:
        raise Invalid("There is no file.", {"file": "Choose the PDF of a report"})
    with field.data.stream as stream:
        data = stream.read(MOST_BYTES + 1)
    return evidence.check(session(), examine_apart(data, known_certificates(centre().settings)))


def shown(form: CheckForm, answer: Answer | None) -> str:
    return render_template(
        "verify/index.html", form=form, answer=answer, now_too=sees_now(answer), signs=SIGNS, colours=COLOURS
    )


def sees_now(answer: Answer | None) -> bool:
    """Whether this reader sees what the register says today: the holder of a file has only its own figures."""
    if answer is None or not answer.corrections:
        return False
    return may(actor(), "kpi.read").allowed
