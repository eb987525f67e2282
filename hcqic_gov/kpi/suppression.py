"""What may be shown of values that count persons: small numbers are hidden, and what would give them away."""

import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from hcqic_gov.core.calendar import Frequency, Period
from hcqic_gov.kpi.definitions import Definition
from hcqic_gov.kpi.rules import Reading

Counts = tuple[float | None, ...]
NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Verified:
    """One verified revision of a period's value: what it says, the cases behind it, and the day it was released.

    `counts` is whether it is the one in force; else a correction took its place. `revised` is whether it came after
    its period had been closed.
    """

    start: date
    reading: Reading
    n: int | None = None
    released: date = date.min
    key: int = 0
    counts: bool = True
    revised: bool = False


def suppressed(definition: Definition, counts: Iterable[float | None]) -> bool:
    """Whether any of these counts is of fewer persons than the definition allows. A count of nobody shows nobody."""
    return any(count is not None and 0 < abs(count) < definition.small_numbers for count in counts)


def persons_in(definition: Definition, reading: Reading) -> Counts:
    """The counts of persons that a reading is made of: the value, or numerator, denominator and what lies between.

    The rest of the denominator counts too, for it can be worked out. A value that is no count has none.
    """
    if reading.numerator is not None and reading.denominator is not None:
        return (reading.numerator, reading.denominator, reading.denominator - reading.numerator)
    return (reading.value if definition.decimals == 0 else None, None, None)


def persons_behind(definition: Definition, reading: Reading, n: int | None) -> Counts:
    """The same with the cases behind it."""
    return (*persons_in(definition, reading), n)


def named(text: str, counts: Container[float]) -> str:
    """The first number of a text that is one of these counts, as it stands there; "" where it names none."""
    return next((found for found in NUMBER.findall(text) if float(found.replace(",", "")) in counts), "")


def released(definition: Definition, revisions: Sequence[Verified]) -> list[Verified]:
    """Those of a period's verified revisions, the oldest first, that showed enough persons when they came out.

    Who has two of them can take one from the other. So a revision is kept back too where it differs from one that
    is out already by a small number of persons.
    """
    out: list[Verified] = []
    for one in revisions:
        told = [differences(definition, one, before) for before in out]
        if not any(
            suppressed(definition, counts) for counts in (persons_behind(definition, one.reading, one.n), *told)
        ):
            out.append(one)
    return out


def differences(definition: Definition, one: Verified, other: Verified) -> Counts:
    """By how many persons two revisions differ, count by count."""
    pairs = zip(persons_in(definition, one.reading), persons_in(definition, other.reading), strict=True)
    return tuple(new - old for new, old in pairs if new is not None and old is not None)


def hidden_starts(definition: Definition, revisions: Sequence[Verified]) -> frozenset[date]:
    """The periods of one KPI whose values may not be shown, from its verified revisions by date and revision.

    A total over the financial year would give away a value that alone is hidden, or a few that show few persons
    together: others of the year are then hidden with them.
    """
    years: dict[date, list[Sequence[Verified]]] = {}
    for period in by_period(revisions):
        years.setdefault(Period.containing(period[0].start, Frequency.ANNUAL).start, []).append(period)
    return frozenset(start for year in years.values() for start in hidden_in(definition, year))


def by_period(revisions: Sequence[Verified]) -> list[list[Verified]]:
    """The revisions of each period that has a value in force."""
    periods: dict[date, list[Verified]] = {}
    for one in revisions:
        periods.setdefault(one.start, []).append(one)
    return [period for period in periods.values() if period[-1].counts]


def hidden_in(definition: Definition, year: Sequence[Sequence[Verified]]) -> set[date]:
    """Of one financial year: the values that are too small themselves, and those that cover them."""
    small = {period[-1].start for period in year if kept_back(definition, period)}
    return small | covers(definition, year, small) if small else small


def kept_back(definition: Definition, period: Sequence[Verified]) -> bool:
    """Whether the value in force may not be shown for its own sake."""
    return period[-1].reading.value is not None and period[-1] not in released(definition, period)


def open_revisions(definition: Definition, revisions: Sequence[Verified]) -> frozenset[int]:
    """The keys of the revisions that everybody may see: of no hidden period, and out before."""
    hidden = hidden_starts(definition, revisions)
    periods = [period for period in by_period(revisions) if period[0].start not in hidden]
    return frozenset(one.key for period in periods for one in released(definition, period))


def covers(definition: Definition, year: Sequence[Sequence[Verified]], small: set[date]) -> set[date]:
    """The values that are hidden only to protect the small ones, worked out release by release.

    What has been released cannot be taken back: somebody has it. So the cover is chosen among what comes out with
    the small value or after it, and only where the year has nothing more, among what is out already. A later release
    changes nothing of what an earlier one hid: the difference between the two tells nothing.
    """
    days = {period[-1].start: day_out(definition, period, small=period[-1].start in small) for period in year}
    valued = [period[-1] for period in year if period[-1].reading.value is not None]
    hidden: list[Verified] = []
    spent: list[Verified] = []
    for day in sorted(set(days.values())):
        hidden += [now for period in year if (now := period[-1]).start in small and days[now.start] == day]
        new = [one for one in valued if days[one.start] == day and one.start not in small]
        hidden += cover(definition, hidden, new)
        old = [one for one in valued if days[one.start] < day and one not in (*hidden, *spent)]
        spent += cover(definition, [*hidden, *spent], old)
    return {one.start for one in (*hidden, *spent)} - small


def day_out(definition: Definition, period: Sequence[Verified], *, small: bool) -> date:
    """The day on which a period's value came out; of one that is too small to be shown, the day it became so."""
    now = period[-1]
    same = [one.released for one in released(definition, period) if one.reading == now.reading]
    return now.released if small else min(same, default=now.released)


def cover(definition: Definition, hidden: Sequence[Verified], candidates: Sequence[Verified]) -> list[Verified]:
    """As many of the candidates, the fewest persons first, as the hidden ones need beside them."""
    taken: list[Verified] = []
    for one in sorted(candidates, key=lambda one: fewest(definition, one)):
        if not exposed(definition, [*hidden, *taken]):
            break
        taken.append(one)
    return taken


def exposed(definition: Definition, hidden: Sequence[Verified]) -> bool:
    """Whether the total of the hidden values, which anybody can work out, shows too few persons: one value, or a few
    small ones.
    """
    sums = zip(*(persons_in(definition, one.reading) for one in hidden), strict=True)
    together = [sum(count or 0 for count in counts) for counts in sums]
    return len(hidden) == 1 or suppressed(definition, together)


def fewest(definition: Definition, one: Verified) -> float:
    """The smallest number of persons that a value shows; a count of nobody last."""
    counts = [count for count in persons_behind(definition, one.reading, one.n) if count]
    return min(counts, default=float("inf"))
