"""A sweep in the browser, with the real worker: followed, stopped in the middle; released, taken as files."""

import csv
import json
import re
import zipfile
from pathlib import Path

import pytest

from tests import sandbox_steps
from tests.functional.conftest import RunningCentre, SignIn, Visit
from tests.functional.test_run_journey import decide

pytestmark = pytest.mark.browser

LAYERS = "".join(f"ry(theta) q[{n}]; cx q[{n}], q[{(n + 9) % 18}];" for n in range(18))
WIDE = f'OPENQASM 3.0; include "stdgates.inc"; input float theta; qubit[18] q; bit[18] c; {LAYERS * 2} c = measure q;'
"""Large enough that two hundred points of it take a while, whatever machine this is."""


def ask(lead: Visit, project: str, title: str, **values: str) -> str:
    """The address of the draft, after a look at what it would meet."""
    lead.go(f"/sandbox/request?project={project}&example=turned")
    lead.page.get_by_label("Title", exact=True).fill(title)
    for name, text in values.items():
        lead.page.locator(f"[name={name}]").fill(text)
    lead.sees("All gates are open.")
    lead.press("Save and look at the gates")
    lead.page.wait_for_url(re.compile("/sandbox/HCQIC-"))
    return lead.page.url.removeprefix(lead.url)


def more_than(lead: Visit, before: int) -> int:
    """How many points are done, once the page says of itself that they are more."""
    for _ in range(150):
        if (now := int((lead.page.locator(".hcqic-said").text_content() or "0").split()[0])) > before:
            return now
        lead.page.wait_for_timeout(100)
    raise AssertionError("the page does not follow the sweep")


def test_followed_and_stopped(sign_in: SignIn, running_centre: RunningCentre) -> None:
    lead, project = sign_in("project_lead"), sandbox_steps.ready(running_centre.world).reference
    lead.go(f"/sandbox/request?project={project}&example=turned")
    lead.sees("21 bindings, all in one request")
    lead.is_sound()
    ask(lead, project, "A long sweep", source=WIDE, ranges="theta, 0, pi, 200", shots="100")
    lead.press("Submit")
    lead.page.locator(".hcqic-said").wait_for(timeout=15_000)  # queued, then running: the page follows by itself
    address, first = lead.page.url, more_than(lead, 0)
    more_than(lead, first)
    assert lead.page.url == address
    lead.is_sound()
    decide(lead, lead.page.url.removeprefix(lead.url), "Stop", "Seen enough.")
    lead.sees("so nothing of these is kept")
    lead.is_sound()
    assert not lead.page.get_by_role("heading", name="Result", exact=True).count()


def test_released_and_taken_as_files(sign_in: SignIn, running_centre: RunningCentre) -> None:
    lead, keeper = sign_in("project_lead"), sign_in("gatekeeper")
    path = ask(lead, sandbox_steps.ready(running_centre.world).reference, "A turn")
    lead.press("Submit")
    lead.page.get_by_role("heading", name="Result", exact=True).wait_for(timeout=15_000)
    lead.press("Send to the checkers")
    keeper.go(f"{path}/check")
    keeper.sees("Share of each bit string by theta")
    keeper.is_sound()
    decide(keeper, f"{path}/check", "Release")
    lead.go(path)
    lead.sees("Share of each bit string by theta")
    assert lead.page.locator("svg.hcqic-chart circle").count() == 42
    lead.is_sound()
    lead.opens("The whole record: gates, policy and ethics case, what ran, what was released", "the whole record")
    lead.sees("Circuit as simulated")
    lead.is_sound()
    lead.go(path)
    points = json.loads(taken(lead, "JSON").read_text())["points"]
    assert (len(points), points[0]["counts"]) == (21, {"0": 1024})
    rows = list(csv.DictReader(taken(lead, "CSV").read_text().splitlines()))
    assert {row["point"] for row in rows} == {str(number) for number in range(1, 22)}
    with zipfile.ZipFile(taken(lead, "RO-Crate (ZIP)")) as crate:
        assert {"bindings.csv", "circuit.qasm", "counts.csv", "transpiled.qasm"} < set(crate.namelist())


def test_access_is_asked_for_and_refused(sign_in: SignIn, running_centre: RunningCentre) -> None:
    lead, keeper = sign_in("project_lead"), sign_in("gatekeeper")
    project = running_centre.world.project(active=True, title="Beds for a winter")
    lead.go(f"/sandbox/access/{project.reference}")
    lead.opens("Apply for access", "Apply for access")
    lead.choose("Tier", "Explore: up to 36,000 seconds in 366 days, runs up to S2")
    lead.fill("Seconds of simulation", "3000")
    lead.fill("What you need it for", "Twelve runs of 25 qubits.")
    lead.is_sound()
    lead.press("Apply")
    lead.sees("The gatekeepers have your application")
    keeper.go("/home")
    keeper.opens("Decide on the access that “Beds for a winter” asks for", "Access to the sandbox")
    keeper.is_sound()
    keeper.opens("Refuse the application", "are you sure?")
    keeper.fill("Reason", "Say which runs these are.")
    keeper.press("Confirm")
    lead.go(f"/sandbox/access/{project.reference}")
    lead.sees("Refused: Say which runs these are.")
    lead.is_sound()


def taken(visit: Visit, name: str) -> Path:
    with visit.page.expect_download() as found:
        visit.page.get_by_role("link", name=name, exact=True).click()
    return Path(found.value.path())
