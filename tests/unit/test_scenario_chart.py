"""Where the bars of the comparison stand."""

from decimal import Decimal

import pytest

from hcqic_gov.scenarios.chart import EDGE, ROW, WIDTH, Bar, chart, short

D = Decimal


def test_bars_start_at_zero_and_share_one_scale() -> None:
    drawn = chart([Bar("S1", D(2_000_000), D(1_000_000), D(3_000_000)), Bar("S4", D(-1_000_000), D(-1_000_000), D(0))])
    gain, loss = drawn.bars
    room = WIDTH - 2 * EDGE
    assert drawn.zero == EDGE + room / 4  # from -1 to +3
    assert (gain.x, gain.width) == (drawn.zero, room / 2)
    assert (loss.x, loss.width) == (EDGE, room / 4)
    assert (gain.low, gain.high) == (EDGE + room / 2, WIDTH - EDGE)
    assert (gain.gain, loss.gain) == (True, False)
    assert (loss.y - gain.y, drawn.height) == (ROW, 2 * ROW)


def test_the_chart_in_one_sentence() -> None:
    summary = chart([Bar("S1", D(2_000_000), D(0), D(0)), Bar("S4", D(-1_000), D(0), D(0))]).summary
    assert summary == (
        "Of 2 scenarios, 1 would be worth more than business as usual. Highest: S1, £2.0m. Lowest: S4, −£1k."
    )


def test_nothing_but_zeros_is_still_a_chart() -> None:
    drawn = chart([Bar("S1", D(0), D(0), D(0))])
    assert (drawn.zero, drawn.bars[0].width) == (EDGE, 0)


AMOUNTS = [
    ("1234567", "£1.2m"),
    ("-12000000", "−£12.0m"),
    ("850400", "£850k"),
    ("-20", "−£20"),
    ("0", "£0"),
]


@pytest.mark.parametrize(("amount", "words"), AMOUNTS)
def test_amounts_in_few_characters(amount: str, words: str) -> None:
    assert short(D(amount)) == words
