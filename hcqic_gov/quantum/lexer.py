"""Cuts OpenQASM text into comments and tokens in one linear pass; no expression here can backtrack far."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

# A string ends at its line's end and an open comment at the text's end, so each character is looked at a bounded
# number of times, whatever the text holds.
COMMENT = re.compile(r'"[^"\n]*"|//[^\n]*|/\*.*?(?:\*/|\Z)', re.DOTALL)
TOKEN = re.compile(
    r"""
      "[^"\n]*" | '[^'\n]*'
    | [^\W\d]\w*
    | (?: \d\w* (?: \.\w* )? | \.\d\w* ) (?: (?<=[eE]) [+-]\d+ )?
    | -> | == | != | <= | >= | && | \|\| | \*\*
    | \S
    """,
    re.VERBOSE,
)
HEADER = re.compile(r"\s*OPENQASM\s+(\d{1,3}(?:\.\d{1,3})?)\s*;")


@dataclass(frozen=True, slots=True)
class Pieces:
    """The text without its comments, and the comments themselves."""

    code: str
    comments: Sequence[str]
    unterminated: bool


def split_comments(text: str) -> Pieces:
    """Comments become a space; strings stay where they are."""
    comments: list[str] = []

    def replace(match: re.Match[str]) -> str:
        piece = match.group()
        if piece.startswith('"'):
            return piece
        comments.append(piece)
        return " "

    code = COMMENT.sub(replace, text)
    last = comments[-1] if comments else ""
    unterminated = last.startswith("/*") and (len(last) < 4 or not last.endswith("*/"))
    return Pieces(code, comments, unterminated)


def tokens(code: str) -> list[str]:
    """Words, numbers, strings and signs; what fits nothing is a token of one character."""
    return TOKEN.findall(code)


def version(code: str) -> str | None:
    """What the header declares ("2.0", "3"), or None where the first statement is no header."""
    match = HEADER.match(code)
    return match.group(1) if match else None


def nested_deeper(code: str, limit: int) -> bool:
    """Whether more brackets than this, of all three kinds together, are ever open at once."""
    depth = 0
    for bracket in re.findall(r"[()\[\]{}]", code):
        depth += 1 if bracket in "([{" else -1
        if depth > limit:
            return True
    return False
