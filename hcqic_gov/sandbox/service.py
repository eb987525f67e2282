"""Writes of people in the sandbox: request, decide, ask and answer, stop, check, release."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from hcqic_gov.audit.service import record, snapshot
from hcqic_gov.core.actor import SYSTEM_ACTOR, Actor
from hcqic_gov.core.canonical import fingerprint
from hcqic_gov.core.errors import Invalid
from hcqic_gov.core.ruling import Ruling
from hcqic_gov.db import locked_by, next_reference
from hcqic_gov.ethics.states import Purpose
from hcqic_gov.policy.access import may
from hcqic_gov.projects import queries as projects
from hcqic_gov.quantum.bindings import NONE, Bindings, kept
from hcqic_gov.quantum.sweeping import refusals
from hcqic_gov.quantum.tiers import tiers
from hcqic_gov.sandbox import evidence, queries
from hcqic_gov.sandbox.gates import policy_fingerprint
from hcqic_gov.sandbox.granting import book
from hcqic_gov.sandbox.models import Run, RunCheck, RunCircuit, RunEvent, RunReview
from hcqic_gov.sandbox.pathway import keep_evidence
from hcqic_gov.sandbox.releases import keep_release
from hcqic_gov.sandbox.rules import WORKFLOW, Facts, GateRuling, Stage, State, Verdict

ENDED = (State.FINISHED, State.FAILED, State.STOPPED, State.LOST, State.BLOCKED, State.REFUSED)
JUDGED = ("submit", "admit", "approve", "begin", "block", "release", "withhold")
"""Moves that the policy decides: their audit entries keep its fingerprint."""
UNREADABLE = {"too_large", "not_text"}
STANDING = "On the project’s standing access: its size and data need no gatekeeper’s decision."


@dataclass(frozen=True, slots=True)
class Request:
    """What a person enters of a run."""

    title: str
    source: str
    purpose: Purpose
    shots: int
    seed: int
    bindings: Bindings = NONE


def draft(session: Session, project_reference: str, request: Request, *, actor: Actor, now: datetime) -> Run:
    """A new run, not yet submitted: its gates and its cost can be looked at. Errors: Refused, Invalid, NotFound."""
    project = projects.project(session, project_reference)
    may(actor, "sandbox.request", projects.resource_of(session, project)).require()
    values = read_values(request)

    circuit = new_circuit(session, request, now)
    run = Run(
        reference=next_reference(session, "Q", now=now),
        project_id=project.key,
        requester_id=actor.id,
        circuit_id=circuit.key,
        data_class=project.data_class,
        created_at=now,
        **values,
    )
    session.add(run)
    session.flush()
    note_event(session, run, "draft", actor=actor, now=now)
    record(session, "sandbox.request", run, actor=actor, now=now)
    return run


def edit(session: Session, reference: str, request: Request, *, seen: int, actor: Actor, now: datetime) -> Run:
    """A draft with another circuit or other settings. Errors: Refused, Invalid, Stale."""
    run, before = for_change(session, reference, "edit", actor, seen=seen)
    allowed(run, "edit").require()
    values = read_values(request)

    run.circuit_id = new_circuit(session, request, now).key
    for name, value in values.items():
        setattr(run, name, value)
    record(session, "sandbox.edit", run, actor=actor, now=now, before=before)
    return run


def submit(session: Session, reference: str, *, actor: Actor, now: datetime) -> Run:
    """From now on the request is frozen; on standing access it is queued at once. Errors: Refused, by a closed gate."""
    run, before = for_change(session, reference, "submit", actor)
    answers = queries.gate_rulings(session, run, at=now)
    allowed(run, "submit", Facts(answers)).require()

    note_check(session, run, Stage.REQUEST, answers, now=now)
    run.requested_at = now
    change(session, run, "submit", before, actor=actor, now=now)
    return admitted(session, run, answers, now=now)


def admitted(session: Session, run: Run, answers: tuple[GateRuling, ...], *, now: datetime) -> Run:
    """Queued at once, where size and data need no gatekeeper's decision; else as it is."""
    facts = Facts(answers, needs_gatekeeper=evidence.needs_gatekeeper(session, run))
    if not allowed(run, "admit", facts).allowed:
        return run
    before = snapshot(run)
    note_check(session, run, Stage.APPROVAL, answers, now=now)
    run.approval = evidence.binding(run, queries.circuit_of(session, run))
    change(session, run, "admit", before, reason=STANDING, actor=SYSTEM_ACTOR, now=now)
    return queue(session, run, now=now)


def approve(session: Session, reference: str, *, note: str = "", actor: Actor, now: datetime) -> Run:
    """The gatekeeper's yes binds circuit, settings and limits, and queues the run. Errors: Refused."""
    run, before = for_change(session, reference, "approve", actor)
    answers = queries.gate_rulings(session, run, at=now)
    allowed(run, "approve", Facts(answers)).require()

    note_check(session, run, Stage.APPROVAL, answers, now=now)
    run.approval = evidence.binding(run, queries.circuit_of(session, run))
    run.decided_at, run.decided_by = now, actor.id
    change(session, run, "approve", before, reason=note, actor=actor, now=now)
    return queue(session, run, now=now)


def queue(session: Session, run: Run, *, now: datetime) -> Run:
    before = snapshot(run)
    run.queued_at = now
    return change(session, run, "queue", before, actor=SYSTEM_ACTOR, now=now)


def refuse(session: Session, reference: str, *, reason: str, actor: Actor, now: datetime) -> Run:
    """Errors: Refused; Invalid without a reason."""
    run, before = for_change(session, reference, "refuse", actor)
    allowed(run, "refuse").require()
    require_reason(reason)

    run.decided_at, run.decided_by = now, actor.id
    return change(session, run, "refuse", before, reason=reason, actor=actor, now=now)


def ask(session: Session, reference: str, *, reason: str, actor: Actor, now: datetime) -> Run:
    """A gatekeeper's question goes back to the requester. Errors: Refused; Invalid without a question."""
    run, before = for_change(session, reference, "ask", actor)
    allowed(run, "ask").require()
    require_reason(reason, "Enter the question: the requester will read it")

    return change(session, run, "ask", before, reason=reason, actor=actor, now=now)


def answer(session: Session, reference: str, *, reason: str, actor: Actor, now: datetime) -> Run:
    """The requester answers, and the request waits again. Errors: Refused; Invalid without an answer."""
    run, before = for_change(session, reference, "answer", actor)
    allowed(run, "answer").require()
    require_reason(reason, "Enter the answer: the gatekeepers will read it")

    return change(session, run, "answer", before, reason=reason, actor=actor, now=now)


def stop(session: Session, reference: str, *, reason: str = "", actor: Actor, now: datetime) -> Run:
    """In every state before the end; a running child is ended by the worker within a second. Errors: Refused."""
    run, before = for_change(session, reference, "stop", actor)
    allowed(run, "stop").require()

    if run.state is State.RUNNING and run.started_at:
        most = evidence.limits_of(run).seconds
        book(session, run, min((now - run.started_at).total_seconds(), most), now=now)
    return change(session, run, "stop", before, reason=reason, actor=actor, now=now)


def send_to_review(session: Session, reference: str, *, actor: Actor, now: datetime) -> Run:
    """Ask the checkers to release the result. Errors: Refused."""
    run, before = for_change(session, reference, "send_to_review", actor)
    allowed(run, "send_to_review").require()

    return change(session, run, "send_to_review", before, actor=actor, now=now)


def release(session: Session, reference: str, *, note: str = "", actor: Actor, now: datetime) -> Run:
    """One checker agrees; what comes of it is settled once all that the data class asks for have. Errors: Refused."""
    return check(session, reference, Verdict.RELEASE, note, actor=actor, now=now)


def withhold(session: Session, reference: str, *, reason: str, actor: Actor, now: datetime) -> Run:
    """One checker says no, which settles it once all have checked. Errors: Refused; Invalid without a reason."""
    return check(session, reference, Verdict.WITHHOLD, reason, actor=actor, now=now)


def check(session: Session, reference: str, verdict: Verdict, reason: str, *, actor: Actor, now: datetime) -> Run:
    """One checker's verdict; with the last one the result is released, or withheld where anybody said no."""
    run, before = for_change(session, reference, verdict.value, actor)
    allowed(run, "check").require()
    queries.may_check(session, run, actor).require()
    if verdict is Verdict.WITHHOLD:
        require_reason(reason)

    review = RunReview(run_id=run.key, checker_id=actor.id, verdict=verdict, reason=reason, at=now, created_at=now)
    session.add(review)
    session.flush()
    facts = queries.facts_of(session, run)
    name = "withhold" if facts.against else "release"
    if not allowed(run, name, facts).allowed:
        record(session, "sandbox.check", run, part=review, actor=actor, now=now, note=reason)
        return run
    said = queries.reasons_of(session, run, Verdict(name))
    change(session, run, name, before, reason=said, actor=actor, now=now)
    if run.state is State.RELEASED:
        keep_release(session, run, now=now)
        keep_evidence(session, run, now=now)
    return run


def record_view(session: Session, reference: str, what: str, *, actor: Actor, now: datetime) -> None:
    """Who looked at a result before its release, or took a copy of it."""
    record(session, f"sandbox.{what}", queries.run(session, reference), actor=actor, now=now, after={})


def repeat(session: Session, reference: str, *, actor: Actor, now: datetime) -> Run:
    """The same circuit with the same settings and seed, requested again, to be compared. Errors: Refused."""
    first, _ = for_change(session, reference, "repeat", actor)
    allowed(first, "repeat").require()

    circuit = queries.circuit_of(session, first)
    bindings = kept(circuit.bindings)
    request = Request(first.title, circuit.source, first.purpose, first.shots, first.seed, bindings)
    reference = projects.references(session, {first.project_id})[first.project_id][0]
    run = draft(session, reference, request, actor=actor, now=now)
    run.repeat_of_id = first.key
    return submit(session, run.reference, actor=actor, now=now)


def read_values(request: Request) -> dict[str, Any]:
    """The columns of a run that come from the request and from reading its circuit. Errors: Invalid."""
    if not 1 <= request.shots <= tiers().max_shots:
        sentence = f"Enter a number of shots from 1 to {tiers().max_shots:,}"
        raise Invalid("The number of shots cannot be used.", {"shots": sentence})
    points = len(request.bindings)
    reading, predicted = evidence.read_circuit(request.source, request.shots, points)
    for refusal in reading.refusals:
        if refusal.code in UNREADABLE:
            raise Invalid("The circuit cannot be read.", {"source": refusal.reason})
    unfit = refusals(reading, request.bindings, shots=request.shots, limits=tiers().sweep) if reading.allowed else ()
    if sentences := " ".join(refusal.reason for refusal in unfit):
        raise Invalid("The values do not fit the circuit.", {"bindings": sentences})
    size = tiers().size_class(reading, predicted)
    return {
        "title": request.title,
        "purpose": request.purpose,
        "shots": request.shots,
        "seed": request.seed,
        "points": points,
        "qubits": reading.qubits,
        "operations": reading.operations,
        "method": predicted.method,
        "predicted_seconds": min(predicted.seconds, 1e12),
        "predicted_bytes": min(predicted.memory_bytes, 2**62),
        "size_class": size.code if size else "",
    }


def circuit_from(request: Request, now: datetime) -> RunCircuit:
    """Text and bindings, each with its hash; not yet stored."""
    table = request.bindings.as_csv()
    return RunCircuit(
        source=request.source,
        sha256=fingerprint(request.source.encode()),
        bindings=table,
        bindings_sha256=evidence.hash_of(table),
        created_at=now,
    )


def new_circuit(session: Session, request: Request, now: datetime) -> RunCircuit:
    circuit = circuit_from(request, now)
    session.add(circuit)
    session.flush()
    return circuit


def for_change(
    session: Session, reference: str, name: str, actor: Actor, *, seen: int | None = None
) -> tuple[Run, dict[str, Any]]:
    """The run, locked, and what it was, where this person may make this move at all. Errors: Refused, Stale."""
    run = locked_by(session, Run, reference, seen=seen, what=f"run {reference}")
    may(actor, f"sandbox.{name}", queries.resource_of(session, run)).require()
    return run, snapshot(run)


def allowed(run: Run, name: str, facts: Facts | None = None) -> Ruling:
    return WORKFLOW.ruling(name, run.state, facts or Facts())


def require_reason(reason: str, sentence: str = "Enter the reason: the requester will read it") -> None:
    if not reason.strip():
        raise Invalid("A reason is needed.", {"reason": sentence})


def change(
    session: Session, run: Run, name: str, before: dict[str, Any], *, reason: str = "", actor: Actor, now: datetime
) -> Run:
    """Make the move, with its event and its audit entry."""
    run.state = WORKFLOW.move(name).target or run.state
    run.reason = reason
    run.ended_at = now if run.state in ENDED else run.ended_at
    if run.state is not State.RUNNING:
        run.lease_until = None
    note_event(session, run, name, reason=reason, actor=actor, now=now)
    policy = policy_fingerprint() if name in JUDGED else ""
    record(session, f"sandbox.{name}", run, actor=actor, now=now, before=before, note=reason, policy=policy)
    return run


def note_event(session: Session, run: Run, name: str, *, reason: str = "", actor: Actor, now: datetime) -> None:
    session.add(
        RunEvent(run_id=run.key, move=name, state=run.state, at=now, actor_id=actor.id, reason=reason, created_at=now)
    )


def note_check(session: Session, run: Run, stage: Stage, answers: tuple[GateRuling, ...], *, now: datetime) -> RunCheck:
    """Keeps what every gate said, under which policy and which ethics case."""
    case, version = evidence.case_of(session, run, at=now)
    check = RunCheck(
        run_id=run.key,
        stage=stage,
        attempt=run.attempt,
        at=now,
        allowed=all(answer.ruling.allowed for answer in answers),
        rulings=[
            {"code": a.code, "title": a.title, "allowed": a.ruling.allowed, "reason": a.ruling.reason} for a in answers
        ],
        policy=policy_fingerprint(),
        ethics_case=case,
        ethics_version=version,
        created_at=now,
    )
    session.add(check)
    return check
