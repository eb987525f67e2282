"""What checkers see beside a result, and the record that goes with a release."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from hcqic_gov.core.actor import Actor
from hcqic_gov.core.canonical import fingerprint
from hcqic_gov.people.rules import Role
from hcqic_gov.quantum.bindings import kept
from hcqic_gov.quantum.tiers import tiers
from hcqic_gov.sandbox import queries
from hcqic_gov.sandbox.gates import gates, policy_fingerprint
from hcqic_gov.sandbox.likeness import likeness
from hcqic_gov.sandbox.models import Run, RunCircuit, RunRelease, RunResult, RunReview
from hcqic_gov.sandbox.points import by_values
from hcqic_gov.sandbox.rules import WATERMARK, State, suppressed

COMPARED = 30
"""The latest releases of a project that a result is held against."""
LONGEST = 200_000
"""Circuits with more characters than this are only found equal or not."""


@dataclass(frozen=True, slots=True)
class Near:
    """An earlier release of a near-equal circuit; `differences` by bit string, this result less the earlier one."""

    reference: str
    title: str
    shots: int
    likeness: float
    counts: Mapping[str, int]
    differences: Mapping[str, int]

    def small(self, below: int) -> Sequence[str]:
        """Bit strings whose two counts differ by less than is suppressed: together they may show what each hides."""
        return [bits for bits, by in self.differences.items() if 0 < abs(by) < below]


def shown_counts(run: Run, result: RunResult) -> Mapping[str, int]:
    """As they are, or would be, released: small counts summed up where the data class asks for it."""
    return suppressed(result.counts, tiers().suppress_below.get(run.data_class, 0))


def near_releases(session: Session, run: Run) -> Sequence[Near]:
    """Earlier releases of the same project whose circuits are near-equal to this one, the most alike first."""
    source, result = queries.circuit_of(session, run), queries.result_of(session, run)
    statement = (
        select(Run, RunCircuit, RunResult)
        .join(RunCircuit, col(RunCircuit.id) == col(Run.circuit_id))
        .join(RunResult, col(RunResult.run_id) == col(Run.id))
        .where(Run.project_id == run.project_id, Run.state == State.RELEASED, Run.id != run.id)
    )
    if run.ended_at and run.state is State.RELEASED:
        statement = statement.where(col(Run.ended_at) <= run.ended_at)
    rows = session.exec(statement.order_by(col(Run.id).desc()).limit(COMPARED)).all()
    here = by_values(shown_counts(run, result), kept(source.bindings)) if result else {}
    found = [near(here, other, counts, circuit, alike(source, circuit)) for other, circuit, counts in rows]
    wanted = [one for one in found if one.likeness >= gates().near_equal]
    return sorted(wanted, key=lambda one: (-one.likeness, one.reference))


def alike(first: RunCircuit, second: RunCircuit) -> float:
    if first.sha256 == second.sha256:
        return 1.0
    if max(len(first.source), len(second.source)) > LONGEST:
        return 0.0
    return likeness(first.source, second.source)


def near(here: Mapping[str, int], other: Run, result: RunResult, circuit: RunCircuit, share: float) -> Near:
    there = by_values(shown_counts(other, result), kept(circuit.bindings))
    keys = sorted(here.keys() | there.keys())
    return Near(
        other.reference, other.title, other.shots, share, there,
        {bits: here.get(bits, 0) - there.get(bits, 0) for bits in keys},
    )  # fmt: skip


def reviews_for(session: Session, run: Run, reader: Actor) -> Sequence[RunReview]:
    """The verdicts that this person may see: until all are in only their own; the auditor sees all."""
    given: Sequence[RunReview] = queries.parts(session, RunReview, run)
    if run.state is not State.IN_REVIEW or reader.has(Role.AUDITOR):
        return given
    return [review for review in given if review.checker_id == reader.id]


def keep_release(session: Session, run: Run, *, now: datetime) -> RunRelease:
    """The record of this release, written once with it; the audit entry is the release's own."""
    values = record_of(session, run, now)
    made = RunRelease(run_id=run.key, record=values, sha256=fingerprint(values), at=now, created_at=now)
    session.add(made)
    session.flush()
    return made


def record_of(session: Session, run: Run, now: datetime) -> dict[str, Any]:
    """What was checked before the release, in JSON's own types."""
    result, circuit = queries.result_of(session, run), queries.circuit_of(session, run)
    counts = result.counts if result else {}
    shown = shown_counts(run, result) if result else {}
    reviews: Sequence[RunReview] = queries.parts(session, RunReview, run)
    below = tiers().suppress_below.get(run.data_class, 0)
    return {
        "run": run.reference,
        "released_at": now.isoformat(),
        "statement": WATERMARK,
        "data_class": run.data_class.value,
        "checkers_needed": tiers().checkers.get(run.data_class, 1),
        "checks": [
            {"checker": one.checker_id, "verdict": one.verdict.value, "reason": one.reason, "at": one.at.isoformat()}
            for one in reviews
        ],
        "suppressed_below": below,
        "outcomes": len(counts),
        "outcomes_suppressed": sum(0 < count < below for count in counts.values()),
        "near_equal_from": gates().near_equal,
        "near_equal": [
            {"run": one.reference, "likeness": round(one.likeness, 4), "small_differences": len(one.small(below))}
            for one in near_releases(session, run)
        ],
        "circuit_sha256": circuit.sha256,
        "bindings": run.points,
        "bindings_sha256": circuit.bindings_sha256,
        "counts_sha256": fingerprint(dict(shown)),
        "policy": policy_fingerprint(),
    }


def release_of(session: Session, run: Run) -> RunRelease | None:
    return session.exec(select(RunRelease).where(RunRelease.run_id == run.id)).first()
