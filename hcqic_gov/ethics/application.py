"""What an applicant enters, what it still lacks, and its content as it is frozen."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from hcqic_gov.core.canonical import plain
from hcqic_gov.ethics.states import ConsentBasis, Method, Purpose, WorkKind
from hcqic_gov.projects.rules import DataClass


@dataclass(frozen=True, slots=True)
class Application:
    """What an applicant enters. `material_issue` is the answer to the triage question."""

    title: str
    lay_summary: str
    work_kind: WorkKind
    material_issue: bool
    data_class: DataClass
    purposes: tuple[Purpose, ...]
    methods: tuple[Method, ...]
    participants: str
    consent_basis: ConsentBasis


class Written(Protocol):
    """Whatever carries the fields of an application: a case."""

    title: str
    lay_summary: str
    purposes: list[str]
    methods: list[str]
    participants: str


def missing_parts(written: Written) -> tuple[str, ...]:
    """What an application still lacks, in words."""
    parts = {
        "the title": written.title,
        "the lay summary": written.lay_summary,
        "who takes part": written.participants,
        "at least one purpose": written.purposes,
        "at least one method": written.methods,
    }
    return tuple(words for words, value in parts.items() if not value)


def column_values(application: Application) -> dict[str, Any]:
    """Values of the case's columns: purposes and methods as lists of text."""
    values = {name: getattr(application, name) for name in Application.__dataclass_fields__}
    return {
        **values,
        "purposes": [purpose.value for purpose in application.purposes],
        "methods": [method.value for method in application.methods],
    }


def content_of(written: Written) -> Mapping[str, Any]:
    """The fields as plain values, to be frozen."""
    return {name: plain(getattr(written, name)) for name in Application.__dataclass_fields__}
