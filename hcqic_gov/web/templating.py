"""How our templates are found and what they may say: loader, strictness, filters."""

from datetime import date, datetime
from decimal import Decimal

from flask import Flask
from flask_wtf.csrf import generate_csrf
from jinja2 import PackageLoader, StrictUndefined

from hcqic_gov.core import money
from hcqic_gov.core.calendar import LONDON, london_day
from hcqic_gov.web.components import component
from hcqic_gov.web.groups import group

ABSENT = "not recorded"


def day(when: date | datetime | None) -> str:
    """As "22 November 2026"; of a moment, its day in London."""
    if when is None:
        return ABSENT
    when = london_day(when) if isinstance(when, datetime) else when
    return f"{when.day} {when:%B %Y}"


def moment(when: datetime | None) -> str:
    """As "22 November 2026, 5:00pm", in London."""
    if when is None:
        return ABSENT
    here = when.astimezone(LONDON)
    return f"{day(here.date())}, {here.hour % 12 or 12}:{here:%M}{'am' if here.hour < 12 else 'pm'}"


def pounds(amount: Decimal | None, places: int = 0) -> str:
    return money.pounds(amount, places=places)


def plural(count: int, one: str, many: str = "") -> str:
    """As "1 case", "1,200 cases", "2 opportunities"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def slug(text: str) -> str:
    """A part of an element's id."""
    return "-".join("".join(c if c.isalnum() else " " for c in text.lower()).split())


def install(app: Flask) -> None:
    """Give the application's Jinja environment our loader, strictness, filters and components."""
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True, "undefined": StrictUndefined}
    # Without the macros of nhsuk_frontend_jinja: not strict, and Flask escapes no *.jinja (see components.py).
    app.jinja_loader = PackageLoader("hcqic_gov.web")
    app.jinja_env.filters.update(day=day, moment=moment, pounds=pounds, plural=plural, slug=slug)
    app.jinja_env.globals.update(nhsuk=component, csrf_token=generate_csrf, group=group)
