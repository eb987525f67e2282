"""Alerts of the KPIs: a new special cause, a value that is overdue; each is said once to whoever keeps the KPI."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from hcqic_gov.core.actor import SYSTEM_ACTOR
from hcqic_gov.core.calendar import Period, london_day
from hcqic_gov.kpi.definitions import Definition, definitions
from hcqic_gov.kpi.models import Observation
from hcqic_gov.kpi.periods import closed_codes
from hcqic_gov.kpi.queries import summary
from hcqic_gov.kpi.rules import PeriodStatus, Status, due_on, period_status
from hcqic_gov.kpi.spc import Variation
from hcqic_gov.kpi.views import KpiView, period_of
from hcqic_gov.notices.queries import known
from hcqic_gov.notices.rules import About
from hcqic_gov.notices.service import notify
from hcqic_gov.people.queries import with_role
from hcqic_gov.people.rules import Role

NEW = timedelta(days=14)
"""What was verified, or became overdue, longer ago is no news: a centre that begins with old data is not flooded."""


@dataclass(frozen=True, slots=True)
class Alert:
    """What is said of a KPI, under a key that makes it said once."""

    key: str
    definition: Definition
    subject: str
    words: str


def alert(session: Session, *, now: datetime) -> int:
    """Say what is new and has not been said; how many people were told. For the periodic job."""
    day = london_day(now)
    found = {one.key: one for one in (*special_causes(session, day, now), *overdue(session, day))}
    fresh = found.keys() - known(session, found)
    return sum(say(session, found[key], now=now) for key in sorted(fresh))


def say(session: Session, one: Alert, *, now: datetime) -> int:
    keepers = {number for number, _ in with_role(session, one.definition.owner_role, Role.CENTRE_MANAGER)}
    about = About("kpi", one.definition.code)
    return notify(
        session, keepers, subject=one.subject, body=one.words, about=about, key=one.key, actor=SYSTEM_ACTOR, now=now
    )


def special_causes(session: Session, day: date, now: datetime) -> Iterator[Alert]:
    """KPIs whose latest point is a special cause; a correction that leaves it one of the same kind is no news."""
    verified = verified_since(session, now - NEW)
    for view in summary(session, day):
        kind = view.evaluation.variation
        if not view.assessed or view.latest is None or kind in (None, Variation.COMMON_CAUSE):
            continue
        period = period_of(view.definition, view.latest.start)
        if (view.definition.code, period.code) in verified:
            yield special_cause(view, period, kind)


def special_cause(view: KpiView, period: Period, kind: Variation | None) -> Alert:
    one = view.definition
    subject = f"{one.code} {one.title}: {view.variation.word.lower()}, {period.label}"
    return Alert(f"kpi {one.code} {period.code} {kind}", one, subject, view.sentence)


def verified_since(session: Session, moment: datetime) -> frozenset[tuple[str, str]]:
    """KPI and period of what was verified since then and counts."""
    statement = select(Observation.code, Observation.period).where(
        Observation.status == Status.VERIFIED, col(Observation.verified_at) >= moment
    )
    return frozenset(session.exec(statement).all())


def overdue(session: Session, day: date) -> Iterator[Alert]:
    """Values of the last ended period that are not verified, though they should be by now."""
    asked = [(one, Period.containing(day, one.frequency).shifted(-1)) for one in definitions(day) if not one.computed]
    periods = {period.code for _, period in asked}
    statement = select(Observation.code, Observation.period).where(
        Observation.status == Status.VERIFIED, col(Observation.period).in_(periods)
    )
    verified, shut = set(session.exec(statement).all()), closed_codes(session)
    for one, period in asked:
        if period.code in shut:
            continue
        status = period_status(one, period, today=day, verified=(one.code, period.code) in verified)
        if status is PeriodStatus.OVERDUE and due_on(one, period) >= day - NEW and period.end >= one.effective_from:
            subject = f"{one.code} {one.title} is overdue for {period.label}"
            words = f"No verified value for {period.label}. It was due on {due_on(one, period):%-d %B %Y}."
            yield Alert(f"kpi overdue {one.code} {period.code}", one, subject, words)
