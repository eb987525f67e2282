"""What each move of an ethics case sets besides its state."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from hcqic_gov.committee.models import Meeting
from hcqic_gov.core.actor import Actor
from hcqic_gov.core.calendar import london_day
from hcqic_gov.core.canonical import fingerprint, plain
from hcqic_gov.core.workflow import Move
from hcqic_gov.db import found
from hcqic_gov.ethics.application import content_of
from hcqic_gov.ethics.decision_rules import CONDITIONAL, decisions_of
from hcqic_gov.ethics.facts import Facts, Proposal
from hcqic_gov.ethics.hearing import Hearing
from hcqic_gov.ethics.models import EthicsCase, EthicsCondition, EthicsEvent, EthicsQuestion, EthicsVersion
from hcqic_gov.ethics.packs import pack_for
from hcqic_gov.ethics.quorum import counted
from hcqic_gov.ethics.states import IN_FORCE, CaseKind, State, Track
from hcqic_gov.ethics.telling import tell
from hcqic_gov.ethics.versions import last_version, versions_of


@dataclass(frozen=True, slots=True)
class Made:
    """A move that is being made: what was entered, the committee as it stands, by whom and when."""

    step: Move[State, Facts]
    entered: Proposal
    heard: Hearing
    actor: Actor
    now: datetime


Effect = Callable[[Session, EthicsCase, Made], None]


def enter(
    session: Session,
    case: EthicsCase,
    name: str,
    source: State,
    *,
    reason: str = "",
    reviewer: int | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    """One line of the timeline, and a message to whom it concerns, the reviewer whom it is about among them."""
    event = EthicsEvent(
        case_id=case.key,
        move=name,
        from_state=source,
        to_state=case.state,
        at=now,
        actor_id=actor.id,
        reason=reason,
        policy=case.pack_fingerprint or "",
        created_at=now,
    )
    session.add(event)
    tell(session, case, name, reviewer=reviewer, actor=actor, now=now)


def submit(session: Session, case: EthicsCase, made: Made) -> None:
    """The case keeps the pack in force today, and its content is frozen with its documents."""
    keep_pack(case, made)
    freeze(session, case, content_of(case, made.heard.papers), made)


def respond(session: Session, case: EthicsCase, made: Made) -> None:
    """With the response new versions of documents come in."""
    content = content_of(case, made.heard.papers)
    if case.kind is CaseKind.MODIFICATION:
        content = {**content, "valid_to": plain(case.valid_to)}
    freeze(session, case, content, made)


def keep_pack(case: EthicsCase, made: Made) -> None:
    pack = pack_for(case.work_kind, made.now)
    case.submitted_at, case.pack_id, case.pack_fingerprint = made.now, pack.id, pack.fingerprint
    case.pack_terms = pack.terms()


def freeze(session: Session, case: EthicsCase, content: Mapping[str, Any], made: Made) -> None:
    """A new version where the content is not that of the last one; a frozen version is never written to again."""
    last = last_version(session, case)
    if last is not None and last.content_hash == fingerprint(content):
        return
    version = EthicsVersion(
        case_id=case.key,
        number=last.number + 1 if last else 1,
        content=dict(content),
        content_hash=fingerprint(content),
        frozen_by=case.applicant_id,
        created_at=made.now,
    )
    session.add(version)


def validate(session: Session, case: EthicsCase, made: Made) -> None:
    case.valid_at = made.now


def allocate(session: Session, case: EthicsCase, made: Made) -> None:
    case.track = made.entered.track
    seat(session, case, made)


def seat(session: Session, case: EthicsCase, made: Made) -> None:
    """On the agenda of this meeting from now on; votes cast at another one do not count at this.

    The votes by which the case was decided stay on record.
    """
    meeting = session.get_one(Meeting, made.entered.meeting_id)
    if meeting.id != case.meeting_id and case.decided_at is None:
        clear_votes(session, case, made)
    case.committee_id, case.meeting_id = meeting.committee_id, meeting.id


def clear_votes(session: Session, case: EthicsCase, made: Made) -> None:
    case.vote_open = False
    for vote in made.heard.votes.values():
        session.delete(vote)


def open_vote(session: Session, case: EthicsCase, made: Made) -> None:
    case.vote_open = True


def close_vote(session: Session, case: EthicsCase, made: Made) -> None:
    case.vote_open = False


def ask(session: Session, case: EthicsCase, made: Made) -> None:
    """The questions of a provisional opinion, and who may decide on the answers alone."""
    case.delegate_id = made.entered.person_id
    clear_votes(session, case, made)
    session.add_all(
        EthicsQuestion(case_id=case.key, number=number, text=text, asked_at=made.now, created_at=made.now)
        for number, text in enumerate(made.entered.questions, start=1)
    )


def ask_again(session: Session, case: EthicsCase, made: Made) -> None:
    """The chosen questions wait for a new answer; the audit keeps the old one."""
    clear_votes(session, case, made)
    for question in made.heard.questions:
        if question.number in made.entered.again:
            question.asked_at, question.answered_by, question.answered_at = made.now, None, None


def refer(session: Session, case: EthicsCase, made: Made) -> None:
    """No opinion: the full committee hears it from the beginning."""
    clear_votes(session, case, made)
    case.track, case.meeting_id = Track.FULL, None


def decide(session: Session, case: EthicsCase, made: Made) -> None:
    """The decision, until when it holds and its conditions; the version that was applied for takes effect."""
    note_decision(session, case, made)
    if case.state not in IN_FORCE:
        return
    case.valid_from = made.entered.valid_from or london_day(made.now)
    case.valid_to = made.entered.valid_to
    found(last_version(session, case), "the frozen application").effective_from = made.now
    session.add_all(
        EthicsCondition(case_id=case.key, text=condition.text, pre_start=condition.pre_start, created_at=made.now)
        for condition in (made.entered.conditions if made.step.name in CONDITIONAL else ())
    )


def note_decision(session: Session, case: EthicsCase, made: Made) -> None:
    """Who decided what, when, and with which quorum."""
    case.opinion, case.decided_at, case.decided_by = case.state, made.now, made.actor.id
    case.decided_as = next(role for role in made.step.who if made.actor.has(role))
    case.reasons = made.entered.reason.strip()
    if made.step in decisions_of(case.kind):
        case.quorum, case.decided_meeting_id = quorum_words(case, made), case.meeting_id
        case.decided_seats = [[seat.person_id, seat.kind.value, seat.chair] for seat in counted(made.heard.seats)]
    case.vote_open = False


def quorum_words(case: EthicsCase, made: Made) -> str:
    if case.delegate_id == made.actor.id and not (case.vote_open or made.heard.ballot.votes):
        return "Decided by the delegate whom a quorate meeting named with its provisional opinion"
    return made.heard.quorum.reason


def ask_undo(session: Session, case: EthicsCase, made: Made) -> None:
    case.undo_asked_by = made.actor.id


def undo(session: Session, case: EthicsCase, made: Made) -> None:
    """The decision is no longer one; the timeline and the audit keep it, and nothing is in effect."""
    clear_votes(session, case, made)
    for condition in made.heard.conditions:
        session.delete(condition)
    for version in versions_of(session, case):
        version.effective_from = None
    case.opinion, case.decided_at, case.decided_by, case.undo_asked_by = None, None, None, None
    case.decided_as, case.reasons, case.quorum, case.decided_meeting_id = "", "", "", None
    case.decided_seats, case.delegate_id = [], None
    if case.kind is CaseKind.APPLICATION:
        case.valid_from, case.valid_to = None, None


def undo_determination(session: Session, case: EthicsCase, made: Made) -> None:
    undo(session, case, made)
    case.valid_at = None


def hand_over(session: Session, case: EthicsCase, made: Made) -> None:
    case.applicant_id = made.entered.person_id or case.applicant_id


def extend(session: Session, case: EthicsCase, made: Made) -> None:
    case.valid_to = made.entered.valid_to


def halt(session: Session, case: EthicsCase, made: Made) -> None:
    case.halted_on, case.safety_halt, case.halted_version = made.entered.on, made.entered.safety, made.heard.version


def suspend(session: Session, case: EthicsCase, made: Made) -> None:
    """In the chair of a quorate meeting; else by the chair's emergency power, which the next meeting ratifies."""
    at_the_meeting = made.heard.presides(made.actor.id) and made.heard.quorum.allowed
    case.to_ratify = not at_the_meeting


def settled(session: Session, case: EthicsCase, made: Made) -> None:
    """Nothing is left to be ratified."""
    case.to_ratify = False


def close(session: Session, case: EthicsCase, made: Made) -> None:
    case.ended_on = made.entered.on


def report(session: Session, case: EthicsCase, made: Made) -> None:
    case.final_report, case.reported_at = made.entered.reason.strip(), made.now


EFFECTS: Mapping[str, Effect] = {
    "authorise": submit,
    "validate": validate,
    "not_required": decide,
    "allocate": allocate,
    "reschedule": seat,
    "open_vote": open_vote,
    "close_vote": close_vote,
    "withdraw": close_vote,
    "favourable": decide,
    "favourable_conditions": decide,
    "unfavourable": decide,
    "request_information": ask,
    "respond": respond,
    "ask_again": ask_again,
    "no_opinion": refer,
    "ask_undo": ask_undo,
    "undo": undo,
    "undo_determination": undo_determination,
    "hand_over": hand_over,
    "extend": extend,
    "halt": halt,
    "suspend": suspend,
    "ratify": settled,
    "lift_favourable": settled,
    "lift_favourable_conditions": settled,
    "lift_not_required": settled,
    "terminate": settled,
    "expire": settled,
    "close": close,
    "final_report": report,
}
"""By move; a move that is not named sets nothing but the state."""
