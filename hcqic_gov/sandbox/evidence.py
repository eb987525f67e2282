"""Gathers what the gates look at, as it is at one moment."""

from dataclasses import replace
from datetime import datetime
from functools import lru_cache

import sqlalchemy as sa
from sqlmodel import Session, col, select

from hcqic_gov.core.calendar import london_day
from hcqic_gov.core.canonical import fingerprint
from hcqic_gov.ethics.queries import case_in_force, execution_ruling
from hcqic_gov.ethics.standing import Scope
from hcqic_gov.ethics.states import Method, Purpose
from hcqic_gov.people.queries import training_in_date, with_role
from hcqic_gov.people.rules import Training
from hcqic_gov.projects.models import Project
from hcqic_gov.projects.queries import pathway, teams
from hcqic_gov.projects.rules import Rung, has_classical_baseline
from hcqic_gov.quantum.bindings import kept
from hcqic_gov.quantum.estimate import Estimate
from hcqic_gov.quantum.isolation import Ceilings
from hcqic_gov.quantum.sweeping import estimate_of, refusals
from hcqic_gov.quantum.templates.catalogue import is_template, read_template, templates
from hcqic_gov.quantum.textgate import Reading, read
from hcqic_gov.quantum.tiers import tiers
from hcqic_gov.sandbox.allocations import Balance, allocations, within
from hcqic_gov.sandbox.models import Run, RunCircuit
from hcqic_gov.sandbox.quotas import balance
from hcqic_gov.sandbox.rules import CHECKERS, DECIDED, WAITING, Evidence

PERSONAL = "personal_data"


def read_circuit(source: str, shots: int, points: int = 0) -> tuple[Reading, Estimate]:
    """What the text gate reads, or what a template is, and what a run would cost, all points together."""
    return read_under(tiers().fingerprint + templates().fingerprint, source, shots, points)


@lru_cache(maxsize=16)
def read_under(_policy: str, source: str, shots: int, points: int) -> tuple[Reading, Estimate]:
    """Kept, since a page that shows a run asks again each time; under another policy it is read anew."""
    if is_template(source):
        return read_template(source)
    policy = tiers()
    reading = read(source, policy.text)
    return reading, estimate_of(reading, points, shots=shots, calibration=policy.calibration)


def gathered(session: Session, run: Run, circuit: RunCircuit, *, at: datetime) -> Evidence:
    """The evidence for this run at this moment, from the registers and from the circuit's own text."""
    project = session.get_one(Project, run.project_id)
    team, involved = teams(session, run.project_id, run.created_at)
    steps = pathway(session, project.key)
    needed = tiers().checkers.get(project.data_class)
    seen = Evidence(
        project.data_class,
        classical_baseline=has_classical_baseline(steps.evidence),
        ai_tried=any(trial.rung is Rung.HPC_AI for trial in steps.evidence),
        quantum_open=Rung.QUANTUM in steps.opened,
        on_team=run.requester_id in team,
        trained=training_in_date(session, run.requester_id, Training(tiers().training), london_day(at)),
        own_approver=run.decided_by == run.requester_id,
        approval=execution_ruling(session, project.key, scope_of(run, project), at=at),
        checkers_needed=needed,
        checkers=len(possible_checkers(session, involved | {run.requester_id})),
        waiting=waiting(session, run),
        max_waiting=tiers().max_queued,
    )
    left = balance(session, project.key, at=at, run=run)
    return with_circuit(seen, run, circuit, left)


def with_circuit(seen: Evidence, run: Run, circuit: RunCircuit, left: Balance) -> Evidence:
    """What follows from the circuit as it is now: its text, its size, and whether what is left is enough for it."""
    bindings = kept(circuit.bindings)
    reading, predicted = read_circuit(circuit.source, run.shots, len(bindings))
    unfit = refusals(reading, bindings, shots=run.shots, limits=tiers().sweep) if reading.allowed else ()
    size = tiers().size_class(reading, predicted)
    keeper = allocations().needs_gatekeeper(size.code if size else "", seen.data_class)
    return replace(
        seen,
        text=tuple(refusal.reason for refusal in (*reading.refusals, *unfit) if refusal.code != PERSONAL),
        personal_data=tuple(refusal.reason for refusal in reading.refusals if refusal.code == PERSONAL),
        unapproved=keeper and run.state in DECIDED and run.decided_by is None,
        allocation=within(left, size, predicted.seconds, tiers().classes),
        resources=tuple(refusal.reason for refusal in tiers().too_much(reading, predicted, shots=run.shots)),
        unchanged=(fingerprint(circuit.source.encode()), hash_of(circuit.bindings))
        == (circuit.sha256, circuit.bindings_sha256)
        and run.approval in ("", binding(run, circuit)),
    )


def binding(run: Run, circuit: RunCircuit) -> str:
    """What an approval stands for: circuit, bindings, settings, predicted limits. Any change of these asks again."""
    sweep = {"bindings": circuit.bindings_sha256} if circuit.bindings else {}
    return fingerprint(
        {
            **sweep,
            "circuit": circuit.sha256,
            "shots": run.shots,
            "seed": run.seed,
            "purpose": run.purpose,
            "data_class": run.data_class,
            "predicted": [run.method, repr(run.predicted_seconds), run.predicted_bytes],
        }
    )


def limits_of(run: Run) -> Ceilings:
    """The hard limits of a run's execution, from the estimate that its approval binds."""
    return Estimate(run.method, run.predicted_bytes, run.predicted_seconds).ceilings


def hash_of(bindings: str) -> str:
    return fingerprint(bindings.encode()) if bindings else ""


def scope_of(run: Run, project: Project) -> Scope:
    """What is asked of the ethics register; the project's data class as it is now, not as it was."""
    return Scope(project.data_class, Purpose(run.purpose), Method.QUANTUM_SIMULATION)


def needs_gatekeeper(session: Session, run: Run) -> bool:
    """Whether a gatekeeper decides on this run: for its size as predicted now, or for its project's data."""
    project = session.get_one(Project, run.project_id)
    reading, predicted = read_circuit(session.get_one(RunCircuit, run.circuit_id).source, run.shots, run.points)
    size = tiers().size_class(reading, predicted)
    return allocations().needs_gatekeeper(size.code if size else "", project.data_class)


def case_of(session: Session, run: Run, *, at: datetime) -> tuple[str, int]:
    """Reference and version of the ethics case in force; "" and 0 where none is."""
    standing = case_in_force(session, run.project_id, at)
    return (standing.reference, standing.version) if standing else ("", 0)


def waiting(session: Session, run: Run) -> int:
    """How many other runs of the requester have not yet begun."""
    statement = select(sa.func.count()).select_from(Run).where(
        Run.requester_id == run.requester_id, col(Run.state).in_(WAITING), col(Run.id) != (run.id or 0)
    )  # fmt: skip
    return session.exec(statement).one()


def possible_checkers(session: Session, excluded: frozenset[int]) -> frozenset[int]:
    return frozenset(number for number, _ in with_role(session, *CHECKERS)) - excluded
