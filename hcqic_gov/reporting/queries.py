"""Reads of the register of reports."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from hcqic_gov.audit import queries as audit
from hcqic_gov.core.actor import Actor
from hcqic_gov.core.calendar import Frequency, Period
from hcqic_gov.db import found
from hcqic_gov.documents.models import Document
from hcqic_gov.documents.queries import content, document
from hcqic_gov.people.models import Organisation, Person
from hcqic_gov.people.queries import names
from hcqic_gov.people.rules import outside
from hcqic_gov.policy.access import Resource
from hcqic_gov.reporting.differences import differences
from hcqic_gov.reporting.models import Receipt, Report
from hcqic_gov.reporting.rules import IMMUTABLE, WORKFLOW, ReportFacts, Status
from hcqic_gov.reporting.snapshot import Edition, Stamp, snapshot_hash, thaw

PAGE_SIZE = 25
DOWNLOADED = "reports.download"
"""What the audit trail says of a copy that somebody took."""
PUBLIC_NAMES: Mapping[Status, str] = WORKFLOW.public_names


@dataclass(frozen=True, slots=True)
class ReportFilter:
    """What a person looks for; empty values do not restrict."""

    text: str = ""
    status: Status | None = None
    funder_id: int | None = None
    period: str = ""


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One line of the list."""

    reference: str
    funder: str
    period: str
    status: Status
    author: str
    issued_at: datetime | None


def reports(session: Session, wanted: ReportFilter, actor: Actor, *, page: int = 1) -> tuple[Sequence[ReportRow], int]:
    """One page of what this person may see, newest first, and how many match in all, in two queries."""
    conditions = [*conditions_of(wanted), *visible_to(actor)]
    count = session.exec(select(sa.func.count()).select_from(Report).where(*conditions)).one()
    statement = (
        sa.select(Report.reference, Organisation.name, Report.period, Report.status, Person.name, Report.issued_at)  # type: ignore[call-overload]
        .join(Organisation, col(Organisation.id) == col(Report.funder_id))
        .join(Person, col(Person.id) == col(Report.author_id))
        .where(*conditions)
        .order_by(col(Report.id).desc())
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    )
    return [ReportRow(*row) for row in session.execute(statement)], count


def conditions_of(wanted: ReportFilter) -> list[Any]:
    exact = {Report.status: wanted.status, Report.funder_id: wanted.funder_id, Report.period: wanted.period or None}
    conditions: list[Any] = [column == value for column, value in exact.items() if value is not None]
    if text := wanted.text.strip():
        conditions.append(col(Report.reference).icontains(text, autoescape=True))
    return conditions


def visible_to(actor: Actor) -> list[Any]:
    """A funder sees what was issued to its organisation; staff see all, as the access policies say."""
    if not outside(actor):
        return []
    return [Report.funder_id == (actor.organisation_id or 0), col(Report.status).in_(IMMUTABLE)]


def report(session: Session, reference: str) -> Report:
    """One version. Errors: NotFound."""
    return found(session.exec(select(Report).where(Report.reference == reference)).first(), f"report {reference}")


def reviewed(session: Session) -> Sequence[str]:
    """The references of all that only wait for their issue, the oldest first."""
    statement = select(Report.reference).where(Report.status == Status.REVIEWED)
    return session.exec(statement.order_by(col(Report.id))).all()


def resource_of(session: Session, report: Report) -> Resource:
    """The report as the access policies see it."""
    issued = report.status in IMMUTABLE
    author = writers(session, report)
    return Resource("Report", report.reference, {"author": author, "funder": report.funder_id, "issued": issued})


WRITTEN = "reports.write"
"""What the audit trail says of who wrote in a report."""


def writers(session: Session, report: Report) -> frozenset[int]:
    """Its author, and everybody else who wrote in it: none of them reviews it."""
    found = audit.actors(session, Report.__tablename__, {report.key}, (WRITTEN,))
    return frozenset({report.author_id, *(person for _, person in found)})


def resource(session: Session, reference: str) -> Resource:
    """The same, by reference. Errors: NotFound."""
    return resource_of(session, report(session, reference))


def versions(session: Session, report: Report) -> Sequence[Report]:
    """All versions of the same report, newest first."""
    statement = select(Report).where(Report.series == report.series)
    return session.exec(statement.order_by(col(Report.edition).desc())).all()


def facts_of(session: Session, report: Report, by: int, reason: str = "") -> ReportFacts:
    successor = session.exec(select(Report.id).where(Report.supersedes_id == report.id)).first()
    return ReportFacts(
        writers(session, report),
        by,
        thaw(report.snapshot).narrative,
        report.snapshot_sha256,
        snapshot_hash(report.snapshot),
        report.reviewed_sha256,
        has_successor=successor is not None,
        reason=reason,
        acknowledged=by in receipts(session, report),
    )


def receipts(session: Session, report: Report) -> Mapping[int, datetime]:
    """Who of the funder acknowledged this version, and when, the first of them first."""
    statement = select(Receipt.person_id, Receipt.created_at).where(Receipt.report_id == report.id)
    return dict(session.exec(statement.order_by(col(Receipt.id))).all())


def edition(session: Session, report: Report) -> Edition:
    """The report with its stamp, for the preview and the PDF alike."""
    people = names(session, {report.author_id, report.reviewer_id or 0})
    replaced = session.get_one(Report, report.supersedes_id) if report.supersedes_id else None
    stamp = Stamp(
        report.series,
        report.edition,
        PUBLIC_NAMES[report.status],
        report.snapshot_sha256,
        people[report.author_id],
        people[report.reviewer_id] if report.reviewer_id else "",
        report.issued_at,
        report.audit_entry,
        report.audit_head,
        f"version {replaced.edition}: {report.reason}" if replaced else "",
    )
    said = thaw(report.snapshot)
    return Edition(said, stamp, differences(thaw(replaced.snapshot), said) if replaced else ())


def last_issued(session: Session, report: Report) -> Report | None:
    """The version that this one corrects, else the last on the same thing whose period is no later than this one's."""
    if report.supersedes_id:
        return session.get_one(Report, report.supersedes_id)
    same = (Report.kind == report.kind, Report.funder_id == report.funder_id, Report.award_id == report.award_id)
    statement = select(Report).where(*same, Report.status == Status.ISSUED, Report.id != report.id)
    known = session.exec(statement.order_by(col(Report.issued_at), col(Report.id))).all()
    end = Period.parse(report.period).end
    earlier = [one for one in known if Period.parse(one.period).end <= end]
    return max(earlier, key=lambda one: (Period.parse(one.period).end, one.issued_at), default=None)


def edition_as_issued(session: Session, report: Report, *, at: datetime, entry: int, head: str) -> Edition:
    """The edition as it will be once the report is issued at this moment, over this head of the audit chain."""
    now = edition(session, report)
    status = PUBLIC_NAMES[Status.ISSUED]
    return replace(now, stamp=replace(now.stamp, status=status, issued_at=at, audit_entry=entry, audit_head=head))


def pdf(session: Session, report: Report) -> tuple[Document, bytes]:
    """The PDF as it was issued. Errors: NotFound for a report that is not issued."""
    stored = document(session, found(report.document_id, f"a PDF of {report.reference}: it is not issued yet"))
    return stored, content(stored)


QUARTERS, YEARS = 8, 2


def periods_to_report(today: date) -> Sequence[Period]:
    """The quarters and financial years that ended lately, the latest first."""
    quarter, year = (Period.containing(today, f) for f in (Frequency.QUARTERLY, Frequency.ANNUAL))
    return [*(quarter.shifted(-n) for n in range(1, QUARTERS + 1)), *(year.shifted(-n) for n in range(1, YEARS + 1))]


def titled(session: Session) -> Sequence[tuple[Report, str, int]]:
    """Every version with its title and number, oldest first."""
    rows = session.exec(select(Report).order_by(col(Report.id))).all()
    abouts = [(row, thaw(row.snapshot).about) for row in rows]
    return [(row, f"{about.title}, {about.funder}, {about.period_label}", row.edition) for row, about in abouts]
