"""The documents of a case as they are held: every version, in the order of kinds and titles."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from hcqic_gov.core.actor import Actor
from hcqic_gov.db import found
from hcqic_gov.documents.models import Document
from hcqic_gov.ethics.models import EthicsCase, EthicsPaper
from hcqic_gov.ethics.papers import Paper, PaperKind


def papers_of(session: Session, case_id: int) -> Sequence[Paper]:
    """The newest version of each document first, in one query."""
    statement = (
        select(EthicsPaper, Document)
        .join(Document, col(Document.id) == col(EthicsPaper.document_id))
        .where(EthicsPaper.case_id == case_id)
    )
    rows = session.exec(statement).all()
    replaced = {row.replaces_id for row, _ in rows}
    order = list(PaperKind)
    papers = [as_paper(row, document, replaced=row.key in replaced) for row, document in rows]
    return sorted(papers, key=lambda paper: (order.index(paper.kind), paper.title, -paper.number))


def as_paper(row: EthicsPaper, document: Document, *, replaced: bool) -> Paper:
    return Paper(
        row.key,
        row.kind,
        row.title,
        row.number,
        row.document_id,
        document.filename,
        document.media_type,
        document.size,
        document.sha256,
        row.added_by,
        row.created_at,
        replaced,
        row.withdrawn_in is not None,
    )


def paper(papers: Sequence[Paper], key: int) -> Paper:
    """Errors: NotFound."""
    return found(next((one for one in papers if one.key == key), None), "this document")


def carry_over(session: Session, papers: Sequence[Paper], case: EthicsCase, *, actor: Actor, now: datetime) -> None:
    """The current documents as the first versions of another case: rows, not copies of files."""
    session.add_all(
        EthicsPaper(
            case_id=case.key,
            kind=one.kind,
            title=one.title,
            number=1,
            document_id=one.document_id,
            added_by=actor.id,
            created_at=now,
        )
        for one in papers
        if one.current
    )
