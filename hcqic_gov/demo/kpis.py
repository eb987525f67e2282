"""The KPIs: targets, typed values with their second person, worked-out ones, notes beside special causes."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial

from hcqic_gov.core.actor import SYSTEM_ACTOR
from hcqic_gov.core.calendar import Frequency, Period
from hcqic_gov.demo.stage import Clock, Part, Scene, Stage, parts
from hcqic_gov.kpi import closing, service, targets, working_out
from hcqic_gov.kpi.definitions import Basis, latest_definition

SECOND = {
    "gatekeeper": "gatekeeper_two",
    "engagement": "engagement_two",
    "manager": "manager_two",
    "finance": "finance_two",
}
"""Who verifies what somebody enters."""


class Series(Part):
    """One KPI's values, the last of the last ended period.

    A value is a number, a pair of numerator and denominator, or nothing (an empty list) where nobody reported.
    `ends` is how the last value was left: draft, submitted, returned or verified.
    """

    code: str
    by: str
    source: str
    values: tuple[float | tuple[float, ...], ...]
    n: int | None = None
    basis: Basis = Basis.MEASURED
    ends: str = "verified"


class Target(Part):
    code: str
    value: float
    reason: str


class Note(Part):
    """An annotation, or a rebase, of the period that lies so many periods back (1: the last ended one)."""

    code: str
    back: int
    by: str
    text: str
    rebase: bool = False


class Correction(Part):
    code: str
    back: int
    value: float | tuple[float, ...]
    reason: str


class Trajectory(Part):
    """Targets from the running period on, over so many periods more."""

    code: str
    periods: int
    begin: float
    end: float
    reason: str


class Reopening(Part):
    """A closed period whose value turned out wrong: reopened, corrected and closed again."""

    code: str
    back: int
    value: float | tuple[float, ...]
    reason: str


def scenes(clock: Clock) -> Iterator[Scene]:
    yield Scene(clock.at(690, 16), set_targets)
    yield Scene(clock.at(20, 17), set_trajectories)
    for series in parts("kpis", "series", Series):
        yield from told(series, clock)
    for note in parts("kpis", "notes", Note):
        yield from noted(note, clock)
    for one in parts("kpis", "corrections", Correction):
        yield from corrected(one, clock)
    for period in months(clock):
        yield from worked_out(period, clock)
        yield from closed(period, clock)
    for again in parts("kpis", "reopenings", Reopening):
        yield from reopened(again, clock)


def last_ended(code: str, clock: Clock) -> Period:
    frequency = latest_definition(code).frequency
    return Period.containing(clock.day(1), frequency).shifted(-1)


def reported(period: Period, clock: Clock, days: int) -> int:
    """How many days ago it is, so many days after the end of the period; less than 1 where that lies ahead."""
    return (clock.today - period.end).days - days


def months(clock: Clock) -> Iterator[Period]:
    last = Period.containing(clock.day(1), Frequency.MONTHLY).shifted(-1)
    return (last.shifted(-back) for back in range(23))


def set_targets(stage: Stage) -> None:
    with stage.writing() as session:
        for target in parts("kpis", "targets", Target):
            period = Period.containing(stage.today, latest_definition(target.code).frequency)
            targets.set_target(
                session,
                target.code,
                period,
                target.value,
                reason=target.reason,
                actor=stage.by("manager"),
                now=stage.now,
            )


def set_trajectories(stage: Stage) -> None:
    with stage.writing() as session:
        for one in parts("kpis", "trajectories", Trajectory):
            first = Period.containing(stage.today, latest_definition(one.code).frequency)
            line = targets.Trajectory(first, first.shifted(one.periods), one.begin, one.end)
            by = stage.by("manager")
            targets.set_trajectory(session, one.code, line, reason=one.reason, actor=by, now=stage.now)


def told(series: Series, clock: Clock) -> Iterator[Scene]:
    last = last_ended(series.code, clock)
    for back, value in enumerate(reversed(series.values)):
        period = last.shifted(-back)
        entered, verified = reported(period, clock, 3), reported(period, clock, 5)
        ends = "verified" if back else series.ends
        if entered < 1:
            continue
        yield Scene(clock.at(entered, 47), partial(enter, series=series, period=period, value=value, ends=ends))
        if verified >= 1 and ends in ("verified", "returned"):
            yield Scene(clock.at(verified, 48), partial(look_at, series=series, period=period, ends=ends))


def entry(series: Series, value: float | tuple[float, ...]) -> service.Entry:
    numbers = value if isinstance(value, tuple) else (value,)
    top, bottom = (*numbers, None, None)[:2]
    return service.Entry(top, bottom, n=series.n, basis=series.basis, source=series.source)


def key(series: Series, period: Period) -> str:
    return f"{series.code}/{period.code}"


def enter(stage: Stage, *, series: Series, period: Period, value: float | tuple[float, ...], ends: str) -> None:
    actor = stage.by(series.by)
    with stage.writing() as session:
        found = service.enter(session, series.code, period, entry(series, value), actor=actor, now=stage.now)
        stage.numbers[key(series, period)] = found.key
        if ends != "draft":
            service.submit(session, found.key, actor=actor, now=stage.now)


def look_at(stage: Stage, *, series: Series, period: Period, ends: str) -> None:
    number, second = stage.numbers[key(series, period)], stage.by(SECOND[series.by])
    with stage.writing() as session:
        if ends == "returned":
            reason = "Two clinics are missing from the list. Please ask them and enter the value again."
            service.return_(session, number, reason=reason, actor=second, now=stage.now)
        else:
            service.verify(session, number, actor=second, now=stage.now)


def noted(note: Note, clock: Clock) -> Iterator[Scene]:
    period = last_ended(note.code, clock).shifted(1 - note.back)
    ago = reported(period, clock, 6)
    if ago >= 1:
        yield Scene(clock.at(ago, 49), partial(write_note, note=note, period=period))


def write_note(stage: Stage, *, note: Note, period: Period) -> None:
    actor = stage.by(note.by)
    with stage.writing() as session:
        if note.rebase:
            service.rebase(session, note.code, period, reason=note.text, actor=actor, now=stage.now)
        else:
            service.annotate(session, note.code, period, note.text, actor=actor, now=stage.now)


def corrected(one: Correction, clock: Clock) -> Iterator[Scene]:
    period = last_ended(one.code, clock).shifted(1 - one.back)
    ago = reported(period, clock, 20)
    if ago >= 1:
        yield Scene(clock.at(ago, 53), partial(correct, one=one, period=period))


def correct(stage: Stage, *, one: Correction | Reopening, period: Period) -> None:
    """The one who entered the value corrects it, and the same second person verifies the correction."""
    series = next(series for series in parts("kpis", "series", Series) if series.code == one.code)
    with stage.writing() as session:
        revision = service.correct(
            session,
            stage.numbers[key(series, period)],
            entry(series, one.value),
            reason=one.reason,
            actor=stage.by(series.by),
            now=stage.now,
        )
        service.submit(session, revision.key, actor=stage.by(series.by), now=stage.now)
        service.verify(session, revision.key, actor=stage.by(SECOND[series.by]), now=stage.now)


def worked_out(month: Period, clock: Clock) -> Iterator[Scene]:
    """After each month, what the registers say of it, and of the quarter and year that end with it."""
    ago = reported(month, clock, 2)
    if ago >= 1:
        yield Scene(clock.at(ago, 46), partial(work_out, month=month))


def work_out(stage: Stage, *, month: Period) -> None:
    with stage.writing() as session:
        working_out.work_out(session, ended_with(month), actor=SYSTEM_ACTOR, now=stage.now)


def ended_with(month: Period) -> list[Period]:
    """The month, and the quarter and the year that end with it."""
    longer = (Period.containing(month.end, frequency) for frequency in (Frequency.QUARTERLY, Frequency.ANNUAL))
    return [month, *(period for period in longer if ends_with(period, month.end))]


def closed(month: Period, clock: Clock) -> Iterator[Scene]:
    ago = reported(month, clock, 27)
    if ago >= 1:
        yield Scene(clock.at(ago, 55), partial(close, wanted=ended_with(month)))


def close(stage: Stage, *, wanted: list[Period]) -> None:
    """The manager closes a period with what there is, and says so; the registers are asked once more before."""
    with stage.writing() as session:
        working_out.work_out(session, wanted, actor=SYSTEM_ACTOR, now=stage.now)
        for period in wanted:
            closing.close(
                session,
                period.code,
                knowing=True,
                reason="The owners were asked. What is missing cannot be found any more, or has no source yet.",
                actor=stage.by("manager"),
                now=stage.now,
            )


def reopened(one: Reopening, clock: Clock) -> Iterator[Scene]:
    period = last_ended(one.code, clock).shifted(1 - one.back)
    ago = reported(period, clock, 40)
    if ago >= 1:
        yield Scene(clock.at(ago, 56), partial(reopen, one=one, period=period))


def reopen(stage: Stage, *, one: Reopening, period: Period) -> None:
    with stage.writing() as session:
        closing.reopen(session, period.code, reason=one.reason, actor=stage.by("manager"), now=stage.now)
    correct(stage, one=one, period=period)
    close(stage, wanted=[period])


def ends_with(period: Period, day: date) -> bool:
    return period.end <= day < period.end + timedelta(days=1)
