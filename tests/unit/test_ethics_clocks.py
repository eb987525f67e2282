"""The clocks of a case: a table of days counted on paper, and a calendar that counts them one by one."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcqic_gov.core.calendar import LONDON, is_working_day
from hcqic_gov.ethics.clocks import CLOCK_LABELS, Clock, ClockKind, ClockState, Event, clocks, in_words, next_due
from hcqic_gov.ethics.packs import EthicsPack, pack_for, packs
from hcqic_gov.ethics.states import Track, WorkKind

SHIPPED = {pack.id: pack for pack in packs()}
WORKING = {f"{name}, working days": pack.model_copy(update={"working_days": True}) for name, pack in SHIPPED.items()}
PACKS: Mapping[str, EthicsPack] = {**SHIPPED, **WORKING}
OLD, NEW, OWN = "uk-rec-2004", "uk-rec-2026", "centre-default"
WORK, OLD_WORK = f"{OWN}, working days", f"{OLD}, working days"
FULL, PROPORTIONATE, MODIFICATION = "full", "proportionate", "modification"


SHORT = {"asked": "info_requested", "answered": "response_received"}


def london(text: str) -> datetime:
    """A moment by the clocks in London; noon where no time is given."""
    return datetime.fromisoformat(text if " " in text else f"{text} 12:00").replace(tzinfo=LONDON).astimezone(UTC)


def event(words: str) -> Event:
    """As "valid 2026-05-01 23:30", or "closed/final_report 2026-05-01" with a move, or "halted ... since ..."."""
    told, _, since = words.partition(" since ")
    state, _, when = told.partition(" ")
    state, _, move = state.partition("/")
    state = SHORT.get(state, state)
    return Event(move or state, state, london(when), date.fromisoformat(since) if since else None)


def clocks_in(pack: EthicsPack, way: str, story: str) -> Sequence[Clock]:
    events = [event(words.strip()) for words in story.split(",")]
    track = Track.PROPORTIONATE if way == PROPORTIONATE else Track.FULL
    return clocks(pack, events, track, modification=way == MODIFICATION)


Row = tuple[str, str, str, str, str | None, str]
# Pack, way through review, what happened, today; then the last clock of this kind, its due day, and what it says.
# The days are counted on a calendar: the day on which a clock starts is day 0.
VALIDATION: Sequence[Row] = [
    (NEW, FULL, "submitted 2026-04-28 00:00", "2026-05-01", "2026-05-05", "4 days left"),
    (NEW, FULL, "submitted 2026-04-28 00:00", "2026-05-05", "2026-05-05", "0 days left"),
    (NEW, FULL, "submitted 2026-04-28 00:00", "2026-05-06", "2026-05-05", "Late by 1 day"),
    (NEW, FULL, "submitted 2026-10-24 23:30", "2026-10-26", "2026-10-31", "5 days left"),  # clocks go back on the 25th
    (NEW, FULL, "submitted 2026-10-25 00:30", "2026-10-26", "2026-11-01", "6 days left"),
    (NEW, FULL, "submitted 2028-02-22", "2028-02-29", "2028-02-29", "0 days left"),
    (NEW, FULL, "submitted 2028-02-25", "2028-02-28", "2028-03-03", "4 days left"),  # over 29 February
    (NEW, FULL, "submitted 2027-02-25", "2027-02-28", "2027-03-04", "4 days left"),  # a year without one
    (NEW, FULL, "submitted 2026-05-01, invalid 2026-05-04", "2026-06-01", "2026-05-08", "Took 3 days"),
    (NEW, FULL, "submitted 2026-05-01, withdrawn 2026-05-09", "2026-06-01", "2026-05-08", "Late by 1 day"),
    (NEW, FULL, "submitted 2026-05-01, not_required 2026-05-08", "2026-06-01", "2026-05-08", "Took 7 days"),
    # a determination that was undone: checked again, and the days run from the first day
    (
        NEW,
        FULL,
        "submitted 2026-05-01, not_required 2026-05-04, submitted 2026-05-06",
        "2026-05-07",
        "2026-05-08",
        "1 day left",
    ),
    (
        NEW,
        FULL,
        "submitted 2026-05-01, valid 2026-05-02, not_required 2026-05-04, submitted 2026-05-06, valid 2026-05-07",
        "2026-06-01",
        "2026-05-08",
        "Took 6 days",
    ),
    (NEW, MODIFICATION, "submitted 2026-05-01, valid 2026-05-01", "2026-06-01", "2026-05-08", "Took 0 days"),
    (OLD, FULL, "submitted 2026-04-27 23:59", "2026-07-06", None, "No limit; 70 days so far"),
    (WORK, FULL, "submitted 2026-04-01", "2026-04-07", "2026-04-14", "5 working days left"),  # Easter: 3rd to 6th
    (WORK, FULL, "submitted 2026-04-03", "2026-04-06", "2026-04-15", "7 working days left"),  # on Good Friday
    (WORK, FULL, "submitted 2026-12-23", "2026-12-28", "2027-01-06", "6 working days left"),  # Christmas, New Year
    (WORK, FULL, "submitted 2028-02-24", "2028-02-29", "2028-03-06", "4 working days left"),
    (WORK, FULL, "submitted 2026-05-01, valid 2026-05-05", "2026-06-01", "2026-05-13", "Took 1 working day"),
]
FIRST_DECISION: Sequence[Row] = [
    (NEW, FULL, "valid 2026-05-01 23:30", "2026-05-31", "2026-05-31", "0 days left"),
    (NEW, FULL, "valid 2026-05-02 00:30", "2026-05-31", "2026-06-01", "1 day left"),  # still 1 May in UTC
    (NEW, FULL, "valid 2026-10-24 23:30", "2026-10-25", "2026-11-23", "29 days left"),
    (NEW, FULL, "valid 2026-10-25 00:30", "2026-10-25", "2026-11-24", "30 days left"),  # still 24 October in UTC
    (NEW, FULL, "valid 2026-10-25 23:30", "2026-10-25", "2026-11-24", "30 days left"),
    (NEW, FULL, "valid 2026-10-26 00:30", "2026-11-26", "2026-11-25", "Late by 1 day"),
    (NEW, FULL, "valid 2027-03-27 23:30", "2027-03-28", "2027-04-26", "29 days left"),  # clocks go forward on the 28th
    (NEW, FULL, "valid 2027-03-28 00:30", "2027-03-28", "2027-04-27", "30 days left"),
    (NEW, FULL, "valid 2027-03-28 23:30", "2027-03-28", "2027-04-27", "30 days left"),
    (NEW, FULL, "valid 2027-03-29 00:30", "2027-03-29", "2027-04-28", "30 days left"),  # still 28 March in UTC
    (NEW, FULL, "valid 2028-01-30", "2028-02-28", "2028-02-29", "1 day left"),
    (NEW, FULL, "valid 2027-01-30", "2027-02-28", "2027-03-01", "1 day left"),
    (NEW, FULL, "valid 2028-02-29", "2028-02-29", "2028-03-30", "30 days left"),
    (OWN, FULL, "valid 2026-04-01", "2026-04-11", "2026-05-01", "20 days left"),
    (NEW, FULL, "valid 2026-05-01, asked 2026-05-20", "2027-01-01", "2026-05-31", "Took 19 days"),
    (
        NEW,
        FULL,
        "valid 2026-05-01, in_review 2026-05-03, favourable 2026-06-03",
        "2027-01-01",
        "2026-05-31",
        "Late by 3 days",
    ),
    (NEW, FULL, "valid 2026-05-01, withdrawn 2026-05-02", "2027-01-01", "2026-05-31", "Took 1 day"),
    (NEW, PROPORTIONATE, "valid 2026-05-01", "2026-05-02", "2026-05-22", "20 days left"),
    (OLD, PROPORTIONATE, "valid 2026-03-20", "2026-04-10", "2026-04-10", "0 days left"),
    # “no opinion” on the 15th: the full committee's days run from the 1st
    (
        NEW,
        FULL,
        "valid 2026-05-01, in_review 2026-05-03, valid/no_opinion 2026-05-15",
        "2026-05-16",
        "2026-05-31",
        "15 days left",
    ),
    (
        NEW,
        FULL,
        "valid 2026-05-01, in_review 2026-05-03, in_review/reschedule 2026-05-20",
        "2026-05-21",
        "2026-05-31",
        "10 days left",
    ),
    (
        NEW,
        FULL,
        "submitted 2026-05-01, valid 2026-05-02, not_required 2026-05-04, submitted 2026-05-06, valid 2026-05-07",
        "2026-05-08",
        "2026-06-06",
        "29 days left",
    ),
    # a favourable opinion that was undone never ended the clock
    (
        NEW,
        FULL,
        "valid 2026-05-01, in_review 2026-05-03, favourable 2026-05-10, in_review 2026-05-12",
        "2026-05-21",
        "2026-05-31",
        "10 days left",
    ),
    (NEW, MODIFICATION, "valid 2026-05-01", "2026-05-31", "2026-06-05", "5 days left"),
    (
        NEW,
        MODIFICATION,
        "valid 2026-05-01, in_review 2026-05-02, not_approved 2026-06-05",
        "2027-01-01",
        "2026-06-05",
        "Took 35 days",
    ),
    (WORK, FULL, "valid 2026-03-23", "2026-04-02", "2026-05-07", "22 working days left"),  # Easter and 4 May
]
OPINION: Sequence[Row] = [
    (OLD, FULL, "valid 2026-04-01", "2026-04-02", "2026-05-31", "59 days left"),
    (OLD, FULL, "valid 2026-03-28 23:30", "2026-03-29", "2026-05-27", "59 days left"),  # clocks go forward on the 29th
    (OLD, FULL, "valid 2026-03-29 23:30", "2026-03-29", "2026-05-28", "60 days left"),
    (OLD, FULL, "valid 2026-03-30 00:30", "2026-03-30", "2026-05-29", "60 days left"),  # still 29 March in UTC
    (OLD, FULL, "valid 2024-01-01", "2024-02-29", "2024-03-01", "1 day left"),
    (OLD, FULL, "valid 2025-01-01", "2025-02-28", "2025-03-02", "2 days left"),
    (OLD, FULL, "valid 2026-02-02, asked 2026-02-22, answered 2026-04-13", "2026-04-13", "2026-05-23", "40 days left"),
    (
        OLD,
        FULL,
        "valid 2026-03-01, asked 2026-03-28 23:30, answered 2026-03-30 00:30",
        "2026-04-01",
        "2026-05-02",
        "31 days left",
    ),
    (
        OLD,
        FULL,
        "valid 2026-03-01, asked 2026-03-10 09:00, answered 2026-03-10 17:00",
        "2026-04-29",
        "2026-04-30",
        "1 day left",
    ),
    (
        OLD,
        FULL,
        "valid 2026-01-05, asked 2026-01-15, answered 2026-01-25, asked/ask_again 2026-02-04, answered 2026-03-06",
        "2026-03-06",
        "2026-04-15",
        "40 days left",
    ),
    (OLD, FULL, "valid 2026-03-01, asked 2026-03-11", "2028-12-31", None, "50 days left when it goes on"),
    (OLD, FULL, "valid 2026-01-05, asked 2026-03-08", "2026-03-09", "2026-03-06", "Late by 3 days"),
    (OLD, FULL, "valid 2026-01-05, asked 2026-03-06", "2026-05-01", None, "0 days left when it goes on"),
    (OLD, FULL, "valid 2026-01-05, asked 2026-03-06, answered 2026-03-20", "2026-03-20", "2026-03-20", "0 days left"),
    (
        OLD,
        FULL,
        "valid 2026-01-05, in_review 2026-01-06, unfavourable 2026-03-06",
        "2027-01-01",
        "2026-03-06",
        "Took 60 days",
    ),
    (
        OLD,
        FULL,
        "valid 2026-01-05, in_review 2026-01-06, favourable 2026-03-07",
        "2027-01-01",
        "2026-03-06",
        "Late by 1 day",
    ),
    (OLD, FULL, "valid 2026-01-05, asked 2026-01-15, withdrawn 2026-02-15", "2027-01-01", "2026-04-06", "Took 10 days"),
    (
        OLD,
        FULL,
        "valid 2026-03-01, in_review 2026-03-02, valid/no_opinion 2026-03-20",
        "2026-03-21",
        "2026-04-30",
        "40 days left",
    ),
    (OLD, MODIFICATION, "valid 2026-03-01", "2026-03-31", "2026-04-05", "5 days left"),
    (
        OLD,
        MODIFICATION,
        "valid 2026-03-01, asked 2026-03-06, answered 2026-03-16",
        "2026-03-16",
        "2026-04-15",
        "30 days left",
    ),
    # 20 working days until the stop, 40 after it: over Easter, 4 May and 25 May
    (
        OLD_WORK,
        FULL,
        "valid 2026-03-02, asked 2026-03-30, answered 2026-04-07",
        "2026-05-29",
        "2026-06-04",
        "4 working days left",
    ),
]
RESPONSE: Sequence[Row] = [
    (NEW, FULL, "valid 2026-05-01, asked 2026-05-20", "2026-07-09", "2026-07-19", "10 days left"),
    (NEW, FULL, "valid 2027-12-20, asked 2028-01-01", "2028-02-29", "2028-03-01", "1 day left"),
    (NEW, FULL, "valid 2026-05-01, asked 2026-05-20, lapsed 2026-07-20", "2027-01-01", "2026-07-19", "Late by 1 day"),
    (NEW, FULL, "valid 2026-05-01, asked 2026-05-20, answered 2026-05-20", "2027-01-01", "2026-07-19", "Took 0 days"),
    (
        NEW,
        FULL,
        "valid 2026-05-01, asked 2026-05-20, answered 2026-07-01, asked/ask_again 2026-07-05",
        "2026-07-06",
        "2026-09-03",
        "59 days left",
    ),
    (NEW, MODIFICATION, "valid 2026-05-01, asked 2026-05-20", "2026-07-09", "2026-07-19", "10 days left"),
    (OLD, FULL, "valid 2026-01-01, asked 2026-01-02", "2028-01-02", None, "No limit; 730 days so far"),
    (OLD, FULL, "valid 2026-01-01, asked 2026-01-02, lapsed 2026-01-31", "2028-01-02", None, "Took 29 days"),
]
FINAL_DECISION: Sequence[Row] = [
    # undone: heard again, and the ten days run from the answer
    (
        NEW,
        FULL,
        "valid 2026-05-01, asked 2026-05-20, answered 2026-07-01, favourable 2026-07-05, in_review/undo 2026-07-08",
        "2026-07-09",
        "2026-07-11",
        "2 days left",
    ),
    (NEW, FULL, "valid 2026-05-01, asked 2026-05-20, answered 2026-07-01", "2026-07-02", "2026-07-11", "9 days left"),
    (
        NEW,
        FULL,
        "valid 2026-10-01, asked 2026-10-20, answered 2026-10-24 23:30",
        "2026-10-25",
        "2026-11-03",
        "9 days left",
    ),
    (
        NEW,
        FULL,
        "valid 2026-10-01, asked 2026-10-20, answered 2026-10-25 00:30",
        "2026-10-25",
        "2026-11-04",
        "10 days left",
    ),
    (
        NEW,
        FULL,
        "valid 2026-05-01, asked 2026-05-20, answered 2026-07-01, favourable 2026-07-12",
        "2027-01-01",
        "2026-07-11",
        "Late by 1 day",
    ),
    (
        NEW,
        FULL,
        "valid 2026-05-01, asked 2026-05-20, answered 2026-07-01, asked 2026-07-05, answered 2026-07-20",
        "2026-07-25",
        "2026-07-30",
        "5 days left",
    ),
    (
        NEW,
        MODIFICATION,
        "valid 2026-05-01, asked 2026-05-20, answered 2026-07-01, approved 2026-07-11",
        "2027-01-01",
        "2026-07-11",
        "Took 10 days",
    ),
    (
        WORK,
        FULL,
        "valid 2026-10-01, asked 2026-10-20, answered 2026-10-24 23:30",
        "2026-10-26",
        "2026-11-06",
        "9 working days left",
    ),
    (
        WORK,
        FULL,
        "valid 2026-12-01, asked 2026-12-10, answered 2026-12-18",
        "2026-12-29",
        "2027-01-06",
        "5 working days left",
    ),
]
APPROVED = "favourable 2026-05-01"
HALT_NOTICE: Sequence[Row] = [
    (NEW, FULL, f"{APPROVED}, halted 2026-06-16 since 2026-06-01", "2027-01-01", "2026-06-16", "Took 15 days"),
    (NEW, FULL, f"{APPROVED}, halted 2026-06-17 since 2026-06-01", "2027-01-01", "2026-06-16", "Late by 1 day"),
    (NEW, FULL, f"{APPROVED}, halted 2026-06-17", "2027-01-01", "2026-07-02", "Took 0 days"),
    (NEW, FULL, f"{APPROVED}, halted 2026-10-25 00:30 since 2026-10-09", "2027-01-01", "2026-10-24", "Late by 1 day"),
]
END_DECLARATION: Sequence[Row] = [
    (NEW, FULL, f"{APPROVED}, closed 2026-08-29 since 2026-05-31", "2027-01-01", "2026-08-29", "Took 90 days"),
    (OLD, FULL, f"{APPROVED}, closed 2026-08-30 since 2026-05-31", "2027-01-01", "2026-08-29", "Late by 1 day"),
]
FINAL_REPORT: Sequence[Row] = [
    (NEW, FULL, f"{APPROVED}, closed 2028-03-01 since 2028-02-29", "2029-02-27", "2029-02-28", "1 day left"),
    (NEW, FULL, f"{APPROVED}, closed 2026-06-01", "2027-06-02", "2027-06-01", "Late by 1 day"),
    (
        NEW,
        FULL,
        f"{APPROVED}, closed 2026-06-01, closed/final_report 2027-05-31",
        "2030-01-01",
        "2027-06-01",
        "Took 364 days",
    ),
]
BY_KIND: Mapping[ClockKind, Sequence[Row]] = {
    ClockKind.VALIDATION: VALIDATION,
    ClockKind.FIRST_DECISION: FIRST_DECISION,
    ClockKind.OPINION: OPINION,
    ClockKind.RESPONSE: RESPONSE,
    ClockKind.FINAL_DECISION: FINAL_DECISION,
    ClockKind.HALT_NOTICE: HALT_NOTICE,
    ClockKind.END_DECLARATION: END_DECLARATION,
    ClockKind.FINAL_REPORT: FINAL_REPORT,
}
TABLE = [(kind, *row) for kind, rows in BY_KIND.items() for row in rows]


def state_told(words: str) -> ClockState:
    """The state that goes with the words."""
    if words.startswith("Late"):
        return ClockState.LATE
    if words.startswith("Took"):
        return ClockState.MET
    return ClockState.STOPPED if words.endswith("when it goes on") else ClockState.RUNNING


@pytest.mark.parametrize(("kind", "pack", "way", "story", "today", "due", "words"), TABLE)
def test_clocks(kind: ClockKind, pack: str, way: str, story: str, today: str, due: str | None, words: str) -> None:
    day = date.fromisoformat(today)
    clock = [clock for clock in clocks_in(PACKS[pack], way, story) if clock.kind is kind][-1]
    assert (clock.due and clock.due.isoformat(), in_words(clock, day)) == (due, words)
    assert clock.state(day) is state_told(words)


def test_every_kind_has_its_rows() -> None:
    assert BY_KIND.keys() == set(ClockKind) == CLOCK_LABELS.keys()


@pytest.mark.parametrize(
    ("moment", "pack", "due"),
    [
        (datetime(2026, 4, 27, 22, 59, tzinfo=UTC), OLD, None),  # 23:59 in London on the 27th
        (datetime(2026, 4, 27, 23, 0, tzinfo=UTC), NEW, date(2026, 5, 5)),  # midnight: the 28th
    ],
)
def test_midnight_between_the_two_rules(moment: datetime, pack: str, due: date | None) -> None:
    chosen = pack_for(WorkKind.RESEARCH, moment)
    assert chosen.id == pack
    assert clocks(chosen, [Event("authorise", "submitted", moment)])[0].due == due


def test_which_clocks_a_case_has() -> None:
    asked = "submitted 2026-05-01, valid 2026-05-02, in_review 2026-05-03, asked 2026-05-20"
    answered = f"{asked}, answered 2026-05-30"
    kinds = {pack: [clock.kind.value for clock in clocks_in(PACKS[pack], FULL, answered)] for pack in (OLD, NEW)}
    assert kinds[NEW] == ["validation", "first_decision", "final_decision", "response"]
    assert kinds[OLD] == ["validation", "opinion", "response"]
    assert next_due(clocks_in(PACKS[NEW], FULL, asked)) == date(2026, 7, 19)
    assert next_due(clocks_in(PACKS[OLD], FULL, asked)) is None
    assert next_due(clocks_in(PACKS[OLD], FULL, answered)) == date(2026, 7, 11)


def test_what_needed_no_opinion_owes_no_report() -> None:
    assert clocks_in(PACKS[NEW], FULL, "not_required 2026-05-01, closed 2026-06-01") == ()


def test_an_application_that_never_was_has_no_clocks() -> None:
    assert clocks_in(PACKS[NEW], FULL, "draft 2026-05-01, with_sponsor 2026-05-02") == ()


# The calendar as an oracle: it turns one page after another.


def counts(clock: Clock, day: date) -> bool:
    return is_working_day(day) if clock.working else True


def stood_still(clock: Clock, day: date, today: date) -> bool:
    return any(stop.start < day <= (stop.end or today) for stop in clock.stopped)


def pages(first: date, last: date) -> Sequence[date]:
    return [first + timedelta(days=number) for number in range(1, (last - first).days + 1)]


def due_by_turning_pages(clock: Clock) -> date | None:
    """The day on which the last of the days is used up; a stop on that very day puts it off."""
    day, left = clock.started, clock.days
    while left is not None:
        if left == 0:
            stops = [stop for stop in clock.stopped if stop.start == day and (stop.end is None or stop.end > day)]
            if not stops:
                return day
            day = stops[0].end  # type: ignore[assignment]
            if day is None:
                return None  # type: ignore[unreachable]
            continue
        if any(stop.start == day and stop.end is None for stop in clock.stopped):
            return None
        day += timedelta(days=1)
        left -= counts(clock, day) and not stood_still(clock, day, day)
    return None


moments = st.datetimes(datetime(2024, 1, 1), datetime(2029, 1, 1))  # by the clocks in London
gaps = st.timedeltas(timedelta(0), timedelta(days=45))
endings = st.sampled_from([(), ("favourable",), ("withdrawn",), ("unfavourable",)])


@st.composite
def stories(draw: st.DrawFn) -> Sequence[Event]:
    """A case that is asked for information as often as anybody likes, at any moments."""
    states = ["submitted", "valid", "in_review"]
    states += ["info_requested", "response_received"] * draw(st.integers(0, 3))
    states += draw(endings) if draw(st.booleans()) else ("info_requested",)
    at = draw(moments).replace(tzinfo=LONDON).astimezone(UTC)
    told = []
    for state in states:
        told.append(Event(state, state, at))
        at += draw(gaps)
    return told


@given(stories(), st.sampled_from(sorted(PACKS)), st.sampled_from([FULL, MODIFICATION]), st.integers(0, 400))
def test_running_and_stopped_days_are_all_days(events: Sequence[Event], pack: str, way: str, later: int) -> None:
    today = events[-1].day + timedelta(days=later)
    for clock in clocks(PACKS[pack], events, modification=way == MODIFICATION):
        gone = [day for day in pages(clock.started, clock.ended or today) if counts(clock, day)]
        stopped = [day for day in gone if stood_still(clock, day, clock.ended or today)]
        assert clock.days_stopped(today) == len(stopped)
        assert clock.days_used(today) == len(gone) - len(stopped)
        assert clock.due == due_by_turning_pages(clock)


@given(stories(), st.sampled_from(sorted(PACKS)), st.integers(0, 400))
def test_what_is_left_and_what_is_used_is_what_was_allowed(events: Sequence[Event], pack: str, later: int) -> None:
    today = events[-1].day + timedelta(days=later)
    for clock in clocks(PACKS[pack], events):
        left, state = clock.days_left(today), clock.state(today)
        if state is ClockState.LATE:
            assert clock.due is not None
            assert clock.due < (clock.ended or today)
        elif left is not None and clock.days is not None:
            assert left + clock.days_used(today) == clock.days
        assert (clock.late_by(today) > 0) == (state is ClockState.LATE)


@given(stories(), st.sampled_from(sorted(PACKS)), moments)
def test_moves_that_reach_no_other_state_change_nothing(events: Sequence[Event], pack: str, moment: datetime) -> None:
    at = moment.replace(tzinfo=LONDON).astimezone(UTC)
    more: list[Event] = []
    for event in events:
        more += [event, Event("reschedule", event.state, max(at, event.at))]
    assert clocks(PACKS[pack], more) == clocks(PACKS[pack], events)
