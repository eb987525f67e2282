"""KPIs as files: the same evaluation as on the screen, as CSV, as XLSX and as one PDF page."""

from collections.abc import Callable, Mapping, Sequence

from flask import Blueprint, Response, request

from dashboards.address import Wanted, wanted
from hcqic_gov.core.calendar import london_day
from hcqic_gov.core.errors import NotFound
from hcqic_gov.kpi import queries
from hcqic_gov.kpi.tables import as_csv, as_xlsx
from hcqic_gov.kpi.views import KpiView
from hcqic_gov.reporting.figures import figure
from hcqic_gov.web.access import access
from hcqic_gov.web.centre import now, session
from reports import documents

bp = Blueprint("kpi_files", __name__, url_prefix="/kpis/files")

Maker = Callable[[Sequence[KpiView]], bytes]
TABLES: Mapping[str, tuple[Maker, str]] = {
    "csv": (as_csv, "text/csv"),
    "xlsx": (as_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


@bp.get("/summary.<kind>")
@access("kpi.read")
def summary(kind: str) -> Response:
    """All periods of all KPIs that the filters of the summary leave."""
    asked = filters()
    views = queries.summary(session(), asked.as_at(london_day(now())), dimension=asked.dimension)
    return attached(*table(kind, views), f"kpis{'-' + asked.dimension if asked.dimension else ''}.{kind}")


@bp.get("/<reference>.<kind>")
@access("kpi.read", on=queries.resource)
def series(reference: str, kind: str) -> Response:
    view = queries.series(session(), reference, filters().as_at(london_day(now())))
    if kind == "pdf":
        return attached(documents.kpi_page(figure(view), now()), "application/pdf", f"{reference}.pdf")
    return attached(*table(kind, [view]), f"{reference}.{kind}")


def filters() -> Wanted:
    """Those of the page that the file is taken from."""
    return wanted(request.query_string.decode())


def table(kind: str, views: Sequence[KpiView]) -> tuple[bytes, str]:
    """Errors: NotFound."""
    if kind not in TABLES:
        raise NotFound("The values can be had as CSV, XLSX or PDF.")
    make, media_type = TABLES[kind]
    return make(views), media_type


def attached(data: bytes, media_type: str, filename: str) -> Response:
    return Response(data, mimetype=media_type, headers={"Content-Disposition": f"attachment; filename={filename}"})
