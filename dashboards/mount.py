"""Hangs the dashboards into the web application: guarded by its access rules, framed by its pages."""

from collections.abc import Callable
from datetime import date
from typing import Any

from dash import Dash, Input, Output
from flask import Flask, Response, request
from sqlmodel import Session

from dashboards.address import PREFIX, wanted
from dashboards.layout import layout, view_of

COOKIE = "_csrf_token"
"""Dash sends what stands in it as the header X-CSRFToken."""


class FramedDash(Dash):
    """Dash inside our own page: header, navigation, title and footer are those of every other page."""

    frame: Callable[..., str]

    def interpolate_index(self, **parts: str) -> str:  # type: ignore[override]
        return self.frame(**parts)


def mount(
    app: Flask,
    *,
    reading: Callable[[], Session],
    today: Callable[[], date],
    frame: Callable[..., str],
    csrf_token: Callable[[], str],
) -> None:
    """Serve the dashboards under `/dashboards/`; call it last, when every guard is in place.

    `reading` gives the request's session, `frame` the page around Dash's own parts (app_entry, config, scripts,
    renderer, css). A request is made at once, because Dash prepares itself on the first one to any address.
    """
    dash = FramedDash(
        "hcqic_dashboards",
        server=app,  # type: ignore[arg-type]
        url_base_pathname=PREFIX,
        serve_locally=True,
        suppress_callback_exceptions=True,
        assets_folder="no-assets",
        update_title="",
        add_log_handler=False,
    )
    dash.frame = frame
    dash.layout = layout()

    @dash.callback(Output("content", "children"), Input("address", "pathname"), Input("address", "search"))
    def show(path: str, search: str) -> list[Any]:
        view = view_of(path)
        return view(reading(), wanted(search or ""), today()) if view else []

    def hand_out_token(response: Response) -> Response:
        if request.path.startswith(PREFIX) and response.mimetype == "text/html" and response.status_code == 200:
            secure = bool(app.config.get("SESSION_COOKIE_SECURE"))
            response.set_cookie(COOKIE, csrf_token(), path=PREFIX, samesite="Lax", secure=secure)
        return response

    app.after_request(hand_out_token)
    app.extensions["dash_script_hashes"] = list(dash.csp_hashes())
    app.test_client().get("/healthz")
