"""The style sheet without its remote fonts."""

import pytest

from hcqic_gov.web.assets import BrokenAssets, without_remote_fonts

SAMPLE = (
    "body{font-family:Frutiger W01,arial,sans-serif}"
    '@font-face{font-family:Frutiger W01;src:url(https://assets.example/a.woff2) format("woff2")}'
    "h1{color:red}"
    '@font-face {font-family:"Frutiger W01";src:url(https://assets.example/b.woff)}'
    ".sort{mask:url(/assets/images/nhsuk-icon-arrow-up.svg)}\n"
    "/*# sourceMappingURL=nhsuk-frontend.min.css.map */\n"
)


def test_only_what_is_remote_goes() -> None:
    assert without_remote_fonts(SAMPLE) == (
        "body{font-family:arial,sans-serif}h1{color:red}.sort{mask:url(images/nhsuk-icon-arrow-up.svg)}\n"
    )


@pytest.mark.parametrize(
    "rule",
    ["a{background:url(https://x.example/a.png)}", 'a{background:url("//x.example/a")}', "a{font-family:Frutiger}"],
)
def test_a_sheet_that_still_fetches_is_refused(rule: str) -> None:
    with pytest.raises(BrokenAssets):
        without_remote_fonts(rule)
