"""Reviews by criteria: what a reviewer enters, and who may read whose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import Field

from hcqic_gov.core.errors import Invalid
from hcqic_gov.ethics.packs import CRITERIA, Part
from hcqic_gov.policy.files import PolicyFile, read_file


class Finding(StrEnum):
    SATISFACTORY = "satisfactory"
    QUESTION = "question"
    CONCERN = "concern"


FINDING_LABELS = {
    Finding.SATISFACTORY: "Satisfactory",
    Finding.QUESTION: "I have a question",
    Finding.CONCERN: "I have a concern",
}
FINDING_COLOURS = {Finding.SATISFACTORY: "green", Finding.QUESTION: "yellow", Finding.CONCERN: "orange"}


class Criterion(Part):
    """What a reviewer says something about."""

    code: str = Field(pattern=r"^[a-z][a-z_]*$", max_length=40)
    title: str = Field(min_length=1)
    hint: str = ""


class Criteria(PolicyFile):
    """What every review speaks about, in this order."""

    criteria: tuple[Criterion, ...] = Field(min_length=1)


def criteria() -> Criteria:
    """Errors: BrokenPolicy."""
    return read_file(f"ethics/{CRITERIA}", Criteria)


@dataclass(frozen=True, slots=True)
class Remark:
    """What a reviewer found on one criterion; a question and a concern need words."""

    finding: Finding
    words: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A review as it is entered: remarks by the criterion's code, and the decision that the reviewer would give."""

    remarks: Mapping[str, Remark]
    recommendation: str
    summary: str = ""


def recorded(policy: Criteria, judgement: Judgement) -> list[dict[str, Any]]:
    """The remarks with the criteria as they stood, to be kept.

    Errors: Invalid, by the criterion's code, where one is left out or a question or concern has no words.
    """
    wrong: dict[str, str] = {}
    for criterion in policy.criteria:
        remark = judgement.remarks.get(criterion.code)
        if remark is None:
            wrong[criterion.code] = f"Say what you found on “{criterion.title}”"
        elif remark.finding is not Finding.SATISFACTORY and not remark.words.strip():
            wrong[criterion.code] = f"Say in words what your {remark.finding.value} on “{criterion.title}” is"
    if wrong:
        raise Invalid("The review is not complete.", wrong)
    return [
        {
            "code": criterion.code,
            "title": criterion.title,
            "finding": judgement.remarks[criterion.code].finding.value,
            "words": judgement.remarks[criterion.code].words.strip(),
        }
        for criterion in policy.criteria
    ]


@dataclass(frozen=True, slots=True)
class Reader:
    """Who wants to read reviews; `chair` is a chair of the committee that hears the case."""

    person_id: int
    chair: bool = False
    auditor: bool = False


def readable(assigned: Mapping[int, bool], reader: Reader, *, vote_opened: bool) -> frozenset[int]:
    """Whose reviews this reader may see: of those in, all or none.

    `assigned` says of each reviewer who counts whether theirs is in. A reviewer sees nobody else's before their own
    is in, whatever else they are; the chair sees each once it is in; everybody else once all are in, or from the
    vote on.
    """
    submitted = frozenset(number for number, is_in in assigned.items() if is_in)
    own = assigned.get(reader.person_id)
    if own is False:
        return frozenset()
    if own or reader.chair or reader.auditor or vote_opened or submitted == frozenset(assigned):
        return submitted
    return frozenset()


def to_be_asked(remarks: Sequence[Sequence[Mapping[str, Any]]]) -> Sequence[str]:
    """The questions and concerns of several reviews, each on one line, in the order of the criteria."""
    raised = [one for review in remarks for one in review if one["finding"] != Finding.SATISFACTORY]
    order = {one["code"]: number for review in remarks for number, one in enumerate(review)}
    raised.sort(key=lambda one: order[one["code"]])
    return list(dict.fromkeys(" ".join(str(one["words"]).split()) for one in raised))
