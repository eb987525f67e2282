"""Forms: WTForms whose fields render as NHS.UK groups and whose errors are sentences."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar, cast

import wtforms
from flask_wtf import FlaskForm
from markupsafe import Markup
from wtforms import fields
from wtforms.fields import SelectChoice
from wtforms.meta import DefaultMeta

from hcqic_gov.core.errors import Invalid
from hcqic_gov.core.prose import tidy
from hcqic_gov.web.fields import CodeField, DateField, DecimalField, IntegerField, MoneyField, VersionField
from hcqic_gov.web.groups import error_line, group, is_hidden

__all__ = [
    "DateField",
    "DecimalField",
    "FilterForm",
    "Form",
    "IntegerField",
    "MoneyField",
    "VersionField",
    "VersionedForm",
    "choices",
    "given",
    "seen",
    "version_sent",
    "versioned",
]

T = TypeVar("T")


def choices(pairs: Iterable[tuple[Any, str]], *, blank: str | None = None) -> list[SelectChoice]:
    """For selects, radios and checkboxes: (value, label) pairs, after one without value if `blank` is given."""
    first = [] if blank is None else [SelectChoice("", blank)]
    return first + [SelectChoice(str(value), label) for value, label in pairs]


def given(value: T | None) -> T:
    """The value of a field whose validators saw that there is one."""
    if value is None:
        raise Invalid("Fill in every field that is not marked as optional.")
    return value


def clean(text: Any) -> Any:
    """Any field of text, as it is stored."""
    return tidy(text) if isinstance(text, str) else text


def plain(text: Any) -> Any:
    """With plain line ends, and without NUL, which PostgreSQL refuses."""
    return text.replace("\x00", "").replace("\r\n", "\n").strip() if isinstance(text, str) else text


class Markings(DefaultMeta):
    """What makes WTForms speak NHS.UK: each field renders as its whole group."""

    def render_field(self, field: fields.Field, render_kw: Mapping[str, Any]) -> Markup:
        return group(field)

    def bind_field(self, form: wtforms.Form, unbound_field: Any, options: dict[str, Any]) -> fields.Field:
        kind = unbound_field.field_class
        if issubclass(kind, fields.StringField) and not issubclass(kind, fields.PasswordField):
            first = plain if issubclass(kind, CodeField) else clean
            options["filters"] = [first, *unbound_field.kwargs.get("filters", ())]
        return unbound_field.bind(form=form, **options)


class Answers:
    """What the templates ask of a form."""

    _fields: Mapping[str, fields.Field]
    form_errors: list[str]

    @property
    def error_list(self) -> list[dict[str, str]]:
        """For the error summary: one line per field in order, linked to the field, then those of the whole form."""
        lines = [error_line(field) for field in self._fields.values() if field.errors]
        return lines + [{"text": text} for text in self.form_errors]

    @property
    def visible_fields(self) -> Iterator[fields.Field]:
        return (f for f in self._fields.values() if not is_hidden(f) and not isinstance(f, fields.SubmitField))

    @property
    def hidden_fields(self) -> Iterator[fields.Field]:
        return (field for field in self._fields.values() if is_hidden(field))

    @property
    def submit_fields(self) -> Iterator[fields.Field]:
        return (field for field in self._fields.values() if isinstance(field, fields.SubmitField))

    @property
    def has_files(self) -> bool:
        return any(isinstance(field, fields.FileField) for field in self._fields.values())

    def blame(self, error: Invalid) -> None:
        """Show what a service refused at the fields it names, or over the form."""
        for name, sentence in error.fields.items():
            field = self._fields.get(name)
            if field is None or is_hidden(field):
                self.form_errors.append(sentence)
            else:
                field.errors = [*field.errors, sentence]
        if not error.fields:
            self.form_errors.append(str(error))


class Form(Answers, FlaskForm):
    """A form that changes something: POST, with a CSRF token."""

    class Meta(Markings, FlaskForm.Meta):
        """NHS.UK markup on Flask-WTF's protection."""


class VersionedForm(Form):
    """A form that changes a record which others may change at the same time."""

    version = VersionField()


FormT = TypeVar("FormT", bound=Form)


def versioned(kind: type[FormT]) -> type[FormT]:
    """The form of a new part, as the form that changes one which others may change at the same time."""
    return cast(type[FormT], type(kind.__name__, (kind, VersionedForm), {}))


def seen(form: Form) -> int:
    """The version that the person had before them."""
    version: int | None = form["version"].data
    return given(version)


def version_sent() -> int:
    """The same from a form that is only a button. Errors: Invalid."""
    form = VersionedForm()
    if not form.validate():
        raise Invalid("Open the page of this entry again: it did not say which version of it you saw.")
    return seen(form)


class FilterForm(Answers, wtforms.Form):
    """A form that only narrows a list: GET, made with `FilterForm(request.args)`.

    A select that the address does not name stands on its blank choice.
    """

    Meta = Markings

    def process(self, *args: Any, **kwargs: Any) -> None:
        super().process(*args, **kwargs)
        for field in self._fields.values():
            if isinstance(field, fields.SelectField) and field.data is None and not field.raw_data:
                field.data = ""
