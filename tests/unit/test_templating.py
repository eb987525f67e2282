"""What the templates' filters write."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from hcqic_gov.web import templating
from hcqic_gov.web.components import component

SUMMER_NIGHT = datetime(2026, 6, 30, 23, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (templating.day(date(2026, 11, 2)), "2 November 2026"),
        (templating.day(SUMMER_NIGHT), "1 July 2026"),
        (templating.day(None), "not recorded"),
        (templating.moment(SUMMER_NIGHT), "1 July 2026 at 12:05am"),
        (templating.moment(datetime(2026, 11, 22, 17, 2, tzinfo=UTC)), "22 November 2026 at 5:02pm"),
        (templating.moment(datetime(2026, 11, 22, 17, 0, tzinfo=UTC)), "22 November 2026 at 5pm"),
        (templating.moment(datetime(2026, 11, 22, 12, 0, tzinfo=UTC)), "22 November 2026 at midday"),
        (templating.moment(datetime(2026, 11, 22, 0, 0, tzinfo=UTC)), "22 November 2026 at midnight"),
        (templating.period_label("2026-Q2"), "April to June 2026"),
        (templating.pounds(Decimal("1234.5"), 2), "£1,234.50"),
        (templating.plural(1, "case"), "1 case"),
        (templating.plural(0, "case"), "0 cases"),
        (templating.plural(1200, "opportunity", "opportunities"), "1,200 opportunities"),
        (templating.slug("Approve (as chair)"), "approve-as-chair"),
    ],
)
def test_filters(written: str, expected: str) -> None:
    assert written == expected


def test_components_escape_and_leave_out_what_is_none() -> None:
    assert component("tag", text="<b>", colour=None) == '<strong class="nhsuk-tag">\n  &lt;b&gt;\n</strong>'
