"""From a project's registration to its released result, in the browser, with the real worker."""

import re
from datetime import UTC, datetime

import pytest

from hcqic_gov.projects import queries as projects
from tests import ethics_steps, sandbox_steps
from tests.functional.conftest import RunningCentre, SignIn, Visit

pytestmark = pytest.mark.browser

YEAR = datetime.now(UTC).year


def register(lead: Visit) -> str:
    """The reference of the new project."""
    lead.go("/projects/")
    lead.is_sound()
    lead.opens("Register a project", "Register a project")
    lead.has_no_axe_violation()
    lead.fill("Title", "Theatre lists for a small hospital")
    lead.fill("Lay summary", "We look for better theatre lists, so that fewer operations are put off.")
    lead.choose("Use case", "System optimisation")
    lead.choose("Data class", "Synthetic data")
    lead.choose("Setting", "NHS")
    lead.day("Start", YEAR, 1, 5)
    lead.day("End", YEAR + 1, 12, 31)
    lead.press("Register project")
    lead.sees("is registered")
    lead.is_sound()
    return lead.page.url.rpartition("/")[2]


def make_active(manager: Visit, reference: str) -> None:
    manager.go(f"/projects/{reference}")
    for move in ("Start scoping", "Make active"):
        manager.opens(move, "are you sure?")
        manager.press("Confirm")
        manager.sees("status has changed")
    manager.has_no_axe_violation()


def climb(lead: Visit, reference: str) -> None:
    """HPC and HPC with AI are opened, tried and fall short; then the quantum rung opens."""
    lead.go(f"/projects/{reference}")
    for rung in ("HPC", "HPC with AI"):
        assert lead.is_refused("Open Quantum (simulated)")
        open_rung(lead, rung)
        lead.opens(f"Record a result on {rung}", f"Record a result on {rung}")
        lead.fill("Method", "Mixed-integer programme")
        lead.fill("Problem instance", "12 theatres, 5 days, made-up cases")
        lead.fill("Metric", "Gap to bound")
        lead.fill("Result", "9 % after 8 hours")
        lead.choose("Verdict", "Does not suffice")
        lead.fill("Reason for the verdict", "The lists are needed within an hour.")
        lead.has_no_axe_violation()
        lead.press("Save")
        lead.sees("The result is recorded")
    open_rung(lead, "Quantum (simulated)")
    lead.is_sound()


def open_rung(lead: Visit, rung: str) -> None:
    lead.opens(f"Open {rung}", "Open the rung")
    lead.fill("Why this rung is needed", "What was tried before falls short.")
    lead.press("Save")
    lead.sees(f"{rung} is open")


def approve_by_the_committee(lead: Visit, centre: RunningCentre, reference: str) -> None:
    """The way to the opinion is a journey of its own: here only its result is looked at."""
    with centre.world.reading() as session:
        project = projects.project(session, reference)
    case = ethics_steps.decided(centre.world, project)
    lead.go(f"/ethics/{case.reference}")
    lead.sees("Approved")
    lead.is_sound()


def ask_for_a_run(lead: Visit, reference: str) -> str:
    """The address of the draft."""
    lead.go(f"/sandbox/request?project={reference}")
    lead.has_no_axe_violation()
    lead.fill("Title", "A Bell pair")
    lead.page.locator("textarea[name=source]").fill(sandbox_steps.BELL)
    lead.sees("All gates are open.")  # said by the page's script, before anything is stored
    lead.sees("The drawing in words")
    lead.has_no_axe_violation()
    lead.press("Save and look at the gates")
    lead.page.wait_for_url(re.compile("/sandbox/HCQIC-"))
    lead.sees("Text: allowed")
    lead.is_sound()
    return lead.page.url.removeprefix(lead.url)


def decide(visit: Visit, path: str, name: str, reason: str = "") -> None:
    visit.go(path)
    visit.press(name)
    visit.fill("Reason", reason)
    visit.has_no_axe_violation()
    visit.press("Confirm")
    visit.page.wait_for_url(re.compile("/sandbox/HCQIC-Q-[0-9-]+$"))


def large_run_is_approved(lead: Visit, keeper: Visit, reference: str) -> None:
    """A gatekeeper grants access, asks, is answered and approves; the run is stopped, whatever it does by then."""
    keeper.go(f"/sandbox/access/{reference}/grant")
    keeper.choose("Tier", "Explore: up to 36,000 seconds in 366 days, runs up to S2")
    keeper.fill("Seconds of simulation", "3000")
    keeper.fill("Reason", "The plan names 25 qubits.")
    keeper.has_no_axe_violation()
    keeper.press("Grant")
    keeper.sees("The access is granted")
    lead.go(f"/sandbox/request?project={reference}")
    lead.fill("Title", "A larger one")
    lead.page.locator("textarea[name=source]").fill(sandbox_steps.LARGE)
    lead.press("Save and look at the gates")
    lead.page.wait_for_url(re.compile("/sandbox/HCQIC-"))
    path = lead.page.url.removeprefix(lead.url)
    lead.press("Submit")
    lead.sees("The request is with the gatekeepers")
    keeper.go("/sandbox/queue")
    keeper.is_sound()
    keeper.page.get_by_role("link", name=re.compile("^A larger one")).click()
    keeper.sees("A larger one: evidence")
    keeper.is_sound()
    decide(keeper, f"{path}/evidence", "Ask the requester", "Why 25 qubits?")
    decide(lead, path, "Answer the question", "One for each nurse.")
    decide(keeper, f"{path}/evidence", "Approve", "A clear answer.")
    decide(lead, path, "Stop", "Only asked for.")
    lead.sees("Only asked for.")


def wait_for_the_result(lead: Visit, path: str) -> None:
    lead.go(path)
    lead.sees("The result is closed until it is released", seconds=60)


def test_from_the_register_to_the_released_result(sign_in: SignIn, running_centre: RunningCentre) -> None:
    running_centre.world.train("project_lead")
    lead, keeper = sign_in("project_lead"), sign_in("gatekeeper")
    reference = register(lead)
    make_active(sign_in("centre_manager"), reference)
    climb(lead, reference)
    approve_by_the_committee(lead, running_centre, reference)
    path = ask_for_a_run(lead, reference)
    lead.press("Submit")
    lead.sees("It is queued")
    wait_for_the_result(lead, path)
    lead.press("Send to the checkers")
    lead.sees("The checkers have the result")

    keeper.go("/home")
    keeper.opens("Check the result of “A Bell pair”", "check of the result")
    keeper.is_sound()
    decide(keeper, f"{path}/check", "Release")
    lead.go(path)
    lead.sees("SIMULATED – not clinical evidence")
    assert sorted(lead.page.locator("table.hcqic-histogram code").all_text_contents()) == ["00", "11"]
    lead.is_sound()
    with lead.page.expect_download() as taken:
        lead.press("RO-Crate (ZIP)")
    assert taken.value.suggested_filename == f"{path.rpartition('/')[2]}.zip"
    large_run_is_approved(lead, keeper, reference)
    lead.go(f"/sandbox/?state=released&q={path.rpartition('/')[2]}")
    lead.sees("A Bell pair")
    lead.is_sound()
