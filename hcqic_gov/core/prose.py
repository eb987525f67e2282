"""What people write with simple formatting: paragraphs, lists, *italics* and **bold** of Markdown, and nothing else."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

DEEPEST = 60
"""Each list within a list takes two; what is deeper the parser would leave out without a word."""
WITH_LISTS = MarkdownIt("zero", {"breaks": True, "maxNesting": DEEPEST}).enable(["emphasis", "list", "newline", "hr"])
"""Knows no links, no pictures, no headings and no HTML: those stand there as they were typed."""
WITHOUT_LISTS = MarkdownIt("zero", {"breaks": True}).enable(["emphasis", "newline"])

UNREADABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
"""Has no look, and stands in no XML; NUL in no PostgreSQL."""


def readable(text: str) -> str:
    """Without such characters; what a word processor writes for a new line or page is a line end."""
    return UNREADABLE.sub("", text.replace("\x0b", "\n").replace("\x0c", "\n"))


def tidy(text: str) -> str:
    """What was typed or pasted into a form: readable, with plain line ends and without outer blanks."""
    return readable(text.replace("\r\n", "\n")).strip()


@dataclass(frozen=True, slots=True)
class Run:
    """Characters of one look; a line ends where the text is a line end."""

    text: str
    bold: bool = False
    italic: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, or an item of a list with its mark; `first` where a new list begins."""

    runs: tuple[Run, ...]
    mark: str = ""
    first: bool = False


def html(text: str) -> str:
    """As HTML, in which nothing that was typed is markup but what this page's first line names."""
    rendered: str = parser(text).render(text)
    return rendered


def parser(text: str) -> MarkdownIt:
    """One that leaves nothing out: where lists are too deep, they stand there as they were typed."""
    levels = (token.level for token in WITH_LISTS.parse(text))
    return WITHOUT_LISTS if max(levels, default=0) >= DEEPEST - 1 else WITH_LISTS


def blocks(text: str) -> Sequence[Block]:
    """Paragraphs and items in their order; an item of a list within a list stands in line with the others."""
    return list(_blocks(parser(text).parse(text)))


def _blocks(tokens: Sequence[Token]) -> Iterator[Block]:
    lists: list[int | None] = []
    mark, first = "", False
    for token in tokens:
        match token.type:
            case "bullet_list_open" | "ordered_list_open":
                start = int(token.attrs.get("start", 1))
                lists.append(start if token.type.startswith("ordered") else None)
                first = first or len(lists) == 1
            case "bullet_list_close" | "ordered_list_close":
                lists.pop()
            case "list_item_open":
                number = lists[-1]
                mark = "•" if number is None else f"{number}."
                lists[-1] = None if number is None else number + 1
            case "list_item_close":
                mark = ""
            case "inline":
                yield Block(tuple(_runs(token.children or ())), mark, first)
                mark, first = "", False


def _runs(tokens: Sequence[Token]) -> Iterator[Run]:
    bold = italic = 0
    for token in tokens:
        match token.type:
            case "strong_open" | "strong_close":
                bold += token.nesting
            case "em_open" | "em_close":
                italic += token.nesting
            case "softbreak" | "hardbreak":
                yield Run("\n")
            case _ if token.content:
                yield Run(token.content, bold > 0, italic > 0)
