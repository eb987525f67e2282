"""Steps of a run for tests, each made through the services by the person who makes it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from hcqic_gov.core.calendar import london_day
from hcqic_gov.ethics.approvals import ApprovalKind
from hcqic_gov.ethics.states import Purpose
from hcqic_gov.people.rules import Role
from hcqic_gov.projects.models import Project
from hcqic_gov.projects.rules import DataClass
from hcqic_gov.quantum.simulate import Outcome, Status
from hcqic_gov.sandbox import execution, granting, service
from hcqic_gov.sandbox.models import Allocation, Run
from hcqic_gov.sandbox.rules import State, Verdict
from hcqic_gov.sandbox.service import Request
from tests import ethics_steps
from tests.factories import World
from tests.remembered import remembered


def crossed(qubits: int) -> str:
    """Each qubit of one half is tied to one of the other half, so that only a whole state vector holds them."""
    half = qubits // 2
    pairs = " ".join(f"cx q[{n}],q[{n + half}];" for n in range(half))
    head = f'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[{qubits}]; creg c[{qubits}];'
    return f"{head} ry(0.1) q; {pairs} measure q -> c;"


MEDIUM = crossed(22)
"""Of the class that counts and needs no gatekeeper: one or two seconds by the estimate."""
LARGE = crossed(25)
"""Of the class of sizes on which a gatekeeper decides; it would take seconds to execute."""
BELL = 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2]; creg c[2]; h q[0]; cx q[0],q[1]; measure q -> c;'


def request(**changes: Any) -> Request:
    values = {
        "title": "A Bell pair", "source": BELL, "purpose": Purpose.METHOD_DEVELOPMENT, "shots": 400, "seed": 7
    }  # fmt: skip
    return Request(**{**values, **changes})


@remembered
def ready(world: World, **changes: Any) -> Project:
    """An active project on the quantum rung, with a favourable opinion and Explore, whose lead is trained."""
    project = world.project(active=True, **changes)
    world.climb_to_quantum(project)
    world.train("project_lead")
    ethics_steps.decided(world, project)
    explore(world, project)
    return project


def explore(world: World, project: Project, **changes: Any) -> Allocation:
    """The project is granted Explore for a year from today."""
    today = london_day(world.now)
    values = {
        "tier": "explore", "seconds": 36_000, "starts_on": today, "ends_on": today + timedelta(days=364),
        "reason": "A clear question.",
    }  # fmt: skip
    with world.writing() as session:
        entered = granting.Grant(**{**values, **changes})
        return granting.grant(session, project.reference, entered, actor=world["gatekeeper"], now=world.now)


def drafted(world: World, project: Project, **changes: Any) -> Run:
    with world.writing() as session:
        return service.draft(session, project.reference, request(**changes), actor=world["project_lead"], now=world.now)


def submitted(world: World, project: Project, **changes: Any) -> Run:
    """A large run, which waits for a gatekeeper."""
    run = drafted(world, project, **{"source": LARGE, **changes})
    with world.writing() as session:
        return service.submit(session, run.reference, actor=world["project_lead"], now=world.now)


def queued(world: World, project: Project, **changes: Any) -> Run:
    """A small run, on the project's standing access; one that needs a gatekeeper is approved by one."""
    run = submitted(world, project, **{"source": BELL, **changes})
    return run if run.state is State.QUEUED else approved(world, run)


def approved(world: World, run: Run) -> Run:
    with world.writing() as session:
        return service.approve(session, run.reference, actor=world["gatekeeper"], now=world.now)


def execute(world: World, run: Run) -> State | None:
    return execution.execute(world.database, run.key, clock=lambda: world.now)


def finished(world: World, project: Project, **changes: Any) -> Run:
    run = queued(world, project, **changes)
    assert execute(world, run) is State.FINISHED
    return run


def in_review(world: World, project: Project, **changes: Any) -> Run:
    run = finished(world, project, **changes)
    with world.writing() as session:
        return service.send_to_review(session, run.reference, actor=world["project_lead"], now=world.now)


def gatekeeper_on(world: World, name: str) -> None:
    """A second gatekeeper."""
    with world.writing() as session:
        world.add_person(session, name, {Role.GATEKEEPER})


def ran(world: World, run: Run, *, seconds: float = 0.1, counts: Mapping[str, int] | None = None) -> State | None:
    """The run is begun and finished as if a child had answered so: for what does not depend on the child."""
    outcome = Outcome(
        Status.FINISHED, counts=counts or {"00": 200, "11": 200}, engine="aer", method="stabilizer", seconds=seconds
    )
    with world.writing() as session:
        job = execution.begin(session, run.key, worker=execution.this_process(), now=world.now)
    if job is None:
        return None
    with world.writing() as session:
        return execution.finish(session, job, outcome, now=world.now)


def released(world: World, project: Project, *, counts: Mapping[str, int] | None = None, **changes: Any) -> Run:
    """A small synthetic run, released by one checker."""
    run = queued(world, project, **changes)
    assert ran(world, run, counts=counts) is State.FINISHED
    with world.writing() as session:
        service.send_to_review(session, run.reference, actor=world["project_lead"], now=world.now)
        return service.release(session, run.reference, note="Fine.", actor=world["gatekeeper"], now=world.now)


def sensitive(world: World) -> Project:
    """With data for which two checkers are needed."""
    project = world.project(active=True, data_class=DataClass.ANONYMISED_NON_NHS)
    world.climb_to_quantum(project)
    world.train("project_lead")
    ethics_steps.decided(world, project, data_class=DataClass.ANONYMISED_NON_NHS)
    ethics_steps.approved_elsewhere(world, project, *ApprovalKind)
    return project


def checked(world: World, *verdicts: tuple[str, str, str]) -> Run:
    """A run with sensitive data, and these verdicts: who, which, why."""
    run = queued(world, sensitive(world))
    assert ran(world, run) is State.FINISHED
    with world.writing() as session:
        service.send_to_review(session, run.reference, actor=world["project_lead"], now=world.now)
    for name, verdict, why in verdicts:
        with world.writing() as session:
            service.check(session, run.reference, Verdict(verdict), why, actor=world[name], now=world.now)
    with world.reading() as session:
        return session.get_one(Run, run.key)
