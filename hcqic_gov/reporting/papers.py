"""Signed papers beside the reports: letters, minutes, dossiers, board papers; each content is issued once and kept."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from hcqic_gov.audit import queries as audit
from hcqic_gov.audit.service import record
from hcqic_gov.core.actor import Actor
from hcqic_gov.core.canonical import fingerprint
from hcqic_gov.db import hold
from hcqic_gov.documents.queries import content, document
from hcqic_gov.documents.service import store
from hcqic_gov.reporting.checking import proof
from hcqic_gov.reporting.models import Paper
from hcqic_gov.reporting.rules import PaperKind

Sign = Callable[[bytes, str, datetime], bytes]
"""Signs a PDF with the proof that it carries, at a moment: a shell's work, so the shell brings it along."""


@dataclass(frozen=True, slots=True)
class Content:
    """What is to be issued: the record that it is about, its data as canonical JSON, and how they become a PDF."""

    kind: PaperKind
    about: str
    snapshot: bytes
    render: Callable[[], bytes]


def issued(session: Session, one: Content, sign: Sign, *, actor: Actor, now: datetime) -> bytes:
    """The signed PDF of this content, made and entered once; the caller has asked whether this person may read it."""
    paper = known(session, one)
    if paper is None:
        hold(session, [f"{one.kind} {one.about}"], alone=True)
        paper = known(session, one) or issue(session, one, sign, actor=actor, now=now)
    return content(document(session, paper.document_id))


def known(session: Session, one: Content) -> Paper | None:
    same = select(Paper).where(Paper.kind == one.kind, Paper.about == one.about)
    found: Paper | None = session.exec(same.where(Paper.snapshot_sha256 == fingerprint(one.snapshot))).first()
    return found


def issue(session: Session, one: Content, sign: Sign, *, actor: Actor, now: datetime) -> Paper:
    before = session.exec(
        select(sa.func.max(Paper.edition)).where(Paper.kind == one.kind, Paper.about == one.about)
    ).one()
    edition, sha256 = (before or 0) + 1, fingerprint(one.snapshot)
    reference = f"{one.about}-{one.kind}-v{edition}"
    entry, head = audit.head(session)

    data = sign(one.render(), proof(reference, sha256, entry, head), now)
    file = store(session, data, filename=f"{reference}.pdf", media_type="application/pdf", actor=actor, now=now)
    paper = Paper(
        reference=reference,
        kind=one.kind,
        about=one.about,
        edition=edition,
        snapshot_sha256=sha256,
        document_id=file.key,
        issued_by=actor.id,
        issued_at=now,
        audit_entry=entry,
        audit_head=head,
        created_at=now,
    )
    session.add(paper)
    after = {"reference": reference, "snapshot_sha256": sha256, "pdf_sha256": file.sha256}
    record(session, "papers.issue", paper, actor=actor, now=now, after=after)
    return paper


def newer(session: Session, paper: Paper) -> str:
    """The reference of the last content of the same kind about the same record, if that is a newer one."""
    same = select(Paper.reference).where(Paper.kind == paper.kind, Paper.about == paper.about)
    return session.exec(same.where(Paper.edition > paper.edition).order_by(col(Paper.edition).desc())).first() or ""
