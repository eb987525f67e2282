"""Changes or removes a part of a record (a milestone, a cost), and enters it in that record's history."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session

from hcqic_gov.audit.service import record, snapshot
from hcqic_gov.core.actor import Actor
from hcqic_gov.db import Record


def change_part(
    session: Session,
    subject: Record,
    part: Record,
    changes: Mapping[str, Any],
    *,
    name: str,
    actor: Actor,
    now: datetime,
) -> None:
    """New values for a part of `subject`, or its removal where there are none.

    `part` comes from `db.locked_part`, which knows whether somebody was faster; `name` is its word in the actions:
    "funding.cost" is entered as `funding.edit_cost` or `funding.remove_cost`.
    """
    register, _, noun = name.partition(".")
    before = snapshot(part)
    if not changes:
        session.delete(part)
        record(session, f"{register}.remove_{noun}", subject, actor=actor, now=now, before=before, after={})
        return
    for column, value in changes.items():
        setattr(part, column, value)
    record(session, f"{register}.edit_{noun}", subject, part=part, actor=actor, now=now, before=before)
