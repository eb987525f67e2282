"""Simple formatting: what is read of Markdown, and what stands there as it was typed."""

import re
from html import unescape

import pytest
from hypothesis import example, given
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


@pytest.mark.parametrize(
    ("typed", "marks"),
    [
        ("- a\n-\n\npara", ["•", ""]),
        ("0. zero\n1. one", ["0.", "1."]),
        ("- x\n\npara\n\n- - y", ["•", "", "•"]),
        ("Before.\n\n- - - - - - - - - - - -\n\nAfter.", ["", ""]),
    ],
)
def test_marks(typed: str, marks: list[str]) -> None:
    assert [block.mark for block in blocks(typed)] == marks


def test_a_list_within_what_is_no_list_begins_anew() -> None:
    assert [block.first for block in blocks("- x\n\npara\n\n- - y")] == [True, False, True]


PIECES = st.sampled_from(["- ", "* ", "7. ", "word", "\n", "\n\n", "  ", "> ", "---", "**", "_", "`", "&amp;", "\\"])
TYPED = (
    st.text() | st.lists(PIECES, max_size=60).map("".join) | st.integers(1, 400).map(lambda deep: "- " * deep + "word")
)


@given(TYPED)
@example("".join(f"{' ' * deep * 2}- level {deep}\n" for deep in range(70)))
def test_nothing_that_is_typed_is_lost_or_becomes_markup(typed: str) -> None:
    letters = [char for char in typed if char.isalpha()]
    words = "".join(run.text for block in blocks(typed) for run in block.runs)
    assert [char for char in words if char.isalpha()] == letters
    shown = re.sub("<[^>]*>", "", html(typed))
    assert [char for char in unescape(shown) if char.isalpha()] == letters
    assert "<script" not in html(typed)
