"""The observation's table of moves, its guards, levels, periods."""

from dataclasses import replace
from datetime import date

import pytest

from hcqic_gov.core.calendar import Period
from hcqic_gov.kpi.definitions import definition
from hcqic_gov.kpi.rules import (
    SIGNS,
    WORKFLOW,
    Level,
    ObservationFacts,
    Outcome,
    PeriodStatus,
    Reading,
    Status,
    due_on,
    level,
    period_status,
    reading_of,
)

DAY = date(2026, 4, 10)
QUARTER = Period.parse("2026-Q1")
FACTS = ObservationFacts(
    reading=Reading(Outcome.VALUE, 5.0),
    period=QUARTER,
    today=DAY,
    source="Ward log",
    entered_by=1,
    by=2,
    closed=False,
    reason="Typing",
)


@pytest.mark.parametrize(
    ("move", "state", "facts", "code"),
    [
        ("enter", Status.DRAFT, FACTS, ""),
        ("enter", Status.RETURNED, FACTS, ""),
        ("enter", Status.SUBMITTED, FACTS, "wrong_state"),
        ("enter", Status.VERIFIED, FACTS, "wrong_state"),
        ("enter", Status.DRAFT, replace(FACTS, computed=True), "not_computed"),
        ("enter", Status.DRAFT, replace(FACTS, reading=Reading(Outcome.VALUE, float("nan"))), "finite_value"),
        ("enter", Status.DRAFT, replace(FACTS, reading=Reading(Outcome.VALUE, 1e16)), "finite_value"),
        ("enter", Status.DRAFT, replace(FACTS, reading=Reading(Outcome.VALUE)), "finite_value"),
        ("enter", Status.DRAFT, replace(FACTS, reading=Reading(Outcome.NOT_REPORTED, 3.0)), "finite_value"),
        ("enter", Status.DRAFT, replace(FACTS, reading=Reading(Outcome.NOT_APPLICABLE, None, 0.0, 0.0)), ""),
        ("enter", Status.DRAFT, replace(FACTS, period=Period.parse("2026-Q2")), ""),
        ("enter", Status.DRAFT, replace(FACTS, period=Period.parse("2026-Q3")), "period_begun"),
        ("submit", Status.DRAFT, FACTS, ""),
        ("submit", Status.RETURNED, FACTS, "wrong_state"),
        ("submit", Status.DRAFT, replace(FACTS, source=" "), "source_named"),
        ("submit", Status.DRAFT, replace(FACTS, period=Period.parse("2026-Q2")), "period_ended"),
        ("submit", Status.DRAFT, replace(FACTS, today=QUARTER.end), "period_ended"),
        ("verify", Status.SUBMITTED, FACTS, ""),
        ("verify", Status.SUBMITTED, replace(FACTS, by=1), "second_person"),
        ("verify", Status.DRAFT, FACTS, "wrong_state"),
        ("return", Status.SUBMITTED, FACTS, ""),
        ("return", Status.SUBMITTED, replace(FACTS, by=1), "second_person"),
        ("return", Status.SUBMITTED, replace(FACTS, reason=""), "reason_given"),
        ("correct", Status.VERIFIED, FACTS, ""),
        ("correct", Status.VERIFIED, replace(FACTS, reason=" "), "reason_given"),
        ("correct", Status.VERIFIED, replace(FACTS, computed=True), "not_computed"),
        ("correct", Status.SUPERSEDED, FACTS, "wrong_state"),
    ],
)
def test_move(move: str, state: Status, facts: ObservationFacts, code: str) -> None:
    assert WORKFLOW.ruling(move, state, facts).code == code


@pytest.mark.parametrize(
    ("code", "numerator", "denominator", "expected"),
    [
        ("H1", 12.0, None, Reading(Outcome.VALUE, 12.0)),
        ("H1", None, None, Reading(Outcome.NOT_REPORTED)),
        ("O8", 9.0, 10.0, Reading(Outcome.VALUE, 90.0, 9.0, 10.0)),
        ("O8", 0.0, 10.0, Reading(Outcome.VALUE, 0.0, 0.0, 10.0)),
        ("O8", 0.0, 0.0, Reading(Outcome.NOT_APPLICABLE, None, 0.0, 0.0)),
        ("O8", 9.0, None, Reading(Outcome.NOT_REPORTED)),
        ("H8", 3.0, 2000.0, Reading(Outcome.VALUE, 1.5, 3.0, 2000.0)),
    ],
)
def test_reading(code: str, numerator: float | None, denominator: float | None, expected: Reading) -> None:
    assert reading_of(definition(code, DAY), numerator, denominator) == expected


@pytest.mark.parametrize(
    ("code", "value", "target", "expected"),
    [
        ("H1", 49.0, None, Level.MISSED),
        ("H1", 50.0, None, Level.NEAR),
        ("H1", 100.0, None, Level.MET),
        ("H1", 200.0, None, Level.EXCEEDS),
        ("H1", 100.0, 120.0, Level.NEAR),
        ("H1", 30.0, 30.0, Level.MET),
        ("H1", 200.0, 250.0, Level.NEAR),
        ("H1", None, None, Level.UNKNOWN),
        ("H8", 2.5, None, Level.MISSED),
        ("H8", 1.0, None, Level.MET),
        ("H8", 0.0, None, Level.EXCEEDS),
        ("O7", 0.0, None, Level.MET),
        ("O7", 1.0, None, Level.MISSED),
        ("O2", 70.0, None, Level.MET),
        ("O2", 85.0, None, Level.MET),
        ("O2", 86.0, None, Level.NEAR),
        ("O2", 60.0, None, Level.NEAR),
        ("O2", 59.9, None, Level.MISSED),
        ("O9", -6.0, None, Level.NEAR),
    ],
)
def test_level(code: str, value: float | None, target: float | None, expected: Level) -> None:
    assert level(definition(code, DAY), value, target) is expected


def test_no_level_is_told_by_colour_alone() -> None:
    assert set(SIGNS) == set(Level)
    assert len({sign.word for sign in SIGNS.values()}) == len({sign.shape for sign in SIGNS.values()}) == len(Level)


def test_due_after_working_days_over_easter() -> None:
    """Q1 2026 ends on a Tuesday; Good Friday (3 April) and Easter Monday (6 April) are no working days."""
    assert due_on(definition("H1", DAY), QUARTER) == date(2026, 4, 23)


@pytest.mark.parametrize(
    ("today", "verified", "expected"),
    [
        (date(2025, 12, 31), False, PeriodStatus.UPCOMING),
        (date(2026, 1, 1), False, PeriodStatus.RUNNING),
        (date(2026, 3, 31), False, PeriodStatus.RUNNING),
        (date(2026, 4, 1), False, PeriodStatus.DUE),
        (date(2026, 4, 23), False, PeriodStatus.DUE),
        (date(2026, 4, 24), False, PeriodStatus.OVERDUE),
        (date(2026, 4, 24), True, PeriodStatus.REPORTED),
    ],
)
def test_period_status(today: date, verified: bool, expected: PeriodStatus) -> None:
    assert period_status(definition("H1", DAY), QUARTER, today=today, verified=verified) is expected
