"""Flowables to PDF bytes: A4 with running header and footer, tagged, PDF/A-3b, the same bytes for the same values."""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pikepdf import AttachedFileSpec, Name, Pdf
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate

from reports import style
from reports.fonts import BOLD, REGULAR, printable
from reports.tagging import Element, TaggedCanvas, add_structure

AUTHOR = "Health and Care Quantum Innovation Centre"
TOTAL = "total-pages"


@dataclass(frozen=True, slots=True)
class Furniture:
    """What stands on every page, and the moment that the file gives as its own."""

    title: str
    reference: str
    status: str
    proof: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Attachment:
    """JSON that travels in the file as the source of what it shows."""

    filename: str
    data: bytes
    description: str


def build(flowables: Sequence[Flowable], furniture: Furniture, *, attachment: Attachment | None = None) -> bytes:
    """The file. Errors: pikepdf's PdfaError where it would not be PDF/A-3b."""
    root = Element("Document")
    drawn = draw(flowables, furniture, root)
    with Pdf.open(io.BytesIO(drawn)) as pdf:
        add_structure(pdf, root, title=furniture.title)
        return archived(pdf, furniture, attachment)


def draw(flowables: Sequence[Flowable], furniture: Furniture, root: Element) -> bytes:
    """ReportLab's part; `root` fills with what was drawn where."""
    buffer = io.BytesIO()
    template = BaseDocTemplate(
        buffer,
        pagesize=(style.PAGE_WIDTH, style.PAGE_HEIGHT),
        title=furniture.title,
        author=AUTHOR,
        lang="en-GB",
        invariant=1,
        initialFontName=REGULAR,
        pageTemplates=[page_template(furniture)],
    )
    template.build([*flowables, TotalPages()], canvasmaker=lambda *a, **options: TaggedCanvas(*a, root=root, **options))
    return buffer.getvalue()


def page_template(furniture: Furniture) -> PageTemplate:
    height = style.PAGE_HEIGHT - style.TOP - style.BOTTOM
    frame = Frame(
        style.MARGIN, style.BOTTOM, style.WIDTH, height, leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0
    )

    def decorate(canvas: Any, _document: object) -> None:
        with canvas.artifact():
            header(canvas, furniture)
            footer(canvas, furniture)

    return PageTemplate("page", [frame], onPage=decorate)


def header(canvas: TaggedCanvas, furniture: Furniture) -> None:
    y, right = style.HEADER, style.PAGE_WIDTH - style.MARGIN
    canvas.setFillColor(style.BRAND)
    canvas.setFont(BOLD, 8)
    canvas.drawString(style.MARGIN, y, "HCQIC")
    canvas.setFillColor(style.SECONDARY)
    canvas.setFont(REGULAR, 7.5)
    canvas.drawString(style.MARGIN + 38, y, printable(furniture.title))
    canvas.drawRightString(right, y, furniture.status)
    canvas.setStrokeColor(style.BRAND)
    canvas.setLineWidth(1.2)
    canvas.line(style.MARGIN, y - 6, right, y - 6)


def footer(canvas: TaggedCanvas, furniture: Furniture) -> None:
    y, right = style.FOOTER, style.PAGE_WIDTH - style.MARGIN
    canvas.setStrokeColor(style.RULE)
    canvas.setLineWidth(0.5)
    canvas.line(style.MARGIN, y + 11, right, y + 11)
    canvas.setFont(REGULAR, 7)
    canvas.setFillColor(style.SECONDARY)
    canvas.drawString(style.MARGIN, y, " · ".join(filter(None, (furniture.reference, furniture.proof))))
    canvas.drawRightString(right - 12, y, f"Page {canvas.getPageNumber()} of")
    canvas.saveState()
    canvas.translate(right - 10, y)
    canvas.doForm(TOTAL)
    canvas.restoreState()


class TotalPages(Flowable):
    """The last flowable: only now is it known how many pages there are, and each footer shows this form."""

    def wrap(self, _width: float, _height: float) -> tuple[float, float]:
        return 0, 0

    def draw(self) -> None:
        canvas = self.canv
        canvas.beginForm(TOTAL, 0, -3, 30, 10)
        canvas.setFont(REGULAR, 7)
        canvas.setFillColor(style.SECONDARY)
        canvas.drawString(0, 0, str(canvas.getPageNumber()))
        canvas.endForm()


def archived(pdf: Pdf, furniture: Furniture, attachment: Attachment | None) -> bytes:
    """The file as PDF/A-3b, checked after it is written; its dates are the document's, not the clock's."""
    from pikepdf import pdfa  # its schemas take half a second to load

    stamp = f"D:{furniture.at.astimezone(UTC):%Y%m%d%H%M%S}Z"
    for page in pdf.pages:
        if Name.Trans in page.obj:
            del page.obj[Name.Trans]
    pdf.docinfo[Name.CreationDate], pdf.docinfo[Name.ModDate] = stamp, stamp
    if attachment:
        pdf.attachments[attachment.filename] = attached(pdf, attachment, stamp)
    pdfa.prepare(pdf, "3b")
    fix_metadata_date(pdf, furniture.at)
    out = io.BytesIO()
    pdfa.save(pdf, out, "3b", repair=False, deterministic_id=True)
    return out.getvalue()


def attached(pdf: Pdf, attachment: Attachment, stamp: str) -> AttachedFileSpec:
    file = AttachedFileSpec(
        pdf,
        attachment.data,
        filename=attachment.filename,
        description=attachment.description,
        mime_type="application/json",
        creation_date=stamp,
        mod_date=stamp,
    )
    file.obj.AFRelationship = Name.Data
    return file


def fix_metadata_date(pdf: Pdf, at: datetime) -> None:
    """Pikepdf writes the moment of saving here, which would make every rendering different."""
    moment = at.astimezone(UTC).isoformat(timespec="seconds").encode()
    written = re.sub(rb"(?<=<xmp:MetadataDate>)[^<]*", moment, pdf.Root.Metadata.read_bytes())
    pdf.Root.Metadata = pdf.make_stream(written, Type=Name.Metadata, Subtype=Name.XML)
