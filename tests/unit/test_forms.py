"""Form fields: markup, parsing, errors."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import html5lib
import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict
from wtforms import fields
from wtforms.validators import InputRequired, Length, Optional

from hcqic_gov.core.errors import Invalid
from hcqic_gov.web.forms import (
    DateField,
    DecimalField,
    FilterForm,
    Form,
    IntegerField,
    MoneyField,
    VersionedForm,
    choices,
)

COLOURS = choices([("r", "Red"), ("g", "Green & blue")])


class Everything(VersionedForm):
    name = fields.StringField(
        "Name", [InputRequired()], description="As on the contract", render_kw={"autocomplete": "name"}
    )
    story = fields.TextAreaField("Story", [Length(max=200)], description="Plain words")
    note = fields.TextAreaField("Note", [Optional()], description="For us")
    qubits = IntegerField("Qubits", [InputRequired()], description="Of the circuit")
    depth = DecimalField("Depth", description="A ratio")
    cost = MoneyField("Cost", description="Without VAT")
    start = DateField("Start date", [InputRequired()], description="For example, 27 3 2027")
    kind = fields.SelectField("Kind", choices=COLOURS, description="One of two")
    way = fields.RadioField("Way", choices=COLOURS, description="One way")
    many = fields.SelectMultipleField("Many", choices=COLOURS, description="Any of them")
    agree = fields.BooleanField("I agree", [InputRequired()], description="Needed")
    proof = fields.FileField("Proof", description="A PDF")
    secret = fields.PasswordField("Password", description="Yours")
    go = fields.SubmitField("Send")


BOXES = ("name", "story", "note", "qubits", "depth", "cost", "kind", "proof", "secret")
GROUPS = ("start", "way", "many")


@pytest.fixture(autouse=True)
def request_context() -> Iterator[None]:
    app = Flask(__name__)
    app.config.update(SECRET_KEY="test", WTF_CSRF_ENABLED=False)
    with app.test_request_context(method="POST"):
        yield


def everything(**answers: Any) -> Everything:
    return Everything(formdata=MultiDict(answers))


def parse(markup: str) -> Any:
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(
        f"<!DOCTYPE html><html lang=en><head><title>t</title></head><body><form>{markup}</form></body></html>"
    )


def element(form: Form, name: str, key: str) -> Any:
    return parse(form[name]()).find(f".//*[@id='{key}']")


def texts(tree: Any, tag: str) -> list[str]:
    return [" ".join("".join(found.itertext()).split()) for found in tree.iter(tag)]


@pytest.mark.parametrize("name", BOXES)
def test_a_box_has_its_label_hint_and_error(name: str) -> None:
    form = everything()
    form[name].errors = ["Something is wrong"]
    tree = parse(form[name]())
    box = tree.find(f".//*[@id='{name}']")
    assert box.get("name") == name
    assert tree.find(f".//label[@for='{name}']") is not None
    assert f"{name}-hint" in box.get("aria-describedby")
    assert f"{name}-error" in box.get("aria-describedby")
    error = tree.find(f".//*[@id='{name}-error']")
    assert "".join(error.itertext()).split() == ["Error:", "Something", "is", "wrong"]


@pytest.mark.parametrize("name", GROUPS)
def test_a_group_has_its_legend_hint_and_error(name: str) -> None:
    form = everything()
    form[name].errors = ["Something is wrong"]
    tree = parse(form[name]())
    assert texts(tree, "legend") == [form[name].label.text]
    assert tree.find(".//fieldset").get("aria-describedby") == f"{name}-hint {name}-error"
    assert tree.find(f".//input[@id='{form.error_list[0]['href'][1:]}']") is not None


def test_each_field_without_error_parses_strictly_and_shows_none() -> None:
    for field in everything():
        assert "nhsuk-error-message" not in parse(field()).find(".//form").itertext()
        assert "--error" not in field()


def test_particular_attributes() -> None:
    form = everything()
    assert element(form, "name", "name").get("autocomplete") == "name"
    assert element(form, "qubits", "qubits").get("inputmode") == "numeric"
    assert "nhsuk-input--width-5" in element(form, "qubits", "qubits").get("class")
    assert element(form, "secret", "secret").get("type") == "password"
    assert element(form, "proof", "proof").get("type") == "file"
    assert element(form, "agree", "agree").get("type") == "checkbox"
    assert texts(parse(form.note()), "label") == ["Note (optional)"]
    assert 'data-maxlength="200"' in form.story()
    assert "£" in form.cost()
    assert "£" not in form.depth()
    assert texts(parse(form.go()), "button") == ["Send"]


def test_what_was_typed_comes_back_escaped() -> None:
    form = everything(name='<b>"x"', qubits="ten", cost="lots", kind="g", way="g", many="r", secret="hush", agree="y")
    form.validate()
    assert element(form, "name", "name").get("value") == '<b>"x"'
    assert element(form, "qubits", "qubits").get("value") == "ten"
    assert element(form, "cost", "cost").get("value") == "lots"
    assert [o.get("value") for o in parse(form.kind()).iter("option") if o.get("selected") is not None] == ["g"]
    for name, value in (("way", "g"), ("many", "r"), ("agree", "y")):
        ticked = [box.get("value") for box in parse(form[name]()).iter("input") if box.get("checked") is not None]
        assert ticked == [value]
    assert "hush" not in form.secret()


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (("27", "3", "2027"), date(2027, 3, 27)),
        (("29", "2", "2028"), date(2028, 2, 29)),
        (("1 ", "04", "2027"), date(2027, 4, 1)),
        (("31", "2", "2027"), "must be a real date"),
        (("29", "2", "2027"), "must be a real date"),
        (("1", "13", "2027"), "must be a real date"),
        (("0", "1", "2027"), "must be a real date"),
        (("1", "1", "0000"), "must be between 1900 and 2199"),
        (("1", "1", "27"), "four numbers"),
        (("", "3", "2027"), "must include a day"),
        (("27", "", ""), "must include a month and a year"),
        (("one", "3", "2027"), "must be numbers"),
        (("-1", "3", "2027"), "must be numbers"),
        (("٣", "3", "2027"), "must be numbers"),
        (("", "", ""), "Answer “Start date”"),
    ],
)
def test_dates(typed: tuple[str, str, str], expected: date | str) -> None:
    names = ("start-day", "start-month", "start-year")
    form = everything(**dict(zip(names, typed, strict=True)))
    form.validate()
    if isinstance(expected, date):
        assert form.start.data == expected
        assert not form.start.errors
    else:
        assert form.start.data is None
        assert expected in next(line["text"] for line in form.error_list if line.get("href") == "#start-day")
    boxes = [box.get("value") or "" for box in parse(form.start()).iter("input")]
    assert boxes == [text.strip() for text in typed]


def test_a_date_of_a_record_fills_the_boxes() -> None:
    form = Everything(formdata=None, data={"start": date(2027, 3, 7)})
    assert [box.get("value") for box in parse(form.start()).iter("input")] == ["7", "3", "2027"]


class Window(FilterForm):
    since = DateField("Since", [Optional()])
    text = fields.StringField("Words", [Optional()])


def test_an_optional_date_may_be_blank_but_not_half() -> None:
    assert Window(MultiDict({"since-day": "", "since-month": "", "since-year": ""})).validate()
    assert not Window(MultiDict({"since-day": "", "since-month": "3", "since-year": "2027"})).validate()


def test_an_impossible_date_clears_the_old_one() -> None:
    form = Everything(
        formdata=MultiDict({"start-day": "31", "start-month": "2", "start-year": "2027"}),
        data={"start": date(2027, 1, 1)},
    )
    assert form.start.data is None


@pytest.mark.parametrize(
    ("name", "typed", "expected"),
    [
        ("cost", "£1,200.50", Decimal("1200.50")),
        ("cost", "1.005", "no more than two numbers"),
        ("cost", "NaN", "must be a number"),
        ("cost", "1e99", "smaller number"),
        ("depth", "Infinity", "must be a number"),
        ("depth", "0.125", Decimal("0.125")),
        ("qubits", "12", 12),
        ("qubits", "1.5", "must be a whole number"),
        ("qubits", "99999999999", "smaller number"),
    ],
)
def test_numbers(name: str, typed: str, expected: Decimal | int | str) -> None:
    form = everything(**{name: typed})
    form.validate()
    if isinstance(expected, str):
        assert expected in next(line["text"] for line in form.error_list if line.get("href") == f"#{name}")
    else:
        assert form[name].data == expected


def test_text_is_cleaned() -> None:
    form = everything(name="  A\x00da ", story="one\r\ntwo", secret=" kept ")
    assert (form.name.data, form.story.data, form.secret.data) == ("Ada", "one\ntwo", " kept ")


def test_errors_come_in_the_order_of_the_page_and_name_their_field() -> None:
    form = everything(kind="r", way="r", version="1")
    form.validate()
    assert [line["text"] for line in form.error_list] == [
        "Answer “Name”",
        "Answer “Qubits”",
        "Answer “Start date”",
        "Tick “I agree”",
    ]


def test_what_a_service_refuses_is_shown_at_its_field_or_over_the_form() -> None:
    form = everything(version="1")
    form.validate()
    form.blame(Invalid("No", {"cost": "“Cost” is over the limit", "version": "Too old", "unknown": "Other"}))
    form.blame(Invalid("Nothing works"))
    assert {"text": "“Cost” is over the limit", "href": "#cost"} in form.error_list
    assert [line["text"] for line in form.error_list if "href" not in line] == ["Too old", "Other", "Nothing works"]


def test_the_version_is_hidden() -> None:
    form = Everything(formdata=None, data={"version": 7})
    (hidden,) = parse(form.version()).iter("input")
    assert (hidden.get("type"), hidden.get("name"), hidden.get("value")) == ("hidden", "version", "7")
    assert [field.name for field in form.hidden_fields] == ["version"]


@pytest.mark.parametrize("version", [{}, {"version": ""}, {"version": "x"}])
def test_a_form_that_names_no_version_is_refused(version: dict[str, str]) -> None:
    form = everything(**version)
    assert not form.validate()
    assert form.version.errors == ["Open this page again: it did not say which version of the record you saw"]


def test_a_first_choice_may_be_blank() -> None:
    assert [(c.value, c.label) for c in choices([(1, "One")], blank="Choose")] == [("", "Choose"), ("1", "One")]
