"""What stands on every page: the registers this person may open, and the links at the foot."""

from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, g, request, url_for

from hcqic_gov.notices.queries import unread
from hcqic_gov.people.rules import Role, outside
from hcqic_gov.policy.access import may
from hcqic_gov.web.centre import ANONYMOUS, actor, session


@dataclass(frozen=True, slots=True)
class Item:
    """A link; `current` on the pages of its register."""

    label: str
    url: str
    current: bool


R = Role
COMMITTEE = (R.COMMITTEE_EXPERT, R.COMMITTEE_LAY, R.CHAIR)


@dataclass(frozen=True, slots=True)
class Register:
    """A register, what it holds, and for whom it stands in the menu: those who work with it every week."""

    label: str
    endpoint: str
    action: str
    holds: str
    roles: tuple[Role, ...]


REGISTERS = (
    Register(
        "Projects", "projects.index", "projects.read", "use cases, teams, pathways, milestones and outputs",
        (R.PROJECT_LEAD, R.ETHICS_OFFICER, R.GATEKEEPER, R.CENTRE_MANAGER, R.ENGAGEMENT_LEAD, R.AUDITOR),
    ),
    Register(
        "Ethics", "ethics.index", "ethics.read", "applications for an opinion, decisions and approvals",
        (R.PROJECT_LEAD, R.SPONSOR, R.ETHICS_OFFICER, *COMMITTEE, R.CENTRE_MANAGER, R.AUDITOR),
    ),
    Register(
        "Committee", "committee.index", "committee.read", "committees, terms of members, meetings and minutes",
        (R.ETHICS_OFFICER, *COMMITTEE, R.AUDITOR),
    ),
    Register(
        "Sandbox", "sandbox.index", "sandbox.read", "runs of simulated circuits, their gates and results",
        (R.PROJECT_LEAD, R.GATEKEEPER, R.CENTRE_MANAGER, R.AUDITOR),
    ),
    Register(
        "KPIs", "kpi.index", "kpi.read", "values, targets and charts",
        (R.ETHICS_OFFICER, R.GATEKEEPER, R.FUNDING_OFFICER, R.FINANCE, R.CENTRE_MANAGER, R.ENGAGEMENT_LEAD, R.AUDITOR),
    ),
    Register(
        "Funding", "funding.index", "funding.read", "calls, applications, awards, budgets and income",
        (R.PROJECT_LEAD, R.FUNDING_OFFICER, R.FINANCE, R.CENTRE_MANAGER, R.AUDITOR),
    ),
    Register("Your awards", "awards.index", "funding.read_award", "awards with their budgets", (R.FUNDER,)),
    Register(
        "Scenarios", "scenarios.index", "scenarios.read", "how the centre could work, appraised",
        (R.FINANCE, R.CENTRE_MANAGER, R.AUDITOR),
    ),
    Register(
        "Reports", "reports.index", "reports.read", "reports to funders, drafted, reviewed and issued",
        (R.FUNDING_OFFICER, R.FINANCE, R.CENTRE_MANAGER, R.FUNDER, R.AUDITOR),
    ),
    Register("Audit", "audit.index", "audit.read", "who did what, when, under which policy", (R.AUDITOR,)),
    Register(
        "People", "people.index", "people.read", "accounts, roles and training",
        (R.ADMINISTRATOR, R.AUDITOR),
    ),
)  # fmt: skip
HOME = ("What waits for me", "home.index")
MORE = ("All registers", "home.registers")
PART_OF = {
    "awards": "funding",
    "uploads": "kpi",
    "kpi_periods": "kpi",
    "kpi_targets": "kpi",
    "sandbox_access": "sandbox",
    "sandbox_keeping": "sandbox",
    "sandbox_sweeps": "sandbox",
    "sandbox_results": "sandbox",
}
"""Blueprints without an entry of their own in the menu, and the register they belong to."""
VISITORS = (("The centre", "public.index"), ("Projects", "public.projects"), ("Policies", "public.policies"))
FOOTER = (
    ("About the centre", "public.index"),
    ("Our projects", "public.projects"),
    ("Policies", "public.policies"),
    ("Check a report", "verify.index"),
    ("Accessibility statement", "public.accessibility"),
)


def navigation() -> list[Item]:
    """What this person works with, and the way to all else that they may read; for a visitor, the public pages."""
    if actor() == ANONYMOUS:
        return [item(label, endpoint) for label, endpoint in VISITORS]
    known = all_registers()
    daily = [register for register in known if actor().has(*register.roles)]
    more = [MORE] if len(daily) < len(known) else []
    return [item(*row) for row in (HOME, *((one.label, one.endpoint) for one in daily), *more)]


def all_registers() -> list[Register]:
    """Every register that this person may read."""
    served = [register for register in REGISTERS if register.endpoint in current_app.view_functions]
    inside = not outside(actor())
    return [one for one in served if may(actor(), one.action).allowed and not (inside and one.roles == (R.FUNDER,))]


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
    current = endpoint.partition(".")[0] in (here, PART_OF.get(here, here))
    current = current or (endpoint == "kpi.index" and request.path.startswith("/dashboards/"))
    if endpoint.startswith(("public.", "home.")):
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
