"""Every route declares who may use it; what declares nothing is not served."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, abort, current_app, g, redirect, request, url_for
from flask_security import current_user
from sqlmodel import Session
from werkzeug.wrappers import Response

from hcqic_gov.policy.access import CENTRE, Resource, may
from hcqic_gov.web.centre import actor, session
from hcqic_gov.web.fields import LARGEST_INTEGER

ViewT = TypeVar("ViewT", bound=Callable[..., Any])

DASHBOARDS = "/dashboards/"


@dataclass(frozen=True, slots=True)
class Access:
    """The rule of a route: the action that Cedar is asked for, on what, and whether it writes against its method.

    `action` None: everybody, signed in or not. `on` finds the resource from the session and the route's
    `<reference>`; without it the action concerns the centre as a whole. `writes`: a GET that enters something;
    `looks`: a POST that only looks at what was sent, so that it waits for no other writer.
    """

    action: str | None
    on: Callable[[Session, str], Resource] | None = None
    writes: bool = False
    looks: bool = False


PUBLIC = Access(None)

OTHERS: Mapping[str, Access] = {
    "static": PUBLIC,
    "security.login": PUBLIC,
    "security.logout": PUBLIC,
    "security.verify": Access("home.read"),
    "security.change_password": Access("home.read"),
    "security.two_factor_setup": Access("home.read"),
    "security.two_factor_setup_validate": PUBLIC,
    "security.two_factor_token_validation": PUBLIC,
    "security.mf_recovery": PUBLIC,
    "security.mf_recovery_codes": Access("home.read"),
    "security.static": PUBLIC,
}
"""Routes that libraries bring. Steps of a two-step sign-in are open: Flask-Security guards them by its own session."""

NOT_SERVED = {"security.two_factor_rescue", "security.tf_select"}
"""Routes of libraries that we do not use: not found."""


def access(
    action: str,
    *,
    on: Callable[[Session, str], Resource] | None = None,
    writes: bool = False,
    looks: bool = False,
) -> Callable[[ViewT], ViewT]:
    """Declare that this route needs this action."""

    def declare(view: ViewT) -> ViewT:
        view.access = Access(action, on, writes, looks)  # type: ignore[attr-defined]
        return view

    return declare


def public(view: ViewT) -> ViewT:
    """Declare that everybody may use this route, signed in or not."""
    view.access = PUBLIC  # type: ignore[attr-defined]
    return view


def public_look(view: ViewT) -> ViewT:
    """The same for a route whose POST only looks at what was sent."""
    view.access = Access(None, looks=True)  # type: ignore[attr-defined]
    return view


def declared(app: Flask, endpoint: str, path: str) -> Access | None:
    """The rule of an endpoint, wherever it is declared."""
    if path.startswith(DASHBOARDS):
        return Access("kpi.read")
    return OTHERS.get(endpoint) or getattr(app.view_functions[endpoint], "access", None)


def enforce() -> Response | None:
    """Before each request; the view finds the resource in `g.resource`. An unknown address goes on to its 404 page."""
    if request.endpoint is None:
        return None
    if not sound(request.path, request.view_args or {}):
        abort(404)
    rule = declared(current_app, request.endpoint, request.path)
    if rule is None:
        abort(404)
    if rule.action is None:
        return None
    if not current_user.is_authenticated:
        return redirect(url_for("security.login", next=request.full_path.rstrip("?")))
    g.resource = resource_for(rule, session())
    may(actor(), rule.action, g.resource).require()
    return None


def sound(path: str, values: Mapping[str, Any]) -> bool:
    """Whether a database can hold what this address names: PostgreSQL takes no NUL, no column a larger number."""
    return "\0" not in path and all(value <= LARGEST_INTEGER for value in values.values() if isinstance(value, int))


def resource_for(rule: Access, session: Session) -> Resource:
    """Errors: NotFound where the route's record does not exist."""
    return rule.on(session, (request.view_args or {})["reference"]) if rule.on else CENTRE


def install(app: Flask) -> None:
    app.before_request(enforce)
