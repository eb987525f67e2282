"""Forms of the register of funding."""

from collections.abc import Mapping
from datetime import UTC, datetime, time
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlmodel import Session
from wtforms import SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import URL, InputRequired, Length, NumberRange, Optional

from hcqic_gov.core.calendar import london_day
from hcqic_gov.core.errors import Invalid
from hcqic_gov.ethics.states import METHOD_LABELS, PURPOSE_LABELS, Method, Purpose
from hcqic_gov.funding.awards import BudgetRow
from hcqic_gov.funding.models import Application, Call, CostLine
from hcqic_gov.funding.queries import ApplicationFilter, Sort, call_choices
from hcqic_gov.funding.rules import (
    BASIS_NAMES,
    HEADING_NAMES,
    INCOME_NAMES,
    STATE_NAMES,
    ApplicationState,
    CostBasis,
    CostHeading,
    Currency,
    IncomeKind,
)
from hcqic_gov.funding.service import ApplicationDetails, AwardDetails, CallDetails, Cost
from hcqic_gov.funding.spending import Budget, Received, Schedule
from hcqic_gov.funding.terms import terms
from hcqic_gov.people.queries import organisation_names
from hcqic_gov.people.rules import OrganisationKind
from hcqic_gov.projects.queries import choices as project_choices
from hcqic_gov.web.centre import now
from hcqic_gov.web.forms import (
    DateField,
    DecimalField,
    FilterForm,
    Form,
    IntegerField,
    MoneyField,
    VersionedForm,
    choices,
    given,
    versioned,
)

KindT = TypeVar("KindT", bound=StrEnum)

ZONES = ("Europe/London", "UTC", "Europe/Brussels", "America/New_York", "America/Los_Angeles")
NO_POUND = {"prefix": None}
YEAR_HINT = "The year in which the financial year begins: 2026 for April 2026 to March 2027."


def words(names: Mapping[KindT, str]) -> list[SelectChoice]:
    """The members of a StrEnum in plain words."""
    return choices([(member.value, name) for member, name in names.items()])


def required(sentence: str) -> InputRequired:
    return InputRequired(sentence)


def moment_of(day: DateField, clock: StringField, zone: str) -> datetime:
    """The moment of a day and a time of day in a time zone. Errors: Invalid where there is none."""
    hour, _, minute = (clock.data or "").partition(":")
    try:
        at = time(int(hour), int(minute))
    except ValueError:
        raise Invalid("This is not a time.", {clock.name: "Enter a time such as 16:00"}) from None
    return datetime.combine(given(day.data), at, ZoneInfo(zone)).astimezone(UTC)


class FilterApplications(FilterForm):
    """Which applications the list shows."""

    q = StringField("Search in reference, title, project and funder")
    state = SelectField("State", default="", choices=[*choices([], blank="Any"), *words(STATE_NAMES)])
    funder = SelectField("Funder", coerce=int, default=0)
    sort = SelectField(
        "Order",
        default="",
        choices=choices([("deadline", "Deadline"), ("title", "Title"), ("amount", "Amount")], blank="Newest first"),
    )

    def wanted(self) -> ApplicationFilter:
        return ApplicationFilter(
            self.q.data or "",
            ApplicationState(self.state.data) if self.state.data else None,
            self.funder.data or None,
            Sort(self.sort.data or "newest"),
        )


class CallForm(VersionedForm):
    """A funder's call."""

    funder_id = SelectField("Funder", coerce=int)
    title = StringField("Title of the call", validators=[required("Enter the title"), Length(max=200)])
    currency = SelectField("Currency", choices=choices([(c.value, c.value) for c in Currency]))
    terms_key = SelectField("What the funder pays")
    deadline_day = DateField("Deadline", description="Leave empty until it is announced.", validators=[Optional()])
    deadline_time = StringField("Time of the deadline", description="For example 16:00.", default="16:00")
    time_zone = SelectField("Time zone of the deadline", choices=choices([(zone, zone) for zone in ZONES]))
    url = StringField(
        "Address of the call", validators=[Optional(), URL(message="Enter a whole address"), Length(max=300)]
    )

    @classmethod
    def make(cls, session: Session, call: Call | None = None) -> "CallForm":
        form = cls(obj=call) if call else cls(version=0)
        if call and call.deadline and not form.is_submitted():
            there = call.deadline.astimezone(ZoneInfo(call.time_zone))
            form.deadline_day.data, form.deadline_time.data = there.date(), f"{there:%H:%M}"
        funders = organisation_names(session, OrganisationKind.FUNDER, OrganisationKind.CHARITY)
        form.funder_id.choices = choices(funders.items())
        rates = terms(london_day(now())).funders
        form.terms_key.choices = choices([(funder.key, funder.title) for funder in rates])
        return form

    def details(self) -> CallDetails:
        zone = self.time_zone.data
        return CallDetails(
            self.funder_id.data,
            self.title.data or "",
            Currency(self.currency.data),
            self.terms_key.data,
            moment_of(self.deadline_day, self.deadline_time, zone) if self.deadline_day.data else None,
            zone,
            self.url.data or "",
        )


class ApplicationForm(VersionedForm):
    """An application's own record."""

    call_id = SelectField("Call", coerce=int)
    project_id = SelectField("Project", coerce=int)
    title = StringField("Title", validators=[required("Enter the title"), Length(max=200)])
    amount_applied = MoneyField(
        "Amount applied for, in the call’s currency",
        description="The sum of what the funder pays of all cash lines.",
        validators=[required("Enter the amount; 0 while it is not known"), NumberRange(min=0)],
        render_kw=NO_POUND,
    )
    purpose = SelectField(
        "Purpose of the funded work", description="Ethics gates the award for it.", choices=words(PURPOSE_LABELS)
    )
    method = SelectField("Method of the funded work", choices=words(METHOD_LABELS))

    @classmethod
    def make(cls, session: Session, row: Application | None = None) -> "ApplicationForm":
        form = cls(obj=row) if row else cls(version=0)
        form.call_id.choices = choices(call_choices(session))
        form.project_id.choices = choices(project_choices(session))
        return form

    def details(self) -> ApplicationDetails:
        return ApplicationDetails(
            self.call_id.data,
            self.project_id.data,
            self.title.data or "",
            given(self.amount_applied.data),
            Purpose(self.purpose.data),
            Method(self.method.data),
        )


class CostForm(Form):
    """A cost of the work, in the call's currency."""

    heading = SelectField("Heading", choices=words(HEADING_NAMES))
    description = StringField("What it is for", validators=[required("Say what it is for"), Length(max=200)])
    year = IntegerField("Financial year", description=YEAR_HINT, validators=[NumberRange(2000, 2100)])
    basis = SelectField("Basis", choices=words(BASIS_NAMES))
    amount = MoneyField("Full economic cost", validators=[required("Enter the cost")], render_kw=NO_POUND)
    contribution = MoneyField(
        "What the funder pays",
        description="Leave empty to take the funder’s rate.",
        validators=[Optional()],
        render_kw=NO_POUND,
    )

    @classmethod
    def make(cls, line: CostLine | None = None) -> "CostForm":
        return versioned(cls)(obj=line) if line else cls(year=london_day(now()).year)

    def cost(self) -> Cost:
        return Cost(
            CostHeading(self.heading.data),
            self.description.data or "",
            given(self.year.data),
            given(self.amount.data),
            CostBasis(self.basis.data),
            self.contribution.data,
        )


class ReasonForm(Form):
    """A move of the workflow, with a reason for the record."""

    reason = TextAreaField(
        "Reason, or what was said",
        description="For the application’s history; feedback of the funder belongs here.",
        validators=[Length(max=2000)],
    )


class OfferForm(ReasonForm):
    amount = DecimalField("Amount offered, in the call’s currency", validators=[required("Enter the amount")], places=2)


class ExtendForm(ReasonForm):
    until = DateField("New deadline", validators=[required("Enter the new deadline")])
    until_time = StringField("Time of the new deadline", default="16:00")


class AcceptForm(Form):
    """What the funder's letter says."""

    funder_reference = StringField(
        "The funder’s reference", validators=[required("Enter the reference of the award"), Length(max=60)]
    )
    amount = MoneyField(
        "Amount awarded, in the call’s currency", validators=[required("Enter the amount")], render_kw=NO_POUND
    )
    sterling = MoneyField(
        "The same in pounds on the day of the award", validators=[required("Enter the amount in pounds")]
    )
    awarded_on = DateField("Date of the award", validators=[required("Enter the date")])
    starts_on = DateField("Start", validators=[Optional()])
    ends_on = DateField("End", validators=[Optional()])

    def details(self) -> AwardDetails:
        return AwardDetails(
            self.funder_reference.data or "",
            given(self.amount.data),
            given(self.sterling.data),
            given(self.awarded_on.data),
            self.starts_on.data,
            self.ends_on.data,
        )


class ScheduleForm(Form):
    starts_on = DateField("Start of the award", validators=[required("Enter the start")])
    ends_on = DateField("End of the award", validators=[required("Enter the end")])
    every_months = IntegerField("A report for every so many months", default=6, validators=[NumberRange(1, 24)])
    due_after_days = IntegerField(
        "Due so many days after the end of each period", default=30, validators=[NumberRange(0, 180)]
    )

    def schedule(self) -> Schedule:
        dates = given(self.starts_on.data), given(self.ends_on.data)
        return Schedule(*dates, given(self.every_months.data), given(self.due_after_days.data))


class ChangeBudgetForm(VersionedForm):
    """Budget and forecast of a line, in pounds."""

    budget = MoneyField("Budget", validators=[required("Enter the budget")])
    forecast = MoneyField("Forecast for the whole year", validators=[required("Enter the forecast")])
    reason = TextAreaField(
        "Reason for the variance", description="Needed beyond the tolerance.", validators=[Length(max=2000)]
    )

    def line(self, row: BudgetRow) -> Budget:
        return Budget(row.heading, row.year, given(self.budget.data), given(self.forecast.data), self.reason.data or "")


class NewBudgetForm(Form):
    heading = SelectField("Heading", choices=words(HEADING_NAMES))
    year = IntegerField("Financial year", description=YEAR_HINT, validators=[NumberRange(2000, 2100)])
    budget = MoneyField("Budget", validators=[required("Enter the budget")])

    def line(self) -> Budget:
        amount = given(self.budget.data)
        return Budget(CostHeading(self.heading.data), given(self.year.data), amount, amount)


class SpendForm(Form):
    amount = MoneyField("Amount", description="Below zero for a repayment.", validators=[required("Enter the amount")])
    on = DateField("Spent on", validators=[required("Enter the date")])
    note = StringField("For what", validators=[required("Say what for"), Length(max=200)])
    reason = TextAreaField(
        "Reason for spending more than was forecast",
        description="Needed only where the line’s spending goes beyond its forecast. It is shown beside the line.",
        validators=[Length(max=2000)],
    )


class IncomeForm(Form):
    """Money, or a gift in kind, that came in."""

    kind = SelectField("Kind", choices=words(INCOME_NAMES))
    organisation_id = SelectField("From", coerce=int)
    received_on = DateField("Received on", validators=[required("Enter the date")])
    amount = MoneyField("Amount", validators=[required("Enter the amount")])
    note = StringField("Note", validators=[Length(max=200)])

    @classmethod
    def make(cls, session: Session) -> "IncomeForm":
        form = cls()
        form.organisation_id.choices = choices(organisation_names(session).items())
        return form

    def received(self) -> Received:
        return Received(
            IncomeKind(self.kind.data),
            self.organisation_id.data,
            given(self.received_on.data),
            given(self.amount.data),
            self.note.data or "",
        )
