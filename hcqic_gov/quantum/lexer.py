"""Cuts OpenQASM text into comments and tokens in one linear pass; no expression here can backtrack far."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

# A string ends at its line's end and an open comment at the text's end, so each character is looked at a bounded
# number of times, whatever the text holds.
COMMENT = re.compile(r'("[^"\n]*")|(//[^\n]*|/\*.*?(?:\*/|\Z))', re.DOTALL)
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
    if "//" not in text and "/*" not in text:
        return Pieces(text, (), unterminated=False)
    found = COMMENT.split(text)  # code, string, comment, code, string, comment, ..., code
    comments = [comment for comment in found[2::3] if comment]
    strings = [string or " " for string in found[1::3]]
    code = "".join([piece for pair in zip(found[::3], strings, strict=False) for piece in pair]) + found[-1]
    last = comments[-1] if comments else ""
    unterminated = last.startswith("/*") and (len(last) < 4 or not last.endswith("*/"))
    return Pieces(code, comments, unterminated)


def without_blocks(text: str) -> str:
    """Comments within lines become blanks; lines stay where they are. Qiskit's reader of version 2 knows only `//`."""
    if "/*" not in text:
        return text
    return COMMENT.sub(lambda found: found[1] or "\n" * found[0].count("\n") or " ", text)


def tokens(code: str) -> list[str]:
    """Words, numbers, strings and signs; what fits nothing is a token of one character."""
    return TOKEN.findall(code)


def version(code: str) -> str | None:
    """What the header declares ("2.0", "3"), or None where the first statement is no header."""
    match = HEADER.match(code)
    return match.group(1) if match else None
