"""Sweeps on the pages: asked for by a table or ranges, followed, looked at, taken as files."""

import html5lib
import pytest
from flask import Flask

from hcqic_gov.sandbox import execution, queries
from hcqic_gov.sandbox.models import Run
from hcqic_gov.sandbox.rules import State
from tests import sandbox_steps
from tests.factories import World, client_of
from tests.integration.test_sweeps import SWEEP, TURN
from tests.integration.test_web_sandbox import form

pytestmark = pytest.mark.one_database


def test_asked_for_by_ranges_and_shown_as_a_table(app: Flask, world: World) -> None:
    app.extensions["hcqic.dispatch"] = lambda _: None
    project = sandbox_steps.ready(world)
    lead, keeper = client_of(app, world["project_lead"]), client_of(app, world["gatekeeper"])
    data = form(project=project.reference, source=TURN, ranges="theta, 0, 2*pi, 5")
    checked = lead.post("/sandbox/check", data=data).text
    assert "5 bindings, all in one request" in checked
    assert "All gates are open." in checked
    url = lead.post("/sandbox/request", data=data).location
    page = lead.get(url).text
    assert "5 bindings of theta" in page
    edited = lead.get(f"{url}/edit").text
    assert "theta\n0.0\n1.5707963267948966\n" in edited.replace("&#10;", "\n").replace("\r", "")
    assert lead.post(f"{url}/submit").status_code == 302
    with world.reading() as session:
        run = queries.run(session, url.rpartition("/")[2])
    assert lead.get(f"{url}/progress").json == {
        "state": "queued", "going": True, "done": 0, "points": 5, "said": "0 of 5 done"
    }  # fmt: skip
    counts = {"1:0": 400, "2:0": 190, "2:1": 210, "3:1": 400, "4:0": 205, "4:1": 195, "5:0": 400}
    assert sandbox_steps.ran(world, run, counts=counts) is State.FINISHED
    assert lead.post(f"{url}/send_to_review").status_code == 302
    for page in (keeper.get(f"{url}/check").text, keeper.get(f"{url}/evidence").text):
        html5lib.HTMLParser(strict=True).parse(page)
    assert keeper.post(f"{url}/release", data={"reason": ""}).status_code == 302
    page = lead.get(url).text
    html5lib.HTMLParser(strict=True).parse(page)
    assert "“0” goes from 0.0% (at theta 3.142) to 100.0% (at theta 0)." in page
    assert "-1.000" in page
    assert page.count("<circle cx=") == 10
    assert lead.get(f"{url}/result.zip").status_code == 200
    html5lib.HTMLParser(strict=True).parse(lead.get(f"{url}/compare").text)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"bindings": "theta\n1\nx"}, "Line 3, column “theta”: “x” is not a finite number"),
        ({"ranges": "theta, 0, 1"}, "Line 1: write a name, the first value"),
        ({"bindings": "theta\n1", "ranges": "theta, 0, 1, 3"}, "Enter a table or ranges, not both"),
        ({"bindings": "phi\n1"}, "declares no parameter “phi”"),
        ({}, "parameter “theta” has no value"),
    ],
)
def test_faults_of_the_values_stand_at_their_field(
    app: Flask, world: World, data: dict[str, str], sentence: str
) -> None:
    project = world.project(active=True)
    client = client_of(app, world["project_lead"])
    answer = client.post("/sandbox/request", data=form(project=project.reference, source=TURN, **data))
    assert answer.status_code == 400
    assert sentence in answer.text.replace("&#39;", "’")


def test_the_page_says_how_far_it_is_and_what_a_stop_leaves(app: Flask, world: World) -> None:
    run = sandbox_steps.queued(world, sandbox_steps.ready(world), **SWEEP)
    client = client_of(app, world["project_lead"])
    with world.writing() as session:
        job = execution.begin(session, run.key, worker=execution.this_process(), now=world.now)
    assert job is not None
    lease = execution.Lease(world.database, job, lambda: world.now)
    lease.hear(2)
    assert lease()
    page = client.get(f"/sandbox/{run.reference}").text
    assert "2 of 3 done" in page
    assert '<progress id="bar" max="3" value="2">' in page
    html5lib.HTMLParser(strict=True).parse(page)
    assert client.post(f"/sandbox/{run.reference}/stop", data={"reason": "Enough."}).status_code == 302
    page = client.get(f"/sandbox/{run.reference}").text
    assert "It ended with 2 of 3 done." in page
    with world.reading() as session:
        assert session.get_one(Run, run.key).state is State.STOPPED
