"""A run refused at each gate, with a reason that the requester can act on."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from hcqic_gov.ethics import service as ethics
from hcqic_gov.ethics.facts import Proposal
from hcqic_gov.ethics.queries import case_in_force
from hcqic_gov.people.rules import Role
from hcqic_gov.projects.models import Project
from hcqic_gov.projects.rules import DataClass
from hcqic_gov.sandbox import service as sandbox
from tests import ethics_steps, sandbox_steps
from tests.factories import World
from tests.functional.conftest import RunningCentre, SignIn, Visit

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def project(running_centre: RunningCentre) -> Project:
    """One whose gates are all open."""
    return sandbox_steps.ready(running_centre.world, title="A ward with open gates")


def ask_for_a_run(visit: Visit, project: Project, source: str = sandbox_steps.BELL) -> str:
    """The address of the draft."""
    visit.go(f"/sandbox/request?project={project.reference}")
    visit.fill("Title", "A Bell pair")
    visit.page.locator("textarea[name=source]").fill(source)
    visit.press("Save and look at the gates")
    visit.page.wait_for_url(re.compile("/sandbox/HCQIC-"))
    return visit.page.url.removeprefix(visit.url)


def closed_gates(visit: Visit) -> list[str]:
    """The titles of the gates that refuse, in their order."""
    titles = visit.page.locator(".hcqic-gate--refused .hcqic-gate__title").all_inner_texts()
    return [title.partition(":")[0] for title in titles]


def record_training(admin: Visit, name: str) -> None:
    admin.go("/people/")
    admin.has_no_axe_violation()
    admin.opens("Record training", "Record training")
    admin.choose("Person", name)
    admin.choose("Course", "Using the sandbox")
    admin.day("Completed on", datetime.now(UTC).year - 1, 12, 1)
    admin.has_no_axe_violation()
    admin.press("Save")
    admin.sees("The training is recorded")


def test_each_missing_step_is_told_and_opens_its_gate(sign_in: SignIn, running_centre: RunningCentre) -> None:
    world = running_centre.world
    running_centre.newcomer("new_lead", Role.PROJECT_LEAD)
    project = world.project(lead="new_lead", active=True, title="A ward that begins")
    lead = sign_in("new_lead")
    path = ask_for_a_run(lead, project)
    assert closed_gates(lead) == ["Need", "People", "Approvals"]
    lead.sees("Record a classical baseline (HPC) in the project’s pathway first")
    lead.sees("sandbox training is not in date")
    assert lead.is_refused("Submit")
    lead.is_sound()

    record_training(sign_in("administrator"), "New Lead")
    lead.go(path)
    assert closed_gates(lead) == ["Need", "Approvals"]
    world.climb_to_quantum(project)
    lead.go(path)
    assert closed_gates(lead) == ["Approvals"]
    lead.has_no_axe_violation()
    ethics_steps.decided(world, project, by="new_lead")
    lead.go(path)
    assert closed_gates(lead) == []
    lead.press("Submit")
    lead.sees("It is queued")


def test_identifiable_data_may_not_enter(sign_in: SignIn, running_centre: RunningCentre) -> None:
    project = running_centre.world.project(active=True, title="Real notes", data_class=DataClass.IDENTIFIABLE)
    lead = sign_in("project_lead")
    ask_for_a_run(lead, project)
    assert "Data" in closed_gates(lead)
    lead.sees("Identifiable data may not enter the sandbox")
    assert lead.is_refused("Submit")
    lead.has_no_axe_violation()


@pytest.mark.parametrize(
    ("source", "gate", "sentence"),
    [
        ("OPENQASM 2.0; qreg q[2000000000];", "Text", "must have 1 to 512 qubits"),
        ('OPENQASM 2.0; include "/etc/passwd"; qreg q[1];', "Text", "include"),
        ("OPENQASM 2.0; qreg q[1]; // for 943 476 5919", "Data", "an NHS number"),
        (sandbox_steps.crossed(40), "Resources", "the sandbox takes up to 28 qubits"),
    ],
)
def test_a_circuit_is_refused(sign_in: SignIn, project: Project, source: str, gate: str, sentence: str) -> None:
    lead = sign_in("project_lead")
    ask_for_a_run(lead, project, source)
    assert gate in closed_gates(lead)
    lead.sees(sentence)
    assert lead.is_refused("Submit")
    lead.has_no_axe_violation()


def test_suspended_while_it_waits_for_a_gatekeeper(sign_in: SignIn, running_centre: RunningCentre) -> None:
    world = running_centre.world
    project = sandbox_steps.ready(world, title="Another ward")
    lead, keeper = sign_in("project_lead"), sign_in("gatekeeper")
    path = ask_for_a_run(lead, project, sandbox_steps.LARGE)
    lead.press("Submit")
    lead.sees("The request is with the gatekeepers")
    ethics_steps.move(world, case_of(world, project), "suspend", by="chair", reason="A complaint came in.")
    keeper.go(path)
    assert closed_gates(keeper) == ["Approvals"]
    keeper.sees("suspended")
    assert keeper.is_refused("Approve")
    keeper.has_no_axe_violation()


def test_suspended_while_it_is_queued(sign_in: SignIn, running_centre: RunningCentre) -> None:
    """Queued and suspended in one transaction, so that the real worker cannot come between the two."""
    world = replace(running_centre.world, now=running_centre.world.now - timedelta(minutes=1))
    project = sandbox_steps.ready(world, title="A third ward")
    run, case = sandbox_steps.submitted(world, project), case_of(world, project)
    with world.writing() as session:
        sandbox.approve(session, run.reference, actor=world["gatekeeper"], now=world.now)
        ethics.move(session, case, "suspend", Proposal(reason="A complaint."), actor=world["chair"], now=world.now)
    lead = sign_in("project_lead")
    lead.go(f"/sandbox/{run.reference}")
    lead.sees("Blocked at a gate", seconds=60)
    reason = lead.page.locator(".nhsuk-inset-text").inner_text()
    assert case in reason
    assert "suspended" in reason.lower()
    assert lead.page.get_by_role("heading", name="Result", exact=True).count() == 0
    lead.is_sound()


def case_of(world: World, project: Project) -> str:
    with world.reading() as session:
        standing = case_in_force(session, project.key, world.now)
    assert standing is not None
    return standing.reference
