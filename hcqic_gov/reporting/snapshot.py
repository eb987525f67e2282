"""What a funder report says, frozen: the HTML preview and the PDF are both made from this value alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter

from hcqic_gov.core.canonical import fingerprint, plain


class Level(StrEnum):
    """Status on three levels, and the two ways of having none; never shown without its word."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    NOT_RATED = "not_rated"
    NOT_REPORTED = "not_reported"


class Cause(StrEnum):
    """What an SPC point means."""

    COMMON = "common"
    IMPROVEMENT = "improvement"
    CONCERN = "concern"
    NEUTRAL = "neutral"
    NOT_JUDGED = "not_judged"


@dataclass(frozen=True, slots=True)
class About:
    """Which report this is: for whom, for which awards and for which period."""

    title: str
    funder: str
    awards: tuple[str, ...]
    period_code: str
    period_label: str
    period_start: date
    period_end: date
    frozen_at: datetime


@dataclass(frozen=True, slots=True)
class Narrative:
    """What people write: UKRI's three questions, what is asked of the funder, and what comes next."""

    achievements: str = ""
    taken_forward: str = ""
    objectives: str = ""
    asks: str = ""
    next_period: str = ""


@dataclass(frozen=True, slots=True)
class Point:
    """One point of an SPC chart with the lines that hold for it; a line is None where there is none."""

    period: str
    day: date
    value: float
    mean: float | None = None
    lower: float | None = None
    upper: float | None = None
    near_lower: float | None = None
    near_upper: float | None = None
    target: float | None = None
    cause: Cause = Cause.COMMON
    rule: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Kpi:
    """One KPI as the dashboard shows it: `reading`, `target` and `status` are the very words on the screen.

    `policy` is the fingerprint of the definition, `decimals` how many its values have.
    """

    code: str
    name: str
    dimension: str
    definition: str
    unit: str
    decimals: int
    reading: str
    value: float | None
    target: str
    level: Level
    status: str
    variation: str
    variation_cause: Cause
    assurance: str
    period: str
    basis: str
    source: str
    summary: str
    ruleset: str
    policy: str
    points: tuple[Point, ...] = ()


@dataclass(frozen=True, slots=True)
class Milestone:
    project: str
    title: str
    baseline: date
    forecast: date
    actual: date | None
    level: Level
    status: str


@dataclass(frozen=True, slots=True)
class BudgetLine:
    """One heading of one financial year of an award, in pounds."""

    award: str
    heading: str
    year: str
    budget: Decimal
    actual: Decimal
    forecast: Decimal
    reason: str

    @property
    def variance(self) -> Decimal:
        """Forecast less budget: above zero is over budget."""
        return self.forecast - self.budget


@dataclass(frozen=True, slots=True)
class Risk:
    project: str
    title: str
    category: str
    likelihood: int
    impact: int
    response: str
    level: Level
    status: str


@dataclass(frozen=True, slots=True)
class Output:
    project: str
    kind: str
    title: str
    day: date
    identifier: str


@dataclass(frozen=True, slots=True)
class Approval:
    project: str
    reference: str
    body: str
    state: str
    valid_until: date | None
    level: Level
    status: str


@dataclass(frozen=True, slots=True)
class Incident:
    """A halt, suspension or termination during the period."""

    project: str
    day: date
    what: str


@dataclass(frozen=True, slots=True)
class Runs:
    """Simulated runs of the report's projects in the period; `ungated` must be 0."""

    requested: int
    executed: int
    refused: int
    released: int
    ungated: int


@dataclass(frozen=True, slots=True)
class Source:
    """Where a part of the report comes from: the query that answered and what it was answered from."""

    part: str
    query: str
    note: str


@dataclass(frozen=True, slots=True)
class FunderReport:
    """Everything that a funder report says; its canonical JSON is what the printed hash is a hash of."""

    about: About
    narrative: Narrative
    kpis: tuple[Kpi, ...]
    milestones: tuple[Milestone, ...]
    budget: tuple[BudgetLine, ...]
    risks: tuple[Risk, ...]
    outputs: tuple[Output, ...]
    approvals: tuple[Approval, ...]
    incidents: tuple[Incident, ...]
    runs: Runs
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the register adds to a snapshot when it is printed; a draft has no audit head and no issue date."""

    reference: str
    version: int
    status: str
    snapshot_sha256: str
    author: str
    reviewer: str = ""
    issued_at: datetime | None = None
    audit_entry: int = 0
    audit_head: str = ""
    supersedes: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is said otherwise; `before` or `after` is empty where it is new or gone."""

    part: str
    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Edition:
    """A snapshot with its stamp: all that a shell needs to print it.

    `corrected`: what a corrected version says otherwise than the one that it replaces, whose data never change.
    """

    report: FunderReport
    stamp: Stamp
    corrected: tuple[Difference, ...] = ()


_FUNDER_REPORT = TypeAdapter(FunderReport)


def freeze(report: FunderReport) -> dict[str, Any]:
    """The report in JSON's own types."""
    frozen: dict[str, Any] = plain(report)
    return frozen


def thaw(frozen: Mapping[str, Any]) -> FunderReport:
    """The report that was frozen; the same value again."""
    return _FUNDER_REPORT.validate_python(dict(frozen))


def snapshot_hash(frozen: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical JSON: the hash that the PDF prints, of the very bytes that it carries."""
    return fingerprint(dict(frozen))


DIMENSIONS = {
    "health": "Health outcomes",
    "research": "Research outputs",
    "operations": "Operational metrics",
    "economy": "Economic effects",
    "engagement": "Engagement",
}
"""The five dimensions in the order of the report."""


def with_value(kpis: Sequence[Kpi]) -> Sequence[Kpi]:
    """Those that have something to show in detail, by dimension."""
    return [kpi for key in DIMENSIONS for kpi in of_dimension(kpis, key) if kpi.value is not None or kpi.points]


def without_value(kpis: Sequence[Kpi]) -> Sequence[Kpi]:
    return [kpi for key in DIMENSIONS for kpi in of_dimension(kpis, key) if kpi.value is None and not kpi.points]


def of_dimension(kpis: Sequence[Kpi], dimension: str) -> Sequence[Kpi]:
    return [kpi for kpi in kpis if kpi.dimension == dimension]
