"""What stands on every page: the registers this person may open, and the links at the foot."""

from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, g, request, url_for

from hcqic_gov.notices.queries import unread
from hcqic_gov.policy.access import may
from hcqic_gov.web.centre import ANONYMOUS, actor, session


@dataclass(frozen=True, slots=True)
class Item:
    """A link; `current` on the pages of its register."""

    label: str
    url: str
    current: bool


REGISTERS = (
    ("What waits for me", "home.index", "home.read"),
    ("Projects", "projects.index", "projects.read"),
    ("Ethics", "ethics.index", "ethics.read"),
    ("Committee", "committee.index", "committee.read"),
    ("Sandbox", "sandbox.index", "sandbox.read"),
    ("KPIs", "kpi.index", "kpi.read"),
    ("Funding", "funding.index", "funding.read"),
    ("Scenarios", "scenarios.index", "scenarios.read"),
    ("Reports", "reports.index", "reports.read"),
    ("Audit", "audit.index", "audit.read"),
    ("People", "people.index", "people.read"),
)
PART_OF = {"awards": "funding"}
"""Blueprints without an entry of their own in the menu, and the register they belong to."""
VISITORS = (("The centre", "public.index"), ("Projects", "public.projects"), ("Policies", "public.policies"))
FOOTER = (
    ("About the centre", "public.index"),
    ("Our projects", "public.projects"),
    ("Policies", "public.policies"),
    ("Accessibility statement", "public.accessibility"),
)


def navigation() -> list[Item]:
    """The registers that this person may read; for a visitor, the public pages."""
    if actor() == ANONYMOUS:
        return [item(label, endpoint) for label, endpoint in VISITORS]
    known = [row for row in REGISTERS if row[1] in current_app.view_functions]
    return [item(label, endpoint) for label, endpoint, action in known if may(actor(), action).allowed]


def account_links() -> list[Item]:
    if actor() == ANONYMOUS:
        return [Item("Sign in", url_for("security.login"), request.endpoint == "security.login")]
    return [notices_link(), Item("Your account", url_for("home.account"), request.endpoint == "home.account")]


def unread_notices() -> int:
    """Of the signed-in person; not counted on the page of an error, which must not depend on the database."""
    if "unread" not in g:
        g.unread = 0 if actor() == ANONYMOUS or "failed" in g else unread(session(), actor().id)
    count: int = g.unread
    return count


def notices_link() -> Item:
    count = unread_notices()
    label = f"Notices ({count} unread)" if count else "Notices"
    return Item(label, url_for("notices.index"), request.endpoint == "notices.index")


def item(label: str, endpoint: str) -> Item:
    here = (request.endpoint or "").partition(".")[0]
    current = endpoint.partition(".")[0] == PART_OF.get(here, here)
    current = current or (endpoint == "kpi.index" and request.path.startswith("/dashboards/"))
    if endpoint.startswith("public."):
        current = request.endpoint == endpoint
    return Item(label, url_for(endpoint), current)


def install(app: Flask, *, demo_mode: bool) -> None:
    def context() -> dict[str, Any]:
        return {
            "navigation": navigation(),
            "footer_links": [item(label, endpoint) for label, endpoint in FOOTER],
            "account_links": account_links(),
            "unread_notices": unread_notices(),
            "sign_out_url": url_for("security.logout"),
            "demo_mode": demo_mode,
            "actor": actor(),
        }

    app.context_processor(context)
