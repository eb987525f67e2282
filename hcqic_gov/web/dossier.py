"""The whole dossier of a case, as one PDF and as one ZIP; who took a copy is recorded."""

import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from flask import Blueprint, Response

from hcqic_gov.ethics import queries, service
from hcqic_gov.ethics.dossier import dossier
from hcqic_gov.reporting.rules import PaperKind
from hcqic_gov.web.access import access
from hcqic_gov.web.centre import actor, now, session
from hcqic_gov.web.papers import as_pdf, paper
from reports import documents
from reports.bundle import pack

bp = Blueprint("dossier", __name__, url_prefix="/ethics")

CHUNK = 1024 * 1024
"""Bytes that are in memory at a time."""


@bp.get("/<reference>/dossier.pdf")
@access("ethics.read_papers", on=queries.resource, writes=True)
def pdf(reference: str) -> Response:
    value = dossier(session(), reference, reader=actor(), now=now())
    service.record_export(session(), reference, "PDF", actor=actor(), now=now())
    return as_pdf(paper(PaperKind.DOSSIER, reference, value, documents.dossier), f"{reference}-dossier.pdf")


@bp.get("/<reference>/dossier.zip")
@access("ethics.read_papers", on=queries.resource, writes=True)
def archive(reference: str) -> Response:
    """Written to a temporary file, which is gone once it is sent: stored files may be large."""
    with tempfile.NamedTemporaryFile(prefix="hcqic-", suffix=".zip", delete=False) as file:
        path = Path(file.name)
        try:
            pack(session(), reference, file, reader=actor(), now=now())
            service.record_export(session(), reference, "ZIP", actor=actor(), now=now())
        except BaseException:
            path.unlink()
            raise
    headers = {
        "Content-Disposition": f'attachment; filename="{reference}-dossier.zip"',
        "Content-Length": str(path.stat().st_size),
        "Cache-Control": "private, no-store",
    }
    response = Response(sent(path), mimetype="application/zip", headers=headers)
    response.call_on_close(partial(path.unlink, missing_ok=True))
    return response


def sent(path: Path) -> Iterator[bytes]:
    """The file piece by piece; its name is gone as soon as it is open."""
    with path.open("rb") as file:
        path.unlink()
        while piece := file.read(CHUNK):
            yield piece
