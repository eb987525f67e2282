"""Statistical process control: one evaluation of a series, used by screen, PDF and export alike."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from itertools import accumulate, chain, pairwise, repeat
from math import isfinite

import numpy as np

from hcqic_gov.kpi.spc_rules import (
    CAUSES,
    LEAST_JUDGED,
    PTD,
    TRIAL_BELOW,
    Cause,
    Floats,
    Ruleset,
    average_moving_range,
    causes,
    limits,
    steady_mean,
)

LEAST_BASE = 12


class Direction(StrEnum):
    """Which way is better; neutral where neither is."""

    UP = "up"
    DOWN = "down"
    NEUTRAL = "neutral"


class Variation(StrEnum):
    """What a point says of the process."""

    COMMON_CAUSE = "common_cause"
    IMPROVEMENT = "special_cause_improvement"
    CONCERN = "special_cause_concern"
    NEUTRAL_HIGH = "special_cause_neutral_high"
    NEUTRAL_LOW = "special_cause_neutral_low"
    NOT_JUDGED = "not_judged"


class Assurance(StrEnum):
    """Whether the process, as it is, meets its target."""

    PASSING = "consistent_pass"
    FAILING = "consistent_fail"
    HIT_AND_MISS = "inconsistent"


@dataclass(frozen=True, slots=True)
class Point:
    """One value of the series and what the rules say of it."""

    day: date
    value: float
    cause: Cause
    variation: Variation


@dataclass(frozen=True, slots=True)
class Limits:
    """Mean and limits from `start` on; `trial` where they rest on fewer than 13 points; nothing where not judged."""

    start: date
    points: int
    mean: float
    lower: float
    upper: float
    near_lower: float
    near_upper: float
    unjudged: Cause | None = None
    """Why these limits may not be used."""

    @property
    def trial(self) -> bool:
        return self.points < TRIAL_BELOW


@dataclass(frozen=True, slots=True)
class Series:
    """What is evaluated: values in order of date, and what the centre has decided about them.

    Days without a value are left out: neighbours in the series are neighbours on the chart. `rebases` are the days
    from which limits start anew; `fix_after` takes the limits of each group from its first values only (12 or more);
    `screening` overrides the ruleset.
    """

    days: Sequence[date]
    values: Sequence[float]
    direction: Direction
    target: float | None = None
    rebases: Sequence[date] = ()
    fix_after: int | None = None
    screening: bool | None = None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The one result: what the chart draws, the icons show, the PDF prints and the export lists."""

    days: tuple[date, ...]
    values: tuple[float, ...]
    causes: tuple[Cause, ...]
    groups: tuple[Limits, ...]
    direction: Direction
    assurance: Assurance | None
    ruleset: str

    @property
    def points(self) -> tuple[Point, ...]:
        return tuple(
            Point(day, value, cause, variation_of(cause, self.direction))
            for day, value, cause in zip(self.days, self.values, self.causes, strict=True)
        )

    @property
    def variation(self) -> Variation | None:
        """What the last point says; None of a series without points."""
        return variation_of(self.causes[-1], self.direction) if self.causes else None

    @property
    def limits(self) -> tuple[Limits | None, ...]:
        """For each point the limits that hold for it; None where it is not judged."""
        known = ((None if group.unjudged else group, group.points) for group in self.groups)
        return tuple(chain.from_iterable(repeat(group, points) for group, points in known))

    @property
    def trial(self) -> bool:
        """The latest limits are trial limits."""
        return bool(self.groups) and self.groups[-1].trial


def evaluate(series: Series, *, ruleset: Ruleset = PTD) -> Evaluation:
    """The XmR evaluation of one series, after NHS England's Making Data Count.

    Errors: ValueError for unequal lengths, days out of order, values that are not finite, and `fix_after` under 12.
    """
    return evaluate_all([series], ruleset=ruleset)[0]


def evaluate_all(many: Sequence[Series], *, ruleset: Ruleset = PTD) -> list[Evaluation]:
    """The evaluations of many series, worked out together: the arrays hold one row for each rebase group."""
    for series in many:
        require_series(series)
    starts = [group_starts(series) for series in many]
    groups = [
        (series, first, last)
        for series, firsts in zip(many, starts, strict=True)
        for first, last in pairwise([*firsts, len(series.days)])
    ]
    rows = padded([series.values[first:last] for series, first, last in groups])
    lines = group_limits(rows, [series for series, _, _ in groups], ruleset)
    codes = causes(rows, lines, ruleset).tolist()
    bounds = [
        Limits(series.days[first], last - first, *row)
        for (series, first, last), row in zip(groups, lines.tolist(), strict=True)
    ]
    ends = list(accumulate((len(firsts) for firsts in starts), initial=0))
    return [
        result(series, bounds[first:last], codes[first:last], ruleset)
        for series, first, last in zip(many, ends, ends[1:], strict=False)
    ]


def judged(evaluation: Evaluation, *, rebases: Sequence[date] = (), hidden: Sequence[date] = ()) -> Evaluation:
    """The same without limits and signals for groups of too few points, and for those with a value that is `hidden`.

    Limits over the values that happen to be shown would be limits of a selection, and tell of the hidden ones.
    """
    closed = {bisect_right(rebases, day) for day in hidden}
    groups = tuple(
        replace(group, unjudged=reason_not_to_judge(group, closed=bisect_right(rebases, group.start) in closed))
        for group in evaluation.groups
    )
    reasons = chain.from_iterable(repeat(group.unjudged, group.points) for group in groups)
    causes = tuple(reason or cause for reason, cause in zip(reasons, evaluation.causes, strict=True))
    assurance = None if groups and groups[-1].unjudged else evaluation.assurance
    return replace(evaluation, groups=groups, causes=causes, assurance=assurance)


def reason_not_to_judge(group: Limits, *, closed: bool) -> Cause | None:
    if closed:
        return Cause.PARTLY_HIDDEN
    return Cause.TOO_FEW if group.points < LEAST_JUDGED else None


def padded(groups: Sequence[Sequence[float]]) -> Floats:
    """The groups as rows; the short ones end in NaN."""
    rows = np.full((len(groups), max(map(len, groups), default=0)), np.nan)
    for row, group in zip(rows, groups, strict=True):
        row[: len(group)] = group
    return rows


def group_limits(rows: Floats, series: Sequence[Series], ruleset: Ruleset) -> Floats:
    """The limits of each row, from its first values only where they are fixed."""
    fixed = np.array([one.fix_after or rows.shape[1] for one in series]).reshape(-1, 1)
    base = np.where(np.arange(rows.shape[1]) < fixed, rows, np.nan)
    screened = [ruleset.screening if one.screening is None else one.screening for one in series]
    return limits(steady_mean(base), average_moving_range(base, np.array(screened, dtype=bool)))


def result(series: Series, groups: list[Limits], codes: list[list[int]], ruleset: Ruleset) -> Evaluation:
    flagged = tuple(CAUSES[code] for group, row in zip(groups, codes, strict=True) for code in row[: group.points])
    assurance = assured(groups[-1], series, inclusive=ruleset.inclusive_assurance) if groups else None
    values = tuple(map(float, series.values))
    return Evaluation(tuple(series.days), values, flagged, tuple(groups), series.direction, assurance, ruleset.name)


def require_series(series: Series) -> None:
    days = series.days
    if len(days) != len(series.values):
        raise ValueError("a series needs one value for each day")
    if any(later <= earlier for earlier, later in pairwise(days)):
        raise ValueError("the days of a series must be in order, each once")
    if not all(map(isfinite, series.values)):
        raise ValueError("each value of a series must be a finite number")
    if series.fix_after is not None and series.fix_after < LEAST_BASE:
        raise ValueError(f"limits can be fixed after {LEAST_BASE} points or more")


def group_starts(series: Series) -> list[int]:
    """The place of the first point of each group; rebases beyond the series begin none."""
    starts = {bisect_left(series.days, rebase) for rebase in series.rebases}
    return sorted(({0} | starts) - {len(series.days)})


def variation_of(cause: Cause, direction: Direction) -> Variation:
    """High is better where the direction is up; without a direction, high and low are neither good nor bad."""
    if cause not in CAUSES:
        return Variation.NOT_JUDGED
    if cause is Cause.COMMON:
        return Variation.COMMON_CAUSE
    if direction is Direction.NEUTRAL:
        return Variation.NEUTRAL_HIGH if cause.side > 0 else Variation.NEUTRAL_LOW
    better = cause.side > 0 if direction is Direction.UP else cause.side < 0
    return Variation.IMPROVEMENT if better else Variation.CONCERN


def assured(group: Limits, series: Series, *, inclusive: bool) -> Assurance | None:
    """Whether the limits lie wholly on one side of the target; None without target, direction or moving range."""
    target, direction = series.target, series.direction
    if target is None or direction is Direction.NEUTRAL or group.points < 2:
        return None
    over = target > group.upper or (inclusive and target == group.upper)
    under = target < group.lower or (inclusive and target == group.lower)
    if over == under:
        return Assurance.HIT_AND_MISS
    return Assurance.FAILING if over == (direction is Direction.UP) else Assurance.PASSING
