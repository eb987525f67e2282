"""A use case from the form to the project's pathway."""

from flask import Flask
from sqlmodel import select

from hcqic_gov.projects.models import Trial
from hcqic_gov.projects.rules import Rung, Verdict
from hcqic_gov.sandbox import crate, execution, queries, service
from hcqic_gov.sandbox.models import Run
from hcqic_gov.sandbox.rules import State
from tests import sandbox_steps
from tests.factories import World, client_of

SETTINGS = {"operations": "6", "layers": "1", "shots": "128", "seed": "3", "version": "0"}
ASKED = {"title": "Two theatres", "purpose": "method_development", **SETTINGS}


def the_run(world: World, address: str) -> Run:
    with world.reading() as session:
        return queries.run(session, address.rpartition("/")[2])


def test_from_the_form_to_the_pathway(app: Flask, world: World, confinement: None) -> None:
    """Requested, executed in the confined process, checked, released: then the pathway holds the figures."""
    project = sandbox_steps.ready(world)
    lead, keeper = client_of(app, world["project_lead"]), client_of(app, world["gatekeeper"])
    assert "Two operating theatres" in lead.get("/sandbox/templates/").text
    answer = lead.post("/sandbox/templates/theatres", data={**ASKED, "project": project.reference})
    assert answer.status_code == 302
    page = lead.get(answer.location)
    assert page.text.count("hcqic-gate--allowed") == 7
    app.extensions["hcqic.dispatch"] = lambda key: None
    assert lead.post(f"{answer.location}/submit").status_code == 302
    run = the_run(world, answer.location)
    assert run.state is State.QUEUED  # small, with made-up data: on standing access
    assert execution.execute(world.database, run.key, clock=lambda: world.now) is State.FINISHED
    with world.writing() as session:
        service.send_to_review(session, run.reference, actor=world["project_lead"], now=world.now)
    looked = keeper.get(f"{answer.location}/check").text
    assert "Mixed-integer solver (HiGHS)" in looked
    assert "Mixed-integer solver" not in lead.get(answer.location).text  # closed until it is released
    with world.writing() as session:
        service.release(session, run.reference, actor=world["gatekeeper"], now=world.now)
    shown = lead.get(answer.location).text
    assert "Quantum is not needed at this size" in shown
    with world.reading() as session:
        trials = session.exec(select(Trial).where(Trial.project_id == project.key)).all()
        files = crate.as_json(crate.released(session, run.reference))
    entered = {trial.rung: trial for trial in trials if run.reference in trial.instance}
    assert entered.keys() == {Rung.HPC, Rung.QUANTUM}
    assert entered[Rung.HPC].method == "Mixed-integer solver (HiGHS)"
    assert entered[Rung.QUANTUM].method.endswith("simulated")
    assert entered[Rung.HPC].verdict is Verdict.SUFFICES
    assert "advantage" not in entered[Rung.QUANTUM].reason
    assert b'"verdict": "not_needed"' in files


def test_settings_out_of_range_are_errors_of_the_form_and_nothing_is_lost(app: Flask, world: World) -> None:
    project = sandbox_steps.ready(world)
    lead = client_of(app, world["project_lead"])
    sent = {**ASKED, "project": project.reference, "operations": "40", "title": "Kept title"}
    answer = lead.post("/sandbox/templates/theatres", data=sent)
    assert answer.status_code == 400
    assert "Enter a whole number from 4 to 12" in answer.text
    assert "Kept title" in answer.text


def test_a_draft_is_changed_on_the_templates_page(app: Flask, world: World) -> None:
    project = sandbox_steps.ready(world)
    lead = client_of(app, world["project_lead"])
    address = lead.post("/sandbox/templates/theatres", data={**ASKED, "project": project.reference}).location
    reference = address.rpartition("/")[2]
    there = lead.get(f"{address}/edit")
    assert there.location.endswith(f"/sandbox/templates/change/{reference}")
    assert 'value="6"' in lead.get(there.location).text
    version = str(the_run(world, address).version)
    changed = lead.post(there.location, data={**ASKED, "operations": "8", "version": version})
    assert changed.status_code == 302
    with world.reading() as session:
        assert '"operations": 8' in queries.circuit_of(session, queries.run(session, reference)).source
    assert lead.get(f"{address}/drawing").status_code == 200


def test_no_template_of_this_name(app: Flask, world: World) -> None:
    assert client_of(app, world["project_lead"]).get("/sandbox/templates/advantage").status_code == 404
