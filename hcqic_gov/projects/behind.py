"""The records of the project register behind its measures: the same conditions, row by row."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlmodel import Session, col, select

from hcqic_gov.core.calendar import Period
from hcqic_gov.core.measure import Part
from hcqic_gov.projects.measures import active_at, active_during
from hcqic_gov.projects.models import Engagement, Output, Partner, Project, Trial, TrlAssessment
from hcqic_gov.projects.rules import EngagementKind, OutputType, Rung

RELEASED = (OutputType.SOFTWARE, OutputType.DATABASES_MODELS, OutputType.RESEARCH_TOOLS)


def active(session: Session, period: Period) -> Sequence[Project]:
    """The projects that were active at the end of the period, in order of their references."""
    return numbered(session, active_at(session, period))


def supported(session: Session, period: Period) -> Sequence[Project]:
    """The projects that were active at any moment of the period."""
    return numbered(session, active_during(session, period))


def numbered(session: Session, numbers: frozenset[int]) -> Sequence[Project]:
    return session.exec(select(Project).where(col(Project.id).in_(numbers)).order_by(Project.reference)).all()


def projects_of(session: Session, kind: Any, references: Iterable[str]) -> Mapping[str, Project]:
    """The projects of these records of a kind that has one, by the records' references."""
    statement = select(kind.reference, Project).join(Project, col(Project.id) == col(kind.project_id))
    return dict(session.exec(statement.where(col(kind.reference).in_(tuple(references)))).all())


def themselves(session: Session, references: Iterable[str]) -> Mapping[str, Project]:
    found = session.exec(select(Project).where(col(Project.reference).in_(tuple(references))))
    return {project.reference: project for project in found}


def outputs(session: Session, period: Period, *conditions: Any) -> Sequence[tuple[Output, str]]:
    """The outputs that appeared in the period, each with its project's reference."""
    within = col(Output.appeared_on).between(period.start, period.end)
    statement = select(Output, Project.reference).join(Project, col(Project.id) == col(Output.project_id))
    rows = session.exec(statement.where(within, *conditions).order_by(col(Output.appeared_on), col(Output.id)))
    return [(output, reference) for output, reference in rows]


def publications(session: Session, period: Period) -> Sequence[Part]:
    found = outputs(session, period, Output.kind == OutputType.PUBLICATION)
    return [Part("projects", reference, row.title, row.appeared_on, "Publication") for row, reference in found]


def open_access_share(session: Session, period: Period) -> Sequence[Part]:
    found = outputs(session, period, Output.kind == OutputType.PUBLICATION)
    return [part_of_publication(row, reference) for row, reference in found]


def part_of_publication(row: Output, reference: str) -> Part:
    words = "Open access" if row.open_access else "Not open access"
    return Part("projects", reference, row.title, row.appeared_on, words, row.open_access)


def releases(session: Session, period: Period) -> Sequence[Part]:
    """Those with a licence and an identifier count; what lacks one of them is listed beside them."""
    found = outputs(session, period, col(Output.kind).in_(RELEASED))
    return [part_of_release(row, reference) for row, reference in found]


def part_of_release(row: Output, reference: str) -> Part:
    complete = bool(row.licence and row.identifier)
    words = "Licence and identifier" if complete else "Lacks a licence or an identifier"
    return Part("projects", reference, row.title, row.appeared_on, words, complete)


def use_cases_benchmarked(session: Session, period: Period) -> Sequence[Part]:
    tried = select(Trial.project_id).where(Trial.rung == Rung.HPC, col(Trial.recorded_at) < period.closes).distinct()
    return by_project(active(session, period), session.exec(tried).all(), "Tried on HPC", "Not yet tried on HPC")


def involvement_plans(session: Session, period: Period) -> Sequence[Part]:
    projects = active(session, period)
    planned = [
        row.key
        for row in projects
        if row.involvement_plan_approved_on and row.involvement_plan_approved_on <= period.end
    ]
    return by_project(projects, planned, "Plan approved", "No approved plan")


def by_project(projects: Iterable[Project], counting: Iterable[int], yes: str, no: str) -> Sequence[Part]:
    known = frozenset(counting)
    return [
        Part("projects", row.reference, row.title, None, yes if row.key in known else no, row.key in known)
        for row in projects
    ]


def trl_progression(session: Session, period: Period) -> Sequence[Part]:
    """Every assessment of the active projects up to the end of the period: the gain is read off them.

    Then the active projects that have none, which are counted with no gain.
    """
    statement = (
        select(TrlAssessment, Project)
        .join(Project, col(Project.id) == col(TrlAssessment.project_id))
        .where(col(TrlAssessment.assessed_on) <= period.end, col(Project.id).in_(active_at(session, period)))
        .order_by(Project.reference, col(TrlAssessment.assessed_on))
    )
    assessed = [
        Part("projects", project.reference, project.title, row.assessed_on, f"Level {row.level}")
        for row, project in session.exec(statement)
    ]
    known = {part.reference for part in assessed}
    others = [project for project in active(session, period) if project.reference not in known]
    return [*assessed, *by_project(others, (), "", "Not assessed yet: no gain")]


def audience_reach(session: Session, period: Period) -> Sequence[Part]:
    statement = (
        select(Engagement, Project.reference)
        .join(Project, col(Project.id) == col(Engagement.project_id))
        .where(col(Engagement.held_on).between(period.start, period.end), Engagement.kind == EngagementKind.AUDIENCE)
        .order_by(col(Engagement.held_on), col(Engagement.id))
    )
    return [
        Part("projects", reference, row.title, row.held_on, f"{row.people:,} people")
        for row, reference in session.exec(statement)
    ]


def partner_organisations(session: Session, period: Period) -> Sequence[Part]:
    """One row for each part of an organisation in a project; an organisation counts once, at its first row."""
    statement = (
        select(Partner, Project)
        .join(Project, col(Project.id) == col(Partner.project_id))
        .where(col(Partner.since) <= period.end, col(Project.id).in_(active_at(session, period)))
        .order_by(col(Partner.organisation_id), col(Partner.since), col(Partner.id))
    )
    parts: list[Part] = []
    seen: set[int] = set()
    for row, project in session.exec(statement):
        first = row.organisation_id not in seen
        seen.add(row.organisation_id)
        words = row.role.value.replace("_", " ").capitalize() if first else "Same organisation, counted above"
        parts.append(Part("projects", project.reference, project.title, row.since, words, first))
    return parts
