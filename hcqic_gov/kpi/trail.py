"""What the audit trail shows of values that count persons: that they changed, and not their numbers."""

from dataclasses import replace
from typing import Any

from hcqic_gov.audit.queries import Entry
from hcqic_gov.kpi.definitions import catalogue
from hcqic_gov.kpi.models import Observation

NUMBERS = {"value", "numerator", "denominator", "n"}
WORDS = {"note", "source", "reason"}
"""Written by those who report, who know the numbers."""
KEPT_BACK = "not shown (counts persons)"


def without_persons(entry: Entry) -> Entry:
    """The entry as everybody may read it who reads the audit trail; those who report a KPI see its values there.

    Large numbers too, since a draft or an old revision may give a small one away.
    """
    if entry.kind != Observation.__tablename__ or not counts_persons(entry.subject.partition(" ")[0]):
        return entry
    changes = [covered(*change) if change[0] in NUMBERS | WORDS else change for change in entry.changes]
    return replace(entry, changes=changes, note=KEPT_BACK if entry.note else "")


def covered(name: str, before: Any, after: Any) -> tuple[str, Any, Any]:
    return name, before and KEPT_BACK, None if after is None else KEPT_BACK


def counts_persons(code: str) -> bool:
    return any(one.small_numbers for one in catalogue().get(code, ()))
