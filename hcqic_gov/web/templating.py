"""How our templates are found and what they may say: loader, strictness, filters."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from flask import Flask
from flask_wtf.csrf import generate_csrf
from jinja2 import FileSystemBytecodeCache, PackageLoader, StrictUndefined

from hcqic_gov.core import money
from hcqic_gov.core.calendar import Period, day_words, london_day, moment_words
from hcqic_gov.documents.rules import LIMIT
from hcqic_gov.web.components import component
from hcqic_gov.web.groups import group

ABSENT = "not recorded"


def day(when: date | datetime | None) -> str:
    """As "22 November 2026"; of a moment, its day in London."""
    if when is None:
        return ABSENT
    return day_words(london_day(when) if isinstance(when, datetime) else when)


def moment(when: datetime | None) -> str:
    """As "22 November 2026 at 5:02pm", in London."""
    return ABSENT if when is None else moment_words(when)


def period_label(code: str) -> str:
    """The code of a period in words: "May 2026"."""
    return Period.parse(code).label


def pounds(amount: Decimal | None, places: int = 0) -> str:
    return money.pounds(amount, places=places)


def plural(count: int, one: str, many: str = "") -> str:
    """As "1 case", "1,200 cases", "2 opportunities"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def slug(text: str) -> str:
    """A part of an element's id."""
    return "-".join("".join(c if c.isalnum() else " " for c in text.lower()).split())


def install(app: Flask, compiled: Path) -> None:
    """Give the application's Jinja environment our loader, strictness, filters and components.

    `compiled` is the folder for templates once compiled: all of them take seconds, which each process spent anew.
    """
    app.jinja_options = {
        "trim_blocks": True,
        "lstrip_blocks": True,
        "undefined": StrictUndefined,
        "bytecode_cache": FileSystemBytecodeCache(str(compiled)),
    }
    # Without the macros of nhsuk_frontend_jinja: not strict, and Flask escapes no *.jinja (see components.py).
    app.jinja_loader = PackageLoader("hcqic_gov.web")
    app.jinja_env.filters.update(day=day, moment=moment, pounds=pounds, plural=plural, slug=slug, period=period_label)
    app.jinja_env.globals.update(nhsuk=component, csrf_token=generate_csrf, group=group, largest_file=LIMIT)
