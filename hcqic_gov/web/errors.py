"""The one place where kinds of error become pages (or, for programs, problem documents)."""

import structlog
from flask import Flask, Response, current_app, g, jsonify, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from hcqic_gov.audit.service import record_refusal
from hcqic_gov.core.errors import HcqicError, Invalid, NotFound, Refused, Stale
from hcqic_gov.web.access import declared
from hcqic_gov.web.centre import SAFE_METHODS, abandon, actor, centre, now

log = structlog.get_logger()

TITLES = {
    400: "There is a problem with what you sent",
    403: "You cannot do this",
    404: "Page not found",
    405: "This address does not take that kind of request",
    409: "This cannot be done now",
    413: "The file is too large",
    429: "Too many attempts",
    500: "Sorry, there is a problem with the service",
}
SENTENCES = {
    404: "If you typed the address, check that it is correct.",
    413: (
        "Nothing was saved. Go back, choose a file of at most 25 MB and send the form again: a PDF becomes smaller "
        "with smaller pictures, and a long document can be added in two parts."
    ),
    429: "Wait a minute, then try again.",
    500: "Nothing of what you did was saved. Try again later; if it happens again, give the request number below.",
}


def status_of(error: HcqicError) -> int:
    match error:
        case NotFound():
            return 404
        case Stale():
            return 409
        case Invalid():
            return 400
        case Refused():
            return 403 if error.authority else 409
    return 500


def page(status: int, sentence: str, *, authority: str = "") -> Response:
    """The error as a page, or as a problem document (RFC 9457) where the client asks for JSON."""
    title = TITLES.get(status, TITLES[400])
    if request.accept_mimetypes.best == "application/json":
        problem = jsonify(title=title, status=status, detail=sentence, instance=request.path, policy=authority or None)
        problem.mimetype, problem.status_code = "application/problem+json", status
        return problem
    html = render_template(
        "errors/error.html", title=title, sentence=sentence, authority=authority, request_id=g.get("request_id", "")
    )
    return make_response(html, status)


def on_hcqic_error(error: HcqicError) -> Response:
    actor()  # known before the work is abandoned
    abandon()
    if isinstance(error, Refused):
        keep_refusal(error)
    return page(status_of(error), str(error), authority=getattr(error, "authority", ""))


def on_stale_data(_error: StaleDataError) -> Response:
    return on_hcqic_error(Stale("this record"))


def on_http_error(error: HTTPException) -> Response:
    abandon()
    status = error.code or 500
    return page(status, SENTENCES.get(status, error.description or TITLES[400]))


def on_csrf_error(_error: CSRFError) -> Response:
    abandon()
    return page(400, "This page was open for too long. Go back, reload it, and send it again.")


def on_bug(error: Exception) -> Response:
    log.exception("unhandled", error=type(error).__name__)
    abandon()
    return page(500, SENTENCES[500])


def keep_refusal(error: Refused) -> None:
    """A refused attempt to change something is recorded; looking where one may not is recorded too, once a minute."""
    rule = declared(current_app, request.endpoint or "", request.path)
    action = (rule.action if rule else None) or "unknown"
    only_looked = request.method in SAFE_METHODS
    record_refusal(
        centre().database, action, error, actor=actor(), now=now(), where=request.path, once_a_minute=only_looked
    )


def install(app: Flask) -> None:
    app.register_error_handler(HcqicError, on_hcqic_error)
    app.register_error_handler(StaleDataError, on_stale_data)
    app.register_error_handler(CSRFError, on_csrf_error)
    app.register_error_handler(HTTPException, on_http_error)
    app.register_error_handler(Exception, on_bug)
