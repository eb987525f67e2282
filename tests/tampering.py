"""What somebody could do to an issued PDF: each way with the findings of which one at least must name it."""

import io
import os
import random
from collections.abc import Callable, Iterator
from datetime import datetime

from pikepdf import Encryption, Pdf
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from reports.build import Attachment, attached
from reports.signing import parsed, self_signed, sign

ROUNDS = int(os.environ.get("HCQIC_ROUNDS", "0")) or (500 if os.environ.get("HCQIC_HYPOTHESIS") == "deep" else 10)
SOMEHOW = {"bytes_differ", "not_registered", "unreadable"}


def tamperings(data: bytes, unsigned: bytes, *, reason: str, at: datetime) -> Iterator[tuple[bytes, set[str]]]:
    """Of an issued file, the same before it was signed, and the proof that its signature carries."""
    yield from ((flipped, SOMEHOW) for flipped in flips(data))
    other = parsed(self_signed("Somebody else", at).encode())
    for tampered, code in (
        (again(data, first_page_gone), "changed_since_signing"),
        (again(data, other_data), "snapshot_differs"),
        (appended(data), "appended"),
        (data + b"\n%%EOF\n", "bytes_differ"),
        (unsigned, "unsigned"),
        (sign(unsigned, other, reason=reason, at=at), "foreign_signature"),
        (data[: len(data) // 2], "unreadable"),
        (b"", "unreadable"),
        (bytes(50 * 1024 * 1024), "unreadable"),
        (b"<!doctype html><title>report.pdf</title>", "unreadable"),
        (b"%PDF-1.7\n" + bytes(2000), "unreadable"),
        (locked(data), "unreadable"),
    ):
        yield tampered, {code}


def flips(data: bytes) -> Iterator[bytes]:
    """One bit at a time, at random places."""
    chance = random.Random(6)
    for place in chance.sample(range(len(data)), ROUNDS):
        flipped = bytearray(data)
        flipped[place] ^= 1 << chance.randrange(8)
        yield bytes(flipped)


def again(data: bytes, change: Callable[[Pdf], object]) -> bytes:
    out = io.BytesIO()
    with Pdf.open(io.BytesIO(data)) as pdf:
        change(pdf)
        pdf.save(out)
    return out.getvalue()


def first_page_gone(pdf: Pdf) -> None:
    del pdf.pages[0]


def other_data(pdf: Pdf) -> None:
    (name,) = pdf.attachments
    del pdf.attachments[name]
    pdf.attachments[name] = attached(pdf, Attachment(name, b"{}", "Other data"), "D:20260101000000Z")


def appended(data: bytes) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    writer.root["/Lang"] = writer.root.get("/Lang")
    writer.update_root()  # type: ignore[no-untyped-call]
    out = io.BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]
    return out.getvalue()


def locked(data: bytes) -> bytes:
    out = io.BytesIO()
    with Pdf.open(io.BytesIO(data)) as pdf:
        pdf.save(out, encryption=Encryption(owner="o", user="u"))
    return out.getvalue()
