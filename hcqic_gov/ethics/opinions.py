"""The decision on a case as its letter says it: the present one, or the provisional opinion that is to be answered."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from hcqic_gov.committee import queries as committees
from hcqic_gov.committee.models import Committee, Meeting
from hcqic_gov.committee.rules import MEMBER_LABELS, MemberKind
from hcqic_gov.core.calendar import london_day
from hcqic_gov.core.ruling import refused
from hcqic_gov.ethics.clocks import ClockKind
from hcqic_gov.ethics.editions import document_name, editions, named
from hcqic_gov.ethics.gate import case, clocks_of, events_of, pack_of, team_of
from hcqic_gov.ethics.hearing import rows, seats_at
from hcqic_gov.ethics.letters import LetterChange, LetterCondition, LetterMember, LetterPaper, OpinionLetter
from hcqic_gov.ethics.models import EthicsCase, EthicsCondition, EthicsEvent, EthicsInterest, EthicsQuestion
from hcqic_gov.ethics.packs import quorum_rule
from hcqic_gov.ethics.quorum import Seat, counted, quorum
from hcqic_gov.ethics.states import INTERNAL_NAMES, CaseKind, State
from hcqic_gov.ethics.versions import changes_of, study_of, versions_of
from hcqic_gov.people.queries import names
from hcqic_gov.people.rules import ROLE_LABELS, Role
from hcqic_gov.projects.models import Project

CENTRE = "Health and Care Quantum Innovation Centre"
OFFICE = f"Ethics office of the {CENTRE}"
"""Signs a determination that no committee made."""
PROVISIONAL = (State.INFO_REQUESTED, State.RESPONSE_RECEIVED)


def letter(session: Session, reference: str) -> OpinionLetter:
    """The letter of a case. Errors: NotFound, Refused where nothing is decided."""
    written = letter_of(session, reference)
    if written is None:
        refused("undecided", f"{reference} has not been decided, so there is no letter.").require()
        raise AssertionError
    return written


def letter_of(session: Session, reference: str) -> OpinionLetter | None:
    """The same, or None: an undone decision has no letter any more. Errors: NotFound."""
    row = case(session, reference)
    if row.opinion is not None:
        return final(session, row, row.opinion)
    return provisional(session, row) if row.state in PROVISIONAL else None


def final(session: Session, row: EthicsCase, opinion: State) -> OpinionLetter:
    assert row.decided_at is not None  # the database sets them together
    assert row.decided_by is not None
    conditions = rows(session, EthicsCondition, row)
    return written(
        session,
        row,
        decision=INTERNAL_NAMES[opinion],
        reasons=row.reasons,
        at=row.decided_at,
        by=row.decided_by,
        part=ROLE_LABELS[Role(row.decided_as)],
        members=deciding_members(session, row),
        statement=row.quorum,
        conditions=tuple(LetterCondition(condition.text, condition.pre_start) for condition in conditions),
        valid_from=row.valid_from,
        valid_to=row.valid_to if row.valid_from else None,
    )


def provisional(session: Session, row: EthicsCase) -> OpinionLetter:
    """What the committee asks, by when, and who decides on the answers."""
    event = request_of(session, row)
    meeting = meeting_then(session, row, event.at)
    seats = seats_then(session, row, meeting.key if meeting else None, event.at)
    pack = pack_of(row)
    delegate = names(session, {row.delegate_id})[row.delegate_id] if row.delegate_id else ""
    clocks = clocks_of(row, events_of(session, [row])[row.key])
    due = next((clock.due for clock in reversed(clocks) if clock.kind is ClockKind.RESPONSE), None)
    return written(
        session,
        row,
        decision=INTERNAL_NAMES[State.INFO_REQUESTED].partition(",")[0],
        reasons=event.reason,
        at=event.at,
        by=event.actor_id,
        part="in the chair of the meeting",
        members=tuple(LetterMember(seat.name, MEMBER_LABELS[seat.kind], seat.chair) for seat in counted(seats)),
        statement=quorum(seats, quorum_rule(row.kind, row.track, pack)).reason if pack else "",
        questions=tuple(question.text for question in rows(session, EthicsQuestion, row)),
        respond_by=due,
        delegate=delegate or "the committee at a meeting",
    )


def written(
    session: Session,
    row: EthicsCase,
    *,
    decision: str,
    reasons: str,
    at: datetime,
    by: int,
    part: str,
    members: tuple[LetterMember, ...],
    statement: str,
    conditions: tuple[LetterCondition, ...] = (),
    valid_from: date | None = None,
    valid_to: date | None = None,
    questions: tuple[str, ...] = (),
    respond_by: date | None = None,
    delegate: str = "",
) -> OpinionLetter:
    project, pack = session.get_one(Project, row.project_id), pack_of(row)
    people = names(session, {row.applicant_id, by})
    return OpinionLetter(
        row.reference,
        row.title,
        project.reference,
        project.title,
        people[row.applicant_id],
        committee_of(session, row),
        decision,
        reasons,
        conditions,
        valid_from,
        valid_to,
        members,
        statement,
        pack.title if pack else "",
        row.pack_fingerprint or "",
        at,
        people[by],
        part,
        questions=questions,
        respond_by=respond_by,
        delegate=delegate,
        papers=papers_in(session, row),
        **(on_a_change(session, row) if row.kind is CaseKind.MODIFICATION and row.opinion else {}),
    )


def papers_in(session: Session, row: EthicsCase) -> tuple[LetterPaper, ...]:
    """The documents that were decided on: of what the case itself froze last, not of a later change of the study."""
    own = [version for version in versions_of(session, row) if version.modification_id is None]
    held = editions(named(own[-1].content)) if own else ()
    return tuple(LetterPaper(document_name(*name), edition.version, edition.sha256) for name, edition in held)


def on_a_change(session: Session, case: EthicsCase) -> Mapping[str, Any]:
    """What the letter on a change of an approved study says beside: what changes, and what that means for the study."""
    study = study_of(session, case)
    lines = tuple(LetterChange(change.name, change.old, change.new) for change in changes_of(session, case))
    effect = f"The change must not be made. {study.reference} holds as it was before."
    if case.opinion is State.APPROVED:
        number = next(row.number for row in versions_of(session, study) if row.modification_id == case.id)
        effect = f"The change took effect with this decision: it is version {number} of {study.reference}."
    return {"changes": lines, "effect": effect}


def committee_of(session: Session, row: EthicsCase) -> str:
    """Who gave the opinion: the committee that decided (another may hear the case by now), or the office."""
    decided = session.get(Meeting, row.decided_meeting_id) if row.decided_meeting_id else None
    number = decided.committee_id if decided else None if row.opinion else row.committee_id
    found = session.get(Committee, number) if number else None
    return f"{found.name}, {CENTRE}" if found else OFFICE


def request_of(session: Session, row: EthicsCase) -> EthicsEvent:
    """The move that asked for information last."""
    asked = select(EthicsEvent).where(EthicsEvent.case_id == row.id, EthicsEvent.to_state == State.INFO_REQUESTED)
    moved = asked.where(col(EthicsEvent.move).in_(("request_information", "ask_again")))
    event: EthicsEvent = session.exec(moved.order_by(col(EthicsEvent.id).desc()).limit(1)).one()
    return event


def meeting_then(session: Session, row: EthicsCase, at: datetime) -> Meeting | None:
    """The committee's meeting that was open at this moment; the case may have been put on a later one's agenda."""
    over = sa.or_(col(Meeting.closed_at).is_(None), col(Meeting.closed_at) >= at)
    statement = select(Meeting).where(Meeting.committee_id == row.committee_id, col(Meeting.opened_at) <= at, over)
    there = session.exec(statement.order_by(col(Meeting.opened_at).desc())).all()
    return next((one for one in there if one.id == row.meeting_id), there[0] if there else None)


def seats_then(session: Session, row: EthicsCase, meeting_id: int | None, at: datetime) -> Sequence[Seat]:
    """Who was present at the meeting that decided; nobody where an officer determined it without the committee."""
    if meeting_id is None:
        return ()
    in_term = {
        member.person_id for member in committees.members(session, london_day(at), committee_id=row.committee_id)
    }
    interests = {interest.person_id: interest for interest in rows(session, EthicsInterest, row)}
    return seats_at(session, meeting_id, in_term, team_of(session, row), interests)


def deciding_members(session: Session, case: EthicsCase) -> tuple[LetterMember, ...]:
    """Who counted when the committee decided, as kept then; nobody where an officer determined it alone."""
    people = names(session, {person for person, _, _ in case.decided_seats})
    return tuple(
        LetterMember(people[person], MEMBER_LABELS[MemberKind(kind)], presiding)
        for person, kind, presiding in case.decided_seats
    )
