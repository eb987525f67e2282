"""Approvals by others that a project needs beside the committee's opinion, and whether it has them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from hcqic_gov.core.errors import Invalid
from hcqic_gov.core.ruling import ALLOWED, Ruling, first_refusal, refused
from hcqic_gov.ethics.packs import REQUIREMENTS, Part
from hcqic_gov.ethics.standing import no_more_sensitive
from hcqic_gov.policy.files import PolicyFile, read_file
from hcqic_gov.projects.rules import DataClass, Setting, UseCase


class ApprovalKind(StrEnum):
    """Approvals by others, kept beside the committee's own opinion."""

    HRA = "hra"
    NHS_REC = "nhs_rec"
    UNIVERSITY_REC = "university_rec"
    CAG_S251 = "cag_s251"
    DPIA = "dpia"
    DSPT = "dspt"
    DTAC = "dtac"
    CLINICAL_SAFETY = "dcb0129_0160"
    MHRA = "mhra"
    ATRS = "atrs"
    AREA = "area"
    CALDICOTT = "caldicott"


APPROVAL_LABELS = {
    ApprovalKind.HRA: "HRA approval",
    ApprovalKind.NHS_REC: "NHS REC opinion",
    ApprovalKind.UNIVERSITY_REC: "University ethics opinion",
    ApprovalKind.CAG_S251: "CAG section 251 support",
    ApprovalKind.DPIA: "Data protection impact assessment",
    ApprovalKind.DSPT: "Data Security and Protection Toolkit",
    ApprovalKind.DTAC: "DTAC assessment",
    ApprovalKind.CLINICAL_SAFETY: "Clinical safety case (DCB0129 and DCB0160)",
    ApprovalKind.MHRA: "MHRA authorisation",
    ApprovalKind.ATRS: "Algorithmic transparency record",
    ApprovalKind.AREA: "Responsible innovation review (AREA)",
    ApprovalKind.CALDICOTT: "Caldicott Guardian’s sign-off",
}


class Requirement(Part):
    """An approval that projects need; an empty list of classes, use cases or settings means all of them."""

    approval: ApprovalKind
    why: str
    data_classes: frozenset[DataClass] = frozenset()
    use_cases: frozenset[UseCase] = frozenset()
    settings: frozenset[Setting] = frozenset()

    def asks(self, data_class: DataClass, use_case: UseCase, setting: Setting) -> bool:
        asked = ((self.data_classes, data_class), (self.use_cases, use_case), (self.settings, setting))
        return all(not wanted or value in wanted for wanted, value in asked)


class Requirements(PolicyFile):
    """Which external approvals a project needs, by its data class, use case and setting."""

    rules: tuple[Requirement, ...]

    def asked_of(self, data_class: DataClass, use_case: UseCase, setting: Setting) -> Sequence[Requirement]:
        """The first rule that asks for each kind, in the file's order."""
        asked: dict[ApprovalKind, Requirement] = {}
        for rule in self.rules:
            if rule.asks(data_class, use_case, setting):
                asked.setdefault(rule.approval, rule)
        return tuple(asked.values())


def requirements() -> Requirements:
    """Errors: BrokenPolicy."""
    return read_file(f"ethics/{REQUIREMENTS}", Requirements)


class ApprovalStatus(StrEnum):
    APPLIED = "applied"
    GRANTED = "granted"
    REFUSED = "refused"
    NOT_REQUIRED = "not_required"


STATUS_LABELS = {
    ApprovalStatus.APPLIED: "Applied for",
    ApprovalStatus.GRANTED: "Granted",
    ApprovalStatus.REFUSED: "Refused",
    ApprovalStatus.NOT_REQUIRED: "Not required",
}


@dataclass(frozen=True, slots=True)
class Held:
    """An approval by others as recorded; granted ones hold from `valid_from` until `valid_to` (None: no end)."""

    kind: ApprovalKind
    status: ApprovalStatus
    valid_from: date | None = None
    valid_to: date | None = None
    data_class: DataClass | None = None


def holds(kind: ApprovalKind, held: Sequence[Held], data_class: DataClass, day: date) -> Ruling:
    """Does this approval allow work on data of this class on this day?

    `held` is what was recorded of it, newest first: a renewal does not end the approval that still holds, a refusal
    (or a withdrawal, recorded as one) does.
    """
    if not held:
        reason = f"{APPROVAL_LABELS[kind]} is needed and not on record. Ask the ethics officer to record it."
        return refused(kind, reason)
    rulings = [holds_alone(entry, data_class, day) for entry in held]
    if held[0].status is ApprovalStatus.REFUSED:
        return rulings[0]
    return next((ruling for ruling in rulings if ruling.allowed), rulings[0])


def holds_alone(held: Held, data_class: DataClass, day: date) -> Ruling:
    """The same for one recorded approval."""
    name = APPROVAL_LABELS[held.kind]
    if held.status is ApprovalStatus.NOT_REQUIRED:
        return ALLOWED
    if held.status is not ApprovalStatus.GRANTED:
        return refused(held.kind, f"{name} is needed, but it is “{STATUS_LABELS[held.status].lower()}”.")
    if held.valid_from is None or held.valid_from > day:
        return refused(held.kind, f"{name} is not valid yet.")
    if held.valid_to is not None and held.valid_to < day:
        return refused(held.kind, f"{name} expired on {held.valid_to:%-d %B %Y}. Renew it and have it recorded.")
    if held.data_class is None or not no_more_sensitive(data_class, held.data_class):
        return refused(held.kind, f"{name} does not cover the project's class of data. Ask for it to be extended.")
    return ALLOWED


def all_hold(
    asked: Sequence[Requirement], held: Mapping[ApprovalKind, Sequence[Held]], data_class: DataClass, day: date
) -> Ruling:
    """Are all approvals that are asked for in date? The first that is not gives the reason."""
    return first_refusal(holds(rule.approval, held.get(rule.approval, ()), data_class, day) for rule in asked)


@dataclass(frozen=True, slots=True)
class ApprovalEntry:
    """What the officer records of an approval by others."""

    kind: ApprovalKind
    status: ApprovalStatus
    reference: str = ""
    reason: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    data_class: DataClass | None = None


def require_complete(entry: ApprovalEntry) -> None:
    """Errors: Invalid, with a sentence for each field that the status asks for."""
    asked: dict[str, tuple[object, str]] = {}
    if entry.status is ApprovalStatus.GRANTED:
        asked = {
            "reference": (entry.reference, "Enter its reference"),
            "valid_from": (entry.valid_from, "Enter the day from which it is valid"),
            "data_class": (entry.data_class, "Choose the most sensitive data that it covers"),
        }
    if entry.status is ApprovalStatus.NOT_REQUIRED:
        asked = {"reason": (entry.reason, "Say why it is not required")}
    missing = {name: sentence for name, (value, sentence) in asked.items() if not value}
    if entry.valid_from and entry.valid_to and entry.valid_to < entry.valid_from:
        missing["valid_to"] = "The end must be on or after the start"
    if missing:
        raise Invalid("The entry is not complete.", missing)
