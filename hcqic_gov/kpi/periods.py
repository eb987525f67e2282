"""Which periods are closed, what they lack, and the history of their closings."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from hcqic_gov.core.calendar import Frequency, Period
from hcqic_gov.core.errors import NotFound
from hcqic_gov.db import hold
from hcqic_gov.kpi.closing_rules import Gap, Standing
from hcqic_gov.kpi.definitions import Definition, catalogue, definitions
from hcqic_gov.kpi.models import Closing, Observation
from hcqic_gov.kpi.rules import Status, open_ruling
from hcqic_gov.people.models import Person

SHOWN = {Frequency.MONTHLY: 24, Frequency.QUARTERLY: 8, Frequency.ANNUAL: 5}
"""The periods of a list, the newest first."""


def closed_codes(session: Session) -> frozenset[str]:
    """The codes of all periods that are closed now."""
    return frozenset(session.exec(select(Closing.period).where(col(Closing.reopened_at).is_(None))))


def held(session: Session, *periods: Period) -> frozenset[str]:
    """The codes of the periods that are closed, while nobody can close one of these until the transaction ends."""
    hold(session, [name_of(period) for period in periods])
    return closed_codes(session)


def held_alone(session: Session, period: Period) -> Closing | None:
    """The closing in force, if any, while nobody else writes a value of the period until the transaction ends."""
    hold(session, [name_of(period)], alone=True)
    statement = select(Closing).where(Closing.period == period.code, col(Closing.reopened_at).is_(None))
    return session.exec(statement, execution_options={"populate_existing": True}).first()


def name_of(period: Period) -> str:
    """For the lock of a period."""
    return f"kpi period {period.code}"


def require_open(session: Session, period: Period) -> None:
    """Errors: Refused, before somebody fills in a form for nothing."""
    open_ruling(period, closed=period.code in closed_codes(session)).require()


def closings_of(session: Session, period: Period) -> int:
    """How often the period was closed so far."""
    return session.exec(select(func.count()).where(Closing.period == period.code)).one()


def expected(period: Period) -> Sequence[Definition]:
    """The KPIs that have a value for this period: those of its frequency in force on its last day."""
    return [one for one in definitions(period.end) if one.frequency is period.frequency]


def gaps(session: Session, period: Period) -> Sequence[Gap]:
    """Of the KPIs expected for this period, those without a verified value or with a correction in work."""
    columns = select(Observation.code, Observation.status, Observation.id)
    rows = session.exec(
        columns.where(Observation.period == period.code, col(Observation.status) != Status.SUPERSEDED)
    ).all()
    known: dict[str, dict[Status, int | None]] = {}
    for code, status, number in rows:
        known.setdefault(code, {})[Status(status)] = number
    return [gap for one in expected(period) if (gap := gap_of(one, known.get(one.code, {})))]


def gap_of(one: Definition, found: Mapping[Status, int | None]) -> Gap | None:
    verified = Status.VERIFIED in found
    in_work = next(((status, number) for status, number in found.items() if status is not Status.VERIFIED), None)
    if in_work:
        return Gap(one, *in_work, correction=verified)
    return None if verified else Gap(one)


@dataclass(frozen=True, slots=True)
class Chapter:
    """One closing with the names of those who closed and reopened."""

    closing: Closing
    closed_by: str
    reopened_by: str


@dataclass(frozen=True, slots=True)
class Account:
    """A period with its closings, the newest first, and how many of its values are verified."""

    period: Period
    chapters: Sequence[Chapter]
    verified: int
    expected: int

    @property
    def standing(self) -> Standing:
        now_closed = self.chapters and self.chapters[0].closing.reopened_at is None
        return Standing.CLOSED if now_closed else Standing.OPEN

    @property
    def reopened(self) -> bool:
        return bool(self.chapters) and self.standing is Standing.OPEN

    @property
    def lacking(self) -> int:
        return self.expected - self.verified


def accounts(session: Session, today: date) -> Mapping[Frequency, Sequence[Account]]:
    """The last periods of each frequency that have ended, the newest first."""
    ended = [
        period
        for frequency, count in SHOWN.items()
        for back in range(1, count + 1)
        if expected(period := Period.containing(today, frequency).shifted(-back))
    ]
    found = accounts_of(session, ended)
    return {frequency: [one for one in found if one.period.frequency is frequency] for frequency in SHOWN}


def account(session: Session, code: str) -> Account:
    """One period. Errors: NotFound for a code that is none, or one of no KPI."""
    try:
        period = Period.parse(code)
    except ValueError as error:
        raise NotFound(f"“{code}” is not a period. Choose one from the list of periods.") from error
    if not expected(period):
        raise NotFound(f"No KPI is reported for {period.label}. Choose a period from the list.")
    return accounts_of(session, [period])[0]


def accounts_of(session: Session, wanted: Sequence[Period]) -> Sequence[Account]:
    codes = [period.code for period in wanted]
    told, verified = chapters(session, codes), verified_counts(session, codes)
    return [
        Account(period, told.get(period.code, ()), verified.get(period.code, 0), len(expected(period)))
        for period in wanted
    ]


def chapters(session: Session, codes: Iterable[str]) -> Mapping[str, Sequence[Chapter]]:
    """By period, the newest first."""
    closer, reopener = aliased(Person), aliased(Person)
    statement = (
        select(Closing, closer.name, reopener.name)
        .outerjoin(closer, col(closer.id) == col(Closing.closed_by))
        .outerjoin(reopener, col(reopener.id) == col(Closing.reopened_by))
        .where(col(Closing.period).in_(list(codes)))
        .order_by(col(Closing.revision).desc())
    )
    found: dict[str, list[Chapter]] = {}
    for closing, closed_by, reopened_by in session.execute(statement):
        found.setdefault(closing.period, []).append(Chapter(closing, closed_by or "", reopened_by or ""))
    return found


def verified_counts(session: Session, codes: Sequence[str]) -> Mapping[str, int]:
    """How many KPIs of the catalogue have a verified value, by period."""
    statement = (
        select(Observation.period, func.count())
        .where(
            col(Observation.period).in_(codes),
            Observation.status == Status.VERIFIED,
            col(Observation.code).in_(list(catalogue())),
        )
        .group_by(Observation.period)
    )
    return dict(session.exec(statement).all())
