"""Tables of the project register."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field

from hcqic_gov import db
from hcqic_gov.db import Record
from hcqic_gov.projects.rules import (
    DataClass,
    EngagementKind,
    OutputType,
    PartnerRole,
    RiskCategory,
    Rung,
    Setting,
    Status,
    UseCase,
    Verdict,
)


class Project(Record, table=True):
    """A project that the centre supports."""

    __tablename__ = "project"
    reference: str = Field(unique=True, max_length=20)
    title: str = Field(max_length=200, index=True)
    lay_summary: str = db.text()
    use_case: UseCase = db.choice(UseCase, index=True)
    data_class: DataClass = db.choice(DataClass)
    setting: Setting = db.choice(Setting)
    status: Status = db.choice(Status, default=Status.PROPOSED, index=True)
    lead_id: int = Field(foreign_key="person.id", index=True)
    starts_on: date | None = Field(default=None)
    ends_on: date | None = Field(default=None)
    public: bool = False
    involvement_plan_approved_on: date | None = None

    __table_args__ = (sa.CheckConstraint("starts_on <= ends_on", name="dates"),)


class ProjectEvent(Record, table=True):
    """A change of status: from which moment the project was in which status."""

    __tablename__ = "project_event"
    project_id: int = Field(foreign_key="project.id", index=True)
    move: str = Field(max_length=20)
    status: Status = db.choice(Status)
    at: datetime = db.moment()
    actor_id: int
    reason: str = db.text(default="")


class TeamMember(Record, table=True):
    """A person on a project's team, besides its lead; whoever left stays here, as nobody judges their own work."""

    __tablename__ = "team_member"
    project_id: int = Field(foreign_key="project.id", index=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    part: str = Field(max_length=120)
    left_at: datetime | None = db.moment(default=None)

    __table_args__ = (sa.UniqueConstraint("project_id", "person_id"),)


class Partner(Record, table=True):
    """An organisation's part in a project."""

    __tablename__ = "partner"
    project_id: int = Field(foreign_key="project.id", index=True)
    organisation_id: int = Field(foreign_key="organisation.id")
    role: PartnerRole = db.choice(PartnerRole)
    since: date

    __table_args__ = (sa.UniqueConstraint("project_id", "organisation_id"),)


class TrlAssessment(Record, table=True):
    """Technology readiness level (1 to 9) on a day."""

    __tablename__ = "trl_assessment"
    project_id: int = Field(foreign_key="project.id", index=True)
    assessed_on: date
    level: int

    __table_args__ = (sa.CheckConstraint("level BETWEEN 1 AND 9", name="level"),)


class Milestone(Record, table=True):
    """A milestone: when it was planned, when it is expected, when it was met."""

    __tablename__ = "milestone"
    project_id: int = Field(foreign_key="project.id", index=True)
    title: str = Field(max_length=200)
    baseline_on: date
    forecast_on: date
    met_on: date | None = None


class Risk(Record, table=True):
    """A risk: likelihood and impact from 1 (low) to 5 (high)."""

    __tablename__ = "risk"
    project_id: int = Field(foreign_key="project.id", index=True)
    category: RiskCategory = db.choice(RiskCategory)
    description: str = db.text()
    likelihood: int
    impact: int
    mitigation: str = db.text()
    closed_on: date | None = None

    __table_args__ = (sa.CheckConstraint("likelihood BETWEEN 1 AND 5 AND impact BETWEEN 1 AND 5", name="scales"),)


class Output(Record, table=True):
    """Something that came out of a project."""

    __tablename__ = "output"
    project_id: int = Field(foreign_key="project.id", index=True)
    kind: OutputType = db.choice(OutputType)
    title: str = Field(max_length=300)
    appeared_on: date = Field(index=True)
    identifier: str = Field(default="", max_length=200)
    open_access: bool = False
    licence: str = Field(default="", max_length=60)


class Engagement(Record, table=True):
    """An event with the public: involvement (people who shape the work) or audience (people who hear of it)."""

    __tablename__ = "engagement"
    project_id: int = Field(foreign_key="project.id", index=True)
    kind: EngagementKind = db.choice(EngagementKind)
    title: str = Field(max_length=200)
    held_on: date = Field(index=True)
    people: int

    __table_args__ = (sa.CheckConstraint("people >= 0", name="people"),)


class RungOpening(Record, table=True):
    """The decision to try the next rung of the pathway."""

    __tablename__ = "rung_opening"
    project_id: int = Field(foreign_key="project.id", index=True)
    rung: Rung = db.choice(Rung)
    opened_at: datetime = db.moment()
    opened_by: int
    reason: str = db.text()

    __table_args__ = (sa.UniqueConstraint("project_id", "rung"),)


class Trial(Record, table=True):
    """What a method of one rung achieved on an instance, and whether that suffices."""

    __tablename__ = "trial"
    project_id: int = Field(foreign_key="project.id", index=True)
    rung: Rung = db.choice(Rung)
    method: str = Field(max_length=200)
    instance: str = Field(max_length=200)
    metric: str = Field(max_length=120)
    result: str = Field(max_length=200)
    verdict: Verdict = db.choice(Verdict)
    reason: str = db.text()
    recorded_at: datetime = db.moment()
    recorded_by: int
