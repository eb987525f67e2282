"""What the register and the audit trail say today of the report or paper that a file claims to be."""

import re
from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col, select

from hcqic_gov.audit.models import AuditEntry
from hcqic_gov.audit.queries import verify_chain
from hcqic_gov.core.calendar import Period
from hcqic_gov.documents.models import Document
from hcqic_gov.kpi.queries import summary
from hcqic_gov.reporting import queries
from hcqic_gov.reporting.checking import (
    Answer,
    Correction,
    Examined,
    Registered,
    Verdict,
    answered,
    compared,
    proof,
    proof_of,
)
from hcqic_gov.reporting.figures import read_again
from hcqic_gov.reporting.models import Paper, Report
from hcqic_gov.reporting.papers import newer
from hcqic_gov.reporting.rules import IMMUTABLE, ONE_HOLDS, Status
from hcqic_gov.reporting.snapshot import snapshot_hash, thaw

CLAIM = re.compile(r"Issued as ([\w-]{1,60});")
Issued = Report | Paper


def check(session: Session, examined: Examined) -> Answer:
    """Everything that can be said of this file; it writes nothing."""
    one = None if examined.fault else claimed(session, examined)
    if one is None:
        return answered(examined, None)
    known = registered(session, one)
    if isinstance(one, Paper) or answered(examined, known).verdict is Verdict.NOT_CONFIRMED:
        return answered(examined, known)  # whoever forged a file learns no figure from it
    return answered(examined, known, corrections(session, one))


def claimed(session: Session, examined: Examined) -> Issued | None:
    """What was issued with these bytes, else what the signature names, else what has these data."""
    names = [match[1] for one in examined.signatures if (match := CLAIM.match(one.reason))]
    data = examined.snapshot_sha256 or "none"
    reports, papers = select(Report).where(col(Report.status).in_(IMMUTABLE)), select(Paper)
    ways: tuple[Any, ...] = (
        reports.join(Document, col(Document.id) == col(Report.document_id)).where(Document.sha256 == examined.sha256),
        papers.join(Document, col(Document.id) == col(Paper.document_id)).where(Document.sha256 == examined.sha256),
        reports.where(col(Report.reference).in_(names)),
        papers.where(col(Paper.reference).in_(names)),
        reports.where(Report.snapshot_sha256 == data),
        papers.where(Paper.snapshot_sha256 == data),
    )
    return next((found for way in ways if (found := session.exec(way).first())), None)


def registered(session: Session, one: Issued) -> Registered:
    return of_paper(session, one) if isinstance(one, Paper) else of_report(session, one)


def of_report(session: Session, report: Report) -> Registered:
    successor = session.exec(select(Report).where(Report.supersedes_id == report.id)).first()
    snapshot, pdf = entered(session, report, "reports.issue")
    return Registered(
        report.reference,
        report.status,
        report.issued_at,
        sha256_of(session, report.document_id),
        snapshot_hash(report.snapshot),
        report.snapshot_sha256,
        proof_of(queries.edition(session, report).stamp),
        report.audit_entry,
        report.audit_head,
        hash_of(session, report.audit_entry),
        snapshot,
        pdf,
        verify_chain(session).fault or "",
        successor.reference if successor else "",
    )


def of_paper(session: Session, paper: Paper) -> Registered:
    """Its data are kept in its PDF alone, whose hash stands for them."""
    snapshot, pdf = entered(session, paper, "papers.issue")
    successor = newer(session, paper) if paper.kind in ONE_HOLDS else ""
    return Registered(
        paper.reference,
        Status.SUPERSEDED if successor else Status.ISSUED,
        paper.issued_at,
        sha256_of(session, paper.document_id),
        paper.snapshot_sha256,
        paper.snapshot_sha256,
        proof(paper.reference, paper.snapshot_sha256, paper.audit_entry, paper.audit_head),
        paper.audit_entry,
        paper.audit_head,
        hash_of(session, paper.audit_entry),
        snapshot,
        pdf,
        verify_chain(session).fault or "",
        successor,
        copy=paper.kind not in ONE_HOLDS,
    )


def sha256_of(session: Session, document_id: int | None) -> str:
    document = session.get(Document, document_id) if document_id else None
    return document.sha256 if document else ""


def hash_of(session: Session, number: int) -> str:
    return session.exec(select(AuditEntry.hash).where(AuditEntry.number == number)).first() or ""


def entered(session: Session, one: Issued, action: str) -> tuple[str, str]:
    """Hashes of data and PDF as the audit trail kept them at the issue."""
    statement = select(AuditEntry).where(
        AuditEntry.subject_kind == one.__tablename__,
        AuditEntry.subject_id == one.key,
        AuditEntry.action == action,
        AuditEntry.number > one.audit_entry,
    )
    entry = session.exec(statement).first()
    after = (entry.details.get("after") or {}) if entry else {}
    return after.get("snapshot_sha256", ""), after.get("pdf_sha256", "")


def corrections(session: Session, report: Report) -> Sequence[Correction]:
    """The same query as when the data were frozen, for the same period."""
    views = {view.definition.code: view for view in summary(session, Period.parse(report.period).end)}
    then = thaw(report.snapshot).kpis
    return compared(then, {one.code: read_again(views[one.code], one.period) for one in then if one.code in views})
