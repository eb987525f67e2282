"""Stores files: the bytes first, whole and synced, then the row."""

import os
import tempfile
from datetime import datetime
from pathlib import Path

from sqlmodel import Session

from hcqic_gov.audit.service import record
from hcqic_gov.core.actor import Actor
from hcqic_gov.core.canonical import fingerprint
from hcqic_gov.documents.models import Document
from hcqic_gov.documents.queries import path_of
from hcqic_gov.documents.rules import media_type as kind_of


def store(
    session: Session, data: bytes, *, filename: str, media_type: str = "", actor: Actor, now: datetime
) -> Document:
    """Keep these bytes; without `media_type` it is found from the content.

    Errors: Invalid for a kind that is not taken. A file whose transaction is rolled back is left over, unnamed.
    """
    kind = media_type or kind_of(data)
    name = Path(filename.replace("\\", "/")).name[:200] or "file"
    document = Document(
        sha256=fingerprint(data), filename=name, media_type=kind, size=len(data), stored_by=actor.id, created_at=now
    )

    write_once(path_of(document.sha256), data)
    session.add(document)
    record(session, "documents.store", document, actor=actor, now=now)
    return document


def write_once(path: Path, data: bytes) -> None:
    """Appears whole or not at all, also where the process is killed."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).replace(path)
