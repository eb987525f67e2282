"""SPC charts: round axes, a shape for each cause, steps where limits change, and the same drawing as SVG."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest
from reportlab.graphics.shapes import Drawing, Ellipse, Line

from hcqic_gov.reporting.snapshot import Cause
from reports.charts import figure_of, nice_ticks, notes_of, spc_chart
from reports.shapes import CAUSES, LEVELS
from reports.svg import to_svg
from tests.unit.reports.sample import points

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([0.0, 100.0], [0, 20, 40, 60, 80, 100]),
        ([91.3, 95.2], [91, 92, 93, 94, 95, 96]),
        ([-3.0, 4.0], [-4, -2, 0, 2, 4]),
        ([5.0], [5, 6]),
        ([0.0, 0.0], [0, 0.2]),
        ([0.001, 0.0042], [0.001, 0.002, 0.003, 0.004, 0.005]),
    ],
)
def test_axes_are_round_and_enclose_the_values(values: list[float], ticks: list[float]) -> None:
    assert list(nice_ticks(values)) == pytest.approx(ticks)


@pytest.mark.parametrize(
    ("value", "shown"), [(0.25, "0.25"), (1200, "1,200"), (12500, "12.5k"), (1_234_567, "1.235m"), (-3, "-3")]
)
def test_numbers_on_axes_are_short(value: float, shown: str) -> None:
    assert figure_of(value) == shown


def test_each_cause_and_each_level_has_a_form_and_a_word_of_its_own() -> None:
    for table in (CAUSES, LEVELS):
        assert len({sign.form for sign in table.values()}) == len(table)
        assert len({sign.word for sign in table.values()}) == len(table)


def test_limits_are_drawn_in_steps() -> None:
    means = [
        s
        for s in spc_chart(points()).contents
        if isinstance(s, Line) and s.strokeWidth == 0.8 and not s.strokeDashArray
    ]
    assert len(means) == 2
    assert means[0].y1 != means[1].y1
    assert means[0].x2 == pytest.approx(means[1].x1)


def test_a_chart_of_one_point_and_of_equal_points_can_be_drawn() -> None:
    bare = replace(points()[0], mean=None, lower=None, upper=None, near_lower=None, near_upper=None, target=None)
    assert spc_chart([bare]).contents
    assert spc_chart([bare, bare, bare]).contents


def test_annotations_are_numbered_as_in_the_chart() -> None:
    assert [(n, point.period) for n, point in notes_of(points())] == [(1, "2026-03")]
    texts = [e.text for e in svg_of(spc_chart(points())).iter(f"{SVG}text")]
    assert "1" in texts


def svg_of(drawing: Drawing) -> ElementTree.Element:
    return ElementTree.fromstring(to_svg(drawing, label='Chart of "A & B"'))  # noqa: S314  (our own text)


def test_svg_has_a_name_and_no_inline_style() -> None:
    root = svg_of(spc_chart(points()))
    assert root.get("role") == "img"
    assert root.get("aria-label") == 'Chart of "A & B"'
    assert not [element for element in root.iter() if "style" in element.attrib or element.tag == f"{SVG}style"]


def test_svg_shows_a_marker_for_every_point() -> None:
    root = svg_of(spc_chart(points()))
    legend = {"circle": 1, "polygon": 3}  # common cause; improvement, concern, neutral
    special = sum(point.cause is not Cause.COMMON for point in points())
    assert len(root.findall(f"{SVG}polygon")) == special + legend["polygon"]
    assert len(root.findall(f"{SVG}circle")) == 24 - special + legend["circle"]


def test_a_shape_without_svg_form_is_refused() -> None:
    with pytest.raises(TypeError, match="Ellipse"):
        to_svg(Drawing(10, 10, Ellipse(5, 5, 2, 3)), label="x")
