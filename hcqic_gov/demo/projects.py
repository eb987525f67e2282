"""The projects: their lives, teams, milestones, risks, outputs, engagement, readiness and pathway."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from pydantic import Field
from sqlmodel import select

from hcqic_gov.db import Record
from hcqic_gov.demo.stage import Act, Clock, Part, Scene, Stage, parts
from hcqic_gov.projects import models, service
from hcqic_gov.projects.rules import (
    DataClass,
    EngagementKind,
    OutputType,
    PartnerRole,
    RiskCategory,
    Rung,
    Setting,
    UseCase,
    Verdict,
)

MANAGER = "manager"


class Move(Part):
    """All `ago` are days before the end of the story."""

    ago: int
    name: str
    reason: str = ""


class Milestone(Part):
    title: str
    planned: int
    expected: int
    met: int | None = None


class Risk(Part):
    category: RiskCategory
    description: str
    likelihood: int
    impact: int
    mitigation: str
    closed: int | None = None


class Output(Part):
    kind: OutputType
    title: str
    ago: int
    identifier: str = ""
    open_access: bool = False
    licence: str = ""


class Event(Part):
    kind: EngagementKind
    title: str
    ago: int
    people: int


class Trial(Part):
    ago: int
    method: str
    instance: str
    metric: str
    result: str
    verdict: Verdict
    reason: str


class Step(Part):
    """A rung of the pathway: when and why it was opened, and what was tried on it."""

    rung: Rung
    ago: int
    why: str
    trials: tuple[Trial, ...] = ()


class Project(Part):
    key: str
    title: str
    summary: str
    use_case: UseCase
    data_class: DataClass
    setting: Setting
    lead: str
    registered: int
    starts: int | None = None
    ends: int | None = None
    public: bool = False
    plan: int | None = None
    moves: tuple[Move, ...] = ()
    team: Mapping[str, str] = Field(default_factory=dict)
    partners: Mapping[str, PartnerRole] = Field(default_factory=dict)
    trl: tuple[tuple[int, int], ...] = ()
    milestones: tuple[Milestone, ...] = ()
    risks: tuple[Risk, ...] = ()
    outputs: tuple[Output, ...] = ()
    events: tuple[Event, ...] = ()
    steps: tuple[Step, ...] = ()


def projects() -> list[Project]:
    return [one for name in ("projects_a", "projects_b") for one in parts(name, "projects", Project)]


def scenes(clock: Clock) -> Iterator[Scene]:
    for one in projects():
        yield Scene(clock.at(one.registered), partial(register, one=one))
        yield from life(one, clock)
        yield from work(one, clock)
        yield from pathway(one, clock)


def register(stage: Stage, *, one: Project) -> None:
    details = service.Details(
        one.title,
        one.summary,
        one.use_case,
        one.data_class,
        one.setting,
        stage.by(one.lead).id,
        None if one.starts is None else stage.clock.day(one.starts),
        None if one.ends is None else stage.clock.day(one.ends),
    )
    lead = stage.by(one.lead)
    with stage.writing() as session:
        project = service.register(session, details, actor=lead, now=stage.now)
        stage.references[one.key], stage.numbers[one.key] = project.reference, project.key
        for part in first_parts(stage, one):
            service.add_part(session, project.reference, part, actor=lead, now=stage.now)


def first_parts(stage: Stage, one: Project) -> Iterator[Record]:
    """What a project brings along: its team, partners, milestones and risks."""
    new: dict[str, Any] = {"project_id": 0, "created_at": stage.now}
    day = stage.clock.day
    for name, part in one.team.items():
        yield models.TeamMember(person_id=stage.by(name).id, part=part, **new)
    for key, role in one.partners.items():
        yield models.Partner(organisation_id=stage.organisations[key], role=role, since=stage.today, **new)
    for plan in one.milestones:
        yield models.Milestone(title=plan.title, baseline_on=day(plan.planned), forecast_on=day(plan.planned), **new)
    for risk in one.risks:
        yield models.Risk(**risk.model_dump(exclude={"closed"}), **new)


def life(one: Project, clock: Clock) -> Iterator[Scene]:
    for move in one.moves:
        yield Scene(clock.at(move.ago, 55), partial(go_on, one=one, move=move))
    if one.public:
        yield Scene(clock.at(one.registered, 10), partial(publish, one=one))
    if one.plan is not None:
        yield Scene(clock.at(one.plan, 15), partial(plan_involvement, one=one))


def go_on(stage: Stage, *, one: Project, move: Move) -> None:
    with stage.writing() as session:
        reference, actor = stage.references[one.key], stage.by(MANAGER)
        service.move(session, reference, move.name, reason=move.reason, actor=actor, now=stage.now)


def publish(stage: Stage, *, one: Project) -> None:
    with stage.writing() as session:
        service.publish(session, stage.references[one.key], public=True, actor=stage.by(one.lead), now=stage.now)


def plan_involvement(stage: Stage, *, one: Project) -> None:
    with stage.writing() as session:
        reference, actor = stage.references[one.key], stage.by("engagement")
        service.approve_involvement_plan(session, reference, actor=actor, now=stage.now, day=stage.today)


def work(one: Project, clock: Clock) -> Iterator[Scene]:
    for ago, level in one.trl:
        yield Scene(clock.at(ago, 20), add(one, "lead", models.TrlAssessment, assessed_on=clock.day(ago), level=level))
    for output in one.outputs:
        values = {**output.model_dump(exclude={"ago"}), "appeared_on": clock.day(output.ago)}
        yield Scene(clock.at(output.ago, 25), add(one, "lead", models.Output, **values))
    for event in one.events:
        values = {**event.model_dump(exclude={"ago"}), "held_on": clock.day(event.ago)}
        yield Scene(clock.at(event.ago, 30), add(one, "engagement", models.Engagement, **values))
    for plan in one.milestones:
        yield from progress(one, plan, clock)
    for risk in one.risks:
        if risk.closed is not None:
            closing = {"closed_on": clock.day(risk.closed)}
            yield Scene(clock.at(risk.closed, 34), change(one, models.Risk, "description", risk.description, closing))


def progress(one: Project, plan: Milestone, clock: Clock) -> Iterator[Scene]:
    """A milestone that is late gets another forecast a month before it was due."""
    if plan.expected != plan.planned:
        later = {"forecast_on": clock.day(plan.expected)}
        noticed = min(one.registered - 1, max(plan.planned + 30, 1))
        yield Scene(clock.at(noticed, 32), change(one, models.Milestone, "title", plan.title, later))
    if plan.met is not None:
        met = {"met_on": clock.day(plan.met)}
        yield Scene(clock.at(plan.met, 33), change(one, models.Milestone, "title", plan.title, met))


def add(one: Project, by: str, kind: type[Record], /, **values: Any) -> Act:
    def act(stage: Stage) -> None:
        part = kind(**{"project_id": 0, "created_at": stage.now, **values})
        actor = stage.by(one.lead if by == "lead" else by)
        action = "projects.edit" if by == "lead" else "projects.engage"
        with stage.writing() as session:
            reference = stage.references[one.key]
            service.add_part(session, reference, part, action=action, actor=actor, now=stage.now)

    return act


def change(one: Project, kind: type[Record], column: str, value: str, changes: dict[str, Any]) -> Act:
    """Change the part of this project whose column has this value."""

    def act(stage: Stage) -> None:
        with stage.writing() as session:
            found = select(kind).where(
                kind.project_id == stage.numbers[one.key],  # type: ignore[attr-defined]
                getattr(kind, column) == value,
            )
            row = session.exec(found).one()
            reference, actor = stage.references[one.key], stage.by(one.lead)
            service.change_part(
                session, reference, (kind, row.key), changes, seen=row.version, actor=actor, now=stage.now
            )

    return act


def pathway(one: Project, clock: Clock) -> Iterator[Scene]:
    for step in one.steps:
        yield Scene(clock.at(step.ago, 40), partial(open_rung, one=one, step=step))
        for trial in step.trials:
            yield Scene(clock.at(trial.ago, 45), partial(try_method, one=one, step=step, trial=trial))


def open_rung(stage: Stage, *, one: Project, step: Step) -> None:
    with stage.writing() as session:
        reference, actor = stage.references[one.key], stage.by(one.lead)
        service.open_rung(session, reference, step.rung, reason=step.why, actor=actor, now=stage.now)


def try_method(stage: Stage, *, one: Project, step: Step, trial: Trial) -> None:
    with stage.writing() as session:
        service.record_trial(
            session,
            stage.references[one.key],
            step.rung,
            **trial.model_dump(exclude={"ago"}),
            actor=stage.by(one.lead),
            now=stage.now,
        )
