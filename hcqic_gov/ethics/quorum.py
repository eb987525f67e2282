"""Quorum by composition, and how a vote carries."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from hcqic_gov.committee.rules import LAY, MemberKind
from hcqic_gov.core.ruling import Ruling, allowed_if, refused
from hcqic_gov.ethics.packs import QuorumRule
from hcqic_gov.ethics.states import ABSTAIN


@dataclass(frozen=True, slots=True)
class Seat:
    """A person who is present. `recused` also stands for those on the project's team.

    Who has not said whether they have an interest (`declared`) does not count yet.
    """

    person_id: int
    name: str
    kind: MemberKind
    chair: bool = False
    in_term: bool = True
    recused: bool = False
    declared: bool = True

    @property
    def left_out(self) -> str:
        """Why this person does not count; "" where they do."""
        if self.recused:
            return "recused"
        if not self.in_term:
            return "out of term"
        return "" if self.declared else "undeclared"


def counted(present: Iterable[Seat]) -> Sequence[Seat]:
    """Those who make up the quorum: in term, declared and not recused, each person once."""
    seats = {seat.person_id: seat for seat in present if not seat.left_out}
    return tuple(seats.values())


def quorum(present: Sequence[Seat], rule: QuorumRule) -> Ruling:
    """Is the committee quorate? The reason is the live statement, whether it is or not."""
    lacking = shortfalls(counted(present), rule)
    return Ruling(not lacking, "quorate" if lacking else "", statement(present, rule, lacking))


def shortfalls(seats: Sequence[Seat], rule: QuorumRule) -> Sequence[str]:
    """What the quorum lacks, in words; empty where it is met."""
    lay = sum(seat.kind in LAY for seat in seats)
    needed = [
        (len(seats) >= rule.members, f"{rule.members} members"),
        (not rule.chair or any(seat.chair for seat in seats), "the chair"),
        (lay >= rule.lay, f"{rule.lay} lay"),
        (len(seats) - lay >= rule.expert, f"{rule.expert} expert"),
    ]
    return [words for met, words in needed if not met]


def statement(present: Sequence[Seat], rule: QuorumRule, lacking: Sequence[str]) -> str:
    """As in "5 present, chair, 2 lay: quorate; 1 recused"."""
    seats = counted(present)
    parts = [f"{len(seats)} present", "chair" if any(seat.chair for seat in seats) else "no chair"]
    parts.append(f"{sum(seat.kind in LAY for seat in seats)} lay")
    verdict = f"not quorate, needs {', '.join(lacking)}" if lacking else "quorate"
    rest = [f"{count} {word}" for word, count in left_out(present).items()]
    if not lacking and len(seats) < rule.advised:
        rest.append(f"fewer than the {rule.advised} aimed for")
    return "; ".join([f"{', '.join(parts)}: {verdict}", *rest])


def left_out(present: Iterable[Seat]) -> Mapping[str, int]:
    """How many who are present do not count, and why."""
    return Counter(seat.left_out for seat in present if seat.left_out)


@dataclass(frozen=True, slots=True)
class Ballot:
    """The live votes of those who count: person's number → decision, or `ABSTAIN`."""

    votes: Mapping[int, str] = field(default_factory=dict)
    chair_id: int | None = None
    needed: int = 0
    casting_vote: bool = False


def carries(ballot: Ballot, decision: str, label: str) -> Ruling:
    """More than half of the votes cast (abstentions apart); on a tie the chair's, where the pack gives it.

    `needed` members must have voted, abstaining or not, so that a handful cannot decide for a quorate meeting.
    """
    if len(ballot.votes) < ballot.needed:
        reason = f"{len(ballot.votes)} of at least {ballot.needed} members have voted. Wait for the others."
        return refused("vote_carries", reason)
    cast = sum(vote != ABSTAIN for vote in ballot.votes.values())
    ayes = sum(vote == decision for vote in ballot.votes.values())
    tie_broken = (
        cast > 0 and 2 * ayes == cast and ballot.casting_vote and ballot.votes.get(ballot.chair_id or 0) == decision
    )
    reason = f"{ayes} of {cast} votes are for “{label}”: it needs more than half. Discuss it and vote again."
    return allowed_if(2 * ayes > cast or tie_broken, "vote_carries", reason)
