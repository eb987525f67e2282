"""A sweep from the request to the released files: one run, many bindings."""

import csv
import io
import json
from datetime import timedelta

import pytest

from hcqic_gov.core.errors import Invalid
from hcqic_gov.quantum.bindings import Bindings
from hcqic_gov.quantum.simulate import Outcome, Status
from hcqic_gov.sandbox import crate, execution, queries, releases, service
from hcqic_gov.sandbox.models import Run, RunCircuit
from hcqic_gov.sandbox.points import parted
from hcqic_gov.sandbox.rules import State
from tests import sandbox_steps
from tests.circuits import H3
from tests.factories import World

TURN = f"{H3}input float theta;\nqubit[1] q;\nbit[1] c;\nry(theta) q[0];\nc = measure q;"
HALF_TURNS = Bindings(("theta",), ((0.0,), (1.5707963267948966,), (3.141592653589793,)))
SWEEP = {"title": "A turn", "source": TURN, "bindings": HALF_TURNS}


def test_from_the_request_to_the_files(world: World) -> None:
    run = sandbox_steps.finished(world, sandbox_steps.ready(world), **SWEEP)
    with world.writing() as session:
        service.send_to_review(session, run.reference, actor=world["project_lead"], now=world.now)
        service.release(session, run.reference, note="Fine.", actor=world["gatekeeper"], now=world.now)
    with world.reading() as session:
        kept = queries.run(session, run.reference)
        found = crate.released(session, run.reference)
    assert (kept.points, kept.done, kept.state) == (3, 3, State.RELEASED)
    first, half, whole = parted(found.counts, 3)
    assert (dict(first), dict(whole)) == ({"0": 400}, {"1": 400})
    assert sum(half.values()) == 400
    assert all(140 < count < 260 for count in half.values())
    points = json.loads(crate.as_json(found))["points"]
    assert [(one["number"], one["seed"], one["values"]) for one in points] == [
        (1, 7, {"theta": 0.0}), (2, 8, {"theta": 1.5707963267948966}), (3, 9, {"theta": 3.141592653589793})
    ]  # fmt: skip
    assert points[0]["counts"] == {"0": 400}
    rows = list(csv.DictReader(io.StringIO(crate.as_csv(found).decode())))
    assert (rows[0]["point"], rows[0]["theta"], rows[0]["bits"], rows[0]["count"]) == ("1", "0.0", "0", "400")


def test_a_sweep_again_gives_the_same(world: World) -> None:
    run = sandbox_steps.finished(world, sandbox_steps.ready(world), **SWEEP)
    with world.writing() as session:
        again = service.repeat(session, run.reference, actor=world["project_lead"], now=world.now)
    assert sandbox_steps.execute(world, again) is State.FINISHED
    with world.reading() as session:
        result = queries.result_of(session, again)
    assert result is not None
    assert result.distance == 0


@pytest.mark.one_database
def test_the_approval_binds_the_bindings(world: World) -> None:
    run = sandbox_steps.queued(world, sandbox_steps.ready(world), **SWEEP)
    with world.writing() as session:
        circuit = session.get_one(RunCircuit, run.circuit_id)
        circuit.bindings = circuit.bindings.replace("0.0", "0.25")
        session.flush()
        service.record_view(session, run.reference, "look", actor=world["gatekeeper"], now=world.now)
    assert sandbox_steps.execute(world, run) is None
    with world.reading() as session:
        kept = queries.run(session, run.reference)
    assert kept.state is State.BLOCKED
    assert "not the circuit, or not with the settings" in kept.reason


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"bindings": Bindings()}, "parameter “theta” has no value"),
        ({"bindings": Bindings(("phi",), ((0.0,),))}, "declares no parameter “phi”"),
        ({"shots": 100_000, "bindings": Bindings(("theta",), tuple((n / 10,) for n in range(21)))}, "2,100,000 shots"),
    ],
)
def test_values_that_do_not_fit_are_an_error_of_the_form(
    world: World, changes: dict[str, object], sentence: str
) -> None:
    project = sandbox_steps.ready(world)
    with pytest.raises(Invalid) as caught:
        sandbox_steps.drafted(world, project, **{**SWEEP, **changes})
    assert sentence in caught.value.fields["bindings"]


@pytest.mark.one_database
def test_estimate_and_size_are_those_of_all_points(world: World) -> None:
    project = sandbox_steps.ready(world)
    once = sandbox_steps.drafted(
        world, project, source=TURN.replace("theta)", "0.5)").replace("input float theta;", "")
    )
    many = Bindings(("theta",), tuple((n / 10,) for n in range(200)))
    swept = sandbox_steps.drafted(world, project, **{**SWEEP, "bindings": many})
    assert swept.predicted_seconds > 10 * once.predicted_seconds
    source = sandbox_steps.MEDIUM.replace("OPENQASM 2.0", "OPENQASM 3.0").replace("qelib1", "stdgates")
    source = source.replace("qreg q[22]; creg c[22];", "input float a; qubit[22] q; bit[22] c;")
    source = source.replace("ry(0.1) q", "ry(a) q").replace("measure q -> c", "c = measure q")
    large = Bindings(("a",), tuple((n / 10,) for n in range(100)))
    run = sandbox_steps.drafted(world, project, source=source, bindings=large)
    assert run.size_class == "S2", "a hundred medium ones are large together"


@pytest.mark.one_database
def test_progress_is_written_at_most_once_a_second_and_a_stopped_sweep_keeps_nothing(world: World) -> None:
    run = sandbox_steps.queued(world, sandbox_steps.ready(world), **SWEEP)
    with world.writing() as session:
        job = execution.begin(session, run.key, worker=execution.this_process(), now=world.now)
    assert job is not None
    moment = [world.now]
    lease = execution.Lease(world.database, job, lambda: moment[0])

    def done() -> int:
        with world.reading() as session:
            return session.get_one(Run, run.key).done

    lease.hear(1)
    assert lease()
    assert done() == 1
    lease.hear(2)
    assert lease()
    assert done() == 1, "the second has not passed"
    moment[0] += timedelta(seconds=1)
    assert lease()
    assert done() == 2
    lease.hear(99)
    assert lease.done == 3, "a child cannot say more than all"
    with world.writing() as session:
        service.stop(session, run.reference, reason="Enough.", actor=world["project_lead"], now=world.now)
    assert not lease()
    with world.writing() as session:
        assert execution.finish(session, job, Outcome(Status.FINISHED, points=({"0": 400},) * 3), now=world.now) is None
    with world.reading() as session:
        kept = queries.run(session, run.reference)
        assert queries.result_of(session, kept) is None
    assert (kept.state, kept.done) == (State.STOPPED, 2)


@pytest.mark.one_database
def test_a_worker_that_takes_over_begins_anew(world: World) -> None:
    run = sandbox_steps.queued(world, sandbox_steps.ready(world), **SWEEP)
    with world.writing() as session:
        job = execution.begin(session, run.key, worker=execution.this_process(), now=world.now)
    assert job is not None
    lease = execution.Lease(world.database, job, lambda: world.now)
    lease.hear(2)
    assert lease()
    assert execution.give_back(world.database, run.key, now=world.now + timedelta(hours=1))
    with world.writing() as session:
        assert execution.begin(session, run.key, worker=execution.this_process(), now=world.now) is not None
        assert queries.run(session, run.reference).done == 0


@pytest.mark.one_database
def test_releases_are_compared_by_the_values_of_their_points(world: World) -> None:
    """Two tables that have a point in common, at different places: a small difference there is found."""
    project = sandbox_steps.ready(world)
    first = sandbox_steps.released(world, project, counts={"1:0": 400, "2:0": 200, "2:1": 200, "3:1": 400}, **SWEEP)
    turned = Bindings(("theta",), HALF_TURNS.rows[::-1])
    second = sandbox_steps.queued(world, project, **{**SWEEP, "bindings": turned})
    counts = {"1:1": 400, "2:0": 203, "2:1": 197, "3:0": 400}
    assert sandbox_steps.ran(world, second, counts=counts) is State.FINISHED
    with world.reading() as session:
        (near,) = releases.near_releases(session, queries.run(session, second.reference))
    assert near.reference == first.reference
    assert {bits: by for bits, by in near.differences.items() if by} == {
        "theta=1.5707963267948966: 0": 3, "theta=1.5707963267948966: 1": -3
    }  # fmt: skip
    assert len(near.small(5)) == 2
