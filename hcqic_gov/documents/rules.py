"""Which files are taken: by what they contain, not by what they are called."""

from hcqic_gov.core.errors import Invalid

LIMIT = 25 * 1024 * 1024
"""Bytes."""

SIGNATURES = {
    b"%PDF-": "application/pdf",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"PK\x03\x04": "application/zip",
}
ZIPPED = {
    b"word/document.xml": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    b"xl/workbook.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    b"application/vnd.oasis.opendocument.text": "application/vnd.oasis.opendocument.text",
}
INLINE = {"application/pdf", "image/png", "image/jpeg"}
"""Shown in the browser; everything else is only ever downloaded."""


def media_type(data: bytes) -> str:
    """What this file is: PDF, PNG, JPEG, DOCX, XLSX or ODT. Errors: Invalid for all else, empty, and over 25 MB."""
    if not data:
        raise Invalid("The file is empty.", {"file": "The file is empty. Choose another one"})
    if len(data) > LIMIT:
        raise Invalid("The file is larger than 25 MB.", {"file": "Choose a file of at most 25 MB"})
    kind = next((kind for mark, kind in SIGNATURES.items() if data.startswith(mark)), None)
    if kind == "application/zip":
        kind = next((inner for mark, inner in ZIPPED.items() if mark in data), None)
    if kind is None:
        raise Invalid("This kind of file is not taken.", {"file": "Choose a PDF, DOCX, XLSX, ODT, PNG or JPEG file"})
    return kind
