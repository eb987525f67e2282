"""Forms of an ethics application: one for each section, and one for each document."""

from typing import Any, Self

from flask_wtf.file import FileField
from wtforms import RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import Length, Optional

from hcqic_gov.ethics.application import Answers, Application, People, ScopeOfWork, Summary
from hcqic_gov.ethics.models import EthicsCase
from hcqic_gov.ethics.papers import PAPER_LABELS, PaperKind
from hcqic_gov.ethics.states import (
    CONSENT_LABELS,
    METHOD_LABELS,
    PURPOSE_LABELS,
    WORK_KIND_LABELS,
    ConsentBasis,
    Method,
    Purpose,
    WorkKind,
)
from hcqic_gov.ethics.triage import triage
from hcqic_gov.projects.rules import DataClass
from hcqic_gov.projects.rules import label as project_label
from hcqic_gov.web.ethics_forms import YES_OR_NO, labelled, required
from hcqic_gov.web.forms import Form, VersionedForm, choices

ANSWER = "answer_"
"""Begins the names of the fields that triage questions have."""
FILES = "PDF, DOCX, ODT, PNG or JPEG, at most 25 MB."


def title_field() -> StringField:
    return StringField("Title", validators=[required("Enter a title"), Length(max=200)])


def work_kind_field() -> RadioField:
    return RadioField("What is it?", choices=labelled(WORK_KIND_LABELS), validators=[required("Choose what it is")])


class BeginForm(Form):
    """A new draft: the rest is asked section by section."""

    project = SelectField("Project", description="Only projects on whose team you are.")
    title = title_field()
    work_kind = work_kind_field()

    def application(self, data_class: DataClass) -> Application:
        """With the project's own class of data, until the applicant says otherwise."""
        return Application(self.title.data or "", "", WorkKind(self.work_kind.data), {}, data_class)


class SectionForm(VersionedForm):
    """One section of a draft; an empty answer is saved as one, and the task list says that it is missing."""

    @classmethod
    def of(cls, case: EthicsCase) -> Self:
        return cls(obj=case)


class SummaryForm(SectionForm):
    title = title_field()
    lay_summary = TextAreaField(
        "Lay summary",
        description="For people outside: what you will do, with whom or with whose data, and why. No abbreviations.",
        validators=[Length(max=4000)],
    )

    def entered(self) -> Summary:
        return Summary(self.title.data or "", self.lay_summary.data or "")


class TriageForm(SectionForm):
    """The questions of the policy file; all are asked at once, since only all answers together say anything."""

    @classmethod
    def of(cls, case: EthicsCase) -> Self:
        questions = {
            ANSWER + question.code: RadioField(
                question.text,
                description=question.hint,
                choices=YES_OR_NO,
                validators=[required(f"Answer “{question.text}”")],
            )
            for question in triage().questions
        }
        kind: type[Self] = type("FormOfTriage", (cls,), questions)
        given: dict[str, Any] = {ANSWER + row["code"]: "yes" if row["yes"] else "no" for row in case.triage_answers}
        return kind(data={**given, "version": case.version})

    def entered(self) -> Answers:
        answers = {field.name.removeprefix(ANSWER): field.data == "yes" for field in self if field.name[:7] == ANSWER}
        return Answers(answers)


class ScopeForm(SectionForm):
    work_kind = work_kind_field()
    data_class = RadioField(
        "Data",
        description="The most sensitive data that is used.",
        choices=choices([(kind.value, project_label(kind)) for kind in DataClass]),
        validators=[required("Choose the most sensitive data that is used")],
    )
    purposes = SelectMultipleField("Purposes", choices=labelled(PURPOSE_LABELS))
    methods = SelectMultipleField("Methods", choices=labelled(METHOD_LABELS))

    def entered(self) -> ScopeOfWork:
        return ScopeOfWork(
            WorkKind(self.work_kind.data),
            DataClass(self.data_class.data),
            tuple(Purpose(value) for value in self.purposes.data or ()),
            tuple(Method(value) for value in self.methods.data or ()),
        )


class PeopleForm(SectionForm):
    participants = TextAreaField("Who takes part, or whose data is used, and how many?", validators=[Length(max=4000)])
    consent_basis = RadioField("Consent", choices=labelled(CONSENT_LABELS), validators=[Optional()])

    def entered(self) -> People:
        basis = self.consent_basis.data
        return People(self.participants.data or "", ConsentBasis(basis) if basis else None)


FilledIn = SummaryForm | TriageForm | ScopeForm | PeopleForm
"""Each says by `entered()` what was typed, as the service takes it."""

SECTION_FORMS: dict[str, type[FilledIn]] = {
    "summary": SummaryForm,
    "triage": TriageForm,
    "scope": ScopeForm,
    "people": PeopleForm,
}


class FileForm(Form):
    """A new version of a document."""

    file = FileField("File", description=FILES)


class PaperForm(Form):
    """A new document."""

    kind = SelectField("What is it?", choices=labelled(PAPER_LABELS))
    title = StringField(
        "Title",
        description="If there is more than one of its kind: how you tell them apart.",
        validators=[Optional(), Length(max=200)],
    )
    file = FileField("File", description=FILES)

    def paper_kind(self) -> PaperKind:
        return PaperKind(self.kind.data)
