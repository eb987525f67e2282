"""Steps of a run for tests, each made through the services by the person who makes it."""

from typing import Any

from hcqic_gov.ethics.states import Purpose
from hcqic_gov.people.rules import Role
from hcqic_gov.projects.models import Project
from hcqic_gov.sandbox import execution, service
from hcqic_gov.sandbox.models import Run
from hcqic_gov.sandbox.rules import State
from hcqic_gov.sandbox.service import Request
from tests import ethics_steps
from tests.factories import World
from tests.remembered import remembered

BELL = 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2]; creg c[2]; h q[0]; cx q[0],q[1]; measure q -> c;'


def request(**changes: Any) -> Request:
    values = {
        "title": "A Bell pair", "source": BELL, "purpose": Purpose.METHOD_DEVELOPMENT, "shots": 400, "seed": 7
    }  # fmt: skip
    return Request(**{**values, **changes})


@remembered
def ready(world: World, **changes: Any) -> Project:
    """An active project on the quantum rung, with a favourable opinion, whose lead is trained."""
    project = world.project(active=True, **changes)
    world.climb_to_quantum(project)
    world.train("project_lead")
    ethics_steps.decided(world, project)
    return project


def drafted(world: World, project: Project, **changes: Any) -> Run:
    with world.writing() as session:
        return service.draft(session, project.reference, request(**changes), actor=world["project_lead"], now=world.now)


def submitted(world: World, project: Project, **changes: Any) -> Run:
    run = drafted(world, project, **changes)
    with world.writing() as session:
        return service.submit(session, run.reference, actor=world["project_lead"], now=world.now)


def queued(world: World, project: Project, **changes: Any) -> Run:
    run = submitted(world, project, **changes)
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
