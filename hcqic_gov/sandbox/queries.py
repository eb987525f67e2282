"""Reads of the sandbox: the list of runs, a run with all that belongs to it, what waits for whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from hcqic_gov.core.actor import Actor
from hcqic_gov.core.ruling import Ruling, allowed_if
from hcqic_gov.db import found
from hcqic_gov.people.models import Person
from hcqic_gov.policy.access import Resource
from hcqic_gov.projects.models import Project
from hcqic_gov.projects.queries import teams
from hcqic_gov.quantum.tiers import tiers
from hcqic_gov.sandbox import evidence
from hcqic_gov.sandbox.gates import rulings
from hcqic_gov.sandbox.models import Run, RunCheck, RunCircuit, RunEvent, RunResult, RunReview, RunTranspiled
from hcqic_gov.sandbox.rules import Facts, GateRuling, State, Verdict, suppressed

PAGE_SIZE = 25


@dataclass(frozen=True, slots=True)
class RunFilter:
    """What a person looks for; empty values do not restrict."""

    text: str = ""
    state: State | None = None
    project_id: int | None = None
    requester_id: int | None = None


@dataclass(frozen=True, slots=True)
class RunRow:
    """One line of the list."""

    reference: str
    title: str
    state: State
    project: str
    requester: str
    qubits: int
    shots: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class RunView:
    """A whole run for its page; the result is there whether or not the reader may see it."""

    record: Run
    circuit: RunCircuit
    project: Project
    requester: str
    events: Sequence[RunEvent]
    checks: Sequence[RunCheck]
    reviews: Sequence[RunReview]
    result: RunResult | None
    repeat_of: str
    repeats: Sequence[Run]

    @property
    def counts(self) -> Mapping[str, int]:
        """As released: small counts summed up where the data class asks for it; the most frequent first."""
        if self.result is None:
            return {}
        kept = suppressed(self.result.counts, tiers().suppress_below.get(self.record.data_class, 0))
        return dict(sorted(kept.items(), key=lambda item: (-item[1], item[0])))


def runs(session: Session, wanted: RunFilter, *, page: int = 1) -> tuple[Sequence[RunRow], int]:
    """One page of the list, newest first, and how many match in all, in two queries."""
    conditions = conditions_of(wanted)
    count = session.exec(select(sa.func.count()).select_from(Run).where(*conditions)).one()
    columns = (
        Run.reference, Run.title, Run.state, Project.reference, Person.name, Run.qubits, Run.shots, Run.created_at
    )  # fmt: skip
    statement = (
        sa.select(*columns)  # type: ignore[call-overload]
        .join(Project, col(Project.id) == col(Run.project_id))
        .join(Person, col(Person.id) == col(Run.requester_id))
        .where(*conditions)
        .order_by(col(Run.id).desc())
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    )
    return [RunRow(*row) for row in session.execute(statement)], count


def conditions_of(wanted: RunFilter) -> list[Any]:
    exact = {Run.state: wanted.state, Run.project_id: wanted.project_id, Run.requester_id: wanted.requester_id}
    conditions: list[Any] = [column == value for column, value in exact.items() if value is not None]
    if sought := wanted.text.strip():
        conditions.append(sa.or_(*(col(f).icontains(sought, autoescape=True) for f in (Run.reference, Run.title))))
    return conditions


def of_project(session: Session, project_id: int, *, limit: int) -> Sequence[Run]:
    """A project's latest runs, the newest first."""
    statement = select(Run).where(Run.project_id == project_id).order_by(col(Run.id).desc())
    return session.exec(statement.limit(limit)).all()


def run(session: Session, reference: str) -> Run:
    """Errors: NotFound."""
    return found(session.exec(select(Run).where(Run.reference == reference)).first(), f"run {reference}")


def circuit_of(session: Session, run: Run) -> RunCircuit:
    return session.get_one(RunCircuit, run.circuit_id)


def resource_of(session: Session, run: Run) -> Resource:
    """The run as the access policies see it: who asked for it, who is on the project's team, and who left it since."""
    team, ever = teams(session, run.project_id, run.created_at)
    attributes = {
        "team": team,
        "former": ever - team,
        "requester": frozenset({run.requester_id}),
    }
    return Resource("Run", run.reference, attributes)


def resource(session: Session, reference: str) -> Resource:
    """The same, by reference. Errors: NotFound."""
    return resource_of(session, run(session, reference))


def run_view(session: Session, run: Run) -> RunView:
    """Everything on a run's page, one query for each kind of part."""
    first = session.get(Run, run.repeat_of_id) if run.repeat_of_id else None
    return RunView(
        run,
        circuit_of(session, run),
        session.get_one(Project, run.project_id),
        session.get_one(Person, run.requester_id).name,
        parts(session, RunEvent, run),
        parts(session, RunCheck, run),
        parts(session, RunReview, run),
        result_of(session, run),
        first.reference if first else "",
        session.exec(select(Run).where(Run.repeat_of_id == run.id).order_by(col(Run.id))).all(),
    )


def parts(session: Session, kind: type[Any], run: Run) -> Sequence[Any]:
    return session.exec(select(kind).where(kind.run_id == run.id).order_by(kind.id)).all()


def result_of(session: Session, run: Run) -> RunResult | None:
    return session.exec(select(RunResult).where(RunResult.run_id == run.id)).first()


def transpiled_of(session: Session, run: Run) -> RunTranspiled | None:
    return session.exec(select(RunTranspiled).where(RunTranspiled.run_id == run.id)).first()


def gate_rulings(session: Session, run: Run, *, at: datetime) -> tuple[GateRuling, ...]:
    """What each gate says of this run at this moment."""
    return rulings(evidence.gathered(session, run, circuit_of(session, run), at=at))


def facts_of(session: Session, run: Run, gate_answers: Sequence[GateRuling] = ()) -> Facts:
    """What the moves of this run look at; the gates' answers where the caller has asked for them."""
    verdicts = [review.verdict for review in parts(session, RunReview, run)]
    return Facts(
        gate_answers,
        attempts_left=run.attempt < tiers().max_attempts,
        agreed=verdicts.count(Verdict.RELEASE),
        against=verdicts.count(Verdict.WITHHOLD),
        needed=tiers().checkers.get(run.data_class, 1),
    )


def may_check(session: Session, run: Run, actor: Actor) -> Ruling:
    """A checker gives one verdict on a result."""
    given = {review.checker_id for review in parts(session, RunReview, run)}
    return allowed_if(actor.id not in given, "checked", "You have given your verdict: another person must check, too.")


def reasons_of(session: Session, run: Run, verdict: Verdict) -> str:
    """What those who gave this verdict said."""
    said = (review.reason.strip() for review in parts(session, RunReview, run) if review.verdict is verdict)
    return " ".join(filter(None, said))
