"""The life of a run on both databases, from the draft to the released result, and everything that stops it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest

from hcqic_gov.audit.queries import history, verify_chain
from hcqic_gov.core.errors import Invalid, Refused, Stale
from hcqic_gov.ethics.approvals import ApprovalKind
from hcqic_gov.ethics.queries import case_in_force
from hcqic_gov.projects.models import Project
from hcqic_gov.projects.rules import DataClass
from hcqic_gov.quantum import simulate
from hcqic_gov.sandbox import execution, queries, service, waiting
from hcqic_gov.sandbox.models import Run, RunCircuit
from hcqic_gov.sandbox.queries import RunFilter, RunView
from hcqic_gov.sandbox.rules import Stage, State
from tests import ethics_steps, sandbox_steps
from tests.factories import World

H2 = 'OPENQASM 2.0;\ninclude "qelib1.inc";\n'


@pytest.fixture(scope="module", autouse=True)
def nursery() -> Any:
    yield
    simulate.close()


ENTANGLED = "".join(f"cx q[{n}],q[{23 - n}];" for n in range(12))
"""So that no method but the whole state vector will do."""


def view(world: World, run: Run) -> RunView:
    with world.reading() as session:
        return queries.run_view(session, queries.run(session, run.reference))


def state(world: World, run: Run) -> State:
    return view(world, run).record.state


def test_from_draft_to_released_result(world: World) -> None:
    project = sandbox_steps.ready(world)
    run = sandbox_steps.in_review(world, project)
    with world.writing() as session:
        service.release(session, run.reference, actor=world["gatekeeper"], now=world.now)
    seen = view(world, run)
    assert [event.move for event in seen.events] == [
        "draft", "submit", "admit", "queue", "begin", "finish", "send_to_review", "release"
    ]  # fmt: skip
    assert set(seen.counts) == {"00", "11"}
    assert sum(seen.counts.values()) == 400
    assert [(check.stage, check.allowed) for check in seen.checks] == [(stage, True) for stage in Stage]
    assert all(check.ethics_case.startswith("HCQIC-E-") and check.ethics_version == 1 for check in seen.checks)
    assert len(seen.checks[0].rulings) == 7
    with world.reading() as session:
        assert verify_chain(session).whole
        actions = [entry.action for entry in reversed(history(session, "run", run.key))]
    assert actions[0] == "sandbox.request"
    assert actions[1:] == [f"sandbox.{event.move}" for event in seen.events[1:]]


def closed_gates(world: World, run: Run) -> list[str]:
    with world.reading() as session:
        answers = queries.gate_rulings(session, queries.run(session, run.reference), at=world.now)
    return [answer.code for answer in answers if not answer.ruling.allowed]


def submit_refused(world: World, run: Run) -> str:
    with world.writing() as session, pytest.raises(Refused) as refusal:
        service.submit(session, run.reference, actor=world["project_lead"], now=world.now)
    return refusal.value.authority


def test_a_bare_project_is_refused_at_the_gates_in_order(world: World) -> None:
    project = world.project(active=True)
    run = sandbox_steps.drafted(world, project)
    assert closed_gates(world, run) == ["need", "people", "approvals"]
    assert submit_refused(world, run) == "Need"
    world.climb_to_quantum(project)
    assert submit_refused(world, run) == "People"
    world.train("project_lead")
    assert submit_refused(world, run) == "Approvals"
    ethics_steps.decided(world, project)
    assert closed_gates(world, run) == []


@pytest.mark.parametrize(
    ("source", "gate"),
    [
        (H2 + "qreg q[1]; // for 943 476 5919\n", "data"),
        (H2 + "qreg q[1]; rx(8^8^8^8) q[0];", "text"),
        (H2 + 'include "/etc/hostname"; qreg q[1];', "text"),
        (H2 + "qreg q[40]; rx(0.1) q;" + "".join(f"cx q[{n}],q[{39 - n}];" for n in range(20)), "resources"),
    ],
)
def test_the_circuit_itself_may_close_a_gate(world: World, source: str, gate: str) -> None:
    run = sandbox_steps.drafted(world, sandbox_steps.ready(world), source=source)
    assert closed_gates(world, run) == [gate]


def test_identifiable_data_may_not_enter(world: World) -> None:
    project = world.project(active=True, data_class=DataClass.IDENTIFIABLE)
    assert "data" in closed_gates(world, sandbox_steps.drafted(world, project))


def test_text_that_is_no_text_is_an_error_of_the_form(world: World) -> None:
    project = world.project(active=True)
    for source in ("OPENQASM 2.0;\0", "/" * 1_100_000):
        with world.writing() as session, pytest.raises(Invalid) as error:
            service.draft(
                session,
                project.reference,
                sandbox_steps.request(source=source),
                actor=world["project_lead"],
                now=world.now,
            )
        assert "source" in error.value.fields


def test_nobody_approves_their_own_run(world: World) -> None:
    run = sandbox_steps.submitted(world, sandbox_steps.ready(world))
    for name in ("project_lead", "centre_manager", "auditor"):
        with world.writing() as session, pytest.raises(Refused):
            service.approve(session, run.reference, actor=world[name], now=world.now)
    assert state(world, run) is State.REQUESTED


def test_a_refusal_needs_a_reason_and_keeps_it(world: World) -> None:
    run = sandbox_steps.submitted(world, sandbox_steps.ready(world))
    with world.writing() as session, pytest.raises(Invalid):
        service.refuse(session, run.reference, reason=" ", actor=world["gatekeeper"], now=world.now)
    with world.writing() as session:
        service.refuse(session, run.reference, reason="Too vague.", actor=world["gatekeeper"], now=world.now)
    assert (state(world, run), view(world, run).record.reason) == (State.REFUSED, "Too vague.")


def test_a_submitted_request_is_frozen(world: World) -> None:
    run = sandbox_steps.submitted(world, sandbox_steps.ready(world))
    with world.writing() as session, pytest.raises(Refused, match="Waits for a gatekeeper"):
        service.edit(
            session, run.reference, sandbox_steps.request(), seen=run.version, actor=world["project_lead"],
            now=world.now,
        )  # fmt: skip


def test_a_draft_is_changed_by_one_person_at_a_time(world: World) -> None:
    run = sandbox_steps.drafted(world, sandbox_steps.ready(world))
    changed, seen = sandbox_steps.request(title="Another", shots=5), run.version
    with world.writing() as session:
        service.edit(session, run.reference, changed, seen=seen, actor=world["project_lead"], now=world.now)
    with world.writing() as session, pytest.raises(Stale):
        service.edit(session, run.reference, changed, seen=seen, actor=world["project_lead"], now=world.now)
    assert (view(world, run).record.title, view(world, run).record.shots) == ("Another", 5)


def suspend(world: World, project: Project) -> None:
    with world.reading() as session:
        standing = case_in_force(session, project.key, world.now)
    assert standing is not None
    ethics_steps.move(world, standing.reference, "suspend", by="chair", reason="A complaint came in.")


def test_suspended_while_queued_it_is_not_executed_and_says_why(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    project = sandbox_steps.ready(world)
    run = sandbox_steps.queued(world, project)
    suspend(world, project)
    monkeypatch.setattr(execution, "simulate", lambda *_, **__: pytest.fail("it was executed"))
    assert sandbox_steps.execute(world, run) is None
    seen = view(world, run)
    assert seen.record.state is State.BLOCKED
    assert seen.record.reason.startswith("Approvals: ")
    assert "uspended" in seen.record.reason
    assert (seen.checks[-1].stage, seen.checks[-1].allowed, seen.record.started_at) == (Stage.EXECUTION, False, None)


def test_training_that_lapses_in_the_queue_blocks(world: World) -> None:
    run = sandbox_steps.queued(world, sandbox_steps.ready(world))
    later = world.now + timedelta(days=800)
    execution.execute(world.database, run.key, clock=lambda: later)
    assert view(world, run).record.reason.startswith("People: ")


def test_a_circuit_changed_behind_the_approval_blocks(world: World) -> None:
    run = sandbox_steps.queued(world, sandbox_steps.ready(world))
    with world.database.engine.execution_options(hcqic_write=True).begin() as connection:
        table = RunCircuit.__table__  # type: ignore[attr-defined]
        connection.execute(table.update().values(source=H2 + "qreg q[3];"))
    sandbox_steps.execute(world, run)
    assert view(world, run).record.reason.startswith("Text: ")


def test_settings_changed_behind_the_approval_block(world: World) -> None:
    run = sandbox_steps.queued(world, sandbox_steps.ready(world))
    with world.database.engine.execution_options(hcqic_write=True).begin() as connection:
        connection.execute(Run.__table__.update().values(seed=8))  # type: ignore[attr-defined]
    sandbox_steps.execute(world, run)
    assert view(world, run).record.reason.startswith("Text: ")


def test_a_run_is_simulated_by_the_method_that_was_approved(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its limits were worked out for that one, whatever another version of the rules would choose."""
    project = sandbox_steps.ready(world)
    with monkeypatch.context() as patch:
        patch.setattr("hcqic_gov.quantum.estimate.method_of", lambda *_: "matrix_product_state")
        run = sandbox_steps.queued(world, project, source=H2 + "qreg q[2]; rx(0.3) q[0]; cx q[0],q[1];")
    assert sandbox_steps.execute(world, run) is State.FINISHED
    seen = view(world, run)
    assert seen.result is not None
    assert (seen.record.method, seen.result.method) == ("matrix_product_state", "matrix_product_state")


def test_a_run_is_claimed_once(world: World) -> None:
    run = sandbox_steps.queued(world, sandbox_steps.ready(world))
    with world.writing() as session:
        assert execution.begin(session, run.key, worker="a/1/1", now=world.now) is not None
    with world.writing() as session:
        assert execution.begin(session, run.key, worker="b/1/1", now=world.now) is None


def test_of_many_workers_at_once_one_claims_the_run(world: World) -> None:
    run = sandbox_steps.queued(world, sandbox_steps.ready(world))
    start = Barrier(4)

    def attempt(number: int) -> bool:
        start.wait(10)
        with world.database.transaction() as session:
            return execution.begin(session, run.key, worker=f"w{number}/1/1", now=world.now) is not None

    with ThreadPoolExecutor(4) as pool:
        claimed = list(pool.map(attempt, range(4)))
    assert sum(claimed) == 1
    seen = view(world, run)
    assert seen.record.worker == f"w{claimed.index(True)}/1/1"
    assert [event.move for event in seen.events].count("begin") == 1
    with world.reading() as session:
        assert verify_chain(session).whole


def test_one_person_has_two_runs_going_at_most(world: World) -> None:
    project = sandbox_steps.ready(world)
    runs = [sandbox_steps.queued(world, project) for _ in range(3)]
    for run, begun in zip(runs, (True, True, False), strict=True):
        with world.writing() as session:
            assert (execution.begin(session, run.key, worker="a/1/1", now=world.now) is not None) is begun
    assert state(world, runs[2]) is State.QUEUED


def test_a_full_queue_closes_the_gate(world: World) -> None:
    project = sandbox_steps.ready(world)
    for _ in range(20):
        sandbox_steps.submitted(world, project)
    assert closed_gates(world, sandbox_steps.drafted(world, project)) == ["resources"]


def test_what_fails_in_the_child_fails_with_its_reason(world: World) -> None:
    run = sandbox_steps.queued(world, sandbox_steps.ready(world), source=H2 + "qreg q[1]; nothing q[0];")
    assert sandbox_steps.execute(world, run) is State.FAILED
    assert "nothing" in view(world, run).record.reason
    assert view(world, run).result is None


def test_stopped_while_it_runs_the_child_ends_and_nothing_is_kept(world: World) -> None:
    wide = H2 + "qreg q[24]; creg c[24];" + ("rx(0.3) q;" + ENTANGLED) * 4 + "measure q->c;"
    run = sandbox_steps.queued(world, sandbox_steps.ready(world), source=wide)
    with world.writing() as session:
        job = execution.begin(session, run.key, worker=execution.this_process(), now=world.now)
    assert job is not None
    with world.writing() as session:
        service.stop(session, run.reference, reason="Wrong circuit.", actor=world["project_lead"], now=world.now)
    lease = execution.Lease(world.database, job, lambda: world.now)
    outcome = simulate.simulate(job.source, shots=1, seed=1, limits=job.limits, watch=lease)
    assert (outcome.status, outcome.seconds < 5) == (simulate.Status.STOPPED, True)
    with world.writing() as session:
        assert execution.finish(session, job, outcome, now=world.now) is None
    assert (state(world, run), view(world, run).record.reason) == (State.STOPPED, "Wrong circuit.")


def test_a_lease_is_renewed_while_the_run_is_ours(world: World) -> None:
    run = sandbox_steps.queued(world, sandbox_steps.ready(world))
    with world.writing() as session:
        job = execution.begin(session, run.key, worker="a/1/1", now=world.now)
    assert job is not None
    moment = world.now
    lease = execution.Lease(world.database, job, lambda: moment)
    moment += timedelta(seconds=20)
    assert lease()
    until = view(world, run).record.lease_until
    assert until is not None
    assert until == moment + execution.lease()


def sweep_at(world: World, moment: datetime, handed: list[int]) -> None:
    execution.sweep(world.database, clock=lambda: moment, dispatch=handed.append)


def test_a_run_whose_lease_ran_out_is_tried_once_more_and_then_lost(world: World) -> None:
    run = sandbox_steps.queued(world, sandbox_steps.ready(world))
    begun, handed = world.now, list[int]()
    for expected in (State.QUEUED, State.LOST):
        with world.writing() as session:
            assert execution.begin(session, run.key, worker="elsewhere/1/1", now=begun)
        sweep_at(world, begun, handed)
        assert state(world, run) is State.RUNNING
        begun += timedelta(seconds=31)
        sweep_at(world, begun, handed)
        assert state(world, run) is expected
    assert handed == [run.key]
    assert "attempt 2 ended" in view(world, run).record.reason


def test_a_dead_process_of_this_host_is_noticed_at_once(world: World) -> None:
    run = sandbox_steps.queued(world, sandbox_steps.ready(world))
    alive = execution.this_process()
    host, pid, began = alive.split("/")
    assert not execution.dead_here(alive)
    assert execution.dead_here(f"{host}/{pid}/{int(began) + 1}")
    assert not execution.dead_here(f"another-{host}/{pid}/1")
    with world.writing() as session:
        assert execution.begin(session, run.key, worker=f"{host}/{2**30}/1", now=world.now)
    assert execution.sweep(world.database, clock=lambda: world.now, dispatch=lambda _: None) == [run.key]
    assert state(world, run) is State.QUEUED


def test_a_late_answer_of_a_lost_attempt_is_dropped(world: World) -> None:
    run = sandbox_steps.queued(world, sandbox_steps.ready(world))
    with world.writing() as session:
        job = execution.begin(session, run.key, worker="elsewhere/1/1", now=world.now)
    assert job is not None
    later = world.now + timedelta(seconds=60)
    execution.sweep(world.database, clock=lambda: later, dispatch=lambda _: None)
    outcome = simulate.Outcome(simulate.Status.FINISHED, counts={"0": 1})
    with world.writing() as session:
        assert execution.finish(session, job, outcome, now=later) is None
    assert view(world, run).result is None


def test_a_queued_run_whose_message_was_lost_is_dispatched_again(world: World) -> None:
    run = sandbox_steps.queued(world, sandbox_steps.ready(world))
    handed = list[int]()
    execution.sweep(world.database, clock=lambda: world.now, dispatch=handed.append)
    execution.sweep(world.database, clock=lambda: world.now + timedelta(seconds=20), dispatch=handed.append)
    assert handed == [run.key]


def test_the_team_does_not_release_its_own_result(world: World) -> None:
    run = sandbox_steps.in_review(world, sandbox_steps.ready(world))
    with world.writing() as session, pytest.raises(Refused):
        service.release(session, run.reference, actor=world["project_lead"], now=world.now)


def test_two_checkers_where_the_data_class_asks_for_two(world: World) -> None:
    project = world.project(active=True, data_class=DataClass.ANONYMISED_NON_NHS)
    world.climb_to_quantum(project)
    world.train("project_lead")
    ethics_steps.decided(world, project, data_class=DataClass.ANONYMISED_NON_NHS)
    ethics_steps.approved_elsewhere(world, project, *ApprovalKind)
    run = sandbox_steps.in_review(world, project)
    with world.writing() as session:
        service.release(session, run.reference, actor=world["gatekeeper"], now=world.now)
    assert state(world, run) is State.IN_REVIEW
    with world.writing() as session, pytest.raises(Refused, match="another person"):
        service.release(session, run.reference, actor=world["gatekeeper"], now=world.now)
    with world.writing() as session:
        service.release(session, run.reference, actor=world["centre_manager"], now=world.now)
    assert state(world, run) is State.RELEASED


def test_one_no_withholds(world: World) -> None:
    run = sandbox_steps.in_review(world, sandbox_steps.ready(world))
    with world.writing() as session:
        service.withhold(
            session, run.reference, reason="Shows a single ward.", actor=world["centre_manager"], now=world.now
        )
    assert (state(world, run), view(world, run).record.reason) == (State.WITHHELD, "Shows a single ward.")


def test_run_again_gives_the_same_counts(world: World) -> None:
    first = sandbox_steps.finished(world, sandbox_steps.ready(world))
    with world.writing() as session:
        again = service.repeat(session, first.reference, actor=world["project_lead"], now=world.now)
    assert sandbox_steps.execute(world, again) is State.FINISHED
    seen = view(world, again)
    assert seen.result is not None
    assert (seen.result.distance, seen.repeat_of) == (0.0, first.reference)
    assert [run.reference for run in view(world, first).repeats] == [again.reference]


def test_list_filters_and_pages(world: World) -> None:
    project = sandbox_steps.ready(world)
    for number in range(27):
        sandbox_steps.drafted(world, project, title=f"Run {number:02}")
    sandbox_steps.submitted(world, project, title="Handed in")
    with world.reading() as session:
        first, total = queries.runs(session, RunFilter())
        second, _ = queries.runs(session, RunFilter(), page=2)
        assert (len(first), len(second), total) == (25, 3, 28)
        found, _ = queries.runs(session, RunFilter(text="n 07"))
        assert [row.title for row in found] == ["Run 07"]
        waiting, _ = queries.runs(session, RunFilter(state=State.REQUESTED, project_id=project.key))
        assert [row.title for row in waiting] == ["Handed in"]
        assert queries.runs(session, RunFilter(requester_id=world["gatekeeper"].id))[1] == 0


def test_tasks_go_to_those_who_can_do_them(world: World) -> None:
    def tasks(name: str) -> list[str]:
        with world.reading() as session:
            return [task.title for task in waiting.tasks_for(session, world[name], now=world.now)]

    run = sandbox_steps.submitted(world, sandbox_steps.ready(world))
    assert tasks("gatekeeper") == ["Decide on the run “A Bell pair”"]
    assert tasks("centre_manager") == tasks("project_lead") == []
    with world.writing() as session:
        service.approve(session, run.reference, actor=world["gatekeeper"], now=world.now)
    sandbox_steps.execute(world, run)
    assert tasks("project_lead") == ["Send the result of “A Bell pair” to the checkers"]
    with world.writing() as session:
        service.send_to_review(session, run.reference, actor=world["project_lead"], now=world.now)
    assert tasks("centre_manager") == tasks("gatekeeper") == ["Check the result of “A Bell pair”"]
