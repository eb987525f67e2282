"""The embedded font family, loaded before anything draws: PDF/A forbids fonts that are not in the file."""

import unicodedata
from functools import cache
from typing import Any

import reportlab.rl_config
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

FAMILY = {"normal": "Vera", "bold": "VeraBd", "italic": "VeraIt", "boldItalic": "VeraBI"}
REGULAR, BOLD, ITALIC = FAMILY["normal"], FAMILY["bold"], FAMILY["italic"]

# What Bitstream Vera has no glyph for, and the nearest thing that it can show.
_IN_WORDS = str.maketrans({"→": "->", "←": "<-", "↑": "up", "↓": "down", "Ł": "L", "ł": "l", "Đ": "D", "đ": "d"})

reportlab.rl_config.canvas_basefontname = REGULAR
reportlab.rl_config.defaultGraphicsFontName = REGULAR
for _name in FAMILY.values():
    pdfmetrics.registerFont(TTFont(_name, f"{_name}.ttf"))
pdfmetrics.registerFontFamily(REGULAR, **FAMILY)


@cache
def glyphs() -> frozenset[int]:
    font: Any = pdfmetrics.getFont(REGULAR)  # a TTFont, whose face the stubs do not know
    return frozenset(font.face.charToGlyph)


def printable(text: str) -> str:
    """The text in characters that the font has; accents it lacks are dropped, anything else becomes "?".

    The snapshot embedded in the PDF keeps the text as it was written.
    """
    return "".join(char if ord(char) in glyphs() else _nearest(char) for char in text.translate(_IN_WORDS))


def _nearest(char: str) -> str:
    if char in "\n\r\t":
        return " "
    base = [part for part in unicodedata.normalize("NFKD", char) if not unicodedata.combining(part)]
    return "".join(part if ord(part) in glyphs() else "?" for part in base)
