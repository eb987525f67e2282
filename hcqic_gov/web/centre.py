"""What a request needs of the centre: one unit of work, the person, the time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Flask, Response, current_app, g, request
from flask_security import current_user
from sqlmodel import Session
from werkzeug.local import LocalProxy

from hcqic_gov.core.actor import Actor
from hcqic_gov.db import Database, require_no_changes
from hcqic_gov.people.queries import actor_of
from hcqic_gov.settings import Settings

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
ANONYMOUS = Actor(-1, "a visitor")


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Centre:
    """The parts of the running centre that requests share."""

    settings: Settings
    database: Database
    clock: Callable[[], datetime] = utc_now


def centre() -> Centre:
    found: Centre = current_app.extensions["hcqic"]
    return found


def now() -> datetime:
    """The moment of this request: the same wherever it is asked for."""
    if "now" not in g:
        g.now = centre().clock()
    moment: datetime = g.now
    return moment


def session() -> Session:
    """The request's unit of work: it can write unless the method is safe and the route does not say otherwise."""
    if "session" not in g:
        database = centre().database
        g.session = database.writing_session() if writes() else database.reading_session()
    opened: Session = g.session
    return opened


current_session: Session = LocalProxy(session)  # type: ignore[assignment]
"""The same for Flask-Security, which wants one object."""


def writes() -> bool:
    """Whether this request may change anything: the view says so, or its method does."""
    if "failed" in g:
        return False
    view = current_app.view_functions.get(request.endpoint or "")
    declared = getattr(view, "access", None)
    if request.path.startswith("/dashboards/"):
        return False  # Dash asks with POST, and only ever reads
    if declared and declared.looks:
        return False
    return request.method not in SAFE_METHODS or bool(declared and declared.writes)


def actor() -> Actor:
    """Who asks: the signed-in person with their roles, or a visitor without any."""
    if "actor" not in g:
        g.actor = actor_of(current_user) if current_user.is_authenticated else ANONYMOUS
    person: Actor = g.actor
    return person


def after_commit(callback: Callable[[], object]) -> None:
    """Run this once the request's work is committed (to hand a run to the worker); not at all if it is not."""
    g.setdefault("after_commit", []).append(callback)


def finish(response: Response) -> Response:
    """Commit once, or not at all where the answer is an error."""
    opened: Session | None = g.get("session")
    if opened is None:
        return response
    if not writes():
        require_no_changes(opened)
    elif response.status_code < 400:
        opened.commit()
        for callback in g.pop("after_commit", []):
            callback()
    return response


def close(_error: BaseException | None) -> None:
    opened: Session | None = g.pop("session", None)
    if opened is not None:
        opened.close()


def abandon() -> None:
    """Undo the request's work; the page that says so reads afresh, and cannot write."""
    g.failed = True
    opened: Session | None = g.pop("session", None)
    if opened is not None:
        opened.rollback()
        opened.close()
    g.pop("_login_user", None)  # Flask-Login's: it belonged to that session


def install(app: Flask, centre: Centre) -> None:
    app.extensions["hcqic"] = centre
    app.after_request(finish)
    app.teardown_appcontext(close)
