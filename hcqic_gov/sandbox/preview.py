"""What a request would meet, before anything is stored: gates, method, cost, what is left, a drawing."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from hcqic_gov.core.actor import Actor
from hcqic_gov.people.queries import is_demo
from hcqic_gov.policy.access import may
from hcqic_gov.projects import queries as projects
from hcqic_gov.quantum.drawing import Drawing, NotDrawn, draw
from hcqic_gov.quantum.estimate import Estimate
from hcqic_gov.quantum.templates.catalogue import is_template
from hcqic_gov.quantum.textgate import Reading
from hcqic_gov.quantum.tiers import SizeClass, tiers
from hcqic_gov.sandbox import evidence
from hcqic_gov.sandbox.allocations import Balance, allocations
from hcqic_gov.sandbox.gates import rulings
from hcqic_gov.sandbox.models import Run
from hcqic_gov.sandbox.quotas import balance
from hcqic_gov.sandbox.rules import GateRuling
from hcqic_gov.sandbox.service import Request, circuit_from, read_values


@dataclass(frozen=True, slots=True)
class Preview:
    """The gates as they would answer now, the estimate, and what the project has before the run."""

    gates: tuple[GateRuling, ...]
    reading: Reading
    predicted: Estimate
    size: SizeClass | None
    balance: Balance
    counts: bool
    needs_gatekeeper: bool
    points: int = 0

    @property
    def left_after(self) -> float:
        return max(0.0, self.balance.left - (self.predicted.seconds if self.counts else 0.0))


def preview(session: Session, project_reference: str, request: Request, *, actor: Actor, now: datetime) -> Preview:
    """Errors: Refused, NotFound; Invalid where the circuit cannot be read at all."""
    project = projects.project(session, project_reference)
    may(actor, "sandbox.request", projects.resource_of(session, project)).require()
    values = read_values(request)
    circuit = circuit_from(request, now)
    run = Run(
        reference="",
        project_id=project.key,
        requester_id=actor.id,
        circuit_id=0,
        data_class=project.data_class,
        created_at=now,
        **values,
    )
    reading, predicted = evidence.read_circuit(request.source, request.shots, run.points)
    size = tiers().size_class(reading, predicted)
    code = size.code if size else ""
    return Preview(
        rulings(evidence.gathered(session, run, circuit, at=now)),
        reading,
        predicted,
        size,
        balance(session, project.key, at=now),
        allocations().passing(code).counts,
        allocations().needs_gatekeeper(code, project.data_class),
        run.points,
    )


def drawing_of(session: Session, source: str) -> Drawing | str:
    """The drawing, or the sentence that says why there is none: of text that the gate refuses none is tried.

    As a worker, a centre that is no demo parses nothing where the host gives less isolation than the policy requires.
    """
    reading, _ = evidence.read_circuit(source, 1)
    if is_template(source):
        return "A template has no drawing: its circuit is made while it runs."
    if not reading.allowed:
        return "The circuit is drawn once its text is accepted."
    try:
        return draw(source, reading.version, required=() if is_demo(session) else tiers().isolation)
    except NotDrawn as error:
        return str(error)
