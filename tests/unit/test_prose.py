"""Simple formatting: what is read of Markdown, and what stands there as it was typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcqic_gov.core.prose import Block, Run, blocks, html


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("One.\n\nTwo.", "<p>One.</p>\n<p>Two.</p>\n"),
        ("One\nline", "<p>One<br>\nline</p>\n"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"),
        ("3. c\n4. d", '<ol start="3">\n<li>c</li>\n<li>d</li>\n</ol>\n'),
        ("**b** and *i*", "<p><strong>b</strong> and <em>i</em></p>\n"),
        ("<script>x</script>", "<p>&lt;script&gt;x&lt;/script&gt;</p>\n"),
        ("[a](http://b.example) ![c](d)", "<p>[a](http://b.example) ![c](d)</p>\n"),
        ("# no heading", "<p># no heading</p>\n"),
    ],
)
def test_html(typed: str, shown: str) -> None:
    assert html(typed) == shown


def test_blocks() -> None:
    assert blocks("Say **this**\nand that\n\n- a\n  - inner\n\n7. g\n8. *h*") == [
        Block((Run("Say "), Run("this", bold=True), Run("\n"), Run("and that"))),
        Block((Run("a"),), "•", first=True),
        Block((Run("inner"),), "•"),
        Block((Run("g"),), "7.", first=True),
        Block((Run("h", italic=True),), "8."),
    ]


@given(st.text())
def test_nothing_that_is_typed_is_lost_or_becomes_markup(typed: str) -> None:
    words = "".join(run.text for block in blocks(typed) for run in block.runs)
    letters = [char for char in typed if char.isalpha()]
    assert [char for char in words if char.isalpha()] == letters
    assert "<script" not in html(typed)
