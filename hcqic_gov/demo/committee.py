"""The committees, the terms of their members, and their meetings."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

from hcqic_gov.committee import service
from hcqic_gov.committee.queries import meeting, members
from hcqic_gov.committee.rules import MeetingKind, MemberKind
from hcqic_gov.core.calendar import LONDON
from hcqic_gov.demo.stage import Clock, Part, Scene, Stage, content, parts

OFFICER = "officer"
CHAIRS = {"main": "chair", "second": "chair_two"}
NOTICE, TO_MINUTES, TO_CONFIRMATION = 20, 2, 10
"""Days: from the plan to the meeting, and from there to the minutes and to their confirmation."""


class Charter(Part):
    """`founded` is days ago."""

    key: str
    name: str
    remit: str
    founded: int


class Term(Part):
    """From the day on which the committee is founded to `last`, or `ended` early, which are days ago."""

    committee: str
    person: str
    kind: MemberKind
    chair: bool = False
    last: int = -400
    ended: int | None = None
    why: str = ""


class Series(Part):
    """Meetings on these days ago; of `away` two lists are gone through in turn."""

    committee: str
    kind: MeetingKind
    place: str
    days: tuple[int, ...]
    away: tuple[str, ...]


class Cancelled(Part):
    committee: str
    kind: MeetingKind
    place: str
    day: int
    why: str


def scenes(clock: Clock) -> Iterator[Scene]:
    for charter in parts("committee", "committees", Charter):
        yield Scene(clock.at(charter.founded, 55), partial(establish, charter=charter))
    for term in parts("committee", "terms", Term):
        if term.ended is not None:
            yield Scene(clock.at(term.ended + 7, 58), partial(end, term=term))
    for series in parts("committee", "meetings", Series):
        for number, day in enumerate(series.days):
            yield from life(series, number, day, clock)
    for one in parts("committee", "cancelled", Cancelled):
        key = f"{one.committee}/{one.day}"
        yield Scene(clock.at(one.day + NOTICE, 56), partial(plan, key=key, held=one, at=hour(clock, one.day)))
        yield Scene(clock.at(one.day + 3, 56), partial(move, key=key, name="cancel", by=OFFICER, reason=one.why))


def hour(clock: Clock, day: int) -> datetime:
    """Two in the afternoon of the working day on which the meeting falls."""
    return clock.at(day).astimezone(LONDON).replace(hour=14, minute=0)


def life(series: Series, number: int, day: int, clock: Clock) -> Iterator[Scene]:
    """From the plan to the confirmed minutes, as far as the story goes."""
    key, at = f"{series.committee}/{series.kind.value}/{day}", hour(clock, day)
    yield Scene(clock.at(max(1, day + NOTICE), 56), partial(plan, key=key, held=series, at=at))
    if day < 1:
        return
    away = series.away[number % len(series.away)] if series.kind is MeetingKind.FULL else series.away
    yield Scene(at, partial(hold, key=key, committee=series.committee, away=away))
    written = max(at + timedelta(hours=1), clock.at(day - TO_MINUTES, 57))  # over a weekend the office's day is Friday
    if day > TO_MINUTES:
        yield Scene(written, partial(write, key=key, number=number))
    if day > TO_CONFIRMATION:
        confirmed = max(written + timedelta(hours=1), clock.at(day - TO_CONFIRMATION, 58))
        chair = CHAIRS[series.committee]
        yield Scene(confirmed, partial(move, key=key, name="confirm_minutes", by=chair))


def establish(stage: Stage, *, charter: Charter) -> None:
    officer = stage.by(OFFICER)
    with stage.writing() as session:
        committee = service.establish(
            session, service.Charter(charter.name, charter.remit), actor=officer, now=stage.now
        )
        stage.numbers[charter.key] = committee.key
        for one in parts("committee", "terms", Term):
            if one.committee != charter.key:
                continue
            last = stage.clock.day(one.last)
            entered = service.Term(stage.by(one.person).id, one.kind, stage.today, last, chair=one.chair)
            made = service.appoint(session, committee.key, entered, actor=officer, now=stage.now)
            stage.numbers[seat(one)] = made.key


def seat(term: Term) -> str:
    return f"{term.committee}/{term.person}"


def end(stage: Stage, *, term: Term) -> None:
    """Said a week before."""
    with stage.writing() as session:
        service.end_term(
            session,
            stage.numbers[seat(term)],
            ended_on=stage.clock.day(term.ended or 0),
            why=term.why,
            seen=1,
            actor=stage.by(OFFICER),
            now=stage.now,
        )


def plan(stage: Stage, *, key: str, held: Series | Cancelled, at: datetime) -> None:
    entered = service.Plan(held.kind, at, held.place)
    with stage.writing() as session:
        made = service.plan(session, stage.numbers[held.committee], entered, actor=stage.by(OFFICER), now=stage.now)
        stage.references[key] = made.reference


def move(stage: Stage, *, key: str, name: str, by: str, reason: str = "") -> None:
    with stage.writing() as session:
        service.move(session, stage.references[key], name, reason=reason, actor=stage.by(by), now=stage.now)


def hold(stage: Stage, *, key: str, committee: str, away: str | tuple[str, ...]) -> None:
    """Opened, attended by all in term but those who are away, and closed."""
    gone = {stage.by(name).id for name in ([away] if isinstance(away, str) else away) if name}
    reference, officer, chair = stage.references[key], stage.by(OFFICER), stage.by(CHAIRS[committee])
    with stage.writing() as session:
        service.move(session, reference, "open", actor=chair, now=stage.now)
        there = {one.person_id for one in members(session, stage.today, stage.numbers[committee])} - gone
        service.record_attendance(session, reference, there, presiding=chair.id, actor=officer, now=stage.now)
        service.move(session, reference, "close", actor=chair, now=stage.now)


def write(stage: Stage, *, key: str, number: int) -> None:
    texts = content("committee")["minutes"]
    with stage.writing() as session:
        seen = meeting(session, stage.references[key]).version
        service.write_minutes(
            session,
            stage.references[key],
            texts[number % len(texts)],
            seen=seen,
            actor=stage.by(OFFICER),
            now=stage.now,
        )
