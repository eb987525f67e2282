"""Views of the dashboards that people save for themselves: kept, listed, taken away."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, select

from hcqic_gov.audit.service import record, snapshot
from hcqic_gov.core.actor import Actor
from hcqic_gov.core.errors import Invalid
from hcqic_gov.db import found
from hcqic_gov.kpi.models import SavedView
from hcqic_gov.policy.access import CENTRE, Resource, may

MOST = 30
"""Views that one person may keep: a longer list is not looked through any more."""


def saved_by(session: Session, actor: Actor) -> Sequence[SavedView]:
    """A person's own, by name."""
    own = select(SavedView).where(SavedView.person_id == actor.id)
    return session.exec(own.order_by(sa.func.lower(SavedView.name))).all()


def resource(session: Session, reference: str | int) -> Resource:
    """A saved view as the access policies see it. Errors: NotFound."""
    row = found(session.get(SavedView, int(reference)), "this saved view")
    return Resource("SavedView", str(row.key), {"owner": frozenset({row.person_id})})


def save(session: Session, name: str, address: str, *, actor: Actor, now: datetime) -> SavedView:
    """Errors: Refused; Invalid for a name that the person has used, and for one view too many."""
    may(actor, "kpi.save_view", CENTRE).require()
    known, name = saved_by(session, actor), " ".join(name.split())
    if any(row.name.casefold() == name.casefold() for row in known):
        raise Invalid("Choose another name.", {"name": f"You have a view named “{name}”. Choose another name."})
    if len(known) >= MOST:
        raise Invalid(f"You keep {MOST} views. Remove one of them on the page of the KPIs, then save this one.")

    row = SavedView(created_at=now, person_id=actor.id, name=name, address=address)
    session.add(row)
    session.flush()
    record(session, "kpi.save_view", row, actor=actor, now=now)
    return row


def forget(session: Session, key: int, *, actor: Actor, now: datetime) -> None:
    """Errors: NotFound, Refused."""
    may(actor, "kpi.forget_view", resource(session, key)).require()
    row = session.get_one(SavedView, key)

    record(session, "kpi.forget_view", row, actor=actor, now=now, before=snapshot(row))
    session.delete(row)
