"""Pages of the periods: which are closed, what one lacks, closing it knowingly, reopening it with a reason."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from hcqic_gov.core.calendar import Frequency, london_day
from hcqic_gov.core.ruling import Ruling, first_refusal
from hcqic_gov.kpi import closing, periods, queries
from hcqic_gov.kpi.closing_rules import CLOSING, Gaps, PeriodFacts
from hcqic_gov.kpi.periods import Account
from hcqic_gov.kpi.rules import STATUS_COLOURS, label
from hcqic_gov.kpi.working_out import drifts_in
from hcqic_gov.people.rules import ROLE_LABELS
from hcqic_gov.policy.access import may
from hcqic_gov.web.access import access
from hcqic_gov.web.centre import actor, now, session
from hcqic_gov.web.kpi_drift import told
from hcqic_gov.web.kpi_forms import ClosingForm, ReopeningForm
from hcqic_gov.web.pages import done, form_page

bp = Blueprint("kpi_periods", __name__, url_prefix="/kpis/periods")
Page = AnyResponse | tuple[str, int] | str

KINDS = {
    Frequency.MONTHLY: "Months",
    Frequency.QUARTERLY: "Quarters",
    Frequency.ANNUAL: "Financial years",
}


@bp.get("/")
@access("kpi.read")
def index() -> str:
    accounts = periods.accounts(session(), london_day(now()))
    return render_template(
        "kpi/periods.html", kinds=[(KINDS[frequency], found) for frequency, found in accounts.items()]
    )


@bp.get("/<period>")
@access("kpi.read")
def show(period: str) -> str:
    account = periods.account(session(), period)
    gaps = periods.gaps(session(), account.period)
    return render_template(
        "kpi/period.html",
        account=account,
        gaps=gaps,
        count=Gaps.of(gaps),
        revised=queries.revised_in(session(), account.period),
        events=events(account),
        close=ruling(account, "close_period"),
        reopen=ruling(account, "reopen_period"),
        label=label,
        colours=STATUS_COLOURS,
        roles=ROLE_LABELS,
    )


@bp.get("/<period>/registers")
@access("kpi.read")
def registers(period: str) -> str:
    """The worked-out values of a period beside what the registers say today."""
    account = periods.account(session(), period)
    found = drifts_in(session(), account.period)
    views = queries.several(session(), [code for code, _ in found], account.period.end)
    rows = [(view, *told(view, [drift])[0]) for view, (_, drift) in zip(views, found, strict=True)]
    return render_template("kpi/registers.html", account=account, rows=rows)


@bp.route("/<period>/close", methods=["GET", "POST"])
@access("kpi.close_period")
def close(period: str) -> Page:
    account = periods.account(session(), period)
    ruling(account, "close_period").require()
    gaps = periods.gaps(session(), account.period)
    count, form = Gaps.of(gaps), ClosingForm()
    if count:
        form.knowing.label.text = f"Close {account.period.label} although {gap_words(count)}"
    else:
        del form.knowing, form.reason
    if not form.is_submitted():
        form.seen.data = count.mark

    def save() -> AnyResponse:
        knowing, reason = (form.knowing.data, form.reason.data or "") if count else (False, "")
        closing.close(session(), period, knowing=knowing, reason=reason, seen=form.seen.data, actor=actor(), now=now())
        return done(
            f"{account.period.label} is closed: its values stay as they are.", "kpi_periods.show", period=period
        )

    return form_page(
        form,
        save,
        title=f"Close {account.period.label}",
        submit="Close the period",
        cancel=url_for("kpi_periods.show", period=period),
        template="kpi/close.html",
        gaps=gaps,
        account=account,
        label=label,
        colours=STATUS_COLOURS,
        roles=ROLE_LABELS,
    )


@bp.route("/<period>/reopen", methods=["GET", "POST"])
@access("kpi.reopen_period")
def reopen(period: str) -> Page:
    account, form = periods.account(session(), period), ReopeningForm()
    ruling(account, "reopen_period").require()

    def save() -> AnyResponse:
        closing.reopen(session(), period, reason=form.reason.data or "", actor=actor(), now=now())
        return done(f"{account.period.label} is open again.", "kpi_periods.show", period=period)

    lead = "Each value that is verified from then on is marked as revised after closing, wherever it is shown."
    cancel = url_for("kpi_periods.show", period=period)
    return form_page(form, save, title=f"Reopen {account.period.label}", lead=lead, submit="Reopen", cancel=cancel)


@dataclass(frozen=True, slots=True)
class Event:
    """A closing or a reopening, for the timeline."""

    title: str
    moment: datetime
    by: str
    detail: str


def events(account: Account) -> Iterator[Event]:
    """The newest first."""
    for chapter in account.chapters:
        row = chapter.closing
        if row.reopened_at:
            yield Event("Reopened", row.reopened_at, chapter.reopened_by, row.reopening_reason)
        lacked = gap_words(Gaps(row.missing, row.unverified))
        detail = f"Although {lacked}: {row.reason}" if lacked else "Every value was verified."
        yield Event("Closed" if row.revision == 1 else "Closed again", row.created_at, chapter.closed_by, detail)


def ruling(account: Account, move: str) -> Ruling:
    """May this person make the move now, where they say what it asks for?"""
    facts = PeriodFacts(account.period, london_day(now()), knowing=True, reason="to be given")
    return first_refusal([may(actor(), f"kpi.{move}"), CLOSING.ruling(move, account.standing, facts)])


def gap_words(count: Gaps) -> str:
    """For the tick: "3 values are missing and 1 is unverified"."""
    parts = [
        f"{number} {'value is' if number == 1 else 'values are'} {word}"
        for number, word in ((count.missing, "missing"), (count.unverified, "unverified"))
        if number
    ]
    return " and ".join(parts)
