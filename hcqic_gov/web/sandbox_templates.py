"""Pages of the use-case templates: what there is, what each explains, and the request of a run."""

from collections.abc import Callable

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import Field, SelectField
from wtforms.validators import InputRequired

from hcqic_gov.ethics.states import Purpose
from hcqic_gov.quantum.templates.catalogue import Parameter, Template, Value, asked, is_template, templates
from hcqic_gov.sandbox import queries, service
from hcqic_gov.sandbox.granting import switch
from hcqic_gov.sandbox.models import Run
from hcqic_gov.sandbox.service import Request
from hcqic_gov.web.access import access
from hcqic_gov.web.centre import actor, now, session
from hcqic_gov.web.forms import DecimalField, IntegerField, choices, given
from hcqic_gov.web.pages import Answer, done, form_page
from hcqic_gov.web.sandbox_forms import AskForm, seed_field, shots_field

bp = Blueprint("sandbox_templates", __name__, url_prefix="/sandbox/templates")


class TemplateForm(AskForm):
    """What every template asks for; `form_of` adds its own settings, then shots and seed."""

    def settings(self, template: Template) -> dict[str, Value]:
        return {one.name: value_of(one, self[one.name]) for one in template.parameters}

    def request(self, template: Template) -> Request:
        """Errors: Invalid, by setting."""
        text = template.text(self.settings(template))
        return Request(
            self.title.data or "",
            text,
            Purpose(self.purpose.data),
            given(self["shots"].data),
            given(self["seed"].data),
        )


def form_of(template: Template) -> type[TemplateForm]:
    settings = {one.name: field_of(one) for one in template.parameters}
    return type("OneTemplateForm", (TemplateForm,), {**settings, "shots": shots_field(), "seed": seed_field()})


def field_of(one: Parameter) -> Field:
    if one.choices:
        return SelectField(one.label, choices=choices((name, name) for name in one.choices), default=one.default)
    kind = IntegerField if one.whole else DecimalField
    hint = f"{one.hint} From {one.minimum:g} to {one.maximum:g}.".strip()
    needed = InputRequired(f"Enter a number from {one.minimum:g} to {one.maximum:g}")
    return kind(one.label, default=one.default, description=hint, validators=[needed])


def value_of(one: Parameter, field: Field) -> Value:
    value = given(field.data)
    return str(value) if one.choices else int(value) if one.whole else float(value)


@bp.get("/")
@access("sandbox.read")
def index() -> str:
    return render_template(
        "sandbox/templates.html", templates=templates().templates, project=request.args.get("project", "")
    )


@bp.route("/<code>", methods=["GET", "POST"])
@access("sandbox.request")
def ask(code: str) -> Answer:
    template = templates().named(code)
    form = form_of(template)(version=0, project=request.args.get("project", ""), title=template.title)
    form.offer_projects(session(), actor())

    def save() -> Response:
        asked_for = form.request(template)
        run = service.draft(session(), given(form.project.data), asked_for, actor=actor(), now=now())
        return done("The draft is saved. Look at its gates, then submit it.", "sandbox.show", reference=run.reference)

    return shown(form, save, template, cancel=url_for("sandbox_templates.index"))


@bp.route("/change/<reference>", methods=["GET", "POST"])
@access("sandbox.edit", on=queries.resource)
def edit(reference: str) -> Answer:
    """The draft of a template; that of a circuit is changed on its own page."""
    run = queries.run(session(), reference)
    source = queries.circuit_of(session(), run).source
    if not is_template(source):
        return redirect(url_for("sandbox.edit", reference=reference))
    template, settings = asked(source)
    known = {name: getattr(run, name) for name in ("version", "title", "purpose", "shots", "seed")}
    form = form_of(template)(**known, **settings)
    del form.project

    def save() -> Response:
        seen = given(form.version.data)
        service.edit(session(), reference, form.request(template), seen=seen, actor=actor(), now=now())
        return done("The draft is changed.", "sandbox.show", reference=reference)

    return shown(form, save, template, cancel=url_for("sandbox.show", reference=reference), run=run)


def shown(
    form: TemplateForm, save: Callable[[], Response], template: Template, *, cancel: str, run: Run | None = None
) -> Answer:
    return form_page(
        form,
        save,
        title=template.title,
        caption=run.reference if run else "",
        lead=template.says,
        submit="Save and look at the gates",
        cancel=cancel,
        template="sandbox/template.html",
        use_case=template,
        switch=switch(session()),
    )
