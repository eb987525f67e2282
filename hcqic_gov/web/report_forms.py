"""Forms of the register of reports."""

from datetime import date

from sqlmodel import Session
from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from hcqic_gov.core.calendar import Period
from hcqic_gov.funding.awards import award_for_report, award_rows
from hcqic_gov.people.queries import organisation_names
from hcqic_gov.people.rules import OrganisationKind
from hcqic_gov.reporting.gathering import Scope
from hcqic_gov.reporting.keeping import LONGEST
from hcqic_gov.reporting.models import KeptNarrative, Report
from hcqic_gov.reporting.queries import PUBLIC_NAMES, ReportFilter, periods_to_report
from hcqic_gov.reporting.rules import Status
from hcqic_gov.reporting.snapshot import Narrative, thaw
from hcqic_gov.web.forms import FilterForm, Form, VersionedForm, choices, given

MOST = Length(max=LONGEST, message=f"Write at most {LONGEST:,} characters")


class FilterReports(FilterForm):
    """Which reports the list shows."""

    q = StringField("Search in reference")
    status = SelectField("Status", choices=choices([(s.value, PUBLIC_NAMES[s]) for s in Status], blank="Any"))
    funder = SelectField("Funder", coerce=int, default=0)
    period = SelectField("Period")

    @classmethod
    def over(cls, session: Session, today: date, address: object) -> "FilterReports":
        """With the funders and periods that there are to choose from."""
        form = cls(address)
        form.funder.choices = choices([(0, "Any"), *organisation_names(session, OrganisationKind.FUNDER).items()])
        form.period.choices = choices([(p.code, p.label) for p in periods_to_report(today)], blank="Any")
        return form

    def wanted(self) -> ReportFilter:
        status = Status(self.status.data) if self.status.data else None
        return ReportFilter(self.q.data or "", status, self.funder.data or None, self.period.data or "")


class NewReportForm(Form):
    """A report on one award, on all awards of a funder, or on the whole centre, for a period that has ended."""

    subject = SelectField("What it is about", validators=[InputRequired("Choose what it is about")])
    period = SelectField("Period", validators=[InputRequired("Choose a period")])

    @classmethod
    def over(cls, session: Session, today: date) -> "NewReportForm":
        form = cls()
        rows = award_rows(session)
        funders = organisation_names(session, OrganisationKind.FUNDER)
        made = {row.funder for row in rows}
        all_of = [(f"funder:{key}", f"All awards of {name}") for key, name in funders.items() if name in made]
        whole = [(f"centre:{key}", f"The whole centre in a year, for {name}") for key, name in funders.items()]
        one = [(f"award:{row.reference}", f"{row.reference}: {row.title} ({row.funder})") for row in rows]
        form.subject.choices = choices([*all_of, *one, *whole], blank="Choose")
        form.period.choices = choices([(p.code, p.label) for p in periods_to_report(today)], blank="Choose")
        return form

    def scope(self, session: Session) -> Scope:
        kind, _, key = given(self.subject.data).partition(":")
        period = Period.parse(given(self.period.data))
        if kind == "award":
            return Scope(award_for_report(session, key).funder_id, key, period)
        return Scope(int(key), "", period, centre=kind == "centre")


class NarrativeForm(VersionedForm):
    """UKRI's three questions, what is asked of the funder, and the next period."""

    achievements = TextAreaField(
        "What were the most significant achievements of this period?", validators=[InputRequired("Answer"), MOST]
    )
    taken_forward = TextAreaField(
        "How are they being taken forward, and by whom?", validators=[InputRequired("Answer"), MOST]
    )
    objectives = TextAreaField(
        "To what extent were the objectives met, and why?", validators=[InputRequired("Answer"), MOST]
    )
    asks = TextAreaField("What do you ask of the funder? (optional)", validators=[MOST])
    next_period = TextAreaField("What comes in the next period? (optional)", validators=[MOST])

    @classmethod
    def for_report(cls, report: Report, kept: KeptNarrative | None) -> "NarrativeForm":
        """With what the author typed and did not save, over the version that they had before them."""
        if kept:
            return cls(data={**kept.answers, "version": kept.seen})
        return cls(obj=thaw(report.snapshot).narrative, version=report.version)

    def narrative(self) -> Narrative:
        fields = (self.achievements, self.taken_forward, self.objectives, self.asks, self.next_period)
        return Narrative(*(field.data or "" for field in fields))


class ReasonForm(Form):
    """Why a report goes back, or what a new version corrects."""

    reason = TextAreaField("Reason", validators=[InputRequired("Give a reason"), Length(max=2000)])
