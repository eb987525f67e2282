"""The table of a meeting's moves, terms, and composition: every row."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from hcqic_gov.committee.rules import (
    WORKFLOW,
    CommitteeKind,
    MeetingFacts,
    MeetingKind,
    MeetingState,
    MemberKind,
    Need,
    Place,
    composition_gap,
    ends_soon,
    expects_everybody,
    fits,
    last_day,
)
from hcqic_gov.core.actor import Actor
from hcqic_gov.people.rules import Role
from hcqic_gov.policy.access import CENTRE, Resource, may

DAY = date(2026, 6, 1)
READY = MeetingFacts(1, DAY, DAY, True, present=5, presided=True, minutes_by=frozenset({2}), reason="Snow.")
STATES = {
    "edit": ("planned",),
    "open": ("planned",),
    "cancel": ("planned",),
    "record_attendance": ("open",),
    "close": ("open",),
    "write_minutes": ("open", "closed"),
    "confirm_minutes": ("closed",),
}


@pytest.mark.parametrize("state", MeetingState)
@pytest.mark.parametrize("name", STATES)
def test_a_move_is_made_from_its_states_only(name: str, state: MeetingState) -> None:
    ruling = WORKFLOW.ruling(name, state, READY)
    assert ruling.allowed is (state.value in STATES[name])
    assert ruling.allowed or ruling.code == "wrong_state"


def test_every_move_is_in_the_table_above() -> None:
    assert {move.name for move in WORKFLOW.moves} == set(STATES)


@pytest.mark.parametrize(
    ("name", "state", "changes", "code"),
    [
        ("edit", "planned", {"committee_active": False}, "committee_active"),
        ("open", "planned", {"committee_active": False}, "committee_active"),
        ("open", "planned", {"starts_on": date(2026, 6, 2)}, "on_its_day"),
        ("cancel", "planned", {"reason": "  "}, "reason_given"),
        ("close", "open", {"present": 0}, "attended"),
        ("close", "open", {"presided": False}, "presided"),
        ("confirm_minutes", "closed", {"minutes_by": frozenset()}, "minutes_written"),
        ("confirm_minutes", "closed", {"minutes_by": frozenset({1, 2})}, "not_own_minutes"),
    ],
)
def test_a_guard_refuses_with_its_code_and_a_sentence(
    name: str, state: str, changes: dict[str, object], code: str
) -> None:
    ruling = WORKFLOW.ruling(name, MeetingState(state), replace(READY, **changes))  # type: ignore[arg-type]
    assert (ruling.allowed, ruling.code) == (False, code)
    assert ruling.reason.endswith(".")


def test_a_meeting_that_was_not_opened_on_its_day_can_be_opened_later() -> None:
    assert WORKFLOW.ruling("open", MeetingState.PLANNED, replace(READY, starts_on=date(2026, 5, 29))).allowed


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("move", WORKFLOW.moves, ids=lambda move: move.name)
def test_the_policies_let_the_roles_of_the_table_and_no_other(move, role: Role) -> None:  # type: ignore[no-untyped-def]
    meeting = Resource("Meeting", "x", {"chairs": frozenset({1}), "writers": frozenset({2}), "minuted": False})
    actor = Actor(1, "Somebody", frozenset({role}))
    assert may(actor, f"committee.{move.name}", meeting).allowed is (role in move.who)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("action", ["committee.manage", "committee.plan"])
def test_only_the_officer_keeps_the_register(action: str, role: Role) -> None:
    assert may(Actor(1, "Somebody", frozenset({role})), action, CENTRE).allowed is (role is Role.ETHICS_OFFICER)


def test_who_wrote_the_minutes_never_confirms_them() -> None:
    everything = frozenset(role for role in Role if role is not Role.AUDITOR)
    meeting = Resource("Meeting", "x", {"chairs": frozenset({1}), "writers": frozenset({1}), "minuted": False})
    ruling = may(Actor(1, "Somebody", everything), "committee.confirm_minutes", meeting)
    assert ruling.code == "writer_does_not_confirm_minutes"


@pytest.mark.parametrize(
    ("meeting", "committee", "allowed", "everybody"),
    [
        ("full", "full", True, True),
        ("sub_committee", "full", True, False),
        ("sub_committee", "sub_committee", True, True),
        ("full", "sub_committee", False, True),
    ],
)
def test_kinds_of_meeting_and_committee(meeting: str, committee: str, allowed: bool, everybody: bool) -> None:
    kinds = MeetingKind(meeting), CommitteeKind(committee)
    assert (fits(*kinds).allowed, expects_everybody(*kinds)) == (allowed, everybody)


@pytest.mark.parametrize(
    ("last", "soon"),
    [
        (date(2026, 5, 31), False),
        (date(2026, 6, 1), True),
        (date(2026, 8, 30), True),
        (date(2026, 8, 31), False),
    ],
)
def test_a_term_is_announced_for_ninety_days(last: date, soon: bool) -> None:
    assert ends_soon(last, DAY) is soon


def test_an_early_end_is_the_last_day() -> None:
    assert last_day(date(2027, 1, 1), None) == date(2027, 1, 1)
    assert last_day(date(2027, 1, 1), DAY) == DAY


def places(text: str) -> Sequence[Place]:
    """`E` expert, `L` lay, `P` lay plus; `+` is a chair."""
    kinds = {"E": MemberKind.EXPERT, "L": MemberKind.LAY, "P": MemberKind.LAY_PLUS}
    return [Place(kinds[word[0]], "+" in word) for word in text.split()]


@pytest.mark.parametrize(
    ("text", "lacks"),
    [
        ("E+ E E L P", ""),
        ("P+ E E E E", ""),
        ("E+ E E L", "5 members (there are 4)"),
        ("E E E L P", "1 chair (there are 0)"),
        ("E+ E E E E", "1 lay members (there are 0)"),
        ("L+ L L P P", "1 expert members (there are 0)"),
        ("", "5 members (there are 0), 1 lay members (there are 0), 1 expert members (there are 0), 1 chair"),
    ],
)
def test_what_a_composition_lacks(text: str, lacks: str) -> None:
    gap = composition_gap(places(text), Need("Rules of 2026", CommitteeKind.FULL, 5, 1, 1, True))
    assert (lacks in gap) if lacks else gap == ""
