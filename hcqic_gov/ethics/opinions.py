"""The decision on a case as its letter says it."""

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from hcqic_gov.committee.rules import MEMBER_LABELS, MemberKind
from hcqic_gov.core.ruling import refused
from hcqic_gov.ethics.gate import case, pack_of
from hcqic_gov.ethics.hearing import rows
from hcqic_gov.ethics.letters import LetterChange, LetterCondition, LetterMember, OpinionLetter
from hcqic_gov.ethics.models import EthicsCase, EthicsCondition
from hcqic_gov.ethics.states import INTERNAL_NAMES, CaseKind, State
from hcqic_gov.ethics.versions import changes_of, study_of, versions_of
from hcqic_gov.people.queries import names
from hcqic_gov.people.rules import ROLE_LABELS, Role
from hcqic_gov.projects.models import Project

COMMITTEE = "Ethics Committee of the Health and Care Quantum Innovation Centre"


def letter(session: Session, reference: str) -> OpinionLetter:
    """The decision on a case as its letter says it. Errors: NotFound, Refused where nothing is decided."""
    row = case(session, reference)
    if row.decided_at is None or row.decided_by is None or row.opinion is None:
        refused("undecided", f"{reference} has not been decided, so there is no letter.").require()
        raise AssertionError
    project = session.get_one(Project, row.project_id)
    people = names(session, {row.applicant_id, row.decided_by})
    members = deciding_members(session, row)
    conditions = rows(session, EthicsCondition, row)
    pack = pack_of(row)
    return OpinionLetter(
        row.reference,
        row.title,
        project.reference,
        project.title,
        people[row.applicant_id],
        COMMITTEE,
        INTERNAL_NAMES[row.opinion],
        row.reasons,
        tuple(LetterCondition(condition.text, condition.pre_start) for condition in conditions),
        row.valid_from,
        row.valid_to if row.valid_from else None,
        members,
        row.quorum,
        pack.title if pack else "",
        row.pack_fingerprint or "",
        row.decided_at,
        people[row.decided_by],
        ROLE_LABELS[Role(row.decided_as)],
        **(on_a_change(session, row) if row.kind is CaseKind.MODIFICATION else {}),
    )


def deciding_members(session: Session, case: EthicsCase) -> tuple[LetterMember, ...]:
    """Who counted when the committee decided, as kept then; nobody where an officer determined it alone."""
    people = names(session, {person for person, _, _ in case.decided_seats})
    return tuple(
        LetterMember(people[person], MEMBER_LABELS[MemberKind(kind)], presiding)
        for person, kind, presiding in case.decided_seats
    )


def on_a_change(session: Session, case: EthicsCase) -> Mapping[str, Any]:
    """What the letter on a change of an approved study says beside: what changes, and what that means for the study."""
    study = study_of(session, case)
    lines = tuple(LetterChange(change.name, change.old, change.new) for change in changes_of(session, case))
    effect = f"The change must not be made. {study.reference} holds as it was before."
    if case.opinion is State.APPROVED:
        number = next(row.number for row in versions_of(session, study) if row.modification_id == case.id)
        effect = f"The change took effect with this decision: it is version {number} of {study.reference}."
    return {"changes": lines, "effect": effect}
