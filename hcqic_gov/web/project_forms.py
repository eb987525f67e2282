"""Forms of the project register."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlmodel import Session
from wtforms import BooleanField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from hcqic_gov.core.actor import Actor
from hcqic_gov.core.errors import NotFound
from hcqic_gov.db import Record
from hcqic_gov.people.queries import organisation_names, people, with_role
from hcqic_gov.people.rules import Role
from hcqic_gov.projects.models import (
    Engagement,
    Milestone,
    Output,
    Partner,
    Project,
    Risk,
    TeamMember,
    TrlAssessment,
)
from hcqic_gov.projects.queries import ProjectFilter, Sort
from hcqic_gov.projects.rules import (
    DataClass,
    EngagementKind,
    OutputType,
    PartnerRole,
    RiskCategory,
    Setting,
    Status,
    UseCase,
    Verdict,
    label,
)
from hcqic_gov.projects.service import Details
from hcqic_gov.web.forms import DateField, FilterForm, Form, IntegerField, VersionedForm, choices, versioned


def options(kind: type[StrEnum], *, blank: str | None = None) -> list[SelectChoice]:
    """The members of a StrEnum in plain words, for a select or radios."""
    return choices([(member.value, label(member)) for member in kind], blank=blank)


def required(sentence: str) -> InputRequired:
    return InputRequired(sentence)


class FilterProjects(FilterForm):
    """Which projects the list shows."""

    q = StringField("Search in reference, title and summary")
    use_case = SelectField("Use case", choices=options(UseCase, blank="Any"))
    status = SelectField("Status", choices=options(Status, blank="Any"))
    data_class = SelectField("Data class", choices=options(DataClass, blank="Any"))
    lead = SelectField("Lead", coerce=int, default=0)
    sort = SelectField(
        "Order",
        choices=choices([("title", "Title"), ("status", "Status"), ("start", "Start date")], blank="Newest first"),
    )

    def wanted(self) -> ProjectFilter:
        return ProjectFilter(
            self.q.data or "",
            UseCase(self.use_case.data) if self.use_case.data else None,
            Status(self.status.data) if self.status.data else None,
            DataClass(self.data_class.data) if self.data_class.data else None,
            self.lead.data or None,
            Sort(self.sort.data or "newest"),
        )


class ProjectForm(VersionedForm):
    """A project's own record."""

    title = StringField("Title", validators=[required("Enter a title"), Length(max=200)])
    lay_summary = TextAreaField(
        "Lay summary",
        description="For people outside: what the project does, for whom, and why. No abbreviations.",
        validators=[Length(max=4000)],
    )
    use_case = SelectField("Use case", choices=options(UseCase))
    data_class = RadioField(
        "Data class", choices=options(DataClass), validators=[required("Choose the most sensitive data that is used")]
    )
    setting = RadioField("Setting", choices=options(Setting), validators=[required("Choose where the work is done")])
    lead_id = SelectField("Project lead", coerce=int)
    starts_on = DateField("Start", validators=[Optional()])
    ends_on = DateField("End", validators=[Optional()])

    @classmethod
    def for_new(cls, session: Session, actor: Actor) -> "ProjectForm":
        form = cls(version=0, lead_id=actor.id)
        form.lead_id.choices = choices(with_role(session, Role.PROJECT_LEAD))
        return form

    @classmethod
    def for_record(cls, session: Session, project: Project) -> "ProjectForm":
        form = cls(obj=project)
        leads = {project.lead_id: "The present lead", **dict(with_role(session, Role.PROJECT_LEAD))}
        form.lead_id.choices = choices(leads.items())
        return form

    def details(self) -> Details:
        return Details(
            self.title.data or "",
            self.lay_summary.data or "",
            UseCase(self.use_case.data),
            DataClass(self.data_class.data),
            Setting(self.setting.data),
            self.lead_id.data,
            self.starts_on.data,
            self.ends_on.data,
        )


class ReasonForm(Form):
    """A move of the workflow, with a reason for the record."""

    reason = TextAreaField("Reason", description="For the project’s history.", validators=[Length(max=2000)])


class InvolvementPlanForm(Form):
    approved_on = DateField("Approved on", validators=[required("Enter the day of the approval")])


class OpenRungForm(Form):
    reason = TextAreaField(
        "Why this rung is needed",
        description="Name the evidence of the rung before it.",
        validators=[required("Say why this rung is needed"), Length(max=2000)],
    )


class TrialForm(Form):
    """What was tried on a rung."""

    method = StringField("Method", validators=[required("Enter the method"), Length(max=200)])
    instance = StringField(
        "Problem instance",
        description="Its size and data, so that others can repeat it.",
        validators=[required("Enter the problem instance"), Length(max=200)],
    )
    metric = StringField("Metric", validators=[required("Enter what was measured"), Length(max=120)])
    result = StringField("Result", validators=[required("Enter the result with its unit"), Length(max=200)])
    verdict = RadioField("Verdict", choices=options(Verdict), validators=[required("Choose a verdict")])
    reason = TextAreaField("Reason for the verdict", validators=[required("Give the reason"), Length(max=2000)])

    def values(self) -> dict[str, Any]:
        values = {name: self[name].data for name in ("method", "instance", "metric", "result", "reason")}
        return {**values, "verdict": Verdict(self.verdict.data)}


class MilestoneForm(Form):
    title = StringField("Milestone", validators=[required("Enter the milestone"), Length(max=200)])
    baseline_on = DateField("Planned for", validators=[required("Enter the planned date")])
    forecast_on = DateField("Now expected on", validators=[required("Enter the date that is expected now")])
    met_on = DateField("Met on", description="Leave empty until it is met.", validators=[Optional()])


class RiskForm(Form):
    category = SelectField("Category", choices=options(RiskCategory))
    description = TextAreaField("Risk", validators=[required("Describe the risk"), Length(max=2000)])
    likelihood = IntegerField("Likelihood, 1 (rare) to 5 (almost certain)", validators=[NumberRange(1, 5)])
    impact = IntegerField("Impact, 1 (small) to 5 (severe)", validators=[NumberRange(1, 5)])
    mitigation = TextAreaField("What is done about it", validators=[required("Say what is done"), Length(max=2000)])
    closed_on = DateField("Closed on", description="Leave empty while it is open.", validators=[Optional()])


class OutputForm(Form):
    kind = SelectField("Type (Researchfish)", choices=options(OutputType))
    title = StringField("Title", validators=[required("Enter the title"), Length(max=300)])
    appeared_on = DateField("Appeared on", validators=[required("Enter the date")])
    identifier = StringField("DOI or address", validators=[Length(max=200)])
    licence = StringField("Licence", validators=[Length(max=60)])
    open_access = BooleanField("Open access")


class EngagementForm(Form):
    kind = RadioField(
        "Kind",
        choices=choices(
            [("involvement", "Involvement: people shape the work"), ("audience", "Audience: people hear of it")]
        ),
        validators=[required("Choose a kind")],
    )
    title = StringField("Activity", validators=[required("Enter the activity"), Length(max=200)])
    held_on = DateField("Held on", validators=[required("Enter the date")])
    people = IntegerField("People", validators=[NumberRange(min=0, message="Enter how many people took part")])


class PartnerForm(Form):
    organisation_id = SelectField("Organisation", coerce=int)
    role = SelectField("Part", choices=options(PartnerRole))
    since = DateField("Since", validators=[required("Enter the date")])


class TeamForm(Form):
    person_id = SelectField("Person", coerce=int)
    part = StringField("Part in the project", validators=[required("Enter the person’s part"), Length(max=120)])


class TrlForm(Form):
    assessed_on = DateField("Assessed on", validators=[required("Enter the date")])
    level = IntegerField("Technology readiness level, 1 to 9", validators=[NumberRange(1, 9)])


@dataclass(frozen=True, slots=True)
class Part:
    """A kind of entry that a project has many of: its form, its table, and the action that a change needs."""

    noun: str
    form: type[Form]
    model: type[Record]
    enums: dict[str, type[StrEnum]]
    action: str = "projects.edit"
    from_register: Callable[[Session], tuple[str, list[tuple[int, str]]]] | None = None

    @property
    def title(self) -> str:
        bare = self.noun.partition(" ")[2]
        return bare[0].upper() + bare[1:]

    def change_form(self, row: Record) -> Form:
        """The form for an entry that is there; whose place on the team it is does not change."""
        form = versioned(self.form)(obj=row)
        if self.model is TeamMember:
            del form["person_id"]
        return form

    def prepare(self, form: Form, session: Session) -> None:
        """Fill the choices that come from the registers."""
        if self.from_register:
            name, found = self.from_register(session)
            if name in form:
                form[name].choices = choices(found)

    def changes(self, form: Form) -> dict[str, Any]:
        """The column values that were entered."""
        values = {field.name: field.data for field in form.visible_fields}
        return {name: self.enums[name](value) if name in self.enums else value for name, value in values.items()}

    def row(self, form: Form, now: datetime) -> Record:
        return self.model(created_at=now, **self.changes(form))


class Parts(dict[str, Part]):
    """The kinds of part by their word in the address."""

    def find(self, kind: str) -> Part:
        """Errors: NotFound."""
        if kind not in self:
            raise NotFound("We cannot find this page.")
        return self[kind]


def organisation_choices(session: Session) -> tuple[str, list[tuple[int, str]]]:
    return "organisation_id", list(organisation_names(session).items())


def person_choices(session: Session) -> tuple[str, list[tuple[int, str]]]:
    return "person_id", [(person.id, person.name) for person in people(session) if person.active]


PARTS = Parts(
    milestones=Part("a milestone", MilestoneForm, Milestone, {}),
    risks=Part("a risk", RiskForm, Risk, {"category": RiskCategory}),
    outputs=Part("an output", OutputForm, Output, {"kind": OutputType}),
    engagement=Part("an engagement activity", EngagementForm, Engagement, {"kind": EngagementKind}, "projects.engage"),
    partners=Part("a partner", PartnerForm, Partner, {"role": PartnerRole}, from_register=organisation_choices),
    team=Part("a team member", TeamForm, TeamMember, {}, from_register=person_choices),
    trl=Part("a TRL assessment", TrlForm, TrlAssessment, {}),
)
