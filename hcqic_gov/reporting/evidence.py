"""What the register and the audit trail say today of the report that a file claims to be."""

import re
from collections.abc import Sequence

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
    proof_of,
)
from hcqic_gov.reporting.figures import figure
from hcqic_gov.reporting.models import Report
from hcqic_gov.reporting.rules import IMMUTABLE
from hcqic_gov.reporting.snapshot import snapshot_hash, thaw

CLAIM = re.compile(r"Issued as (HCQIC-R-\d{4}-\d+-v\d+);")


def check(session: Session, examined: Examined) -> Answer:
    """Everything that can be said of this file; it writes nothing."""
    report = None if examined.fault else claimed(session, examined)
    if report is None:
        return answered(examined, None)
    known = registered(session, report)
    if answered(examined, known).verdict is Verdict.NOT_CONFIRMED:
        return answered(examined, known)  # whoever forged a file learns no figure from it
    return answered(examined, known, corrections(session, report))


def claimed(session: Session, examined: Examined) -> Report | None:
    """The issued report with these bytes, else the one that the signature names, else the one with these data."""
    issued = select(Report).where(col(Report.status).in_(IMMUTABLE))
    bytes_of = issued.join(Document, col(Document.id) == col(Report.document_id))
    names = [match[1] for one in examined.signatures if (match := CLAIM.match(one.reason))]
    ways = (
        bytes_of.where(Document.sha256 == examined.sha256),
        issued.where(col(Report.reference).in_(names)),
        issued.where(Report.snapshot_sha256 == (examined.snapshot_sha256 or "none")),
    )
    return next((found for way in ways if (found := session.exec(way).first())), None)


def registered(session: Session, report: Report) -> Registered:
    document = session.get(Document, report.document_id)
    successor = session.exec(select(Report).where(Report.supersedes_id == report.id)).first()
    head = session.exec(select(AuditEntry.hash).where(AuditEntry.number == report.audit_entry)).first()
    snapshot, pdf = issue_entry(session, report)
    return Registered(
        report.reference,
        report.status,
        report.issued_at,
        document.sha256 if document else "",
        snapshot_hash(report.snapshot),
        report.snapshot_sha256,
        proof_of(queries.edition(session, report).stamp),
        report.audit_entry,
        report.audit_head,
        head or "",
        snapshot,
        pdf,
        verify_chain(session).fault or "",
        successor.reference if successor else "",
    )


def issue_entry(session: Session, report: Report) -> tuple[str, str]:
    """Hashes of data and PDF as the audit trail kept them at the issue."""
    statement = select(AuditEntry).where(
        AuditEntry.subject_kind == "report",
        AuditEntry.subject_id == report.key,
        AuditEntry.action == "reports.issue",
        AuditEntry.number > report.audit_entry,
    )
    entry = session.exec(statement).first()
    after = (entry.details.get("after") or {}) if entry else {}
    return after.get("snapshot_sha256", ""), after.get("pdf_sha256", "")


def corrections(session: Session, report: Report) -> Sequence[Correction]:
    """The same query as when the data were frozen, for the same period."""
    today = [figure(view) for view in summary(session, Period.parse(report.period).end)]
    return compared(thaw(report.snapshot).kpis, today)
