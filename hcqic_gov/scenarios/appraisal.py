"""Discounting and the results of an appraisal, all against business as usual.

Amounts and factors are Decimal, not numpy floats: a case has a few lines and at most some sixty years, a finance
director must be able to check each sum by hand, and the adopted figures are frozen with a hash, so they must come
out the same on every machine. Only the internal rate of return, a search for a root, uses floats.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import accumulate, pairwise

from hcqic_gov.scenarios.assumptions import HUNDRED, DiscountSchedule, RateBand
from hcqic_gov.scenarios.rules import COSTS, EARNED, MITIGATIONS, FundingStream, LineKind

ZERO = Decimal(0)
Series = tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class Flow:
    """One line of a case: an amount for each year; `bias` is the upper bound of its optimism bias (2 for 200 %)."""

    kind: LineKind
    amounts: Series
    bias: Decimal = ZERO
    stream: FundingStream | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """An option's lines over the years 0 to `last_year`; `mitigation` of its optimism bias from 0 to 1."""

    last_year: int
    flows: tuple[Flow, ...]
    mitigation: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Basis:
    """What a case is appraised by: cumulative factors of money and of health, and the value of a QALY in pounds."""

    money: Series
    health: Series
    qaly_value: Decimal


@dataclass(frozen=True, slots=True)
class Appraisal:
    """The results of one case against its baseline.

    Pounds in real terms; `bcr` and `irr` (a fraction) are None where they do not exist, `payback` where it is not
    reached. Jobs, earned income and in-kind contributions stand beside the figures; the first two never enter them.
    """

    pv_costs: Decimal
    pv_benefits: Decimal
    npsv: Decimal
    bcr: Decimal | None
    payback: int | None
    cost_per_project: Decimal | None
    irr: float | None
    net_benefit: Series
    net_cash: Series
    funding_gap: Series
    projects: Decimal
    qalys: Decimal
    jobs: Decimal
    earned_income: Decimal
    in_kind: Decimal


@dataclass(frozen=True, slots=True)
class SweepPoint:
    mitigation: Decimal
    npsv: Decimal
    bcr: Decimal | None


def factors(bands: Sequence[RateBand], last_year: int) -> Series:
    """Cumulative product of the yearly factors 1 / (1 + rate); year 0 is not discounted (Green Book)."""
    yearly = [1 / (1 + rate_of(bands, year) / HUNDRED) for year in range(1, last_year + 1)]
    return tuple(accumulate(yearly, lambda total, factor: total * factor, initial=Decimal(1)))


def rate_of(bands: Sequence[RateBand], year: int) -> Decimal:
    """The rate in per cent by which a year is discounted against the year before it."""
    return next(band.percent for band in bands if band.first_year <= year <= band.last_year)


def basis(schedule: DiscountSchedule, qaly_value: Decimal, last_year: int) -> Basis:
    return Basis(factors(schedule.standard, last_year), factors(schedule.health_or_standard, last_year), qaly_value)


def present_value(amounts: Iterable[Decimal], discounts: Series) -> Decimal:
    return sum((amount * factor for amount, factor in zip(amounts, discounts, strict=True)), ZERO)


def uplifted(flow: Flow, mitigation: Decimal) -> Series:
    """Cost x (1 + upper bound x (1 - mitigation)); other kinds of line carry no optimism bias."""
    factor = 1 + flow.bias * (1 - mitigation) if flow.kind in COSTS else Decimal(1)
    return tuple(amount * factor for amount in flow.amounts)


def yearly(case: Case, *kinds: LineKind, streams: frozenset[FundingStream] | None = None) -> Series:
    """The sum of all lines of these kinds (and streams) in each year, optimism bias included."""
    chosen = [
        uplifted(flow, case.mitigation)
        for flow in case.flows
        if flow.kind in kinds and (streams is None or flow.stream in streams)
    ]
    return tuple(sum((amounts[year] for amounts in chosen), ZERO) for year in range(case.last_year + 1))


def less(these: Series, those: Series) -> Series:
    return tuple(one - other for one, other in zip(these, those, strict=True))


def appraise(case: Case, baseline: Case, by: Basis) -> Appraisal:
    """All results of a case against its baseline. Errors: ValueError where the two have different last years."""

    def against(*kinds: LineKind, streams: frozenset[FundingStream] | None = None) -> Series:
        return less(yearly(case, *kinds, streams=streams), yearly(baseline, *kinds, streams=streams))

    spent = against(*COSTS)
    costs = against(*COSTS, LineKind.IN_KIND)
    benefits, qalys, projects = against(LineKind.BENEFIT), against(LineKind.QALY), against(LineKind.PROJECTS)
    net_benefit = tuple(b + q * by.qaly_value - c for b, q, c in zip(benefits, qalys, costs, strict=True))
    net_cash = less(against(LineKind.FUNDING), spent)
    pv_costs = present_value(costs, by.money)
    pv_benefits = present_value(benefits, by.money) + present_value(qalys, by.health) * by.qaly_value
    return Appraisal(
        pv_costs=pv_costs,
        pv_benefits=pv_benefits,
        npsv=pv_benefits - pv_costs,
        bcr=ratio(pv_benefits, pv_costs),
        payback=payback(net_benefit),
        cost_per_project=ratio(sum(costs, ZERO), sum(projects, ZERO)),
        irr=internal_rate(net_benefit),
        net_benefit=net_benefit,
        net_cash=net_cash,
        funding_gap=tuple(max(-cash, ZERO) for cash in net_cash),
        projects=sum(projects, ZERO),
        qalys=sum(qalys, ZERO),
        jobs=max(against(LineKind.JOBS), default=ZERO),
        earned_income=sum(against(LineKind.FUNDING, streams=EARNED), ZERO),
        in_kind=sum(against(LineKind.IN_KIND), ZERO),
    )


def ratio(numerator: Decimal, denominator: Decimal) -> Decimal | None:
    """None where the denominator is not positive: an option that costs no more than its baseline has no BCR."""
    return numerator / denominator if denominator > 0 else None


def payback(net: Series) -> int | None:
    """The first year from which the running total, undiscounted, stays at or above zero; None where it ends below."""
    running = list(accumulate(net))
    return next((year for year in range(len(running)) if all(total >= 0 for total in running[year:])), None)


def internal_rate(net: Series) -> float | None:
    """The rate at which the net benefits come to nothing; None unless they turn from negative to positive just once.

    With one change of sign there is exactly one root (Descartes); with more there may be several, and none is right.
    """
    signs = [amount > 0 for amount in net if amount]
    changes = sum(one != other for one, other in pairwise(signs))
    if changes != 1 or signs[0]:
        return None
    from scipy.optimize import brentq  # a second to load, for every process that never appraises

    flows = [float(amount) for amount in net]

    def value_at(rate: float) -> float:
        return sum(flow / (1 + rate) ** year for year, flow in enumerate(flows))

    low, high = -0.9, 10.0
    return float(brentq(value_at, low, high)) if value_at(low) > 0 > value_at(high) else None


def sweep(case: Case, baseline: Case, by: Basis) -> tuple[SweepPoint, ...]:
    """The case at each mitigation of its own optimism bias; the baseline keeps its own."""
    results = [(m, appraise(replace(case, mitigation=m), baseline, by)) for m in MITIGATIONS]
    return tuple(SweepPoint(mitigation, result.npsv, result.bcr) for mitigation, result in results)
