"""What a gatekeeper decides on: the queue, and a request beside the requester's earlier ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from hcqic_gov.core.actor import Actor
from hcqic_gov.people.models import Person
from hcqic_gov.projects.models import Project
from hcqic_gov.sandbox import queries
from hcqic_gov.sandbox.likeness import difference, likeness
from hcqic_gov.sandbox.models import Run, RunCircuit, RunEvent
from hcqic_gov.sandbox.rules import State
from hcqic_gov.sandbox.waiting import own

EARLIER = 10
"""How many of the requester's earlier requests are offered for comparison."""
SETTINGS = ("title", "purpose", "shots", "seed", "points", "qubits", "operations", "method", "size_class", "data_class")


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A request that waits for a gatekeeper, or for the answer to a question of one."""

    reference: str
    title: str
    project: str
    requester: str
    size_class: str
    predicted_seconds: float
    requested_at: datetime
    state: State
    own: bool


@dataclass(frozen=True, slots=True)
class Exchange:
    """A gatekeeper's question or the requester's answer."""

    asks: bool
    text: str
    at: datetime
    actor_id: int


@dataclass(frozen=True, slots=True)
class Earlier:
    """What differs from an earlier request: settings as (name, then, now), and the circuits' statements."""

    run: Run
    settings: Sequence[tuple[str, Any, Any]]
    lines: Sequence[str]
    cut: bool
    likeness: float


def queue(session: Session, actor: Actor) -> Sequence[QueueRow]:
    """All requests that wait, the oldest first; `own` where this person may not decide on it."""
    statement = (
        sa.select(Run, Project.reference, Person.name, own(actor))  # type: ignore[call-overload]
        .join(Project, col(Project.id) == col(Run.project_id))
        .join(Person, col(Person.id) == col(Run.requester_id))
        .where(col(Run.state).in_((State.REQUESTED, State.ASKED)))
        .order_by(col(Run.requested_at), col(Run.id))
    )
    return [
        QueueRow(
            run.reference, run.title, project, requester, run.size_class, run.predicted_seconds,
            run.requested_at or run.created_at, run.state, bool(mine),
        )
        for run, project, requester, mine in session.execute(statement)
    ]  # fmt: skip


def exchange(session: Session, run: Run) -> Sequence[Exchange]:
    """Questions and answers, in their order."""
    events: Sequence[RunEvent] = queries.parts(session, RunEvent, run)
    said = [event for event in events if event.move in ("ask", "answer")]
    return [Exchange(event.move == "ask", event.reason, event.at, event.actor_id) for event in said]


def earlier_requests(session: Session, run: Run) -> Sequence[Run]:
    """What the requester asked for before, the latest first; of the same project before others."""
    statement = select(Run).where(
        Run.requester_id == run.requester_id, col(Run.id) < run.id, col(Run.requested_at).is_not(None)
    )
    same_project = sa.case((col(Run.project_id) == run.project_id, 0), else_=1)
    return session.exec(statement.order_by(same_project, col(Run.id).desc()).limit(EARLIER)).all()


def compared(session: Session, run: Run, earlier: Run) -> Earlier:
    circuits = circuits_of(session, run, earlier)
    then, here = circuits[earlier.circuit_id], circuits[run.circuit_id]
    before, now = then.source, here.source
    pairs = [(name, getattr(earlier, name), getattr(run, name)) for name in SETTINGS]
    pairs.append(("bindings (SHA-256)", then.bindings_sha256[:12], here.bindings_sha256[:12]))
    lines, cut = ((), False) if before == now else difference(before, now)
    same = 1.0 if before == now else likeness(before, now)
    return Earlier(earlier, [(name, a, b) for name, a, b in pairs if a != b], lines, cut, same)


def circuits_of(session: Session, *runs: Run) -> Mapping[int, RunCircuit]:
    wanted = col(RunCircuit.id).in_([run.circuit_id for run in runs])
    return {circuit.key: circuit for circuit in session.exec(select(RunCircuit).where(wanted))}
