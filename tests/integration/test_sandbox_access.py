"""Access and allocations, questions, independent checkers, near-equal releases, maintenance."""

from datetime import timedelta
from pathlib import Path

import pytest

from hcqic_gov.audit.queries import verify_chain
from hcqic_gov.core.calendar import london_day
from hcqic_gov.core.errors import Invalid, Refused
from hcqic_gov.projects.models import Project
from hcqic_gov.sandbox import deciding, execution, granting, queries, quotas, releases, service
from hcqic_gov.sandbox.allocations import Balance
from hcqic_gov.sandbox.examples import EXAMPLES
from hcqic_gov.sandbox.models import Run
from hcqic_gov.sandbox.rules import State, Verdict
from hcqic_gov.sandbox.waiting import tasks_for
from tests import ethics_steps, sandbox_steps
from tests.factories import World
from tests.policy_folder import Board

ONE_DATABASE = pytest.mark.one_database


def balance(world: World, project: Project) -> Balance:
    with world.reading() as session:
        return quotas.balance(session, project.key, at=world.now)


def run_of(world: World, run: Run) -> Run:
    with world.reading() as session:
        return queries.run(session, run.reference)


def bare(world: World) -> Project:
    """Ready for runs, with no more access than every project has."""
    project = world.project(active=True)
    world.climb_to_quantum(project)
    world.train("project_lead")
    ethics_steps.decided(world, project)
    return project


def test_what_a_run_used_is_booked_and_small_ones_cost_nothing(world: World) -> None:
    project = sandbox_steps.ready(world)
    assert sandbox_steps.ran(world, sandbox_steps.queued(world, project), seconds=3) is State.FINISHED
    assert balance(world, project).spent == 0
    medium = sandbox_steps.queued(world, project, source=sandbox_steps.MEDIUM)
    reserved = balance(world, project)
    assert (reserved.tier.code, round(reserved.reserved, 6)) == ("explore", round(medium.predicted_seconds, 6))
    assert sandbox_steps.ran(world, medium, seconds=2.5) is State.FINISHED
    after = balance(world, project)
    assert (after.spent, after.reserved, after.left) == (2.5, 0, after.share - 2.5)
    with world.reading() as session:
        rows = quotas.spending_of(session, project.key, limit=5)
        assert [(row.reference, row.seconds) for row in rows] == [(medium.reference, 2.5)]
        assert [row.reference for row in quotas.granted(session, london_day(world.now))] == [project.reference]


@ONE_DATABASE
def test_without_a_grant_a_project_has_little_once(world: World) -> None:
    project = bare(world)
    first = sandbox_steps.queued(world, project, source=sandbox_steps.MEDIUM)
    sandbox_steps.ran(world, first, seconds=599)
    world.now += timedelta(days=300)
    left = balance(world, project)
    assert (left.tier.code, round(left.left)) == ("try", 1)
    run = sandbox_steps.drafted(world, project, source=sandbox_steps.MEDIUM)
    with world.writing() as session, pytest.raises(Refused, match="has 1 left") as refusal:
        service.submit(session, run.reference, actor=world["project_lead"], now=world.now)
    assert (refusal.value.code, refusal.value.authority) == ("quota_spent", "Resources")


@ONE_DATABASE
def test_a_large_run_needs_a_granted_tier(world: World) -> None:
    project = bare(world)
    run = sandbox_steps.drafted(world, project, source=sandbox_steps.LARGE)
    with world.writing() as session, pytest.raises(Refused, match="more than the tier “Try” gives"):
        service.submit(session, run.reference, actor=world["project_lead"], now=world.now)
    sandbox_steps.explore(world, project)
    with world.writing() as session:
        assert service.submit(session, run.reference, actor=world["project_lead"], now=world.now).state is (
            State.REQUESTED
        )


@ONE_DATABASE
def test_what_the_policy_does_not_let_a_gatekeeper_grant(world: World) -> None:
    project, today = world.project(active=True), london_day(world.now)
    for changes, field in (
        ({"tier": "pioneer"}, "tier"),
        ({"tier": "none"}, "tier"),
        ({"seconds": 36_001}, "seconds"),
        ({"seconds": 0}, "seconds"),
        ({"ends_on": today + timedelta(days=366)}, "ends_on"),
        ({"ends_on": today - timedelta(days=1)}, "ends_on"),
        ({"starts_on": today - timedelta(days=1)}, "starts_on"),
        ({"starts_on": today + timedelta(days=200)}, "starts_on"),
        ({"reason": " "}, "reason"),
    ):
        with pytest.raises(Invalid) as error:
            sandbox_steps.explore(world, project, **changes)
        assert field in error.value.fields


@ONE_DATABASE
def test_one_allocation_is_in_force_at_a_time_and_pioneer_follows_explore(world: World) -> None:
    project, today = bare(world), london_day(world.now)
    first = sandbox_steps.explore(world, project)
    later = today + timedelta(days=30)
    sandbox_steps.explore(
        world, project, tier="pioneer", seconds=360_000, starts_on=later, ends_on=later + timedelta(days=700)
    )
    with world.reading() as session:
        in_force = [quotas.in_force(session, project.key, today + timedelta(days=days)) for days in (0, 29, 30, 800)]
        assert [one.tier if one else "" for one in in_force] == ["explore", "explore", "pioneer", ""]
    with world.writing() as session, pytest.raises(Refused, match="ended already"):
        granting.withdraw(
            session, project.reference, first.key, reason="Done.", actor=world["gatekeeper"], now=world.now
        )


@ONE_DATABASE
def test_nobody_grants_access_to_their_own_project(world: World) -> None:
    project, today = world.project(active=True), london_day(world.now)
    entered = granting.Grant("explore", 10, today, today, "A reason.")
    for name in ("project_lead", "centre_manager", "administrator"):
        with world.writing() as session, pytest.raises(Refused):
            granting.grant(session, project.reference, entered, actor=world[name], now=world.now)


@ONE_DATABASE
def test_withdrawn_while_queued_the_run_is_blocked_and_says_why(world: World) -> None:
    project = bare(world)
    allocation = sandbox_steps.explore(world, project)
    run = sandbox_steps.approved(world, sandbox_steps.submitted(world, project))
    with world.writing() as session:
        granting.withdraw(
            session, project.reference, allocation.key, reason="The plan changed.", actor=world["gatekeeper"],
            now=world.now,
        )  # fmt: skip
    assert sandbox_steps.ran(world, run) is None
    assert run_of(world, run).state is State.BLOCKED
    assert run_of(world, run).reason.startswith("Resources: ")


@ONE_DATABASE
def test_of_two_queued_runs_the_first_has_what_is_left(world: World) -> None:
    project = bare(world)
    first, second = (sandbox_steps.queued(world, project, source=sandbox_steps.MEDIUM) for _ in range(2))
    with world.writing() as session:
        keeper = world["gatekeeper"]
        day = london_day(world.now)
        most = int(first.predicted_seconds * 1.5) + 1
        granting.grant(session, project.reference, granting.Grant("explore", most, day, day, "Little."), actor=keeper,
                       now=world.now)  # fmt: skip
    assert sandbox_steps.ran(world, second) is None  # asked first, but it came second
    assert run_of(world, second).state is State.BLOCKED
    assert sandbox_steps.ran(world, first) is State.FINISHED


@ONE_DATABASE
def test_a_stricter_policy_blocks_what_passed_without_a_gatekeeper(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = sandbox_steps.queued(world, sandbox_steps.ready(world))
    with Board.over(tmp_path / "policies", monkeypatch) as board:
        board.change("sandbox/allocations.toml", 'standing = ["synthetic"]', "standing = []")
        assert sandbox_steps.ran(world, run) is None
    assert run_of(world, run).reason.startswith("People: A run of this size or class of data needs a gatekeeper")


@ONE_DATABASE
def test_stopped_in_its_middle_it_costs_what_it_used(world: World) -> None:
    project = bare(world)
    run = sandbox_steps.queued(world, project, source=sandbox_steps.MEDIUM)
    with world.writing() as session:
        execution.begin(session, run.key, worker="a/1/1", now=world.now)
    later = world.now + timedelta(seconds=2)
    with world.writing() as session:
        service.stop(session, run.reference, reason="Enough.", actor=world["project_lead"], now=later)
    assert balance(world, project).spent == 2


@ONE_DATABASE
def test_a_run_is_stopped_in_every_state_before_its_end(world: World) -> None:
    project = sandbox_steps.ready(world)
    for at in ("draft", "requested", "asked", "queued", "running"):
        stopped_at(world, project, at)


def stopped_at(world: World, project: Project, at: str) -> None:
    make = {"draft": sandbox_steps.drafted, "requested": sandbox_steps.submitted, "asked": sandbox_steps.submitted}
    run = make.get(at, sandbox_steps.queued)(world, project)
    with world.writing() as session:
        if at == "asked":
            service.ask(session, run.reference, reason="Why?", actor=world["gatekeeper"], now=world.now)
        if at == "running":
            execution.begin(session, run.key, worker="a/1/1", now=world.now)
    assert run_of(world, run).state.value == at
    with world.writing() as session:
        service.stop(session, run.reference, reason="No more.", actor=world["project_lead"], now=world.now)
    stopped = run_of(world, run)
    assert (stopped.state, stopped.reason, stopped.ended_at) == (State.STOPPED, "No more.", world.now)


def test_a_question_goes_to_the_requester_and_the_answer_back(world: World) -> None:
    run = sandbox_steps.submitted(world, sandbox_steps.ready(world))
    keeper, lead = world["gatekeeper"], world["project_lead"]
    for text, code in ((" ", Invalid), ("Why 25 qubits?", None)):
        with world.writing() as session:
            if code:
                with pytest.raises(code):
                    service.ask(session, run.reference, reason=text, actor=keeper, now=world.now)
            else:
                service.ask(session, run.reference, reason=text, actor=keeper, now=world.now)
    with world.reading() as session:
        assert [task.title for task in tasks_for(session, lead, now=world.now)] == [
            "Answer the gatekeeper’s question on “A Bell pair”"
        ]
        assert not tasks_for(session, keeper, now=world.now)
    with world.writing() as session, pytest.raises(Refused, match="Question to the requester"):
        service.approve(session, run.reference, actor=keeper, now=world.now)
    with world.writing() as session:
        service.answer(session, run.reference, reason="One for each nurse.", actor=lead, now=world.now)
    with world.reading() as session:
        said = deciding.exchange(session, queries.run(session, run.reference))
        assert [(one.asks, one.text) for one in said] == [(True, "Why 25 qubits?"), (False, "One for each nurse.")]
        assert verify_chain(session).whole
    assert sandbox_steps.approved(world, run).state is State.QUEUED


@ONE_DATABASE
def test_the_gatekeeper_sees_what_differs_from_earlier_requests(world: World) -> None:
    project = sandbox_steps.ready(world)
    first = sandbox_steps.queued(world, project)
    changed = sandbox_steps.BELL.replace("h q[0];", "h q[0]; x q[1];")
    second = sandbox_steps.queued(world, project, source=changed, shots=500)
    with world.reading() as session:
        earlier = deciding.earlier_requests(session, second)
        assert [run.reference for run in earlier] == [first.reference]
        found = deciding.compared(session, second, earlier[0])
    assert [line for line in found.lines if line.startswith("+")] == ["+x q[1];"]
    assert ("shots", 400, 500) in found.settings
    assert 0.8 < found.likeness < 1


@pytest.mark.parametrize(
    ("first", "second", "state"),
    [
        ("release", "release", State.RELEASED),
        ("release", "withhold", State.WITHHELD),
    ],
)
@ONE_DATABASE
def test_two_checkers_decide_each_alone_and_one_no_withholds(
    world: World, first: str, second: str, state: State
) -> None:
    run = sandbox_steps.checked(world, ("gatekeeper", first, "Seen by one."))
    assert (run.state, run.reason) == (State.IN_REVIEW, "")
    with world.reading() as session:
        assert releases.reviews_for(session, run, world["centre_manager"]) == []
        assert [one.reason for one in releases.reviews_for(session, run, world["gatekeeper"])] == ["Seen by one."]
        assert len(releases.reviews_for(session, run, world["auditor"])) == 1
    with world.writing() as session:
        service.check(
            session, run.reference, Verdict(second), "Seen by two.", actor=world["centre_manager"], now=world.now
        )
    ended = run_of(world, run)
    assert ended.state is state
    wanted = "withhold" if state is State.WITHHELD else "release"
    assert ended.reason == " ".join(
        why for verdict, why in ((first, "Seen by one."), (second, "Seen by two.")) if verdict == wanted
    )
    with world.reading() as session:
        assert len(releases.reviews_for(session, ended, world["project_lead"])) == 2
        assert (releases.release_of(session, ended) is not None) is (state is State.RELEASED)


@ONE_DATABASE
def test_a_release_is_held_against_near_equal_ones_and_its_record_says_so(world: World) -> None:
    project = sandbox_steps.ready(world)
    first = sandbox_steps.released(world, project, counts={"00": 210, "11": 190})
    sandbox_steps.released(world, project, source=EXAMPLES["hidden"].source)
    again = sandbox_steps.released(world, project, counts={"00": 211, "11": 189}, source=f"{sandbox_steps.BELL} // x")
    with world.reading() as session:
        near = releases.near_releases(session, again)
        kept = releases.release_of(session, again)
    assert [(one.reference, one.likeness, one.small(5)) for one in near] == [(first.reference, 1.0, ["00", "11"])]
    assert kept is not None
    assert kept.record["near_equal"] == [{"run": first.reference, "likeness": 1.0, "small_differences": 0}]
    assert [(one["verdict"], one["reason"]) for one in kept.record["checks"]] == [("release", "Fine.")]
    assert len(kept.sha256) == len(kept.record["policy"]) == len(kept.record["counts_sha256"]) == 64


def test_under_maintenance_nothing_starts_and_requests_go_on(world: World) -> None:
    project, admin = sandbox_steps.ready(world), world["administrator"]
    with world.writing() as session, pytest.raises(Invalid):
        granting.close(session, reason=" ", actor=admin, now=world.now)
    with world.writing() as session, pytest.raises(Refused):
        granting.close(session, reason="A disc is changed.", actor=world["gatekeeper"], now=world.now)
    with world.writing() as session:
        granting.close(session, reason="A disc is changed.", actor=admin, now=world.now)
    with world.writing() as session, pytest.raises(Refused, match="already"):
        granting.close(session, reason="Again.", actor=admin, now=world.now)
    run = sandbox_steps.queued(world, project)
    later, handed = world.now + timedelta(minutes=5), list[int]()
    assert sandbox_steps.ran(world, run) is None
    execution.sweep(world.database, clock=lambda: later, dispatch=handed.append)
    assert (handed, run_of(world, run).state) == ([], State.QUEUED)
    with world.writing() as session:
        granting.reopen(session, actor=admin, now=later)
    with world.writing() as session, pytest.raises(Refused, match="is open"):
        granting.reopen(session, actor=admin, now=later)
    execution.sweep(world.database, clock=lambda: later, dispatch=handed.append)
    assert handed == [run.key]
    assert sandbox_steps.ran(world, run) is State.FINISHED
    with world.reading() as session:
        assert verify_chain(session).whole
