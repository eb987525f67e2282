"""Several runs of a project side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from hcqic_gov.sandbox.models import Run, RunCircuit, RunResult
from hcqic_gov.sandbox.releases import shown_counts
from hcqic_gov.sandbox.rules import HAS_RESULT, State, distance

MOST = 5
OFFERED = 25


@dataclass(frozen=True, slots=True)
class Column:
    """One run; `counts` as released (empty before), `distance` from the first released run of the comparison."""

    run: Run
    sha256: str
    result: RunResult
    counts: Mapping[str, int]
    distance: float | None

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def share(self, bits: str) -> float:
        return self.counts.get(bits, 0) / (self.total or 1)


def offered(session: Session, run: Run) -> Sequence[Run]:
    """The project's other runs with a result, the latest first."""
    statement = select(Run).where(Run.project_id == run.project_id, Run.id != run.id, col(Run.state).in_(HAS_RESULT))
    return session.exec(statement.order_by(col(Run.id).desc()).limit(OFFERED)).all()


def columns(session: Session, run: Run, others: Sequence[str]) -> Sequence[Column]:
    """This run and those others of its project, in this order, each where it has a result."""
    statement = (
        select(Run, RunCircuit.sha256, RunResult)
        .join(RunCircuit, col(RunCircuit.id) == col(Run.circuit_id))
        .join(RunResult, col(RunResult.run_id) == col(Run.id))
        .where(Run.project_id == run.project_id, col(Run.reference).in_([run.reference, *others[: MOST - 1]]))
    )
    found = {one.reference: (one, sha256, result) for one, sha256, result in session.exec(statement)}
    wanted = [found[name] for name in dict.fromkeys([run.reference, *others]) if name in found]
    open_counts = {one.reference: shown_counts(one, result) for one, _, result in wanted if one.state is State.RELEASED}
    first = next(iter(open_counts.values()), None)
    return [
        Column(
            one,
            sha256,
            result,
            open_counts.get(one.reference, {}),
            distance(first, open_counts[one.reference]) if first is not None and one.reference in open_counts else None,
        )
        for one, sha256, result in wanted
    ]


def most_frequent(columns: Sequence[Column], limit: int) -> Sequence[str]:
    """The bit strings with the largest share in any of the runs."""
    keys = {bits for column in columns for bits in column.counts}
    return sorted(keys, key=lambda bits: (-max(column.share(bits) for column in columns), bits))[:limit]
