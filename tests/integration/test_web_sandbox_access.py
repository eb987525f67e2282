"""The pages around a run: checking before asking, access, the queue, checkers, comparison, files, maintenance."""

import csv
import io
import json
import zipfile
from collections.abc import Iterator

import html5lib
import pytest
from flask import Flask
from sqlmodel import select

from hcqic_gov.audit.queries import history
from hcqic_gov.core.calendar import london_day
from hcqic_gov.quantum import simulate
from hcqic_gov.sandbox import queries
from hcqic_gov.sandbox.examples import EXAMPLES
from hcqic_gov.sandbox.models import Run, RunCircuit
from hcqic_gov.sandbox.rules import WATERMARK, State
from tests import sandbox_steps
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


def form(project: str, **changes: str) -> dict[str, str]:
    return {
        "project": project, "title": "", "purpose": "method_development", "source": sandbox_steps.BELL,
        "shots": "400", "seed": "7", "version": "0", **changes
    }  # fmt: skip


def strict(text: str) -> str:
    html5lib.HTMLParser(strict=True).parse(text)
    return text


def test_a_check_shows_gates_cost_and_drawing_and_stores_nothing(app: Flask, world: World) -> None:
    project, lead = sandbox_steps.ready(world), client_of(app, world["project_lead"])
    page = strict(lead.post("/sandbox/check", data=form(project.reference)).text)
    assert page.count("hcqic-gate--allowed") == 7
    assert "It is queued as soon as you submit it." in page
    assert "S0 (Small" in page
    assert "┤ H ├" in page
    assert "h q0; cx q0 q1" in page
    assert "creg c[2]; h q[0]" in page  # what was typed is still there
    upload = (io.BytesIO(sandbox_steps.LARGE.encode()), "large.qasm")
    page = strict(lead.post("/sandbox/check", data={**form(project.reference, source=""), "upload": upload}).text)
    assert "A gatekeeper decides on this run." in page
    assert "qreg q[25]" in page  # what was uploaded is in the form now
    draft = sandbox_steps.drafted(world, project)
    page = strict(lead.post("/sandbox/check", data=form("", draft=draft.reference, shots="500")).text)
    assert f'action="/sandbox/{draft.reference}/edit"' in page
    assert page.count("hcqic-gate--allowed") == 7
    with world.reading() as session:
        assert len(session.exec(select(Run)).all()) == len(session.exec(select(RunCircuit)).all()) == 1


def test_the_script_asks_for_a_part_at_a_time(app: Flask, world: World) -> None:
    project, lead = world.project(active=True), client_of(app, world["project_lead"])

    def part(name: str, **changes: str) -> str:
        answer = lead.post("/sandbox/check", data=form(project.reference, **changes), headers={"X-Part": name})
        return answer.text

    gates = part("gates")
    assert "3 gates are closed." in gates
    assert "Record a classical baseline" in gates
    assert "<html" not in gates
    assert "┤ H ├" in part("drawing")
    assert "The circuit is drawn once its text is accepted." in part("drawing", source="OPENQASM 2.0; qreg q[0];")
    assert "not drawn" in part("drawing", source="OPENQASM 2.0; qreg q[31]; U(0,0,0) q;")
    assert "Choose a file or paste a circuit" in part("gates", source="")
    assert "Enter the number of shots" in part("gates", shots="")


def test_others_may_not_check_for_a_project(app: Flask, world: World) -> None:
    project = world.project(active=True)
    assert client_of(app, world["gatekeeper"]).post("/sandbox/check", data=form(project.reference)).status_code == 403
    other = client_of(app, world.another_lead())
    assert "Choose one of the answers" in other.post("/sandbox/check", data=form(project.reference)).text


def test_the_form_starts_from_an_example(app: Flask, world: World) -> None:
    world.project(active=True)
    page = client_of(app, world["project_lead"]).get("/sandbox/request?example=hidden").text
    assert EXAMPLES["hidden"].title in page
    assert "qreg q[5];" in page


def test_a_small_run_is_queued_by_its_submission(app: Flask, world: World, handed: list[int]) -> None:
    run = sandbox_steps.drafted(world, sandbox_steps.ready(world))
    lead = client_of(app, world["project_lead"])
    assert lead.post(f"/sandbox/{run.reference}/submit").status_code == 302
    assert handed == [run.key]
    assert "On the project’s standing access" in lead.get(f"/sandbox/{run.reference}").text


def test_access_is_granted_and_withdrawn_on_its_pages(app: Flask, world: World) -> None:
    project, keeper = world.project(active=True), client_of(app, world["gatekeeper"])
    path, today = f"/sandbox/access/{project.reference}", london_day(world.now)
    assert "Try (every project’s own)" in strict(keeper.get(path).text)
    days = {
        f"{name}-{part}": str(getattr(today, part)) for name in ("starts_on", "ends_on")
        for part in ("day", "month", "year")
    }  # fmt: skip
    values = {"tier": "explore", "seconds": "99999", "reason": "A clear question.", **days}
    answer = keeper.post(f"{path}/grant", data=values)
    assert (answer.status_code, "Enter seconds from 1 to 36,000" in answer.text) == (400, True)
    assert keeper.post(f"{path}/grant", data={**values, "seconds": "5000"}).status_code == 302
    page = strict(keeper.get(path).text)
    assert "5,000" in page
    assert "A clear question." in page
    assert project.reference in strict(keeper.get("/sandbox/access/").text)
    lead = client_of(app, world["project_lead"])
    assert "A clear question." in lead.get(path).text
    assert lead.post(f"{path}/grant", data=values).status_code == 403
    assert keeper.post(f"{path}/1/withdraw", data={"reason": "Not used."}).status_code == 302
    assert "Not used." in keeper.get(path).text


def test_the_queue_the_evidence_and_a_question(app: Flask, world: World) -> None:
    project = sandbox_steps.ready(world)
    sandbox_steps.queued(world, project)
    run = sandbox_steps.submitted(world, project, title="A large one")
    keeper, lead = client_of(app, world["gatekeeper"]), client_of(app, world["project_lead"])
    assert "A large one" in strict(keeper.get("/sandbox/queue").text)
    assert lead.get("/sandbox/queue").status_code == 403
    page = strict(keeper.get(f"/sandbox/{run.reference}/evidence").text)
    assert page.count("hcqic-gate--allowed") == 7
    assert "S2 of at most S2 in Explore" in page
    assert "<del>-qreg q[2];</del>" in page
    assert "<ins>+qreg q[25];</ins>" in page
    assert keeper.post(f"/sandbox/{run.reference}/ask", data={"reason": ""}).status_code == 400
    assert keeper.post(f"/sandbox/{run.reference}/ask", data={"reason": "Why so many?"}).status_code == 302
    assert "Answer the question" in lead.get(f"/sandbox/{run.reference}").text
    assert lead.post(f"/sandbox/{run.reference}/answer", data={"reason": "One for each nurse."}).status_code == 302
    page = strict(keeper.get(f"/sandbox/{run.reference}/evidence").text)
    assert "Why so many?" in page
    assert "One for each nurse." in page


def test_a_look_before_the_release_is_recorded_once(app: Flask, world: World) -> None:
    run = sandbox_steps.in_review(world, sandbox_steps.ready(world))
    keeper, path = client_of(app, world["gatekeeper"]), f"/sandbox/{run.reference}/check"
    for _ in range(2):
        assert "hcqic-histogram" in strict(keeper.get(path).text)
    assert client_of(app, world["project_lead"]).get(path).status_code == 403
    with world.reading() as session:
        looks = [entry for entry in history(session, "run", run.key) if entry.action == "sandbox.look"]
    assert [entry.actor_id for entry in looks] == [world["gatekeeper"].id]


def test_released_results_as_files_and_side_by_side(app: Flask, world: World) -> None:
    project = sandbox_steps.ready(world)
    first = sandbox_steps.released(world, project)
    second = sandbox_steps.released(world, project, seed=8, counts={"00": 300, "11": 100})
    closed = sandbox_steps.queued(world, project)
    assert sandbox_steps.ran(world, closed) is State.FINISHED
    lead, path = client_of(app, world["project_lead"]), f"/sandbox/{first.reference}"

    values = json.loads(lead.get(f"{path}/result.json").data)
    assert (values["counts"], values["statement"]) == ({"00": 200, "11": 200}, WATERMARK)
    assert [gate["stage"] for gate in values["gates"]] == ["request", "approval", "execution"]
    assert values["release"]["checks"][0]["verdict"] == "release"
    rows = list(csv.reader(io.StringIO(lead.get(f"{path}/result.csv").text)))
    assert rows[1:] == [[first.reference, bits, "200", WATERMARK] for bits in ("00", "11")]
    crate = lead.get(f"{path}/result.zip").data
    assert crate == lead.get(f"{path}/result.zip").data
    graph_is_whole(crate)
    assert lead.get(f"{path}/result.exe").status_code == 404
    answer = lead.get(f"/sandbox/{closed.reference}/result.json")
    assert (answer.status_code, "This result is not released." in answer.text) == (409, True)
    with world.reading() as session:
        taken = [entry.action for entry in history(session, "run", first.key) if entry.action == "sandbox.download"]
    assert len(taken) == 4

    page = strict(lead.get(f"{path}/compare?with={second.reference}&with={closed.reference}").text)
    assert "0.250000" in page
    assert "closed" in page
    assert page.count("75.0%") == 1
    assert "Verdicts" in strict(lead.get(f"{path}/release-record").text)
    assert "not released" in strict(lead.get(f"/sandbox/{closed.reference}/release-record").text)


def graph_is_whole(crate: bytes) -> None:
    """Every file is described, every reference leads to an entity, and the action has what its profile asks for."""
    with zipfile.ZipFile(io.BytesIO(crate)) as archive:
        names = set(archive.namelist())
        graph = json.loads(archive.read("ro-crate-metadata.json"))["@graph"]
    entities = {entity["@id"]: entity for entity in graph}
    assert names - {"ro-crate-metadata.json"} == {one["@id"] for one in entities["./"]["hasPart"]}
    links = [
        link["@id"] for entity in graph for value in entity.values()
        for link in (value if isinstance(value, list) else [value]) if isinstance(link, dict)
    ]  # fmt: skip
    assert set(links) - {"https://w3id.org/ro/crate/1.1"} <= entities.keys()
    assert {"instrument", "agent", "object", "result", "startTime", "endTime", "name"} <= entities["#run"].keys()


def test_every_ruling_on_one_page(app: Flask, world: World) -> None:
    run = sandbox_steps.released(world, sandbox_steps.ready(world))
    page = strict(client_of(app, world["auditor"]).get(f"/sandbox/{run.reference}/rulings").text)
    assert "Executed with every gate open" in page
    assert page.count("Policy as it is now") == 3
    assert page.count("version 1") == 3
    assert all(title in page for title in ("Need", "People", "Data", "Approvals", "Text", "Resources", "Output"))


def test_what_other_checkers_said_is_hidden_while_they_decide(app: Flask, world: World) -> None:
    run = sandbox_steps.checked(world, ("gatekeeper", "withhold", "Shows a single ward."))
    for name, sees in (("centre_manager", False), ("project_lead", False), ("gatekeeper", True), ("auditor", True)):
        client = client_of(app, world[name])
        pages = [client.get(f"/sandbox/{run.reference}{part}").text for part in ("", "/rulings", "/check")]
        assert any("Shows a single ward." in page for page in pages) is sees, name


def test_the_sandbox_is_closed_and_opened_and_its_pages_say_so(app: Flask, world: World) -> None:
    run = sandbox_steps.drafted(world, sandbox_steps.ready(world))
    admin, lead = client_of(app, world["administrator"]), client_of(app, world["project_lead"])
    assert admin.post("/sandbox/maintenance", data={"reason": ""}).status_code == 400
    assert admin.post("/sandbox/maintenance", data={"reason": "A disc is changed."}).status_code == 302
    for path in ("", "request", run.reference):
        assert "Closed for maintenance" in strict(lead.get(f"/sandbox/{path}").text)
    assert lead.post("/sandbox/maintenance", data={"reason": "x"}).status_code == 403
    assert lead.post(f"/sandbox/{run.reference}/submit").status_code == 302
    assert "A disc is changed." in strict(admin.get("/sandbox/maintenance").text)
    assert admin.post("/sandbox/maintenance/reopen").status_code == 302
    assert "Closed for maintenance" not in lead.get("/sandbox/").text
    with world.reading() as session:
        assert queries.run(session, run.reference).state is State.QUEUED
