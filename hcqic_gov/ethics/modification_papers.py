"""The documents of a change of an approved study: the study's to begin with, and what becomes of them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from sqlmodel import Session

from hcqic_gov.ethics.editions import Content, Edition, Name, editions
from hcqic_gov.ethics.enclosures import papers_of
from hcqic_gov.ethics.models import EthicsCase, EthicsPaper
from hcqic_gov.ethics.papers import Paper


def enclose(session: Session, papers: Sequence[Paper], case: EthicsCase) -> None:
    """The study's current documents under their own numbers: rows, not copies of files."""
    session.add_all(as_it_is(one, case) for one in papers if one.current)


def keep_up(session: Session, study: EthicsCase, case: EthicsCase, content: Content) -> None:
    """What others changed on the study meanwhile, in a draft that does not change it itself."""
    mine, theirs = current(session, case), current(session, study)
    for name, edition in differing(mine, content):
        if name in mine:
            session.delete(session.get_one(EthicsPaper, mine[name].key))
        if edition is not None:
            session.add(as_it_is(theirs[name], case))
    session.flush()


def take_over(session: Session, study: EthicsCase, case: EthicsCase, content: Content, *, now: datetime) -> None:
    """The study's documents from now on: new versions beside the old ones, which stay; nothing is deleted."""
    mine, held, last = current(session, case), current(session, study), newest(session, study)
    for name, edition in differing(held, content):
        if edition is None:
            session.get_one(EthicsPaper, held[name].key).withdrawn_in = case.key
            continue
        row = as_it_is(mine[name], study)
        row.replaces_id, row.created_at = last[name].key if name in last else None, now
        session.add(row)
    session.flush()


def differing(held: Mapping[Name, Paper], content: Content) -> Iterator[tuple[Name, Edition | None]]:
    """Documents that the content has otherwise than they are held; no edition: it does not have them."""
    wanted = dict(editions(content))
    for name in {**held, **wanted}:
        if (edition_of(held[name]) if name in held else None) != wanted.get(name):
            yield name, wanted.get(name)


def next_number(session: Session, study: EthicsCase, name: Name) -> int:
    """Of a document that is added anew: one of this name that was withdrawn once is counted on from."""
    last = newest(session, study).get(name)
    return last.number + 1 if last else 1


def current(session: Session, case: EthicsCase) -> Mapping[Name, Paper]:
    return {(one.kind, one.title): one for one in papers_of(session, case.key) if one.current}


def newest(session: Session, case: EthicsCase) -> Mapping[Name, Paper]:
    """The last version of each document, withdrawn or not."""
    return {(one.kind, one.title): one for one in papers_of(session, case.key) if not one.replaced}


def edition_of(one: Paper) -> Edition:
    return Edition(one.number, one.sha256)


def as_it_is(one: Paper, case: EthicsCase) -> EthicsPaper:
    """The same document as a row of another case."""
    return EthicsPaper(
        case_id=case.key,
        kind=one.kind,
        title=one.title,
        number=one.number,
        document_id=one.document_id,
        added_by=one.added_by,
        created_at=one.added_at,
    )
