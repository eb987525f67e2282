"""Every move of an application, and every guard, as a table."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from hcqic_gov.core.ruling import ALLOWED, refused
from hcqic_gov.funding.rules import (
    BEFORE_SUBMISSION,
    PIPELINE,
    STATE_NAMES,
    WITH_FUNDER,
    WORKFLOW,
    ApplicationFacts,
    ApplicationState,
)

S = ApplicationState
PREPARER, OFFICER, COLLEAGUE = 1, 2, 3
DEADLINE = datetime(2026, 6, 30, 16, 0, tzinfo=ZoneInfo("Europe/London"))

READY = ApplicationFacts(
    actor_id=COLLEAGUE,
    preparer_id=PREPARER,
    last_editor_id=PREPARER,
    now=DEADLINE - timedelta(days=1),
    deadline=DEADLINE,
    extended_to=None,
    amount_applied=Decimal("1000.10"),
    lines_total=Decimal("1000.10"),
    content_hash="a",
    approved_hash="a",
    offered_amount=Decimal(500_000),
    offer_recorded_by=OFFICER,
    second_person_from=Decimal(100_000),
    award_start=date(2026, 10, 1),
    reports_due=4,
    ethics=ALLOWED,
    reason="because",
)
LATE: dict[str, Any] = {"now": DEADLINE + timedelta(seconds=1)}

MOVES: list[tuple[str, tuple[S, ...], S | None]] = [
    ("start", (S.IDENTIFIED,), S.DRAFT),
    ("no_bid", (S.IDENTIFIED,), S.NO_BID),
    ("edit", (S.IDENTIFIED, S.DRAFT, S.CHANGES_REQUESTED), None),
    ("send_for_review", (S.DRAFT, S.CHANGES_REQUESTED), S.INTERNAL_REVIEW),
    ("request_changes", (S.INTERNAL_REVIEW,), S.CHANGES_REQUESTED),
    ("approve_to_submit", (S.INTERNAL_REVIEW,), S.APPROVED_TO_SUBMIT),
    ("revise", (S.INTERNAL_REVIEW, S.APPROVED_TO_SUBMIT), S.DRAFT),
    ("extend", (*BEFORE_SUBMISSION, S.SUBMITTED, S.MISSED_DEADLINE), None),
    ("submit", (S.APPROVED_TO_SUBMIT,), S.SUBMITTED),
    ("miss_deadline", BEFORE_SUBMISSION, S.MISSED_DEADLINE),
    ("recover", (S.MISSED_DEADLINE,), S.DRAFT),
    ("reopen", (S.SUBMITTED,), S.DRAFT),
    ("record_ineligible", (S.SUBMITTED,), S.INELIGIBLE),
    ("reinstate", (S.INELIGIBLE,), S.SUBMITTED),
    ("shortlist", (S.SUBMITTED,), S.SHORTLISTED),
    ("ask", (S.SHORTLISTED,), S.CLARIFICATION),
    ("answer", (S.CLARIFICATION,), S.SHORTLISTED),
    ("offer", WITH_FUNDER, S.OFFERED),
    ("accept", (S.OFFERED,), S.AWARDED),
    ("decline", (S.OFFERED,), S.DECLINED_OFFER),
    ("record_unsuccessful", WITH_FUNDER, S.UNSUCCESSFUL),
    ("withdraw", PIPELINE[1:], S.WITHDRAWN),
    ("activate", (S.AWARDED,), S.ACTIVE),
    ("suspend", (S.ACTIVE,), S.SUSPENDED),
    ("resume", (S.SUSPENDED,), S.ACTIVE),
    ("terminate", (S.ACTIVE, S.SUSPENDED), S.TERMINATED),
]


def test_the_table_holds_every_move_and_every_state_has_a_name() -> None:
    assert [move.name for move in WORKFLOW.moves] == [name for name, _, _ in MOVES]
    assert set(STATE_NAMES) == set(S)


@pytest.mark.parametrize(("name", "sources", "target"), MOVES)
@pytest.mark.parametrize("state", S)
def test_a_move_is_open_from_its_states_only(name: str, sources: tuple[S, ...], target: S | None, state: S) -> None:
    facts = replace(READY, **LATE) if name == "miss_deadline" else READY
    assert WORKFLOW.ruling(name, state, facts).allowed == (state in sources)
    assert WORKFLOW.move(name).target is target


REFUSALS: list[tuple[str, dict[str, Any], str]] = [
    ("start", {"deadline": None}, "deadline_known"),
    ("no_bid", {"reason": ""}, "reason_given"),
    ("send_for_review", {"lines_total": Decimal("1000.09")}, "costs_reconcile"),
    ("send_for_review", {"amount_applied": Decimal(0), "lines_total": Decimal(0)}, "costs_reconcile"),
    ("request_changes", {"actor_id": PREPARER}, "not_preparer"),
    ("request_changes", {"reason": "\n"}, "reason_given"),
    ("approve_to_submit", {"actor_id": PREPARER}, "not_preparer"),
    ("approve_to_submit", {"last_editor_id": COLLEAGUE}, "not_preparer"),
    ("approve_to_submit", {"lines_total": Decimal("1000.11")}, "costs_reconcile"),
    ("submit", LATE, "before_deadline"),
    ("submit", {"content_hash": "b"}, "content_as_approved"),
    ("extend", {"reason": ""}, "reason_given"),
    ("recover", LATE, "before_deadline"),
    ("reopen", LATE, "before_deadline"),
    ("reopen", {"reason": ""}, "reason_given"),
    ("record_ineligible", {"reason": ""}, "reason_given"),
    ("reinstate", {"reason": ""}, "reason_given"),
    ("offer", {"offered_amount": None}, "offer_known"),
    ("accept", {"actor_id": OFFICER}, "second_person"),
    ("accept", {"actor_id": OFFICER, "offered_amount": Decimal(100_000)}, "second_person"),
    ("decline", {"reason": ""}, "reason_given"),
    ("record_unsuccessful", {"reason": ""}, "reason_given"),
    ("withdraw", {"reason": ""}, "reason_given"),
    ("activate", {"award_start": None}, "start_known"),
    ("activate", {"reports_due": 0}, "reporting_scheduled"),
    ("activate", {"ethics": refused("no_ethics", "There is no favourable opinion.")}, "no_ethics"),
    ("resume", {"ethics": refused("no_ethics", "There is no favourable opinion.")}, "no_ethics"),
    ("suspend", {"reason": ""}, "reason_given"),
    ("terminate", {"reason": ""}, "reason_given"),
]


@pytest.mark.parametrize(("name", "change", "code"), REFUSALS)
def test_each_guard_refuses(name: str, change: dict[str, Any], code: str) -> None:
    source = WORKFLOW.move(name).sources[0]
    assert WORKFLOW.ruling(name, source, READY).allowed
    assert WORKFLOW.ruling(name, source, replace(READY, **change)).code == code


def test_a_small_award_may_be_accepted_by_the_same_person() -> None:
    facts = replace(READY, actor_id=OFFICER, offered_amount=Decimal("99999.99"))
    assert WORKFLOW.ruling("accept", S.OFFERED, facts).allowed


def test_ethics_gates_activation_and_not_the_bid() -> None:
    closed = replace(READY, ethics=refused("no_ethics", "There is no favourable opinion."))
    assert WORKFLOW.ruling("submit", S.APPROVED_TO_SUBMIT, closed).allowed
    assert WORKFLOW.ruling("accept", S.OFFERED, closed).allowed


DEADLINES = [
    (datetime(2026, 6, 30, 15, 0, 0, tzinfo=UTC), True),  # 16:00 in London, on summer time
    (datetime(2026, 6, 30, 15, 0, 1, tzinfo=UTC), False),
    (datetime(2026, 6, 30, 11, 0, 0, tzinfo=ZoneInfo("America/New_York")), True),
    (datetime(2026, 6, 30, 11, 0, 1, tzinfo=ZoneInfo("America/New_York")), False),
]


@pytest.mark.parametrize(("now", "open_still"), DEADLINES)
def test_a_deadline_is_a_moment_with_a_time_zone(now: datetime, open_still: bool) -> None:
    assert WORKFLOW.ruling("submit", S.APPROVED_TO_SUBMIT, replace(READY, now=now)).allowed == open_still


def test_an_extension_moves_the_deadline_and_never_forward() -> None:
    later = replace(READY, **LATE, extended_to=DEADLINE + timedelta(days=7))
    assert WORKFLOW.ruling("submit", S.APPROVED_TO_SUBMIT, later).allowed
    assert WORKFLOW.ruling("miss_deadline", S.DRAFT, later).code == "deadline_passed"
    assert replace(READY, extended_to=DEADLINE - timedelta(days=7)).last_moment == DEADLINE


def test_an_ineligible_application_is_never_awarded() -> None:
    assert {move.target for move in WORKFLOW.moves_from(S.INELIGIBLE)} == {S.SUBMITTED}
