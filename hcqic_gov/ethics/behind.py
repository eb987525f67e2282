"""The ethics cases and projects behind the measures of the ethics register: the same conditions, row by row."""

from collections.abc import Iterable, Mapping, Sequence

from sqlmodel import Session, col, select

from hcqic_gov.core.calendar import Period, london_day, working_days_between
from hcqic_gov.core.measure import Part
from hcqic_gov.ethics.gate import approvals_held, last_moment, of_project, standings_of
from hcqic_gov.ethics.models import EthicsCase, EthicsInterest
from hcqic_gov.ethics.standing import current
from hcqic_gov.ethics.states import CaseKind, Interest
from hcqic_gov.projects import behind as projects
from hcqic_gov.projects.models import Project


def access_decision_time(session: Session, period: Period) -> Sequence[Part]:
    """The applications decided in the period; whoever stepped aside from one is not led to it."""
    statement = select(EthicsCase).where(
        EthicsCase.kind == CaseKind.APPLICATION,
        col(EthicsCase.decided_at) >= period.opens,
        col(EthicsCase.decided_at) < period.closes,
    )
    cases = session.exec(statement.order_by(col(EthicsCase.decided_at))).all()
    recused = stepped_aside(session, [case.key for case in cases])
    return [part_of_case(case, recused.get(case.key, frozenset())) for case in cases]


def stepped_aside(session: Session, cases: Sequence[int]) -> dict[int, frozenset[int]]:
    """By case: who stepped aside from it."""
    statement = select(EthicsInterest.case_id, EthicsInterest.person_id).where(
        col(EthicsInterest.case_id).in_(cases), EthicsInterest.interest == Interest.RECUSED
    )
    rows = session.exec(statement).all()
    return {key: frozenset(person for case, person in rows if case == key) for key in cases}


def part_of_case(case: EthicsCase, closed_to: frozenset[int]) -> Part:
    since = case.valid_at or case.submitted_at
    assert since is not None
    assert case.decided_at is not None
    decided = london_day(case.decided_at)
    days = working_days_between(london_day(since), decided)
    words = f"{days} working day{'' if days == 1 else 's'}"
    return Part("ethics", case.reference, "Ethics application", decided, words, closed_to=closed_to)


def approvals_in_date(session: Session, period: Period) -> Sequence[Part]:
    active = projects.active(session, period)
    numbers = [row.key for row in active]
    cases = standings_of(session, numbers, at=last_moment(period))
    held = approvals_held(session, numbers, at=last_moment(period))
    in_date = [
        number
        for number in numbers
        if current(cases.get(number, ()), period.end) and of_project(*held[number], period.end).allowed
    ]
    return projects.by_project(active, in_date, "Every approval in date", "An approval is missing or out of date")


def projects_of(session: Session, references: Iterable[str]) -> Mapping[str, Project]:
    return projects.projects_of(session, EthicsCase, references)
