"""Writes of the reviewer's part: who is asked for a review, and the review."""

from datetime import date, datetime

from sqlmodel import Session

from hcqic_gov.audit.service import record, snapshot
from hcqic_gov.core.actor import Actor
from hcqic_gov.core.errors import Invalid
from hcqic_gov.ethics.decision_rules import decisions_for
from hcqic_gov.ethics.effects import enter
from hcqic_gov.ethics.facts import Proposal
from hcqic_gov.ethics.models import EthicsReview
from hcqic_gov.ethics.reviews import Judgement, criteria, recorded
from hcqic_gov.ethics.service import gathered


def assign_reviewer(
    session: Session, reference: str, person_id: int, *, due: date, actor: Actor, now: datetime
) -> EthicsReview:
    """Asks a member for a review by a day. Errors: Refused, NotFound."""
    proposal = Proposal(person_id=person_id, due=due)
    case, _ = gathered(session, reference, "assign_reviewer", proposal, actor=actor, now=now)

    row = EthicsReview(case_id=case.key, reviewer_id=person_id, assigned_by=actor.id, due_on=due, created_at=now)
    session.add(row)
    session.flush()
    enter(session, case, "assign_reviewer", case.state, reviewer=person_id, actor=actor, now=now)
    record(session, "ethics.assign_reviewer", case, part=row, actor=actor, now=now)
    return row


def release_reviewer(
    session: Session, reference: str, person_id: int, reason: str, *, actor: Actor, now: datetime
) -> None:
    """Takes a member off whose review is not in yet; they may be asked again. Errors: Refused, NotFound."""
    proposal = Proposal(person_id=person_id, reason=reason)
    case, heard = gathered(session, reference, "release_reviewer", proposal, actor=actor, now=now)
    row = heard.reviews[person_id]
    before = snapshot(row)

    session.delete(row)
    enter(session, case, "release_reviewer", case.state, reason=reason, reviewer=person_id, actor=actor, now=now)
    after = {"released": person_id}
    record(session, "ethics.release_reviewer", case, actor=actor, now=now, before=before, after=after, note=reason)


def submit_review(
    session: Session, reference: str, judgement: Judgement, *, actor: Actor, now: datetime
) -> EthicsReview:
    """The review of whoever was asked for one; final. Errors: Refused, Invalid for what is left out."""
    case, heard = gathered(session, reference, "submit_review", actor=actor, now=now)
    policy, row = criteria(), heard.reviews[actor.id]
    if judgement.recommendation not in {step.name for step in decisions_for(case.track, case.state)}:
        raise Invalid("The review is not complete.", {"recommendation": "Choose the decision that you would give"})
    remarks, before = recorded(policy, judgement), snapshot(row)

    row.remarks, row.recommendation, row.summary = remarks, judgement.recommendation, judgement.summary.strip()
    row.submitted_at, row.criteria_fingerprint = now, policy.fingerprint
    enter(session, case, "submit_review", case.state, actor=actor, now=now)
    record(
        session, "ethics.submit_review", case, part=row, actor=actor, now=now, before=before, policy=policy.fingerprint
    )
    return row
