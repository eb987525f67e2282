"""What the signed-in person was told; whether it comes by e-mail too; and the e-mails that could not be sent."""

from flask import Blueprint, render_template, url_for
from flask_security import current_user
from werkzeug.wrappers import Response
from wtforms import BooleanField

from hcqic_gov.notices import queries, service
from hcqic_gov.people.service import choose_email
from hcqic_gov.policy.access import may
from hcqic_gov.web.access import access
from hcqic_gov.web.centre import actor, centre, now, session
from hcqic_gov.web.forms import Form
from hcqic_gov.web.pages import Page, done, form_page, page_number

bp = Blueprint("notices", __name__)

BY_EMAIL = "Each notice stands on your page of notices. Choose whether it comes by e-mail too."
NO_SERVER = f"{BY_EMAIL} This centre has no mail server now, so nothing is sent by e-mail until it has one."


class EmailForm(Form):
    by_email = BooleanField("Send me notices by e-mail")


@bp.get("/notices/")
@access("home.read")
def index() -> str:
    number = page_number()
    rows, total = queries.notices_of(session(), actor().id, page=number)
    return render_template(
        "notices/index.html",
        rows=rows,
        page=Page(number, queries.PAGE_SIZE, total),
        by_email=centre().settings.mail_server is not None,
        manages=may(actor(), "notices.read_failed").allowed,
    )


@bp.post("/notices/read")
@access("home.read")
def read_all() -> Response:
    service.mark_read(session(), actor=actor(), now=now())
    return done("All notices are marked as read.", ".index")


@bp.post("/notices/<int:key>/read")
@access("home.read")
def read(key: int) -> Response:
    """Marks nothing where the notice is somebody else's."""
    service.mark_read(session(), notice_id=key, actor=actor(), now=now())
    return done("The notice is marked as read.", ".index")


@bp.get("/notices/failed")
@access("notices.read_failed")
def failed() -> str:
    number = page_number()
    rows, total = queries.failed(session(), page=number)
    page, again = Page(number, queries.PAGE_SIZE, total), may(actor(), "notices.try_again")
    return render_template("notices/failed.html", rows=rows, page=page, again=again)


@bp.post("/notices/<int:key>/try-again")
@access("notices.try_again")
def try_again(key: int) -> Response:
    service.try_again(session(), key, actor=actor(), now=now())
    return done("The e-mail is sent again within a minute.", ".failed")


@bp.route("/account/notices", methods=["GET", "POST"])
@access("home.read")
def by_email() -> Response | tuple[str, int] | str:
    form = EmailForm(by_email=current_user.email_notices)

    def save() -> Response:
        choose_email(session(), form.by_email.data, actor=actor(), now=now())
        return done("Your choice is saved.", "home.account")

    lead = BY_EMAIL if centre().settings.mail_server else NO_SERVER
    return form_page(form, save, title="Notices by e-mail", lead=lead, cancel=url_for("home.account"))
