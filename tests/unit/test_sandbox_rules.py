"""The gates and the moves of a run, row by row."""

from dataclasses import replace

import pytest

from hcqic_gov.core.errors import BrokenPolicy
from hcqic_gov.core.ruling import ALLOWED, refused
from hcqic_gov.core.workflow import SYSTEM
from hcqic_gov.projects.rules import DataClass
from hcqic_gov.quantum.tiers import Tiers, tiers
from hcqic_gov.sandbox.gates import Gates, gates, policy_fingerprint, rulings
from hcqic_gov.sandbox.rules import (
    COLOURS,
    GUARDS,
    LABELS,
    WORKFLOW,
    Evidence,
    Facts,
    GateRuling,
    State,
    distance,
    gates_open,
    suppressed,
)

OPEN = Evidence(
    DataClass.SYNTHETIC,
    classical_baseline=True,
    ai_tried=True,
    quantum_open=True,
    on_team=True,
    trained=True,
    approval=ALLOWED,
    max_waiting=20,
    checkers_needed=1,
    checkers=1,
)


def closed(evidence: Evidence) -> dict[str, str]:
    return {answer.title: answer.ruling.code for answer in rulings(evidence) if not answer.ruling.allowed}


def test_all_gates_open() -> None:
    assert closed(OPEN) == {}
    assert [answer.code for answer in rulings(OPEN)] == list(GUARDS)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"classical_baseline": False}, {"Need": "no_baseline"}),
        ({"ai_tried": False}, {"Need": "rung_untried"}),
        ({"quantum_open": False}, {"Need": "rung_closed"}),
        ({"on_team": False}, {"People": "not_on_team"}),
        ({"trained": False}, {"People": "not_trained"}),
        ({"own_approver": True}, {"People": "own_approval"}),
        ({"unapproved": True}, {"People": "no_gatekeeper"}),
        ({"allocation": refused("quota_spent", "Nothing is left.")}, {"Resources": "quota_spent"}),
        ({"data_class": DataClass.IDENTIFIABLE, "checkers_needed": None}, {"Data": "data_class"}),
        ({"personal_data": ("It holds an NHS number.",)}, {"Data": "personal_data"}),
        ({"approval": refused("suspended", "It is suspended.")}, {"Approvals": "suspended"}),
        ({"text": ("No header.",)}, {"Text": "text"}),
        ({"unchanged": False}, {"Text": "changed"}),
        ({"resources": ("Too many shots.",)}, {"Resources": "resources"}),
        ({"waiting": 19}, {}),
        ({"waiting": 20}, {"Resources": "queue_full"}),
        ({"checkers": 0}, {"Output": "no_checkers"}),
        ({"checkers_needed": 2}, {"Output": "no_checkers"}),
        ({"trained": False, "text": ("No header.",)}, {"People": "not_trained", "Text": "text"}),
    ],
)
def test_each_gate_closes_for_its_own_reason(changes: dict[str, object], expected: dict[str, str]) -> None:
    assert closed(replace(OPEN, **changes)) == expected  # type: ignore[arg-type]


def test_every_refusal_says_what_to_do() -> None:
    nothing = rulings(Evidence(DataClass.IDENTIFIABLE, unchanged=False))
    reasons = [answer.ruling.reason for answer in nothing if not answer.ruling.allowed]
    assert len(reasons) == 7
    assert all(reason.endswith((".", "?")) and len(reason) > 30 for reason in reasons)


def test_the_first_closed_gate_refuses_in_its_own_name() -> None:
    ruling = gates_open(Facts(rulings(replace(OPEN, trained=False, text=("No header.",)))))
    assert (ruling.allowed, ruling.code, ruling.authority) == (False, "not_trained", "People")
    assert gates_open(Facts(rulings(OPEN))).allowed


@pytest.mark.parametrize(
    ("name", "state", "facts", "code"),
    [
        ("submit", State.DRAFT, Facts(), ""),
        ("submit", State.REQUESTED, Facts(), "wrong_state"),
        ("approve", State.REQUESTED, Facts(), ""),
        ("approve", State.REQUESTED, Facts((GateRuling("x", "X", refused("shut", "It is shut.")),)), "shut"),
        ("approve", State.QUEUED, Facts(), "wrong_state"),
        ("begin", State.QUEUED, Facts((GateRuling("x", "X", refused("shut", "It is shut.")),)), "shut"),
        ("return", State.RUNNING, Facts(attempts_left=True), ""),
        ("return", State.RUNNING, Facts(attempts_left=False), "attempts_spent"),
        ("release", State.IN_REVIEW, Facts(agreed=1, needed=2), "more_checkers"),
        ("release", State.IN_REVIEW, Facts(agreed=2, needed=2), ""),
        ("release", State.IN_REVIEW, Facts(agreed=1, against=1, needed=2), "withheld"),
        ("withhold", State.IN_REVIEW, Facts(agreed=1, against=1, needed=2), ""),
        ("withhold", State.IN_REVIEW, Facts(against=1, needed=2), "more_checkers"),
        ("withhold", State.IN_REVIEW, Facts(agreed=2, needed=2), "agreed"),
        ("admit", State.REQUESTED, Facts(), ""),
        ("admit", State.REQUESTED, Facts(needs_gatekeeper=True), "gatekeeper"),
        ("ask", State.REQUESTED, Facts(), ""),
        ("answer", State.ASKED, Facts(), ""),
        ("answer", State.REQUESTED, Facts(), "wrong_state"),
        ("release", State.FINISHED, Facts(agreed=2, needed=2), "wrong_state"),
        ("repeat", State.RELEASED, Facts(), ""),
        ("repeat", State.FAILED, Facts(), "wrong_state"),
        *(("stop", state, Facts(), "") for state in (State.DRAFT, State.ASKED, State.QUEUED, State.RUNNING)),
        ("stop", State.FINISHED, Facts(), "wrong_state"),
    ],
)
def test_moves(name: str, state: State, facts: Facts, code: str) -> None:
    assert WORKFLOW.ruling(name, state, facts).code == code


def test_every_state_is_named_coloured_and_reached() -> None:
    assert LABELS.keys() == COLOURS.keys() == set(State)
    assert {move.target for move in WORKFLOW.moves} | {State.DRAFT, None} == {*State, None}


def test_only_the_system_executes() -> None:
    by_system = {move.name for move in WORKFLOW.moves if move.who == (SYSTEM,)}
    assert by_system == {"admit", "queue", "begin", "block", "finish", "fail", "return", "lose"}


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({"0": 5, "1": 5}, {"0": 50, "1": 50}, 0.0),
        ({"0": 10}, {"1": 10}, 1.0),
        ({"0": 8, "1": 2}, {"0": 5, "1": 5}, 0.3),
        ({}, {"1": 1}, 0.5),
    ],
)
def test_total_variation_distance(first: dict[str, int], second: dict[str, int], expected: float) -> None:
    assert distance(first, second) == pytest.approx(expected)


def test_small_counts_are_summed_up() -> None:
    counts = {"00": 90, "01": 4, "10": 3, "11": 5}
    assert suppressed(counts, 5) == {"00": 90, "11": 5, "other": 7}
    assert suppressed(counts, 0) == counts


def test_the_policy_names_each_gate_once_in_order() -> None:
    assert [gate.order for gate in gates().in_order] == list(range(1, 8))
    assert len(policy_fingerprint()) == 64


def test_a_gate_without_a_guard_breaks_the_policy() -> None:
    values = gates().model_dump()
    values["gates"][0]["code"] = "weather"
    with pytest.raises(ValueError, match="the gates must be these"):
        Gates.model_validate(values)
    values["gates"] = values["gates"][1:]
    with pytest.raises(ValueError, match="the gates must be these"):
        Gates.model_validate(values)


def test_a_broken_tier_names_the_place(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    from pathlib import Path

    from hcqic_gov.policy import files

    folder = Path(str(tmp_path)) / "sandbox"
    folder.mkdir()
    broken = (files.policy_dir() / "sandbox" / "tiers.toml").read_text().replace("max_running = 2", "max_running = 0")
    (folder / "tiers.toml").write_text(broken)
    monkeypatch.setattr(files, "policy_dir", lambda: folder.parent)
    with pytest.raises(BrokenPolicy, match=r"sandbox/tiers.toml, max_running"):
        files.read_file("sandbox/tiers.toml", Tiers)


def test_identifying_data_has_no_checkers_and_so_no_way_in() -> None:
    known = tiers().checkers.keys()
    assert known <= {member.value for member in DataClass}
    assert not known & {DataClass.PSEUDONYMISED.value, DataClass.IDENTIFIABLE.value}
