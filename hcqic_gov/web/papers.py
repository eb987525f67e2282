"""Letters, minutes, dossiers as PDF: signed and kept where this centre has a key, so that anybody can check them."""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from flask import Response

from hcqic_gov.core.canonical import canonical
from hcqic_gov.people.queries import is_demo
from hcqic_gov.reporting import papers
from hcqic_gov.reporting.papers import Content
from hcqic_gov.reporting.rules import PaperKind
from hcqic_gov.web.centre import actor, centre, now, session
from reports.signing import signing, signs

ValueT = TypeVar("ValueT")


def paper(kind: PaperKind, about: str, value: ValueT, render: Callable[[ValueT], bytes]) -> bytes:
    """The PDF of a value that is about this record; without a key it is neither signed nor kept."""
    settings, demo = centre().settings, is_demo(session())
    if not signs(settings, demo=demo):
        return render(value)
    one = Content(kind, about, canonical(value), partial(render, value))
    return papers.issued(session(), one, signing(settings, demo=demo), actor=actor(), now=now())


def as_pdf(data: bytes, filename: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{filename}"', "Cache-Control": "private, no-store"}
    return Response(data, mimetype="application/pdf", headers=headers)
