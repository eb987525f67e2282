"""Reduces statements to their shapes without looking at each, so that a kind of statement is worked out only once.

The shape of a statement is its text without digits. That is one pass of the C library over the whole circuit, where
cutting a mebibyte into words alone takes several times what all of the text gate may take.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

BLANKS = bytes.maketrans(b"\r\n\t\f\v", b"     ")
DIGITS = b"0123456789"
MASK = bytes(ord("0") if byte in DIGITS else byte if byte in b"._" else ord(" ") for byte in range(256))
CAPITALS = bytes(
    ord("0") if byte in DIGITS else ord("A") if ord("A") <= byte <= ord("Z") else ord(" ") for byte in range(256)
)
PLAIN = re.compile(
    r"\ * (?: if\ *\( [\w \[\]=<>!&|~]* \)\ * )?"  # a condition
    r"[^\W\d]\w* \ * (\( (?: pi | π | e- | [-+*/.,\ ] ){0,90} \))?"  # a gate, and values of which none is infinite
    r"[\w\ ,\[\]=>-]*",
    re.VERBOSE,
)
OPENING = re.compile(r" *(?:(?:else *)?(?:if *\([\w \[\]=<>!&|~]*\))?|else) *\{")
BY_NOTHING = re.compile(r"/\s*[-+]*\s*[0.]")
NAME = re.compile(r"[^\W\d]\w*")
MOST_FACTORS = 12
"""Numbers of 19 digits: twelve of them multiplied are still finite."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The statements of a circuit, each ending in its `{` or `}` or before its `;`, and their shapes."""

    texts: Sequence[str]
    shapes: Sequence[str]
    blocks: int
    untrusted: frozenset[str]
    """Signs whose shapes do not tell whether a value is finite: `*` beside powers, `/` beside what begins with 0."""


def cut(code: str) -> Cut:
    blocks = code.count("{")
    if blocks:
        code = re.sub(r"\[\s*\{[^{}]*\}\s*\]", "[:]", code)  # a set of indices counts as the whole register
        code = code.replace("{", "{;").replace("}", "};")
    shapes = code.encode().translate(BLANKS, DIGITS).decode()
    untrusted = {"*": "**" in code, "/": BY_NOTHING.search(code) is not None, "(": has_digits(code, 20)}
    return Cut(code.split(";"), shapes.split(";"), blocks, frozenset(sign for sign, seen in untrusted.items() if seen))


def has_digits(code: str, many: int) -> bool:
    """Whether so many digits follow each other before any decimal point."""
    return b" " + b"0" * many in b" " + code.encode().translate(MASK)


def has_digits_anywhere(code: str, many: int) -> bool:
    return b"0" * many in code.encode().translate(MASK)


def has_parted_digits(code: str) -> bool:
    """Whether a name holds ten digits parted as an NHS number is."""
    return b"000_000_0000" in code.encode().translate(MASK)


def has_postcode_end(code: str) -> bool:
    """Whether a digit and two capitals follow each other, as at the end of a postcode."""
    return b"0AA" in code.encode().translate(CAPITALS)


def is_plain(shape: str) -> bool:
    """Whether statements of this shape differ in nothing that matters, unless it has untrusted signs."""
    match = PLAIN.fullmatch(shape)
    if match is None:
        return False
    values = match[1] or ""
    return values.count("*") < MOST_FACTORS and not ("/" in values and "e" in values)


def without_digits(name: str) -> str:
    return name.translate(WITHOUT_DIGITS)


WITHOUT_DIGITS = dict.fromkeys(range(ord("0"), ord("9") + 1))
