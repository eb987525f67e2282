"""Reads of the project register."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from hcqic_gov.core.actor import Actor
from hcqic_gov.core.calendar import london_day
from hcqic_gov.db import found
from hcqic_gov.notices.rules import Task
from hcqic_gov.people.models import Organisation, Person
from hcqic_gov.people.rules import Role
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
from hcqic_gov.projects.search import matching

PAGE_SIZE = 25


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
class ProjectView:
    """A whole project for its page, and what the guards look at."""

    record: Project
    lead: str
    team: Sequence[tuple[TeamMember, str]]
    partners: Sequence[tuple[Partner, Organisation]]
    milestones: Sequence[Milestone]
    risks: Sequence[Risk]
    outputs: Sequence[Output]
    engagements: Sequence[Engagement]
    trl: Sequence[TrlAssessment]

    @property
    def facts(self) -> ProjectFacts:
        return facts_of(self.record, sum(milestone.met_on is None for milestone in self.milestones))


@dataclass(frozen=True, slots=True)
class PathwayRung:
    """One rung: when and why it was opened (None while closed), and what was tried on it."""

    rung: Rung
    opening: RungOpening | None
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


def facts_of(project: Project, open_milestones: int) -> ProjectFacts:
    dated = project.starts_on is not None and project.ends_on is not None
    return ProjectFacts(bool(project.lay_summary.strip()), dated, open_milestones)


def projects(session: Session, wanted: ProjectFilter, *, page: int = 1) -> tuple[Sequence[ProjectRow], int]:
    """One page of the list, and how many match in all, in two queries."""
    conditions = conditions_of(session, wanted)
    count = session.exec(select(sa.func.count()).select_from(Project).where(*conditions)).one()
    offset, limit, backwards = window(page, count)
    order = ordering(wanted.sort, backwards=backwards)
    columns = (
        Project.reference,
        Project.title,
        Project.use_case,
        Project.status,
        Project.data_class,
        Person.name,
        Project.starts_on,
    )
    ids = sa.select(Project.id).where(*conditions).order_by(*order).limit(limit).offset(offset).subquery()  # type: ignore[call-overload]
    statement = (
        sa.select(*columns)  # type: ignore[call-overload]
        .join(ids, ids.c.id == Project.id)
        .join(Person, col(Person.id) == col(Project.lead_id))
        .order_by(*ordering(wanted.sort, backwards=False))
    )
    return [ProjectRow(*row) for row in session.execute(statement)], count


def window(page: int, count: int) -> tuple[int, int, bool]:
    """Offset, limit, and whether to count from the end, so that the last page costs what the first one does."""
    start = (page - 1) * PAGE_SIZE
    size = max(0, min(PAGE_SIZE, count - start))
    if start <= count // 2:
        return start, size, False
    return max(0, count - start - size), size, True


def ordering(sort: Sort, *, backwards: bool) -> tuple[Any, Any]:
    """The order of the list (or its reverse), with the number as the last word so that it is always the same."""
    first = {
        Sort.NEWEST: col(Project.id).desc(),
        Sort.TITLE: col(Project.title).asc(),
        Sort.STATUS: col(Project.status).asc(),
        Sort.START: sa.func.coalesce(Project.starts_on, date(9999, 12, 31)).asc(),
    }[sort]
    last = col(Project.id).desc()
    return (first, last) if not backwards else (reverse(first), reverse(last))


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


def team_ids(session: Session, project: Project) -> frozenset[int]:
    """The numbers of the lead and of everybody on the team."""
    members = session.exec(select(TeamMember.person_id).where(TeamMember.project_id == project.id))
    return frozenset({project.lead_id, *members})


def resource_of(session: Session, project: Project) -> Resource:
    """The project as the access policies see it."""
    attributes = {"team": team_ids(session, project), "lead": frozenset({project.lead_id})}
    return Resource("Project", project.reference, attributes)


def resource(session: Session, reference: str) -> Resource:
    """The same, by reference. Errors: NotFound."""
    return resource_of(session, project(session, reference))


def project_view(session: Session, project: Project) -> ProjectView:
    """Everything on a project's page but its pathway, one query for each kind of part."""
    team = select(TeamMember, Person.name).join(Person, col(Person.id) == col(TeamMember.person_id))
    partners = select(Partner, Organisation).join(Organisation, col(Organisation.id) == col(Partner.organisation_id))
    return ProjectView(
        project,
        session.exec(select(Person.name).where(Person.id == project.lead_id)).one(),
        [
            (m, n)
            for m, n in session.execute(team.where(col(TeamMember.project_id) == project.id).order_by(Person.name))
        ],
        [(p, o) for p, o in session.execute(partners.where(col(Partner.project_id) == project.id))],
        parts(session, Milestone, project, Milestone.forecast_on),
        parts(session, Risk, project, sa.desc(col(Risk.likelihood) * col(Risk.impact))),
        parts(session, Output, project, sa.desc(col(Output.appeared_on))),
        parts(session, Engagement, project, sa.desc(col(Engagement.held_on))),
        parts(session, TrlAssessment, project, sa.desc(col(TrlAssessment.assessed_on))),
    )


def parts(session: Session, kind: type[Any], project: Project, order: Any) -> Sequence[Any]:
    return session.exec(select(kind).where(kind.project_id == project.id).order_by(order, kind.id)).all()


def events(session: Session, project: Project) -> Sequence[ProjectEvent]:
    """The changes of status, newest first."""
    return parts(session, ProjectEvent, project, sa.desc(col(ProjectEvent.at)))


def pathway(session: Session, project_id: int) -> Pathway:
    """The pathway with everything recorded on it, in two queries."""
    openings = {o.rung: o for o in session.exec(select(RungOpening).where(RungOpening.project_id == project_id))}
    statement = select(Trial).where(Trial.project_id == project_id).order_by(col(Trial.recorded_at))
    trials = session.exec(statement).all()
    return Pathway([PathwayRung(r, openings.get(r), [t for t in trials if t.rung is r]) for r in Rung])


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


def tasks_for(session: Session, actor: Actor, *, now: datetime) -> Sequence[Task]:
    """Proposals to decide on for the centre manager; milestones that are due for their project's lead."""
    return [*proposals(session, actor), *milestones_due(session, actor, london_day(now))]


def proposals(session: Session, actor: Actor) -> Sequence[Task]:
    if not actor.has(Role.CENTRE_MANAGER):
        return []
    waiting = col(Project.status).in_([Status.PROPOSED, Status.SCOPING])
    statement = select(Project).where(waiting, Project.lead_id != actor.id)
    return [
        Task(
            f"Decide on {row.title} ({row.status.value})",
            "Project",
            "projects.show",
            {"reference": row.reference},
            since=london_day(row.created_at),
        )
        for row in session.exec(statement)
    ]


def milestones_due(session: Session, actor: Actor, today: date) -> Sequence[Task]:
    statement = (
        select(Milestone, Project)
        .join(Project, col(Project.id) == col(Milestone.project_id))
        .where(
            Project.lead_id == actor.id,
            Project.status == Status.ACTIVE,
            col(Milestone.met_on).is_(None),
            col(Milestone.forecast_on) <= date.fromordinal(today.toordinal() + 30),
        )
    )
    return [
        Task(
            f"Milestone: {milestone.title}",
            "Project",
            "projects.show",
            {"reference": row.reference},
            due=milestone.forecast_on,
        )
        for milestone, row in session.exec(statement)
    ]
