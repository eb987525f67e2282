"""Security headers and the request's number, on every answer."""

import re
import time
import uuid

import structlog
from flask import Flask, Response, current_app, g, request

from hcqic_gov.web.access import DASHBOARDS
from hcqic_gov.web.centre import actor, centre
from hcqic_gov.web.statics import KEEP

log = structlog.get_logger()
REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


def begin() -> None:
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
    g.began = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def content_policy(script_hashes: list[str]) -> str:
    """Scripts and styles only from here; under the dashboards Plotly needs inline styles and Dash its own hashes."""
    dashboards = request.path.startswith(DASHBOARDS)
    scripts = " ".join(["'self'", *(script_hashes if dashboards else [])])
    styles = "'self' 'unsafe-inline'" if dashboards else "'self'"
    images = "'self' data: blob:" if dashboards else "'self' data:"
    return (
        f"default-src 'self'; script-src {scripts}; style-src {styles}; img-src {images}; font-src 'self'; "
        "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


def path_for_log() -> str:
    """The path asked for; of a calendar's address only the form, since whoever reads the address reads the calendar."""
    return "/calendar/….ics" if request.path.startswith("/calendar/") else request.path


def finish(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", content_policy(centre_hashes()))
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "DENY"
    headers["Referrer-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["X-Request-ID"] = g.get("request_id", "")
    if centre().settings.behind_tls:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    if request.endpoint == "static" and response.status_code in (200, 304):
        headers["Cache-Control"] = KEEP
    elif not request.path.startswith(("/static/", "/dashboards/_dash-component-suites")):
        headers.setdefault("Cache-Control", "no-store")
        seconds = round(time.perf_counter() - g.get("began", time.perf_counter()), 4)
        who = actor().id if "actor" in g else 0
        log.info(
            "request", method=request.method, path=path_for_log(), status=response.status_code, s=seconds, actor=who
        )
    return response


def centre_hashes() -> list[str]:
    """The hashes of Dash's own inline scripts, worked out once when it is mounted."""
    hashes: list[str] = current_app.extensions.get("dash_script_hashes", [])
    return hashes


def install(app: Flask) -> None:
    app.before_request(begin)
    app.after_request(finish)
