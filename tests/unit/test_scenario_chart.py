"""Where the bars of the comparison stand."""

from decimal import Decimal

from hcqic_gov.web.scenario_chart import LABELS, RIGHT, WIDTH, Bar, chart

D = Decimal


def test_bars_start_at_zero_and_share_one_scale() -> None:
    drawn = chart([Bar("S1", D(2_000_000), D(1_000_000), D(3_000_000)), Bar("S4", D(-1_000_000), D(-1_000_000), D(0))])
    gain, loss = drawn.bars
    room = WIDTH - LABELS - RIGHT
    assert drawn.zero == LABELS + room / 4  # from -1 to +3
    assert (gain.x, gain.width) == (drawn.zero, room / 2)
    assert (loss.x, loss.width) == (LABELS, room / 4)
    assert (gain.low, gain.high) == (LABELS + room / 2, WIDTH - RIGHT)
    assert (gain.gain, loss.gain) == (True, False)
    assert loss.y > gain.y
    assert (gain.text, loss.text) == ("£2.0m", "−£1.0m")


def test_the_chart_in_one_sentence() -> None:
    summary = chart([Bar("S1", D(2_000_000), D(0), D(0)), Bar("S4", D(-1_000_000), D(0), D(0))]).summary
    assert summary == (
        "1 of 2 scenarios are worth more than business as usual. Highest: S1, £2.0m. Lowest: S4, −£1.0m."
    )


def test_nothing_but_zeros_is_still_a_chart() -> None:
    drawn = chart([Bar("S1", D(0), D(0), D(0))])
    assert (drawn.zero, drawn.bars[0].width) == (LABELS, 0)
