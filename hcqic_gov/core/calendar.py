"""London days, working days of England and Wales, and reporting periods."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from functools import cache
from zoneinfo import ZoneInfo

import holidays

LONDON = ZoneInfo("Europe/London")


def london_day(moment: datetime) -> date:
    """The calendar day in London at this moment (which must know its time zone)."""
    return moment.astimezone(LONDON).date()


def start_of_day(day: date) -> datetime:
    """The first moment of a London day, in UTC."""
    return datetime.combine(day, time.min, LONDON).astimezone(UTC)


def end_of_day(day: date) -> datetime:
    """The first moment after a London day, in UTC."""
    return start_of_day(day + timedelta(days=1))


@cache
def bank_holidays() -> holidays.HolidayBase:
    return holidays.country_holidays("GB", subdiv="ENG")


def is_working_day(day: date) -> bool:
    return day.weekday() < 5 and day not in bank_holidays()


def add_working_days(day: date, count: int) -> date:
    """The count-th working day after this day (count >= 0; 0 gives the day itself)."""
    while count > 0:
        day += timedelta(days=1)
        count -= is_working_day(day)
    return day


def working_days_between(first: date, last: date) -> int:
    """Working days after `first` up to and with `last`; 0 where last is not after first."""
    return sum(is_working_day(first + timedelta(days=n)) for n in range(1, (last - first).days + 1))


def add_months(day: date, count: int) -> date:
    """The same day some months later, or the last day of that month where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))


FIRST_YEAR, LAST_YEAR = 1900, 2199
"""Of dates that a person enters: sums of dates stay far from the calendar's ends."""
NO_PERIOD = "not a period"


def day_words(day: date) -> str:
    """For reading: "22 November 2026"."""
    return f"{day.day} {day:%B %Y}"


def moment_words(when: datetime, zone: tzinfo = LONDON) -> str:
    """For reading: "22 November 2026 at 5:02pm", "at 5pm", "at midday", on the clocks of the zone."""
    here = when.astimezone(zone)
    return f"{day_words(here.date())} at {clock_words(here.time())}"


def clock_words(clock: time) -> str:
    """As people say it; 12am and 12pm are said in words, for nobody knows which is which."""
    if clock.minute == 0 and clock.hour in (0, 12):
        return "midday" if clock.hour else "midnight"
    minutes = f":{clock.minute:02}" if clock.minute else ""
    return f"{clock.hour % 12 or 12}{minutes}{'am' if clock.hour < 12 else 'pm'}"


class Frequency(StrEnum):
    MONTHLY = "M"
    QUARTERLY = "Q"
    ANNUAL = "A"


MONTHS_IN = {Frequency.MONTHLY: 1, Frequency.QUARTERLY: 3, Frequency.ANNUAL: 12}


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A month, a calendar quarter, or a financial year (April to March).

    Codes: `2026-04` for a month, `2026-Q2` for April to June 2026, `FY2026` for April 2026 to March 2027.
    """

    start: date
    frequency: Frequency

    @classmethod
    def containing(cls, day: date, frequency: Frequency) -> "Period":
        if frequency is Frequency.ANNUAL:
            return cls(date(day.year - (day.month < 4), 4, 1), frequency)
        months = MONTHS_IN[frequency]
        return cls(date(day.year, (day.month - 1) // months * months + 1, 1), frequency)

    @classmethod
    def parse(cls, code: str) -> "Period":
        """Errors: ValueError where the code is none of the three forms, or names no year of a centre's life."""
        if not re.fullmatch(r"FY[0-9]{4}|[0-9]{4}-(Q[0-9]|[0-9]{2})", code):
            raise ValueError(NO_PERIOD)
        found = cls._of(code)
        if not FIRST_YEAR <= found.start.year <= LAST_YEAR:
            raise ValueError(NO_PERIOD)
        return found

    @classmethod
    def _of(cls, code: str) -> "Period":
        if code.startswith("FY"):
            return cls(date(int(code[2:]), 4, 1), Frequency.ANNUAL)
        year, _, rest = code.partition("-")
        if rest.startswith("Q"):
            return cls(date(int(year), int(rest[1:]) * 3 - 2, 1), Frequency.QUARTERLY)
        return cls(date(int(year), int(rest), 1), Frequency.MONTHLY)

    @property
    def end(self) -> date:
        """The last day."""
        return add_months(self.start, MONTHS_IN[self.frequency]) - timedelta(days=1)

    @property
    def opens(self) -> datetime:
        """The first moment, in UTC."""
        return start_of_day(self.start)

    @property
    def closes(self) -> datetime:
        """The first moment after the period, in UTC."""
        return end_of_day(self.end)

    @property
    def code(self) -> str:
        match self.frequency:
            case Frequency.ANNUAL:
                return f"FY{self.start.year}"
            case Frequency.QUARTERLY:
                return f"{self.start.year}-Q{(self.start.month + 2) // 3}"
        return f"{self.start:%Y-%m}"

    @property
    def label(self) -> str:
        """For reading: "April 2026", "April to June 2026", "2026 to 2027 financial year"."""
        match self.frequency:
            case Frequency.ANNUAL:
                return f"{self.start.year} to {self.start.year + 1} financial year"
            case Frequency.QUARTERLY:
                return f"{self.start:%B} to {self.end:%B %Y}"
        return f"{self.start:%B %Y}"

    @property
    def short(self) -> str:
        """As narrow as can be: "May 2026", "Jan to Mar 2026", "2025/26"."""
        match self.frequency:
            case Frequency.ANNUAL:
                return f"{self.start.year}/{self.end:%y}"
            case Frequency.QUARTERLY:
                return f"{self.start:%b} to {self.end:%b %Y}"
        return f"{self.start:%b %Y}"

    def shifted(self, count: int) -> "Period":
        return Period(add_months(self.start, count * MONTHS_IN[self.frequency]), self.frequency)

    @property
    def next(self) -> "Period":
        return self.shifted(1)

    def __contains__(self, day: date) -> bool:
        return self.start <= day <= self.end


def periods(first: Period, last: Period) -> Iterator[Period]:
    """All periods from the first to the last, both of one frequency."""
    while first <= last:
        yield first
        first = first.next
