"""Writes of the applicant's part: the sections of a draft, and the documents of a case."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from hcqic_gov.audit.service import record, snapshot
from hcqic_gov.core.actor import Actor
from hcqic_gov.core.errors import Invalid
from hcqic_gov.documents.service import store
from hcqic_gov.ethics.application import Entered, column_values
from hcqic_gov.ethics.editions import editions
from hcqic_gov.ethics.effects import enter
from hcqic_gov.ethics.enclosures import paper
from hcqic_gov.ethics.models import EthicsCase, EthicsPaper
from hcqic_gov.ethics.modification_effects import forget_class
from hcqic_gov.ethics.modification_papers import edition_of, next_number
from hcqic_gov.ethics.modifications import require_room
from hcqic_gov.ethics.papers import PAPER_LABELS, Paper, PaperKind, taken
from hcqic_gov.ethics.service import gathered
from hcqic_gov.ethics.states import CaseKind, State
from hcqic_gov.ethics.versions import base_content, study_of


def edit(session: Session, reference: str, entered: Entered, *, seen: int, actor: Actor, now: datetime) -> EthicsCase:
    """One section of a draft, or all of it. Errors: Refused, Stale, Invalid for triage questions left out."""
    case, _ = gathered(session, reference, "edit", actor=actor, now=now, seen=seen)
    before = snapshot(case)

    for name, value in column_values(entered).items():
        setattr(case, name, value)
    record(session, "ethics.edit", case, actor=actor, now=now, before=before)
    return case


def add_paper(
    session: Session,
    reference: str,
    data: bytes,
    *,
    filename: str,
    kind: PaperKind,
    title: str = "",
    replaces: int | None = None,
    actor: Actor,
    now: datetime,
) -> EthicsPaper:
    """A document, or a new version in place of the current one `replaces`, whose kind and title it keeps.

    Errors: Refused, NotFound, Invalid for a file that is not taken and for a title that is there already.
    """
    case, heard = gathered(session, reference, "add_paper", actor=actor, now=now)
    media_type = taken(data)
    old = paper(heard.papers, replaces) if replaces else None
    if old is not None:
        require_newest(old)
    name = old.title if old else title.strip() or PAPER_LABELS[kind]
    if old is None and is_there(heard.papers, kind, name):
        raise Invalid("This document is there already.", {"title": "Give it another title, or add a new version"})

    document = store(session, data, filename=filename, media_type=media_type, actor=actor, now=now)
    first = 1 if case.parent_id is None else next_number(session, study_of(session, case), (kind, name))
    row = EthicsPaper(
        case_id=case.key,
        kind=old.kind if old else kind,
        title=name,
        number=old.number + 1 if old else first,
        replaces_id=old.key if old else None,
        document_id=document.key,
        added_by=actor.id,
        created_at=now,
    )
    session.add(row)
    settle(session, case, actor=actor, now=now)
    if case.state is not State.DRAFT:
        enter(session, case, "add_paper", case.state, reason=f"{name}, version {row.number}", actor=actor, now=now)
    record(session, "ethics.add_paper", case, part=row, actor=actor, now=now)
    return row


def is_there(papers: Sequence[Paper], kind: PaperKind, title: str) -> bool:
    return any((one.kind, one.title) == (kind, title) for one in papers)


def require_newest(old: Paper) -> None:
    """Errors: Invalid."""
    if old.replaced:
        raise Invalid("There is a newer version of this document already. Replace that one.")
    if old.withdrawn:
        raise Invalid("This document is withdrawn. Put it back first, then add the new version.")


def settle(session: Session, case: EthicsCase, *, actor: Actor, now: datetime) -> None:
    """A change whose documents differ now: what was said of its class falls, and it holds their sections.

    Errors: Refused.
    """
    if case.kind is CaseKind.APPLICATION:
        return
    if case.state is State.DRAFT:
        forget_class(case)
    session.flush()
    require_room(session, case, actor=actor, now=now)


def remove_paper(session: Session, reference: str, key: int, *, actor: Actor, now: datetime) -> None:
    """Takes the newest version out of a draft; the one before it is current again.

    In a change a document of the study stays, marked as withdrawn, so that both sides can be compared.

    Errors: Refused, NotFound, Invalid.
    """
    case, heard = gathered(session, reference, "remove_paper", actor=actor, now=now)
    old = paper(heard.papers, key)
    if old.replaced:
        raise Invalid("There is a newer version of this document. Remove that one first.")
    if old.withdrawn:
        raise Invalid("This document is withdrawn already.")
    row = session.get_one(EthicsPaper, key)
    before = snapshot(row)

    if is_the_studys(session, case, old):
        row.withdrawn_in, after = case.key, {"withdrawn": key}
    else:
        session.delete(row)
        after = {"removed": key}
    settle(session, case, actor=actor, now=now)
    record(session, "ethics.remove_paper", case, actor=actor, now=now, before=before, after=after)


def is_the_studys(session: Session, case: EthicsCase, one: Paper) -> bool:
    """Did a change find this document on its study?"""
    if case.kind is CaseKind.APPLICATION:
        return False
    return ((one.kind, one.title), edition_of(one)) in editions(base_content(session, case))


def put_back(session: Session, reference: str, key: int, *, actor: Actor, now: datetime) -> None:
    """A document of the study that the draft of a change was to withdraw stays after all.

    Errors: Refused, NotFound, Invalid.
    """
    case, heard = gathered(session, reference, "remove_paper", actor=actor, now=now)
    if not paper(heard.papers, key).withdrawn:
        raise Invalid("This document is not withdrawn.")
    row = session.get_one(EthicsPaper, key)
    before = snapshot(row)

    row.withdrawn_in = None
    settle(session, case, actor=actor, now=now)
    record(session, "ethics.remove_paper", case, part=row, actor=actor, now=now, before=before)
