"""What an opinion letter says: frozen values, from which the PDF and its HTML twin are made."""

from dataclasses import dataclass
from datetime import date, datetime

NOT_AN_NHS_REC = (
    "This decision was made by the centre's own ethics committee. The committee is not an NHS Research Ethics "
    "Committee, and its decision does not replace one where the law or NHS policy asks for it."
)

COMMITTEE_NOTE = (
    "The centre’s own ethics committee is not an NHS Research Ethics Committee, and its opinions do not replace one "
    "where the law or NHS policy asks for it."
)


@dataclass(frozen=True, slots=True)
class LetterCondition:
    """A condition of a favourable opinion; a pre-start one is met before any work begins."""

    text: str
    pre_start: bool


@dataclass(frozen=True, slots=True)
class LetterChange:
    """One field of a study that a modification changes, in words."""

    name: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class LetterPaper:
    """A document that was decided on: `name` in words, which version of it, and the SHA-256 of its bytes."""

    name: str
    version: int
    sha256: str


@dataclass(frozen=True, slots=True)
class LetterMember:
    """A member who was present and counted: `kind` in words ("Expert member", "Lay member")."""

    name: str
    kind: str
    chair: bool


@dataclass(frozen=True, slots=True)
class OpinionLetter:
    """The committee's decision on one case. `members` and `quorum` are empty where an officer determined it.

    A provisional opinion has `questions`, the day by which they are to be answered (None: no limit), and in `delegate`
    who decides on the answers.

    `decision` is in words ("Favourable opinion with conditions"); `valid_from` is None where nothing is allowed,
    `valid_to` where it has no end. On a change of an approved study there are `changes`, and `effect` is a sentence
    on what the decision means for the study. `papers` are the documents that the decision is about, all of them.
    """

    reference: str
    title: str
    project_reference: str
    project_title: str
    applicant: str
    committee: str
    decision: str
    reasons: str
    conditions: tuple[LetterCondition, ...]
    valid_from: date | None
    valid_to: date | None
    members: tuple[LetterMember, ...]
    quorum: str
    pack_title: str
    pack_fingerprint: str
    decided_at: datetime
    decider: str
    decider_role: str
    note: str = NOT_AN_NHS_REC
    changes: tuple[LetterChange, ...] = ()
    papers: tuple[LetterPaper, ...] = ()
    effect: str = ""
    questions: tuple[str, ...] = ()
    respond_by: date | None = None
    delegate: str = ""
