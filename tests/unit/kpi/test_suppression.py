"""Small numbers: a table of cases, each counted on paper from rule 5 of the KPI rules.

Rule 5: counts of persons below the KPI's own number are not shown, and a difference (over the year's total, or
between two releases) does not reveal them. H1 counts persons and G4 is a share of persons, both from 10 on; G6 counts
from 5 on, H8 is a rate with 5 incidents at least; H3 counts hours and hides nothing.
"""

import re
from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcqic_gov.core.calendar import Period
from hcqic_gov.kpi.definitions import Definition, definition
from hcqic_gov.kpi.rules import reading_of
from hcqic_gov.kpi.suppression import Verified, hidden_starts, open_revisions, persons_in, suppressed

QUARTERS = [Period.parse("2025-Q2").shifted(place).start for place in range(6)]
"""1 to 4 are those of the financial year 2025/26, 5 and 6 begin the next."""
FIRST = date(2026, 1, 1)
ENTRY = re.compile(r"(\d):(none|-?[\d.]+)(?:/([\d.]+))?(?:n(\d+))?(?:@(\d+))?")


def story(code: str, text: str) -> tuple[Definition, list[Verified]]:
    """`2:7@3` is 7 for the second quarter, verified on day 3 (else on the quarter's own number); a second entry for
    the same quarter corrects the first. `12/24` is numerator and denominator, `n4` four cases behind it.
    """
    one, made = definition(code, QUARTERS[0]), []
    for key, entry in enumerate(text.split()):
        match = ENTRY.fullmatch(entry)
        assert match, entry
        place, value, denominator, n, day = match.groups()
        reading = reading_of(
            one, None if value == "none" else float(value), float(denominator) if denominator else None
        )
        out = FIRST + timedelta(days=int(day or place))
        made.append(Verified(QUARTERS[int(place) - 1], reading, int(n) if n else None, out, key))
    made.sort(key=lambda row: (row.start, row.key))
    last = {row.start: row.key for row in made}
    return one, [
        Verified(row.start, row.reading, row.n, row.released, row.key, counts=last[row.start] == row.key)
        for row in made
    ]


def seen(code: str, text: str) -> str:
    """What everybody sees, quarter by quarter: the value, `?` for one that is hidden, `-` for none."""
    one, revisions = story(code, text)
    hidden = hidden_starts(one, revisions)
    now = [row for row in revisions if row.counts]
    return " ".join(
        "?" if row.start in hidden else "-" if row.reading.value is None else f"{row.reading.value:.4g}" for row in now
    )


ALONE = [
    ("H1", "1:0", "0", "nobody is shown by a count of nobody"),
    ("H1", "1:1", "?", "one person"),
    ("H1", "1:9", "?", "the last count below ten"),
    ("H1", "1:10", "10", "ten are enough"),
    ("H1", "1:11", "11", "just above"),
    ("H1", "1:9.6", "?", "on a screen it would round to 10, and yet they are fewer"),
    ("H1", "1:10.4", "10.4", "on a screen it rounds to 10, and they are ten at least"),
    ("H1", "1:-3", "?", "three fewer are three persons"),
    ("H1", "1:none", "-", "nothing reported, nothing hidden"),
    ("H1", "1:40n4", "?", "forty of only four cases: the four would be seen"),
    ("H1", "1:40n10", "40", "ten cases are enough"),
    ("G6", "1:4", "?", "this KPI hides below five"),
    ("G6", "1:5", "5", "five are enough for it"),
    ("H3", "1:2", "2", "hours are no persons"),
]
RATES = [
    ("G4", "1:12/24", "50", "12 in, 12 out"),
    ("G4", "1:9/24", "?", "9 in: 37.5 % of a known 24 is 9"),
    ("G4", "1:15/24", "?", "24 - 15 = 9 out"),
    ("G4", "1:10/20", "50", "10 in, 10 out"),
    ("G4", "1:10/19", "?", "19 - 10 = 9 out"),
    ("G4", "1:0/24", "0", "nobody in, 24 out"),
    ("G4", "1:24/24", "100", "24 in, nobody out"),
    ("G4", "1:4/8", "?", "8 were asked"),
    ("G4", "1:0/8", "?", "nobody in, but 8 were asked"),
    ("G4", "1:0/0", "-", "nobody was asked: not applicable, and nothing to hide"),
    ("G4", "1:1/3000", "?", "0.0 % on a screen; the file has it in full, and 3,000 times that is 1"),
    ("G4", "1:2990/3000", "99.67", "10 out"),
    ("G4", "1:2991/3000", "?", "9 out, though both numbers are large"),
    ("G4", "1:12/24n9", "?", "9 cases behind it"),
    ("H8", "1:4/2400", "?", "4 incidents"),
    ("H8", "1:5/2400", "2.083", "5 incidents: 5 x 1,000 / 2,400"),
    ("H8", "1:0/2400", "0", "no incident"),
]
TOTALS = [
    ("H1", "1:7", "?", "a year with one value so far"),
    (
        "H1",
        "1:31@4 2:7@4 3:23@4 4:44@4",
        "31 ? ? 44",
        "105 - 31 - 23 - 44 = 7, so the fewest, 23, goes too: 30 is left",
    ),
    ("H1", "1:31@4 2:7@4 3:44@4 4:23@4", "31 ? 44 ?", "the fewest, wherever it stands"),
    ("H1", "1:31@4 2:7@4 3:3@4 4:44@4", "31 ? ? 44", "85 - 31 - 44 = 10 persons in two quarters: enough"),
    ("H1", "1:31@4 2:4@4 3:3@4 4:44@4", "? ? ? 44", "82 - 31 - 44 = 7 persons in two quarters: 31 goes too"),
    ("H1", "1:4@4 2:3@4 3:0@4 4:0@4", "? ? ? ?", "the total itself, 7, is small: nothing of the year is shown"),
    ("H1", "1:0@4 2:0@4 3:4@4 4:0@4", "? ? ? ?", "a total of 4, and noughts would say where they are"),
    ("H1", "1:31@4 2:0@4 3:4@4 4:44@4", "? 0 ? 44", "a nought covers nothing: 31 goes, and 35 is left"),
    ("H1", "1:10@4 2:10@4 3:10@4 4:10@4", "10 10 10 10", "nothing small, nothing hidden"),
    ("H1", "1:7@4 2:none@4 3:31@4", "? - ?", "what was not reported covers nothing"),
    ("H1", "4:7 5:31", "? 31", "another financial year has another total"),
    ("H1", "4:31@5 5:7@5 6:12@5", "31 ? ?", "the cover is of the same year"),
    ("G4", "1:12/24@4 2:9/30@4 3:20/50@4 4:30/60@4", "? ? 40 50", "9 in alone; 9 + 12 = 21 in, 21 + 12 = 33 out"),
    ("G4", "1:12/24@4 2:15/24@4 3:20/50@4 4:30/60@4", "? ? 40 50", "9 out alone; 9 + 12 = 21 out"),
    ("G4", "1:0/24@4 2:9/30@4 3:0/50@4 4:0/60@4", "? ? ? ?", "9 in the whole year, so no share of it is shown"),
    ("H3", "1:31@4 2:7@4 3:23@4 4:44@4", "31 7 23 44", "hours again"),
]
RELEASES = [
    ("H1", "1:7 2:31 3:23 4:44", "? ? 23 44", "the next one is hidden before anybody has it: 38 is left"),
    ("H1", "1:31 2:7 3:23 4:44", "? ? ? 44", "31 is out: whoever has it takes it off, so 23 is hidden (7 + 23 = 30)"),
    ("H1", "1:31 2:7 3:23", "? ? ?", "31 stays hidden: 38 over two quarters less 31 would be 7"),
    ("H1", "1:31 2:7", "? ?", "38 - 31 = 7"),
    ("H1", "1:7 2:3 3:31 4:44", "? ? 31 44", "10 persons in two quarters"),
    ("H1", "1:4 2:3 3:31 4:44", "? ? ? 44", "7 persons in two quarters, so the third goes with them"),
    ("H1", "1:31 2:23 3:44 4:7", "31 ? 44 ?", "the last of the year: all is out, so the fewest at least is taken back"),
    ("H1", "3:30@1 1:7@2 2:40@3 4:50@4", "? ? ? 50", "by the day it comes out, not by the quarter"),
    ("H1", "1:7@3 3:30@1 3:44@3 4:50@4", "? ? 50", "44 is not out, though 30 was: it covers 7, and 51 is left"),
    ("H1", "1:7@3 3:44@1 3:44@3 4:50@4", "? ? ?", "44 was out, so 50 is hidden before it is"),
    ("H1", "1:7@1 2:31@1 3:12@3", "? ? 12", "31 came out with it, so it was never seen; 12 need not go"),
]
REVISED = [
    ("H1", "1:22@1 1:22@2", "22", "the same again"),
    ("H1", "1:22@1 1:25@2", "?", "25 - 22 = 3 persons, between two releases"),
    ("H1", "1:22@1 1:19@2", "?", "22 - 19 = 3"),
    ("H1", "1:22@1 1:31@2", "?", "9"),
    ("H1", "1:22@1 1:32@2", "32", "10"),
    ("H1", "1:5@1 1:25@2", "25", "5 was never out, so 25 - 5 cannot be asked"),
    ("H1", "1:25@1 1:5@2", "?", "5, however large it was"),
    ("H1", "1:22@1 1:25@2 1:22@3", "22", "25 was never out"),
    ("H1", "1:22@1 1:25@2 1:34@3", "34", "12 from the only one that was out"),
    ("H1", "1:22@1 1:25@2 1:29@3", "?", "7 from the one that was out"),
    ("G4", "1:12/24@1 1:12/30@2", "?", "six more were asked, and none of them was in"),
    ("G4", "1:12/24@1 1:24/48@2", "50", "12 more in, 12 more out"),
    ("H1", "1:31@1 2:40@2 3:44@3 2:6@4 4:50@5", "? ? 44 ?", "small since day 4: 31 goes, and 50 before it is out"),
    ("H1", "1:7@1 2:31@2 3:44@3 1:40@4", "40 31 44", "nothing is small any more; 7 was never out"),
]


@pytest.mark.parametrize(("code", "text", "expected", "why"), [*ALONE, *RATES, *TOTALS, *RELEASES, *REVISED])
def test_small_numbers(code: str, text: str, expected: str, why: str) -> None:
    assert seen(code, text) == expected, why


@pytest.mark.parametrize(
    ("text", "keys", "why"),
    [
        ("1:22@1 1:32@2", {0, 1}, "both were out"),
        ("1:5@1 1:25@2", {1}, "the first never was"),
        ("1:22@1 1:25@2", set(), "the one in force is hidden, and with it what it corrects"),
        ("1:22@1 1:25@2 1:34@3", {0, 2}, "25 never was"),
        ("1:31@1 2:7@1 3:23@1 2:40@2", {0, 2, 3}, "7 never was"),
        ("1:31@1 2:23@1 2:7@2", set(), "31 covers 7, and 23 goes with it"),
    ],
)
def test_old_revisions_show_no_more_than_the_one_in_force(text: str, keys: set[int], why: str) -> None:
    assert open_revisions(*story("H1", text)) == keys, why


COUNTS = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 4)), min_size=1, max_size=4)


def year_of(counts: Sequence[tuple[int, int]]) -> str:
    """Quarters in order, each on the day of the one before or later."""
    days = [sum(step for _, step in counts[: place + 1]) // 2 for place in range(len(counts))]
    return " ".join(f"{place}:{value}@{days[place - 1]}" for place, (value, _) in enumerate(counts, 1))


@given(COUNTS)
def test_the_years_total_gives_nothing_away(counts: list[tuple[int, int]]) -> None:
    """The total less all that is shown is nought, or enough persons in two periods, or everything there is."""
    one, revisions = story("H1", year_of(counts))
    hidden = hidden_starts(one, revisions)
    kept = [row for row in revisions if row.start in hidden]
    rest = sum(row.reading.value or 0 for row in kept)
    nothing_more = all(row.start in hidden or row.reading.value == 0 for row in revisions)
    assert not kept or nothing_more or (len(kept) > 1 and rest >= 10)
    assert not any(suppressed(one, persons_in(one, row.reading)) for row in revisions if row.start not in hidden)


@given(COUNTS)
def test_a_later_release_brings_nothing_hidden_to_light(counts: list[tuple[int, int]]) -> None:
    """Whoever keeps every release sees no value that an earlier one hid."""
    one, revisions = story("H1", year_of(counts))
    last = max(row.released for row in revisions)
    before = [row for row in revisions if row.released < last]
    assert hidden_starts(one, before) <= hidden_starts(one, revisions)


@given(COUNTS)
def test_whoever_has_every_release_cannot_work_it_out(counts: list[tuple[int, int]]) -> None:
    """What was ever shown, taken off the year's total, leaves no small number, but where the last release is small."""
    one, revisions = story("H1", year_of(counts))
    days = sorted({row.released for row in revisions})
    known = {
        row.start
        for day in days
        for so_far in [[other for other in revisions if other.released <= day]]
        for row in so_far
        if row.start not in hidden_starts(one, so_far)
    }
    rest = [row.reading.value or 0 for row in revisions if row.start not in known]
    small = [row for row in revisions if 0 < (row.reading.value or 0) < 10]
    came_last = any(row.released == days[-1] for row in small)
    assert came_last or not small or (len(rest) > 1 and (sum(rest) >= 10 or all_hidden(one, revisions)))


def all_hidden(one: Definition, revisions: list[Verified]) -> bool:
    hidden = hidden_starts(one, revisions)
    return all(row.start in hidden or row.reading.value == 0 for row in revisions)
