"""Periods as rules: who closes what, knowing what; targets that a closed period keeps; trajectories."""

from dataclasses import replace
from datetime import date

import pytest

from hcqic_gov.core.calendar import Period
from hcqic_gov.core.errors import Invalid
from hcqic_gov.kpi.closing_rules import CLOSING, Gap, Gaps, PeriodFacts, Standing, targets_open
from hcqic_gov.kpi.definitions import Thresholds, definition
from hcqic_gov.kpi.rules import Level, PeriodStatus, Status, level, open_ruling, period_status
from hcqic_gov.kpi.targets import Trajectory, Wanted
from hcqic_gov.kpi.views import Goal, Step, goals_of

DAY = date(2026, 6, 1)
MAY = Period.parse("2026-05")
FACTS = PeriodFacts(MAY, DAY)
LACKING = replace(FACTS, gaps=Gaps(2, 1), knowing=True, reason="Nobody knows")


@pytest.mark.parametrize(
    ("move", "standing", "facts", "code"),
    [
        ("close_period", Standing.OPEN, FACTS, ""),
        ("close_period", Standing.OPEN, replace(FACTS, today=MAY.end), "period_over"),
        ("close_period", Standing.OPEN, LACKING, ""),
        ("close_period", Standing.OPEN, replace(LACKING, knowing=False), "gaps_known"),
        ("close_period", Standing.OPEN, replace(LACKING, reason=" "), "gaps_explained"),
        ("close_period", Standing.CLOSED, FACTS, "wrong_state"),
        ("reopen_period", Standing.CLOSED, replace(FACTS, reason="Counted twice"), ""),
        ("reopen_period", Standing.CLOSED, replace(FACTS, reason=" "), "reopening_explained"),
        ("reopen_period", Standing.OPEN, replace(FACTS, reason="Counted twice"), "wrong_state"),
    ],
)
def test_move(move: str, standing: Standing, facts: PeriodFacts, code: str) -> None:
    assert CLOSING.ruling(move, standing, facts).code == code


def test_gaps_are_counted_apart() -> None:
    one = definition("O8", DAY)
    found = Gaps.of([Gap(one), Gap(one, Status.SUBMITTED, 3), Gap(one, Status.DRAFT, 4, correction=True)])
    assert (found.missing, found.unverified, found.mark) == (1, 2, "1 missing, 2 unverified")
    assert not Gaps()


def test_a_closed_period_says_what_to_do() -> None:
    ruling = open_ruling(MAY, closed=True)
    assert (ruling.code, "reopen the period with a reason" in ruling.reason) == ("period_open", True)
    assert open_ruling(MAY, closed=False).allowed


@pytest.mark.parametrize(
    ("first", "until", "allowed"),
    [
        ("2026-05", None, False),
        ("2026-04", None, False),
        ("2026-04", date(2026, 5, 1), True),
        ("2026-06", None, True),
        ("2026-Q2", None, True),
    ],
)
def test_a_target_never_reaches_a_closed_period(first: str, until: date | None, allowed: bool) -> None:
    ruling = targets_open([MAY], Period.parse(first), until)
    assert (ruling.allowed, ruling.code) == (allowed, "" if allowed else "targets_open")


def test_a_trajectory_is_a_straight_line() -> None:
    line = Trajectory(Period.parse("2026-05"), Period.parse("2026-08"), 90, 91.25)
    assert {period.code: one for period, one in line.wanted(80, 1).items()} == {
        "2026-05": Wanted(90, 80),
        "2026-06": Wanted(90.4, 80),
        "2026-07": Wanted(90.8, 80),
        "2026-08": Wanted(91.25, 80),
    }


@pytest.mark.parametrize("last", ["2026-05", "2026-04", "2031-06", "2026-Q4"])
def test_a_trajectory_has_a_beginning_and_an_end(last: str) -> None:
    with pytest.raises(Invalid, match="after the first one"):
        Trajectory(MAY, Period.parse(last), 90, 95).wanted(None, 1)


def test_each_period_has_the_goal_set_last_before_it() -> None:
    one, months = definition("O8", DAY), [date(2026, month, 1) for month in (3, 4, 5, 6)]
    steps = [Step(months[1], 85.0), Step(months[3], 95.0, threshold=70.0)]
    assert goals_of(one, steps, months) == [Goal(90.0), Goal(85.0), Goal(85.0), Goal(95.0, 70.0)]


def test_a_new_version_leaves_earlier_periods_the_levels_of_theirs() -> None:
    levels = Thresholds(threshold=85, full=95, upper=99)
    newer = definition("O8", DAY).model_copy(update={"version": 2, "effective_from": MAY.start, "thresholds": levels})
    assert goals_of(newer, [], [date(2026, 4, 1), MAY.start]) == [Goal(90.0, 80.0), Goal(95.0)]


@pytest.mark.parametrize(
    ("value", "target", "threshold", "expected"),
    [
        (84.0, 95.0, 85.0, Level.MISSED),
        (85.0, 95.0, 85.0, Level.NEAR),
        (98.0, 99.0, None, Level.NEAR),
        (99.0, 99.0, None, Level.MET),
        (97.0, 90.0, None, Level.EXCEEDS),
    ],
)
def test_threshold_of_the_period_and_no_praise_below_its_target(
    value: float, target: float, threshold: float | None, expected: Level
) -> None:
    """O8: threshold 80, full 90, upper 97; the upper level counts only beyond the period's own target."""
    assert level(definition("O8", DAY), value, target, threshold) is expected


def test_nothing_is_due_for_a_closed_period() -> None:
    one = definition("O8", DAY)
    assert period_status(one, MAY, today=DAY, verified=False, closed=True) is PeriodStatus.CLOSED
    assert period_status(one, MAY, today=DAY, verified=True, closed=True) is PeriodStatus.REPORTED
