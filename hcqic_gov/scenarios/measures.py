"""What the adopted scenario answers to KPIs, from its frozen results: a later change of policy does not move them."""

from dataclasses import dataclass
from decimal import Decimal

from sqlmodel import Session

from hcqic_gov.core.calendar import Period
from hcqic_gov.core.measure import Measure
from hcqic_gov.core.money import pence
from hcqic_gov.scenarios.queries import adopted_at


@dataclass(frozen=True, slots=True)
class Frozen:
    """Present values that the adopted scenario was adopted with, in pounds of its price year."""

    costs: Decimal
    benefits: Decimal


def frozen_results(session: Session, period: Period) -> Frozen | None:
    """Of the scenario that was the adopted one at the end of the period; None where there was none."""
    row = adopted_at(session, period.closes)
    if row is None or row.frozen is None:
        return None
    results = row.frozen["results"]
    return Frozen(Decimal(results["pv_costs"]), Decimal(results["pv_benefits"]))


def npsv(session: Session, period: Period) -> Measure | None:
    """E4: net present social value of the adopted scenario against business as usual."""
    results = frozen_results(session, period)
    return Measure(pence(results.benefits - results.costs)) if results else None


def bcr(session: Session, period: Period) -> Measure | None:
    """E5: present benefits over present costs of the adopted scenario; not applicable where it costs no more."""
    results = frozen_results(session, period)
    return Measure(pence(results.benefits), max(pence(results.costs), Decimal(0))) if results else None
