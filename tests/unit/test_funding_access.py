"""The tables of moves and the access policies name the same people."""

import pytest

from hcqic_gov.core.actor import Actor
from hcqic_gov.core.workflow import SYSTEM
from hcqic_gov.funding.rules import WORKFLOW as FUNDING
from hcqic_gov.people.rules import Role
from hcqic_gov.policy.access import Resource, may
from hcqic_gov.scenarios.rules import WORKFLOW as SCENARIO

COLLEAGUE = frozenset({2})
APPLICATION = Resource("Application", "x", {"team": frozenset({1, 2}), "preparer": COLLEAGUE})
MODEL = Resource("Scenario", "x", {"owner": COLLEAGUE})
MOVES = [
    *((f"funding.{move.name}", move.who, APPLICATION) for move in FUNDING.moves),
    *((f"scenarios.{move.name}", move.who, MODEL) for move in SCENARIO.moves if move.who != (SYSTEM,)),
]


@pytest.mark.parametrize(("action", "who", "resource"), MOVES, ids=[action for action, _, _ in MOVES])
@pytest.mark.parametrize("role", Role)
def test_a_role_may_make_a_move_where_the_table_says_so(
    action: str, who: tuple[str, ...], resource: Resource, role: Role
) -> None:
    assert may(Actor(1, "Somebody", frozenset({role})), action, resource).allowed == (role in who)


OWN = [
    ("funding.approve_to_submit", Resource("Application", "x", {"team": frozenset({1}), "preparer": frozenset({1})})),
    ("funding.request_changes", Resource("Application", "x", {"team": frozenset({1}), "preparer": frozenset({1})})),
    ("scenarios.review", Resource("Scenario", "x", {"owner": frozenset({1})})),
]


@pytest.mark.parametrize(("action", "resource"), OWN)
def test_a_second_role_never_decides_ones_own_case(action: str, resource: Resource) -> None:
    everything = frozenset(role for role in Role if role is not Role.AUDITOR)
    assert not may(Actor(1, "Somebody", everything), action, resource).allowed
