"""The content of an application in words, as it was frozen: also fields that this program no longer knows."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

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
from hcqic_gov.projects.rules import LABELS, DataClass

NAMES = {
    "title": "Title",
    "lay_summary": "Lay summary",
    "work_kind": "What it is",
    "triage_answers": "Triage",
    "material_issue": "Material ethical issue (triage)",
    "triage_outcome": "Outcome of the triage",
    "triage_reasons": "Why that is its outcome",
    "triage_fingerprint": "Fingerprint of the triage questions (SHA-256)",
    "data_class": "Data",
    "purposes": "Purposes",
    "methods": "Methods",
    "participants": "Who takes part",
    "consent_basis": "Consent",
    "papers": "Papers",
    "sha256": "SHA-256",
}
KINDS: Mapping[str, tuple[type[StrEnum], Mapping[Any, str]]] = {
    "work_kind": (WorkKind, WORK_KIND_LABELS),
    "data_class": (DataClass, LABELS),
    "purposes": (Purpose, PURPOSE_LABELS),
    "methods": (Method, METHOD_LABELS),
    "consent_basis": (ConsentBasis, CONSENT_LABELS),
}


def answers(content: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Questions with answers: the fields we know in our order, then the others."""
    known = [name for name in NAMES if name in content]
    others = sorted(content.keys() - NAMES.keys())
    return tuple((named(name), answer(name, content[name])) for name in [*known, *others])


def answer(field: str, value: Any) -> str:
    """A value in words: lists line by line, each record on one line."""
    match value:
        case None | "" | []:
            return "not answered"
        case bool():
            return "Yes" if value else "No"
        case {"question": str(question), "yes": bool(yes)}:
            return f"{question} {answer(field, yes)}"
        case list():
            return "\n".join(answer(field, item) for item in value)
        case dict():
            return "; ".join(f"{named(name)}: {answer(name, item)}" for name, item in value.items()) or "not answered"
    return labelled(field, str(value))


def labelled(field: str, value: str) -> str:
    kind, labels = KINDS.get(field, (None, {}))
    return labels.get(kind(value), value) if kind and value in set(kind) else value


def named(name: str) -> str:
    return NAMES.get(name, name.replace("_", " ").capitalize())
