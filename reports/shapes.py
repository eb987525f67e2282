"""Status and cause as a shape, a colour and a word: never colour alone."""

from dataclasses import dataclass

from reportlab.graphics.shapes import Circle, Drawing, Polygon, Shape
from reportlab.lib.colors import Color, white

from hcqic_gov.reporting.snapshot import Cause, Level
from reports.style import AMBER, COMMON, CONCERN, GREEN, IMPROVEMENT, NEUTRAL, RED, SECONDARY


@dataclass(frozen=True, slots=True)
class Sign:
    """A form, its colour and the word that always stands beside it."""

    form: str
    colour: Color
    word: str

    def drawn(self, x: float, y: float, size: float) -> Shape:
        """The form with its centre at x, y, in points."""
        return FORMS[self.form](x, y, size / 2, self.colour)

    def drawing(self, size: float) -> Drawing:
        return Drawing(size, size, self.drawn(size / 2, size / 2, size))


def _disc(x: float, y: float, r: float, colour: Color) -> Shape:
    return Circle(x, y, r, fillColor=colour, strokeColor=colour, strokeWidth=0)


def _ring(x: float, y: float, r: float, colour: Color) -> Shape:
    return Circle(x, y, r - 0.5, fillColor=white, strokeColor=colour, strokeWidth=1)


def _square(x: float, y: float, r: float, colour: Color) -> Shape:
    return _box(x, y, r * 0.9, r * 0.9, colour)


def _polygon(points: list[float], colour: Color) -> Shape:
    return Polygon(points, fillColor=colour, strokeColor=colour, strokeWidth=0)


def _box(x: float, y: float, half_width: float, half_height: float, colour: Color) -> Shape:
    left, right, bottom, top = x - half_width, x + half_width, y - half_height, y + half_height
    return _polygon([left, bottom, left, top, right, top, right, bottom], colour)


def _triangle(x: float, y: float, r: float, colour: Color) -> Shape:
    return _polygon([x, y + r * 1.15, x - r * 1.1, y - r * 0.85, x + r * 1.1, y - r * 0.85], colour)


def _diamond(x: float, y: float, r: float, colour: Color) -> Shape:
    return _polygon([x, y + r * 1.2, x + r * 1.2, y, x, y - r * 1.2, x - r * 1.2, y], colour)


def _dash(x: float, y: float, r: float, colour: Color) -> Shape:
    return _box(x, y, r, r / 3, colour)


FORMS = {"disc": _disc, "ring": _ring, "square": _square, "triangle": _triangle, "diamond": _diamond, "dash": _dash}

LEVELS = {
    Level.GREEN: Sign("disc", GREEN, "Green"),
    Level.AMBER: Sign("triangle", AMBER, "Amber"),
    Level.RED: Sign("square", RED, "Red"),
    Level.NOT_RATED: Sign("ring", SECONDARY, "Not rated"),
    Level.NOT_REPORTED: Sign("dash", SECONDARY, "Not reported"),
}

CAUSES = {
    Cause.COMMON: Sign("disc", COMMON, "Common cause"),
    Cause.IMPROVEMENT: Sign("diamond", IMPROVEMENT, "Improvement"),
    Cause.CONCERN: Sign("triangle", CONCERN, "Concern"),
    Cause.NEUTRAL: Sign("square", NEUTRAL, "Special cause, no direction"),
    Cause.NOT_JUDGED: Sign("ring", SECONDARY, "Not judged"),
}
