"""From a circuit to its released result, in the browser, with the real worker; and stopped by a suspension."""

import re

import pytest

from hcqic_gov.ethics.queries import case_in_force
from hcqic_gov.projects.models import Project
from tests import ethics_steps, sandbox_steps
from tests.functional.conftest import RunningCentre, SignIn, Visit

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def project(running_centre: RunningCentre) -> Project:
    return sandbox_steps.ready(running_centre.world)


def ask_for_a_run(visit: Visit, project: Project, source: str = sandbox_steps.BELL) -> str:
    """The address of the draft."""
    visit.go(f"/sandbox/request?project={project.reference}")
    visit.fill("Title", "A Bell pair")
    visit.page.locator("textarea[name=source]").fill(source)
    visit.press("Save and look at the gates")
    visit.page.wait_for_url(re.compile("HCQIC-R-"))
    return visit.page.url.removeprefix(visit.url)


def decide(visit: Visit, path: str, name: str, reason: str = "") -> None:
    visit.go(path)
    visit.press(name)
    visit.fill("Reason", reason)
    visit.press("Confirm")
    visit.page.wait_for_url("**" + path)


def fits_a_narrow_screen(visit: Visit) -> None:
    visit.page.set_viewport_size({"width": 390, "height": 900})
    assert visit.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    visit.page.set_viewport_size({"width": 1280, "height": 900})


def test_from_the_circuit_to_the_released_result(sign_in: SignIn, project: Project) -> None:
    lead, keeper = sign_in("project_lead"), sign_in("gatekeeper")
    path = ask_for_a_run(lead, project)
    lead.sees("Text: allowed")
    lead.has_no_axe_violation()
    fits_a_narrow_screen(lead)
    lead.press("Submit")
    lead.sees("The request is with the gatekeepers")

    keeper.go("/home")
    keeper.sees("Decide on the run")
    decide(keeper, path, "Approve", "A clear question.")
    for _ in range(60):
        lead.go(path)
        if lead.page.get_by_role("heading", name="Result", exact=True).count():
            break
        lead.page.wait_for_timeout(500)
    lead.sees("The result is closed until it is released")
    lead.press("Send to the checkers")
    lead.sees("The checkers have the result")

    keeper.go(path)
    keeper.sees("Only the checkers see this")
    keeper.has_no_axe_violation()
    decide(keeper, path, "Release")
    lead.go(path)
    lead.sees("SIMULATED – not clinical evidence")
    assert lead.page.locator("table.hcqic-histogram code").all_text_contents() in (["00", "11"], ["11", "00"])
    lead.has_no_axe_violation()
    fits_a_narrow_screen(lead)
    lead.go("/sandbox/?state=released")
    lead.sees("A Bell pair")
    lead.has_no_axe_violation()


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("OPENQASM 2.0; qreg q[2000000000];", "must have 1 to 512 qubits"),
        ("OPENQASM 2.0; qreg q[1]; // for 943 476 5919", "an NHS number"),
        ("OPENQASM 2.0; qreg q[40]; U(0.1,0,0) q;", "the sandbox takes up to 28 qubits"),
    ],
)
def test_refused_at_a_gate(sign_in: SignIn, project: Project, source: str, sentence: str) -> None:
    lead = sign_in("project_lead")
    ask_for_a_run(lead, project, source)
    lead.sees(sentence)
    assert lead.page.get_by_role("button", name="Submit", exact=True).get_attribute("aria-disabled") == "true"
    lead.has_no_axe_violation()


def test_suspended_while_it_waits(sign_in: SignIn, running_centre: RunningCentre) -> None:
    world = running_centre.world
    other = world.project(active=True, title="Another ward")
    world.climb_to_quantum(other)
    ethics_steps.decided(world, other)
    lead, keeper = sign_in("project_lead"), sign_in("gatekeeper")
    path = ask_for_a_run(lead, other)
    lead.press("Submit")
    with world.reading() as session:
        standing = case_in_force(session, other.key, world.now)
    assert standing is not None
    ethics_steps.move(world, standing.reference, "suspend", by="chair", reason="A complaint came in.")
    keeper.go(path)
    keeper.sees("uspended")
    assert keeper.page.get_by_role("button", name="Approve", exact=True).get_attribute("aria-disabled") == "true"
