"""The files of `policies/appraisal/`: each holds what the centre decided, and a broken one is refused."""

from datetime import date
from decimal import Decimal

import pytest
from pydantic import ValidationError

from hcqic_gov.core.errors import NotFound
from hcqic_gov.scenarios import assumptions
from hcqic_gov.scenarios.assumptions import DiscountSchedule, RateBand, SchedulePurpose
from hcqic_gov.scenarios.rules import LONGEST, Bias, Option

UPPER_BOUNDS = [
    (Bias.NONE, "0"),
    (Bias.STANDARD_BUILDINGS, "0.24"),
    (Bias.NON_STANDARD_BUILDINGS, "0.51"),
    (Bias.STANDARD_CIVIL, "0.44"),
    (Bias.NON_STANDARD_CIVIL, "0.66"),
    (Bias.EQUIPMENT, "2"),
    (Bias.OUTSOURCING, "0.41"),
]


@pytest.mark.parametrize(("category", "fraction"), UPPER_BOUNDS)
def test_upper_bounds_of_optimism_bias(category: Bias, fraction: str) -> None:
    assert assumptions.optimism().upper(category) == Decimal(fraction)


def test_a_sensitivity_is_never_the_schedule_in_force() -> None:
    assert assumptions.schedule_in_force(date(2026, 6, 1)).id == "GB2026"
    assert [s.id for s in assumptions.sensitivities()] == ["review-2026-proposal"]
    with pytest.raises(NotFound):
        assumptions.schedule_in_force(date(2019, 1, 1))


def test_a_qaly_is_worth_its_societal_value() -> None:
    assert assumptions.values().qaly_societal == 70000


def test_every_option_has_its_text() -> None:
    assert assumptions.option_title(Option.S0) == "S0 Business as usual, no centre"
    assert all(assumptions.options().text(option).main_risk for option in Option)


def test_every_price_has_source_and_day() -> None:
    assert all(price.source and price.as_of <= date(2026, 12, 31) for price in assumptions.prices().prices)


BROKEN_BANDS = [
    [],
    [(0, 30), (32, LONGEST)],
    [(1, LONGEST)],
    [(0, LONGEST - 1)],
]


@pytest.mark.parametrize("bands", BROKEN_BANDS)
def test_a_schedule_with_a_gap_is_refused(bands: list[tuple[int, int]]) -> None:
    rates = tuple(RateBand(first_year=first, last_year=last, percent=Decimal(3)) for first, last in bands)
    with pytest.raises(ValidationError, match="without a gap"):
        DiscountSchedule(
            id="x",
            title="x",
            owner="finance",
            review_date=date(2027, 1, 1),
            effective_from=date(2026, 1, 1),
            purpose=SchedulePurpose.APPRAISAL,
            standard=rates,
        )
