"""What a first page shows beside the tasks: the funder's reports and awards, how the system does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import url_for
from markupsafe import Markup

from hcqic_gov.audit.queries import verify_latest
from hcqic_gov.core.calendar import Period, day_words, london_day, moment_words
from hcqic_gov.funding.awards import awards
from hcqic_gov.funding.rules import STATE_NAMES, in_currency
from hcqic_gov.kpi.saved_views import saved_by
from hcqic_gov.notices.queries import given_up_since, locked_at
from hcqic_gov.notices.waiting import Line, lines
from hcqic_gov.people.rules import Role, outside
from hcqic_gov.policy.access import may
from hcqic_gov.policy.reviews import reviews_overdue
from hcqic_gov.reporting.queries import PUBLIC_NAMES, ReportFilter, reports
from hcqic_gov.sandbox.rules import LABELS, State
from hcqic_gov.sandbox.waiting import failed_since
from hcqic_gov.web.centre import actor, now, session

CHECKED = 500
"""Entries of the audit trail that the first page verifies; its own page verifies all of them."""
LATELY = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Panel:
    """A table of the first page, or the sentence that stands where it would be empty."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    nothing: str


@dataclass(frozen=True, slots=True)
class Start:
    """Something that a person may begin or look at of their own accord."""

    label: str
    endpoint: str
    action: str


STARTS = (
    Start("Register a project", "projects.register", "projects.register"),
    Start("Apply for an ethics opinion", "applying.apply", "ethics.apply"),
    Start("Ask for a run in the sandbox", "sandbox.request_run", "sandbox.request"),
    Start("Register a funding application", "funding.register", "funding.register"),
    Start("Record income", "awards.add_income", "funding.record_income"),
    Start("Begin a scenario of how the centre could work", "scenarios.create", "scenarios.create"),
    Start("Draft a report to a funder", "reports.new", "reports.draft"),
    Start("Add a person or an organisation", "people.index", "people.manage"),
    Start("Search the audit trail", "audit.index", "audit.read"),
    Start("Read the ethics cases", "ethics.index", "ethics.read"),
    Start("Upload KPI values from a file", "uploads.new", "kpi.upload"),
    Start("See how the centre does, by its KPIs", "kpi.index", "kpi.read"),
    Start("Look for a report", "reports.index", "reports.read"),
    Start("Read the centre’s policies", "public.policies", "policies.read"),
)


def starts() -> Sequence[Start]:
    """What this person may begin, in the order of the list."""
    return [start for start in STARTS if may(actor(), start.action).allowed]


def panels() -> Sequence[Panel]:
    """Those of this person's roles."""
    return [panel for concerns, made in PANELS if concerns() for panel in made()]


def funders_reports() -> Sequence[Panel]:
    rows, _ = reports(session(), ReportFilter(), actor())
    lines = [
        (
            link("reports.show", row.reference, Period.parse(row.period).label),
            row.reference,
            day_words(london_day(row.issued_at)) if row.issued_at else "",
            PUBLIC_NAMES[row.status].capitalize(),
        )
        for row in rows
    ]
    nothing = "No report has been issued to your organisation yet. You are told when one is."
    return (Panel("Reports to your organisation", ("Period", "Reference", "Issued", "Status"), lines, nothing),)


def funders_awards() -> Sequence[Panel]:
    lines = [
        (
            link("awards.show", row.reference, row.title),
            row.funder_reference,
            in_currency(row.amount, row.currency),
            f"{day_words(row.starts_on)} to {day_words(row.ends_on)}" if row.starts_on and row.ends_on else "",
            STATE_NAMES[row.state],
        )
        for row in awards(session(), actor())
    ]
    columns = ("Award", "Your reference", "Amount", "Dates", "State")
    return (Panel("Your awards", columns, lines, "No award of your organisation is recorded."),)


def audit_state() -> Sequence[Panel]:
    found = verify_latest(session(), count=CHECKED)
    state = "Whole" if found.whole else f"Broken: {found.fault}. Tell the auditor at once."
    rows = [(state, f"{min(CHECKED, found.entries):,} of {found.entries:,} entries, the latest", moment_words(now()))]
    return (Panel("Audit trail", ("State", "Checked", "When"), rows, ""),)


def troubles() -> Sequence[Panel]:
    """Accounts that are shut, runs that the machinery failed and notices that could not be sent: in one query."""
    since = now() - LATELY
    found = lines(session(), ((0, locked_at(now())), (1, failed_since(since)), (1, given_up_since(since))))
    locked = [
        (
            Markup('<a href="{}">{}</a>').format(url_for("people.roles", key=int(one.reference)), one.title),
            moment_words(one.until),
        )
        for one in sorted(found.get(0, ()), key=lambda one: one.title)
        if one.until
    ]
    failed = [
        (failed_job(one), outcome_of(one), one.note, moment_words(one.since))
        for one in sorted(found.get(1, ()), key=lambda one: one.since or since, reverse=True)
        if one.since
    ]
    nothing = "No run failed or was lost, and every notice could be sent."
    return (
        Panel("Locked accounts", ("Name", "Opens again"), locked, "No account is locked."),
        Panel("Runs and notices that failed in the last 14 days", ("What", "State", "Reason", "When"), failed, nothing),
    )


def failed_job(one: Line) -> Markup:
    if one.what == "run":
        return link("sandbox.show", one.reference, one.title)
    told = Markup('<a href="{}">{}</a>').format(url_for("notices.failed"), one.title)
    return told + f" (e-mail to {one.state})"


def outcome_of(one: Line) -> str:
    return LABELS[State(one.state)] if one.what == "run" and one.state else "Not sent"


def late_reviews() -> Sequence[Panel]:
    rows = [(one.title, one.owner, day_words(one.due)) for one in reviews_overdue(london_day(now()))]
    columns = ("Policy", "Owner", "To be reviewed by")
    return (Panel("Policies whose review date has passed", columns, rows, "Every policy is within its review date."),)


def saved_kpi_views() -> Sequence[Panel]:
    rows = [(Markup('<a href="{}">{}</a>').format(view.address, view.name),) for view in saved_by(session(), actor())]
    nothing = "You have saved no view. Open the KPI dashboard, choose filters, then “Save this view”."
    return (Panel("Your saved views of the KPIs", ("View",), rows, nothing),)


def link(endpoint: str, reference: str, text: str) -> Markup:
    return Markup('<a href="{}">{}</a>').format(url_for(endpoint, reference=reference), text)


def is_outside() -> bool:
    return outside(actor())


def administers() -> bool:
    return actor().has(Role.ADMINISTRATOR)


def manages() -> bool:
    return actor().has(Role.CENTRE_MANAGER)


PANELS: Sequence[tuple[Callable[[], bool], Callable[[], Sequence[Panel]]]] = (
    (is_outside, funders_reports),
    (is_outside, funders_awards),
    (manages, saved_kpi_views),
    (administers, audit_state),
    (administers, troubles),
    (administers, late_reviews),
)
"""For whom, and what."""
