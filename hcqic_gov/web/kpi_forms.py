"""Forms of the KPIs."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from flask_wtf.file import FileField
from wtforms import BooleanField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from hcqic_gov.core.calendar import Period
from hcqic_gov.kpi.definitions import Basis, Definition
from hcqic_gov.kpi.models import Observation
from hcqic_gov.kpi.rules import Attribution, Outcome
from hcqic_gov.kpi.service import Entry
from hcqic_gov.projects.models import Project
from hcqic_gov.projects.rules import label
from hcqic_gov.web.forms import DecimalField, FilterForm, Form, IntegerField, VersionedForm, choices

PERIODS = 12
"""How many of the last are offered."""


class EntryForm(VersionedForm):
    """A period's value: for a ratio its two numbers."""

    numerator = DecimalField("Value", validators=[Optional()])
    denominator = DecimalField("Denominator", validators=[Optional()])
    not_applicable = BooleanField("The question does not apply to this period")
    n = IntegerField(
        "Number of cases behind the value",
        description="For example the patients of whom a median was taken.",
        validators=[Optional(), NumberRange(min=0, message="Enter 0 or more")],
    )
    basis = RadioField(
        "How it was found", choices=choices([(basis.value, basis.value.capitalize()) for basis in Basis])
    )
    attribution = RadioField(
        "Who brought it about",
        choices=choices([(Attribution.SOLE, "The centre alone"), (Attribution.CONTRIBUTORY, "The centre and others")]),
        default=Attribution.CONTRIBUTORY.value,
    )
    source = StringField(
        "Source",
        description="Where somebody else can find the number: a register, a report, a system.",
        validators=[Length(max=300)],
    )
    note = TextAreaField("Note", validators=[Optional(), Length(max=2000)])
    evidence = FileField("Evidence", description="PDF, DOCX, XLSX, ODT, PNG or JPEG, at most 25 MB.")

    @classmethod
    def for_period(cls, definition: Definition, existing: Observation | None, **options: Any) -> "EntryForm":
        """The form of this KPI, filled with what the draft or the value to correct says."""
        start = values_of(definition, existing) if existing else {"basis": definition.basis.value, "version": 0}
        form = cls(data=start, **options)
        form.numerator.label.text = definition.numerator
        form.denominator.label.text = definition.denominator
        if not definition.ratio:
            del form.denominator
        return form

    def entry(self, document_id: int | None) -> Entry:
        denominator = self.denominator.data if self.denominator else None
        return Entry(
            None if self.numerator.data is None else float(self.numerator.data),
            None if denominator is None else float(denominator),
            not_applicable=self.not_applicable.data,
            n=self.n.data,
            basis=Basis(self.basis.data),
            attribution=Attribution(self.attribution.data),
            source=self.source.data or "",
            note=self.note.data or "",
            document_id=document_id,
        )


def values_of(definition: Definition, record: Observation) -> dict[str, Any]:
    return {
        "numerator": record.numerator if definition.ratio else record.value,
        "denominator": record.denominator,
        "not_applicable": record.outcome is Outcome.NOT_APPLICABLE and record.denominator is None,
        "n": record.n,
        "basis": record.basis.value,
        "attribution": record.attribution.value,
        "source": record.source,
        "note": record.note,
        "version": record.version,
    }


class CorrectionForm(EntryForm):
    """A new revision of a verified value."""

    reason = TextAreaField(
        "Why the value is corrected", validators=[InputRequired("Enter the reason"), Length(max=2000)]
    )


class FilterRecords(FilterForm):
    """Which of the records behind a value are listed: those of one project, or of the projects of one use case."""

    period = SelectField("Period")
    project = SelectField("Project")
    use_case = SelectField("Use case")

    @classmethod
    def over(cls, shown: Period, today: date, projects: Iterable[Project | None], address: object) -> "FilterRecords":
        """With the last periods, and the projects and use cases that stand behind the value."""
        form = cls(address)
        known = {one.reference: one for one in projects if one}
        last = Period.containing(today, shown.frequency)
        recent = {period.code: period.label for period in (shown, *(last.shifted(-back) for back in range(PERIODS)))}
        form.period.choices = choices(sorted(recent.items(), reverse=True))
        form.period.data = shown.code
        form.project.choices = choices([(key, f"{key} {known[key].title}") for key in sorted(known)], blank="Any")
        cases = sorted({one.use_case for one in known.values()})
        form.use_case.choices = choices([(case.value, label(case)) for case in cases], blank="Any")
        return form

    def keeps(self, project: Project | None) -> bool:
        """Whether a record of this project is listed."""
        wanted = (self.project.data or "", self.use_case.data or "")
        own = (project.reference, project.use_case.value) if project else ("", "")
        return all(not one or one == other for one, other in zip(wanted, own, strict=True))


class UploadForm(Form):
    """`ticket` is made up by the page's script, to ask how far the reading is."""

    ticket = HiddenField()
    file = FileField("File of values", description="CSV or XLSX with the columns of the template, at most 25 MB.")


class ApplyForm(Form):
    """`seen` is the mark of what the preview showed."""

    ticket = HiddenField()
    seen = HiddenField()
    reason = TextAreaField(
        "Why verified values are corrected",
        description="For the rows that give no reason of their own.",
        validators=[Optional(), Length(max=2000)],
    )
    submit_too = BooleanField(
        "Send the values for verification too, where their period has ended and they have a source"
    )


class ReturnForm(Form):
    reason = TextAreaField(
        "What is wrong, and what would mend it", validators=[InputRequired("Enter the reason"), Length(max=2000)]
    )


TOLERABLE = "The least that is tolerable"
TOLERABLE_HINT = "Between this and the target a value is “near target”. Empty: as the definition says."


class TargetForm(Form):
    value = DecimalField("Target", validators=[InputRequired("Enter the target")])
    threshold = DecimalField(TOLERABLE, description=TOLERABLE_HINT, validators=[Optional()])
    reason = TextAreaField("Reason", validators=[InputRequired("Enter the reason"), Length(max=2000)])


class TrajectoryForm(Form):
    """A straight line from one period's target to a later one's."""

    first = SelectField("First period")
    begin = DecimalField("Target of the first period", validators=[InputRequired("Enter the first target")])
    last = SelectField("Last period", description="Its target holds on, until a later period has one of its own.")
    end = DecimalField("Target of the last period", validators=[InputRequired("Enter the last target")])
    threshold = DecimalField(TOLERABLE, description=TOLERABLE_HINT, validators=[Optional()])
    reason = TextAreaField("Reason", validators=[InputRequired("Enter the reason"), Length(max=2000)])


class ClosingForm(Form):
    """`seen` is the mark of the gaps that the page showed."""

    seen = HiddenField()
    knowing = BooleanField("", validators=[InputRequired("Tick this if you want to close the period as it is")])
    reason = TextAreaField(
        "Why it is closed all the same",
        description="It stands with the closing for good.",
        validators=[InputRequired("Enter the reason"), Length(max=2000)],
    )


class ReopeningForm(Form):
    reason = TextAreaField(
        "Why the period is reopened",
        description="For example which value is wrong, and how it was found.",
        validators=[InputRequired("Enter the reason"), Length(max=2000)],
    )


class AnnotationForm(Form):
    text = TextAreaField(
        "What explains this value",
        description="It appears with the value on the screen, in reports and in exports.",
        validators=[InputRequired("Enter the explanation"), Length(max=500)],
    )


class RebaseForm(Form):
    reason = TextAreaField(
        "What changed in the process", validators=[InputRequired("Enter the reason"), Length(max=2000)]
    )
