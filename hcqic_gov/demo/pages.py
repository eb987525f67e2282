"""Small PDF pages for the documents of the story."""

from collections.abc import Sequence
from io import BytesIO

from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import simpleSplit
from reportlab.pdfgen.canvas import Canvas

LEFT, TOP, WIDTH = 60, 780, 470


def page(title: str, paragraphs: Sequence[str]) -> bytes:
    """One page; the same words give the same bytes."""
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=True)
    canvas.setTitle(title)
    text = canvas.beginText(LEFT, TOP)
    for font, size, words in (("Helvetica-Bold", 14, title), *(("Helvetica", 11, one) for one in paragraphs)):
        text.setFont(font, size, leading=size * 1.4)
        for line in simpleSplit(words, font, size, WIDTH):
            text.textLine(line)
        text.textLine()
    canvas.drawText(text)
    canvas.save()
    return buffer.getvalue()
