"""A report as data: its tables for a spreadsheet, and its snapshot; who takes one is recorded."""

from flask import Blueprint, Response

from hcqic_gov.core.canonical import canonical
from hcqic_gov.core.errors import NotFound
from hcqic_gov.core.spreadsheets import as_csv, as_xlsx
from hcqic_gov.reporting import queries, service
from hcqic_gov.reporting.models import Report
from hcqic_gov.reporting.snapshot import thaw
from hcqic_gov.reporting.tables import tables
from hcqic_gov.web.access import access
from hcqic_gov.web.centre import actor, now, session

bp = Blueprint("report_files", __name__)

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@bp.get("/reports/<reference>/tables.xlsx")
@access("reports.download", on=queries.resource, writes=True)
def workbook(reference: str) -> Response:
    report = queries.report(session(), reference)
    return taken(report, as_xlsx(list(tables(thaw(report.snapshot)).values())), XLSX, "tables.xlsx")


@bp.get("/reports/<reference>/tables/<name>.csv")
@access("reports.download", on=queries.resource, writes=True)
def table(reference: str, name: str) -> Response:
    report = queries.report(session(), reference)
    known = tables(thaw(report.snapshot))
    if name not in known:
        raise NotFound(f"A report has no table “{name[:30]}”. It has: {', '.join(known)}.")
    return taken(report, as_csv(known[name]), "text/csv", f"{name}.csv")


@bp.get("/reports/<reference>/snapshot.json")
@access("reports.download", on=queries.resource, writes=True)
def snapshot(reference: str) -> Response:
    """The very bytes whose SHA-256 the report prints."""
    report = queries.report(session(), reference)
    return taken(report, canonical(report.snapshot), "application/json", "snapshot.json")


def taken(report: Report, data: bytes, media_type: str, name: str) -> Response:
    service.record_download(session(), report, name, actor=actor(), now=now())
    headers = {
        "Content-Disposition": f'attachment; filename="{report.reference}-{name}"',
        "Cache-Control": "private, no-store",
    }
    return Response(data, mimetype=media_type, headers=headers)
