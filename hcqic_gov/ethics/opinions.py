"""The decision on a case as its letter says it."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import Session

from hcqic_gov.committee import queries as committees
from hcqic_gov.committee.rules import MEMBER_LABELS
from hcqic_gov.core.calendar import london_day
from hcqic_gov.core.ruling import refused
from hcqic_gov.ethics.gate import case, pack_of, team_of
from hcqic_gov.ethics.hearing import rows, seats_at
from hcqic_gov.ethics.letters import LetterChange, LetterCondition, LetterMember, OpinionLetter
from hcqic_gov.ethics.models import EthicsCase, EthicsCondition, EthicsInterest
from hcqic_gov.ethics.quorum import Seat, counted
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
    seats = deciding_seats(session, row)
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
        tuple(LetterMember(seat.name, MEMBER_LABELS[seat.kind], seat.chair) for seat in counted(seats)),
        row.quorum,
        pack.title if pack else "",
        row.pack_fingerprint or "",
        row.decided_at,
        people[row.decided_by],
        ROLE_LABELS[Role(row.decided_as)],
        **(on_a_change(session, row) if row.kind is CaseKind.MODIFICATION else {}),
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


def deciding_seats(session: Session, case: EthicsCase) -> Sequence[Seat]:
    """Who was present at the meeting that decided; nobody where an officer determined it without the committee."""
    if case.decided_meeting_id is None or case.decided_at is None:
        return ()
    day = london_day(case.decided_at)
    in_term = {member.person_id for member in committees.members(session, day, committee_id=case.committee_id)}
    interests = {row.person_id: row for row in rows(session, EthicsInterest, case)}
    return seats_at(session, case.decided_meeting_id, in_term, team_of(session, case), interests)
