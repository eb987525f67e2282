"""What the counter knows of one statement's words: brackets, commas, and the refusals that any statement may earn."""

import re
from collections.abc import Sequence

from hcqic_gov.quantum import expression

BRACKET = re.compile(r"[()\[\]]")
PARAMETER = re.compile(r"\s*input\s+float(?:\s+|\s*\[\s*(?:32|64)\s*\]\s*)([A-Za-z_][A-Za-z0-9_]{0,31})\s*", re.ASCII)
MAX_PARAMETERS = 64
TAKEN = frozenset({
    "p", "x", "y", "z", "h", "s", "sdg", "t", "tdg", "sx", "rx", "ry", "rz", "cx", "cy", "cz", "cp", "crx", "cry",
    "crz", "ch", "swap", "ccx", "cswap", "cu", "CX", "phase", "cphase", "id", "u1", "u2", "u3", "U", "gphase",
    "pi", "tau", "euler",
})  # fmt: skip
"""Names of the standard library and of the language."""


class Found(Exception):
    """The text is refused: `code` for machines, the message for people."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


def unordered(name: str) -> Found:
    """A gate that calls itself, by way of others too, or is defined again."""
    return Found(
        "definition",
        f"Gate “{name[:40]}” uses itself, or is used before it is defined. Define each gate once, and first.",
    )


def parameter_name(text: str, known: Sequence[str]) -> str:
    """Of `input float theta`, the one form in which a parameter is declared, beside those before. Errors: Found."""
    found = PARAMETER.fullmatch(text)
    if found is None or found[1] in known or len(known) >= MAX_PARAMETERS:
        raise no_parameter()
    if found[1] in TAKEN:
        raise Found("input", f"A parameter cannot be called “{found[1]}”, as a gate or constant is. Rename it.")
    return found[1]


def no_parameter() -> Found:
    return Found(
        "input",
        f"A parameter is declared once, at the top of an OpenQASM 3 text, as “input float name;”, and at most "
        f"{MAX_PARAMETERS} are. Write it so.",
    )


def too_long() -> Found:
    return Found("expression", f"An expression has more than {expression.MAX_TOKENS} words and signs. Shorten it.")


def too_deep(limit: int) -> Found:
    return Found("nesting", f"Brackets are nested more than {limit} deep. Write them flatter.")


def after_bracket(words: Sequence[str], start: int) -> int:
    """The place after the bracket that closes the one at `start`; after `start` where none opens there."""
    depth = 0
    for place in range(start, len(words)):
        depth += (words[place] in "([") - (words[place] in ")]")
        if depth == 0:
            return place + 1
    raise Found("syntax", "A bracket of the circuit is not closed.")


def split_at_commas(words: Sequence[str]) -> list[Sequence[str]]:
    """The parts between the commas that stand in no bracket."""
    if "," not in words:
        return [words] if words else []
    parts, start, depth = [], 0, 0
    for place, word in enumerate(words):
        if word in "([" or word in ")]":
            depth += 1 if word in "([" else -1
        elif word == "," and depth == 0:
            parts.append(words[start:place])
            start = place + 1
    return [part for part in (*parts, words[start:]) if part]


def require_brackets(text: str, limit: int, *, whole: bool) -> None:
    """Errors: Found, where more round and square ones than this are open at once; where they do not match, if whole."""
    depth = 0
    for bracket in BRACKET.findall(text):
        depth += 1 if bracket in "([" else -1
        if depth > limit:
            raise too_deep(limit)
        if depth < 0:
            break
    if depth and whole:
        raise Found("syntax", "A bracket of the circuit is not closed, or closed twice.")
