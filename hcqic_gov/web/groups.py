"""The NHS.UK markup of one form field: label, hint, error and box as one group."""

from functools import singledispatch
from typing import Any

from markupsafe import Markup
from wtforms import fields
from wtforms.widgets import HiddenInput

from hcqic_gov.web.components import component
from hcqic_gov.web.fields import PARTS, DateField, MoneyField

# `render_kw` may hold these, which mean something to the components; all else becomes attributes.
OPTIONS = ("width", "rows", "prefix", "suffix", "classes", "inline", "autocomplete", "inputmode", "spellcheck")
WIDTHS = {"day": 2, "month": 2, "year": 4}

# What WTForms says of an answer, in words that name the field.
REQUIRED = "This field is required."
SENTENCES = {
    REQUIRED: "Answer “{label}”",
    "Not a valid integer value.": "“{label}” must be a whole number, such as 12",
    "Not a valid decimal value.": "“{label}” must be a number, such as 12.50",
    "Not a valid choice.": "Choose one of the answers of “{label}”",
    "Invalid Choice: could not coerce.": "Choose one of the answers of “{label}”",
}


def error_of(field: fields.Field) -> str | None:
    """The first error of a field as a sentence: one at a time is what a person can mend."""
    if not field.errors:
        return None
    text = str(field.errors[0])
    if text == REQUIRED and isinstance(field, fields.BooleanField):
        return f"Tick “{field.label.text}”"
    return SENTENCES.get(text, text).format(label=field.label.text) if text in SENTENCES else text


def is_hidden(field: fields.Field) -> bool:
    return isinstance(field.widget, HiddenInput)


def error_line(field: fields.Field) -> dict[str, str]:
    text = error_of(field) or ""
    if is_hidden(field):
        return {"text": text}
    return {"text": text, "href": f"#{field.id}-day" if isinstance(field, DateField) else f"#{field.id}"}


def shared(field: fields.Field) -> dict[str, Any]:
    """The parameters that each component takes."""
    given = field.render_kw or {}
    return {
        "id": field.id,
        "name": field.name,
        "hint": {"text": str(field.description)} if field.description else None,
        "errorMessage": {"text": error_of(field)} if field.errors else None,
        "attributes": {key: value for key, value in given.items() if key not in OPTIONS},
        **{key: value for key, value in given.items() if key in OPTIONS},
    }


def title_of(field: fields.Field) -> str:
    return f"{field.label.text} (optional)" if field.flags.optional else str(field.label.text)


def labelled(field: fields.Field) -> dict[str, Any]:
    return {**shared(field), "label": {"text": title_of(field)}}


def in_fieldset(field: fields.Field) -> dict[str, Any]:
    return {**shared(field), "idPrefix": field.id, "fieldset": {"legend": {"text": title_of(field), "size": "s"}}}


def without_id(params: dict[str, Any]) -> dict[str, Any]:
    """For groups whose first box carries the id."""
    return {key: value for key, value in params.items() if key != "id"}


def options(field: fields.SelectField) -> list[dict[str, Any]]:
    return [
        {"value": str(choice.value), "text": choice.label, "checked": choice.selected, "selected": choice.selected}
        for choice in field.iter_choices()
    ]


def typed(field: fields.Field) -> str:
    """What stands in the box: what was typed, right or wrong, else the value."""
    return str(field._value())


@singledispatch
def group(field: fields.Field) -> Markup:
    """The whole group of one field; kinds without a rule of their own are boxes for text."""
    if is_hidden(field):
        return Markup(field.widget(field))  # noqa: S704 - WTForms escapes
    return component("input", **labelled(field), value=typed(field), type=getattr(field.widget, "input_type", "text"))


@group.register
def _(field: fields.IntegerField) -> Markup:
    if is_hidden(field):
        return Markup(field.widget(field))  # noqa: S704 - WTForms escapes
    return component("input", **{"width": 5, "inputmode": "numeric", **labelled(field)}, value=typed(field))


@group.register
def _(field: fields.DecimalField) -> Markup:
    prefix = "£" if isinstance(field, MoneyField) else None
    params = {"width": 10, "inputmode": "decimal", "prefix": prefix, **labelled(field)}
    return component("input", **params, value=typed(field))


@group.register
def _(field: fields.TextAreaField) -> Markup:
    limit = field.flags.maxlength
    params = {"rows": 5, **labelled(field), "value": typed(field), "maxlength": limit}
    return component("character_count" if limit else "textarea", **params)


@group.register
def _(field: fields.PasswordField) -> Markup:
    return component("password_input", **{"autocomplete": "current-password", **labelled(field)})


@group.register
def _(field: DateField) -> Markup:
    wrong = bool(field.errors)
    items = [
        {
            "id": f"{field.id}-{part}",
            "name": f"{field.name}-{part}",
            "label": {"text": part.capitalize()},
            "value": field.boxes[part],
            "width": WIDTHS[part],
            "error": wrong,
        }
        for part in PARTS
    ]
    return component("date_input", **in_fieldset(field), items=items)


@group.register
def _(field: fields.SelectField) -> Markup:
    return component("select", **labelled(field), items=options(field))


@group.register
def _(field: fields.RadioField) -> Markup:
    return component("radios", **without_id(in_fieldset(field)), items=options(field))


@group.register
def _(field: fields.SelectMultipleField) -> Markup:
    return component("checkboxes", **without_id(in_fieldset(field)), items=options(field))


@group.register
def _(field: fields.BooleanField) -> Markup:
    params = without_id(shared(field))
    box = {"value": "y", "text": field.label.text, "checked": bool(field.data)}
    return component("checkboxes", **{**params, "idPrefix": field.id}, items=[box])


@group.register
def _(field: fields.FileField) -> Markup:
    return component("file_upload", **labelled(field), multiple=isinstance(field, fields.MultipleFileField) or None)


@group.register
def _(field: fields.SubmitField) -> Markup:
    given = shared(field)
    return component(
        "button",
        text=field.label.text,
        id=field.id,
        name=field.name,
        value="y",
        preventDoubleClick=True,
        classes=given.get("classes"),
    )
