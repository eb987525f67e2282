"""Closed values beside what the registers say today: shown, never changed."""

from collections.abc import Sequence

from hcqic_gov.core.calendar import Period
from hcqic_gov.kpi.definitions import Definition
from hcqic_gov.kpi.rules import Reading
from hcqic_gov.kpi.views import Finding, KpiView, shown
from hcqic_gov.kpi.working_out import Drift, drifts
from hcqic_gov.web.centre import session

COMPARED = 6
"""The latest closed periods of a KPI that are compared: each asks its register once."""


def drifts_of(one: Definition, closed: frozenset[str]) -> Sequence[Drift]:
    """Of the latest closed periods of a worked-out KPI, those that would get another number today."""
    mine = [period for code in closed if (period := Period.parse(code)).frequency is one.frequency]
    return drifts(session(), one.code, sorted(mine, reverse=True)[:COMPARED]) if one.computed else ()


def told(view: KpiView, found: Sequence[Drift]) -> list[tuple[Period, str, str]]:
    """Period, the closed value and today's, as people read them; nothing of a value that may not be shown."""
    hidden = {row.start for row in view.findings if row.hidden}
    return [
        (
            drift.period,
            words(view.definition, drift.period, drift.kept, hidden=drift.period.start in hidden),
            words(view.definition, drift.period, drift.today, hidden=drift.period.start in hidden),
        )
        for drift in found
    ]


def words(one: Definition, period: Period, reading: Reading | None, *, hidden: bool) -> str:
    """Of persons nothing: the difference of the two may be a few."""
    if hidden or one.small_numbers:
        return "not shown (small numbers)"
    return shown(one, Finding(period.start, reading.outcome, reading.value) if reading else None)
