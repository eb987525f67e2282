"""A person's calendar feed: opened by a secret address, worked out anew each time; and the page that gives it out."""

import hashlib
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, flash, render_template, url_for
from sqlmodel import Session
from werkzeug.wrappers import Response as AnyResponse

from hcqic_gov.committee.waiting import ANNOUNCED
from hcqic_gov.core.actor import Actor
from hcqic_gov.core.errors import NotFound
from hcqic_gov.ethics.attending import meetings_for
from hcqic_gov.notices.calendar import Entry, entry_of, feed
from hcqic_gov.people.queries import actor_by_calendar
from hcqic_gov.people.service import renew_calendar, switch_off_calendar
from hcqic_gov.policy.access import may
from hcqic_gov.web.access import access, public
from hcqic_gov.web.centre import actor, centre, now, session
from hcqic_gov.web.home import waiting_for
from hcqic_gov.web.pages import done

bp = Blueprint("calendar", __name__)

CLOSED = "No calendar is at this address. Make a new address on your account page."
"""Said of every address that opens nothing, so that it tells nobody why."""


@bp.get("/calendar/<token>.ics")
@public
def show(token: str) -> Response:
    """Open to whoever has the address, since calendar programs cannot sign in. Errors: NotFound."""
    owner = actor_by_calendar(session(), token)
    if owner is None or not may(owner, "home.read").allowed:
        raise NotFound(CLOSED)
    ics = feed(entries(session(), owner), address=centre().settings.address, now=now())
    return Response(ics, content_type="text/calendar; charset=utf-8")


def entries(session: Session, owner: Actor) -> Iterator[Entry]:
    """What is due and which meetings there are, by the roles that the owner holds at this moment."""
    for meeting in meetings_for(session, owner, now=now()):
        path = url_for("committee.show", reference=meeting.reference)
        uid = hashlib.sha256(f"meeting/{meeting.reference}".encode()).hexdigest()[:32]
        yield Entry(uid, meeting.title, "Committee", path, meeting.starts_at, meeting.ends_at)
    for task in waiting_for(session, owner, now=now()):
        if task.title.startswith(ANNOUNCED):
            continue
        if entry := entry_of(task, url_for(task.endpoint, **dict[str, Any](task.values))):
            yield entry


@bp.get("/account/calendar")
@access("home.read")
def settings() -> str:
    return render_template("calendar/settings.html")


@bp.post("/account/calendar/renew")
@access("home.read")
def renew() -> AnyResponse:
    token = renew_calendar(session(), actor=actor(), now=now())
    address = centre().settings.address + url_for(".show", token=token)
    flash(f"The address of your calendar, shown only now: {address}", "information")
    return done("The address is made. Any earlier one has stopped working.", ".settings")


@bp.post("/account/calendar/off")
@access("home.read")
def switch_off() -> AnyResponse:
    switch_off_calendar(session(), actor=actor(), now=now())
    return done("The calendar is switched off.", ".settings")
