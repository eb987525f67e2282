"""Random lives of runs: whatever happens to approvals, training, access, policy and workers, none runs ungated.

A few short examples run with the suite; `HCQIC_HYPOTHESIS=deep` runs many long ones, in which circuits are really
simulated.
"""

import os
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from hcqic_gov.audit.queries import verify_chain
from hcqic_gov.core.calendar import london_day
from hcqic_gov.core.errors import HcqicError
from hcqic_gov.db import Database
from hcqic_gov.ethics.queries import case_in_force, execution_ruling
from hcqic_gov.people import service as people
from hcqic_gov.people.rules import SYSTEM_ACTOR, Training
from hcqic_gov.projects.models import Project
from hcqic_gov.quantum import simulate
from hcqic_gov.quantum.simulate import Outcome, Status
from hcqic_gov.sandbox import execution, granting, queries, quotas, service
from hcqic_gov.sandbox.evidence import scope_of
from hcqic_gov.sandbox.models import Run
from hcqic_gov.sandbox.rules import State
from tests import ethics_steps, sandbox_steps
from tests.conftest import Inhabited, copy_of_file
from tests.factories import World
from tests.policy_folder import Board

DEEP = os.environ.get("HCQIC_HYPOTHESIS") == "deep"
PROFILE = settings(
    max_examples=int(os.environ.get("HCQIC_HYPOTHESIS_EXAMPLES", "200" if DEEP else "2")),
    stateful_step_count=60 if DEEP else 20,
    derandomize=not DEEP,
    deadline=None,
    database=None,
    print_blob=False,
    phases=(Phase.generate, Phase.shrink) if DEEP else (Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
BEGINNING = datetime(2026, 6, 1, 10, tzinfo=UTC)
SOURCES = (sandbox_steps.BELL, sandbox_steps.MEDIUM, sandbox_steps.LARGE)
SPANS = tuple(timedelta(seconds=n) for n in (1, 40, 3600, 86_400, 86_400 * 40, 86_400 * 200))
STRICTER = (
    ("sandbox/allocations.toml", 'standing = ["synthetic"]', "standing = []"),
    ("sandbox/allocations.toml", "seconds = 600", "seconds = 1"),
    ("sandbox/tiers.toml", "max_shots = 100000", "max_shots = 100"),
    ("sandbox/tiers.toml", "max_qubits = 20\n", "max_qubits = 1\n"),
    ("sandbox/tiers.toml", "synthetic = 1", "synthetic = 9"),
)
ENDS = {State.FINISHED, State.FAILED, State.STOPPED, State.LOST, State.BLOCKED, State.REFUSED}
UNGATED = (
    "SELECT r.reference FROM run_event e JOIN run r ON r.id = e.run_id WHERE e.move = 'begin' AND NOT EXISTS "
    "(SELECT 1 FROM run_check c WHERE c.run_id = e.run_id AND c.stage = 'execution' AND c.allowed AND c.at = e.at)"
)
"""KPI O7 in its own words, over every execution and not only the last of a run."""


class Runs(RuleBasedStateMachine):
    """One project, its runs, two workers, the clock, and all that may go wrong with a permission."""

    template: Inhabited
    board: Board

    def __init__(self) -> None:
        super().__init__()
        self.url = self.template.copy()
        made = self.template
        self.world = World(Database(self.url), BEGINNING, dict(made.people), made.funder_id, made.committee_id)
        self.raw = sqlite3.connect(self.url.removeprefix("sqlite:///"))
        self.raw.row_factory = sqlite3.Row
        with self.world.reading() as session:
            self.project = session.get_one(Project, 1)
        self.jobs: list[execution.Job] = []
        self.changed = ""

    def teardown(self) -> None:
        if self.changed:
            self.change_the_policy_back()
        self.drain()
        with self.world.reading() as session:
            assert verify_chain(session).whole
        self.raw.close()
        self.world.database.dispose()
        for suffix in ("", "-wal", "-shm"):
            Path(self.url.removeprefix("sqlite:///") + suffix).unlink(missing_ok=True)

    def attempt(self, act: object, *arguments: object, **named: object) -> bool:
        """Done, or refused with a sentence; never anything else."""
        try:
            with self.world.writing() as session:
                act(session, *arguments, now=self.world.now, **named)  # type: ignore[operator]
        except HcqicError as error:
            said = str(error)
        else:
            return True
        assert len(said) > 15
        assert said.endswith((".", "?"))
        return False

    def runs(self, *states: State) -> list[Run]:
        with self.world.reading() as session:
            every = queries.of_project(session, self.project.key, limit=1000)
        return [run for run in reversed(every) if run.state in states]

    # --- requests

    @rule(which=st.integers(0, 2), shots=st.sampled_from((50, 400)))
    def somebody_asks(self, which: int, shots: int) -> None:
        lead = self.world["project_lead"]
        request = sandbox_steps.request(source=SOURCES[which], shots=shots)
        if self.attempt(service.draft, self.project.reference, request, actor=lead):
            self.attempt(service.submit, self.runs(State.DRAFT)[-1].reference, actor=lead)

    @rule(act=st.sampled_from((service.approve, service.ask, service.refuse)), who=st.booleans())
    def a_gatekeeper_decides(self, act: object, who: bool) -> None:
        keeper = self.world["gatekeeper" if who else "project_lead"]
        words = {} if act is service.approve else {"reason": "A reason."}
        for run in self.runs(State.REQUESTED)[:1]:
            self.attempt(act, run.reference, actor=keeper, **words)

    @rule()
    def the_requester_answers(self) -> None:
        for run in self.runs(State.ASKED)[:1]:
            self.attempt(service.answer, run.reference, actor=self.world["project_lead"], reason="An answer.")

    @rule(number=st.integers(0, 9))
    def somebody_stops(self, number: int) -> None:
        going = self.runs(State.DRAFT, State.REQUESTED, State.ASKED, State.QUEUED, State.RUNNING)
        for run in going[number % len(going) :][:1] if going else ():
            assert self.attempt(service.stop, run.reference, actor=self.world["gatekeeper"], reason="Enough.")

    # --- workers

    @rule(number=st.integers(0, 9))
    def a_worker_begins(self, number: int) -> None:
        waiting = self.runs(State.QUEUED)
        for run in waiting[number % len(waiting) :][:1] if waiting else ():
            allowed = self.expected(run)
            with self.world.writing() as session:
                job = execution.begin(session, run.key, worker="elsewhere/1/1", now=self.world.now)
            if job is not None:
                self.jobs.append(job)
                assert allowed, "the committee's, the trainer's or the gatekeeper's no was not heard"

    @rule(which=st.integers(0, 1), accident=st.sampled_from(range(6)), then=st.integers(0, 9))
    def something_happens_in_the_queue(self, which: int, accident: int, then: int) -> None:
        """A request, an accident while it waits, and a worker: what random order alone does too seldom."""
        self.somebody_asks(which, 400)
        if accident == 0:
            self.the_committee_intervenes(5)
        elif accident == 1:
            self.time_passes(SPANS[-1])
        elif accident == 2:
            self.access_is_withdrawn()
        elif accident == 3:
            self.access_is_granted(1, 0)
        elif accident == 4:
            self.the_policy_changes(STRICTER[then % len(STRICTER)])
        else:
            self.maintenance(True)
        self.a_worker_begins(then)

    def expected(self, run: Run) -> bool:
        """What must hold of a run that begins, asked of the registers one by one and not of the gates."""
        day = london_day(self.world.now).isoformat()
        with self.world.reading() as session:
            project = session.get_one(Project, self.project.key)
            ethics = execution_ruling(session, project.key, scope_of(run, project), at=self.world.now).allowed
            left = quotas.balance(session, project.key, at=self.world.now, run=run)
        trained = self.raw.execute(
            "SELECT 1 FROM training_record WHERE person_id = ? AND completed_on <= ? AND valid_until >= ?",
            (run.requester_id, day, day),
        ).fetchone()
        open_ = self.raw.execute("SELECT 1 FROM sandbox_switch WHERE closed_at IS NULL").fetchone()
        paid = run.size_class == "S0" or run.predicted_seconds <= left.left or "max_qubits" in self.changed
        decided = run.decided_by is not None or (run.size_class != "S2" and "standing" not in self.changed)
        return bool(ethics and trained and open_ and paid and decided)

    @rule(number=st.integers(0, 3), good=st.booleans())
    def a_worker_finishes(self, number: int, good: bool) -> None:
        if not self.jobs:
            return
        job = self.jobs.pop(number % len(self.jobs))
        with self.world.writing() as session:
            execution.finish(session, job, self.outcome(job, good), now=self.world.now)

    @staticmethod
    def outcome(job: execution.Job, good: bool) -> Outcome:
        if DEEP and good and job.source == sandbox_steps.BELL:
            return simulate.simulate(job.source, shots=job.shots, seed=job.seed, limits=job.limits)
        if good:
            return Outcome(Status.FINISHED, counts={"0": job.shots}, engine="aer", method="stabilizer", seconds=90)
        return Outcome(Status.FAILED, "It broke.", seconds=1)

    @rule()
    def a_worker_dies(self) -> None:
        if self.jobs:
            self.jobs.pop()  # nothing is heard of it again; its lease runs out

    @rule()
    def the_sweep(self) -> None:
        execution.sweep(self.world.database, clock=lambda: self.world.now, dispatch=lambda _: None)

    # --- what may happen meanwhile

    @rule(span=st.sampled_from(SPANS))
    def time_passes(self, span: timedelta) -> None:
        self.world.now += span

    @rule(chance=st.integers(0, 5))
    def the_committee_intervenes(self, chance: int) -> None:
        with self.world.reading() as session:
            case = case_in_force(session, self.project.key, self.world.now)
        if case is not None and chance == 5:
            ethics_steps.move(self.world, case.reference, "suspend", by="chair", reason="A complaint came in.")

    @rule()
    def a_course_is_taken(self) -> None:
        day = london_day(self.world.now)
        with self.world.writing() as session:
            people.record_training(
                session, self.world["project_lead"].id, Training.SANDBOX, completed_on=day,
                valid_until=day + timedelta(days=30), actor=SYSTEM_ACTOR, now=self.world.now,
            )  # fmt: skip

    @rule(seconds=st.sampled_from((1, 100, 36_000)), days=st.sampled_from((0, 30, 365)))
    def access_is_granted(self, seconds: int, days: int) -> None:
        day = london_day(self.world.now)
        entered = granting.Grant("explore", seconds, day, day + timedelta(days=days), "A reason.")
        self.attempt(granting.grant, self.project.reference, entered, actor=self.world["gatekeeper"])

    @rule()
    def access_is_withdrawn(self) -> None:
        with self.world.reading() as session:
            found = quotas.in_force(session, self.project.key, london_day(self.world.now))
        if found is not None:
            keeper = self.world["gatekeeper"]
            self.attempt(granting.withdraw, self.project.reference, found.key, actor=keeper, reason="A reason.")

    @rule(closes=st.booleans())
    def maintenance(self, closes: bool) -> None:
        admin = self.world["administrator"]
        if closes:
            self.attempt(granting.close, actor=admin, reason="A disc is changed.")
        else:
            self.attempt(granting.reopen, actor=admin)

    @rule(which=st.sampled_from(STRICTER))
    def the_policy_changes(self, which: tuple[str, str, str]) -> None:
        if self.changed:
            self.change_the_policy_back()
            return
        name, old, new = which
        self.original = name, (self.board.folder / name).read_text()
        self.board.change(name, old, new)
        self.changed = old

    def change_the_policy_back(self) -> None:
        self.board.write(*self.original)
        self.changed = ""

    # --- what holds after each step

    @invariant()
    def no_run_is_ungated(self) -> None:
        assert self.raw.execute(UNGATED).fetchall() == []

    @invariant()
    def each_end_says_why(self) -> None:
        said = "SELECT reference FROM run WHERE state IN ('blocked', 'failed', 'lost', 'stopped') AND reason = ''"
        assert self.raw.execute(said).fetchall() == []
        assert self.raw.execute("SELECT 1 FROM run WHERE state = 'blocked' AND reason NOT LIKE '%: %'").fetchall() == []

    @invariant()
    def a_result_has_its_run_and_a_cost_its_attempt(self) -> None:
        finished = "SELECT count(*) FROM run_event WHERE move = 'finish'"
        assert [*self.raw.execute(finished).fetchone()] == [
            *self.raw.execute("SELECT count(*) FROM run_result").fetchone()
        ]
        free = "SELECT 1 FROM run_spending s JOIN run r ON r.id = s.run_id WHERE r.size_class = 'S0'"
        assert self.raw.execute(free).fetchall() == []

    def drain(self) -> None:
        """However it went: with an open sandbox and living workers every run that waits for a worker ends."""
        self.attempt(granting.reopen, actor=self.world["administrator"])
        self.jobs.clear()
        for _ in range(100):
            self.world.now += timedelta(seconds=60)
            self.the_sweep()
            waiting = self.runs(State.QUEUED, State.RUNNING)
            if not waiting:
                break
            for run in waiting:
                with self.world.writing() as session:
                    job = execution.begin(session, run.key, worker=execution.this_process(), now=self.world.now)
                if job is not None:
                    with self.world.writing() as session:
                        execution.finish(session, job, self.outcome(job, True), now=self.world.now)
        assert self.runs(State.QUEUED, State.RUNNING, State.APPROVED) == []
        self.no_run_is_ungated()
        ended = self.runs(*ENDS)
        assert all(run.ended_at for run in ended)


@pytest.fixture(scope="module")
def prepared(inhabited_sqlite: Inhabited) -> Inhabited:
    """The world with one project that is ready for runs, in a file of its own that examples copy."""
    url = inhabited_sqlite.copy()
    made = inhabited_sqlite
    world = World(Database(url), BEGINNING, dict(made.people), made.funder_id, made.committee_id)
    sandbox_steps.ready(world)
    world.database.dispose()
    path = Path(url.removeprefix("sqlite:///"))
    return Inhabited(lambda: copy_of_file(path), world.people, world.funder_id, world.committee_id)


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    with (
        pytest.MonkeyPatch.context() as patch,
        Board.over(tmp_path_factory.mktemp("board") / "policies", patch) as made,
    ):
        yield made
    simulate.close()


def test_no_life_of_a_run_is_ungated_silent_or_stuck(prepared: Inhabited, board: Board) -> None:
    machine = type("RunsOnACopy", (Runs,), {"template": prepared, "board": board})
    run_state_machine_as_test(machine, settings=PROFILE)
