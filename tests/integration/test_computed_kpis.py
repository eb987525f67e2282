"""Every worked-out KPI with an example on paper: the records in plain words, the arithmetic, and the stored value.

Annual and quarterly examples end on 31 March 2024: Easter Sunday, between Good Friday and Easter Monday, and the day on
which the clocks went forward. The monthly ones end on Monday 31 August 2026, a bank holiday, as does the time that a
project or a run may have then: to 23:59 in London, which is 22:59 in UTC.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from hcqic_gov.core.calendar import Period, is_working_day
from hcqic_gov.funding.models import Award
from hcqic_gov.funding.rules import IncomeKind
from hcqic_gov.kpi.definitions import catalogue, definition
from hcqic_gov.kpi.rules import Outcome
from hcqic_gov.kpi.sources import SOURCES
from hcqic_gov.kpi.working_out import reading_from
from hcqic_gov.people import service as people
from hcqic_gov.people.rules import SYSTEM_ACTOR, OrganisationKind
from hcqic_gov.projects import service as projects
from hcqic_gov.projects.models import Engagement, Output, Partner, Project, TrlAssessment
from hcqic_gov.projects.rules import EngagementKind, OutputType, PartnerRole, Rung, Verdict
from hcqic_gov.quantum import simulate
from hcqic_gov.quantum.simulate import Outcome as Given
from hcqic_gov.quantum.simulate import Status
from hcqic_gov.sandbox import service as sandbox
from hcqic_gov.sandbox.models import RunCheck
from hcqic_gov.scenarios import service as scenarios
from hcqic_gov.scenarios.models import Scenario
from tests import ethics_steps, funding_world, sandbox_steps
from tests.factories import World
from tests.integration.test_awards import receive, spend
from tests.integration.test_sandbox_measures import COUNTS, ran

pytestmark = pytest.mark.one_database

NA = "not applicable"
SILENT = "nothing stored"
Found = Mapping[str, float | str]
"""What each period shows."""
Example = Callable[[World], Found]
EXAMPLES: dict[str, Example] = {}


def example(*codes: str) -> Callable[[Example], Example]:
    """The worked example of these KPIs; of several, the periods begin with the code."""

    def enter(made: Example) -> Example:
        EXAMPLES.update(dict.fromkeys(codes, made))
        return made

    return enter


@pytest.fixture(autouse=True)
def nursery() -> Iterator[None]:
    yield
    simulate.close()


def worked_out(world: World, code: str, period: str) -> float | str:
    """What is stored for a KPI and period, from the registers as they are."""
    of = Period.parse(period)
    one = definition(code, of.end)
    with world.reading() as session:
        measure = SOURCES[one.source](session, of)
    if measure is None:
        return SILENT
    reading = reading_from(one, measure)
    return NA if reading.outcome is Outcome.NOT_APPLICABLE or reading.value is None else reading.value


def at(world: World, moment: str) -> None:
    """The clock, in UTC."""
    world.now = datetime.fromisoformat(moment).replace(tzinfo=UTC)


def move(world: World, project: Project, *names: str) -> None:
    with world.writing() as session:
        for name in names:
            projects.move(session, project.reference, name, actor=world["centre_manager"], now=world.now)


def add(world: World, project: Project, part: Any, *, by: str = "project_lead", action: str = "projects.edit") -> None:
    with world.writing() as session:
        projects.add_part(session, project.reference, part, action=action, actor=world[by], now=world.now)


def output(world: World, project: Project, kind: OutputType, day: str, **more: Any) -> None:
    new = {"title": "A result", "created_at": world.now, "project_id": 0, **more}
    add(world, project, Output(kind=kind, appeared_on=date.fromisoformat(day), **new))


@example("R1")
def publications(world: World) -> Found:
    """Papers of 31 December, 1 January, Good Friday, Easter Sunday and Easter Monday; a program on Good Friday.

    January to March: 1 January + Good Friday + Easter Sunday = 3. The project was closed since; its papers stay.
    """
    at(world, "2024-07-01 09:00")
    project = world.project(active=True)
    for day in ("2023-12-31", "2024-01-01", "2024-03-29", "2024-03-31", "2024-04-01"):
        output(world, project, OutputType.PUBLICATION, day)
    output(world, project, OutputType.SOFTWARE, "2024-03-29")
    move(world, project, "close")
    return {"R1 2024-Q1": 3, "R1 2024-Q2": 1, "R1 2024-Q3": 0}


@example("R2")
def open_access_share(world: World) -> Found:
    """Three papers in the year to Easter Sunday, one of them open: 100 x 1 / 3. In the next year none: no share."""
    at(world, "2024-07-01 09:00")
    project = world.project(active=True)
    for day, free in (("2023-04-01", False), ("2024-02-01", False), ("2024-03-31", True)):
        output(world, project, OutputType.PUBLICATION, day, open_access=free)
    output(world, project, OutputType.SOFTWARE, "2024-03-31", open_access=True)
    return {"R2 FY2023": 100 / 3, "R2 FY2024": NA}


@example("R5")
def releases(world: World) -> Found:
    """A program and a data set with licence and DOI, one of them on Easter Sunday: 2.

    Not: a program without a licence, a method without a DOI, a paper with both, a program of Easter Monday.
    """
    at(world, "2024-07-01 09:00")
    project = world.project(active=True)
    both = {"licence": "MIT", "identifier": "10.1234/example"}
    output(world, project, OutputType.SOFTWARE, "2024-03-31", **both)
    output(world, project, OutputType.DATABASES_MODELS, "2024-01-01", **both)
    output(world, project, OutputType.SOFTWARE, "2024-02-01", identifier="10.1234/example")
    output(world, project, OutputType.RESEARCH_TOOLS, "2024-02-01", licence="MIT")
    output(world, project, OutputType.PUBLICATION, "2024-02-01", **both)
    output(world, project, OutputType.SOFTWARE, "2024-04-01", **both)
    return {"R5 2024-Q1": 2, "R5 2024-Q2": 1, "R5 2024-Q3": 0}


def four_projects(world: World) -> list[Project]:
    """One active; one paused at 22:59 UTC of Easter Sunday (23:59 in London), so not active at its end; one paused
    and taken up again on that day; one that is paused only on Easter Monday at 00:00 in London. At the end: 3.
    """
    at(world, "2024-01-15 09:00")
    made = [world.project(active=True) for _ in range(4)]
    move(world, made[2], "pause")
    at(world, "2024-03-31 22:59")
    move(world, made[1], "pause")
    move(world, made[2], "resume")
    at(world, "2024-03-31 23:00")
    move(world, made[3], "pause")
    return made


def baseline(world: World, project: Project) -> None:
    with world.writing() as session:
        lead, reference = world["project_lead"], project.reference
        projects.open_rung(session, reference, Rung.HPC, reason="The first.", actor=lead, now=world.now)
        projects.record_trial(
            session,
            reference,
            Rung.HPC,
            method="Mixed-integer programme",
            instance="40 nurses",
            metric="Gap",
            result="11 %",
            verdict=Verdict.DOES_NOT_SUFFICE,
            reason="Slow.",
            actor=lead,
            now=world.now,
        )


@example("R7")
def use_cases_benchmarked(world: World) -> Found:
    """Classical baselines of the active one (on Easter Sunday), of the paused one, and of the third on Easter Monday.

    Easter Sunday: 100 x 1 / 3. June: first, third: 100 x 2 / 2. Before there was a project: no share.
    """
    active, paused, resumed, _ = four_projects(world)
    at(world, "2024-03-31 22:30")
    baseline(world, active)
    baseline(world, paused)
    at(world, "2024-04-01 09:00")
    baseline(world, resumed)
    return {"R7 2024-Q1": 100 / 3, "R7 2024-Q2": 100, "R7 2024-Q4": 100}


@example("G2")
def involvement_plans(world: World) -> Found:
    """Plans of the active one (Easter Sunday), of the paused one, and of the third on Easter Monday.

    Easter Sunday: 100 x 1 / 3. June: first, third: 100 x 2 / 2.
    """
    active, paused, resumed, _ = four_projects(world)
    days = ((active, date(2024, 3, 31)), (paused, date(2024, 2, 1)), (resumed, date(2024, 4, 1)))
    with world.writing() as session:
        for project, day in days:
            lead = world["engagement_lead"]
            projects.approve_involvement_plan(session, project.reference, actor=lead, now=world.now, day=day)
    return {"G2 2024-Q1": 100 / 3, "G2 2024-Q2": 100}


@example("R9")
def trl_progression(world: World) -> Found:
    """The active one: level 2 in 2022, 3 in May 2023, 5 on Easter Sunday, 6 on Easter Monday. From 2 to 5: 3.

    The paused one gained much, and does not count. The third began with level 4 in June 2023 and has it still: 0.
    The fourth was never assessed: 0. Year to Easter Sunday: (3 + 0 + 0) / 3 = 1.
    Year to March 2025: from 5 to 6 is 1, and from 4 to 4 is 0: 1 / 2.
    """
    active, paused, resumed, _ = four_projects(world)
    steps = (
        (active, (("2022-05-01", 2), ("2023-05-01", 3), ("2024-03-31", 5), ("2024-04-01", 6))),
        (paused, (("2022-05-01", 1), ("2024-03-01", 9))),
        (resumed, (("2023-06-01", 4),)),
    )
    at(world, "2024-04-02 09:00")
    for project, levels in steps:
        for day, level in levels:
            new: dict[str, Any] = {"project_id": 0, "created_at": world.now}
            add(world, project, TrlAssessment(assessed_on=date.fromisoformat(day), level=level, **new))
    return {"R9 FY2023": 1, "R9 FY2024": 0.5}


@example("G3")
def audience_reach(world: World) -> Found:
    """Talks to 40 people on 1 January and 25 on Easter Sunday, one to nobody: 65. Not: 12 in an advisory group, 300 on
    Easter Monday.
    """
    at(world, "2024-07-01 09:00")
    project = world.project(active=True)
    held = (
        (EngagementKind.AUDIENCE, "2024-01-01", 40),
        (EngagementKind.AUDIENCE, "2024-03-31", 25),
        (EngagementKind.AUDIENCE, "2024-02-01", 0),
        (EngagementKind.INVOLVEMENT, "2024-02-02", 12),
        (EngagementKind.AUDIENCE, "2024-04-01", 300),
    )
    for kind, day, count in held:
        new: dict[str, Any] = {"project_id": 0, "created_at": world.now, "title": "An evening"}
        event = Engagement(kind=kind, held_on=date.fromisoformat(day), people=count, **new)
        add(world, project, event, by="engagement_lead", action="projects.engage")
    return {"G3 2024-Q1": 65, "G3 2024-Q2": 300, "G3 2024-Q3": 0}


@example("G8")
def partner_organisations(world: World) -> Found:
    """A trust in the active project and in the one taken up again: once. A firm in the paused one: not. A university
    since Easter Sunday in the fourth: yes; one since Easter Monday: not yet. Easter Sunday: 2.

    June: the fourth is paused; the trust, and the one since Easter Monday: 2.
    """
    active, paused, resumed, last = four_projects(world)
    with world.writing() as session:
        trust, firm, early, late = (
            people.add_organisation(session, name, OrganisationKind.NHS, actor=SYSTEM_ACTOR, now=world.now).key
            for name in ("A trust", "A firm", "A university", "Another")
        )
    since = (
        (active, trust, "2024-02-01"),
        (resumed, trust, "2024-02-01"),
        (paused, firm, "2024-02-01"),
        (last, early, "2024-03-31"),
        (active, late, "2024-04-01"),
    )
    for project, organisation, day in since:
        new: dict[str, Any] = {"project_id": 0, "created_at": world.now, "role": PartnerRole.PARTNER}
        add(world, project, Partner(organisation_id=organisation, since=date.fromisoformat(day), **new))
    return {"G8 2024-Q1": 2, "G8 2024-Q2": 2}


@example("O5")
def access_decision_time(world: World) -> Found:
    """Sent on Monday 17 August with a paper missing, valid and decided on Thursday 27: 0 working days. Of Thursday 27
    are the others: one decided on the bank holiday, Monday 31 August, at 23:30: Friday is 1. One on Tuesday, which is
    September: Friday, Tuesday: 2. One withdrawn. One decided, and the decision undone: it is open again.

    August: the median of 0 and 1 is 0.5. September: 2. July decided nothing, so nothing is stored.
    """
    at(world, "2026-08-17 09:00")
    incomplete = ethics_steps.submitted(world, world.project())
    at(world, "2026-08-27 09:00")
    ethics_steps.move(world, incomplete.reference, "validate", by="ethics_officer")
    later, next_month, withdrawn, undone = (ethics_steps.submitted(world, world.project()) for _ in range(4))
    ethics_steps.move(world, withdrawn.reference, "withdraw", by="project_lead", reason="Not now.")
    decided = (
        (incomplete, "2026-08-27 10:00"),
        (undone, "2026-08-28 10:00"),
        (later, "2026-08-31 22:30"),
        (next_month, "2026-09-01 09:00"),
    )
    for case, moment in decided:
        at(world, moment)
        ethics_steps.move(world, case.reference, "not_required", by="ethics_officer", reason="Made-up data only.")
    ethics_steps.move(world, undone.reference, "ask_undo", by="ethics_officer", reason="A mistake.")
    ethics_steps.move(world, undone.reference, "undo_determination", by="chair", reason="A mistake.")
    return {"O5 2026-08": 0.5, "O5 2026-09": 2, "O5 2026-07": SILENT}


@example("O6")
def approvals_in_date(world: World) -> Found:
    """Active at the end of the bank holiday: one with a favourable opinion; one whose opinion was halted at 23:30; one
    that was paused and taken up again, and has none. A fourth has an opinion and is paused. 100 x 1 / 3.

    In July there was no project: no share.
    """
    at(world, "2026-08-27 09:00")
    _good, halted, resumed, paused = (world.project(active=True) for _ in range(4))
    cases = [ethics_steps.decided(world, one) for one in (_good, halted, paused)]
    move(world, resumed, "pause")
    at(world, "2026-08-31 22:30")
    move(world, resumed, "resume")
    move(world, paused, "pause")
    day = date(2026, 8, 31)
    ethics_steps.move(world, cases[1].reference, "halt", by="project_lead", reason="A fault.", on=day)
    return {"O6 2026-08": 100 / 3, "O6 2026-07": NA}


@example("O2", "O3", "O4", "O7")
def runs(world: World) -> Found:
    """On the bank holiday at 23:00 in London: one run waits 10 s and runs 30 s; one waits 30 s, runs 50 s and fails;
    one is stopped while it waits. One waits 3,590 s, begins at 23:59:50 and runs 20 s, so it ends in September.

    O2: 30 + 50 = 80 s of 31 days of 24 hours, 2,678,400 s. September 20 of 2,592,000. July 0, as capacity was offered.
    O3: 80 / (80 + 40). September 20 / (20 + 3,590). July: no run, no coefficient.
    O4: 1 of 2, as the stopped one does not count; September 1 of 1; July none.
    O7: the last one began in August, and its record of open gates is gone: 1.
    """
    at(world, "2026-08-31 22:00")
    project = sandbox_steps.ready(world)
    ran(world, sandbox_steps.queued(world, project), queued=10, seconds=30)
    ran(world, sandbox_steps.queued(world, project), queued=30, seconds=50, outcome=Given(Status.FAILED, "It broke."))
    stopped = sandbox_steps.queued(world, project)
    with world.writing() as session:
        sandbox.stop(session, stopped.reference, actor=world["project_lead"], now=world.now)
    late = sandbox_steps.queued(world, project)
    ran(world, late, queued=3_590, seconds=20)
    table = RunCheck.__table__  # type: ignore[attr-defined]
    with world.database.engine.execution_options(hcqic_write=True).begin() as connection:
        connection.execute(table.update().where(table.c.run_id == late.key).values(allowed=False))
    return {
        "O2 2026-08": 100 * 80 / 2_678_400,
        "O2 2026-09": 100 * 20 / 2_592_000,
        "O2 2026-07": 0,
        "O3 2026-08": 80 / 120,
        "O3 2026-09": 20 / 3_610,
        "O3 2026-07": NA,
        "O4 2026-08": 50,
        "O4 2026-09": 100,
        "O4 2026-07": NA,
        "O7 2026-08": 1,
        "O7 2026-09": 0,
        "O7 2026-07": 0,
    }


@example("R6")
def reproducibility_rate(world: World) -> Found:
    """One run is repeated four times on a bank holiday: alike; 300 against 200 of 400; failed; stopped while it waits.

    100 x 1 / 3, as the stopped one was not executed. The quarter before repeated nothing: no rate.
    """
    at(world, "2026-08-31 09:00")
    first = sandbox_steps.queued(world, sandbox_steps.ready(world))
    good = Given(Status.FINISHED, counts=COUNTS, engine="aer", method="stabilizer")
    other = Given(Status.FINISHED, counts={"00": 300, "11": 100}, engine="aer", method="stabilizer")
    ran(world, first, queued=0, seconds=1, outcome=good)
    for outcome in (good, other, Given(Status.FAILED, "It broke."), None):
        with world.writing() as session:
            again = sandbox.repeat(session, first.reference, actor=world["project_lead"], now=world.now)
            if outcome is None:
                sandbox.stop(session, again.reference, actor=world["project_lead"], now=world.now)
        if outcome is not None:
            ran(world, again, queued=0, seconds=1, outcome=outcome)
    return {"R6 2026-Q3": 100 / 3, "R6 2026-Q2": NA}


@example("R3", "R4")
def decided_applications(world: World) -> Found:
    """Decided on the bank holiday, 31 August, at 23:30: one awarded (£100,000), one unsuccessful, one whose offer the
    centre declined. Not decided: one offered, one withdrawn.

    R3: 100,000, and £0 in the quarter before. R4: 100 x 1 / 3; before, nothing was decided: no rate.
    """
    at(world, "2026-08-31 22:30")
    project, of = world.project(active=True), funding_world.call(world)
    award = funding_world.award(world, project=project, of=of)
    dated(world, award, date(2026, 8, 31))
    lost = funding_world.submitted(world, project=project, of=of)
    funding_world.make(world, lost.reference, "record_unsuccessful", by="funding_officer", reason="Ranked third")
    declined = funding_world.offered(world, project=project, of=of)
    funding_world.make(world, declined.reference, "decline", by="centre_manager", reason="Terms")
    funding_world.offered(world, project=project, of=of)
    withdrawn = funding_world.submitted(world, project=project, of=of)
    funding_world.make(world, withdrawn.reference, "withdraw", by="project_lead", reason="Not now")
    return {"R3 2026-Q3": 100_000, "R3 2026-Q2": 0, "R4 2026-Q3": 100 / 3, "R4 2026-Q2": NA}


def dated(world: World, award: Award, day: date) -> None:
    """The day of the funder's letter."""
    table = Award.__table__  # type: ignore[attr-defined]
    with world.database.engine.execution_options(hcqic_write=True).begin() as connection:
        connection.execute(sa.update(table).where(table.c.id == award.key).values(awarded_on=day))


@example("E1", "E2", "E7")
def income(world: World) -> Found:
    """Core grant £1,000 on Good Friday, a competitive grant £500 on Easter Sunday, a membership £200 on 1 January, a
    fee £300 on Easter Monday, a gift in kind worth £9,999.

    E1: 500 + 200; then 300; then nothing is £0. E2: 700 / 1,000; the next year had no core grant: no ratio.
    E7: 100 x 200 / 1,700; 100 x 300 / 300; without income no share.
    """
    at(world, "2024-09-01 09:00")
    receive(world, IncomeKind.CORE_GRANT, 1_000, on=date(2024, 3, 29))
    receive(world, IncomeKind.COMPETITIVE, 500, on=date(2024, 3, 31))
    receive(world, IncomeKind.MEMBERSHIP, 200, on=date(2024, 1, 1))
    receive(world, IncomeKind.FEE_FOR_SERVICE, 300, on=date(2024, 4, 1))
    receive(world, IncomeKind.IN_KIND, 9_999, on=date(2024, 2, 15))
    return {
        "E1 2024-Q1": 700,
        "E1 2024-Q2": 300,
        "E1 2024-Q3": 0,
        "E2 FY2023": 0.7,
        "E2 FY2024": NA,
        "E7 2024-Q1": 100 * 200 / 1_700,
        "E7 2024-Q2": 100,
        "E7 2024-Q3": NA,
    }


@example("E8", "O9")
def spending(world: World) -> Found:
    """A budget of £64,000 from April 2026. Spent: £4,000 in April, £17,000 on the bank holiday, 31 August; of that
    £1,000 was paid back on the same day; £5,000 more on Tuesday.

    O9 in August: 20,000 against 5 / 12 of 64,000, which is 26,666.67: 25 % under. In September: 25,000 against 32,000.
    In March there was no budget: no variance.
    E8: 25,000 over two projects that were active in the year, one of which was closed since; a third never was. Before
    there were none: no cost per project.
    """
    at(world, "2026-06-01 10:00")
    award = funding_world.plan(world, funding_world.award(world).reference)
    world.project()
    closed = world.project(active=True)
    at(world, "2026-09-02 10:00")
    spend(world, award, 0, 4_000, date(2026, 4, 10))
    spend(world, award, 0, 17_000, date(2026, 8, 31))
    spend(world, award, 0, -1_000, date(2026, 8, 31))
    spend(world, award, 0, 5_000, date(2026, 9, 1))
    move(world, closed, "close")
    return {
        "O9 2026-08": -25,
        "O9 2026-09": 100 * (25_000 - 32_000) / 32_000,
        "O9 2026-03": NA,
        "E8 FY2026": 12_500,
        "E8 FY2025": NA,
    }


@example("E4", "E5")
def adopted_scenario(world: World) -> Found:
    """Adopted at 23:30 on 31 March 2026. Capital £1,000, on which optimism is 200 %, half of it mitigated: £2,000. The
    team £100 a year: 100 + 100 / 1.035 + 100 / 1.071225 = 289.97. Benefits 2,000 / 1.035 + 4,000 / 1.071225 = 5,666.41.

    E4: 5,666.41 - 2,289.97 = 3,376.44. E5: 5,666.41 / 2,289.97 = 2.4744. Before, no scenario was adopted: nothing is
    stored. A scenario that costs nothing has no ratio: shown on one that takes its place a year later.
    """
    at(world, "2026-03-31 22:30")
    first = funding_world.adopted(world)
    free = "HCQIC-S-2026-0002"
    at(world, "2027-03-31 22:30")
    with world.writing() as session:
        scenarios.adopt(session, free, actor=world["centre_manager"], now=world.now)
    costless(world, free)
    assert first.reference != free
    return {
        "E4 FY2025": 3_376.44,
        "E5 FY2025": 5_666.41 / 2_289.97,
        "E4 FY2024": SILENT,
        "E5 FY2024": SILENT,
        "E5 FY2026": NA,
    }


def costless(world: World, reference: str) -> None:
    """As if the frozen scenario had cost nothing more than business as usual."""
    table = Scenario.__table__  # type: ignore[attr-defined]
    chosen = table.c.reference == reference
    with world.database.engine.execution_options(hcqic_write=True).begin() as connection:
        frozen = connection.execute(sa.select(table.c.frozen).where(chosen)).scalar_one()
        frozen["results"]["pv_costs"] = str(Decimal(0))
        connection.execute(sa.update(table).where(chosen).values(frozen=frozen))


def test_every_worked_out_kpi_has_its_example() -> None:
    """A new one cannot be added without."""
    assert set(EXAMPLES) == {code for code, versions in catalogue().items() if any(one.computed for one in versions)}


@pytest.mark.parametrize("made", dict.fromkeys(EXAMPLES.values()), ids=lambda made: made.__name__)
def test_the_example_on_paper(world: World, made: Example) -> None:
    expected = made(world)
    shown = {name: worked_out(world, *name.split()) for name in expected}
    assert {name.split()[0] for name in expected} == {code for code, one in EXAMPLES.items() if one is made}
    assert shown == {
        name: value if isinstance(value, str) else pytest.approx(value, rel=1e-5) for name, value in expected.items()
    }


def test_the_days_are_what_the_examples_say() -> None:
    assert not any(is_working_day(day) for day in (date(2024, 3, 29), date(2024, 4, 1), date(2026, 8, 31)))
    assert date(2024, 3, 31).strftime("%A") == "Sunday"
    assert Period.parse("2024-Q1").closes == datetime(2024, 3, 31, 23, tzinfo=UTC)
    assert Period.parse("2026-08").closes == datetime(2026, 8, 31, 23, tzinfo=UTC)
    assert Period.parse("2024-Q1").closes - Period.parse("2024-Q1").opens == timedelta(days=91, hours=-1)
