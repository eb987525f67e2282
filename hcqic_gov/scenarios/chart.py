"""The comparison of scenarios as a chart: where each bar, range and word stands, in the units of its SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

WIDTH, EDGE, ROW = 480, 6, 56
"""The whole, the room left free at each side, and one scenario with its words over its bar."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A scenario: its value, and the range over the sweep of optimism bias."""

    label: str
    value: Decimal
    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class Drawn:
    """A bar in place: from `x` over `width`, the range from `low` to `high`, its row from `y` on; `text` its value."""

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


def short(amount: Decimal) -> str:
    """As `£1.2m`, `−£12.0m`, `£850k`, `£20`."""
    sign, size = "−" if amount < 0 else "", abs(amount)
    if size >= 1_000_000:
        return f"{sign}£{size / 1_000_000:,.1f}m"
    return f"{sign}£{size / 1_000:,.0f}k" if size >= 1_000 else f"{sign}£{size:,.0f}"


def chart(bars: Sequence[Bar]) -> Chart:
    """Horizontal bars on one scale that holds all values, all ranges and nothing; at least one bar."""
    ends = [end for bar in bars for end in (bar.value, bar.low, bar.high)]
    least, most = min([*ends, Decimal(0)]), max([*ends, Decimal(0)])
    span = most - least or Decimal(1)

    def place(amount: Decimal) -> float:
        return round(float(EDGE + (amount - least) / span * (WIDTH - 2 * EDGE)), 1)

    zero = place(Decimal(0))
    drawn = [
        Drawn(
            bar.label,
            short(bar.value),
            bar.value >= 0,
            min(zero, place(bar.value)),
            round(abs(place(bar.value) - zero), 1),
            place(bar.low),
            place(bar.high),
            ROW * number,
        )
        for number, bar in enumerate(bars)
    ]
    return Chart(WIDTH, ROW * len(bars), zero, drawn, summary_of(bars))


def summary_of(bars: Sequence[Bar]) -> str:
    best, worst = max(bars, key=lambda bar: bar.value), min(bars, key=lambda bar: bar.value)
    better = sum(bar.value > 0 for bar in bars)
    return (
        f"Of {len(bars)} scenarios, {better} would be worth more than business as usual. "
        f"Highest: {best.label}, {short(best.value)}. Lowest: {worst.label}, {short(worst.value)}."
    )
