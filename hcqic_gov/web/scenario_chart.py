"""The comparison of scenarios as a chart: where each bar, range and word stands, in the units of its SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

WIDTH, LABELS, RIGHT, ROW, TOP = 760, 150, 110, 44, 12
"""The whole, the room for names at the left and for figures at the right, one row, and the edge above."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A scenario: its value, and the range over the sweep of optimism bias."""

    label: str
    value: Decimal
    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class Drawn:
    """A bar in place: from `x` over `width`, the range from `low` to `high`, at the height `y`; `text` beside it."""

    label: str
    text: str
    gain: bool
    x: float
    width: float
    low: float
    high: float
    y: float


@dataclass(frozen=True, slots=True)
class Chart:
    """All that the SVG needs; `zero` is where a value of nothing stands, `summary` the chart in one sentence."""

    width: int
    height: int
    zero: float
    bars: Sequence[Drawn]
    summary: str


def millions(amount: Decimal) -> str:
    """As `£1.2m` or `−£12.0m`."""
    return f"{'−' if amount < 0 else ''}£{abs(amount) / 1_000_000:,.1f}m"


def chart(bars: Sequence[Bar]) -> Chart:
    """Horizontal bars on one scale that holds all values, all ranges and nothing; at least one bar."""
    ends = [end for bar in bars for end in (bar.value, bar.low, bar.high)]
    least, most = min([*ends, Decimal(0)]), max([*ends, Decimal(0)])
    span = most - least or Decimal(1)

    def place(amount: Decimal) -> float:
        return round(float(LABELS + (amount - least) / span * (WIDTH - LABELS - RIGHT)), 1)

    zero = place(Decimal(0))
    drawn = [
        Drawn(
            bar.label,
            millions(bar.value),
            bar.value >= 0,
            min(zero, place(bar.value)),
            round(abs(place(bar.value) - zero), 1),
            place(bar.low),
            place(bar.high),
            TOP + ROW * number,
        )
        for number, bar in enumerate(bars)
    ]
    return Chart(WIDTH, TOP * 2 + ROW * len(bars), zero, drawn, summary_of(bars))


def summary_of(bars: Sequence[Bar]) -> str:
    best, worst = max(bars, key=lambda bar: bar.value), min(bars, key=lambda bar: bar.value)
    positive = sum(bar.value > 0 for bar in bars)
    return (
        f"{positive} of {len(bars)} scenarios are worth more than business as usual. "
        f"Highest: {best.label}, {millions(best.value)}. Lowest: {worst.label}, {millions(worst.value)}."
    )
