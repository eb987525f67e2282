"""How the centre's documents look: A4, calm, one family of type, colour never alone."""

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm

from reports.fonts import BOLD, ITALIC, REGULAR

PAGE_WIDTH, PAGE_HEIGHT = A4
MARGIN, TOP, BOTTOM = 18 * mm, 24 * mm, 22 * mm
HEADER, FOOTER = PAGE_HEIGHT - 14 * mm, 12 * mm
WIDTH = PAGE_WIDTH - 2 * MARGIN
FULL = 0.95 * (PAGE_HEIGHT - TOP - BOTTOM)
"""What is left of a page on which next to nothing stands."""

INK, SECONDARY, RULE, TINT = HexColor("#0b0c0c"), HexColor("#484949"), HexColor("#cecece"), HexColor("#f3f5f8")
BRAND = HexColor("#1d4f7c")
IMPROVEMENT, CONCERN, COMMON, NEUTRAL = (HexColor(c) for c in ("#00b0f0", "#e46c0a", "#a6a6a6", "#490092"))
GREEN, AMBER, RED = HexColor("#0f7a52"), HexColor("#b35900"), HexColor("#b3201a")

BODY = ParagraphStyle("body", fontName=REGULAR, fontSize=9, leading=13, textColor=INK, spaceAfter=6)
LEAD = ParagraphStyle("lead", BODY, fontSize=11, leading=16, spaceAfter=8)
SMALL = ParagraphStyle("small", BODY, fontSize=7.5, leading=10.5, textColor=SECONDARY, spaceAfter=4)
ITEM = ParagraphStyle("item", BODY, leftIndent=14, bulletIndent=2, spaceAfter=3)
BOXED = ParagraphStyle("boxed", BODY, backColor=TINT, borderPadding=6, leftIndent=6, rightIndent=6)
NOTE = ParagraphStyle("note", BOXED, fontName=BOLD, spaceBefore=10, spaceAfter=12)
TITLE = ParagraphStyle("title", BODY, fontName=BOLD, fontSize=24, leading=30, spaceAfter=10)
H1 = ParagraphStyle("h1", BODY, fontName=BOLD, fontSize=15, leading=19, textColor=BRAND, spaceBefore=16, spaceAfter=7)
H2 = ParagraphStyle("h2", BODY, fontName=BOLD, fontSize=11, leading=15, spaceBefore=11, spaceAfter=4)
LABEL = ParagraphStyle("label", BODY, fontName=BOLD, spaceBefore=4, spaceAfter=2, keepWithNext=1)
CELL = ParagraphStyle("cell", BODY, fontSize=8, leading=10.8, spaceAfter=0)
CELL_BOLD = ParagraphStyle("cell bold", CELL, fontName=BOLD)
CELL_NUMBER = ParagraphStyle("cell number", CELL, alignment=TA_RIGHT)
CELL_NUMBER_BOLD = ParagraphStyle("cell number bold", CELL_NUMBER, fontName=BOLD)
HASH = ParagraphStyle("hash", CELL, fontSize=7, leading=10, wordWrap="CJK")
CAPTION = ParagraphStyle("caption", SMALL, fontName=ITALIC)
