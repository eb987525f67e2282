"""Finds what looks like a person's data in a circuit's comments, strings and names."""

import re
from collections.abc import Iterable, Sequence
from operator import mul

NHS_NUMBER = re.compile(r"(?<![\d.])(\d{3})[ -]?(\d{3})[ -]?(\d{4})(?![\d.])", re.ASCII)
EMAIL = re.compile(r"(?<=[\w.+-])@[A-Za-z0-9-]{1,63}\.[A-Za-z]")
DATE = re.compile(
    r"(?<!\d)(?:\d{1,2}[/.-]\d{1,2}[/.-]((?:18|19|20)\d\d)|((?:18|19|20)\d\d)[/.-]\d{1,2}[/.-]\d{1,2})(?!\d)", re.ASCII
)
BIRTH = re.compile(r"\b(?:d\.?o\.?b\b|born\b|birth)", re.IGNORECASE)
FIRST_YEAR_OF_OPENQASM = 2017  # an earlier full date cannot say when the circuit was written
POSTCODE = re.compile(r"\b([A-Z]{1,2})\d[A-Z\d]? ?\d[ABD-HJLNP-UW-Z]{2}\b", re.ASCII)
POSTCODE_ANY_CASE = re.compile(
    r"\b((?i:[A-Z]{1,2}))\d(?i:[A-Z\d])? ?(?!\d(?:st|nd|rd|th)\b)\d(?i:[ABD-HJLNP-UW-Z]{2})\b", re.ASCII
)
OUTLINE = bytes(
    ord("0") if byte in b"0123456789" else ord("A") if chr(byte).isalpha() else ord("/") if byte in b"/.-" else byte
    for byte in range(128)
) + bytes(range(128, 256))
_AREAS = (
    "AB AL B BA BB BD BH BL BN BR BS BT CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY E EC EH EN EX FK FY G "
    "GL GU GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA LD LE LL LN LS LU M ME MK ML N NE NG NN NP NR NW "
    "OL OX PA PE PH PL PO PR RG RH RM S SA SE SG SK SL SM SN SO SP SR SS ST SW SY TA TD TF TN TQ TR TS TW UB W WA WC "
    "WD WF WN WR WS WV YO ZE"
)
POSTCODE_AREAS = frozenset(_AREAS.split())


def personal_data(comments: Iterable[str], names: Iterable[str]) -> Sequence[str]:
    """What kinds of personal data the text seems to hold, in plain words; the values are never repeated.

    Names are read with their underscores as spaces, and only upper-case postcodes count there: `b3_2qb` is a gate.
    """
    prose = "\n".join(comments)
    words = "\n".join(name.replace("_", " ") for name in names)
    both = f"{prose}\n{words}"
    return [
        kind
        for kind, seen in (
            ("an NHS number", holds_nhs_number(both)),
            ("an e-mail address", "@" in prose and EMAIL.search(prose) is not None),
            ("a postcode", holds_postcode(prose, words)),
            ("a date of birth", holds_birth_date(both)),
        )
        if seen
    ]


def outline(text: str, *, without: bytes = b"") -> bytes:
    """The text with 0 for each digit, A for each letter and / for what parts a date: quick to look through."""
    return text.encode().translate(OUTLINE, without)


def holds_nhs_number(text: str) -> bool:
    if b"0" * 10 not in outline(text, without=b" -"):
        return False
    return any(map(is_nhs_number, {"".join(groups) for groups in NHS_NUMBER.findall(text)}))


def holds_postcode(prose: str, words: str) -> bool:
    if b"0AA" not in outline(f"{prose}\n{words}"):
        return False
    areas = {*POSTCODE_ANY_CASE.findall(prose), *POSTCODE.findall(words)}
    return any(area.upper() in POSTCODE_AREAS for area in areas)


def is_nhs_number(digits: str) -> bool:
    """Ten digits whose last is the check digit (modulus 11, weights 10 to 2; NHS Data Dictionary)."""
    remainder = 11 - sum(map(mul, map(int, digits), range(10, 1, -1))) % 11
    return len(digits) == 10 and digits != "0" * 10 and remainder != 10 and int(digits[-1]) == remainder % 11


def holds_birth_date(text: str) -> bool:
    """A full date from before OpenQASM, or any full date in a text that speaks of a birth."""
    if b"0/0" not in outline(text):
        return False
    years = [int(first or second) for first, second in DATE.findall(text)]
    return bool(years) and (min(years) < FIRST_YEAR_OF_OPENQASM or BIRTH.search(text) is not None)
