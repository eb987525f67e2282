"""All KPI files, row by row, and what a broken one says."""

from collections import Counter
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from hcqic_gov.core.calendar import Frequency, Period
from hcqic_gov.core.errors import NotFound
from hcqic_gov.kpi.definitions import Aim, Definition, Dimension, catalogue, definition, definitions, for_period
from hcqic_gov.kpi.spc import Direction

DAY = date(2026, 3, 1)
COMPUTED = {
    *("R" + n for n in "12345679"),
    *("O" + n for n in "2345679"),
    *("E" + n for n in "124578"),
    "G2",
    "G3",
    "G8",
}


def test_forty_three_definitions_by_dimension() -> None:
    assert Counter(one.dimension for one in definitions(DAY)) == {
        Dimension.HEALTH: 8,
        Dimension.RESEARCH: 9,
        Dimension.OPERATIONS: 9,
        Dimension.ECONOMY: 9,
        Dimension.ENGAGEMENT: 8,
    }
    assert len(catalogue()) == 43


def test_what_a_register_answers_is_never_typed() -> None:
    assert {one.code for one in definitions(DAY) if one.computed} == COMPUTED


@pytest.mark.parametrize("one", definitions(DAY), ids=lambda one: one.code)
def test_definition(one: Definition) -> None:
    assert one.id == f"kpi-{one.code.lower()}-{one.version}"
    assert len(one.fingerprint) == 64
    assert one.review_date > one.effective_from
    assert one.ruleset.name == one.spc_ruleset
    assert one.definition.endswith(".")


def test_modelled_kpis_stand_apart() -> None:
    assert {one.code for one in definitions(DAY) if one.basis == "modelled"} == {"H2", "E4", "E5", "E6"}


def test_band_has_no_better_side() -> None:
    assert {one.code for one in definitions(DAY) if one.direction is Aim.BAND} == {"O2", "O9"}
    assert definition("O2", DAY).spc_direction is Direction.NEUTRAL


def test_period_is_reported_under_the_definition_of_its_last_day() -> None:
    assert for_period("H1", Period.containing(DAY, Frequency.QUARTERLY)).version == 1
    with pytest.raises(NotFound, match="in force on 31 December 2023"):
        for_period("H1", Period.parse("2023-Q4"))


def test_unknown_code() -> None:
    with pytest.raises(NotFound, match="no KPI X1"):
        definition("X1", DAY)


@pytest.mark.parametrize(
    ("code", "value", "shown"),
    [
        ("E4", -1234567.4, "−£1,234,567"),
        ("O9", -0.04, "0.0%"),
        ("O9", -2.25, "−2.2%"),
        ("H1", 1200, "1,200 persons"),
        ("H7", 0.95, "0.95 ratio"),
        ("H1", None, "no value"),
        ("O7", 1, "1 run"),
        ("O7", 0, "0 runs"),
        ("H4", 1, "1.0 days"),
    ],
)
def test_shown(code: str, value: float | None, shown: str) -> None:
    assert definition(code, DAY).shown(value) == shown


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"band": {"lower": 1, "upper": 2}}, "only a band"),
        ({"direction": "band"}, "a band has limits"),
        ({"direction": "band", "band": {"lower": 2, "upper": 1}}, "below its upper end"),
        ({"direction": "band", "band": {"lower": 1, "upper": 2}}, "follow the direction"),
        ({"thresholds": {"threshold": 5, "full": 3}}, "follow the direction"),
        ({"factor": 100}, "needs a denominator"),
        ({"spc_ruleset": "xmr"}, "no such SPC ruleset"),
        ({"code": "Z9"}, "pattern"),
        ({"owner_role": "nobody"}, "owner_role"),
        ({"weight": 1}, "weight"),
    ],
)
def test_broken_definition(change: dict[str, Any], reason: str) -> None:
    values = definition("H1", DAY).model_dump(mode="json")
    with pytest.raises(ValidationError, match=reason):
        Definition.model_validate({**values, **change})
