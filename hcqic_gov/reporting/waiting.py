"""What waits for whom among the reports to funders."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from hcqic_gov.audit.models import AuditEntry
from hcqic_gov.core.actor import Actor
from hcqic_gov.core.calendar import Period, london_day
from hcqic_gov.funding.models import Award, ReportDue
from hcqic_gov.notices.rules import Task
from hcqic_gov.notices.waiting import Line, Register, line, one_of
from hcqic_gov.people.models import Organisation
from hcqic_gov.people.rules import Role, outside
from hcqic_gov.reporting.models import Receipt, Report
from hcqic_gov.reporting.queries import WRITTEN, visible_to
from hcqic_gov.reporting.rules import AUTHORS, REVIEWERS, Kind, Status

NEW, DUE = "Read", "Due"


def ask(actor: Actor, *, now: datetime) -> Iterator[Any]:
    """Reports to review, issue, revise and, for authors, to begin; for a funder's person, those to acknowledge."""
    yield new_reports(actor) if outside(actor) else in_work(actor)
    if actor.has(*AUTHORS):
        yield due_reports(london_day(now))


def in_work(actor: Actor) -> Any:
    mine, status = col(Report.author_id) == actor.id, col(Report.status)
    verb = one_of(
        (sa.and_(status == Status.IN_REVIEW, ~mine, ~wrote_in(actor), sa.literal(actor.has(*REVIEWERS))), "Review"),
        (sa.and_(status == Status.REVIEWED, sa.literal(actor.has(Role.CENTRE_MANAGER))), "Issue"),
        (sa.and_(status == Status.RETURNED, mine), "Revise"),
        (sa.and_(status == Status.DRAFT, mine), "Finish"),
    )
    remark = sa.case((status == Status.RETURNED, col(Report.remark)))
    return line(verb, Report.reference, Report.reference, note=remark, since=Report.created_at).where(verb != "")


def wrote_in(actor: Actor) -> Any:
    return sa.exists().where(
        col(AuditEntry.subject_kind) == Report.__tablename__,
        col(AuditEntry.subject_id) == col(Report.id),
        col(AuditEntry.action) == WRITTEN,
        col(AuditEntry.actor_id) == actor.id,
    )


def new_reports(actor: Actor) -> Any:
    """The issued reports to a person's organisation that this person has not acknowledged."""
    acknowledged = sa.exists().where(col(Receipt.report_id) == col(Report.id), col(Receipt.person_id) == actor.id)
    reports = line(NEW, Report.reference, Report.period, since=Report.issued_at)
    return reports.where(*visible_to(actor), Report.status == Status.ISSUED, ~acknowledged)


def due_reports(today: date) -> Any:
    """Of each award the last period of its schedule that is over, until a report that reaches its end is issued."""
    later = aliased(ReportDue)
    newer = sa.exists().where(
        col(later.award_id) == col(ReportDue.award_id),
        col(later.period_to) > col(ReportDue.period_to),
        col(later.period_to) < today,
    )
    on_it = sa.or_(
        col(Report.award_id) == col(Award.id),
        sa.and_(col(Report.kind) == Kind.FUNDER, col(Report.funder_id) == col(Award.funder_id)),
    )
    reaches = last_month(col(Report.period)) >= sa.func.substr(sa.cast(col(ReportDue.period_to), sa.Text), 1, 7)
    told = sa.exists().where(on_it, col(Report.issued_at).is_not(None), reaches)
    reports = line(DUE, Award.reference, Organisation.name, due=ReportDue.due_on).select_from(ReportDue)
    joined = reports.join(Award, col(Award.id) == col(ReportDue.award_id))
    joined = joined.join(Organisation, col(Organisation.id) == col(Award.funder_id))
    return joined.where(col(ReportDue.period_to) < today, ~newer, ~told)


def last_month(code: Any) -> Any:
    """The last month of a period, by its code: "2026-06" of 2026-06 and of 2026-Q2, "2027-03" of FY2026."""
    year = sa.cast(sa.cast(sa.func.substr(code, 3, 4), sa.Integer) + 1, sa.Text)
    quarters = {f"Q{number}": f"{number * 3:02}" for number in range(1, 5)}
    quarter = sa.case(quarters, value=sa.func.substr(code, 6, 2))
    return sa.case(
        (sa.func.substr(code, 1, 2) == "FY", year.concat("-03")),
        (sa.func.substr(code, 6, 1) == "Q", sa.func.substr(code, 1, 5).concat(quarter)),
        else_=code,
    )


def tell(_session: Session, lines: Sequence[Line], _actor: Actor, *, now: datetime) -> Iterator[Task]:
    for one in lines:
        if one.what == DUE:
            yield Task(f"Report on {one.reference} to {one.title}", "Report", "reports.new", due=one.due)
            continue
        yield Task(words(one), "Report", "reports.show", {"reference": one.reference}, one.since_day)


def words(one: Line) -> str:
    if one.what == NEW:
        return f"Read and acknowledge the report for {Period.parse(one.title).label}"
    return f"{one.what} {one.title}: {one.note}" if one.note else f"{one.what} {one.title}"


tasks_for = Register(ask, tell)
