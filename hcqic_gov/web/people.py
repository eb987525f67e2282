"""Pages of the administrator: accounts and roles, organisations, training."""

import secrets
from datetime import timedelta

from flask import Blueprint, make_response, render_template, url_for
from sqlmodel import Session
from werkzeug.wrappers import Response
from wtforms import BooleanField, EmailField, SelectField, SelectMultipleField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length

from hcqic_gov.core.calendar import add_months
from hcqic_gov.db import found
from hcqic_gov.people import queries, service
from hcqic_gov.people.models import Person
from hcqic_gov.people.rules import ROLE_LABELS, TRAINING_LABELS, OrganisationKind, Role, Training
from hcqic_gov.people.sign_ins import locked_places
from hcqic_gov.policy.access import may
from hcqic_gov.projects.rules import label
from hcqic_gov.web.access import access
from hcqic_gov.web.centre import actor, now, session
from hcqic_gov.web.forms import DateField, Form, VersionedForm, choices, given
from hcqic_gov.web.pages import done, form_page

bp = Blueprint("people", __name__, url_prefix="/people")

ROLE_CHOICES = choices((role.value, text) for role, text in ROLE_LABELS.items())


class PersonForm(Form):
    """What is asked of a name and an address, `people.rules` says: the command line asks the same."""

    name = StringField("Name", validators=[InputRequired("Enter the name")])
    email = EmailField("E-mail address", validators=[InputRequired("Enter the address")])
    organisation = SelectField("Organisation", coerce=int)
    roles = SelectMultipleField("Roles", choices=ROLE_CHOICES)


class RolesForm(VersionedForm):
    roles = SelectMultipleField("Roles", choices=ROLE_CHOICES)
    active = BooleanField("May sign in")


class OrganisationForm(Form):
    name = StringField("Name", validators=[InputRequired("Enter the name"), Length(max=200)])
    kind = SelectField("Kind", choices=choices((kind.value, label(kind)) for kind in OrganisationKind))
    ror_id = StringField("ROR ID", description="For example https://ror.org/0abcdef12. Leave empty if there is none.")


class TrainingForm(Form):
    person_id = SelectField("Person", coerce=int)
    kind = SelectField("Course", choices=choices((kind.value, text) for kind, text in TRAINING_LABELS.items()))
    completed_on = DateField("Completed on", validators=[InputRequired("Enter the day")])


@bp.get("/")
@access("people.read")
def index() -> str:
    return render_template(
        "people/index.html",
        people=queries.people(session()),
        organisations=queries.organisations(session()),
        labels=ROLE_LABELS,
        label=label,
        manages=may(actor(), "people.manage").allowed,
    )


@bp.route("/add", methods=["GET", "POST"])
@access("people.manage")
def add() -> Response | tuple[str, int] | str:
    form = PersonForm()
    form.organisation.choices = choices([(0, "None"), *queries.organisation_names(session()).items()])

    def save() -> Response:
        password = secrets.token_urlsafe(12)
        person = service.add_person(
            session(),
            form.email.data or "",
            form.name.data or "",
            password_hash=service.hashed(password),
            roles=[Role(role) for role in form.roles.data or []],
            organisation_id=form.organisation.data or None,
            actor=actor(),
            now=now(),
        )
        return shown_once(person, password)

    return form_page(form, save, title="Add a person", cancel=url_for("people.index"))


def shown_once(person: Person, password: str) -> Response:
    """The only page that ever holds a password: the answer to this POST, in no cookie, no cache and no log."""
    answer = make_response(render_template("people/first_password.html", person=person, password=password))
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.post("/<int:key>/unlock")
@access("people.manage")
def unlock(key: int) -> Response:
    service.unlock(session(), key, actor=actor(), now=now())
    return done("The account is unlocked.", "people.roles", key=key)


@bp.route("/<int:key>/roles", methods=["GET", "POST"])
@access("people.manage")
def roles(key: int) -> Response | tuple[str, int] | str:
    person = found(session().get(Person, key), "this person")
    held = [role.name for role in person.roles]
    form = RolesForm(version=person.version, roles=held, active=person.active)

    def save() -> Response:
        wanted = [Role(role) for role in form.roles.data or []]
        seen = given(form.version.data)
        service.set_roles(session(), key, wanted, active=form.active.data, seen=seen, actor=actor(), now=now())
        return done("The roles are saved.", "people.index")

    return form_page(
        form,
        save,
        title=f"Roles of {person.name}",
        cancel=url_for("people.index"),
        template="people/roles.html",
        unlock_url=url_for("people.unlock", key=key) if locked_places(session(), key, now=now()) else "",
    )


@bp.route("/organisations/add", methods=["GET", "POST"])
@access("people.manage")
def add_organisation() -> Response | tuple[str, int] | str:
    form = OrganisationForm()

    def save() -> Response:
        kind, ror_id = OrganisationKind(form.kind.data), form.ror_id.data or ""
        service.add_organisation(session(), form.name.data or "", kind, ror_id=ror_id, actor=actor(), now=now())
        return done("The organisation is added.", "people.index")

    return form_page(form, save, title="Add an organisation", cancel=url_for("people.index"))


@bp.route("/training/record", methods=["GET", "POST"])
@access("people.manage")
def training() -> Response | tuple[str, int] | str:
    """A course counts for two years."""
    form = TrainingForm()
    form.person_id.choices = active_people(session())

    def save() -> Response:
        day = given(form.completed_on.data)
        until = add_months(day, 24) - timedelta(days=1)
        kind = Training(form.kind.data)
        service.record_training(
            session(), form.person_id.data, kind, completed_on=day, valid_until=until, actor=actor(), now=now()
        )
        return done("The training is recorded.", "people.index")

    lead = "A completed course counts for two years."
    return form_page(form, save, title="Record training", lead=lead, cancel=url_for("people.index"))


def active_people(session: Session) -> list[SelectChoice]:
    return choices((person.id, person.name) for person in queries.people(session) if person.active)
