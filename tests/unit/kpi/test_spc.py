"""SPC against published expected values, by table for the second ruleset, and by property."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hcqic_gov.kpi.spc import Assurance, Direction, Evaluation, Series, Variation, evaluate, evaluate_all, judged
from hcqic_gov.kpi.spc_rules import CAUSES, LEAST_JUDGED, MDC, PTD, RULESETS, Cause, Ruleset

DATA = json.loads((Path(__file__).parent / "data" / "ptd-0.2.2.json").read_text())
CODES = dict(zip("ULIDabABC", CAUSES, strict=True))
DIRECTIONS = {"increase": Direction.UP, "decrease": Direction.DOWN, "neutral": Direction.NEUTRAL}
START = date(2024, 1, 1)


def days(count: int) -> list[date]:
    return [START + timedelta(days=n) for n in range(count)]


def chart(values: list[float], **options: Any) -> Evaluation:
    ruleset: Ruleset = options.pop("ruleset", PTD)
    return evaluate(
        Series(days(len(values)), values, options.pop("direction", Direction.UP), **options), ruleset=ruleset
    )


def published(case: dict[str, Any]) -> Series:
    return Series(
        [date.fromisoformat(day) for day in case["dates"]],
        case["y"],
        DIRECTIONS[case["direction"]],
        target=case["target"],
        rebases=[date.fromisoformat(case["rebase"])] if case["rebase"] else [],
        fix_after=case["fix_after_n"],
        screening=case["screen_outliers"],
    )


def require_equal(result: Evaluation, case: dict[str, Any]) -> None:
    assert list(result.causes) == [CODES[code] for code in case["cause"]]
    assert result.variation == case["last_point_type"]
    assert result.assurance == case["assurance"]
    expected = [value for line in case["limits"] for value in (line["mean"], line["lpl"], line["upl"])]
    got = [value for group in result.groups for value in (group.mean, group.lower, group.upper)]
    assert got == pytest.approx(expected, rel=1e-9, abs=1e-12)
    assert [group.start for group in result.groups] == [result.days[line["start"]] for line in case["limits"]]


@pytest.mark.parametrize("case", DATA["cases"], ids=lambda case: case["id"])
def test_published_case(case: dict[str, Any]) -> None:
    require_equal(evaluate(published(case)), case)


def test_many_series_together_give_what_each_gives_alone() -> None:
    """Series of unlike lengths, directions and rebases share the arrays and must not touch one another."""
    series = [published(case) for case in DATA["cases"]]
    assert evaluate_all(series) == [evaluate(one) for one in series]


def test_constant_series_has_its_mean_as_limits() -> None:
    result = chart([1.0] * 15, target=0.95)
    assert (result.groups[0].lower, result.groups[0].upper) == (1.0, 1.0)
    assert set(result.causes) == {Cause.COMMON}
    assert result.assurance is Assurance.PASSING


def test_nothing_to_say_of_an_empty_series() -> None:
    result = chart([], target=1.0)
    assert (result.points, result.groups, result.variation, result.assurance, result.trial) == (
        (),
        (),
        None,
        None,
        False,
    )


def test_single_point_has_no_assurance() -> None:
    result = chart([5.0], target=9.0)
    assert (result.variation, result.assurance, result.trial) == (Variation.COMMON_CAUSE, None, True)


@pytest.mark.parametrize(("count", "trial"), [(12, True), (13, False)])
def test_limits_are_trial_below_thirteen_points(count: int, trial: bool) -> None:
    assert chart([1.0, 2.0] * 6 + [1.0] * (count - 12)).trial is trial


def test_trial_belongs_to_the_latest_group() -> None:
    result = chart([float(n % 3) for n in range(20)], rebases=[START + timedelta(days=15)])
    assert [group.trial for group in result.groups] == [False, True]
    assert result.trial


@pytest.mark.parametrize("rebase", [START - timedelta(days=3), START, START + timedelta(days=20)])
def test_rebase_outside_the_series_begins_no_group(rebase: date) -> None:
    assert len(chart([float(n % 4) for n in range(20)], rebases=[rebase]).groups) == 1


RISING_SIX = [5.0, 4.0, 5.0, 4.0, 1.0, 2.0, 3.0, 4.5, 5.5, 6.5, 4.0, 5.0, 4.0, 5.0]


@pytest.mark.parametrize(("ruleset", "flagged"), [(PTD, 0), (MDC, 6)])
def test_trend_of_six_points_is_the_excel_rule(ruleset: Ruleset, flagged: int) -> None:
    assert chart(RISING_SIX, ruleset=ruleset).causes.count(Cause.INCREASING) == flagged


def test_excel_ruleset_does_not_screen() -> None:
    values = [1.0, 2.0] * 8 + [12.0] + [1.0, 2.0] * 3
    assert chart(values, ruleset=MDC).groups == chart(values, screening=False).groups
    assert chart(values, ruleset=MDC).groups != chart(values).groups


def test_point_beyond_the_limit_counts_in_two_of_three_only_by_the_excel_rule() -> None:
    values = [0.0, 1.0] * 15
    values[20:22] = [3.4, 4.6]  # near, then beyond
    ptd, mdc = chart(values, screening=False), chart(values, ruleset=MDC)
    assert ptd.groups == mdc.groups
    assert (ptd.causes[20], ptd.causes[21]) == (Cause.COMMON, Cause.ABOVE_LIMIT)
    assert (mdc.causes[20], mdc.causes[21]) == (Cause.TWO_HIGH, Cause.ABOVE_LIMIT)


@pytest.mark.parametrize(
    ("ruleset", "direction", "limit", "expected"),
    [
        (PTD, Direction.UP, "upper", Assurance.HIT_AND_MISS),
        (MDC, Direction.UP, "upper", Assurance.FAILING),
        (MDC, Direction.UP, "lower", Assurance.PASSING),
        (PTD, Direction.DOWN, "upper", Assurance.HIT_AND_MISS),
        (MDC, Direction.DOWN, "upper", Assurance.PASSING),
        (MDC, Direction.DOWN, "lower", Assurance.FAILING),
    ],
)
def test_target_that_equals_a_limit(ruleset: Ruleset, direction: Direction, limit: str, expected: Assurance) -> None:
    values = [1.0, 2.0, 4.0] * 5
    target = getattr(chart(values, ruleset=ruleset).groups[0], limit)
    assert chart(values, ruleset=ruleset, direction=direction, target=target).assurance is expected


@pytest.mark.parametrize("ruleset", RULESETS.values(), ids=RULESETS)
def test_no_assurance_without_target_or_direction(ruleset: Ruleset) -> None:
    values = [1.0, 2.0] * 8
    assert chart(values, ruleset=ruleset).assurance is None
    assert chart(values, ruleset=ruleset, direction=Direction.NEUTRAL, target=1.0).assurance is None


@pytest.mark.parametrize(
    ("series", "reason"),
    [
        (Series(days(2), [1.0], Direction.UP), "one value for each day"),
        (Series(days(2)[::-1], [1.0, 2.0], Direction.UP), "in order"),
        (Series(days(2), [1.0, float("nan")], Direction.UP), "finite"),
        (Series(days(2), [1.0, float("inf")], Direction.UP), "finite"),
        (Series(days(2), [1.0, 2.0], Direction.UP, fix_after=11), "12 points"),
    ],
)
def test_series_that_cannot_be_evaluated(series: Series, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        evaluate(series)


whole = st.lists(st.integers(-1000, 1000).map(float), min_size=2, max_size=40)


def clear_of_lines(result: Evaluation) -> bool:
    """No value so near to a line that rounding could put it on the other side."""
    group = result.groups[0]
    lines = (group.mean, group.lower, group.upper, group.near_lower, group.near_upper)
    return all(value == line or abs(value - line) > 1e-6 for value in result.values for line in lines)


def bounds(result: Evaluation) -> list[float]:
    group = result.groups[0]
    return [group.mean, group.lower, group.upper, group.near_lower, group.near_upper]


@given(values=whole, shift=st.integers(-(10**6), 10**6), scale=st.sampled_from([0.25, 0.5, 2.0, 8.0]))
def test_shift_and_scale_move_the_limits_and_nothing_else(values: list[float], shift: int, scale: float) -> None:
    plain = chart(values)
    assume(clear_of_lines(plain))
    moved = chart([value * scale + shift for value in values])
    assert bounds(moved) == pytest.approx([bound * scale + shift for bound in bounds(plain)], rel=1e-9, abs=1e-6)
    assert moved.causes == plain.causes


MIRRORED = {cause: Cause.COMMON if not cause.side else list(Cause)[i ^ 1] for i, cause in enumerate(Cause)}


@given(values=whole, target=st.integers(-1000, 1000).map(float), ruleset=st.sampled_from([PTD, MDC]))
def test_mirrored_series_with_mirrored_direction_has_the_same_icons(
    values: list[float], target: float, ruleset: Ruleset
) -> None:
    up = chart(values, target=target, ruleset=ruleset)
    down = chart([-value for value in values], direction=Direction.DOWN, target=-target, ruleset=ruleset)
    assert (down.variation, down.assurance) == (up.variation, up.assurance)
    assert list(down.causes) == [MIRRORED[cause] for cause in up.causes]


@pytest.mark.parametrize(("count", "few"), [(LEAST_JUDGED - 1, True), (LEAST_JUDGED, False)])
def test_too_few_points_have_no_limits_and_no_signals(count: int, few: bool) -> None:
    result = judged(chart([1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 9.0][-count:], target=1.0))
    assert (result.limits[0] is None) is few
    assert (result.variation is Variation.NOT_JUDGED) is few
    assert (result.assurance is None) is few
    assert (set(result.causes) == {Cause.TOO_FEW}) is few


def test_a_hidden_value_silences_its_own_group_only() -> None:
    values, anew = [1.0, 2.0] * 10, START + timedelta(days=10)
    whole = chart(values, rebases=[anew])
    early = judged(whole, rebases=[anew], hidden=[START + timedelta(days=9, hours=0)])
    assert [group.unjudged for group in early.groups] == [Cause.PARTLY_HIDDEN, None]
    assert early.limits[:10] == (None,) * 10
    assert early.causes[10:] == whole.causes[10:]
    late = judged(whole, rebases=[anew], hidden=[anew])
    assert late.variation is Variation.NOT_JUDGED
    assert late.assurance is None
