"""What a person types into a narrative is kept for them as they type, until they save it or throw it away."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from hcqic_gov.core.actor import Actor
from hcqic_gov.core.errors import Invalid
from hcqic_gov.core.prose import tidy
from hcqic_gov.policy.access import may
from hcqic_gov.reporting import queries
from hcqic_gov.reporting.models import KeptNarrative, Report
from hcqic_gov.reporting.rules import WORKFLOW
from hcqic_gov.reporting.snapshot import Narrative, thaw

LONGEST = 6_000
"""Characters of one answer."""
ANSWERS = tuple(one.name for one in fields(Narrative))


def kept(session: Session, report: Report, actor: Actor) -> KeptNarrative | None:
    """What this person typed and did not save, if anything."""
    theirs = select(KeptNarrative).where(KeptNarrative.report_id == report.id, KeptNarrative.person_id == actor.id)
    return session.exec(theirs).first()


def keep(
    session: Session, reference: str, answers: Mapping[str, str], *, seen: int, actor: Actor, now: datetime
) -> KeptNarrative | None:
    """Nothing is kept of what stands in the report anyway. Errors: NotFound, Refused, Invalid."""
    report = queries.report(session, reference)
    may(actor, "reports.write", queries.resource_of(session, report)).require()
    WORKFLOW.ruling("write", report.status, queries.facts_of(session, report, actor.id)).require()
    typed = {name: tidy(answers.get(name, "")) for name in ANSWERS}
    if any(len(text) > LONGEST for text in typed.values()):
        raise Invalid(f"Write at most {LONGEST:,} characters under each question: what is longer is not kept.")
    row = kept(session, report, actor)
    if typed == asdict(thaw(report.snapshot).narrative):
        forget(session, report, actor)
        return None

    row = row or KeptNarrative(
        created_at=now, report_id=report.key, person_id=actor.id, answers=typed, seen=seen, kept_at=now
    )
    row.answers, row.seen, row.kept_at = typed, seen, now
    session.add(row)
    session.flush()
    return row


def forget(session: Session, report: Report, actor: Actor) -> None:
    """It is saved, or thrown away."""
    theirs = (col(KeptNarrative.report_id) == report.id, col(KeptNarrative.person_id) == actor.id)
    session.execute(sa.delete(KeptNarrative).where(*theirs))
