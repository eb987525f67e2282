"""Writes of the ethics register: applications, moves, interests, attendance, votes, conditions, external approvals."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from hcqic_gov.audit.service import record, snapshot
from hcqic_gov.core.actor import SYSTEM_ACTOR, Actor
from hcqic_gov.core.calendar import LONDON, london_day
from hcqic_gov.core.canonical import plain
from hcqic_gov.core.errors import Invalid, NotFound
from hcqic_gov.core.workflow import Move
from hcqic_gov.db import found, locked, locked_by, next_reference
from hcqic_gov.ethics import queries
from hcqic_gov.ethics.application import COLUMNS, Application, column_values
from hcqic_gov.ethics.approvals import ApprovalEntry, require_complete
from hcqic_gov.ethics.decision_rules import decisions_for, decisions_of
from hcqic_gov.ethics.dossier import EXPORT
from hcqic_gov.ethics.effects import EFFECTS, Made, enter
from hcqic_gov.ethics.enclosures import carry_over
from hcqic_gov.ethics.facts import Facts, Proposal
from hcqic_gov.ethics.hearing import Hearing, facts_of, hearing, response_due, seating_of
from hcqic_gov.ethics.models import (
    EthicsCase,
    EthicsCondition,
    EthicsInterest,
    EthicsMinute,
    EthicsVote,
    ExternalApproval,
)
from hcqic_gov.ethics.modification_effects import CHANGE_EFFECTS
from hcqic_gov.ethics.modification_rules import workflow_of
from hcqic_gov.ethics.rules import WITH_SERVICE, WORKFLOW, is_decision, still_undecided
from hcqic_gov.ethics.states import ABSTAIN, INTERNAL_NAMES, CaseKind, Follows, Interest, State
from hcqic_gov.people.queries import names
from hcqic_gov.policy.access import access_policies, may
from hcqic_gov.projects import queries as projects


def apply(
    session: Session, project_reference: str, application: Application, *, actor: Actor, now: datetime
) -> EthicsCase:
    """A new draft, whole or begun. Errors: Refused, NotFound, Invalid for triage questions left out."""
    project = projects.project(session, project_reference)
    may(actor, "ethics.apply", projects.resource_of(session, project)).require()

    case = EthicsCase(
        reference=next_reference(session, "E", now=now),
        project_id=project.key,
        applicant_id=actor.id,
        created_at=now,
        **column_values(application),
    )
    session.add(case)
    session.flush()
    enter(session, case, "apply", State.DRAFT, actor=actor, now=now)
    record(session, "ethics.apply", case, actor=actor, now=now, policy=access_policies().fingerprint)
    return case


def move(
    session: Session, reference: str, name: str, proposal: Proposal | None = None, *, actor: Actor, now: datetime
) -> EthicsCase:
    """A move of the workflow that needs no more than its proposal, decisions included. Errors: Refused, NotFound."""
    step = step_named(queries.case(session, reference).kind, name)
    entered = replace(proposal or Proposal(), decision=name)
    case, heard = gathered(session, reference, name, entered, actor=actor, now=now)
    before, source = snapshot(case), case.state

    case.state = step.target or case.state
    effects = {**EFFECTS, **CHANGE_EFFECTS}
    if name in effects:
        effects[name](session, case, Made(step, entered, heard, actor, now))
    enter(session, case, name, source, reason=entered.reason, actor=actor, now=now)
    policy, note = case.pack_fingerprint or "", entered.reason
    after = snapshot(case) | (parts_of(entered) if step in decisions_of(case.kind) else {})
    record(session, f"ethics.{name}", case, actor=actor, now=now, before=before, after=after, policy=policy, note=note)
    return case


def parts_of(entered: Proposal) -> dict[str, Any]:
    """The conditions and questions that a decision sets: the audit keeps them where an undo takes them out."""
    conditions = [plain(condition) for condition in entered.conditions]
    parts = {"conditions": conditions, "questions": list(entered.questions)}
    return {name: value for name, value in parts.items() if value}


def declare_interest(
    session: Session, reference: str, interest: Interest, *, details: str = "", actor: Actor, now: datetime
) -> None:
    """What a member declares before seeing papers; who stepped aside stays aside. Errors: Refused, Invalid."""
    case, heard = gathered(session, reference, "declare_interest", actor=actor, now=now)
    if interest is not Interest.NONE and not details.strip():
        raise Invalid("An interest needs words.", {"details": "Say what your interest is"})

    row = heard.interests.get(actor.id) or EthicsInterest(
        case_id=case.key, person_id=actor.id, interest=interest, declared_at=now, created_at=now
    )
    before = snapshot(row) if row.id else None
    row.interest, row.details, row.declared_at = interest, details.strip(), now
    session.add(row)
    record(session, "ethics.declare_interest", case, part=row, actor=actor, now=now, before=before)


def record_minute(session: Session, reference: str, discussion: str, *, actor: Actor, now: datetime) -> EthicsMinute:
    """What the meeting that hears the case said about it. Errors: Refused."""
    case, heard = gathered(session, reference, "record_minute", Proposal(reason=discussion), actor=actor, now=now)
    meeting = found(heard.meeting, "a meeting with this case on its agenda")

    statement = select(EthicsMinute).where(EthicsMinute.case_id == case.key, EthicsMinute.meeting_id == meeting.key)
    row = session.exec(statement).first() or EthicsMinute(
        case_id=case.key, meeting_id=meeting.key, discussion="", recorded_by=actor.id, created_at=now
    )
    before = snapshot(row) if row.id else None
    row.discussion, row.recorded_by = discussion.strip(), actor.id
    session.add(row)
    record(session, "ethics.record_minute", case, part=row, actor=actor, now=now, before=before)
    return row


def vote(session: Session, reference: str, choice: str, *, comment: str = "", actor: Actor, now: datetime) -> None:
    """One live vote for each member, changeable until the decision. Errors: Refused, Invalid."""
    case, heard = gathered(session, reference, "vote", actor=actor, now=now)
    if choice not in {ABSTAIN, *(decision.name for decision in decisions_for(case.track, case.state, case.kind))}:
        raise Invalid("This is not one of the decisions.", {"choice": "Choose a decision, or abstain"})

    row = heard.votes.get(actor.id) or EthicsVote(
        case_id=case.key, person_id=actor.id, choice=choice, cast_at=now, created_at=now
    )
    before = snapshot(row) if row.id else None
    row.choice, row.comment, row.cast_at = choice, comment.strip(), now
    session.add(row)
    record(session, "ethics.vote", case, part=row, actor=actor, now=now, before=before)


def satisfy_condition(
    session: Session, reference: str, condition_id: int, *, evidence: str, actor: Actor, now: datetime
) -> None:
    """The team says how a condition is met. Errors: Refused, NotFound."""
    entered = Proposal(reason=evidence)
    case, heard = gathered(
        session, reference, "satisfy_condition", entered, actor=actor, now=now, condition_id=condition_id
    )
    row = heard.condition(condition_id)
    before = snapshot(row)

    row.satisfied_by, row.satisfied_at, row.evidence = actor.id, now, evidence.strip()
    note_condition(session, case, row, "satisfy_condition", before, actor=actor, now=now)


def confirm_condition(session: Session, reference: str, condition_id: int, *, actor: Actor, now: datetime) -> None:
    """Another person confirms that it is met. Errors: Refused, NotFound."""
    case, heard = gathered(session, reference, "confirm_condition", actor=actor, now=now, condition_id=condition_id)
    row = heard.condition(condition_id)
    before = snapshot(row)

    row.confirmed_by, row.confirmed_at = actor.id, now
    note_condition(session, case, row, "confirm_condition", before, actor=actor, now=now)


def record_approval(
    session: Session, project_reference: str, entry: ApprovalEntry, *, actor: Actor, now: datetime
) -> ExternalApproval:
    """A new entry for an approval by others; earlier entries stay. Errors: Refused, Invalid, NotFound."""
    project = projects.project(session, project_reference)
    may(actor, "ethics.record_approval", projects.resource_of(session, project)).require()
    require_complete(entry)

    values = {name: getattr(entry, name) for name in ApprovalEntry.__dataclass_fields__}
    row = ExternalApproval(project_id=project.key, recorded_by=actor.id, created_at=now, **values)
    session.add(row)
    record(session, "ethics.record_approval", project, part=row, actor=actor, now=now)
    return row


def answer(session: Session, reference: str, number: int, text: str, *, actor: Actor, now: datetime) -> None:
    """The team answers one question of a provisional opinion; changeable until the response is sent.

    Errors: Refused, Invalid, NotFound.
    """
    case, heard = gathered(session, reference, "answer", actor=actor, now=now)
    row = heard.question(number)
    if not text.strip():
        raise Invalid("The answer is empty.", {"answer": "Enter the answer"})
    before = snapshot(row)

    row.answer, row.answered_by, row.answered_at = text.strip(), actor.id, now
    record(session, "ethics.answer", case, part=row, actor=actor, now=now, before=before)


def begin_again(session: Session, reference: str, name: str, reason: str, *, actor: Actor, now: datetime) -> EthicsCase:
    """A new draft in place of this case (`copy_as_new`, `appeal`); this one stays. Errors: Refused, NotFound."""
    old, heard = gathered(session, reference, name, Proposal(reason=reason), actor=actor, now=now)
    case = EthicsCase(
        reference=next_reference(session, "E", now=now),
        project_id=old.project_id,
        applicant_id=actor.id,
        follows_id=old.key,
        follows_as=Follows.APPEAL if name == "appeal" else Follows.COPY,
        created_at=now,
        **{name: getattr(old, name) for name in COLUMNS},
    )
    session.add(case)
    session.flush()
    carry_over(session, heard.papers, case, actor=actor, now=now)

    enter(session, case, "apply", State.DRAFT, reason=reason, actor=actor, now=now)
    enter(session, old, name, old.state, reason=reason, actor=actor, now=now)
    policy = access_policies().fingerprint
    record(session, f"ethics.{name}", case, actor=actor, now=now, policy=policy, note=f"{old.reference}. {reason}")
    return case


def record_export(session: Session, reference: str, what: str, *, actor: Actor, now: datetime) -> None:
    """Who took a copy of the whole case, in which form, and when; the caller has asked whether they may."""
    case = queries.case(session, reference)
    record(session, EXPORT, case, actor=actor, now=now, after={}, note=what)


def lapse_due(session: Session, *, now: datetime) -> int:
    """Lets the provisional opinions lapse that nobody answered in time; how many there were. For the periodic job."""
    waiting = select(EthicsCase).where(EthicsCase.state == State.INFO_REQUESTED).order_by(EthicsCase.reference)
    due = [
        case.reference
        for case in session.exec(waiting).all()
        if (last := response_due(hearing(session, case, london_day(now)))) and last < london_day(now)
    ]
    for reference in due:
        move(session, reference, "lapse", actor=SYSTEM_ACTOR, now=now)
    return len(due)


def expire_due(session: Session, *, now: datetime) -> int:
    """Lets the opinions expire whose end date has passed; how many there were. For the periodic job."""
    sources = WORKFLOW.move("expire").sources
    due = select(EthicsCase.reference).where(
        col(EthicsCase.state).in_(sources), col(EthicsCase.valid_to) < london_day(now)
    )
    references = session.exec(due.order_by(EthicsCase.reference)).all()
    for reference in references:
        move(session, reference, "expire", actor=SYSTEM_ACTOR, now=now)
    return len(references)


def gathered(
    session: Session,
    reference: str,
    name: str,
    proposal: Proposal | None = None,
    *,
    actor: Actor,
    now: datetime,
    seen: int | None = None,
    condition_id: int = 0,
) -> tuple[EthicsCase, Hearing]:
    """The locked case and its hearing, once access and guards allow the move. Errors: Refused, Stale, NotFound."""
    case = for_change(session, reference, seen=seen)
    if case.parent_id:
        locked(session, EthicsCase, case.parent_id, what="the approved case")
    may(actor, f"ethics.{name}", queries.resource_of(session, case)).require()
    day = london_day(now)
    heard = hearing(session, case, day)
    condition = heard.condition(condition_id) if condition_id else None
    entered = proposal or Proposal()
    seating = seating_of(session, entered.meeting_id)
    facts = facts_of(case, heard, entered, actor=actor, day=day, condition=condition, seating=seating)
    require(session, case, name, facts)
    return case, heard


def require(session: Session, case: EthicsCase, name: str, facts: Facts) -> None:
    """Errors: Refused; a decision that comes second names who decided first."""
    workflow = workflow_of(case.kind)
    if is_decision(workflow.move(name)):
        still_undecided(decided_by(session, case)).require()
    workflow.ruling(name, case.state, facts).require()


def decided_by(session: Session, case: EthicsCase) -> str:
    """Who decided this case, what and when, as a sentence; "" while nobody has."""
    if case.decided_at is None or case.decided_by is None or case.opinion is None:
        return ""
    who = names(session, {case.decided_by})[case.decided_by]
    when = case.decided_at.astimezone(LONDON)
    opinion = INTERNAL_NAMES[case.opinion].lower()
    return f"{who} decided {case.reference} on {when:%-d %B %Y at %H:%M}: {opinion}."


def note_condition(
    session: Session,
    case: EthicsCase,
    row: EthicsCondition,
    name: str,
    before: dict[str, Any],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    enter(session, case, name, case.state, reason=row.text, actor=actor, now=now)
    policy = case.pack_fingerprint or ""
    record(session, f"ethics.{name}", case, part=row, actor=actor, now=now, before=before, policy=policy)


def for_change(session: Session, reference: str, *, seen: int | None = None) -> EthicsCase:
    return locked_by(session, EthicsCase, reference, seen=seen, what=f"ethics case {reference}")


def step_named(kind: CaseKind, name: str) -> Move[State, Facts]:
    """A move that changes the case alone. Errors: NotFound."""
    step = next((step for step in workflow_of(kind).moves if step.name == name and name not in WITH_SERVICE), None)
    if step is None:
        raise NotFound("There is no such step. Go back to the case.")
    return step
