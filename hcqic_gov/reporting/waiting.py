"""What waits for whom among the reports to funders."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from hcqic_gov.audit.models import AuditEntry
from hcqic_gov.core.actor import Actor
from hcqic_gov.core.calendar import Period
from hcqic_gov.notices.rules import Task
from hcqic_gov.notices.waiting import Line, Register, line, one_of
from hcqic_gov.people.rules import Role, outside
from hcqic_gov.reporting.models import Report
from hcqic_gov.reporting.queries import DOWNLOADED, visible_to
from hcqic_gov.reporting.rules import REVIEWERS, Status

NEW = "Read"


def ask(actor: Actor, *, now: datetime) -> Iterator[Any]:
    """Reports to review, to issue, and to mend; for a funder's person, those that they have not opened yet."""
    yield new_reports(actor) if outside(actor) else in_work(actor)


def in_work(actor: Actor) -> Any:
    mine, status = col(Report.author_id) == actor.id, col(Report.status)
    verb = one_of(
        (sa.and_(status == Status.IN_REVIEW, ~mine, sa.literal(actor.has(*REVIEWERS))), "Review"),
        (sa.and_(status == Status.REVIEWED, sa.literal(actor.has(Role.CENTRE_MANAGER))), "Issue"),
        (sa.and_(status == Status.RETURNED, mine), "Mend"),
        (sa.and_(status == Status.DRAFT, mine), "Finish"),
    )
    remark = sa.case((status == Status.RETURNED, col(Report.remark)))
    return line(verb, Report.reference, Report.reference, note=remark, since=Report.created_at).where(verb != "")


def new_reports(actor: Actor) -> Any:
    """The issued reports to a person's organisation whose PDF this person has not downloaded."""
    taken = (
        sa.exists()
        .where(col(AuditEntry.subject_kind) == Report.__tablename__, col(AuditEntry.subject_id) == col(Report.id))
        .where(col(AuditEntry.action) == DOWNLOADED, col(AuditEntry.actor_id) == actor.id)
    )
    reports = line(NEW, Report.reference, Report.period, since=Report.issued_at)
    return reports.where(*visible_to(actor), Report.status == Status.ISSUED, ~taken)


def tell(_session: Session, lines: Sequence[Line], _actor: Actor, *, now: datetime) -> Iterator[Task]:
    for one in lines:
        yield Task(words(one), "Report", "reports.show", {"reference": one.reference}, one.since_day)


def words(one: Line) -> str:
    if one.what == NEW:
        return f"Read the report for {Period.parse(one.title).label}"
    return f"{one.what} {one.title}: {one.note}" if one.note else f"{one.what} {one.title}"


tasks_for = Register(ask, tell)
