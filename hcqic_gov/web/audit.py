"""The audit trail: search, and whether the chain is whole."""

from flask import Blueprint, render_template, request
from wtforms import SelectField, StringField
from wtforms.validators import Optional

from hcqic_gov.audit import queries
from hcqic_gov.audit.queries import PAGE_SIZE, AuditFilter
from hcqic_gov.audit.rules import Result
from hcqic_gov.core.actor import SYSTEM_ACTOR
from hcqic_gov.kpi.trail import without_persons
from hcqic_gov.people.queries import people
from hcqic_gov.web.access import access
from hcqic_gov.web.centre import session
from hcqic_gov.web.forms import DateField, FilterForm, choices
from hcqic_gov.web.pages import Page, page_number

bp = Blueprint("audit", __name__, url_prefix="/audit")


class SearchForm(FilterForm):
    """What the auditor looks for."""

    reference = StringField("Reference")
    action = StringField("Action begins with")
    actor = SelectField("Person", coerce=int, default=-1)
    result = SelectField("Result", choices=choices([(r.value, r.value.capitalize()) for r in Result], blank="Any"))
    since = DateField("From", validators=[Optional()])
    until = DateField("To", validators=[Optional()])

    def wanted(self) -> AuditFilter:
        person = self.actor.data if self.actor.data is not None and self.actor.data >= 0 else None
        return AuditFilter(
            self.action.data or "",
            self.reference.data or "",
            person,
            Result(self.result.data) if self.result.data else None,
            self.since.data,
            self.until.data,
        )


@bp.get("/")
@access("audit.read")
def index() -> str:
    form = SearchForm(request.args)
    everybody = [(p.id, p.name) for p in people(session())]
    form.actor.choices = choices([(-1, "Anybody"), (0, "The system"), *everybody])
    valid = form.validate()
    number = page_number()
    entries, total = queries.search(session(), form.wanted() if valid else AuditFilter(), page=number)
    return render_template(
        "audit/index.html",
        form=form,
        entries=[without_persons(entry) for entry in entries],
        names={0: SYSTEM_ACTOR.name, **dict(everybody)},
        page=Page(number, PAGE_SIZE, total),
        head=queries.head(session()),
    )


@bp.get("/verify")
@access("audit.read")
def verify() -> str:
    return render_template("audit/verify.html", result=queries.verify_chain(session()))
