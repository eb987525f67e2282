"""Kinds of form field of our own: days in three boxes, finite numbers, money, versions."""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import wtforms
from werkzeug.datastructures import MultiDict
from wtforms import fields
from wtforms.utils import unset_value
from wtforms.validators import StopValidation
from wtforms.widgets import HiddenInput

from hcqic_gov.core.calendar import FIRST_YEAR, LAST_YEAR

PARTS = ("day", "month", "year")
LARGEST_INTEGER = 2**31 - 1  # of a database column
MOST_DIGITS = 18
MOST_POUNDS = 10**12  # in pence, and summed over many lines, it still fits a column


class CodeField(fields.TextAreaField):
    """Text that a program reads: what nobody can see in it is refused there, and not taken out here."""


class DateField(fields.Field):
    """A day typed into three boxes named `<name>-day`, `<name>-month`, `<name>-year`; what was typed is shown again."""

    data: date | None
    raw_data: Sequence[str] | None

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        names = [f"{self.name}-{part}" for part in PARTS]
        if formdata is not None:
            posted = any(name in formdata for name in names)
            typed = [str(formdata.get(name, "")).strip() for name in names]
            formdata = MultiDict([(self.name, text) for text in typed] if posted else [])
        super().process(formdata, data, extra_filters)

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        if not valuelist:
            return
        self.data = None
        if any(valuelist):
            self.data = read_date(self.label.text, valuelist)
        else:
            self.raw_data = []

    def pre_validate(self, form: wtforms.Form) -> None:
        if self.process_errors:  # keep "must be a real date": later validators would say "required"
            raise StopValidation

    @property
    def boxes(self) -> dict[str, str]:
        """What stands in each box."""
        if self.raw_data:
            return dict(zip(PARTS, self.raw_data, strict=True))
        return {part: str(getattr(self.data, part)) if self.data else "" for part in PARTS}


def read_date(label: str, typed: Sequence[str]) -> date:
    """Errors: ValueError with a sentence that says which part is missing or wrong."""
    missing = [part for part, text in zip(PARTS, typed, strict=True) if not text]
    if missing:
        raise ValueError(f"“{label}” must include a {' and a '.join(missing)}")
    if not all(re.fullmatch(r"[0-9]{1,4}", text) for text in typed):
        raise ValueError(f"“{label}” must be numbers, such as 27 3 2027")
    if len(typed[2]) < 4:
        raise ValueError(f"The year of “{label}” must have four numbers")
    if not FIRST_YEAR <= int(typed[2]) <= LAST_YEAR:
        raise ValueError(f"The year of “{label}” must be between {FIRST_YEAR} and {LAST_YEAR}")
    try:
        return date(int(typed[2]), int(typed[1]), int(typed[0]))
    except ValueError:
        raise ValueError(f"“{label}” must be a real date, such as 27 3 2027") from None


class IntegerField(fields.IntegerField):
    """A whole number that a database column can hold."""

    data: int | None

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        super().process_formdata(valuelist)
        if self.data is not None and abs(self.data) > LARGEST_INTEGER:
            self.data = None
            raise ValueError(f"“{self.label.text}” must be a smaller number")


class DecimalField(fields.DecimalField):
    """A finite number, shown in full; WTForms alone would take NaN and Infinity, and show two places."""

    def __init__(self, label: str | None = None, validators: Any = None, *, places: int | None = None, **rest: Any):
        super().__init__(label, validators, places=places, **rest)

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        if not valuelist or not valuelist[0].strip():
            self.data = None
            return
        text = valuelist[0].strip().lstrip("£").replace(",", "")
        try:
            number = Decimal(text)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite():
            self.data = None
            raise ValueError(self.gettext("Not a valid decimal value."))
        if abs(number.adjusted()) > MOST_DIGITS:
            self.data = None
            raise ValueError(f"“{self.label.text}” must be a smaller number")
        self.data = number


class MoneyField(DecimalField):
    """Pounds and pence: takes "£1,200.50", shows a £ before the box."""

    def __init__(self, label: str | None = None, validators: Any = None, **rest: Any):
        super().__init__(label, validators, **{"places": 2, **rest})

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        super().process_formdata(valuelist)
        if self.data is not None and abs(self.data) > MOST_POUNDS:
            self.data = None
            raise ValueError(f"“{self.label.text}” must be a smaller number")
        if self.data is not None and self.data != round(self.data, 2):
            self.data = None
            raise ValueError(f"“{self.label.text}” must have no more than two numbers after the point")


class VersionField(IntegerField):
    """The version of the record that the person saw, for optimistic locking."""

    widget = HiddenInput()
    errors: list[str]

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.data = None  # what was not sent is not taken from the record as it is now
        super().process_formdata(valuelist)

    def pre_validate(self, form: wtforms.Form) -> None:
        if self.data is None:  # only a page of ours that forgot it, or a request made by hand
            self.errors = []
            raise StopValidation("Open this page again: it did not say which version of the record you saw")
