"""The clocks of an ethics case, worked out from its events and its pack: what runs, what stands still, what is late."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from hcqic_gov.core.calendar import add_months, add_working_days, london_day, working_days_between
from hcqic_gov.ethics.packs import EthicsPack, TrackRule
from hcqic_gov.ethics.states import APPROVED, State, Track

WITH_COMMITTEE = frozenset({State.VALID, State.IN_REVIEW, State.RESPONSE_RECEIVED})
IN_HAND = WITH_COMMITTEE | {State.INFO_REQUESTED}
"""From the valid application to its end, whoever has to act."""

FINAL_REPORT = "final_report"
AWAITED = "Waiting for the information that the committee asked for"


class ClockKind(StrEnum):
    """What a clock counts; its sources stand with the function that makes it."""

    VALIDATION = "validation"
    FIRST_DECISION = "first_decision"
    OPINION = "opinion"
    RESPONSE = "response"
    FINAL_DECISION = "final_decision"
    HALT_NOTICE = "halt_notice"
    END_DECLARATION = "end_declaration"
    FINAL_REPORT = "final_report"


CLOCK_LABELS = {
    ClockKind.VALIDATION: "Check that the application is valid",
    ClockKind.FIRST_DECISION: "First decision, or a request for information",
    ClockKind.OPINION: "Opinion",
    ClockKind.RESPONSE: "Answer to the committee’s request",
    ClockKind.FINAL_DECISION: "Final decision after the answer",
    ClockKind.HALT_NOTICE: "Tell the committee of the halt",
    ClockKind.END_DECLARATION: "Declare the end of the study",
    ClockKind.FINAL_REPORT: "Final report",
}


class ClockState(StrEnum):
    RUNNING = "running"
    STOPPED = "stopped"
    MET = "met"
    LATE = "late"


CLOCK_STATE_LABELS = {
    ClockState.RUNNING: "Running",
    ClockState.STOPPED: "Stopped",
    ClockState.MET: "In time",
    ClockState.LATE: "Late",
}
CLOCK_COLOURS = {
    ClockState.RUNNING: "blue",
    ClockState.STOPPED: "yellow",
    ClockState.MET: "green",
    ClockState.LATE: "red",
}


@dataclass(frozen=True, slots=True)
class Event:
    """A move as clocks see it: its name, the state that it reached, and when.

    `since` is the London day on which something came about that was entered later: a halt, the end of a study.
    """

    move: str
    state: str
    at: datetime
    since: date | None = None

    @property
    def day(self) -> date:
        return london_day(self.at)

    @property
    def began(self) -> date:
        return min(self.since or self.day, self.day)


@dataclass(frozen=True, slots=True)
class Interval:
    """Days on which a clock stood still, from the day of the stop to the day on which it went on (None: it has not)."""

    start: date
    end: date | None
    reason: str


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock: the day on which it started does not count, the day on which it is due does.

    `due` is None where there is no limit, and while the clock stands still. `days` is what was allowed, in working
    days where `working` is true.
    """

    kind: ClockKind
    started: date
    due: date | None
    stopped: tuple[Interval, ...] = ()
    ended: date | None = None
    days: int | None = None
    working: bool = False

    @property
    def stands_still(self) -> bool:
        return self.ended is None and any(stop.end is None for stop in self.stopped)

    def days_stopped(self, today: date) -> int:
        end = self.ended or today
        return sum(between(stop.start, stop.end or end, working=self.working) for stop in self.stopped)

    def days_used(self, today: date) -> int:
        """With the days stopped they are all the days since the start."""
        return between(self.started, self.ended or today, working=self.working) - self.days_stopped(today)

    def days_left(self, today: date) -> int | None:
        """0 on the day on which it is due and later; None where there is no limit, or nothing left to do."""
        if self.ended or (self.due is None and self.days is None):
            return None
        if self.due is not None:
            return between(today, self.due, working=self.working)
        return (self.days or 0) - self.days_used(today)

    def late_by(self, today: date) -> int:
        """Days of the calendar after the day on which it was due, in every pack; 0 where it is in time."""
        return max(((self.ended or today) - self.due).days, 0) if self.due else 0

    def state(self, today: date) -> ClockState:
        if self.late_by(today):
            return ClockState.LATE
        if self.ended:
            return ClockState.MET
        return ClockState.STOPPED if self.stands_still else ClockState.RUNNING


def between(first: date, last: date, *, working: bool) -> int:
    """Days after `first` up to and with `last`; 0 where last is not after first."""
    return working_days_between(first, last) if working else max((last - first).days, 0)


def after(day: date, days: int, *, working: bool) -> date:
    return add_working_days(day, days) if working else day + timedelta(days=days)


def due_date(started: date, days: int | None, stops: Iterable[Interval], *, working: bool) -> date | None:
    """The day on which the days run out, those apart on which the clock stood still.

    A stop after that day changes nothing: what was late stays late.
    """
    if days is None:
        return None
    for stop in stops:
        due = after(started, days, working=working)
        if due < stop.start:
            return due
        if stop.end is None:
            return None
        days, started = days - between(started, stop.start, working=working), stop.end
    return after(started, days, working=working)


def clocks(
    pack: EthicsPack, events: Sequence[Event], track: Track = Track.FULL, *, modification: bool = False
) -> tuple[Clock, ...]:
    """All clocks of a case, or of a modification, in the order in which they are told; `events` are the oldest first.

    The track is the one that the case has now: after “no opinion” the full committee's days count from the day on
    which the application was valid, as if it had gone there at once. Moves that reach no other state change nothing.
    """
    told, rule = settled(events), pack.review(track, modification=modification)
    return (
        *validation(pack, told),
        *(opinion(pack, rule, told) if rule.stops_for_information else decisions(pack, rule, told)),
        *responses(pack, rule, told),
        *halt_notices(pack, told),
        *endings(pack, told),
    )


def settled(events: Sequence[Event]) -> Sequence[Event]:
    """Without what was undone: a decision from which the case went back never ended a clock."""
    kept: list[Event] = []
    for event in events:
        before = next((states for states in ({State.SUBMITTED}, IN_HAND) if event.state in states), frozenset())
        if any(earlier.state in before for earlier in kept):
            while kept[-1].state not in before:
                kept.pop()
        kept.append(event)
    return kept


def stays(events: Sequence[Event], *states: State) -> Iterator[tuple[Event, date | None]]:
    """Each stay in these states: the event that began it, and the day on which it ended (None: it lasts)."""
    began: Event | None = None
    for event in events:
        if began is None and event.state in states:
            began = event
        elif began is not None and event.state not in states:
            yield began, event.day
            began = None
    if began is not None:
        yield began, None


def clock(
    kind: ClockKind,
    started: date,
    days: int | None,
    ended: date | None,
    *,
    pack: EthicsPack,
    stops: tuple[Interval, ...] = (),
) -> Clock:
    due = due_date(started, days, stops, working=pack.working_days)
    return Clock(kind, started, due, stops, ended, days, pack.working_days)


def validation(pack: EthicsPack, events: Sequence[Event]) -> Iterator[Clock]:
    """HRA, “The approvals process for non-CTIMPs” (from 28 April 2026): valid or invalid within 7 days of submission.

    The rules of 2004 set no limit.
    """
    for event, end in stays(events, State.SUBMITTED):
        yield clock(ClockKind.VALIDATION, event.day, pack.validation_days, end, pack=pack)


def opinion(pack: EthicsPack, rule: TrackRule, events: Sequence[Event]) -> Iterator[Clock]:
    """Rules of 2004 (SI 2004/1031, as the pack has them): one clock from the valid application to the opinion.

    It stands still from each request for further information to the response.
    """
    stops = tuple(Interval(event.day, end, AWAITED) for event, end in stays(events, State.INFO_REQUESTED))
    for event, end in stays(events, *IN_HAND):
        yield clock(ClockKind.OPINION, event.day, rule.first_decision_days, end, pack=pack, stops=stops)


def decisions(pack: EthicsPack, rule: TrackRule, events: Sequence[Event]) -> Iterator[Clock]:
    """HRA, “The approvals process for non-CTIMPs” and “... for non-CTIMP modifications” (from 28 April 2026).

    The decision, or the request for further information, within 30 days of the valid application (35 for a
    modification); then the final decision within 10 days of the response. A response that is asked about again was
    not complete: its clock ends with the question, and the next response begins another.
    """
    for position, (event, end) in enumerate(stays(events, *WITH_COMMITTEE)):
        if position == 0:
            yield clock(ClockKind.FIRST_DECISION, event.day, rule.first_decision_days, end, pack=pack)
        else:
            yield clock(ClockKind.FINAL_DECISION, event.day, rule.final_decision_days, end, pack=pack)


def responses(pack: EthicsPack, rule: TrackRule, events: Sequence[Event]) -> Iterator[Clock]:
    """The same pages: the applicant answers within 60 days of the request; in 2004 without a limit.

    The pages do not speak of a second request: by the centre's reading each has days of its own.
    """
    for event, end in stays(events, State.INFO_REQUESTED):
        yield clock(ClockKind.RESPONSE, event.day, rule.response_days, end, pack=pack)


def halt_notices(pack: EthicsPack, events: Sequence[Event]) -> Iterator[Clock]:
    """By the centre's choice for all research, as the packs have it: a halt is told within 15 days.

    The entry of the halt is the notice; the day on which the work stopped may lie before it.
    """
    for event, _ in stays(events, State.HALTED):
        yield clock(ClockKind.HALT_NOTICE, event.began, pack.halt_notice_days, event.day, pack=pack)


def endings(pack: EthicsPack, events: Sequence[Event]) -> Iterator[Clock]:
    """HRA, “Ending your project”: the end declared within 90 days of it, the final report within 12 months of it.

    Nothing is asked of work that the committee gave no opinion on.
    """
    if not any(event.state in APPROVED for event in events):
        return
    for event, _ in stays(events, State.CLOSED):
        yield clock(ClockKind.END_DECLARATION, event.began, pack.end_declared_days, event.day, pack=pack)
        if pack.final_report_months:
            reported = next((later.day for later in events if later.move == FINAL_REPORT), None)
            due = add_months(event.began, pack.final_report_months)
            yield Clock(ClockKind.FINAL_REPORT, event.began, due, ended=reported)


def next_due(running: Iterable[Clock]) -> date | None:
    """The day by which the next step is due; None where nothing is."""
    return min((clock.due for clock in running if clock.due and not clock.ended), default=None)


def in_words(clock: Clock, today: date) -> str:
    """What is left of it or how late it is, as in "12 working days left", "Late by 3 days"."""
    left, late = clock.days_left(today), clock.late_by(today)
    if late:
        return f"Late by {days(late)}"
    if clock.ended:
        return f"Took {days(clock.days_used(today), working=clock.working)}"
    if left is None:
        return f"No limit; {days(clock.days_used(today), working=clock.working)} so far"
    return f"{days(left, working=clock.working)} left{' when it goes on' if clock.stands_still else ''}"


def days(count: int, *, working: bool = False) -> str:
    return f"{count} {'working ' if working else ''}{'day' if count == 1 else 'days'}"
