"""Policy packs: the quorum, the clocks and the tracks of a case."""

from collections.abc import Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from hcqic_gov.core.calendar import london_day
from hcqic_gov.ethics.states import CaseKind, Track, WorkKind
from hcqic_gov.policy.files import PolicyFile, broken, in_force, policy_dir, read_file

REQUIREMENTS = "requirements.toml"
TRIAGE = "triage.toml"
PAPERS = "papers.toml"
CRITERIA = "criteria.toml"
MODIFICATIONS = "modifications.toml"
NOT_PACKS = frozenset({REQUIREMENTS, TRIAGE, PAPERS, CRITERIA, MODIFICATIONS})
"""Files beside the packs, each read by the module that uses it."""


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


class ReviewDays(Part):
    """The days that a review may take, each from the London day on which it begins; None sets no limit.

    Where the review `stops_for_information`, its one clock stands still while information is awaited and then goes on;
    elsewhere a request for information ends the first clock and the response begins another.
    """

    first_decision_days: int = Field(ge=1)
    response_days: int | None = Field(None, ge=1)
    final_decision_days: int | None = Field(None, ge=1)
    stops_for_information: bool = False

    @model_validator(mode="after")
    def has_one_way_to_wait(self) -> Self:
        if self.stops_for_information and self.final_decision_days is not None:
            raise ValueError("a clock that stops for information goes on afterwards: leave out final_decision_days")
        return self


class TrackRule(ReviewDays):
    """One way through review: its days and its quorum."""

    quorum: QuorumRule


class ModificationRule(ReviewDays):
    """How a substantial modification is reviewed; without a quorum of its own by that of the full committee."""

    quorum: QuorumRule | None = None


class EthicsPack(PolicyFile):
    """What holds for the cases submitted while the pack is in force; a case keeps it whole.

    Days are days of the calendar, or working days of England where `working_days` is true. What a pack leaves out it
    does not limit: so a case can still read the pack that it kept before there was such a setting.
    """

    applies_to: frozenset[WorkKind] = Field(min_length=1)
    working_days: bool = False
    validation_days: int | None = Field(None, ge=1)
    halt_notice_days: int | None = Field(None, ge=1)
    end_declared_days: int | None = Field(None, ge=1)
    final_report_months: int | None = Field(None, ge=1)
    casting_vote: bool
    tracks: dict[Track, TrackRule]
    modification: ModificationRule | None = None

    @field_validator("tracks")
    @classmethod
    def has_full_review(cls, tracks: dict[Track, TrackRule]) -> dict[Track, TrackRule]:
        if Track.FULL not in tracks:
            raise ValueError("a pack needs the track “full”")
        return tracks

    def review(self, track: Track, *, modification: bool = False) -> TrackRule:
        """How such a case is reviewed: a track that the pack does not have, and a modification for which it says
        nothing, as by the full committee.
        """
        full = self.tracks[Track.FULL]
        if not modification:
            return self.tracks.get(track, full)
        if self.modification is None:
            return full
        return TrackRule(**{**dict(self.modification), "quorum": self.modification.quorum or full.quorum})

    def terms(self) -> dict[str, Any]:
        """The pack as plain values, for the case to keep."""
        return {**self.model_dump(mode="json"), "applies_to": sorted(self.applies_to), "fingerprint": self.fingerprint}


def quorum_rule(kind: CaseKind, track: Track | None, pack: EthicsPack) -> QuorumRule:
    """By which a case of this kind is heard; before there is a track, by the full committee's."""
    return pack.review(track or Track.FULL, modification=kind is CaseKind.MODIFICATION).quorum


def packs() -> Sequence[EthicsPack]:
    """All packs under `policies/ethics/`. Errors: BrokenPolicy, also where two are in force for one kind of work."""
    files = sorted((policy_dir() / "ethics").glob("*.toml"))
    names = [f"ethics/{file.name}" for file in files if file.name not in NOT_PACKS]
    by_name = {name: read_file(name, EthicsPack) for name in names}
    for kind in WorkKind:
        require_turns({name: pack for name, pack in by_name.items() if kind in pack.applies_to}, kind)
    return tuple(by_name.values())


def require_turns(by_name: dict[str, EthicsPack], kind: WorkKind) -> None:
    """One pack at a time: the next begins after the last day of the one before. Errors: BrokenPolicy."""
    in_turn = sorted(by_name.items(), key=lambda item: item[1].effective_from)
    for (before, earlier), (name, later) in pairwise(in_turn):
        if later.effective_from <= (earlier.effective_to or date.max):
            reason = f"{before} is still in force then for {kind.value}: end that one first, with effective_to"
            raise broken(name, ("effective_from",), reason)


def pack_for(kind: WorkKind, submitted_at: datetime) -> EthicsPack:
    """The pack in force in London at submission, for this kind of work. Errors: NotFound, BrokenPolicy."""
    return in_force((pack for pack in packs() if kind in pack.applies_to), london_day(submitted_at))
