"""Counts of sweeps: kept, parted, hidden and drawn point by point."""

import pytest

from hcqic_gov.quantum.bindings import Bindings
from hcqic_gov.sandbox.points import by_values, joined, parity, parted
from hcqic_gov.sandbox.rules import suppressed
from hcqic_gov.web.sweep_chart import along, sweep

THREE = Bindings(("theta",), ((0.0,), (1.5,), (3.0,)))


def test_points_are_joined_and_parted() -> None:
    points = ({"00 1": 3, "01 1": 4}, {"00 1": 7})
    assert joined(points) == {"1:00 1": 3, "1:01 1": 4, "2:00 1": 7}
    assert parted(joined(points), 2) == [{"01 1": 4, "00 1": 3}, {"00 1": 7}]


def test_small_counts_are_hidden_at_each_point() -> None:
    counts = suppressed({"1:0": 397, "1:1": 3, "2:0": 399, "2:1": 1, "3:1": 400}, 5)
    assert counts == {"1:0": 397, "1:other": 3, "2:0": 399, "2:other": 1, "3:1": 400}
    shown = sweep(THREE, parted(counts, 3))
    assert list(shown.shown) == ["1", "0", "other"]
    assert [row.parity for row in shown.rows] == [None, None, -1.0]


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({"00": 1, "11": 1}, 1.0),
        ({"01": 1, "11": 1}, 0.0),
        ({"0 1": 4}, -1.0),
        ({"1": 3, "other": 1}, None),
        ({}, None),
    ],
)
def test_the_expectation_of_z_on_all_bits(counts: dict[str, int], expected: float | None) -> None:
    assert parity(counts) == expected


def test_points_are_named_by_their_values() -> None:
    turned = Bindings(("theta",), THREE.rows[::-1])
    assert by_values({"1:0": 5}, THREE) == by_values({"3:0": 5}, turned) == {"theta=0.0: 0": 5}
    assert by_values({"0": 5}, Bindings()) == {"0": 5}


@pytest.mark.parametrize(
    ("bindings", "axis"),
    [
        (THREE, "theta"),
        (Bindings(("a", "b"), ((1.0, 2.0), (1.0, 3.0))), "b"),
        (Bindings(("a", "b"), ((1.0, 2.0), (2.0, 3.0))), "number of the binding"),
        (Bindings(("a",), ((1.0,),)), "number of the binding"),
    ],
)
def test_the_axis_is_the_one_parameter_that_changes(bindings: Bindings, axis: str) -> None:
    assert along(bindings)[0] == axis


def test_a_table_in_any_order_is_drawn_from_left_to_right() -> None:
    mixed = Bindings(("theta",), ((3.0,), (0.0,), (1.5,)))
    shown = sweep(mixed, [{"1": 4}, {"0": 4}, {"0": 2, "1": 2}])
    assert [x for x, _ in shown.lines[0].marks] == sorted(x for x, _ in shown.lines[0].marks)
    assert "“0” goes from 0.0% (at theta 3) to 100.0% (at theta 0)." in shown.summary
    assert [row.number for row in shown.rows] == [1, 2, 3]
