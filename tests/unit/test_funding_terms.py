"""Rates of funders and tolerances, as the policy file decides them."""

from datetime import date
from decimal import Decimal

import pytest

from hcqic_gov.core.errors import NotFound
from hcqic_gov.funding.rules import CostHeading
from hcqic_gov.funding.terms import terms

TERMS = terms(date(2026, 6, 1))

CONTRIBUTIONS = [
    ("ukri", CostHeading.STAFF, "100.00", "80.00"),
    ("ukri", CostHeading.INDIRECT, "33.33", "26.66"),
    ("ukri", CostHeading.STAFF, "0.03", "0.02"),
    ("charity", CostHeading.STAFF, "100.00", "100.00"),
    ("charity", CostHeading.ESTATES, "100.00", "0.00"),
    ("charity", CostHeading.INDIRECT, "100.00", "0.00"),
    ("full", CostHeading.ESTATES, "12.34", "12.34"),
    ("half", CostHeading.EQUIPMENT, "0.01", "0.01"),
]


@pytest.mark.parametrize(("funder", "heading", "cost", "paid"), CONTRIBUTIONS)
def test_what_a_funder_pays_of_a_full_economic_cost(funder: str, heading: CostHeading, cost: str, paid: str) -> None:
    assert TERMS.of(funder).contribution(Decimal(cost), heading) == Decimal(paid)


VARIANCES = [
    ("1000", "1050", False),
    ("1000", "1050.01", True),
    ("1000", "949.99", True),
    ("1000", "950", False),
    ("0", "0", False),
    ("0", "0.01", True),
]


@pytest.mark.parametrize(("budget", "outturn", "needs"), VARIANCES)
def test_a_line_beyond_the_tolerance_needs_a_reason(budget: str, outturn: str, needs: bool) -> None:
    assert TERMS.needs_reason(Decimal(budget), Decimal(outturn)) == needs


def test_before_the_first_terms_there_are_none() -> None:
    with pytest.raises(NotFound):
        terms(date(2020, 1, 1))
