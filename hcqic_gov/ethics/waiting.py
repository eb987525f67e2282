"""What waits for whom in the ethics register, worked out from the cases and never stored."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from hcqic_gov.committee.models import Meeting, MeetingAttendance
from hcqic_gov.committee.queries import members
from hcqic_gov.committee.rules import AHEAD, MeetingState
from hcqic_gov.core.actor import Actor
from hcqic_gov.core.calendar import london_day
from hcqic_gov.ethics.gate import due_of, events_of
from hcqic_gov.ethics.models import EthicsCase, EthicsCondition, EthicsInterest, EthicsReview, EthicsVote
from hcqic_gov.ethics.states import (
    APPROVED,
    IN_COMMITTEE,
    IN_FORCE,
    OUTCOMES,
    PUBLIC_NAMES,
    CaseKind,
    Interest,
    State,
)
from hcqic_gov.notices.rules import Task
from hcqic_gov.people.rules import Role
from hcqic_gov.projects.models import Project, TeamMember
from hcqic_gov.projects.queries import there_since

EXPIRY_NOTICE = timedelta(days=90)
MEMBERS = (Role.COMMITTEE_EXPERT, Role.COMMITTEE_LAY, Role.CHAIR)
LISTED = 25
"""So many of one kind and status are listed; one line says how many more there are and leads to them."""
HEARD = 100
"""So many cases before the committee are looked at: those that have waited longest."""


@dataclass(frozen=True, slots=True)
class Duty:
    """Cases in this state wait for anybody in this role who is not on the project's team."""

    state: State
    role: Role
    verb: str


@dataclass(frozen=True, slots=True)
class AtHearing:
    """A person before one case: their declared interest, whether they voted, whether they preside (None: absent)."""

    meeting: MeetingState
    interest: Interest | None
    voted: bool
    presiding: bool | None
    in_term: bool


DUTIES = (
    Duty(State.WITH_SPONSOR, Role.SPONSOR, "Authorise"),
    Duty(State.SUBMITTED, Role.ETHICS_OFFICER, "Validate"),
    Duty(State.VALID, Role.ETHICS_OFFICER, "Give to the committee"),
    Duty(State.HALTED, Role.ETHICS_OFFICER, "Look into the halt of"),
    Duty(State.SUSPENDED, Role.CHAIR, "Look into the suspension of"),
)
OWN_VERBS = {State.DRAFT: "Finish the application", State.INFO_REQUESTED: "Answer the committee’s questions on"}


Found = tuple[str, EthicsCase] | Task
"""A case with what is to be done, whose date its clock gives; or a line that is a task as it is."""


def tasks_for(session: Session, actor: Actor, *, now: datetime) -> Sequence[Task]:
    """By the person's roles, with due dates, in at most ten queries."""
    today = london_day(now)
    on_a_clock = [*duties(session, actor), *hearings(session, actor, today), *own_cases(session, actor)]
    return [
        *by_clock(session, [found for found in on_a_clock if not isinstance(found, Task)]),
        *(found for found in on_a_clock if isinstance(found, Task)),
        *second_opinions(session, actor),
        *reviews(session, actor),
        *confirmations(session, actor),
        *ending(session, actor, today),
        *own_conditions(session, actor),
    ]


def task(verb: str, case: EthicsCase, *, due: date | None = None) -> Task:
    since = case.valid_at or case.submitted_at or case.created_at
    what = f"the change of “{case.title}”" if case.kind is CaseKind.MODIFICATION else f"“{case.title}”"
    return Task(f"{verb} {what}", "Ethics", "ethics.show", {"reference": case.reference}, london_day(since), due)


def waits_since() -> Any:
    """SQL: since when a case waits, as its task says it."""
    case = EthicsCase
    return sa.func.coalesce(col(case.valid_at), col(case.submitted_at), col(case.created_at))


def oldest(session: Session, *where: Any, order: Any = None) -> Sequence[tuple[EthicsCase, int]]:
    """The first cases of each status by this order (who waits longest), and how many there are of it, in one query."""
    state = col(EthicsCase.state)
    first = (waits_since() if order is None else order, col(EthicsCase.id))
    ranked = (
        sa.select(
            col(EthicsCase.id).label("id"),
            sa.func.row_number().over(partition_by=state, order_by=first).label("place"),
            sa.func.count().over(partition_by=state).label("total"),
        )
        .where(*where)
        .subquery()
    )
    statement = (
        sa.select(EthicsCase, ranked.c.total)
        .join(ranked, ranked.c.id == col(EthicsCase.id))
        .where(ranked.c.place <= LISTED)
    )
    return [(case, total) for case, total in session.execute(statement)]


def rest(rows: Sequence[tuple[EthicsCase, int]], verb: Callable[[State], str], **filters: str) -> Iterator[Task]:
    """A line for each status of which more waits than is listed."""
    for state, total in {case.state: total for case, total in rows}.items():
        if total > LISTED:
            title = f"{verb(state)} {total - LISTED:,} more cases that are “{PUBLIC_NAMES[state]}”"
            yield Task(title, "Ethics", "ethics.index", {"state": state.value, **filters})


def by_clock(session: Session, waiting: Sequence[tuple[str, EthicsCase]]) -> Iterator[Task]:
    """Tasks that are due when the clock of their case is; the events of all the cases in one query."""
    if not waiting:
        return
    events = events_of(session, {case.key: case for _, case in waiting}.values())
    for verb, case in waiting:
        yield task(verb, case, due=due_of(case, events[case.key]))


def outside(actor: Actor) -> Any:
    """SQL: the actor is not on the case's project, and was not since the case was begun."""
    on_team = select(TeamMember.id).where(
        col(TeamMember.project_id) == col(EthicsCase.project_id),
        TeamMember.person_id == actor.id,
        there_since(col(EthicsCase.created_at)),
    )
    leads = select(Project.id).where(col(Project.id) == col(EthicsCase.project_id), Project.lead_id == actor.id)
    return sa.and_(col(EthicsCase.applicant_id) != actor.id, ~on_team.exists(), ~leads.exists())


def duties(session: Session, actor: Actor) -> Iterator[Found]:
    """What the person's roles have to do with which cases."""
    mine = [duty for duty in DUTIES if actor.has(duty.role)]
    if not mine:
        return
    verbs = {duty.state: duty.verb for duty in mine}
    rows = oldest(session, col(EthicsCase.state).in_(verbs), outside(actor), ~recused(actor))
    for case, _ in rows:
        yield verbs[case.state], case
    yield from rest(rows, lambda state: verbs[state])


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


def hearings(session: Session, actor: Actor, today: date) -> Iterator[Found]:
    """Interests to declare, votes to cast and decisions to give, for members in term; agendas for the officer."""
    if not actor.has(*MEMBERS, Role.ETHICS_OFFICER):
        return
    own = {member.committee_id for member in members(session, today) if member.person_id == actor.id}
    mine = sa.and_(col(EthicsInterest.case_id) == col(EthicsCase.id), col(EthicsInterest.person_id) == actor.id)
    vote = sa.and_(col(EthicsVote.case_id) == col(EthicsCase.id), col(EthicsVote.person_id) == actor.id)
    here = sa.and_(
        col(MeetingAttendance.meeting_id) == col(EthicsCase.meeting_id), col(MeetingAttendance.person_id) == actor.id
    )
    statement = (
        sa.select(  # type: ignore[call-overload]
            EthicsCase,
            Meeting.state,
            EthicsInterest.interest,
            EthicsVote.id,
            MeetingAttendance.presiding,
            sa.func.count().over(),
        )
        .outerjoin(Meeting, col(Meeting.id) == col(EthicsCase.meeting_id))
        .outerjoin(EthicsInterest, mine)
        .outerjoin(EthicsVote, vote)
        .outerjoin(MeetingAttendance, here)
        .where(col(EthicsCase.state).in_(IN_COMMITTEE), outside(actor), before_committee(actor, own))
        .order_by(waits_since(), col(EthicsCase.id))
        .limit(HEARD)
    )
    rows = session.execute(statement).all()
    if rows and rows[0][-1] > len(rows):
        more = f"There are {rows[0][-1] - len(rows):,} more cases before the committee"
        yield Task(more, "Ethics", "ethics.index", {"state": State.IN_REVIEW.value})
    for case, meeting, interest, voted, presiding, _ in rows:
        at = AtHearing(meeting, interest, bool(voted), presiding, case.committee_id in own)
        verb = hearing_verb(case, at, actor)
        if verb:
            yield verb, case


def before_committee(actor: Actor, own: Collection[int]) -> Any:
    """SQL: on an agenda of the member's own committees, left to this delegate, or, for the officer, on no agenda."""
    ahead = col(Meeting.state).in_(AHEAD)
    mine = sa.and_(ahead, col(EthicsCase.committee_id).in_(own))
    lost = sa.or_(col(Meeting.state).is_(None), ~ahead) if actor.has(Role.ETHICS_OFFICER) else sa.false()
    return sa.or_(mine, lost, col(EthicsCase.delegate_id) == actor.id)


def hearing_verb(case: EthicsCase, at: AtHearing, actor: Actor) -> str:
    """What this person has to do next with a case before the committee; "" where nothing."""
    if at.interest is Interest.RECUSED:
        return ""
    if at.meeting not in AHEAD:
        if case.delegate_id == actor.id:
            return "Decide for the committee on"
        return "Put on the agenda of a meeting:" if actor.has(Role.ETHICS_OFFICER) else ""
    if not (at.in_term and actor.has(*MEMBERS)):
        return ""
    if at.interest is None:
        return "Declare your interests in"
    if case.vote_open and at.presiding is not None and not at.voted:
        return "Vote on"
    if at.meeting is MeetingState.OPEN and at.presiding:
        return "Decide on" if case.vote_open else "Open the vote on"
    return ""


def reviews(session: Session, actor: Actor) -> Iterator[Task]:
    """Reviews that this member was asked for and has not sent, with the day until which they are due."""
    if not actor.has(*MEMBERS):
        return
    statement = (
        select(EthicsCase, col(EthicsReview.due_on))
        .join(EthicsReview, col(EthicsReview.case_id) == col(EthicsCase.id))
        .where(
            EthicsReview.reviewer_id == actor.id,
            col(EthicsReview.submitted_at).is_(None),
            col(EthicsCase.state).in_(IN_COMMITTEE),
            outside(actor),
            ~recused(actor),
        )
    )
    for case, due in session.exec(statement):
        yield task("Review", case, due=due)


def second_opinions(session: Session, actor: Actor) -> Iterator[Task]:
    """Requests to undo a decision that another person made, suspensions to be ratified, classes asked for."""
    if not actor.has(Role.ETHICS_OFFICER, Role.CHAIR):
        return
    asked = sa.and_(
        col(EthicsCase.undo_asked_by).is_not(None),
        col(EthicsCase.undo_asked_by) != actor.id,
        col(EthicsCase.state).in_((*OUTCOMES, State.NOT_APPROVED)),
    )
    class_asked = sa.and_(
        col(EthicsCase.state) == State.DRAFT,
        col(EthicsCase.class_asked_by).is_not(None),
        col(EthicsCase.class_confirmed_by).is_(None),
    )
    offices = sa.or_(col(EthicsCase.to_ratify).is_(True), class_asked)
    concern = sa.or_(asked, offices) if actor.has(Role.ETHICS_OFFICER) else asked
    rows = oldest(session, concern, outside(actor), ~recused(actor))
    for case, _ in rows:
        yield task(second_verb(case), case)
    yield from rest(rows, lambda _: "Look into")


def second_verb(case: EthicsCase) -> str:
    if case.state is State.DRAFT:
        return "Answer which class it has:"
    if case.to_ratify:
        return "Bring the suspension before the next meeting:"
    return "Confirm that the decision is undone:"


def confirmations(session: Session, actor: Actor) -> Iterator[Task]:
    """Conditions that the team says are met, for whoever may confirm it."""
    if not actor.has(Role.ETHICS_OFFICER, Role.CHAIR):
        return
    answered = sa.and_(col(EthicsCondition.satisfied_at).is_not(None), col(EthicsCondition.confirmed_at).is_(None))
    rows = cases_with(session, answered, outside(actor), ~recused(actor))
    yield from (task("Confirm a condition of", case) for case, _ in rows)
    yield from rest(rows, lambda _: "Confirm conditions of")


def own_conditions(session: Session, actor: Actor) -> Iterator[Task]:
    """Conditions that nobody has answered, for the applicant."""
    unanswered = col(EthicsCondition.satisfied_at).is_(None)
    rows = cases_with(session, unanswered, col(EthicsCase.applicant_id) == actor.id)
    yield from (task("Say how a condition is met for", case) for case, _ in rows)
    yield from rest(rows, lambda _: "Say how conditions are met for", mine="yes")


def cases_with(session: Session, condition: Any, *others: Any) -> Sequence[tuple[EthicsCase, int]]:
    """Cases approved with conditions, once each, of which a condition is like this."""
    numbers = select(EthicsCondition.case_id).where(condition)
    approved = EthicsCase.state == State.FAVOURABLE_CONDITIONS
    return oldest(session, approved, col(EthicsCase.id).in_(numbers), *others)


def own_cases(session: Session, actor: Actor) -> Iterator[Found]:
    """Drafts to finish, questions to answer and final reports to give, for the applicant."""
    unreported = sa.and_(
        col(EthicsCase.state) == State.CLOSED,
        col(EthicsCase.reported_at).is_(None),
        col(EthicsCase.opinion).in_(APPROVED),
    )
    own = sa.or_(col(EthicsCase.state).in_(OWN_VERBS), unreported)
    rows = oldest(session, col(EthicsCase.applicant_id) == actor.id, own)
    for case, _ in rows:
        begun = case.kind is CaseKind.MODIFICATION and case.state is State.DRAFT
        yield "Finish" if begun else OWN_VERBS.get(case.state, "Give the final report on"), case
    yield from rest(rows, lambda state: OWN_VERBS.get(state, "Give the final report on"), mine="yes")


def ending(session: Session, actor: Actor, today: date) -> Iterator[Task]:
    """Opinions that end soon, for the applicant."""
    soon = sa.and_(col(EthicsCase.state).in_(IN_FORCE), col(EthicsCase.valid_to) <= today + EXPIRY_NOTICE)
    rows = oldest(session, col(EthicsCase.applicant_id) == actor.id, soon, order=col(EthicsCase.valid_to))
    yield from (task("The opinion ends:", case, due=case.valid_to) for case, _ in rows)
    yield from rest(rows, lambda _: "The opinion ends of", mine="yes")
