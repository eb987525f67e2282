"""How alike two circuits are, and what differs between their texts: pure."""

import difflib
import re
from collections import Counter
from collections.abc import Sequence

COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
BLANKS = re.compile(r"\s+")
LONGEST_DIFFERENCE = 1500
"""Statements of each text that are compared line by line: beyond, difflib takes seconds."""


def statements(source: str) -> list[str]:
    """The statements of a circuit, without comments, each with its blanks made one."""
    pieces = re.split(r"(?<=[;{}])", COMMENT.sub(" ", source))
    return [kept for piece in pieces if (kept := BLANKS.sub(" ", piece).strip())]


def likeness(first: str, second: str) -> float:
    """The share of statements that two circuits have in common, counted as often as they stand there: 0 to 1."""
    one, other = Counter(statements(first)), Counter(statements(second))
    union = (one | other).total()
    return (one & other).total() / union if union else 1.0


def difference(earlier: str, later: str) -> tuple[Sequence[str], bool]:
    """What differs, as a unified diff of statements without its head; and whether the texts were cut for it."""
    texts = [shown(text) for text in (earlier, later)]
    cut = any(len(text) > LONGEST_DIFFERENCE for text in texts)
    before, after = (text[:LONGEST_DIFFERENCE] for text in texts)
    return list(difflib.unified_diff(before, after, lineterm=""))[2:], cut


def shown(source: str) -> list[str]:
    """One statement a line, comments kept where they stand."""
    lines = (line for text in source.splitlines() for line in re.split(r"(?<=;)(?!\s*//)", text))
    return [line.strip() for line in lines if line.strip()]
