"""The rules of statistical process control as array functions: limits, and which points they flag.

Arrays are rows of groups by columns of points; a group shorter than the longest ends in NaN.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

LIMIT = 2.66  # of XmR charts: 3 / d2, for moving ranges of two
NEAR_LIMIT = 2 * LIMIT / 3
SCREEN = 3.267  # D4: a moving range at or above this many averages is screened out
SHIFT_POINTS = 7
TRIAL_BELOW = 13  # fewer points in a group than this give trial limits
LEAST_JUDGED = SHIFT_POINTS  # fewer cannot hold the longest run that the rules look for: no limits, no signals


@dataclass(frozen=True, slots=True)
class Ruleset:
    """What differs between published forms of the Making Data Count method."""

    name: str
    trend_points: int
    screening: bool
    beyond_counts_as_near: bool
    """Points beyond a limit count among the two of three."""
    inclusive_assurance: bool
    """A target that equals a limit counts as always met or always missed."""


PTD = Ruleset("ptd-0.2.2", 7, screening=True, beyond_counts_as_near=False, inclusive_assurance=False)
MDC = Ruleset("mdc-excel-2024", 6, screening=False, beyond_counts_as_near=True, inclusive_assurance=True)
RULESETS = {ruleset.name: ruleset for ruleset in (PTD, MDC)}


class Cause(StrEnum):
    """Why a point is flagged, in the order of precedence; that none is; or why the rules were not asked."""

    ABOVE_LIMIT = "above upper limit"
    BELOW_LIMIT = "below lower limit"
    INCREASING = "increasing trend"
    DECREASING = "decreasing trend"
    TWO_HIGH = "two of three near upper limit"
    TWO_LOW = "two of three near lower limit"
    SHIFT_HIGH = "shift above mean"
    SHIFT_LOW = "shift below mean"
    COMMON = "common cause"
    TOO_FEW = "too few values to judge"
    PARTLY_HIDDEN = "some values are not shown"

    @property
    def side(self) -> int:
        """1 for high or increasing, -1 for low or decreasing, else 0."""
        return SIDES[self]


CAUSES = tuple(Cause)[: list(Cause).index(Cause.COMMON) + 1]
"""What the rules answer; the others say that they were not asked."""
SIDES = {cause: (1 - 2 * (i % 2) if cause in CAUSES[:-1] else 0) for i, cause in enumerate(Cause)}


def steady_mean(rows: Floats) -> Floats:
    """The mean of each row in two passes, so that equal values have exactly that mean; 0 of none."""
    present = ~np.isnan(rows)
    count = np.maximum(present.sum(axis=1, keepdims=True), 1)
    first = np.where(present, rows, 0).sum(axis=1, keepdims=True) / count
    mean: Floats = first + np.where(present, rows - first, 0).sum(axis=1, keepdims=True) / count
    return mean


def average_moving_range(rows: Floats, screening: Bools) -> Floats:
    """The mean distance of neighbours; with screening, taken once more without the outlying ones."""
    ranges = np.abs(np.diff(rows, axis=1))
    average = steady_mean(ranges)
    dropped = screening[:, None] & (ranges >= SCREEN * average)
    return steady_mean(np.where(dropped, np.nan, ranges)) if dropped.any() else average


def limits(mean: Floats, amr: Floats) -> Floats:
    """Columns of mean, lower, upper, near lower and near upper limit; no floor at 0 and no cap at 100."""
    return np.hstack([mean, mean - LIMIT * amr, mean + LIMIT * amr, mean - NEAR_LIMIT * amr, mean + NEAR_LIMIT * amr])


def whole_windows(hits: Bools, size: int) -> Bools:
    """Where a window of `size` hits in a row begins."""
    total = np.pad(np.cumsum(hits, axis=1), ((0, 0), (1, 0)))
    return total[:, size:] - total[:, :-size] == size


def spread(windows: Bools, points: int, width: int) -> Bools:
    """The points that some window covers, each window being `points` wide from where it begins."""
    covered = np.zeros((len(windows), width), dtype=bool)
    for offset in range(points if windows.size else 0):
        covered[:, offset : offset + windows.shape[1]] |= windows
    return covered


def shifted(sides: Floats) -> Bools:
    """Seven in a row on one side of the mean."""
    windows = whole_windows(sides == 1, SHIFT_POINTS) | whole_windows(sides == -1, SHIFT_POINTS)
    return spread(windows, SHIFT_POINTS, sides.shape[1])


def trends(rows: Floats, points: int) -> Floats:
    """1 in a rising trend, -1 in a falling one, else 0.

    A point in both goes with the step after it, if the next point is in a trend too; else with the step before.
    """
    steps = np.sign(np.diff(rows, axis=1))
    windows = whole_windows(steps == 1, points - 1) | whole_windows(steps == -1, points - 1)
    trending = spread(windows, points, rows.shape[1])
    after, before = np.pad(steps, ((0, 0), (0, 1))), np.pad(steps, ((0, 0), (1, 0)))
    goes_on = np.pad(trending[:, 1:], ((0, 0), (0, 1))) & (after != 0)
    return np.where(trending, np.where(goes_on, after, before), 0)


def two_of_three(sides: Floats, near: Bools) -> Bools:
    """The near points of three on one side, of which at least two are near a limit."""
    one_side = whole_windows(sides == 1, 3) | whole_windows(sides == -1, 3)
    total = np.pad(np.cumsum(near, axis=1), ((0, 0), (1, 0)))
    windows = one_side & (total[:, 3:] - total[:, :-3] >= 2)
    return near & spread(windows, 3, sides.shape[1])


def causes(rows: Floats, lines: Floats, ruleset: Ruleset) -> NDArray[np.int_]:
    """For each point the place of its cause in `CAUSES`, by the rule that takes precedence."""
    mean, lower, upper, near_lower, near_upper = (lines[:, i : i + 1] for i in range(5))
    sides = np.sign(rows - mean)
    outside = (rows > upper) | (rows < lower)
    beyond_near = (rows > near_upper) | (rows < near_lower)
    near = beyond_near if ruleset.beyond_counts_as_near else beyond_near & ~outside
    trend = trends(rows, ruleset.trend_points)
    rule = np.select([outside, trend != 0, two_of_three(sides, near), shifted(sides)], [0, 1, 2, 3], 4)
    low = np.where(rule == 1, trend, sides) < 0
    codes: NDArray[np.int_] = np.minimum(rule * 2 + low, len(CAUSES) - 1)
    return codes
