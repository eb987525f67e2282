"""A person's days as an iCalendar feed (RFC 5545): entries in, text out."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from icalendar import Calendar, Event

from hcqic_gov.core.calendar import LONDON
from hcqic_gov.notices.rules import Task

PRODUCT = "-//HCQIC//Governance, ethics and KPIs//EN"
REFRESH = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """A day, or a time from `start` until `end`; `uid` is the same each time the feed is asked for, and nobody else's.

    `path` is the page of the application that the entry leads to.
    """

    uid: str
    title: str
    kind: str
    path: str
    start: date | datetime
    end: datetime | None = None


def entry_of(task: Task, path: str) -> Entry | None:
    """A task as a day of the calendar; None where it has no due date."""
    if task.due is None:
        return None
    named = f"{task.endpoint}/{sorted(task.values.items())}/{task.title}"
    return Entry(hashlib.sha256(named.encode()).hexdigest()[:32], task.title, task.kind, path, task.due)


def feed(entries: Iterable[Entry], *, address: str, now: datetime) -> bytes:
    """The feed of these entries, in order of time; `address` is where the centre is reached."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", "HCQIC")
    calendar.add("refresh-interval", REFRESH)
    host = address.partition("://")[2].partition("/")[0].partition(":")[0]
    for entry in in_order(entries):
        calendar.add_component(event(entry, address, host, now))
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def in_order(entries: Iterable[Entry]) -> Sequence[Entry]:
    """By time, each once."""
    once = {entry.uid: entry for entry in entries}
    return sorted(once.values(), key=lambda entry: (entry.start.isoformat(), entry.uid))


def event(entry: Entry, address: str, host: str, now: datetime) -> Event:
    found = Event()
    found.add("uid", f"{entry.uid}@{host}")
    found.add("dtstamp", now)
    found.add("summary", entry.title)
    found.add("categories", [entry.kind])
    found.add("url", address + entry.path)
    if isinstance(entry.start, datetime):
        found.add("dtstart", entry.start.astimezone(LONDON))
        found.add("dtend", (entry.end or entry.start + timedelta(hours=1)).astimezone(LONDON))
    else:
        found.add("dtstart", entry.start)  # a whole day
        found.add("transp", "TRANSPARENT")  # which keeps nobody from other things
    return found
