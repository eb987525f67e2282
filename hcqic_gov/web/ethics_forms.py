"""Forms of the ethics register; the form of a move asks for what the move's guards look at."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeVar

from wtforms import Field, RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from hcqic_gov.core.ruling import Ruling
from hcqic_gov.core.workflow import Move
from hcqic_gov.ethics import guards, modification_guards
from hcqic_gov.ethics.approvals import APPROVAL_LABELS, STATUS_LABELS, ApprovalEntry, ApprovalKind, ApprovalStatus
from hcqic_gov.ethics.decision_rules import DECISIONS, ON_CHANGES, decisions_for
from hcqic_gov.ethics.facts import Facts, NewCondition, Proposal
from hcqic_gov.ethics.hearing import Choosable
from hcqic_gov.ethics.models import EthicsCase
from hcqic_gov.ethics.queries import CaseFilter
from hcqic_gov.ethics.states import (
    ABSTAIN,
    CLASS_LABELS,
    INTEREST_LABELS,
    KIND_LABELS,
    PUBLIC_NAMES,
    TRACK_LABELS,
    CaseKind,
    ChangeClass,
    Interest,
    State,
    Track,
)
from hcqic_gov.projects.rules import DataClass
from hcqic_gov.projects.rules import label as project_label
from hcqic_gov.web.forms import DateField, FilterForm, Form, choices

M = TypeVar("M", bound=StrEnum)
Guard = Callable[[Facts], Ruling]
YES_OR_NO = [("yes", "Yes"), ("no", "No")]


def labelled(labels: Mapping[Any, str], *, blank: str | None = None) -> Any:
    return choices([(member.value, text) for member, text in labels.items()], blank=blank)


def required(sentence: str) -> InputRequired:
    return InputRequired(sentence)


class FilterCases(FilterForm):
    """Which cases the list shows."""

    q = StringField("Search in reference, title and summary")
    state = SelectField("Status", choices=labelled(PUBLIC_NAMES, blank="Any"), default="")
    kind = SelectField("Kind", choices=labelled(KIND_LABELS, blank="Any"), default="")
    mine = SelectField("Applicant", choices=[("", "Anybody"), ("yes", "You")], default="")

    def wanted(self, person_id: int) -> CaseFilter:
        state = State(self.state.data) if self.state.data else None
        kind = CaseKind(self.kind.data) if self.kind.data else None
        return CaseFilter(self.q.data or "", state, person_id if self.mine.data else None, kind=kind)


def number_or_none(value: str | int | None) -> int | None:
    return int(value) if value else None


def text_lines(text: str | None) -> Sequence[str]:
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


def end_date() -> Field:
    return DateField("Valid until", validators=[required("Enter the last day")])


FIELDS: Mapping[Guard, Mapping[str, Field]] = {
    guards.reason_given: {
        "reason": TextAreaField("Reasons", validators=[required("Give the reasons"), Length(max=4000)])
    },
    guards.track_fits: {
        "track": RadioField("Track", choices=labelled(TRACK_LABELS), validators=[required("Choose a track")])
    },
    guards.meeting_fits: {
        "meeting_id": SelectField("Meeting", coerce=int, description="Meetings that are planned or open.")
    },
    guards.conditions_given: {
        "pre_start": TextAreaField(
            "Conditions to be met before the work starts",
            description="One on each line.",
            validators=[Length(max=4000)],
        ),
        "conditions": TextAreaField("Other conditions", description="One on each line.", validators=[Length(max=4000)]),
    },
    guards.validity_given: {
        "valid_from": DateField("Valid from", validators=[required("Enter the first day")]),
        "valid_to": end_date(),
    },
    guards.later_end: {"valid_to": end_date()},
    guards.not_required_from: {"valid_to": DateField("Holds until", validators=[Optional()])},
    guards.questions_given: {
        "questions": TextAreaField(
            "Questions to the team",
            description="One on each line. The team answers each of them.",
            validators=[required("Enter at least one question"), Length(max=8000)],
        )
    },
    guards.delegate_fits: {
        "delegate": SelectField(
            "Who may decide on the response alone?",
            description="Leave empty if the committee decides at a meeting.",
            coerce=number_or_none,
        )
    },
    guards.same_questions: {"again": SelectMultipleField("Questions to be asked again", coerce=int)},
    guards.new_applicant_fits: {"person_id": SelectField("New applicant", coerce=int)},
    modification_guards.other_class: {
        "change_class": RadioField(
            "Which class should it have?", choices=labelled(CLASS_LABELS), validators=[required("Choose a class")]
        )
    },
    guards.dated: {"on": DateField("On which day?", validators=[required("Enter the day")])},
}
"""What each guard needs a person to enter."""

ENTERED = frozenset(guard.__name__ for guard in (*FIELDS, guards.meeting_of_track, guards.full_committee_hears))
"""Codes of refusals that a person can mend in the form."""


class MoveForm(Form):
    """A move of the workflow: `form_of` gives it the fields of its guards."""

    def proposal(self) -> Proposal:
        def entered(name: str) -> Any:
            return self[name].data if name in self else None

        conditions = [
            *(NewCondition(line, pre_start=True) for line in text_lines(entered("pre_start"))),
            *(NewCondition(line, pre_start=False) for line in text_lines(entered("conditions"))),
        ]
        return Proposal(
            reason=entered("reason") or "",
            conditions=tuple(conditions),
            valid_from=entered("valid_from"),
            valid_to=entered("valid_to"),
            track=Track(entered("track") or Track.FULL),
            meeting_id=entered("meeting_id"),
            questions=tuple(text_lines(entered("questions"))),
            again=tuple(entered("again") or ()),
            person_id=entered("person_id") or entered("delegate"),
            on=entered("on"),
            safety=entered("safety") == "yes",
            change_class=member_or_none(ChangeClass, entered("change_class")),
        )


def form_of(step: Move[State, Facts], choosable: Choosable) -> MoveForm:
    """The form of a move; a decision that needs no reasons may have them."""
    fields: dict[str, Field] = {}
    if step in (*DECISIONS, *ON_CHANGES) and guards.reason_given not in step.guards:
        fields["reason"] = TextAreaField("Reasons", validators=[Optional(), Length(max=4000)])
    for guard in step.guards:
        fields |= FIELDS.get(guard, {})
    if step.target is State.HALTED:
        fields["safety"] = RadioField(
            "Was it halted for safety?",
            description="Then a substantial modification must be approved before the work restarts.",
            choices=YES_OR_NO,
            validators=[required("Say whether it was halted for safety")],
        )
    kind: type[MoveForm] = type("FormOfMove", (MoveForm,), fields)
    form = kind()
    for name, options in choosable.by_field.items():
        if name in form:
            form[name].choices = choices(list(options), blank="Nobody" if name == "delegate" else None)
    return form


class InterestForm(Form):
    """What a member declares before papers open."""

    interest = RadioField(
        "Do you have an interest in this application?",
        choices=labelled(INTEREST_LABELS),
        validators=[required("Say whether you have an interest")],
    )
    details = TextAreaField(
        "What is your interest?", description="Leave empty if you have none.", validators=[Length(max=2000)]
    )

    def declared(self) -> Interest:
        return Interest(self.interest.data)


class VoteForm(Form):
    choice = RadioField("Your vote", validators=[required("Choose how you vote")])
    comment = TextAreaField("Comment", validators=[Optional(), Length(max=2000)])

    @classmethod
    def of(cls, case: EthicsCase) -> "VoteForm":
        form = cls()
        steps = decisions_for(case.track, case.state, case.kind)
        options = [(step.name, step.label.removeprefix("give ").capitalize()) for step in steps]
        form.choice.choices = [*options, (ABSTAIN, "I abstain")]
        return form


class AnswerForm(Form):
    answer = TextAreaField("Your answer", validators=[required("Enter the answer"), Length(max=8000)])


class DiscussionForm(Form):
    discussion = TextAreaField(
        "What did the committee discuss?",
        description="It goes into the minutes of the meeting.",
        validators=[required("Enter the discussion"), Length(max=8000)],
    )


class AgainForm(Form):
    """A new case in place of an old one."""

    reason = TextAreaField("Why?", validators=[Optional(), Length(max=4000)])


class EvidenceForm(Form):
    evidence = TextAreaField(
        "How is the condition met?", validators=[required("Say how the condition is met"), Length(max=4000)]
    )


class ConfirmForm(Form):
    """Nothing but the button."""


class ApprovalForm(Form):
    """An approval by others."""

    kind = SelectField("Approval", choices=labelled(APPROVAL_LABELS))
    status = RadioField("Status", choices=labelled(STATUS_LABELS), validators=[required("Choose a status")])
    reference = StringField("Reference", description="For example an IRAS number.", validators=[Length(max=80)])
    valid_from = DateField("Valid from", validators=[Optional()])
    valid_to = DateField("Valid until", description="Leave empty if it has no end.", validators=[Optional()])
    data_class = SelectField(
        "Most sensitive data that it covers",
        choices=choices([(kind.value, project_label(kind)) for kind in DataClass], blank="Choose"),
    )
    reason = TextAreaField("Reason", description="If it is not required: why.", validators=[Length(max=2000)])

    def entry(self) -> ApprovalEntry:
        return ApprovalEntry(
            ApprovalKind(self.kind.data),
            ApprovalStatus(self.status.data),
            self.reference.data or "",
            self.reason.data or "",
            self.valid_from.data,
            self.valid_to.data,
            member_or_none(DataClass, self.data_class.data),
        )


def member_or_none(kind: type[M], value: str | None) -> M | None:
    return kind(value) if value else None
