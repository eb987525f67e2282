"""Applications of project teams for access to the sandbox: asked for, taken back, granted or refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from hcqic_gov.audit.service import record, snapshot
from hcqic_gov.core.actor import Actor
from hcqic_gov.core.calendar import london_day
from hcqic_gov.core.errors import Invalid, Refused
from hcqic_gov.core.ruling import Ruling, allowed_if
from hcqic_gov.db import locked
from hcqic_gov.notices.rules import About
from hcqic_gov.notices.service import notify
from hcqic_gov.policy.access import may
from hcqic_gov.projects import queries as projects
from hcqic_gov.projects.models import Project
from hcqic_gov.sandbox import granting, quotas
from hcqic_gov.sandbox.allocations import allocations
from hcqic_gov.sandbox.granting import Grant
from hcqic_gov.sandbox.models import Allocation, AllocationRequest
from hcqic_gov.sandbox.rules import Answer


@dataclass(frozen=True, slots=True)
class Wish:
    """What a team asks for."""

    tier: str
    seconds: int
    reason: str


def applications(session: Session, project_id: int) -> Sequence[AllocationRequest]:
    """All of the project's, the newest first."""
    statement = select(AllocationRequest).where(AllocationRequest.project_id == project_id)
    return session.exec(statement.order_by(col(AllocationRequest.id).desc())).all()


def open_one(session: Session, project_id: int) -> AllocationRequest | None:
    statement = select(AllocationRequest).where(AllocationRequest.project_id == project_id)
    return session.exec(statement.where(AllocationRequest.answer == Answer.OPEN)).first()


def may_apply(found: AllocationRequest | None) -> Ruling:
    reason = "The project has asked already, and waits for the gatekeeper’s answer. Withdraw it to ask otherwise."
    return allowed_if(found is None, "asked", reason)


def to_answer(found: AllocationRequest | None) -> Ruling:
    return allowed_if(found is not None, "not_asked", "No application of this project waits for an answer.")


def apply(session: Session, reference: str, wish: Wish, *, actor: Actor, now: datetime) -> AllocationRequest:
    """Errors: Refused; Invalid where the policy would not let it be granted today."""
    project = project_for(session, reference, "apply_access", actor)
    may_apply(open_one(session, project.key)).require()
    check(session, project, wish, now)

    made = AllocationRequest(
        project_id=project.key,
        applicant_id=actor.id,
        tier=wish.tier,
        seconds=wish.seconds,
        reason=wish.reason.strip(),
        asked_at=now,
        created_at=now,
    )
    session.add(made)
    session.flush()
    record(session, "sandbox.apply_access", project, part=made, actor=actor, now=now, note=made.reason)
    return made


def check(session: Session, project: Project, wish: Wish, now: datetime) -> None:
    """What granting it for its whole term from today would be refused for. Errors: Invalid."""
    tier = next((one for one in allocations().granted if one.code == wish.tier), None)
    if tier is None:
        raise Invalid("There is no such tier.", {"tier": "Choose a tier"})
    today = london_day(now)
    whole = Grant(wish.tier, wish.seconds, today, today + timedelta(days=tier.max_days - 1), wish.reason)
    granting.check(whole, tier, {one.tier for one in quotas.of_project(session, project.key)}, today)


def grant(session: Session, reference: str, entered: Grant, *, actor: Actor, now: datetime) -> Allocation:
    """Grants, and answers with it what the project has asked for, if it has. Errors: Refused, Invalid."""
    made = granting.grant(session, reference, entered, actor=actor, now=now)
    project = session.get_one(Project, made.project_id)
    if found := open_one(session, project.key):
        found.allocation_id = made.key
        settle(session, project, found, Answer.GRANTED, made.reason, actor=actor, now=now)
    return made


def refuse(session: Session, reference: str, *, reason: str, actor: Actor, now: datetime) -> AllocationRequest:
    """Errors: Refused; Invalid without a reason."""
    project = project_for(session, reference, "refuse_access", actor)
    found = waiting(session, project)
    if not reason.strip():
        raise Invalid("A reason is needed.", {"reason": "Enter the reason: the project’s team will read it"})
    return settle(session, project, found, Answer.REFUSED, reason, actor=actor, now=now)


def withdraw(session: Session, reference: str, *, actor: Actor, now: datetime) -> AllocationRequest:
    """The team takes its application back. Errors: Refused."""
    project = project_for(session, reference, "apply_access", actor)
    return settle(session, project, waiting(session, project), Answer.WITHDRAWN, "", actor=actor, now=now)


def project_for(session: Session, reference: str, name: str, actor: Actor) -> Project:
    """The project, locked, so that of two who apply or answer at once the second sees what the first did."""
    project = locked(session, Project, projects.project(session, reference).key, what=f"project {reference}")
    may(actor, f"sandbox.{name}", projects.resource_of(session, project)).require()
    return project


def waiting(session: Session, project: Project) -> AllocationRequest:
    found = open_one(session, project.key)
    if found is None:
        raise Refused("not_asked", to_answer(found).reason)
    return found


def settle(
    session: Session, project: Project, found: AllocationRequest, answer: Answer, reason: str, *, actor: Actor,
    now: datetime,
) -> AllocationRequest:  # fmt: skip
    """Keeps the answer, enters it, and tells who applied."""
    before = {**snapshot(found), "allocation_id": None}
    found.answer, found.answer_reason = answer, reason.strip()
    found.answered_at, found.answered_by = now, actor.id
    action = "sandbox.withdraw_application" if answer is Answer.WITHDRAWN else f"sandbox.access_{answer.value}"
    record(session, action, project, part=found, before=before, actor=actor, now=now, note=found.answer_reason)
    subject = f"{project.reference}: the application for access to the sandbox is {answer.value}"
    body = "A gatekeeper has answered. Sign in to read the answer and its reason."
    about = About("sandbox_access", project.reference)
    notify(session, {found.applicant_id}, subject=subject, body=body, about=about, actor=actor, now=now)
    return found
