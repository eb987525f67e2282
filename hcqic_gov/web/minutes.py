"""The agenda and the minutes of a meeting as PDF, each with what its reader may see."""

from flask import Blueprint, Response

from hcqic_gov.committee import queries
from hcqic_gov.ethics.minutes import agenda_paper, minutes_paper
from hcqic_gov.reporting.rules import PaperKind
from hcqic_gov.web.access import access
from hcqic_gov.web.centre import actor, now, session
from hcqic_gov.web.papers import as_pdf, paper
from reports import documents

bp = Blueprint("minutes", __name__, url_prefix="/committee/meetings")


@bp.get("/<reference>/agenda.pdf")
@access("committee.download", on=queries.resource)
def agenda(reference: str) -> Response:
    value = agenda_paper(session(), reference, actor=actor(), now=now())
    return as_pdf(documents.agenda(value), f"{reference}-agenda.pdf")


@bp.get("/<reference>/minutes.pdf")
@access("committee.download", on=queries.resource, writes=True)
def minutes(reference: str) -> Response:
    """Signed once they are confirmed. Errors: Refused where the meeting has not begun."""
    value = minutes_paper(session(), reference, actor=actor(), now=now())
    confirmed = value.confirmed_at is not None
    data = paper(PaperKind.MINUTES, reference, value, documents.minutes) if confirmed else documents.minutes(value)
    return as_pdf(data, f"{reference}-{value.status.lower().replace(' ', '-')}.pdf")
