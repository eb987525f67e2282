"""Policy packs: the quorum, the clocks and the tracks of a case."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from hcqic_gov.core.calendar import london_day
from hcqic_gov.ethics.states import Track, WorkKind
from hcqic_gov.policy.files import PolicyFile, in_force, policy_dir, read_file

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
