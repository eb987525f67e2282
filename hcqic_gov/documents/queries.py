"""Reads of stored files."""

from pathlib import Path

from sqlmodel import Session

from hcqic_gov.core.canonical import fingerprint
from hcqic_gov.core.errors import HcqicError
from hcqic_gov.db import found
from hcqic_gov.documents.models import Document
from hcqic_gov.settings import Settings


def document(session: Session, key: int) -> Document:
    """Errors: NotFound."""
    return found(session.get(Document, key), "this document")


def content(document: Document) -> bytes:
    """The bytes, checked against their hash. Errors: HcqicError where the file is gone or was changed."""
    path = path_of(document.sha256)
    data = path.read_bytes() if path.exists() else b""
    if fingerprint(data) != document.sha256:
        raise HcqicError(f"The stored file of “{document.filename}” is missing or damaged. Restore it from the backup.")
    return data


def path_of(sha256: str) -> Path:
    return Settings().data_dir / "documents" / sha256[:2] / sha256
