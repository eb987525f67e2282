"""Tiers, shares of an allocation, and how alike two circuits are: pure."""

from datetime import date, timedelta

import pytest

from hcqic_gov.core.errors import BrokenPolicy
from hcqic_gov.demo import circuits
from hcqic_gov.projects.rules import DataClass
from hcqic_gov.quantum.textgate import read
from hcqic_gov.quantum.tiers import tiers
from hcqic_gov.sandbox.allocations import Allocations, Balance, allocations, share_on, within
from hcqic_gov.sandbox.examples import EXAMPLES
from hcqic_gov.sandbox.likeness import difference, likeness, statements
from hcqic_gov.sandbox.releases import Near
from tests.policy_folder import Board

YEAR = date(2026, 1, 1), date(2026, 12, 31)


@pytest.mark.parametrize(
    ("day", "lapse", "first", "last"),
    [
        (date(2026, 1, 1), 0, *YEAR),
        (date(2026, 1, 1), 183, date(2026, 1, 1), date(2026, 7, 2)),
        (date(2026, 7, 2), 183, date(2026, 1, 1), date(2026, 7, 2)),
        (date(2026, 7, 3), 183, date(2026, 7, 3), date(2026, 12, 31)),
        (date(2026, 12, 31), 183, date(2026, 7, 3), date(2026, 12, 31)),
        (date(2026, 5, 1), 400, *YEAR),
    ],
)
def test_the_share_of_a_day(day: date, lapse: int, first: date, last: date) -> None:
    share = share_on(day, *YEAR, 36500, lapse)
    assert (share.starts_on, share.ends_on) == (first, last)
    assert share.seconds == pytest.approx(100 * ((last - first).days + 1))


def test_all_shares_together_are_the_allocation() -> None:
    days = [YEAR[0] + timedelta(days=number) for number in range(365)]
    shares = {share_on(day, *YEAR, 9000, 100) for day in days}
    assert sum(share.seconds for share in shares) == pytest.approx(9000)
    assert len(shares) == 4


def balance(code: str, share: float = 1000, spent: float = 0, reserved: float = 0) -> Balance:
    return Balance(allocations().tier(code), share, spent, reserved)


@pytest.mark.parametrize(
    ("tier", "size", "seconds", "spent", "reserved", "code"),
    [
        ("try", "S0", 4, 1000, 0, ""),  # small ones cost nothing
        ("try", "S1", 50, 900, 0, ""),
        ("try", "S1", 50, 960, 0, "quota_spent"),
        ("try", "S1", 50, 900, 60, "quota_spent"),
        ("try", "S2", 50, 0, 0, "tier_too_small"),
        ("explore", "S2", 900, 0, 0, ""),
        ("explore", "S2", 900, 200, 0, "quota_spent"),
        ("no more in the policy", "S2", 1, 0, 0, "tier_too_small"),
        ("try", "", 1e9, 5000, 0, ""),  # too large for the sandbox: the limits say so, not the allocation
    ],
)
def test_what_fits(tier: str, size: str, seconds: float, spent: float, reserved: float, code: str) -> None:
    known = {one.code: one for one in tiers().classes}
    ruling = within(balance(tier, 1000, spent, reserved), known.get(size), seconds, tiers().classes)
    assert ruling.code == code
    assert ruling.allowed or "apply for" in ruling.reason


def test_what_is_left_is_never_less_than_nothing() -> None:
    assert balance("try", 600, 700).left == 0


def test_small_synthetic_runs_pass_and_others_wait() -> None:
    policy = allocations()
    assert not policy.needs_gatekeeper("S0", DataClass.SYNTHETIC)
    assert not policy.needs_gatekeeper("S1", DataClass.SYNTHETIC)
    assert policy.needs_gatekeeper("S2", DataClass.SYNTHETIC)
    assert policy.needs_gatekeeper("S0", DataClass.ANONYMISED_NHS)
    assert policy.needs_gatekeeper("unknown", DataClass.SYNTHETIC)


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('code = "S1"\ncounts', 'code = "S9"\ncounts', "classes"),
        ('largest = "S1"', 'largest = "S7"', "tiers.0.largest"),
        ("max_days = 0\n", "max_days = 9\n", "the first tier has max_days = 0"),
        ('after = "explore"', 'after = "voyage"', "a tier comes after one that is no tier"),
    ],
)
def test_a_broken_file_says_where(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch, old: str, new: str, place: str
) -> None:
    from pathlib import Path

    with Board.over(Path(str(tmp_path)) / "policies", monkeypatch) as board:
        board.change("sandbox/allocations.toml", old, new)
        with pytest.raises(BrokenPolicy, match=r"sandbox/allocations\.toml") as broken:
            allocations()
    assert place in str(broken.value)


def test_the_first_tier_is_every_projects_own() -> None:
    assert isinstance(allocations(), Allocations)
    assert allocations().own.standing
    assert [tier.code for tier in allocations().granted] == ["explore", "pioneer"]


def test_statements_without_comments_and_blanks() -> None:
    assert statements("h q[0]; // one; two\n\n cx  q[0],\n q[1];/* x; */ measure q -> c;") == [
        "h q[0];", "cx q[0], q[1];", "measure q -> c;"
    ]  # fmt: skip


def test_likeness() -> None:
    ring = circuits.alternating(6, 2)
    assert likeness(ring, ring.replace("\n", "  \n// again\n")) == 1
    assert 0.8 < likeness(ring, ring.replace("h q[3];", "")) < 1
    assert likeness(ring, circuits.estimation(6)) < 0.3
    assert likeness("", "") == 1


def test_the_difference_of_two_texts() -> None:
    lines, cut = difference("h q[0]; cx q[0],q[1];", "h q[0]; x q[1]; cx q[0],q[1];")
    assert [line for line in lines if line[:1] in "+-"] == ["+x q[1];"]
    assert not cut
    assert difference("x q[0];\n" * 2000, "")[1]


def test_small_differences_are_marked() -> None:
    near = Near("R", "T", 10, 1.0, {}, {"00": 0, "01": 1, "10": -4, "11": 9})
    assert near.small(0) == []
    assert near.small(5) == ["01", "10"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_passes_the_text_gate(name: str) -> None:
    reading = read(EXAMPLES[name].source, tiers().text)
    assert reading.allowed, reading.refusals
    assert reading.qubits < 6
