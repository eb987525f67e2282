"""Saving a view of the dashboards under a name, and taking it away again."""

from flask import Blueprint, request
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from dashboards.address import PREFIX, canonical
from hcqic_gov.kpi import saved_views
from hcqic_gov.web.access import access
from hcqic_gov.web.centre import actor, now, session
from hcqic_gov.web.forms import Form
from hcqic_gov.web.pages import Answer, done, form_page

bp = Blueprint("kpi_saved", __name__, url_prefix="/kpis/views")


class SaveForm(Form):
    name = StringField(
        "Name",
        description="For example “Operations for the board”.",
        validators=[InputRequired("Enter a name"), Length(max=80, message="A name has at most 80 characters")],
    )


@bp.route("/new", methods=["GET", "POST"])
@access("kpi.save_view")
def save() -> Answer:
    """The address is written anew from what it asks for: nothing else than a view of the dashboards is kept."""
    form, address = SaveForm(), canonical(request.args.get("address", PREFIX))

    def keep() -> Response:
        row = saved_views.save(session(), form.name.data or "", address, actor=actor(), now=now())
        return done(f"“{row.name}” stands under your saved views.", "kpi.index")

    moves = "as it is at the end of the chosen period" if "period=" in address else "with the newest values"
    lead = f"You find it on the page of the KPIs. Whenever you open it, it shows the KPIs {moves}."
    return form_page(form, keep, title="Save this view", lead=lead, cancel=address)


@bp.post("/<int:reference>/remove")
@access("kpi.forget_view", on=saved_views.resource)
def forget(reference: int) -> Response:
    saved_views.forget(session(), reference, actor=actor(), now=now())
    return done("The saved view is removed.", "kpi.index")
