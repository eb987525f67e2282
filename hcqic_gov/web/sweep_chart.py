"""A sweep as a chart: the share of each bit string against the parameter; where each line and word stands. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hcqic_gov.quantum.bindings import Bindings
from hcqic_gov.sandbox.points import parity
from hcqic_gov.sandbox.rules import OTHERS

WIDTH, HEIGHT, LEFT, TOP, ROW = 640, 280, 48, 12, 22
DRAWN = 4
"""Lines that can still be told apart."""
COLUMNS = 8
"""Bit strings in the table."""
STYLES = (("#005eb8", ""), ("#c05a00", "8 4"), ("#0a6e6e", "2 3"), ("#7c2855", "10 3 2 3"))
"""Colour and dashes: told apart without colour, too."""


@dataclass(frozen=True, slots=True)
class Line:
    """One bit string: its way through the chart, its marks, how it is drawn, and its words below."""

    label: str
    path: str
    marks: Sequence[tuple[float, float]]
    colour: str
    dashes: str
    legend: float


@dataclass(frozen=True, slots=True)
class Row:
    """One binding of the table: values as written, shares of the bit strings shown, the expectation (None: unknown)."""

    number: int
    values: Sequence[float]
    shares: Sequence[float]
    parity: float | None


@dataclass(frozen=True, slots=True)
class Sweep:
    """All that the page of a sweep shows; `shown` are the bit strings of the table, `left_out` how many have no column.

    `least` and `most` are the ends of the axis `axis`.
    """

    names: Sequence[str]
    shown: Sequence[str]
    left_out: int
    rows: Sequence[Row]
    lines: Sequence[Line]
    axis: str
    least: float
    most: float
    summary: str

    @property
    def height(self) -> int:
        return HEIGHT + 36 + ROW * len(self.lines)


def sweep(bindings: Bindings, counts: Sequence[Mapping[str, int]]) -> Sweep:
    """From the counts of each point, as they are shown; at least one point."""
    totals = [sum(point.values()) or 1 for point in counts]
    peaks: dict[str, float] = {}
    for point, total in zip(counts, totals, strict=True):
        for bits, count in point.items():
            peaks[bits] = max(peaks.get(bits, 0.0), count / total)
    ranked = sorted(peaks, key=lambda bits: (bits == OTHERS, -peaks[bits], bits))
    shown = ranked[:COLUMNS]
    rows = [
        Row(number, row, [point.get(bits, 0) / total for bits in shown], parity(point))
        for number, (row, point, total) in enumerate(zip(bindings.rows, counts, totals, strict=True), 1)
    ]
    axis, places = along(bindings)
    order = sorted(range(len(places)), key=places.__getitem__)
    lines = [
        drawn(bits, place, [(places[n], rows[n].shares[place]) for n in order])
        for place, bits in enumerate(shown[:DRAWN])
    ]
    words = " ".join(in_words(bits, axis, [(places[n], rows[n].shares[place]) for n in order])
                     for place, bits in enumerate(shown[:DRAWN]))  # fmt: skip
    return Sweep(
        bindings.names, shown, len(ranked) - len(shown), rows, lines, axis, min(places), max(places), words
    )  # fmt: skip


def along(bindings: Bindings) -> tuple[str, Sequence[float]]:
    """What the axis stands for: the only parameter that changes, else the number of the binding."""
    changing = [place for place in range(len(bindings.names)) if len({row[place] for row in bindings.rows}) > 1]
    if len(changing) == 1:
        return bindings.names[changing[0]], [row[changing[0]] for row in bindings.rows]
    return "number of the binding", [float(number) for number in range(1, len(bindings) + 1)]


def drawn(bits: str, place: int, points: Sequence[tuple[float, float]]) -> Line:
    least, most = points[0][0], points[-1][0]
    span = most - least or 1.0
    marks = [
        (round(LEFT + 8 + (x - least) / span * (WIDTH - LEFT - 24), 1), round(TOP + (1 - share) * (HEIGHT - TOP), 1))
        for x, share in points
    ]
    path = "M" + "L".join(f"{x} {y}" for x, y in marks)
    return Line(bits, path, marks, *STYLES[place], HEIGHT + 44 + ROW * place)


def in_words(bits: str, axis: str, points: Sequence[tuple[float, float]]) -> str:
    """Where a bit string is most and least frequent."""
    (low_at, low), (high_at, high) = min(points, key=lambda p: p[1]), max(points, key=lambda p: p[1])
    if high - low < 0.0005:
        return f"“{bits}” has {high:.1%} throughout."
    return f"“{bits}” goes from {low:.1%} (at {axis} {low_at:.4g}) to {high:.1%} (at {axis} {high_at:.4g})."
