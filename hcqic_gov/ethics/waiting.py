"""What waits for whom in the ethics register, worked out from the cases and never stored."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from hcqic_gov.committee.models import CommitteeMember, Meeting, MeetingAttendance
from hcqic_gov.committee.queries import in_term
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
from hcqic_gov.notices.waiting import Line, Register, first, line, one_of
from hcqic_gov.people.rules import Role
from hcqic_gov.projects.models import Project, TeamMember
from hcqic_gov.projects.queries import there_since

EXPIRY_NOTICE = timedelta(days=90)
MEMBERS = (Role.COMMITTEE_EXPERT, Role.COMMITTEE_LAY, Role.CHAIR)
LISTED = 25
"""So many of one kind and status are listed; one line says how many more there are and leads to them."""
HEARD = 100
"""So many cases before the committee are listed: those that have waited longest."""


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
    Duty(State.HALTED, Role.ETHICS_OFFICER, "Look into the halt of"),
    Duty(State.SUSPENDED, Role.CHAIR, "Look into the suspension of"),
)
OWN_VERBS = {State.DRAFT: "Finish the application", State.INFO_REQUESTED: "Answer the committee’s questions on"}
REPORT = "Give the final report on"

DUTY, HEARING, OWN, REVIEW, SECOND = "duty", "hearing", "own", "review", "second opinion"
ANSWERED, UNANSWERED, ENDING = "answered conditions", "unanswered conditions", "ending"
ON_A_CLOCK = (DUTY, HEARING, OWN)
"""What is due when the clock of its case is; the others have a date of their own or none."""
OF_THE_APPLICANT = (OWN, UNANSWERED, ENDING)
MORE = {
    SECOND: "Look into",
    ANSWERED: "Confirm conditions of",
    UNANSWERED: "Say how conditions are met for",
    ENDING: "The opinion ends of",
}


def ask(actor: Actor, *, now: datetime) -> Iterator[Any]:
    """By the person's roles."""
    today = london_day(now)
    if mine := [duty for duty in DUTIES if actor.has(duty.role)]:
        yield duties(mine, actor)
    if actor.has(*MEMBERS, Role.ETHICS_OFFICER):
        yield hearings(actor, today)
    if actor.has(*MEMBERS):
        yield reviews(actor)
    if actor.has(Role.ETHICS_OFFICER, Role.CHAIR):
        yield second_opinions(actor)
        yield answered_conditions(actor)
    yield own_cases(actor)
    yield unanswered_conditions(actor)
    yield ending(actor, today)


def tell(session: Session, lines: Sequence[Line], _actor: Actor, *, now: datetime) -> Iterator[Task]:
    """With due dates; those of clocks in two queries, where any case has one."""
    due = due_days(session, {one.reference for one in lines if one.what in ON_A_CLOCK})
    for one in lines:
        day = due[one.reference] if one.what in ON_A_CLOCK else one.due
        yield Task(f"{one.note} {one.title}", "Ethics", "ethics.show", {"reference": one.reference}, one.since_day, day)
    yield from rest(lines)


def due_days(session: Session, references: Collection[str]) -> Mapping[str, date | None]:
    """When the next step of these cases is due."""
    if not references:
        return {}
    cases = session.exec(select(EthicsCase).where(col(EthicsCase.reference).in_(references))).all()
    events = events_of(session, cases)
    return {case.reference: due_of(case, events[case.key]) for case in cases}


def rest(lines: Sequence[Line]) -> Iterator[Task]:
    """A line for each sort and status of which more waits than is listed."""
    listed = Counter((one.what, one.state) for one in lines)
    for (what, state), total in {(one.what, one.state): one.number for one in lines}.items():
        if state and total and total > listed[what, state]:
            yield more(what, State(state), total - listed[what, state])


def more(what: str, state: State, count: int) -> Task:
    verbs = {DUTY: {duty.state: duty.verb for duty in DUTIES}, OWN: OWN_VERBS}.get(what, {})
    title = f"{MORE.get(what) or verbs.get(state, REPORT)} {count:,} more cases that are “{PUBLIC_NAMES[state]}”"
    if what == HEARING:
        title = f"There are {count:,} more cases before the committee"
    values = {"state": state.value} | ({"mine": "yes"} if what in OF_THE_APPLICANT else {})
    return Task(title, "Ethics", "ethics.index", values)


def case_line(what: str, verb: Any, **others: Any) -> Any:
    """SQL: cases by title, with what is to be done and since when it waits."""
    title = sa.literal("“") + col(EthicsCase.title) + sa.literal("”")
    named = sa.case((col(EthicsCase.kind) == CaseKind.MODIFICATION, sa.literal("the change of ") + title), else_=title)
    given = {"state": EthicsCase.state, "note": verb, "since": waits_since()} | others
    return line(what, EthicsCase.reference, named, **given)


def waits_since() -> Any:
    """SQL: since when a case waits, as its task says it."""
    case = EthicsCase
    return sa.func.coalesce(col(case.valid_at), col(case.submitted_at), col(case.created_at))


def oldest(what: str, verb: Any, *where: Any, order: Any = None, due: Any = None) -> Any:
    """SQL: the first cases of each status by this order (who waits longest), with how many there are of it."""
    state = col(EthicsCase.state)
    places = (waits_since() if order is None else order, col(EthicsCase.id))
    ranked = (
        sa.select(
            col(EthicsCase.id).label("id"),
            sa.func.row_number().over(partition_by=state, order_by=places).label("place"),
            sa.func.count().over(partition_by=state).label("total"),
        )
        .where(*where)
        .subquery()
    )
    cases = case_line(what, verb, number=ranked.c.total, due=due)
    return cases.join_from(EthicsCase, ranked, ranked.c.id == col(EthicsCase.id)).where(ranked.c.place <= LISTED)


def outside(actor: Actor) -> Any:
    """SQL: the actor is not on the case's project, and was not since the case was begun."""
    on_team = select(TeamMember.id).where(
        col(TeamMember.project_id) == col(EthicsCase.project_id),
        TeamMember.person_id == actor.id,
        there_since(col(EthicsCase.created_at)),
    )
    leads = select(Project.id).where(col(Project.id) == col(EthicsCase.project_id), Project.lead_id == actor.id)
    return sa.and_(col(EthicsCase.applicant_id) != actor.id, ~on_team.exists(), ~leads.exists())


def recused(actor: Actor) -> Any:
    """SQL: the actor stepped aside from the case."""
    return (
        select(EthicsInterest.id)
        .where(
            col(EthicsInterest.case_id) == col(EthicsCase.id),
            EthicsInterest.person_id == actor.id,
            EthicsInterest.interest == Interest.RECUSED,
        )
        .correlate(EthicsCase)
        .exists()
    )


def duties(mine: Sequence[Duty], actor: Actor) -> Any:
    """SQL: what the person's roles have to do with which cases."""
    verb = one_of(*((col(EthicsCase.state) == duty.state, duty.verb) for duty in mine))
    concerned = col(EthicsCase.state).in_([duty.state for duty in mine])
    return oldest(DUTY, verb, concerned, outside(actor), ~recused(actor))


def hearings(actor: Actor, today: date) -> Any:
    """SQL: interests to declare, votes to cast and decisions to give, for members in term; agendas for the officer."""
    mine = sa.and_(col(EthicsInterest.case_id) == col(EthicsCase.id), col(EthicsInterest.person_id) == actor.id)
    vote = sa.and_(col(EthicsVote.case_id) == col(EthicsCase.id), col(EthicsVote.person_id) == actor.id)
    here = sa.and_(
        col(MeetingAttendance.meeting_id) == col(EthicsCase.meeting_id), col(MeetingAttendance.person_id) == actor.id
    )
    verb = hearing_verb(actor, today)
    statement = (
        case_line(HEARING, verb, state=State.IN_REVIEW.value, number=sa.func.count().over())
        .outerjoin_from(EthicsCase, Meeting, col(Meeting.id) == col(EthicsCase.meeting_id))
        .outerjoin(EthicsInterest, mine)
        .outerjoin(EthicsVote, vote)
        .outerjoin(MeetingAttendance, here)
        .where(col(EthicsCase.state).in_(IN_COMMITTEE), outside(actor), ~recused(actor), verb != "")
    )
    return first(statement, waits_since(), col(EthicsCase.id), limit=HEARD)


def hearing_verb(actor: Actor, today: date) -> Any:
    """SQL: what this person has to do next with a case before the committee; "" where nothing.

    A case waits for members while its meeting is ahead; left to a delegate, or on no agenda, it waits for others.
    """
    ahead, presiding = col(Meeting.state).in_(AHEAD), col(MeetingAttendance.presiding)
    lost = sa.or_(col(Meeting.state).is_(None), ~ahead)
    own = select(CommitteeMember.committee_id).where(in_term(today), CommitteeMember.person_id == actor.id)
    stranger = sa.or_(sa.literal(not actor.has(*MEMBERS)), col(EthicsCase.committee_id).not_in(own))
    unvoted = sa.and_(col(EthicsCase.vote_open), presiding.is_not(None), col(EthicsVote.id).is_(None))
    presides = sa.and_(col(Meeting.state) == MeetingState.OPEN, presiding.is_(True))
    return one_of(
        (sa.and_(lost, col(EthicsCase.delegate_id) == actor.id), "Decide for the committee on"),
        (sa.and_(lost, sa.literal(actor.has(Role.ETHICS_OFFICER))), "Put on the agenda of a meeting:"),
        (sa.or_(lost, stranger), ""),
        (col(EthicsInterest.interest).is_(None), "Declare your interests in"),
        (unvoted, "Vote on"),
        (sa.and_(presides, col(EthicsCase.vote_open)), "Decide on"),
        (presides, "Open the vote on"),
    )


def reviews(actor: Actor) -> Any:
    """SQL: reviews that this member was asked for and has not sent, with the day until which they are due."""
    cases = case_line(REVIEW, "Review", due=EthicsReview.due_on)
    return cases.join_from(EthicsCase, EthicsReview, col(EthicsReview.case_id) == col(EthicsCase.id)).where(
        EthicsReview.reviewer_id == actor.id,
        col(EthicsReview.submitted_at).is_(None),
        col(EthicsCase.state).in_(IN_COMMITTEE),
        outside(actor),
        ~recused(actor),
    )


def second_opinions(actor: Actor) -> Any:
    """SQL: requests to undo a decision that another made, suspensions to be ratified, classes asked for."""
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
    verb = one_of(
        (col(EthicsCase.state) == State.DRAFT, "Answer which class it has:"),
        (col(EthicsCase.to_ratify).is_(True), "Bring the suspension before the next meeting:"),
        (sa.true(), "Confirm that the decision is undone:"),
    )
    return oldest(SECOND, verb, concern, outside(actor), ~recused(actor))


def answered_conditions(actor: Actor) -> Any:
    """SQL: conditions that the team says are met, for whoever may confirm it."""
    answered = sa.and_(col(EthicsCondition.satisfied_at).is_not(None), col(EthicsCondition.confirmed_at).is_(None))
    return oldest(ANSWERED, "Confirm a condition of", *with_condition(answered), outside(actor), ~recused(actor))


def unanswered_conditions(actor: Actor) -> Any:
    """SQL: conditions that nobody has answered, for the applicant."""
    unanswered = with_condition(col(EthicsCondition.satisfied_at).is_(None))
    own = col(EthicsCase.applicant_id) == actor.id
    return oldest(UNANSWERED, "Say how a condition is met for", *unanswered, own)


def with_condition(condition: Any) -> tuple[Any, Any]:
    """SQL: approved with conditions, of which one is like this."""
    numbers = select(EthicsCondition.case_id).where(condition)
    return col(EthicsCase.state) == State.FAVOURABLE_CONDITIONS, col(EthicsCase.id).in_(numbers)


def own_cases(actor: Actor) -> Any:
    """SQL: drafts to finish, questions to answer and final reports to give, for the applicant."""
    state = col(EthicsCase.state)
    unreported = sa.and_(
        state == State.CLOSED, col(EthicsCase.reported_at).is_(None), col(EthicsCase.opinion).in_(APPROVED)
    )
    changing = sa.and_(col(EthicsCase.kind) == CaseKind.MODIFICATION, state == State.DRAFT)
    begun = ((state == name, verb) for name, verb in OWN_VERBS.items())
    verb = one_of((changing, "Finish"), *begun, (unreported, REPORT))
    return oldest(OWN, verb, col(EthicsCase.applicant_id) == actor.id, sa.or_(state.in_(OWN_VERBS), unreported))


def ending(actor: Actor, today: date) -> Any:
    """SQL: opinions that end soon, for the applicant."""
    last = col(EthicsCase.valid_to)
    soon = sa.and_(col(EthicsCase.state).in_(IN_FORCE), last <= today + EXPIRY_NOTICE)
    own = col(EthicsCase.applicant_id) == actor.id
    return oldest(ENDING, "The opinion ends:", own, soon, order=last, due=last)


tasks_for = Register(ask, tell)
