"""What an applicant enters, in sections; what it still lacks; and its content as it is frozen."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Protocol

from hcqic_gov.core.canonical import plain
from hcqic_gov.ethics.papers import PAPER_LABELS, Paper, PaperKind, paper_rules
from hcqic_gov.ethics.states import ConsentBasis, Method, Purpose, WorkKind
from hcqic_gov.ethics.triage import Outcome, triage
from hcqic_gov.projects.rules import DataClass


@dataclass(frozen=True, slots=True)
class Summary:
    """The section that says what the work is."""

    title: str
    lay_summary: str


@dataclass(frozen=True, slots=True)
class Answers:
    """The section of the triage questions: yes or no by the question's code."""

    answers: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class ScopeOfWork:
    """The section that says what is worked on, what for and how: work beyond it is not approved."""

    work_kind: WorkKind
    data_class: DataClass
    purposes: tuple[Purpose, ...]
    methods: tuple[Method, ...]


@dataclass(frozen=True, slots=True)
class People:
    """The section on those who take part, or whose data is used."""

    participants: str
    consent_basis: ConsentBasis | None


@dataclass(frozen=True, slots=True)
class Application:
    """A whole application, or as much of it as there is; no answers: triage has not been done."""

    title: str
    lay_summary: str
    work_kind: WorkKind
    answers: Mapping[str, bool]
    data_class: DataClass
    purposes: tuple[Purpose, ...] = ()
    methods: tuple[Method, ...] = ()
    participants: str = ""
    consent_basis: ConsentBasis | None = None


Entered = Summary | Answers | ScopeOfWork | People | Application

COLUMNS = (
    "title",
    "lay_summary",
    "work_kind",
    "material_issue",
    "triage_answers",
    "triage_outcome",
    "triage_reasons",
    "triage_fingerprint",
    "data_class",
    "purposes",
    "methods",
    "participants",
    "consent_basis",
)
"""The columns of a case that make up its application: frozen with each version, and carried into a copy."""


class Written(Protocol):
    """Whatever carries the columns of an application: a case."""

    title: str
    lay_summary: str
    triage_outcome: Outcome | None
    data_class: DataClass
    purposes: list[str]
    methods: list[str]
    participants: str
    consent_basis: ConsentBasis | None


def column_values(entered: Entered) -> dict[str, Any]:
    """Values of the case's columns for what was entered. Errors: Invalid where a triage question has no answer."""
    values = {field.name: getattr(entered, field.name) for field in fields(entered)}
    if answers := values.pop("answers", None):
        values |= triage_values(answers)
    return {name: plain(value) if isinstance(value, tuple) else value for name, value in values.items()}


def triage_values(answers: Mapping[str, bool]) -> dict[str, Any]:
    """The answers with what they come to, and the policy file that says so."""
    policy = triage()
    advice = policy.advice(answers)
    return {
        "triage_answers": policy.asked(answers),
        "triage_outcome": advice.outcome,
        "triage_reasons": list(advice.reasons),
        "triage_fingerprint": policy.fingerprint,
        "material_issue": advice.outcome is Outcome.FULL,
    }


class SectionStatus(StrEnum):
    COMPLETED = "completed"
    INCOMPLETE = "incomplete"
    CANNOT_START = "cannot_start"


SECTION_STATUS_LABELS = {
    SectionStatus.COMPLETED: "Completed",
    SectionStatus.INCOMPLETE: "Incomplete",
    SectionStatus.CANNOT_START: "Cannot start yet",
}


@dataclass(frozen=True, slots=True)
class Section:
    """One page of the application: what it lacks, in words, and which sections must be complete before it."""

    name: str
    title: str
    lacks: Callable[[Written, frozenset[PaperKind]], Mapping[str, Any]]
    after: tuple[str, ...] = ()

    def missing(self, written: Written, held: frozenset[PaperKind]) -> Iterator[str]:
        return (words for words, value in self.lacks(written, held).items() if not value)


def needed_papers(written: Written) -> Mapping[PaperKind, str]:
    """The kinds of document that this application needs, each with why."""
    return paper_rules().asked_of(written.triage_outcome, written.data_class, written.consent_basis)


SECTIONS = (
    Section(
        "summary",
        "Title and summary",
        lambda written, _held: {"the title": written.title, "the lay summary": written.lay_summary},
    ),
    Section(
        "triage",
        "Which review it needs",
        lambda written, _held: {"the answers to the triage questions": written.triage_outcome},
    ),
    Section(
        "scope",
        "Data, purposes and methods",
        lambda written, _held: {"at least one purpose": written.purposes, "at least one method": written.methods},
    ),
    Section(
        "people",
        "People and consent",
        lambda written, _held: {
            "who takes part": written.participants,
            "the basis for consent": written.consent_basis,
        },
    ),
    Section(
        "papers",
        "Documents",
        lambda written, held: {
            f"document “{PAPER_LABELS[kind].lower()}”": kind in held for kind in needed_papers(written)
        },
        after=("triage", "scope", "people"),
    ),
)
"""The task list of an application; which documents it needs depends on the sections before them."""


def task_list(written: Written, held: frozenset[PaperKind]) -> Sequence[tuple[Section, SectionStatus]]:
    """Each section with where it stands."""
    incomplete = {section.name for section in SECTIONS if any(section.missing(written, held))}
    return [(section, status_of(section, incomplete)) for section in SECTIONS]


def status_of(section: Section, incomplete: set[str]) -> SectionStatus:
    if incomplete & set(section.after):
        return SectionStatus.CANNOT_START
    return SectionStatus.INCOMPLETE if section.name in incomplete else SectionStatus.COMPLETED


def missing_parts(written: Written, held: frozenset[PaperKind]) -> tuple[str, ...]:
    """What an application still lacks, in words."""
    return tuple(words for section in SECTIONS for words in section.missing(written, held))


def held_kinds(papers: Sequence[Paper]) -> frozenset[PaperKind]:
    return frozenset(paper.kind for paper in papers if paper.current)


def content_of(case: Any, papers: Sequence[Paper]) -> Mapping[str, Any]:
    """The application as plain values, its current documents by hash, to be frozen."""
    enclosed = [
        {"kind": plain(paper.kind), "title": paper.title, "version": paper.number, "sha256": paper.sha256}
        for paper in papers
        if paper.current
    ]
    return {**{name: plain(getattr(case, name)) for name in COLUMNS}, "papers": enclosed}
