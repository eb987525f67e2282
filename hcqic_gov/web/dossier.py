"""The whole dossier of a case, as one PDF and as one ZIP; who took a copy is recorded."""

import tempfile

from flask import Blueprint, Response, send_file

from hcqic_gov.ethics import queries, service
from hcqic_gov.ethics.dossier import dossier
from hcqic_gov.web.access import access
from hcqic_gov.web.centre import actor, now, session
from hcqic_gov.web.reports import as_pdf
from reports import documents
from reports.bundle import pack

bp = Blueprint("dossier", __name__, url_prefix="/ethics")

IN_MEMORY = 8 * 1024 * 1024
"""A larger ZIP is written to a temporary file, in bytes."""


@bp.get("/<reference>/dossier.pdf")
@access("ethics.read_papers", on=queries.resource, writes=True)
def pdf(reference: str) -> Response:
    value = dossier(session(), reference, reader=actor(), now=now())
    service.record_export(session(), reference, "PDF", actor=actor(), now=now())
    return as_pdf(documents.dossier(value), f"{reference}-dossier.pdf")


@bp.get("/<reference>/dossier.zip")
@access("ethics.read_papers", on=queries.resource, writes=True)
def archive(reference: str) -> Response:
    file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the response closes it when it is sent
    pack(session(), reference, file, reader=actor(), now=now())
    service.record_export(session(), reference, "ZIP", actor=actor(), now=now())
    file.seek(0)
    response = send_file(
        file, "application/zip", as_attachment=True, download_name=f"{reference}-dossier.zip", etag=False
    )
    response.headers["Cache-Control"] = "private, no-store"
    return response
