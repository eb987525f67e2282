"""Writes of the project register."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, select

from hcqic_gov.audit import parts
from hcqic_gov.audit.service import record, snapshot
from hcqic_gov.core.actor import Actor
from hcqic_gov.core.errors import Invalid, NotFound
from hcqic_gov.db import Record, locked_by, locked_part, next_reference
from hcqic_gov.policy.access import CENTRE, access_policies, may
from hcqic_gov.projects import queries
from hcqic_gov.projects.models import Partner, Project, ProjectEvent, RungOpening, TeamMember, Trial
from hcqic_gov.projects.rules import WORKFLOW, DataClass, Rung, Setting, Status, UseCase, Verdict, may_open


@dataclass(frozen=True, slots=True)
class Details:
    """What a person enters of a project."""

    title: str
    lay_summary: str
    use_case: UseCase
    data_class: DataClass
    setting: Setting
    lead_id: int
    starts_on: date | None = None
    ends_on: date | None = None


def register(session: Session, details: Details, *, actor: Actor, now: datetime) -> Project:
    """A new project, proposed. Errors: Refused, Invalid."""
    may(actor, "projects.register", CENTRE).require()
    require_order(details)

    reference = next_reference(session, "P", now=now)
    project = Project(reference=reference, created_at=now, **values(details))
    session.add(project)
    session.flush()
    enter_status(session, project, "register", Status.PROPOSED, actor=actor, now=now)
    record(session, "projects.register", project, actor=actor, now=now, policy=access_policies().fingerprint)
    return project


def edit(session: Session, reference: str, details: Details, *, seen: int, actor: Actor, now: datetime) -> Project:
    """Errors: Refused, Invalid, Stale."""
    project = for_change(session, reference, seen=seen)
    before = snapshot(project)
    permit(session, "projects.edit", project, actor)
    require_order(details)
    former_lead = project.lead_id

    for name, value in values(details).items():
        setattr(project, name, value)
    record(session, "projects.edit", project, actor=actor, now=now, before=before)
    if former_lead != project.lead_id:
        keep_former_lead(session, project, former_lead, actor=actor, now=now)
    return project


def move(session: Session, reference: str, name: str, *, reason: str = "", actor: Actor, now: datetime) -> Project:
    """A move of the workflow. Errors: Refused."""
    project = for_change(session, reference)
    before = snapshot(project)
    permit(session, f"projects.{name}", project, actor)
    WORKFLOW.ruling(name, project.status, queries.facts(session, project)).require()

    project.status = WORKFLOW.move(name).target or project.status
    enter_status(session, project, name, project.status, reason=reason, actor=actor, now=now)
    record(session, f"projects.{name}", project, actor=actor, now=now, before=before, note=reason)
    return project


def publish(session: Session, reference: str, *, public: bool, actor: Actor, now: datetime) -> Project:
    """Show the project to the public, or hide it again. Errors: Refused."""
    project = for_change(session, reference)
    before = snapshot(project)
    permit(session, "projects.publish", project, actor)

    project.public = public
    record(session, "projects.publish", project, actor=actor, now=now, before=before)
    return project


def approve_involvement_plan(session: Session, reference: str, *, actor: Actor, now: datetime, day: date) -> Project:
    """The day on which the project's plan for public involvement was approved. Errors: Refused."""
    project = for_change(session, reference)
    before = snapshot(project)
    permit(session, "projects.engage", project, actor)

    project.involvement_plan_approved_on = day
    record(session, "projects.approve_involvement_plan", project, actor=actor, now=now, before=before)
    return project


def add_part(
    session: Session, reference: str, part: Record, *, action: str = "projects.edit", actor: Actor, now: datetime
) -> Record:
    """A milestone, risk, output, engagement, partner or assessment, new. Errors: Refused, Invalid."""
    project = for_change(session, reference)
    permit(session, action, project, actor)
    part.project_id = project.key
    if isinstance(part, TeamMember) and (earlier := queries.membership(session, project.key, part.person_id)):
        come_back(session, project, earlier, part.part, actor=actor, now=now)
        return earlier
    if isinstance(part, Partner):
        require_new_partner(session, part)

    session.add(part)
    record(session, f"projects.add_{part.__tablename__}", project, part=part, actor=actor, now=now)
    return part


def change_part(
    session: Session,
    reference: str,
    part: tuple[type[Record], int],
    changes: Mapping[str, Any],
    *,
    seen: int,
    action: str = "projects.edit",
    actor: Actor,
    now: datetime,
) -> None:
    """New values for a part, or its removal where there are none. Errors: Refused, NotFound, Stale, Invalid."""
    project = for_change(session, reference)
    permit(session, action, project, actor)
    kind, key = part
    row = locked_part(session, kind, key, kind.project_id == project.id, seen=seen, what="this entry")  # type: ignore[attr-defined]
    if isinstance(row, TeamMember):
        require_same_person(row, changes)
        if not changes:
            leave(session, project, row, actor=actor, now=now)
            return

    name = f"projects.{kind.__tablename__}"
    parts.change_part(session, project, row, changes, name=name, actor=actor, now=now)


def open_rung(session: Session, reference: str, rung: Rung, *, reason: str, actor: Actor, now: datetime) -> None:
    """The named decision to try the next rung of the pathway. Errors: Refused."""
    project = for_change(session, reference)
    permit(session, "projects.open_rung", project, actor)
    pathway = queries.pathway(session, project.key)
    may_open(rung, pathway.opened, pathway.evidence).require()

    opening = RungOpening(
        project_id=project.key, rung=rung, opened_at=now, opened_by=actor.id, reason=reason, created_at=now
    )
    session.add(opening)
    record(session, "projects.open_rung", project, part=opening, actor=actor, now=now, note=reason)


def record_trial(
    session: Session,
    reference: str,
    rung: Rung,
    *,
    method: str,
    instance: str,
    metric: str,
    result: str,
    verdict: Verdict,
    reason: str,
    actor: Actor,
    now: datetime,
) -> Trial:
    """What a method achieved on an open rung, and why that does or does not suffice. Errors: Refused, Invalid."""
    project = for_change(session, reference)
    permit(session, "projects.record_trial", project, actor)
    if rung not in queries.pathway(session, project.key).opened:
        raise Invalid("This rung is not open yet. Open it first, with the reason for it.")
    return enter_trial(
        session,
        project.key,
        rung,
        method=method,
        instance=instance,
        metric=metric,
        result=result,
        verdict=verdict,
        reason=reason,
        actor=actor,
        now=now,
    )


def enter_trial(
    session: Session,
    project_id: int,
    rung: Rung,
    *,
    method: str,
    instance: str,
    metric: str,
    result: str,
    verdict: Verdict,
    reason: str,
    actor: Actor,
    now: datetime,
) -> Trial:
    """The same without asking who may: for `record_trial`, and for what a released run in the sandbox showed."""
    trial = Trial(
        project_id=project_id,
        rung=rung,
        method=method,
        instance=instance,
        metric=metric,
        result=result,
        verdict=verdict,
        reason=reason,
        recorded_at=now,
        recorded_by=actor.id,
        created_at=now,
    )
    session.add(trial)
    project = session.get_one(Project, project_id)
    record(session, "projects.record_trial", project, part=trial, actor=actor, now=now)
    return trial


def leave(session: Session, project: Project, member: TeamMember, *, actor: Actor, now: datetime) -> None:
    """Their place stays in the register, so that they never judge what they worked on."""
    before = snapshot(member)
    member.left_at = now
    record(session, "projects.remove_team_member", project, part=member, actor=actor, now=now, before=before)


def come_back(
    session: Session, project: Project, member: TeamMember, part: str, *, actor: Actor, now: datetime
) -> None:
    if member.left_at is None:
        raise Invalid("This person is on the team.", {"person_id": "This person is on the team already"})
    before = snapshot(member)
    member.left_at, member.part = None, part
    record(session, "projects.add_team_member", project, part=member, actor=actor, now=now, before=before)


def keep_former_lead(session: Session, project: Project, person_id: int, *, actor: Actor, now: datetime) -> None:
    """Whoever led the project is among those who left it, unless they stay on its team."""
    member = queries.membership(session, project.key, person_id)
    if member is None:
        member = TeamMember(project_id=project.key, person_id=person_id, part="Project lead", created_at=now)
        session.add(member)
    elif member.left_at is None:
        return
    leave(session, project, member, actor=actor, now=now)


def require_same_person(member: TeamMember, changes: Mapping[str, Any]) -> None:
    if member.left_at is not None:
        raise NotFound("We cannot find this entry. This person has left the team.")
    if changes.get("person_id", member.person_id) != member.person_id:
        sentence = "Remove this person from the team, and add the other one"
        raise Invalid("A place on the team is one person's.", {"person_id": sentence})


def require_new_partner(session: Session, partner: Partner) -> None:
    place = (Partner.project_id == partner.project_id, Partner.organisation_id == partner.organisation_id)
    if session.exec(select(Partner.id).where(*place)).first():
        raise Invalid("This organisation is here.", {"organisation_id": "This organisation takes part already"})


def for_change(session: Session, reference: str, *, seen: int | None = None) -> Project:
    return locked_by(session, Project, reference, seen=seen, what=f"project {reference}")


def permit(session: Session, action: str, project: Project, actor: Actor) -> None:
    may(actor, action, queries.resource_of(session, project)).require()


def values(details: Details) -> dict[str, Any]:
    return {name: getattr(details, name) for name in Details.__dataclass_fields__}


def require_order(details: Details) -> None:
    if details.starts_on and details.ends_on and details.ends_on < details.starts_on:
        raise Invalid("The dates are the wrong way round.", {"ends_on": "The end must be on or after the start"})


def enter_status(
    session: Session, project: Project, name: str, status: Status, *, reason: str = "", actor: Actor, now: datetime
) -> None:
    event = ProjectEvent(
        project_id=project.key, move=name, status=status, at=now, actor_id=actor.id, reason=reason, created_at=now
    )
    session.add(event)
