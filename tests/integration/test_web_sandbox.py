"""The pages of the sandbox."""

import io
from collections.abc import Iterator

import html5lib
import pytest
from flask import Flask

from hcqic_gov.ethics.queries import case_in_force
from hcqic_gov.quantum import simulate
from hcqic_gov.sandbox import queries
from hcqic_gov.sandbox.rules import WATERMARK, State
from tests import ethics_steps, sandbox_steps
from tests.factories import World, client_of

pytestmark = pytest.mark.one_database


@pytest.fixture(scope="module", autouse=True)
def nursery() -> Iterator[None]:
    yield
    simulate.close()


@pytest.fixture
def handed(app: Flask) -> list[int]:
    """The runs that were handed to a worker."""
    found: list[int] = []
    app.extensions["hcqic.dispatch"] = found.append
    return found


def form(**changes: str) -> dict[str, str]:
    return {
        "title": "A Bell pair", "purpose": "method_development", "source": sandbox_steps.BELL, "shots": "400",
        "seed": "7", "version": "0", **changes
    }  # fmt: skip


def state(world: World, reference: str) -> State:
    with world.reading() as session:
        return queries.run(session, reference).state


def test_from_the_form_to_the_histogram(app: Flask, world: World, handed: list[int]) -> None:
    project = sandbox_steps.ready(world)
    lead, keeper = client_of(app, world["project_lead"]), client_of(app, world["gatekeeper"])
    answer = lead.post("/sandbox/request", data=form(project=project.reference))
    assert answer.status_code == 302
    url = answer.location
    page = lead.get(url)
    html5lib.HTMLParser(strict=True).parse(page.text)
    assert page.text.count("hcqic-gate--allowed") == 7
    assert "S0 of at most S2" in page.text
    assert "A classical baseline is recorded" in page.text
    assert lead.post(f"{url}/submit").status_code == 302
    with world.reading() as session:
        run = queries.run(session, url.rpartition("/")[2])
    assert handed == [run.key]
    sandbox_steps.execute(world, run)

    assert lead.post(f"{url}/send_to_review").status_code == 302
    assert "hcqic-histogram" not in lead.get(url).text
    assert "The result is closed until it is released" in lead.get(url).text
    assert "hcqic-histogram" not in keeper.get(url).text
    page = keeper.get(f"{url}/check")
    assert "hcqic-histogram" in page.text
    html5lib.HTMLParser(strict=True).parse(page.text)
    assert keeper.post(f"{url}/release", data={"reason": ""}).status_code == 302
    page = lead.get(url)
    assert "hcqic-histogram" in page.text
    assert WATERMARK in page.text
    html5lib.HTMLParser(strict=True).parse(page.text)
    assert all(bits in page.text for bits in ("<code>00</code>", "<code>11</code>"))
    assert "A Bell pair" in lead.get("/sandbox/?state=released&q=bell").text


def test_a_file_may_be_uploaded(app: Flask, world: World) -> None:
    project = sandbox_steps.ready(world)
    client = client_of(app, world["project_lead"])
    upload = (io.BytesIO(sandbox_steps.BELL.encode()), "bell.qasm")
    data = {**form(project=project.reference, source=""), "upload": upload}
    answer = client.post("/sandbox/request", data=data)
    assert answer.status_code == 302
    assert "2 qubits" in client.get(answer.location).text


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"source": ""}, "Choose a file or paste a circuit"),
        ({"upload": b"\xff\xfe\x00", "source": ""}, "Choose a file of OpenQASM text"),
        ({"source": "/" * 1_100_000}, "times the size we accept"),
        ({"shots": "1000000000"}, "Enter a number of shots from 1 to 100,000"),
        ({"seed": "-1"}, "Enter a seed from 0 upwards"),
    ],
)
def test_what_cannot_be_read_is_an_error_of_the_form(
    app: Flask, world: World, data: dict[str, object], sentence: str
) -> None:
    project = world.project(active=True)
    client = client_of(app, world["project_lead"])
    files = {name: (io.BytesIO(value), "x.qasm") for name, value in data.items() if isinstance(value, bytes)}
    answer = client.post("/sandbox/request", data={**form(project=project.reference), **data, **files})
    assert answer.status_code == 400
    assert sentence in answer.text


def test_a_hostile_circuit_is_shown_its_closed_gate_and_cannot_be_submitted(app: Flask, world: World) -> None:
    project = sandbox_steps.ready(world)
    client = client_of(app, world["project_lead"])
    source = "OPENQASM 2.0; qreg q[2000000000];"
    url = client.post("/sandbox/request", data=form(project=project.reference, source=source)).location
    page = client.get(url).text
    assert page.count("hcqic-gate--refused") == 1
    assert "must have 1 to 512 qubits" in page
    answer = client.post(f"{url}/submit")
    assert answer.status_code == 403
    assert "must have 1 to 512 qubits" in answer.text
    assert state(world, url.rpartition("/")[2]) is State.DRAFT


def test_the_greyed_button_says_why_and_the_post_is_refused(app: Flask, world: World) -> None:
    run = sandbox_steps.submitted(world, sandbox_steps.ready(world))
    lead = client_of(app, world["project_lead"])
    assert "somebody else must do this" in lead.get(f"/sandbox/{run.reference}").text
    answer = lead.post(f"/sandbox/{run.reference}/approve", data={"reason": ""})
    assert answer.status_code == 403
    assert state(world, run.reference) is State.REQUESTED


def test_a_draft_is_changed(app: Flask, world: World) -> None:
    run = sandbox_steps.drafted(world, sandbox_steps.ready(world))
    client = client_of(app, world["project_lead"])
    url = f"/sandbox/{run.reference}/edit"
    assert sandbox_steps.BELL.splitlines()[-1].split(";")[0] in client.get(url).text
    answer = client.post(url, data=form(title="Another title", version=str(run.version)))
    assert answer.status_code == 302
    assert "Another title" in client.get(answer.location).text


def test_suspended_while_queued_the_page_says_why(app: Flask, world: World) -> None:
    project = sandbox_steps.ready(world)
    run = sandbox_steps.queued(world, project)
    with world.reading() as session:
        standing = case_in_force(session, project.key, world.now)
    assert standing is not None
    ethics_steps.move(world, standing.reference, "suspend", by="chair", reason="A complaint came in.")
    client = client_of(app, world["project_lead"])
    assert "hcqic-gate--refused" in client.get(f"/sandbox/{run.reference}").text
    sandbox_steps.execute(world, run)
    page = client.get(f"/sandbox/{run.reference}").text
    assert "Blocked at a gate" in page
    assert "Approvals: " in page


def test_stop_and_repeat(app: Flask, world: World) -> None:
    project = sandbox_steps.ready(world)
    client = client_of(app, world["project_lead"])
    waiting = sandbox_steps.submitted(world, project)
    assert client.post(f"/sandbox/{waiting.reference}/stop", data={"reason": "Mistake."}).status_code == 302
    assert state(world, waiting.reference) is State.STOPPED
    done = sandbox_steps.finished(world, project)
    answer = client.post(f"/sandbox/{done.reference}/repeat")
    assert answer.status_code == 302
    assert done.reference in client.get(answer.location).text


def test_a_funder_sees_no_run(app: Flask, world: World) -> None:
    run = sandbox_steps.drafted(world, world.project(active=True))
    for path in ("", run.reference):
        assert client_of(app, world["funder"]).get(f"/sandbox/{path}").status_code == 403


def test_the_home_page_says_what_waits(app: Flask, world: World) -> None:
    sandbox_steps.submitted(world, sandbox_steps.ready(world))
    assert "Decide on the run" in client_of(app, world["gatekeeper"]).get("/home").text
