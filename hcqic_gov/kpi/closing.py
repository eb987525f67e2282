"""Writes of the periods: closing one, knowing what it lacks, and reopening it with a reason."""

from datetime import datetime

from sqlmodel import Session

from hcqic_gov.audit.service import record, snapshot
from hcqic_gov.core.actor import Actor
from hcqic_gov.core.calendar import Period, london_day
from hcqic_gov.core.errors import Stale
from hcqic_gov.db import found
from hcqic_gov.kpi import periods
from hcqic_gov.kpi.closing_rules import CLOSING, Gaps, PeriodFacts, Standing
from hcqic_gov.kpi.models import Closing
from hcqic_gov.notices.rules import About
from hcqic_gov.notices.service import notify
from hcqic_gov.people.queries import with_role
from hcqic_gov.people.rules import Role
from hcqic_gov.policy.access import CENTRE, may


def close(
    session: Session,
    code: str,
    *,
    knowing: bool = False,
    reason: str = "",
    seen: str | None = None,
    actor: Actor,
    now: datetime,
) -> Closing:
    """From now on no value of the period changes; `knowing` and a reason where values are missing or unverified.

    `seen` is the mark of the gaps that the person had before them. Errors: Refused, NotFound, Stale.
    """
    may(actor, "kpi.close_period", CENTRE).require()
    period = periods.account(session, code).period
    current = periods.held_alone(session, period)
    gaps = Gaps.of(periods.gaps(session, period))
    if seen is not None and seen != gaps.mark and current is None:
        raise Stale(f"values of {period.label}")
    facts = PeriodFacts(period, london_day(now), gaps, knowing=knowing, reason=reason)
    CLOSING.ruling("close_period", Standing.CLOSED if current else Standing.OPEN, facts).require()

    closing = Closing(
        period=period.code,
        period_start=period.start,
        revision=periods.closings_of(session, period) + 1,
        closed_by=actor.id,
        missing=gaps.missing,
        unverified=gaps.unverified,
        reason=reason.strip() if gaps else "",
        created_at=now,
    )
    session.add(closing)
    record(session, "kpi.close_period", closing, actor=actor, now=now, note=closing.reason)
    return closing


def reopen(session: Session, code: str, *, reason: str, actor: Actor, now: datetime) -> Closing:
    """Values of the period may change again; each that is verified from now on is marked as revised after closing.

    Errors: Refused, NotFound.
    """
    may(actor, "kpi.reopen_period", CENTRE).require()
    period = periods.account(session, code).period
    current = periods.held_alone(session, period)
    facts = PeriodFacts(period, london_day(now), reason=reason)
    CLOSING.ruling("reopen_period", Standing.CLOSED if current else Standing.OPEN, facts).require()
    closing = found(current, "this closing")
    before = snapshot(closing)

    closing.reopened_by, closing.reopened_at, closing.reopening_reason = actor.id, now, reason.strip()
    record(session, "kpi.reopen_period", closing, actor=actor, now=now, before=before, note=reason)
    tell_keepers(session, period, actor=actor, now=now)
    return closing


def tell_keepers(session: Session, period: Period, *, actor: Actor, now: datetime) -> None:
    """Whoever keeps a value of the period, and the managers: it may be changed again. The reason is on its page."""
    roles = {one.owner_role for one in periods.expected(period) if not one.computed} | {Role.CENTRE_MANAGER}
    people = {number for number, _ in with_role(session, *roles)}
    subject = f"{period.label} is open again"
    body = "Its values may be entered and corrected until it is closed again, and are then marked as revised."
    notify(session, people, subject=subject, body=body, about=About("period", period.code), actor=actor, now=now)
