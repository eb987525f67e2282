"""What is approved of a study, version by version, and how a change of it stands against that."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from hcqic_gov.core.canonical import plain
from hcqic_gov.db import found
from hcqic_gov.ethics.application import content_of
from hcqic_gov.ethics.changes import (
    Change,
    carried_over,
    changes,
    class_of,
    modifications,
    overtaken,
    sections,
)
from hcqic_gov.ethics.editions import Content, named
from hcqic_gov.ethics.enclosures import papers_of
from hcqic_gov.ethics.facts import Alteration
from hcqic_gov.ethics.models import EthicsCase, EthicsVersion
from hcqic_gov.ethics.modification_rules import OPEN
from hcqic_gov.ethics.states import CaseKind, ChangeClass


def versions_of(session: Session, case: EthicsCase) -> Sequence[EthicsVersion]:
    """All that were frozen, the oldest first."""
    statement = select(EthicsVersion).where(EthicsVersion.case_id == case.key).order_by(col(EthicsVersion.number))
    return session.exec(statement).all()


def last_version(session: Session, case: EthicsCase) -> EthicsVersion | None:
    """The one that was frozen last; None before there is any."""
    return next(reversed(versions_of(session, case)), None)


def in_effect(session: Session, case: EthicsCase) -> Sequence[tuple[int, ChangeClass | None]]:
    """The versions that are or were in effect, the oldest first: number, and class of the change that it came from."""
    statement = select(EthicsVersion.number, col(EthicsVersion.change_class)).where(
        EthicsVersion.case_id == case.id, col(EthicsVersion.effective_from).is_not(None)
    )
    return [(number, came_from) for number, came_from in session.exec(statement.order_by(col(EthicsVersion.number)))]


def version_in_effect(session: Session, case: EthicsCase) -> int:
    """The number of the version in effect; 1 before any is."""
    return max((number for number, _ in in_effect(session, case)), default=1)


def study_of(session: Session, case: EthicsCase) -> EthicsCase:
    """The approved case that a modification changes."""
    return session.get_one(EthicsCase, case.parent_id)


def approved_content(session: Session, study: EthicsCase, number: int) -> Content:
    """The content of a version, its documents by name. Errors: NotFound."""
    statement = select(EthicsVersion).where(EthicsVersion.case_id == study.key, EthicsVersion.number == number)
    return named(found(session.exec(statement).first(), f"version {number} of {study.reference}").content)


def current_content(session: Session, study: EthicsCase) -> Content:
    """What is approved now, with its end date."""
    content = approved_content(session, study, version_in_effect(session, study))
    return {**content, "valid_to": plain(study.valid_to)}


def base_content(session: Session, case: EthicsCase) -> Content:
    """What was approved when this change was begun, or last written."""
    content = approved_content(session, study_of(session, case), case.base_version or 1)
    return {**content, "valid_to": plain(case.base_valid_to)}


def proposed_content(session: Session, case: EthicsCase) -> Content:
    """What the study will be, with the documents that it will have."""
    content = content_of(case, papers_of(session, case.key))
    return {**named(content), "valid_to": plain(case.valid_to)}


def changes_of(session: Session, case: EthicsCase) -> tuple[Change, ...]:
    """What a modification changes, under the policy of today."""
    return changes(base_content(session, case), proposed_content(session, case), modifications())


def as_it_would_be(session: Session, case: EthicsCase) -> Content:
    """What is approved now with this change made."""
    current = current_content(session, study_of(session, case))
    return carried_over(base_content(session, case), proposed_content(session, case), current)


def modifications_of(session: Session, study: EthicsCase) -> Sequence[EthicsCase]:
    """The changes of a study, the oldest first."""
    return session.exec(select(EthicsCase).where(EthicsCase.parent_id == study.key).order_by(col(EthicsCase.id))).all()


def alteration_of(session: Session, case: EthicsCase) -> Alteration:
    """What guards see of a change; nothing of an application."""
    if case.kind is not CaseKind.MODIFICATION:
        return Alteration()
    study, policy = study_of(session, case), modifications()
    base, proposed = base_content(session, case), proposed_content(session, case)
    ours = changes(base, proposed, policy)
    held = {
        section: other.reference
        for other in modifications_of(session, study)
        if other.id != case.id and other.state in OPEN
        for section in sections(changes_of(session, other))
    }
    return Alteration(
        study.state,
        class_of(ours),
        case.class_asked,
        case.class_asked_by or 0,
        case.class_confirmed_by is not None,
        tuple(f"{section} ({held[section]})" for section in sections(ours) if section in held),
        overtaken(base, proposed, current_content(session, study), policy),
    )
