"""The figure shows what the evaluation says; every icon that a word names is drawn, with its shape and title."""

from datetime import date, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from dashboards.figures import MARKERS, Note, spc_chart
from hcqic_gov import kpi
from hcqic_gov.kpi.spc import Direction, Evaluation, Series, Variation, evaluate
from hcqic_gov.kpi.words import (
    ASSURANCE_ICONS,
    NOT_ASSESSED,
    VARIATION_ICONS,
    Icon,
    assurance_icon,
    said,
    variation_icon,
)

ICONS = Path(kpi.__file__).parent.parent / "web" / "static" / "icons" / "kpi"
DAYS = [date(2024, 1, 1) + timedelta(days=31 * n) for n in range(20)]
VALUES = [1.0, 2.0] * 9 + [9.0, 1.0]


def result(values: list[float] = VALUES, **options: object) -> Evaluation:
    return evaluate(Series(DAYS[: len(values)], values, Direction.UP, **options))  # type: ignore[arg-type]


def test_each_point_has_the_shape_of_its_meaning() -> None:
    figure = spc_chart(result(), unit="%")
    improvement = next(trace for trace in figure.data if trace.name == "Special cause: improvement")
    assert (improvement.marker.symbol, improvement.marker.color) == ("diamond", "#00b0f0")
    assert improvement.y.tolist() == [9.0]
    assert isinstance(improvement.y, np.ndarray)
    drawn = [len(trace.y) for trace in figure.data if trace.mode == "markers"]
    assert sum(drawn) == len(VALUES)


def test_lines_stand_where_the_evaluation_puts_them() -> None:
    evaluation = result(rebases=[DAYS[14]])
    figure = spc_chart(evaluation, unit="%")
    means = [trace.y[0] for trace in figure.data if trace.name == "Mean"]
    assert means == [group.mean for group in evaluation.groups]
    limits = [trace.y[0] for trace in figure.data if trace.name in {"Process limits", "Trial limits"}]
    assert limits == [edge for group in evaluation.groups for edge in (group.upper, group.lower)]


def test_target_steps_where_it_changes() -> None:
    figure = spc_chart(result(), unit="%", targets=[None, *([2.0] * 9), *([3.0] * 10)])
    target = next(trace for trace in figure.data if trace.name == "Target")
    assert target.line.shape == "hv"
    assert target.y[1:].tolist() == [2.0] * 9 + [3.0] * 10
    assert np.isnan(target.y[0])


def test_target_line_goes_on_along_the_trajectory() -> None:
    ahead = [(DAYS[-1] + timedelta(days=31), 4.0), (DAYS[-1] + timedelta(days=62), 5.0)]
    figure = spc_chart(result(), unit="%", targets=[3.0] * 20, ahead=ahead)
    target = next(trace for trace in figure.data if trace.name == "Target")
    assert target.y[-3:].tolist() == [3.0, 4.0, 5.0]
    assert target.x[-2:].tolist() == [day for day, _ in ahead]


def test_no_target_line_without_a_target() -> None:
    assert "Target" not in {trace.name for trace in spc_chart(result(), unit="%", targets=[None] * 20).data}


def test_note_stands_at_its_point() -> None:
    figure = spc_chart(result(), unit="%", notes=[Note(DAYS[18], "New scanner")])
    (mark,) = figure.layout.annotations
    assert (mark.y, mark.hovertext) == (9.0, "New scanner")


def test_empty_series_gives_an_empty_chart() -> None:
    assert len(spc_chart(result([]), unit="%").data) == 0


def test_every_kind_of_point_has_its_own_shape() -> None:
    assert set(MARKERS) == set(Variation)
    assert len({marker.symbol for marker in MARKERS.values()}) == len(Variation)


@pytest.mark.parametrize("icon", [*VARIATION_ICONS.values(), *ASSURANCE_ICONS.values()], ids=lambda icon: icon.name)
def test_icon_is_drawn(icon: Icon) -> None:
    root = ET.parse(ICONS / f"{icon.name}.svg").getroot()  # noqa: S314 - our own file
    assert root.findtext("{http://www.w3.org/2000/svg}title") == icon.word
    assert len(root) >= 3  # title, shape and sign


def test_words_of_an_evaluation() -> None:
    evaluation = result([1.0, 2.0] * 5 + [12.0], target=1.0)
    assert variation_icon(evaluation).word == "Improvement, high"
    assert assurance_icon(evaluation).word == "Hit and miss"
    assert said(evaluation) == (
        "This is special cause variation of an improving nature: above upper limit. "
        "As it is, the process will meet the target at some times and miss it at others. "
        "The limits are trial limits: they rest on 11 points."
    )


def test_words_of_nothing() -> None:
    assert (variation_icon(result([])), assurance_icon(result([])), said(result([]))) == (
        NOT_ASSESSED,
        NOT_ASSESSED,
        "",
    )
