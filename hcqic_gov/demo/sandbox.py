"""The runs: requested, approved, really executed, checked and released, and those that ended otherwise."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from hcqic_gov.core.calendar import london_day
from hcqic_gov.demo import circuits
from hcqic_gov.demo.stage import Clock, Part, Scene, Stage, parts
from hcqic_gov.ethics.states import Purpose
from hcqic_gov.projects.rules import DataClass
from hcqic_gov.quantum.bindings import NONE, read_ranges
from hcqic_gov.quantum.templates.catalogue import templates
from hcqic_gov.quantum.tiers import tiers
from hcqic_gov.sandbox import applying, execution, granting, queries, service
from hcqic_gov.sandbox.rules import State

KEEPERS = ("gatekeeper", "gatekeeper_two")
CHECKERS = ("gatekeeper_two", "manager", "gatekeeper", "manager_two")
EARLY_ENDS = ("refused", "stopped", "asked")
STEPS = (
    "drafted", "requested", *EARLY_ENDS, "waited", "executed", "half_checked", "in_review", "withheld", "released"
)  # fmt: skip
"""How far a run went; one that waited is executed two days later than others, or finds a gate closed by then."""

SOURCES: dict[str, Callable[[int], str]] = {
    "entangled": circuits.entangled,
    "alternating": lambda n: circuits.alternating(n, 2),
    "deeper": lambda n: circuits.alternating(n, 4),
    "crossed": circuits.crossed,
    "variational": lambda n: circuits.variational(n, 3),
    "kernel": lambda n: circuits.kernel(n, 2.2),
    "estimation": circuits.estimation,
    "misspelt": circuits.misspelt,
    "swept": circuits.swept,
    "theatres": lambda n: templates().named("theatres").text({"operations": n, "layers": 2}),
}


class Batch(Part):
    """A row of runs of one project: every so many days, in turn of these circuits and sizes."""

    project: str
    by: str
    title: str
    circuits: tuple[str, ...]
    qubits: tuple[int, ...]
    first: int
    every: int
    count: int
    shots: int = 1000
    repeat_every: int = 0


class Single(Part):
    """One run that ended otherwise."""

    project: str
    by: str
    title: str
    circuit: str
    qubits: int
    ago: int
    end: str
    reason: str = ""
    shots: int = 1000
    ranges: str = ""


class Wish(Part):
    """Access that a team has asked for."""

    project: str
    by: str
    tier: str
    seconds: int
    ago: int
    reason: str


class Allotment(Part):
    """Access that a gatekeeper granted a project."""

    project: str
    tier: str
    seconds: int
    ago: int
    days: int
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """One run to be played; `ago` is the day of the request."""

    key: str
    project: str
    by: str
    title: str
    source: str
    shots: int
    seed: int
    ago: int
    end: str = "released"
    reason: str = ""
    repeats: str = ""
    ranges: str = ""


def plans() -> Iterator[Plan]:
    for batch in parts("sandbox", "batches", Batch):
        yield from batch_of(batch)
    for number, one in enumerate(parts("sandbox", "singles", Single)):
        source = SOURCES[one.circuit](one.qubits)
        key = f"{one.project}/single/{number}"
        yield Plan(key, one.project, one.by, one.title, source, one.shots, 70 + number, one.ago, one.end, one.reason,
                   ranges=one.ranges)  # fmt: skip


def batch_of(batch: Batch) -> Iterator[Plan]:
    """With `repeat_every`, each so-manyth run is a repetition of the one before it."""
    last = ""
    for number in range(batch.count):
        qubits = batch.qubits[number % len(batch.qubits)]
        source = SOURCES[batch.circuits[number % len(batch.circuits)]](qubits)
        key, ago = f"{batch.project}/{number}", batch.first - number * batch.every
        again = last if batch.repeat_every and number % batch.repeat_every == batch.repeat_every - 1 else ""
        title = f"{batch.title}, {qubits} qubits"
        yield Plan(key, batch.project, batch.by, title, source, batch.shots, 100 + number, ago, repeats=again)
        last = key


def scenes(clock: Clock) -> Iterator[Scene]:
    for given in parts("sandbox", "grants", Allotment):
        yield Scene(clock.at(given.ago, 1), partial(allot, given=given))
    for asked in parts("sandbox", "wishes", Wish):
        yield Scene(clock.at(asked.ago, 1), partial(wish, asked=asked))
    for number, plan in enumerate(plans()):
        yield from life(plan, clock, number)


def life(plan: Plan, clock: Clock, number: int) -> Iterator[Scene]:
    """A request, a gatekeeper's decision the day after, execution at once, a check two days later."""
    yield Scene(clock.at(plan.ago, 2), partial(ask, plan=plan))
    reached = STEPS.index(plan.end)
    keeper = KEEPERS[number % 2]
    if plan.end in EARLY_ENDS:
        yield Scene(clock.at(plan.ago - 1, 3), partial(end_early, plan=plan, keeper=keeper))
    if reached >= STEPS.index("waited"):
        yield Scene(clock.at(plan.ago - 1, 4), partial(approve, plan=plan, keeper=keeper))
        queued = 2 if plan.end == "waited" else 0
        yield Scene(clock.at(plan.ago - 1 - queued, 58), partial(execute, plan=plan, number=number))
    if reached > STEPS.index("executed"):
        yield Scene(clock.at(plan.ago - 3, 6), partial(check, plan=plan))


def allot(stage: Stage, *, given: Allotment) -> None:
    day = london_day(stage.now)
    grant = granting.Grant(given.tier, given.seconds, day, day + timedelta(days=given.days - 1), given.reason)
    with stage.writing() as session:
        project = stage.references[given.project]
        granting.grant(session, project, grant, actor=stage.by("gatekeeper"), now=stage.now)


def wish(stage: Stage, *, asked: Wish) -> None:
    entered = applying.Wish(asked.tier, asked.seconds, asked.reason)
    with stage.writing() as session:
        applying.apply(session, stage.references[asked.project], entered, actor=stage.by(asked.by), now=stage.now)


def ask(stage: Stage, *, plan: Plan) -> None:
    requester = stage.by(plan.by)
    with stage.writing() as session:
        if plan.repeats:
            run = service.repeat(session, stage.references[plan.repeats], actor=requester, now=stage.now)
        else:
            bindings = read_ranges(plan.ranges, tiers().sweep) if plan.ranges else NONE
            request = service.Request(
                plan.title, plan.source, Purpose.METHOD_DEVELOPMENT, plan.shots, plan.seed, bindings
            )  # fmt: skip
            run = service.draft(session, stage.references[plan.project], request, actor=requester, now=stage.now)
            if plan.end != "drafted":
                service.submit(session, run.reference, actor=requester, now=stage.now)
        stage.references[plan.key], stage.numbers[plan.key] = run.reference, run.key


def end_early(stage: Stage, *, plan: Plan, keeper: str) -> None:
    end = {"refused": service.refuse, "stopped": service.stop, "asked": service.ask}[plan.end]
    with stage.writing() as session:
        end(session, stage.references[plan.key], reason=plan.reason, actor=stage.by(keeper), now=stage.now)


def approve(stage: Stage, *, plan: Plan, keeper: str) -> None:
    """What does not pass on the project's standing access."""
    with stage.writing() as session:
        if queries.run(session, stage.references[plan.key]).state is not State.REQUESTED:
            return
        service.approve(session, stage.references[plan.key], actor=stage.by(keeper), now=stage.now)


class Ticks:
    """The clock of one execution: it begins after some waiting, and every later look at it shows the end."""

    def __init__(self, begins: datetime, lasts: timedelta) -> None:
        self.times = iter([begins])
        self.ends = begins + lasts

    def __call__(self) -> datetime:
        return next(self.times, self.ends)


def execute(stage: Stage, *, plan: Plan, number: int) -> None:
    """The run is simulated as it would be by the worker; only the hands of the clock are the story's."""
    begins = max(stage.now, stage.busy_until or stage.now) + timedelta(seconds=1 + number * 7 % 6)
    ticks = Ticks(begins, timedelta(seconds=3 + number * 5 % 7))
    execution.execute(stage.database, stage.numbers[plan.key], clock=ticks)
    stage.busy_until = ticks.ends


def check(stage: Stage, *, plan: Plan) -> None:
    reference = stage.references[plan.key]
    with stage.database.reading() as session:
        run = queries.run(session, reference)
        state, two = run.state, run.data_class is not DataClass.SYNTHETIC
    if state is not State.FINISHED:
        return
    with stage.writing() as session:
        service.send_to_review(session, reference, actor=stage.by(plan.by), now=stage.now)
        agreeing = {"half_checked": 1, "released": 1 + two, "withheld": int(two)}.get(plan.end, 0)
        for name in CHECKERS[:agreeing]:
            service.release(session, reference, note="Counts agree with the plan.", actor=stage.by(name), now=stage.now)
        if plan.end == "withheld":
            service.withhold(session, reference, reason=plan.reason, actor=stage.by("manager"), now=stage.now)
