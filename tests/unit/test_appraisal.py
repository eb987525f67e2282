"""Discounting against published factors, and results against sums done by hand."""

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import pytest

from hcqic_gov.scenarios import appraisal, assumptions
from hcqic_gov.scenarios.appraisal import Basis, Case, Flow
from hcqic_gov.scenarios.rules import FundingStream, LineKind

D = Decimal
GB2026 = assumptions.schedule("GB2026")

PUBLISHED = [
    ("standard", 0, "1.0000"),
    ("standard", 1, "0.9662"),
    ("standard", 5, "0.8420"),
    ("standard", 10, "0.7089"),
    ("standard", 30, "0.3563"),
    ("standard", 31, "0.3459"),
    ("standard", 60, "0.1468"),
    ("standard", 75, "0.0942"),
    ("standard", 76, "0.0919"),
    ("health", 0, "1.0000"),
    ("health", 10, "0.8617"),
    ("health", 30, "0.6398"),
    ("health", 31, "0.6316"),
    ("health", 75, "0.3594"),
]


@pytest.mark.parametrize(("stream", "year", "expected"), PUBLISHED)
def test_cumulative_factors_are_those_published(stream: str, year: int, expected: str) -> None:
    factors = appraisal.factors(getattr(GB2026, stream), 125)
    assert factors[year].quantize(D("0.0001")) == D(expected)


def test_the_proposal_has_one_rate_for_money_and_health() -> None:
    proposal = assumptions.schedule("review-2026-proposal")
    by = appraisal.basis(proposal, D(70000), 40)
    assert by.money == by.health
    assert by.money[40].quantize(D("0.0001")) == D("0.3066")  # 1.03 ** -40


def flows(*entries: tuple[LineKind, str]) -> tuple[Flow, ...]:
    return tuple(Flow(kind, amounts(series)) for kind, series in entries)


NOTHING = Case(2, ())
TEN_PERCENT = Basis((D(1), 1 / D("1.1"), 1 / D("1.21")), (D(1), D("0.5"), D("0.25")), D(100))
"""Round factors, so that the sums below can be done on paper."""


def amounts(text: str) -> tuple[Decimal, ...]:
    return tuple(D(amount) for amount in text.split())


def appraised(*entries: tuple[LineKind, str], baseline: Case = NOTHING, mitigation: str = "1") -> appraisal.Appraisal:
    return appraisal.appraise(Case(2, flows(*entries), D(mitigation)), baseline, TEN_PERCENT)


def test_money_is_discounted_by_hand() -> None:
    result = appraised((LineKind.CAPITAL, "1000 0 0"), (LineKind.BENEFIT, "0 660 726"))
    assert result.pv_costs == 1000
    assert round(result.pv_benefits, 6) == 1200  # 660 / 1.1 + 726 / 1.21 = 600 + 600
    assert round(result.npsv, 6) == 200
    assert result.bcr is not None
    assert round(result.bcr, 6) == D("1.2")
    assert result.payback == 2  # -1000, -340, +386


def test_health_has_a_stream_of_its_own() -> None:
    result = appraised((LineKind.RUNNING, "100 0 0"), (LineKind.QALY, "0 2 4"))
    assert result.pv_benefits == 200  # 100 x (2 x 0.5 + 4 x 0.25)
    assert result.qalys == 6


def test_results_are_against_the_baseline() -> None:
    baseline = Case(2, flows((LineKind.RUNNING, "10 10 10"), (LineKind.BENEFIT, "5 5 5")))
    same = appraised((LineKind.RUNNING, "10 10 10"), (LineKind.BENEFIT, "5 5 5"), baseline=baseline)
    assert same.npsv == 0
    assert same.bcr is None  # it costs no more than business as usual
    dearer = appraised((LineKind.RUNNING, "110 10 10"), (LineKind.BENEFIT, "5 225 5"), baseline=baseline)
    assert dearer.pv_costs == 100
    assert round(dearer.npsv, 6) == 100  # 220 / 1.1 - 100


def test_a_baseline_over_other_years_is_no_baseline() -> None:
    with pytest.raises(ValueError, match="zip"):
        appraised((LineKind.RUNNING, "1 1 1"), baseline=Case(3, ()))


OUTSIDE_NPSV = [
    (LineKind.JOBS, "50 50 50"),
    (LineKind.FUNDING, "900 900 900"),
    (LineKind.PROJECTS, "3 3 4"),
]


@pytest.mark.parametrize("outside", OUTSIDE_NPSV)
def test_jobs_leverage_and_income_never_enter_npsv_or_bcr(outside: tuple[LineKind, str]) -> None:
    core = ((LineKind.CAPITAL, "1000 0 0"), (LineKind.BENEFIT, "0 660 726"))
    without, with_it = appraised(*core), appraised(*core, outside)
    assert (with_it.npsv, with_it.bcr, with_it.irr) == (without.npsv, without.bcr, without.irr)


def test_in_kind_is_a_resource_but_not_cash() -> None:
    result = appraised((LineKind.RUNNING, "100 0 0"), (LineKind.IN_KIND, "40 0 0"))
    assert result.pv_costs == 140
    assert result.net_cash == amounts("-100 0 0")
    assert result.in_kind == 40


def test_cash_and_gap_by_year_and_earned_income() -> None:
    case = Case(
        2,
        (
            Flow(LineKind.RUNNING, (D(100), D(100), D(100))),
            Flow(LineKind.FUNDING, (D(80), D(60), D(50)), stream=FundingStream.CORE_GRANT),
            Flow(LineKind.FUNDING, (D(0), D(40), D(70)), stream=FundingStream.FEE_NHS),
        ),
    )
    result = appraisal.appraise(case, NOTHING, TEN_PERCENT)
    assert result.net_cash == amounts("-20 0 20")
    assert result.funding_gap == amounts("20 0 0")
    assert result.earned_income == 110


def test_cost_per_project_and_most_jobs() -> None:
    result = appraised((LineKind.RUNNING, "100 100 100"), (LineKind.PROJECTS, "0 2 4"), (LineKind.JOBS, "1 5 3"))
    assert (result.cost_per_project, result.projects, result.jobs) == (D(50), D(6), D(5))
    assert appraised((LineKind.RUNNING, "100 100 100")).cost_per_project is None


BIAS = [("0", "-2000"), ("0.25", "-1500"), ("0.5", "-1000"), ("0.75", "-500"), ("1", "0")]


def test_the_sweep_shows_every_mitigation() -> None:
    case = Case(
        2,
        (Flow(LineKind.CAPITAL, (D(1000), D(0), D(0)), bias=D(2)), Flow(LineKind.BENEFIT, (D(1000), D(0), D(0)))),
        mitigation=D("0.3"),
    )
    points = appraisal.sweep(case, NOTHING, TEN_PERCENT)
    assert [(point.mitigation, point.npsv) for point in points] == [(D(m), D(npsv)) for m, npsv in BIAS]
    assert points[0].bcr == D(1000) / D(3000)
    assert all(one.npsv <= other.npsv for one, other in pairwise(points))


def test_optimism_bias_touches_cash_costs_only() -> None:
    benefit = Flow(LineKind.BENEFIT, (D(10),), bias=D(2))
    assert appraisal.uplifted(benefit, D(0)) == (D(10),)
    assert appraisal.uplifted(replace(benefit, kind=LineKind.RUNNING), D("0.5")) == (D(20),)


PAYBACKS = [
    ("-10 5 5", 2),
    ("-10 20 -20", None),
    ("-10 20 -5", 1),
    ("0 0 0", 0),
    ("5 -1 -1", 0),
    ("-10 5 4", None),
    ("-10 12 -4 3", 3),
]


@pytest.mark.parametrize(("net", "year"), PAYBACKS)
def test_payback_is_the_first_year_that_stays_paid_back(net: str, year: int | None) -> None:
    assert appraisal.payback(amounts(net)) == year


RATES = [
    ("-100 110", 0.10),
    ("-100 0 121", 0.10),
    ("-100 60 60", 0.130662),  # 100 x² = 60 x + 60, x = 1.130662
    ("-100 50 40", -0.069926),  # 10 x² = 5 x + 4, x = 0.930074
    ("100 110", None),
    ("-100 -10", None),
    ("-100 300 -210", None),  # two changes of sign: two rates, none of them right
    ("100 -110", None),
    ("0 0", None),
    ("-1 100", None),  # beyond 1,000 % a year: not a rate to report
]


@pytest.mark.parametrize(("net", "rate"), RATES)
def test_internal_rate_where_it_exists(net: str, rate: float | None) -> None:
    found = appraisal.internal_rate(amounts(net))
    assert found == (None if rate is None else pytest.approx(rate, abs=1e-5))
