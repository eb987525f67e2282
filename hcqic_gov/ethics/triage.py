"""Which review an application needs, from the answers to the centre's triage questions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pydantic import Field, field_validator

from hcqic_gov.core.errors import Invalid
from hcqic_gov.ethics.packs import TRIAGE, Part
from hcqic_gov.policy.files import PolicyFile, read_file


class LeadsTo(StrEnum):
    """What a "yes" brings about."""

    FULL = "full"
    NOT_REQUIRED = "not_required"
    NOTHING = "nothing"


class Outcome(StrEnum):
    """The review that triage advises; the ethics officer determines whether none is required."""

    NOT_REQUIRED = "not_required"
    PROPORTIONATE = "proportionate"
    FULL = "full"


OUTCOME_LABELS = {
    Outcome.NOT_REQUIRED: "Review is probably not required",
    Outcome.PROPORTIONATE: "Proportionate review by a sub-committee",
    Outcome.FULL: "Review by the full committee",
}


class TriageQuestion(Part):
    """A question that is answered yes or no; `reason` says what a yes means, in words for the applicant."""

    code: str = Field(pattern=r"^[a-z][a-z_]*$", max_length=40)
    text: str = Field(min_length=1)
    hint: str = ""
    yes: LeadsTo
    reason: str = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Advice:
    """What the answers come to; `reasons` are those that led there, then what else the applicant should know."""

    outcome: Outcome
    reasons: tuple[str, ...]


class Triage(PolicyFile):
    """The questions in their order; `otherwise` is the reason where no answer leads anywhere."""

    otherwise: str = Field(min_length=1)
    questions: tuple[TriageQuestion, ...] = Field(min_length=1)

    @field_validator("questions")
    @classmethod
    def has_each_code_once(cls, questions: tuple[TriageQuestion, ...]) -> tuple[TriageQuestion, ...]:
        codes = [question.code for question in questions]
        if len(set(codes)) < len(codes):
            raise ValueError("each question needs a code of its own")
        return questions

    def advice(self, answers: Mapping[str, bool]) -> Advice:
        """Full review where any answer calls for it, else not required, else proportionate.

        Errors: Invalid for a question without an answer, by its code.
        """
        missing = {question.code: "Answer yes or no" for question in self.questions if question.code not in answers}
        if missing:
            raise Invalid("Answer every question.", missing)
        said: dict[LeadsTo, list[str]] = {to: [] for to in LeadsTo}
        for question in self.questions:
            if answers[question.code]:
                said[question.yes].append(question.reason)
        outcome, reasons = decided_by(said[LeadsTo.FULL], said[LeadsTo.NOT_REQUIRED], self.otherwise)
        return Advice(outcome, (*reasons, *said[LeadsTo.NOTHING]))

    def asked(self, answers: Mapping[str, bool]) -> list[dict[str, object]]:
        """Questions as they were put, with the answers, for the case to keep."""
        return [{"code": one.code, "question": one.text, "yes": answers[one.code]} for one in self.questions]


def decided_by(full: Sequence[str], not_required: Sequence[str], otherwise: str) -> tuple[Outcome, Sequence[str]]:
    if full:
        return Outcome.FULL, full
    if not_required:
        return Outcome.NOT_REQUIRED, not_required
    return Outcome.PROPORTIONATE, (otherwise,)


def triage() -> Triage:
    """Errors: BrokenPolicy."""
    return read_file(f"ethics/{TRIAGE}", Triage)
