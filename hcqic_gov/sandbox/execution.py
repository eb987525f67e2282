"""Executes queued runs: one claim with one winner, every gate asked again, a lease while the child works."""

import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from hcqic_gov.audit.service import snapshot
from hcqic_gov.core.actor import SYSTEM_ACTOR
from hcqic_gov.db import Database
from hcqic_gov.quantum.bindings import NONE, Bindings, kept
from hcqic_gov.quantum.isolation import Ceilings
from hcqic_gov.quantum.simulate import Outcome, Status, simulate
from hcqic_gov.quantum.tiers import tiers
from hcqic_gov.sandbox import queries
from hcqic_gov.sandbox.evidence import limits_of
from hcqic_gov.sandbox.granting import book
from hcqic_gov.sandbox.models import Run, RunResult, RunTranspiled, SandboxSwitch
from hcqic_gov.sandbox.points import joined
from hcqic_gov.sandbox.rules import WORKFLOW, Facts, Stage, State, distance, gates_open
from hcqic_gov.sandbox.service import change, note_check

Clock = Callable[[], datetime]
Dispatch = Callable[[int], object]
WRITING = timedelta(seconds=1)
PATIENCE = timedelta(seconds=15)
"""A run that is queued longer is handed to a worker again: a second message does no harm, a lost one would."""


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed run: what the child needs, and which attempt it is."""

    run_id: int
    attempt: int
    source: str
    shots: int
    seed: int
    limits: Ceilings
    method: str
    bindings: Bindings = NONE


def execute(database: Database, run_id: int, *, clock: Clock) -> State | None:
    """Claim, run and finish; None where somebody else has claimed the run or it is no longer queued."""
    with database.transaction() as session:
        job = begin(session, run_id, worker=this_process(), now=clock())
    if job is None:
        return None
    held = Lease(database, job, clock)
    outcome = simulate(
        job.source,
        shots=job.shots,
        seed=job.seed,
        limits=job.limits,
        text_limits=tiers().text,
        watch=held,
        method=job.method,
        bindings=job.bindings,
        progress=held.hear,
    )
    with database.transaction() as session:
        return finish(session, job, outcome, now=clock())


def begin(session: Session, run_id: int, *, worker: str, now: datetime) -> Job | None:
    """Claim the run and ask every gate at this moment; a closed one blocks it, with its reason on record."""
    if not claim(session, run_id, worker=worker, now=now):
        return None
    run = session.get_one(Run, run_id, populate_existing=True)
    before = {**snapshot(run), "state": State.QUEUED.value}
    circuit = queries.circuit_of(session, run)
    answers = queries.gate_rulings(session, run, at=now)
    note_check(session, run, Stage.EXECUTION, answers, now=now)

    if not (ruling := gates_open(Facts(answers))).allowed:
        run.attempt -= 1  # nothing was executed
        reason = f"{ruling.authority}: {ruling.reason}"
        change(session, run, "block", before, reason=reason, actor=SYSTEM_ACTOR, now=now)
        return None
    run.started_at = now
    change(session, run, "begin", before, actor=SYSTEM_ACTOR, now=now)
    bindings = kept(circuit.bindings)
    return Job(run.key, run.attempt, circuit.source, run.shots, run.seed, limits_of(run), run.method, bindings)


def claim(session: Session, run_id: int, *, worker: str, now: datetime) -> bool:
    """One UPDATE with one winner; it waits for maintenance, and where the requester has as many going as one may."""
    other = aliased(Run)
    going = (
        sa.select(sa.func.count())
        .select_from(other)
        .where(col(other.requester_id) == col(Run.requester_id), col(other.state) == State.RUNNING)
        .scalar_subquery()
    )
    statement = (
        sa.update(Run)
        .where(col(Run.id) == run_id, col(Run.state) == State.QUEUED, going < tiers().max_running, ~under_maintenance())
        .values(
            state=State.RUNNING,
            worker=worker,
            lease_until=now + lease(),
            attempt=col(Run.attempt) + 1,
            done=0,
            version=col(Run.version) + 1,
        )
        .execution_options(synchronize_session=False)
    )
    return rows_changed(session, statement) == 1


def under_maintenance() -> Any:
    return sa.exists().where(col(SandboxSwitch.closed_at).is_not(None))


def finish(session: Session, job: Job, outcome: Outcome, *, now: datetime) -> State | None:
    """Keep the outcome of this attempt; one that was stopped or given to another worker meanwhile is dropped."""
    run = session.get_one(Run, job.run_id, with_for_update=True, populate_existing=True)
    if (run.state, run.attempt) != (State.RUNNING, job.attempt):
        return None
    before = snapshot(run)
    book(session, run, outcome.seconds, now=now)

    if outcome.status is not Status.FINISHED:
        return change(session, run, "fail", before, reason=outcome.reason, actor=SYSTEM_ACTOR, now=now).state
    run.done = run.points
    session.add(result_of(session, run, outcome, now))
    if outcome.transpiled:
        session.add(transpiled_of(run, outcome, now))
    return change(session, run, "finish", before, actor=SYSTEM_ACTOR, now=now).state


def result_of(session: Session, run: Run, outcome: Outcome, now: datetime) -> RunResult:
    first = None if run.repeat_of_id is None else queries.result_of(session, session.get_one(Run, run.repeat_of_id))
    counts = joined(outcome.points) if outcome.points else outcome.counts
    return RunResult(
        run_id=run.key,
        counts=dict(counts),
        engine=outcome.engine,
        method=outcome.method,
        versions=dict(outcome.versions),
        isolation=list(outcome.isolation),
        operations=outcome.operations,
        depth=outcome.depth,
        measured_all=outcome.measured_all,
        seconds=outcome.seconds,
        peak_bytes=outcome.peak_bytes,
        distance=distance(first.counts, counts) if first else None,
        figures=dict(outcome.figures),
        created_at=now,
    )


def transpiled_of(run: Run, outcome: Outcome, now: datetime) -> RunTranspiled:
    said = outcome.transpiled
    return RunTranspiled(
        run_id=run.key, source=said["text"], sha256=said["sha256"], note=said["note"], created_at=now
    )  # fmt: skip


class Lease:
    """Asked while the child works: renews the lease, and says whether the run is still ours to go on with.

    What is done of a sweep is written with it, at most once a second.
    """

    def __init__(self, database: Database, job: Job, clock: Clock) -> None:
        self.database, self.job, self.clock = database, job, clock
        self.renew_at = clock() + lease() / 3
        self.done = self.written = 0
        self.write_at = clock()

    def hear(self, done: int) -> None:
        self.done = min(done, len(self.job.bindings))

    def __call__(self) -> bool:
        now = self.clock()
        if now < self.renew_at and (self.done == self.written or now < self.write_at):
            with self.database.reading() as session:
                return session.exec(select(Run.id).where(*self.ours())).first() is not None
        self.renew_at, self.write_at, self.written = now + lease() / 3, now + WRITING, self.done
        with self.database.transaction() as session:
            statement = sa.update(Run).where(*self.ours()).values(lease_until=now + lease(), done=self.done)
            return rows_changed(session, statement.execution_options(synchronize_session=False)) == 1

    def ours(self) -> Sequence[Any]:
        return (
            col(Run.id) == self.job.run_id,
            col(Run.state) == State.RUNNING,
            col(Run.attempt) == self.job.attempt,
        )


def sweep(database: Database, *, clock: Clock, dispatch: Dispatch) -> Sequence[int]:
    """Runs of dead workers go back to the queue or are given up; queued ones that wait are dispatched again."""
    now = clock()
    with database.reading() as session:
        going = session.exec(select(Run.id).where(Run.state == State.RUNNING)).all()
    returned = [run_id for run_id in going if run_id and give_back(database, run_id, now=now)]
    with database.reading() as session:
        late_ones = Run.state == State.QUEUED, col(Run.queued_at) < now - PATIENCE
        waiting = select(Run.id).where(*late_ones, ~under_maintenance())
        late = session.exec(waiting.order_by(col(Run.queued_at)).limit(50)).all()
    found = sorted({*returned, *(run_id for run_id in late if run_id)})
    for run_id in found:
        dispatch(run_id)
    return found


def waiting_behind(database: Database, run_id: int) -> Sequence[int]:
    """Queued runs of the same requester, oldest first, as many as may now begin: they may have waited for this one."""
    with database.reading() as session:
        run = session.get_one(Run, run_id)
        statement = select(Run.id).where(Run.requester_id == run.requester_id, Run.state == State.QUEUED)
        found = session.exec(statement.order_by(col(Run.queued_at), col(Run.id)).limit(tiers().max_running)).all()
    return [number for number in found if number]


def give_back(database: Database, run_id: int, *, now: datetime) -> bool:
    """Back to the queue, or lost, where the worker died; whether the run is queued again."""
    with database.transaction() as session:
        run = session.get_one(Run, run_id, with_for_update=True, populate_existing=True)
        if run.state is not State.RUNNING or not abandoned(run, now):
            return False
        facts, before = queries.facts_of(session, run), snapshot(run)
        again = WORKFLOW.ruling("return", run.state, facts)
        reason = f"The worker of attempt {run.attempt} ended in the middle of the run."
        if again.allowed:
            change(session, run, "return", before, reason=reason, actor=SYSTEM_ACTOR, now=now)
            return True
        change(session, run, "lose", before, reason=f"{reason} {again.reason}", actor=SYSTEM_ACTOR, now=now)
        return False


def abandoned(run: Run, now: datetime) -> bool:
    """Its lease ran out, or its worker was a process of this host that is no more."""
    return run.lease_until is None or run.lease_until < now or dead_here(run.worker)


def lease() -> timedelta:
    return timedelta(seconds=tiers().lease_seconds)


def this_process() -> str:
    """Host, number and start of this process: a number alone is given again to others."""
    return f"{socket.gethostname()}/{os.getpid()}/{began(os.getpid())}"


def began(pid: int) -> str:
    """When a process of this host began, in ticks since the start of the machine; "" where there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return ""
    return "" if fields[0] == "Z" else fields[19]


def dead_here(worker: str) -> bool:
    host, _, process = worker.rpartition("/")[0].rpartition("/")
    return host == socket.gethostname() and began(int(process)) != worker.rpartition("/")[2]


def rows_changed(session: Session, statement: Any) -> int:
    result: Any = session.execute(statement)
    return int(result.rowcount)
