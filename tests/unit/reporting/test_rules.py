"""The life of a report, and when a line is red, amber or green."""

from dataclasses import replace
from datetime import date

import pytest

from hcqic_gov.reporting.levels import approval_level, milestone_level, risk_level, status_rules
from hcqic_gov.reporting.rules import IMMUTABLE, WORKFLOW, ReportFacts, Status
from hcqic_gov.reporting.snapshot import Level, Narrative

TOLD = Narrative("We did.", "They do.", "Mostly.")
AUTHOR, OTHER = 1, 2
FACTS = ReportFacts(frozenset({AUTHOR}), OTHER, TOLD, "aa", "aa", "aa", reason="The budget is last year's.")
TODAY = date(2026, 7, 1)
RULES = status_rules(TODAY)


@pytest.mark.parametrize(
    ("move", "state", "changes", "code"),
    [
        ("write", Status.DRAFT, {}, ""),
        ("write", Status.IN_REVIEW, {}, "wrong_state"),
        ("write", Status.ISSUED, {}, "wrong_state"),
        ("refresh", Status.RETURNED, {}, ""),
        ("refresh", Status.REVIEWED, {}, "wrong_state"),
        ("submit", Status.DRAFT, {}, ""),
        ("submit", Status.DRAFT, {"narrative": replace(TOLD, objectives=" ")}, "narrative_written"),
        ("submit", Status.DRAFT, {"actual_hash": "bb"}, "data_intact"),
        ("approve", Status.IN_REVIEW, {}, ""),
        ("approve", Status.IN_REVIEW, {"by": AUTHOR}, "second_person"),
        ("approve", Status.IN_REVIEW, {"actual_hash": "bb"}, "data_intact"),
        ("return", Status.IN_REVIEW, {}, ""),
        ("return", Status.REVIEWED, {"reason": " "}, "reason_given"),
        ("return", Status.IN_REVIEW, {"by": AUTHOR}, "second_person"),
        ("issue", Status.REVIEWED, {}, ""),
        ("issue", Status.REVIEWED, {"by": AUTHOR}, ""),
        ("issue", Status.IN_REVIEW, {}, "wrong_state"),
        ("issue", Status.REVIEWED, {"reviewed_hash": "bb"}, "as_reviewed"),
        ("correct", Status.ISSUED, {}, ""),
        ("correct", Status.ISSUED, {"reason": ""}, "reason_given"),
        ("correct", Status.ISSUED, {"has_successor": True}, "no_successor"),
        ("correct", Status.SUPERSEDED, {}, "wrong_state"),
    ],
)
def test_each_move(move: str, state: Status, changes: dict[str, object], code: str) -> None:
    ruling = WORKFLOW.ruling(move, state, replace(FACTS, **changes))  # type: ignore[arg-type]
    assert (ruling.allowed, ruling.code) == (not code, code)


def test_an_issued_report_can_only_be_corrected_or_superseded() -> None:
    names = {move.name for status in IMMUTABLE for move in WORKFLOW.moves_from(status)}
    assert names == {"acknowledge", "correct", "supersede"}


@pytest.mark.parametrize(
    ("baseline", "forecast", "met", "expected"),
    [
        (date(2026, 6, 1), date(2026, 6, 1), date(2026, 5, 30), (Level.GREEN, "met")),
        (date(2026, 6, 1), date(2026, 6, 1), date(2026, 6, 2), (Level.GREEN, "met 1 day late")),
        (date(2026, 9, 1), date(2026, 9, 1), None, (Level.GREEN, "on time")),
        (date(2026, 9, 1), date(2026, 10, 1), None, (Level.AMBER, "30 days late")),
        (date(2026, 9, 1), date(2026, 10, 2), None, (Level.RED, "31 days late")),
        (date(2026, 6, 30), date(2026, 6, 30), None, (Level.AMBER, "1 day late")),
        (TODAY, TODAY, None, (Level.GREEN, "on time")),
    ],
)
def test_milestones(baseline: date, forecast: date, met: date | None, expected: tuple[Level, str]) -> None:
    assert milestone_level(RULES, baseline=baseline, forecast=forecast, met=met, today=TODAY) == expected


@pytest.mark.parametrize(
    ("likelihood", "impact", "level"),
    [(1, 5, Level.GREEN), (2, 4, Level.AMBER), (2, 5, Level.AMBER), (3, 5, Level.RED), (5, 5, Level.RED)],
)
def test_risks(likelihood: int, impact: int, level: Level) -> None:
    assert risk_level(RULES, likelihood=likelihood, impact=impact) == (level, f"{likelihood * impact} of 25")


@pytest.mark.parametrize(
    ("in_force", "ends", "expected"),
    [
        (False, date(2027, 1, 1), (Level.RED, "not in force")),
        (True, None, (Level.GREEN, "in force")),
        (True, date(2026, 8, 31), (Level.GREEN, "in force")),
        (True, date(2026, 8, 30), (Level.AMBER, "ends in 60 days")),
        (True, date(2026, 7, 2), (Level.AMBER, "ends in 1 day")),
    ],
)
def test_approvals(in_force: bool, ends: date | None, expected: tuple[Level, str]) -> None:
    assert approval_level(RULES, in_force=in_force, ends=ends, today=TODAY) == expected
