"""The life of a report: drafted, reviewed by a second person, issued, and from then on only superseded."""

from dataclasses import dataclass
from enum import StrEnum

from hcqic_gov.core.ruling import Ruling, allowed_if
from hcqic_gov.core.workflow import SYSTEM, Move, Workflow
from hcqic_gov.people.rules import Role
from hcqic_gov.reporting.snapshot import Narrative


class Kind(StrEnum):
    """What a report is about: one award, everything that a funder supports, or the whole centre in one year."""

    AWARD = "award"
    FUNDER = "funder"
    ANNUAL = "annual"


TITLES = {
    Kind.AWARD: "Funder progress report",
    Kind.FUNDER: "Funder progress report",
    Kind.ANNUAL: "Annual report of the centre",
}


class PaperKind(StrEnum):
    """What the centre signs beside its reports: as it is taken, in the words of who may read it."""

    LETTER = "letter"
    MINUTES = "minutes"
    DOSSIER = "dossier"
    BOARD = "board"


ONE_HOLDS = (PaperKind.LETTER,)
"""Of these a newer content replaces the older; of the others each reader may hold another one, and all stay true."""


class Status(StrEnum):
    DRAFT = "draft"
    IN_REVIEW = "in_review"
    RETURNED = "returned"
    REVIEWED = "reviewed"
    ISSUED = "issued"
    SUPERSEDED = "superseded"


IMMUTABLE = (Status.ISSUED, Status.SUPERSEDED)
"""Nothing that such a report says changes any more."""


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """What the guards look at; `actual_hash` is worked out from the stored data, not read from beside them."""

    writers: frozenset[int]
    by: int
    narrative: Narrative
    stored_hash: str
    actual_hash: str
    reviewed_hash: str = ""
    has_successor: bool = False
    reason: str = ""
    acknowledged: bool = False


def narrative_written(facts: ReportFacts) -> Ruling:
    story = facts.narrative
    answered = all(text.strip() for text in (story.achievements, story.taken_forward, story.objectives))
    reason = "Answer the funder's three questions first: achievements, how they are taken forward, objectives met."
    return allowed_if(answered, "narrative_written", reason)


def second_person(facts: ReportFacts) -> Ruling:
    return allowed_if(
        facts.by not in facts.writers, "second_person", "You wrote in this report: another person must review it."
    )


def reason_given(facts: ReportFacts) -> Ruling:
    return allowed_if(bool(facts.reason.strip()), "reason_given", "Say what has to be changed.")


def data_intact(facts: ReportFacts) -> Ruling:
    reason = "The stored data no longer match their hash. Tell the administrator; draft the report anew."
    return allowed_if(facts.stored_hash == facts.actual_hash, "data_intact", reason)


def as_reviewed(facts: ReportFacts) -> Ruling:
    reason = "This is not the content that was reviewed. It has to be reviewed again."
    return allowed_if(facts.reviewed_hash == facts.actual_hash, "as_reviewed", reason)


def no_successor(facts: ReportFacts) -> Ruling:
    return allowed_if(not facts.has_successor, "no_successor", "A newer version of this report exists already.")


def not_acknowledged(facts: ReportFacts) -> Ruling:
    return allowed_if(not facts.acknowledged, "not_acknowledged", "You acknowledged this report already.")


AUTHORS = (Role.CENTRE_MANAGER, Role.FUNDING_OFFICER)
REVIEWERS = (Role.CENTRE_MANAGER, Role.FUNDING_OFFICER, Role.FINANCE)

S = Status
IN_WORK = (S.DRAFT, S.RETURNED)
UNREVIEWED = (*IN_WORK, S.IN_REVIEW)
WORKFLOW: Workflow[Status, ReportFacts] = Workflow(
    "report",
    "The life of a report",
    S.DRAFT,
    {
        S.DRAFT: "Draft",
        S.IN_REVIEW: "In review",
        S.RETURNED: "Returned to its author",
        S.REVIEWED: "Reviewed",
        S.ISSUED: "Issued",
        S.SUPERSEDED: "Superseded",
    },
    (
        Move("write", "write the narrative", IN_WORK, None, AUTHORS),
        Move("refresh", "refresh the data", IN_WORK, None, AUTHORS),
        Move("submit", "submit for review", IN_WORK, S.IN_REVIEW, AUTHORS, (narrative_written, data_intact)),
        Move("approve", "approve", (S.IN_REVIEW,), S.REVIEWED, REVIEWERS, (second_person, data_intact)),
        Move(
            "return",
            "return to the author",
            (S.IN_REVIEW, S.REVIEWED),
            S.RETURNED,
            REVIEWERS,
            (second_person, reason_given),
        ),
        Move("issue", "issue", (S.REVIEWED,), S.ISSUED, (Role.CENTRE_MANAGER,), (data_intact, as_reviewed)),
        Move("acknowledge", "acknowledge", (S.ISSUED,), None, (Role.FUNDER,), (not_acknowledged,)),
        Move("correct", "open a corrected version", (S.ISSUED,), None, AUTHORS, (reason_given, no_successor)),
        Move("supersede", "supersede by an issued correction", (S.ISSUED,), S.SUPERSEDED, (SYSTEM,)),
    ),
)

STATUS_COLOURS = {
    S.DRAFT: "grey",
    S.IN_REVIEW: "yellow",
    S.RETURNED: "orange",
    S.REVIEWED: "blue",
    S.ISSUED: "green",
    S.SUPERSEDED: "grey",
}
