"""A case's dossier as one ZIP: PDFs, stored files, data, a manifest of hashes; the same state gives the same bytes."""

import hashlib
import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import IO

from sqlmodel import Session

from hcqic_gov.core.actor import Actor
from hcqic_gov.core.canonical import canonical
from hcqic_gov.core.errors import HcqicError
from hcqic_gov.ethics.dossier import Dossier, Enclosure, dossier, enclosures
from hcqic_gov.ethics.gate import case
from hcqic_gov.ethics.opinions import letter_of
from reports import documents

CHUNK = 1024 * 1024
SAFE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
SUMS = "SHA256SUMS"
HOW_TO_CHECK = """How to check this dossier of {reference}

1. Unpack the ZIP into a folder of its own.
2. In that folder, run:   sha256sum -c SHA256SUMS
   On a Mac:              shasum -a 256 -c SHA256SUMS
   Every line must end in "OK". A file that was changed is called FAILED.
3. manifest.json names each file with its SHA-256, its size in bytes and its media type.
4. manifest.json also names the audit head: the last entry of the centre's audit chain about this case (entry {number}).
   Ask the centre for the hash of that entry: it must be the one in the manifest. Then nothing that was entered about
   the case before it has been changed since.
   Copies that were taken of the dossier are entered after it; they change nothing here.

dossier.pdf is for reading, case.json holds the same as data.
"""


@dataclass(frozen=True, slots=True)
class Packed:
    """A file of the ZIP as the manifest names it; `size` in bytes."""

    name: str
    sha256: str
    size: int
    media_type: str


def pack(session: Session, reference: str, target: IO[bytes], *, reader: Actor, now: datetime) -> None:
    """The ZIP of a case for a reader who may read its papers. Errors: NotFound."""
    value = dossier(session, reference, reader=reader, now=now)
    written = letter_of(session, reference)
    letters = [(f"letters/{reference}-opinion.pdf", documents.letter(written))] if written else []
    bundle(target, value, letters, enclosures(session, case(session, reference)))


def bundle(target: IO[bytes], value: Dossier, letters: Sequence[tuple[str, bytes]], files: Sequence[Enclosure]) -> None:
    """Write the ZIP to `target`: letters are (file name, PDF); stored files are copied piece by piece.

    Errors: HcqicError where a stored file is missing or damaged.
    """
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        packer = Packer(archive, value.at)
        packed = [
            packer.data("dossier.pdf", documents.dossier(value), "application/pdf"),
            packer.data("case.json", canonical(value), "application/json"),
            *(packer.data(name, data, "application/pdf") for name, data in letters),
            *(packer.file(file) for file in files),
            packer.data("HOW-TO-CHECK.txt", how_to_check(value), "text/plain; charset=utf-8"),
        ]
        packed.append(packer.data("manifest.json", manifest(value, packed), "application/json"))
        packer.data(SUMS, "".join(f"{one.sha256}  {one.name}\n" for one in packed).encode(), "text/plain")


def manifest(value: Dossier, packed: Sequence[Packed]) -> bytes:
    """All files but itself and the list for `sha256sum`, with the audit head."""
    head = {"entry": value.audit_number, "sha256": value.audit_head}
    named = {"case": value.reference, "as_at": value.at.astimezone(UTC).isoformat(), "audit_head": head}
    return (json.dumps({**named, "files": [asdict(one) for one in packed]}, indent=2) + "\n").encode()


def how_to_check(value: Dossier) -> bytes:
    return HOW_TO_CHECK.format(reference=value.reference, number=value.audit_number).encode()


@dataclass(frozen=True, slots=True)
class Packer:
    """Puts files into an archive, each dated as the dossier is."""

    archive: zipfile.ZipFile
    at: datetime

    def data(self, name: str, data: bytes, media_type: str) -> Packed:
        self.archive.writestr(self.entry(name), data)
        return Packed(name, hashlib.sha256(data).hexdigest(), len(data), media_type)

    def file(self, file: Enclosure) -> Packed:
        name, digest = f"documents/{safe(file.filename)}", hashlib.sha256()
        entry = self.entry(name)
        entry.file_size = file.size
        with self.archive.open(entry, "w") as inside:
            for piece in pieces(file):
                digest.update(piece)
                inside.write(piece)
        if digest.hexdigest() != file.sha256:
            raise damaged(file)
        return Packed(name, file.sha256, file.size, file.media_type)

    def entry(self, name: str) -> zipfile.ZipInfo:
        made = zipfile.ZipInfo(name, self.at.astimezone(UTC).timetuple()[:6])
        made.external_attr = 0o644 << 16
        made.create_system = 3  # Unix, wherever it is written
        return made


def pieces(file: Enclosure) -> Iterator[bytes]:
    try:
        with file.path.open("rb") as stored:
            while piece := stored.read(CHUNK):
                yield piece
    except FileNotFoundError:
        raise damaged(file) from None


def damaged(file: Enclosure) -> HcqicError:
    return HcqicError(f"The stored file “{file.filename}” is missing or damaged. Restore it from the backup.")


def safe(filename: str) -> str:
    """The name in characters that every system and `sha256sum` take."""
    return "".join(char if char in SAFE else "_" for char in filename).lstrip(".") or "file"
