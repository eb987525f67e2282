"""SPC charts as vector graphics: plain points in, a drawing out (about 5 ms); the PDF and the preview share it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil, floor, log10
from typing import Literal

from reportlab.graphics.shapes import Drawing, Group, Line, PolyLine, Shape, String
from reportlab.lib.colors import Color

from hcqic_gov.core.calendar import Period
from hcqic_gov.reporting.snapshot import Cause, Point
from reports.fonts import BOLD, REGULAR, printable
from reports.shapes import CAUSES
from reports.style import BRAND, COMMON, INK, RED, RULE, SECONDARY

WIDTH, HEIGHT = 490.0, 142.0
LEFT, RIGHT, BOTTOM, TOP = 44.0, 88.0, 36.0, 10.0
Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True, slots=True)
class LineKind:
    """One of the horizontal lines: its name in the margin, how to read it from a point, and its look."""

    name: str
    of: Callable[[Point], float | None]
    colour: Color
    dash: tuple[float, ...]
    width: float = 0.8


LINES = (
    LineKind("Upper limit", lambda p: p.upper, SECONDARY, (4, 3)),
    LineKind("Lower limit", lambda p: p.lower, SECONDARY, (4, 3)),
    LineKind("", lambda p: p.near_upper, COMMON, (1, 2), 0.6),
    LineKind("", lambda p: p.near_lower, COMMON, (1, 2), 0.6),
    LineKind("Mean", lambda p: p.mean, INK, ()),
    LineKind("Target", lambda p: p.target, RED, (8, 3), 1.0),
)


@dataclass(frozen=True, slots=True)
class Scale:
    """Where a point's number and a value lie on the paper."""

    count: int
    low: float
    high: float

    def x(self, index: float) -> float:
        return LEFT + (index + 0.5) / self.count * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        return BOTTOM + (value - self.low) / (self.high - self.low) * (HEIGHT - BOTTOM - TOP)


def spc_chart(points: Sequence[Point]) -> Drawing:
    """The chart of at least one point: values, mean, limits, near limits, target, and a shape for each cause."""
    ticks = nice_ticks(_values(points))
    scale = Scale(len(points), ticks[0], ticks[-1])
    drawing = Drawing(WIDTH, HEIGHT)
    for shape in (
        *_axis(scale, ticks),
        *_dates(scale, points),
        *_lines(scale, points),
        *_margin(scale, points[-1]),
        *_series(scale, points),
        *_legend(points),
    ):
        drawing.add(shape)
    return drawing


def _values(points: Sequence[Point]) -> Sequence[float]:
    lines = [value for point in points for line in LINES if (value := line.of(point)) is not None]
    return [*lines, *(point.value for point in points)]


def nice_ticks(values: Sequence[float], *, wanted: int = 5) -> Sequence[float]:
    """Round numbers that enclose all values, about as many as wanted and at least two."""
    low, high = min(values), max(values)
    span = (high - low) or max(abs(high), 1.0)
    raw = span / wanted
    power = 10.0 ** floor(log10(raw))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw * 0.999)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return [round(n * step, 12) for n in range(first, max(last, first + 1) + 1)]


def figure_of(value: float, *, step: float = 0.0) -> str:
    """A number short enough for an axis: "1,200", "1.2m", "0.25"."""
    for size, suffix in ((1e6, "m"), (1e4, "k")):
        if abs(value) >= size:
            return f"{value / (1e6 if suffix == 'm' else 1e3):.4g}{suffix}"
    return f"{value:,.6g}" if step else f"{value:,.4g}"


def _text(
    x: float, y: float, text: str, *, anchor: Anchor = "start", colour: Color = SECONDARY, bold: bool = False
) -> Shape:
    font = BOLD if bold else REGULAR
    return String(x, y, printable(text), fontName=font, fontSize=6.5, fillColor=colour, textAnchor=anchor)


def _axis(scale: Scale, ticks: Sequence[float]) -> Iterator[Shape]:
    for tick in ticks:
        y = scale.y(tick)
        yield Line(LEFT, y, WIDTH - RIGHT, y, strokeColor=RULE, strokeWidth=0.4)
        yield _text(LEFT - 4, y - 2.2, figure_of(tick, step=1), anchor="end")


def _dates(scale: Scale, points: Sequence[Point]) -> Iterator[Shape]:
    """Labels of periods: as many as fit, always the last."""
    every = ceil(len(points) / 7)
    for index, point in enumerate(points):
        if (len(points) - 1 - index) % every == 0:
            x = scale.x(index)
            yield Line(x, BOTTOM, x, BOTTOM - 3, strokeColor=SECONDARY, strokeWidth=0.4)
            yield _text(x, BOTTOM - 11, Period.parse(point.period).short, anchor="middle")


def _lines(scale: Scale, points: Sequence[Point]) -> Iterator[Shape]:
    """Each line in steps: a new step where a group was rebased or a target changed."""
    for line in LINES:
        for value, run in groupby(enumerate(points), key=lambda pair: line.of(pair[1])):
            indexes = [index for index, _ in run]
            if value is not None:
                y, first, last = scale.y(value), scale.x(indexes[0] - 0.5), scale.x(indexes[-1] + 0.5)
                yield Line(
                    first, y, last, y, strokeColor=line.colour, strokeWidth=line.width, strokeDashArray=line.dash
                )


def _margin(scale: Scale, last: Point) -> Iterator[Shape]:
    """Names and values of the lines that hold now, pushed apart so that none covers another."""
    named = [(scale.y(value), line, value) for line in LINES if line.name and (value := line.of(last)) is not None]
    floor_y = BOTTOM - 6
    for y, line, value in sorted(named, key=lambda entry: entry[0]):
        y = max(y - 2.2, floor_y)
        floor_y = y + 8
        yield _text(WIDTH - RIGHT + 5, y, f"{line.name} {figure_of(value)}", colour=line.colour)


def _series(scale: Scale, points: Sequence[Point]) -> Iterator[Shape]:
    """Points in a row are joined; those that are not judged stand alone, for some between them may be kept back."""
    for alone, run in groupby(enumerate(points), key=lambda pair: pair[1].cause is Cause.NOT_JUDGED):
        path = [number for index, point in run for number in (scale.x(index), scale.y(point.value))]
        if len(path) > 2 and not alone:
            yield PolyLine(path, strokeColor=SECONDARY, strokeWidth=1)
    notes = 0
    for index, point in enumerate(points):
        x, y = scale.x(index), scale.y(point.value)
        yield CAUSES[point.cause].drawn(x, y, 5 if point.cause is Cause.COMMON else 6.5)
        if point.note:
            notes += 1
            yield _text(x, y + 6, str(notes), anchor="middle", colour=BRAND, bold=True)


def _legend(points: Sequence[Point]) -> Iterator[Shape]:
    """The signs that occur, with their words."""
    x = LEFT
    for cause, sign in CAUSES.items():
        if any(point.cause is cause for point in points):
            yield Group(sign.drawn(x + 4, 8, 6.5))
            yield _text(x + 11, 5.8, sign.word)
            x += 24 + 4.1 * len(sign.word)


def notes_of(points: Sequence[Point]) -> Sequence[tuple[int, Point]]:
    """Annotated points with the number that stands beside each in the chart."""
    return list(enumerate((point for point in points if point.note), start=1))
