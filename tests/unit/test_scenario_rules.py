"""Every move of a scenario, and every guard, as a table."""

from dataclasses import replace
from typing import Any

import pytest

from hcqic_gov.scenarios.rules import WORKFLOW, LineKind, Option, ScenarioFacts, ScenarioState

S = ScenarioState
OWNER, COLLEAGUE, MANAGER = 1, 2, 3

READY = ScenarioFacts(
    option=Option.S2,
    actor_id=MANAGER,
    owner_id=OWNER,
    last_editor_id=OWNER,
    reviewer_id=COLLEAGUE,
    kinds=frozenset({LineKind.CAPITAL, LineKind.BENEFIT}),
    baseline_state=S.REVIEWED,
    compared=frozenset({Option.S1, Option.S2}),
    reason="because",
)

MOVES = [
    ("edit", {S.DRAFT}, None),
    ("review", {S.DRAFT}, S.REVIEWED),
    ("reopen", {S.REVIEWED}, S.DRAFT),
    ("adopt", {S.REVIEWED}, S.ADOPTED),
    ("supersede", {S.ADOPTED}, S.SUPERSEDED),
    ("withdraw", {S.DRAFT, S.REVIEWED}, S.WITHDRAWN),
]


def test_the_table_holds_every_move() -> None:
    assert [move.name for move in WORKFLOW.moves] == [name for name, _, _ in MOVES]


@pytest.mark.parametrize(("name", "sources", "target"), MOVES)
@pytest.mark.parametrize("state", S)
def test_a_move_is_open_from_its_states_only(name: str, sources: set[S], target: S | None, state: S) -> None:
    ruling = WORKFLOW.ruling(name, state, READY)
    assert ruling.allowed == (state in sources)
    assert WORKFLOW.move(name).target is target


REFUSALS: list[tuple[str, dict[str, Any], str]] = [
    ("review", {"actor_id": OWNER}, "another_person"),
    ("review", {"last_editor_id": MANAGER}, "another_person"),
    ("review", {"kinds": frozenset({LineKind.CAPITAL})}, "has_costs_and_benefits"),
    ("review", {"kinds": frozenset({LineKind.BENEFIT, LineKind.IN_KIND})}, "has_costs_and_benefits"),
    ("review", {"baseline_state": S.DRAFT}, "baseline_reviewed"),
    ("review", {"baseline_state": None}, "baseline_reviewed"),
    ("reopen", {"reason": " "}, "reason_given"),
    ("withdraw", {"reason": ""}, "reason_given"),
    ("adopt", {"option": Option.S0}, "not_the_baseline"),
    ("adopt", {"actor_id": COLLEAGUE}, "not_own_review"),
    ("adopt", {"baseline_state": S.WITHDRAWN}, "baseline_reviewed"),
    ("adopt", {"compared": frozenset({Option.S2})}, "do_minimum_compared"),
]


@pytest.mark.parametrize(("name", "change", "code"), REFUSALS)
def test_each_guard_refuses(name: str, change: dict[str, Any], code: str) -> None:
    source = WORKFLOW.move(name).sources[-1]
    assert WORKFLOW.ruling(name, source, READY).allowed
    assert WORKFLOW.ruling(name, source, replace(READY, **change)).code == code


ALLOWED = [
    ("review", {"option": Option.S0, "kinds": frozenset(), "baseline_state": None}),
    ("review", {"kinds": frozenset({LineKind.RUNNING, LineKind.QALY})}),
    ("adopt", {"option": Option.S1, "compared": frozenset()}),
]


@pytest.mark.parametrize(("name", "change"), ALLOWED)
def test_business_as_usual_and_do_minimum_need_less(name: str, change: dict[str, Any]) -> None:
    source = WORKFLOW.move(name).sources[0]
    assert WORKFLOW.ruling(name, source, replace(READY, **change)).allowed
