"""What people write with simple formatting: paragraphs, lists, *italics* and **bold** of Markdown, and nothing else."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

MARKDOWN = MarkdownIt("zero", {"breaks": True}).enable(["emphasis", "list", "newline"])
"""Knows no links, no pictures, no headings and no HTML: those stand there as they were typed."""


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
    rendered: str = MARKDOWN.render(text)
    return rendered


def blocks(text: str) -> Sequence[Block]:
    """Paragraphs and items in their order; an item of a list within a list stands in line with the others."""
    return list(_blocks(MARKDOWN.parse(text)))


def _blocks(tokens: Sequence[Token]) -> Iterator[Block]:
    lists: list[int] = []
    mark, first = "", False
    for token in tokens:
        match token.type:
            case "bullet_list_open":
                lists.append(0)
                first = len(lists) == 1
            case "ordered_list_open":
                lists.append(int(token.attrGet("start") or 1))
                first = len(lists) == 1
            case "bullet_list_close" | "ordered_list_close":
                lists.pop()
            case "list_item_open":
                mark = f"{lists[-1]}." if lists[-1] else "•"
                lists[-1] += bool(lists[-1])
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
