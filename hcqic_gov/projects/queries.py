"""Reads of the project register."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlmodel import Session, col, select

from hcqic_gov.db import Record, found
from hcqic_gov.people.models import Organisation, Person
from hcqic_gov.policy.access import Resource
from hcqic_gov.projects.models import (
    Engagement,
    Milestone,
    Output,
    Partner,
    Project,
    ProjectEvent,
    Risk,
    RungOpening,
    TeamMember,
    Trial,
    TrlAssessment,
)
from hcqic_gov.projects.rules import DataClass, Evidence, ProjectFacts, Rung, Status, UseCase
from hcqic_gov.projects.search import matching, numbers_with

PAGE_SIZE = 25
PartT = TypeVar("PartT", bound=Record)


class Sort(StrEnum):
    """How the list is ordered."""

    NEWEST = "newest"
    TITLE = "title"
    STATUS = "status"
    START = "start"


@dataclass(frozen=True, slots=True)
class ProjectFilter:
    """What a person looks for; empty values do not restrict."""

    text: str = ""
    use_case: UseCase | None = None
    status: Status | None = None
    data_class: DataClass | None = None
    lead_id: int | None = None
    sort: Sort = Sort.NEWEST


@dataclass(frozen=True, slots=True)
class ProjectRow:
    """One line of the list."""

    reference: str
    title: str
    use_case: UseCase
    status: Status
    data_class: DataClass
    lead: str
    starts_on: date | None


@dataclass(frozen=True, slots=True)
class Overview:
    """Who takes part in a project, and what the guards of its moves look at."""

    team: Sequence[tuple[TeamMember, str]]
    partners: Sequence[tuple[Partner, Organisation]]
    facts: ProjectFacts


@dataclass(frozen=True, slots=True)
class Plan:
    """Milestones, risks and readiness."""

    milestones: Sequence[Milestone]
    risks: Sequence[Risk]
    trl: Sequence[TrlAssessment]


@dataclass(frozen=True, slots=True)
class Results:
    """What came out of a project, and the public's part in it."""

    outputs: Sequence[Output]
    engagements: Sequence[Engagement]


@dataclass(frozen=True, slots=True)
class PathwayRung:
    """One rung: when and why it was opened (None while closed) and by whom, and what was tried on it."""

    rung: Rung
    opening: RungOpening | None
    opened_by: str
    trials: Sequence[Trial]


@dataclass(frozen=True, slots=True)
class Pathway:
    """The three rungs in their order."""

    rungs: Sequence[PathwayRung]

    @property
    def opened(self) -> frozenset[Rung]:
        return frozenset(step.rung for step in self.rungs if step.opening)

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        return tuple(Evidence(trial.rung, trial.verdict) for step in self.rungs for trial in step.trials)


def projects(session: Session, wanted: ProjectFilter, *, page: int = 1) -> tuple[Sequence[ProjectRow], int]:
    """One page of the list, and how many match in all, in two queries."""
    numbers, number = selection(session, wanted)
    count = session.execute(sa.select(sa.func.count()).select_from(numbers.subquery())).scalar_one()
    offset, limit, backwards = window(page, count)
    order = ordering(wanted.sort, number, backwards=backwards)
    columns = (
        Project.reference,
        Project.title,
        Project.use_case,
        Project.status,
        Project.data_class,
        Person.name,
        Project.starts_on,
    )
    ids = numbers.order_by(*order).limit(limit).offset(offset).subquery()
    statement = (
        sa.select(*columns)  # type: ignore[call-overload]
        .join(ids, ids.c.id == Project.id)
        .join(Person, col(Person.id) == col(Project.lead_id))
        .order_by(*ordering(wanted.sort, col(Project.id), backwards=False))
    )
    return [ProjectRow(*row) for row in session.execute(statement)], count


def selection(session: Session, wanted: ProjectFilter) -> tuple[Any, Any]:
    """SQL: the numbers of these projects and the column they stand in; where only words are asked for, their index."""
    alone = wanted == ProjectFilter(text=wanted.text)
    found = numbers_with(session, wanted.text) if alone else None
    return found or (sa.select(col(Project.id)).where(*conditions_of(session, wanted)), col(Project.id))


def window(page: int, count: int) -> tuple[int, int, bool]:
    """Offset, limit, and whether to count from the end, so that the last page costs what the first one does."""
    start = (page - 1) * PAGE_SIZE
    size = max(0, min(PAGE_SIZE, count - start))
    if start <= count // 2:
        return start, size, False
    return max(0, count - start - size), size, True


def ordering(sort: Sort, number: Any, *, backwards: bool) -> Sequence[Any]:
    """The order of the list (or its reverse), with the number as the last word so that it is always the same.

    By title the older comes first: the index on titles is read as it stands. By number there is one word only: the
    index of texts is read in that order, and in no other.
    """
    orders = {
        Sort.NEWEST: (number.desc(),),
        Sort.TITLE: (col(Project.title).asc(), number.asc()),
        Sort.STATUS: (col(Project.status).asc(), number.desc()),
        Sort.START: (sa.func.coalesce(Project.starts_on, date(9999, 12, 31)).asc(), number.desc()),
    }
    return [reverse(order) for order in orders[sort]] if backwards else orders[sort]


def reverse(order: Any) -> Any:
    return order.element.asc() if order.modifier is sa.sql.operators.desc_op else order.element.desc()


def conditions_of(session: Session, wanted: ProjectFilter) -> list[Any]:
    exact = {
        Project.use_case: wanted.use_case,
        Project.status: wanted.status,
        Project.data_class: wanted.data_class,
        Project.lead_id: wanted.lead_id,
    }
    conditions: list[Any] = [column == value for column, value in exact.items() if value is not None]
    if wanted.text.strip():
        conditions.append(matching(session, wanted.text))
    return conditions


def project(session: Session, reference: str) -> Project:
    """Errors: NotFound."""
    row = session.exec(select(Project).where(Project.reference == reference)).first()
    return found(row, f"project {reference}")


def project_with_lead(session: Session, reference: str) -> tuple[Project, str]:
    """The project and the name of its lead. Errors: NotFound."""
    statement = select(Project, Person.name).join(Person, col(Person.id) == col(Project.lead_id))
    return found(session.exec(statement.where(Project.reference == reference)).first(), f"project {reference}")


def team_ids(session: Session, project: Project) -> frozenset[int]:
    """The numbers of the lead and of everybody who is on the team now: for rights."""
    members = session.exec(select(TeamMember.person_id).where(TeamMember.project_id == project.id, still_there()))
    return frozenset({project.lead_id, *members})


def teams(session: Session, project_id: int, since: datetime) -> tuple[frozenset[int], frozenset[int]]:
    """Two teams in one query: that of now, for rights; and everybody on it at this moment or later, for conflicts."""
    member = sa.and_(col(TeamMember.project_id) == col(Project.id), there_since(since))
    statement = (
        sa.select(Project.lead_id, TeamMember.person_id, TeamMember.left_at)  # type: ignore[call-overload]
        .outerjoin(TeamMember, member)
        .where(Project.id == project_id)
    )
    rows = session.execute(statement).all()
    leads = {lead for lead, _, _ in rows}
    now = {person for _, person, left_at in rows if person and left_at is None}
    return frozenset(leads | now), frozenset(leads | {person for _, person, _ in rows if person})


def still_there() -> Any:
    """SQL: this member has not left."""
    return col(TeamMember.left_at).is_(None)


def there_since(since: Any) -> Any:
    """SQL: this member was on the team at this moment (or column of moments), or later."""
    return sa.or_(still_there(), col(TeamMember.left_at) >= since)


def membership(session: Session, project_id: int, person_id: int) -> TeamMember | None:
    """This person's place on the team, also where they left it."""
    place = select(TeamMember).where(TeamMember.project_id == project_id, TeamMember.person_id == person_id)
    return session.exec(place).first()


def resource_of(session: Session, project: Project) -> Resource:
    """The project as the access policies see it."""
    return as_resource(project.reference, project.lead_id, team_ids(session, project))


def resource(session: Session, reference: str) -> Resource:
    """The same, by reference, in one query. Errors: NotFound."""
    statement = (
        select(Project.lead_id, TeamMember.person_id)
        .outerjoin(TeamMember, sa.and_(col(TeamMember.project_id) == col(Project.id), still_there()))
        .where(Project.reference == reference)
    )
    rows = session.exec(statement).all()
    lead_id, _ = found(rows[0] if rows else None, f"project {reference}")
    return as_resource(reference, lead_id, (member for _, member in rows if member is not None))


def as_resource(reference: str, lead_id: int, members: Iterable[int]) -> Resource:
    return Resource("Project", reference, {"team": frozenset({lead_id, *members}), "lead": frozenset({lead_id})})


def overview(session: Session, project: Project) -> Overview:
    team = select(TeamMember, Person.name).join(Person, col(Person.id) == col(TeamMember.person_id))
    partners = select(Partner, Organisation).join(Organisation, col(Organisation.id) == col(Partner.organisation_id))
    return Overview(
        session.exec(team.where(TeamMember.project_id == project.id, still_there()).order_by(Person.name)).all(),
        session.exec(partners.where(Partner.project_id == project.id).order_by(Organisation.name)).all(),
        facts(session, project),
    )


def facts(session: Session, project: Project) -> ProjectFacts:
    """What the guards look at."""
    still_open = (Milestone.project_id == project.id, col(Milestone.met_on).is_(None))
    count = session.exec(select(sa.func.count()).select_from(Milestone).where(*still_open)).one()
    dated = project.starts_on is not None and project.ends_on is not None
    return ProjectFacts(bool(project.lay_summary.strip()), dated, count)


def part(session: Session, reference: str, kind: type[PartT], key: int) -> PartT:
    """One entry of this very project. Errors: NotFound, also for an entry of another project."""
    owned = select(kind).where(kind.id == key, kind.project_id == project(session, reference).id)  # type: ignore[attr-defined]
    return found(session.exec(owned).first(), "this entry")


def plan(session: Session, project: Project) -> Plan:
    return Plan(
        parts(session, Milestone, project, Milestone.forecast_on),
        parts(session, Risk, project, sa.desc(col(Risk.likelihood) * col(Risk.impact))),
        parts(session, TrlAssessment, project, sa.desc(col(TrlAssessment.assessed_on))),
    )


def results(session: Session, project: Project) -> Results:
    return Results(
        parts(session, Output, project, sa.desc(col(Output.appeared_on))),
        parts(session, Engagement, project, sa.desc(col(Engagement.held_on))),
    )


def parts(session: Session, kind: type[Any], project: Project, order: Any) -> Sequence[Any]:
    return session.exec(select(kind).where(kind.project_id == project.id).order_by(order, kind.id)).all()


def events(session: Session, project: Project) -> Sequence[ProjectEvent]:
    """The changes of status, newest first."""
    return parts(session, ProjectEvent, project, sa.desc(col(ProjectEvent.at)))


def pathway(session: Session, project_id: int) -> Pathway:
    """The pathway with everything recorded on it, in one query: there are trials only where a rung is open."""
    statement = (
        select(RungOpening, Person.name, Trial)
        .outerjoin(Person, col(Person.id) == col(RungOpening.opened_by))
        .outerjoin(
            Trial, sa.and_(col(Trial.project_id) == RungOpening.project_id, col(Trial.rung) == col(RungOpening.rung))
        )
        .where(RungOpening.project_id == project_id)
        .order_by(col(Trial.recorded_at))
    )
    rows = session.exec(statement).all()
    return Pathway([rung_of(rung, [row for row in rows if row[0].rung is rung]) for rung in Rung])


def rung_of(rung: Rung, rows: Sequence[tuple[RungOpening, str | None, Trial | None]]) -> PathwayRung:
    opening, name = (rows[0][0], rows[0][1] or "") if rows else (None, "")
    return PathwayRung(rung, opening, name, [trial for _, _, trial in rows if trial is not None])


def public_projects(session: Session) -> Sequence[tuple[Project, str]]:
    """Projects that their lead shows to the public and that were taken on, newest first, with the lead's name."""
    statement = (
        select(Project, Person.name)
        .join(Person, col(Person.id) == col(Project.lead_id))
        .where(col(Project.public).is_(True), col(Project.status).in_([Status.ACTIVE, Status.PAUSED, Status.CLOSED]))
        .order_by(col(Project.id).desc())
    )
    return [(project, name) for project, name in session.exec(statement)]


def choices(session: Session) -> Sequence[tuple[int, str]]:
    """Numbers and names of projects that are not closed, for a form."""
    statement = select(Project.id, Project.reference, Project.title).where(Project.status != Status.CLOSED)
    rows = session.exec(statement.order_by(Project.reference))
    return [(number, f"{reference}: {title}") for number, reference, title in rows if number is not None]


def references(session: Session, project_ids: set[int]) -> Mapping[int, tuple[str, str]]:
    """Reference and title by number."""
    statement = select(Project.id, Project.reference, Project.title).where(col(Project.id).in_(project_ids))
    return {number: (reference, title) for number, reference, title in session.exec(statement) if number is not None}
