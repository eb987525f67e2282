"""A made-up report with every kind of line in it."""

from datetime import UTC, date, datetime
from decimal import Decimal
from math import sin

from hcqic_gov.core.calendar import add_months
from hcqic_gov.ethics.letters import LetterCondition, LetterMember, LetterPaper, OpinionLetter
from hcqic_gov.reporting.snapshot import (
    About,
    Approval,
    BudgetLine,
    Cause,
    Edition,
    FunderReport,
    Incident,
    Kpi,
    Level,
    Milestone,
    Narrative,
    Output,
    Point,
    Risk,
    Runs,
    Source,
    Stamp,
    freeze,
    snapshot_hash,
)

NOW = datetime(2026, 7, 20, 9, 30, tzinfo=UTC)


def points(count: int = 24) -> tuple[Point, ...]:
    def one(n: int) -> Point:
        cause = {20: Cause.CONCERN, 22: Cause.IMPROVEMENT, 23: Cause.IMPROVEMENT, 5: Cause.NEUTRAL}.get(n, Cause.COMMON)
        start = add_months(date(2024, 7, 1), n)
        high = n >= 12
        mean = 94.0 if high else 91.0
        return Point(
            period=f"{start:%Y-%m}",
            day=start,
            value=round(mean + 2 * sin(n * 1.7) + (4.6 if n >= 22 else 0) - (5.5 if n == 20 else 0), 2),
            mean=mean,
            lower=mean - 4.5,
            upper=mean + 4.5,
            near_lower=mean - 3,
            near_upper=mean + 3,
            target=95.0 if high else 93.0,
            cause=cause,
            rule="above upper limit" if cause is Cause.IMPROVEMENT else "",
            note="Cooling failed for three days; repaired under warranty." if n == 20 else "",
        )

    return tuple(one(n) for n in range(count))


def kpi(code: str, name: str, dimension: str, level: Level, **changes: object) -> Kpi:
    values: dict[str, object] = {
        "code": code,
        "name": name,
        "dimension": dimension,
        "definition": "Scheduled time less down time, over scheduled time, as the machine's log has it.",
        "unit": "%",
        "decimals": 1,
        "reading": "98.1 %",
        "value": 98.1,
        "target": "95 %",
        "level": level,
        "status": "on target",
        "variation": "Improvement",
        "variation_cause": Cause.IMPROVEMENT,
        "assurance": "Hit and miss: the target lies between the limits",
        "period": "2026-06",
        "basis": "measured",
        "source": "worked out from the registers",
        "summary": f"{name}: the latest value is 98.1 %, above the upper limit of 98.5 %; one point of concern.",
        "ruleset": "ptd-0.2.2",
        "policy": "ab" * 32,
        "points": points(),
    }
    return Kpi(**{**values, **changes})  # type: ignore[arg-type]


UNREPORTED = {
    "reading": "not reported",
    "value": None,
    "target": "none",
    "points": (),
    "status": "no value for this period",
}

REPORT = FunderReport(
    About(
        "Funder progress report",
        "Imaginary Research Council",
        ("HCQIC-F-2026-0003 Quantum methods for outpatient scheduling",),
        "2026-Q2",
        "April to June 2026",
        date(2026, 4, 1),
        date(2026, 6, 30),
        NOW,
    ),
    Narrative(
        "Two methods were benchmarked & compared <with care>.\n12 → 15 sites; “Łucja Żółć” took part.",
        "The partner trust runs the classical method from August.",
        "Three of four objectives were met; recruitment took longer than planned.",
        "",
        "We start the second benchmark.",
    ),
    (
        kpi("H1", "Patients benefitted", "health", Level.GREEN, basis="measured", reading="1,204 persons"),
        kpi("H2", "QALYs gained, modelled", "health", Level.NOT_RATED, basis="modelled", points=()),
        kpi("R1", "Peer-reviewed publications", "research", Level.AMBER, variation="Common cause", points=points(9)),
        kpi("O1", "Serviceability", "operations", Level.GREEN),
        kpi("O7", "Ungated runs", "operations", Level.RED, variation_cause=Cause.CONCERN, variation="Concern"),
        kpi("E1", "Investment leveraged", "economy", Level.GREEN, reading="£1,200,000", points=points(1)),
        kpi("G4", "Contributors from under-served groups", "engagement", Level.NOT_REPORTED, **UNREPORTED),
    ),
    (
        Milestone(
            "HCQIC-P-2026-0001",
            "Baseline agreed",
            date(2026, 3, 1),
            date(2026, 3, 1),
            date(2026, 3, 4),
            Level.GREEN,
            "met",
        ),
        Milestone(
            "HCQIC-P-2026-0002",
            "Second benchmark",
            date(2026, 6, 1),
            date(2026, 8, 1),
            None,
            Level.RED,
            "61 days late",
        ),
    ),
    (
        BudgetLine(
            "HCQIC-W-2026-0003", "Staff", "2026 to 2027", Decimal(500000), Decimal("123456.78"), Decimal(512000), "Late"
        ),
        BudgetLine("HCQIC-W-2026-0003", "Estates", "2026 to 2027", Decimal(80000), Decimal(0), Decimal(80000), ""),
    ),
    (Risk("HCQIC-P-2026-0002", "Too few staff", "Workforce", 4, 4, "Second post advertised.", Level.RED, "16 of 25"),),
    (
        Output("HCQIC-P-2026-0001", "Publication", "A fair comparison", date(2026, 5, 2), "10.9999/example.1"),
        Output("HCQIC-P-2026-0001", "Software", "Scheduling library", date(2026, 6, 2), ""),
    ),
    (
        Approval(
            "HCQIC-P-2026-0001",
            "HCQIC-E-2026-0002",
            "Centre committee",
            "Favourable opinion",
            date(2027, 1, 31),
            Level.GREEN,
            "in force",
        ),
    ),
    (Incident("HCQIC-P-2026-0002", date(2026, 5, 5), "HCQIC-E-2026-0003: suspended. A report was late."),),
    Runs(requested=14, executed=11, refused=2, released=9, ungated=0),
    (Source("KPIs", "kpi.queries.summary", "as on the dashboard"),),
)

DRAFT = Edition(REPORT, Stamp("HCQIC-R-2026-0001", 1, "Draft", snapshot_hash(freeze(REPORT)), "Ada Example"))
ISSUED = Edition(
    REPORT,
    Stamp(
        "HCQIC-R-2026-0001",
        2,
        "Issued",
        snapshot_hash(freeze(REPORT)),
        "Ada Example",
        "Ben Example",
        NOW,
        4711,
        "cd" * 32,
        "HCQIC-R-2026-0001 version 1",
    ),
)

LETTER = OpinionLetter(
    "HCQIC-E-2026-0007",
    "Scheduling outpatients with a simulated annealer",
    "HCQIC-P-2026-0001",
    "Outpatients",
    "Ada Example",
    "Ethics committee of the centre",
    "Favourable opinion with conditions",
    "The benefit outweighs the burden.\nData stay synthetic.",
    (
        LetterCondition("Send the final protocol to the officer.", pre_start=True),
        LetterCondition("Report each year.", pre_start=False),
    ),
    date(2026, 7, 1),
    date(2027, 6, 30),
    (LetterMember("Cleo Example", "Lay member", chair=True), LetterMember("Dan Example", "Expert member", chair=False)),
    "Quorate: 5 members, 2 of them lay.",
    "Proportionate review 2026",
    "ef" * 32,
    NOW,
    "Cleo Example",
    "Committee chair",
    papers=(LetterPaper("Protocol", 2, "ab" * 32),),
)
