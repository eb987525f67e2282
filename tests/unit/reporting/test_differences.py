"""What one report says otherwise than another."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from hcqic_gov.reporting.differences import differences
from hcqic_gov.reporting.snapshot import Difference, FunderReport
from tests.unit.reports.sample import REPORT

Path = tuple[str | int, ...]


def found(**changes: object) -> list[tuple[str, str, str, str]]:
    new: FunderReport = replace(REPORT, **changes)  # type: ignore[arg-type]
    return [(one.part, one.what, one.before, one.after) for one in differences(REPORT, new)]


def test_the_same_report_says_nothing_else() -> None:
    assert found() == []


def test_a_report_frozen_later_over_the_same_records_says_nothing_else() -> None:
    assert found(about=replace(REPORT.about, frozen_at=REPORT.about.frozen_at.replace(hour=23))) == []


def test_another_reading() -> None:
    changed = replace(REPORT.kpis[0], reading="1,199 persons")
    words = "(2026-06), target 95 %; on target; Improvement"
    was, now = f"1,204 persons {words}", f"1,199 persons {words}"
    assert found(kpis=(changed, *REPORT.kpis[1:])) == [("KPI", "H1 Patients benefitted", was, now)]


def test_another_definition() -> None:
    changed = replace(REPORT.kpis[0], policy="cd" * 32)
    assert [one[:2] for one in found(kpis=(changed, *REPORT.kpis[1:]))] == [("Definition", "H1 Patients benefitted")]


def test_a_value_of_an_earlier_period_that_both_charts_show() -> None:
    first, *others = REPORT.kpis[0].points
    changed = replace(REPORT.kpis[0], points=(replace(first, value=first.value + 1.5), *others[:-1]))
    later = replace(REPORT.about, period_code="2026-Q3")
    [(part, what, before, after)] = found(kpis=(changed, *REPORT.kpis[1:]), about=later)
    assert (part, what.startswith("H1 Patients benefitted, ")) == ("Earlier value", True)
    assert before.startswith(f"{first.value:.1f}%")
    assert after == before.replace(f"{first.value:.1f}%", f"{first.value + 1.5:.1f}%")
    assert [one[3] for one in found(kpis=(changed, *REPORT.kpis[1:]))] == [after, ""], "the same period, a point less"


def leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    if is_dataclass(value):
        for one in fields(value):
            yield from leaves(getattr(value, one.name), (*path, one.name))
    elif isinstance(value, tuple) and value and is_dataclass(value[0]):
        for place, one in enumerate(value):
            yield from leaves(one, (*path, place))
    else:
        yield path


def with_other(value: Any, path: Path) -> Any:
    """The same with another value at the path."""
    if not path:
        return other(value)
    first, *rest = path
    if isinstance(first, int):
        return tuple(with_other(one, tuple(rest)) if place == first else one for place, one in enumerate(value))
    return replace(value, **{first: with_other(getattr(value, first), tuple(rest))})


def other(value: Any) -> Any:
    match value:
        case None | ():
            return None
        case StrEnum():
            return next(one for one in type(value) if one is not value)
        case str() if re.fullmatch("2[0-9]{3}-[0-9]{2}", value):
            return "2019-01"
        case str():
            return f"{value} and more"
        case datetime() | date():
            return value + timedelta(days=1)
        case tuple():
            return (*value, "and more")
    return value + 1


THE_DAY = {("about", "frozen_at")} | {
    ("milestones", place, name) for place in range(len(REPORT.milestones)) for name in ("status", "level")
}
"""What only the day decides on which the data were frozen."""


def test_nothing_that_a_report_says_changes_without_a_word() -> None:
    every = [path for path in leaves(REPORT) if other(at(REPORT, path)) is not None]
    assert len(every) > 300
    told = {path for path in every if differences(REPORT, with_other(REPORT, path))}
    assert set(every) - told == THE_DAY


def at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step] if isinstance(step, int) else getattr(value, step)
    return value


def test_new_gone_and_moved_milestones() -> None:
    met, late = REPORT.milestones
    new = replace(met, title="A third one", actual=None)
    changes = found(milestones=(replace(late, forecast=date(2026, 9, 1)), new))
    assert [(part, what) for part, what, *_ in changes] == [
        ("Milestone", "Second benchmark (HCQIC-P-2026-0002)"),
        ("Milestone", "A third one (HCQIC-P-2026-0001)"),
        ("Milestone", "Baseline agreed (HCQIC-P-2026-0001)"),
    ]
    assert "forecast 1 September 2026, not met" in changes[0][3]
    assert (changes[1][2], changes[2][3]) == ("", "")


def test_two_records_of_one_name_are_told_apart() -> None:
    one = REPORT.risks[0]
    twice = replace(REPORT, risks=(one, one))
    worse = replace(twice, risks=(one, replace(one, status="20 of 25")))
    [difference] = differences(twice, worse)
    assert isinstance(difference, Difference)
    assert difference.before.startswith("16 of 25; ")
    assert difference.after == difference.before.replace("16 of 25", "20 of 25")


def test_every_part_of_a_report_is_compared() -> None:
    runs, budget, risk = REPORT.runs, REPORT.budget[0], REPORT.risks[0]
    changes = found(
        narrative=replace(REPORT.narrative, asks="A second post."),
        budget=(replace(budget, actual=Decimal(1)), *REPORT.budget[1:]),
        risks=(replace(risk, response="None."),),
        outputs=(replace(REPORT.outputs[0], identifier="10.9999/example.2"), *REPORT.outputs[1:]),
        approvals=(replace(REPORT.approvals[0], state="Suspended"),),
        incidents=(replace(REPORT.incidents[0], what="Another reason."),),
        runs=replace(runs, ungated=1),
    )
    assert [part for part, *_ in changes] == [
        "Narrative",
        "Risk",
        "Budget",
        "Output",
        "Approval",
        "Incident",
        "Simulated runs",
    ]
    assert changes[-1][2:] == (
        "14 requested, 11 executed, 2 refused, 9 released, 0 ungated",
        "14 requested, 11 executed, 2 refused, 9 released, 1 ungated",
    )
