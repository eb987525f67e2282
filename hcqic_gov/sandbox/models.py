"""Tables of the sandbox."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from hcqic_gov import db
from hcqic_gov.db import Record
from hcqic_gov.ethics.states import Purpose
from hcqic_gov.projects.rules import DataClass
from hcqic_gov.sandbox.rules import Answer, Stage, State, Verdict


class RunCircuit(Record, table=True):
    """The text of a circuit, kept once for each run, apart from the run so that lists stay light."""

    __tablename__ = "run_circuit"
    source: str = db.text()
    sha256: str = Field(max_length=64, index=True)
    bindings: str = db.text(default="", sa_column_kwargs={"server_default": ""})
    bindings_sha256: str = Field(default="", max_length=64, sa_column_kwargs={"server_default": ""})


class Run(Record, table=True):
    """A run: what was asked for, what was approved, and how it went. The request is frozen once it is submitted."""

    __tablename__ = "run"
    reference: str = Field(unique=True, max_length=20)
    project_id: int = Field(foreign_key="project.id", index=True)
    requester_id: int = Field(foreign_key="person.id", index=True)
    circuit_id: int = Field(foreign_key="run_circuit.id")
    repeat_of_id: int | None = Field(default=None, foreign_key="run.id", index=True)
    title: str = Field(max_length=200)
    purpose: Purpose = db.choice(Purpose)
    data_class: DataClass = db.choice(DataClass)
    shots: int
    seed: int
    state: State = db.choice(State, default=State.DRAFT, index=True)
    reason: str = db.text(default="")

    qubits: int
    operations: int
    method: str = Field(max_length=20)
    predicted_seconds: float
    predicted_bytes: int = Field(sa_type=sa.BigInteger)
    size_class: str = Field(max_length=10)

    requested_at: datetime | None = db.moment(default=None)
    decided_at: datetime | None = db.moment(default=None)
    decided_by: int | None = Field(default=None, foreign_key="person.id")
    approval: str = Field(default="", max_length=64)
    queued_at: datetime | None = db.moment(default=None, index=True)
    started_at: datetime | None = db.moment(default=None)
    ended_at: datetime | None = db.moment(default=None, index=True)

    points: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """Bindings of a sweep, and how many of them the present attempt has done; 0 for a circuit that is run once."""
    done: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    attempt: int = 0
    worker: str = Field(default="", max_length=120)
    lease_until: datetime | None = db.moment(default=None)

    __table_args__ = (
        sa.CheckConstraint("shots > 0 AND seed >= 0 AND attempt >= 0", name="amounts"),
        sa.CheckConstraint("(decided_at IS NULL) = (decided_by IS NULL)", name="decided"),
        sa.CheckConstraint("(state = 'running') = (lease_until IS NOT NULL)", name="lease"),
    )


class RunEvent(Record, table=True):
    """A change of state: by whom and why."""

    __tablename__ = "run_event"
    run_id: int = Field(foreign_key="run.id", index=True)
    move: str = Field(max_length=20)
    state: State = db.choice(State)
    at: datetime = db.moment()
    actor_id: int
    reason: str = db.text(default="")


class RunCheck(Record, table=True):
    """What every gate said at one moment, under which policy and which version of which ethics case."""

    __tablename__ = "run_check"
    run_id: int = Field(foreign_key="run.id", index=True)
    stage: Stage = db.choice(Stage)
    attempt: int
    at: datetime = db.moment()
    allowed: bool
    rulings: list[dict[str, str | bool]] = db.json()
    policy: str = Field(max_length=64)
    ethics_case: str = Field(default="", max_length=20)
    ethics_version: int = 0


class RunResult(Record, table=True):
    """What a run gave, and with what it was made; `distance` is that of a repetition from the first run."""

    __tablename__ = "run_result"
    run_id: int = Field(foreign_key="run.id", unique=True)
    counts: dict[str, int] = db.json()
    engine: str = Field(max_length=40)
    method: str = Field(max_length=20)
    versions: dict[str, str] = db.json()
    isolation: list[str] = db.json()
    operations: int
    depth: int
    measured_all: bool
    seconds: float
    peak_bytes: int = Field(sa_type=sa.BigInteger)
    distance: float | None = None
    figures: dict[str, Any] = db.json(default_factory=dict)


class RunTranspiled(Record, table=True):
    """The circuit as it was simulated, in OpenQASM 3; of a long one only a hash, and a note that says of what."""

    __tablename__ = "run_transpiled"
    run_id: int = Field(foreign_key="run.id", unique=True)
    source: str = db.text(default="")
    sha256: str = Field(max_length=64)
    note: str = db.text(default="")


class RunReview(Record, table=True):
    """One checker's verdict on a result."""

    __tablename__ = "run_review"
    run_id: int = Field(foreign_key="run.id", index=True)
    checker_id: int = Field(foreign_key="person.id")
    verdict: Verdict = db.choice(Verdict)
    reason: str = db.text(default="")
    at: datetime = db.moment()

    __table_args__ = (sa.UniqueConstraint("run_id", "checker_id"),)


class RunRelease(Record, table=True):
    """The record of a release: who checked, what was suppressed, what else was released; with its SHA-256."""

    __tablename__ = "run_release"
    run_id: int = Field(foreign_key="run.id", unique=True)
    record: dict[str, Any] = db.json()
    sha256: str = Field(max_length=64)
    at: datetime = db.moment()


class Allocation(Record, table=True):
    """A tier of access, granted to a project for some days and seconds; one at a time is in force."""

    __tablename__ = "allocation"
    project_id: int = Field(foreign_key="project.id", index=True)
    tier: str = Field(max_length=20)
    seconds: int
    starts_on: date
    ends_on: date
    reason: str = db.text()
    granted_at: datetime = db.moment()
    granted_by: int = Field(foreign_key="person.id")
    policy: str = Field(max_length=64)
    ended_on: date | None = None
    ended_reason: str = db.text(default="")

    __table_args__ = (
        sa.CheckConstraint("seconds > 0 AND starts_on <= ends_on", name="amounts"),
        sa.CheckConstraint("(ended_on IS NULL) = (ended_reason = '')", name="ended"),
    )


class AllocationRequest(Record, table=True):
    """What a project's team asks for of an allocation, and what a gatekeeper answers."""

    __tablename__ = "allocation_request"
    project_id: int = Field(foreign_key="project.id", index=True)
    applicant_id: int = Field(foreign_key="person.id")
    tier: str = Field(max_length=20)
    seconds: int
    reason: str = db.text()
    asked_at: datetime = db.moment()
    answer: Answer = db.choice(Answer, default=Answer.OPEN, index=True)
    answered_at: datetime | None = db.moment(default=None)
    answered_by: int | None = Field(default=None, foreign_key="person.id")
    answer_reason: str = db.text(default="")
    allocation_id: int | None = Field(default=None, foreign_key="allocation.id")

    __table_args__ = (
        sa.CheckConstraint("seconds > 0", name="amount"),
        sa.CheckConstraint("(answer = 'open') = (answered_at IS NULL)", name="answered"),
        sa.CheckConstraint("(answered_at IS NULL) = (answered_by IS NULL)", name="answerer"),
        sa.CheckConstraint("(answer = 'granted') = (allocation_id IS NOT NULL)", name="granted"),
    )


class Spending(Record, table=True):
    """Seconds that one attempt of a run has used, of an allocation or (None) of what every project has."""

    __tablename__ = "run_spending"
    run_id: int = Field(foreign_key="run.id", index=True)
    attempt: int
    project_id: int = Field(foreign_key="project.id", index=True)
    allocation_id: int | None = Field(default=None, foreign_key="allocation.id", index=True)
    seconds: float
    at: datetime = db.moment()

    __table_args__ = (
        sa.UniqueConstraint("run_id", "attempt"),
        sa.CheckConstraint("seconds >= 0", name="amount"),
    )


class SandboxSwitch(Record, table=True):
    """The one row that says whether runs may start: closed for maintenance from a moment on, or (None) open."""

    __tablename__ = "sandbox_switch"
    closed_at: datetime | None = db.moment(default=None)
    reason: str = db.text(default="")

    __table_args__ = (sa.CheckConstraint("id = 1", name="one"),)
