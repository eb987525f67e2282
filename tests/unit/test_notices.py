"""Notices as values: when an attempt is made again, what fits on one line; tellings for each move; calendar entries."""

from datetime import UTC, date, datetime, timedelta

import icalendar
import pytest

from hcqic_gov.ethics.modification_rules import MODIFICATION
from hcqic_gov.ethics.reminders import HELD_BY, reached
from hcqic_gov.ethics.rules import WORKFLOW
from hcqic_gov.ethics.states import HOLDERS
from hcqic_gov.ethics.telling import TELLINGS
from hcqic_gov.notices.calendar import Entry, entry_of, feed
from hcqic_gov.notices.rules import Task, next_attempt, one_line
from hcqic_gov.people.rules import digest_of, is_secret
from tests.conftest import NOW


def test_the_table_of_attempts() -> None:
    pauses = [next_attempt(attempts, NOW) for attempts in range(1, 8)]
    hours = [1 / 60, 5 / 60, 0.5, 2, 12, 24]
    assert pauses == [*(NOW + timedelta(hours=one) for one in hours), None]
    assert next_attempt(99, NOW) is None


def test_one_line_stays_one() -> None:
    assert one_line(" a\r\nb\u2028c\x00\x1b[1m\td ") == "a b c[1m d"


def test_each_move_has_its_row() -> None:
    """Whoever adds a move says who is told of it, or that nobody is, and why."""
    assert {row.move for row in TELLINGS} == {
        move.name for table in (WORKFLOW, MODIFICATION) for move in table.moves
    } | {"apply", "modified"}


@pytest.mark.parametrize("row", TELLINGS, ids=lambda row: f"{row.move} {'+'.join(row.to) or 'nobody'}")
def test_a_row_says_what_or_why_not(row) -> None:  # type: ignore[no-untyped-def]
    assert bool(row.what) is bool(row.to)
    assert row.words.endswith(".")
    assert len(row.what) < 60


def test_no_move_has_a_row_for_nobody_beside_others() -> None:
    silent = {row.move for row in TELLINGS if not row.to}
    drafts = {"apply", "edit", "copy_as_new", "modify", "edit_change"}
    at_the_meeting = {"declare_interest", "open_vote", "close_vote", "vote", "record_minute"}
    assert silent == drafts | at_the_meeting | {"answer", "record"}
    assert not silent & {row.move for row in TELLINGS if row.to}


def test_no_row_names_an_outcome() -> None:
    """They go out by e-mail."""
    words = " ".join(f"{row.what} {row.words}" for row in TELLINGS).lower()
    assert not any(word in words for word in ("favourable", "rejected", "approved", "refused"))


def test_every_holder_can_be_reminded() -> None:
    assert HELD_BY.keys() == set(HOLDERS.values())


@pytest.mark.parametrize(
    ("left", "said"), [(91, None), (90, 90), (31, 90), (30, 30), (8, 30), (7, 7), (1, 7), (0, 7), (-1, None)]
)
def test_the_nearest_of_the_days_that_is_reached(left: int, said: int | None) -> None:
    assert reached(NOW.date() + timedelta(days=left), NOW.date()) == said


def test_a_secret() -> None:
    assert is_secret("abc", digest_of("abc"))
    assert not is_secret("abd", digest_of("abc"))
    assert not is_secret("", None)


MEETING = Entry("meeting-3", "Meeting of the committee", "Ethics", "/m/3", datetime(2026, 10, 24, 12, 30, tzinfo=UTC))
WINTER = Entry("meeting-4", "Meeting, in winter", "Ethics", "/m/4", datetime(2026, 10, 25, 12, 30, tzinfo=UTC))
DUE = Entry("due-1", "Decide on “Rosters; a, b”\nand more", "Ethics", "/ethics/E-1", date(2026, 6, 9))


def read(*entries: Entry) -> list[icalendar.Event]:
    return parsed(feed(entries, address="https://centre.example:8443", now=NOW)).events


def parsed(ics: bytes) -> icalendar.Calendar:
    return icalendar.Calendar.from_ical(ics)


def test_a_day_is_a_whole_day() -> None:
    (event,) = read(DUE)
    assert event.start == date(2026, 6, 9)
    assert event["SUMMARY"] == DUE.title
    assert event["UID"] == "due-1@centre.example"
    assert event["URL"] == "https://centre.example:8443/ethics/E-1"
    assert event.DTSTAMP == NOW


def test_a_moment_is_londons_in_summer_and_in_winter() -> None:
    ics = feed([WINTER, MEETING], address="https://centre.example", now=NOW)
    assert b"DTSTART;TZID=Europe/London:20261024T133000" in ics
    assert b"DTSTART;TZID=Europe/London:20261025T123000" in ics
    calendar = parsed(ics)
    assert [zone["TZID"] for zone in calendar.timezones] == ["Europe/London"]
    assert [event.start for event in calendar.events] == [MEETING.start, WINTER.start]
    assert calendar.events[0].end - calendar.events[0].start == timedelta(hours=1)


def test_a_feed_says_each_entry_once_and_the_same_each_time() -> None:
    later = feed([DUE, MEETING, DUE], address="https://centre.example", now=NOW)
    assert later == feed([MEETING, DUE], address="https://centre.example", now=NOW)
    assert len(parsed(later).events) == 2


def test_an_empty_feed_is_a_calendar() -> None:
    calendar = parsed(feed([], address="http://127.0.0.1:8000", now=NOW))
    assert calendar.events == []
    assert calendar["VERSION"] == "2.0"


def test_tasks_become_entries_with_numbers_of_their_own() -> None:
    task = Task("Vote on “A”", "Ethics", "ethics.show", {"reference": "E-1"}, due=date(2026, 6, 9))
    other = Task("Decide on “A”", "Ethics", "ethics.show", {"reference": "E-1"}, due=date(2026, 6, 9))
    entries = [entry_of(one, "/ethics/E-1") for one in (task, task, other)]
    assert len({entry.uid for entry in entries if entry}) == 2
    assert entry_of(Task("No day", "Ethics", "ethics.show"), "/") is None
