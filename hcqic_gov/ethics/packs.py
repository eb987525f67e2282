"""Policy packs: the quorum, clocks and tracks of a case, and which external approvals a project needs."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from hcqic_gov.core.calendar import london_day
from hcqic_gov.ethics.states import Track, WorkKind
from hcqic_gov.policy.files import PolicyFile, in_force, policy_dir, read_file
from hcqic_gov.projects.rules import DataClass, Setting, UseCase

REQUIREMENTS = "requirements.toml"


class Part(BaseModel):
    """A table inside a policy file."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class QuorumRule(Part):
    """Who must be present: `members` in all, of them so many lay and expert, and the chair where `chair` is true.

    Below `advised` members a quorate meeting still shows a warning.
    """

    members: int = Field(ge=1)
    lay: int = Field(ge=0)
    expert: int = Field(ge=0)
    chair: bool
    advised: int = Field(0, ge=0)


class TrackRule(Part):
    """One way through review: calendar days from the valid application to the first decision, and its quorum."""

    first_decision_days: int = Field(ge=1)
    quorum: QuorumRule


class EthicsPack(PolicyFile):
    """What holds for the cases submitted while the pack is in force; a case keeps it whole."""

    applies_to: frozenset[WorkKind] = Field(min_length=1)
    validation_days: int | None = Field(None, ge=1)
    casting_vote: bool
    tracks: dict[Track, TrackRule]

    @model_validator(mode="after")
    def has_full_review(self) -> Self:
        if Track.FULL not in self.tracks:
            raise ValueError("a pack needs the track “full”")
        return self

    def terms(self) -> dict[str, Any]:
        """The pack as plain values, for the case to keep."""
        return {**self.model_dump(mode="json"), "applies_to": sorted(self.applies_to), "fingerprint": self.fingerprint}


def packs() -> Sequence[EthicsPack]:
    """All packs under `policies/ethics/`. Errors: BrokenPolicy."""
    files = sorted((policy_dir() / "ethics").glob("*.toml"))
    return [read_file(f"ethics/{file.name}", EthicsPack) for file in files if file.name != REQUIREMENTS]


def pack_for(kind: WorkKind, submitted_at: datetime) -> EthicsPack:
    """The pack in force in London at submission, for this kind of work. Errors: NotFound, BrokenPolicy."""
    return in_force((pack for pack in packs() if kind in pack.applies_to), london_day(submitted_at))


def validation_due(pack: EthicsPack, submitted_at: datetime) -> date | None:
    """The day by which the officer should have validated the application; None where the pack sets none."""
    return london_day(submitted_at) + timedelta(days=pack.validation_days) if pack.validation_days else None


def first_decision_due(pack: EthicsPack, track: Track, valid_at: datetime) -> date:
    """The day by which the first decision, or the request for further information, is due."""
    return london_day(valid_at) + timedelta(days=pack.tracks[track].first_decision_days)


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
