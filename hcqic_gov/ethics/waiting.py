"""What waits for whom in the ethics register, worked out from the cases and never stored."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from hcqic_gov.core.actor import Actor
from hcqic_gov.core.calendar import london_day
from hcqic_gov.ethics.gate import due_of
from hcqic_gov.ethics.models import EthicsCase, EthicsCondition, EthicsInterest, EthicsVote
from hcqic_gov.ethics.states import IN_COMMITTEE, IN_FORCE, Interest, State
from hcqic_gov.notices.rules import Task
from hcqic_gov.people.queries import committee
from hcqic_gov.people.rules import Role
from hcqic_gov.projects.models import Project, TeamMember
from hcqic_gov.projects.queries import there_since

EXPIRY_NOTICE = timedelta(days=90)
MEMBERS = (Role.COMMITTEE_EXPERT, Role.COMMITTEE_LAY, Role.CHAIR)


@dataclass(frozen=True, slots=True)
class Duty:
    """Cases in this state wait for anybody in this role who is not on the project's team."""

    state: State
    role: Role
    verb: str


DUTIES = (
    Duty(State.WITH_SPONSOR, Role.SPONSOR, "Authorise"),
    Duty(State.SUBMITTED, Role.ETHICS_OFFICER, "Validate"),
    Duty(State.VALID, Role.ETHICS_OFFICER, "Give to the committee"),
    *(Duty(state, Role.ETHICS_OFFICER, "Record who hears") for state in IN_COMMITTEE),
    *(Duty(state, Role.CHAIR, "Decide on") for state in IN_COMMITTEE),
    Duty(State.HALTED, Role.ETHICS_OFFICER, "Look into the halt of"),
    Duty(State.SUSPENDED, Role.CHAIR, "Look into the suspension of"),
)


def tasks_for(session: Session, actor: Actor, *, now: datetime) -> Sequence[Task]:
    """By the person's roles, with due dates, in at most six queries."""
    today = london_day(now)
    return [
        *duties(session, actor),
        *hearings(session, actor, today),
        *confirmations(session, actor),
        *own_cases(session, actor, today),
        *own_conditions(session, actor),
    ]


def task(verb: str, case: EthicsCase, *, due: date | None = None) -> Task:
    since = case.valid_at or case.submitted_at or case.created_at
    return Task(
        f"{verb} “{case.title}”", "Ethics", "ethics.show", {"reference": case.reference}, london_day(since), due
    )


def outside(actor: Actor) -> Any:
    """SQL: the actor is not on the case's project, and was not since the case was begun."""
    on_team = select(TeamMember.id).where(
        col(TeamMember.project_id) == col(EthicsCase.project_id),
        TeamMember.person_id == actor.id,
        there_since(col(EthicsCase.created_at)),
    )
    leads = select(Project.id).where(col(Project.id) == col(EthicsCase.project_id), Project.lead_id == actor.id)
    return sa.and_(col(EthicsCase.applicant_id) != actor.id, ~on_team.exists(), ~leads.exists())


def duties(session: Session, actor: Actor) -> Iterator[Task]:
    mine = [duty for duty in DUTIES if actor.has(duty.role)]
    if not mine:
        return
    states = {duty.state for duty in mine}
    statement = select(EthicsCase).where(col(EthicsCase.state).in_(states), outside(actor), ~recused(actor))
    for case in session.exec(statement):
        for duty in mine:
            if duty.state is case.state:
                yield task(duty.verb, case, due=due_of(case))


def recused(actor: Actor) -> Any:
    """SQL: the actor stepped aside from the case."""
    return (
        select(EthicsInterest.id)
        .where(
            col(EthicsInterest.case_id) == col(EthicsCase.id),
            EthicsInterest.person_id == actor.id,
            EthicsInterest.interest == Interest.RECUSED,
        )
        .exists()
    )


def hearings(session: Session, actor: Actor, today: date) -> Iterator[Task]:
    """Interests to declare and votes to cast, for members in term."""
    if not actor.has(*MEMBERS) or all(member.person_id != actor.id for member in committee(session, today)):
        return
    mine = sa.and_(col(EthicsInterest.case_id) == col(EthicsCase.id), col(EthicsInterest.person_id) == actor.id)
    vote = sa.and_(col(EthicsVote.case_id) == col(EthicsCase.id), col(EthicsVote.person_id) == actor.id)
    statement = (
        sa.select(EthicsCase, EthicsInterest.interest)  # type: ignore[call-overload]
        .outerjoin(EthicsInterest, mine)
        .outerjoin(EthicsVote, vote)
        .where(col(EthicsCase.state).in_(IN_COMMITTEE), col(EthicsVote.id).is_(None), outside(actor))
    )
    for case, interest in session.execute(statement):
        if interest is not Interest.RECUSED:
            yield task("Vote on" if interest else "Declare your interests in", case, due=due_of(case))


def confirmations(session: Session, actor: Actor) -> Iterator[Task]:
    """Conditions that the team says are met, for whoever may confirm it."""
    if not actor.has(Role.ETHICS_OFFICER, Role.CHAIR):
        return
    answered = sa.and_(col(EthicsCondition.satisfied_at).is_not(None), col(EthicsCondition.confirmed_at).is_(None))
    for case in cases_with(session, answered, outside(actor), ~recused(actor)):
        yield task("Confirm a condition of", case)


def own_conditions(session: Session, actor: Actor) -> Iterator[Task]:
    """Conditions that nobody has answered, for the applicant."""
    unanswered = col(EthicsCondition.satisfied_at).is_(None)
    for case in cases_with(session, unanswered, col(EthicsCase.applicant_id) == actor.id):
        yield task("Say how a condition is met for", case)


def cases_with(session: Session, condition: Any, *others: Any) -> Sequence[EthicsCase]:
    """Cases approved with conditions, once each, of which a condition is like this."""
    numbers = select(EthicsCondition.case_id).where(condition)
    approved = EthicsCase.state == State.FAVOURABLE_CONDITIONS
    return session.exec(select(EthicsCase).where(approved, col(EthicsCase.id).in_(numbers), *others)).all()


def own_cases(session: Session, actor: Actor, today: date) -> Iterator[Task]:
    """Drafts to finish and opinions that end soon, for the applicant."""
    ending = sa.and_(col(EthicsCase.state).in_(IN_FORCE), col(EthicsCase.valid_to) <= today + EXPIRY_NOTICE)
    statement = select(EthicsCase).where(
        EthicsCase.applicant_id == actor.id, sa.or_(col(EthicsCase.state) == State.DRAFT, ending)
    )
    for case in session.exec(statement):
        if case.state is State.DRAFT:
            yield task("Finish the application", case)
        else:
            yield task("The opinion ends:", case, due=case.valid_to)
