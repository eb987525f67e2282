"""Funding and scenarios in the tests' centre, built through the services."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from hcqic_gov.core.actor import Actor
from hcqic_gov.ethics.states import Method, Purpose
from hcqic_gov.funding import service, spending
from hcqic_gov.funding.models import Application, Award, Call
from hcqic_gov.funding.rules import CostBasis, CostHeading, Currency
from hcqic_gov.funding.service import ApplicationDetails, AwardDetails, CallDetails, Cost
from hcqic_gov.people.rules import Role
from hcqic_gov.projects.models import Project
from hcqic_gov.scenarios import service as scenarios
from hcqic_gov.scenarios.models import Scenario
from hcqic_gov.scenarios.rules import Bias, FundingStream, LineKind, Option
from tests.factories import World

DEADLINE = datetime(2026, 9, 30, 15, 0, tzinfo=UTC)
COSTS = (
    Cost(CostHeading.STAFF, "Research associate", 2026, Decimal(60_000)),
    Cost(CostHeading.COMPUTE, "Simulator hours", 2026, Decimal(20_000)),
    Cost(CostHeading.STAFF, "Research associate", 2027, Decimal(45_000)),
    Cost(CostHeading.COMPUTE, "Credits given by a vendor", 2027, Decimal(9_000), CostBasis.IN_KIND),
)
APPLIED = Decimal(100_000)
"""80 % of the cash lines."""


def call(world: World, **changes: object) -> Call:
    details = CallDetails(world.funder_id, "Quantum for care", Currency.GBP, "ukri", DEADLINE)
    with world.writing() as session:
        return service.register_call(
            session,
            replace(details, **changes),  # type: ignore[arg-type]
            actor=world["funding_officer"],
            now=world.now,
        )


def application(
    world: World, *, project: Project | None = None, of: Call | None = None, **changes: object
) -> Application:
    """A draft with costs that add up, prepared by the project's lead."""
    project, of = project or world.project(active=True), of or call(world)
    details = ApplicationDetails(
        of.key, project.key, "Rosters, faster", APPLIED, Purpose.METHOD_DEVELOPMENT, Method.QUANTUM_SIMULATION
    )
    lead = world["project_lead"]
    with world.writing() as session:
        row = service.register(session, replace(details, **changes), actor=lead, now=world.now)  # type: ignore[arg-type]
        service.move(session, row.reference, "start", actor=lead, now=world.now)
        for cost in COSTS:
            service.add_cost(session, row.reference, cost, actor=lead, now=world.now)
    return row


def make(world: World, reference: str, name: str, *, by: str, reason: str = "") -> Application:
    with world.writing() as session:
        return service.move(session, reference, name, reason=reason, actor=world[by], now=world.now)


def submitted(world: World, **changes: object) -> Application:
    row = application(world, **changes)  # type: ignore[arg-type]
    make(world, row.reference, "send_for_review", by="project_lead")
    make(world, row.reference, "approve_to_submit", by="finance")
    return make(world, row.reference, "submit", by="project_lead")


def offered(world: World, amount: Decimal = APPLIED, **changes: object) -> Application:
    row = submitted(world, **changes)
    with world.writing() as session:
        return service.record_offer(session, row.reference, amount, actor=world["funding_officer"], now=world.now)


def award(world: World, amount: Decimal = APPLIED, **changes: object) -> Award:
    row = offered(world, amount, **changes)
    details = AwardDetails("EXF/2026/17", amount, amount, date(2026, 5, 20))
    with world.writing() as session:
        return service.accept(session, row.reference, details, actor=world["finance"], now=world.now)


def plan(world: World, reference: str, *, actor: Actor | None = None) -> Award:
    schedule = spending.Schedule(date(2026, 4, 1), date(2028, 3, 31), every_months=6, due_after_days=30)
    with world.writing() as session:
        return spending.plan_reports(session, reference, schedule, actor=actor or world["finance"], now=world.now)


def amounts(*values: int) -> tuple[Decimal, ...]:
    return tuple(Decimal(value) for value in values)


LINES = (
    scenarios.Line(LineKind.CAPITAL, "Machine room", amounts(1000, 0, 0), bias=Bias.EQUIPMENT, source="Estimate"),
    scenarios.Line(LineKind.RUNNING, "Team", amounts(100, 100, 100)),
    scenarios.Line(LineKind.BENEFIT, "Shorter waits", amounts(0, 2000, 4000)),
    scenarios.Line(LineKind.FUNDING, "Grant", amounts(1000, 100, 50), stream=FundingStream.CORE_GRANT),
    scenarios.Line(LineKind.PROJECTS, "Projects", amounts(0, 2, 3)),
)


def scenario(world: World, option: Option, *, baseline: Scenario | None = None, by: str = "finance") -> Scenario:
    """A draft over years 0 to 2 with lines; business as usual has none."""
    details = scenarios.Details(
        option, f"Model {option}", "", 2026, 2, 2026, mitigation=50, baseline_id=baseline.key if baseline else None
    )
    with world.writing() as session:
        row = scenarios.create(session, details, actor=world[by], now=world.now)
        for line in LINES if baseline else ():
            scenarios.add_line(session, row.reference, line, actor=world[by], now=world.now)
    return row


def reviewed(world: World, row: Scenario, *, by: str = "second_finance") -> Scenario:
    second_finance(world)
    with world.writing() as session:
        return scenarios.move(session, row.reference, "review", actor=world[by], now=world.now)


def second_finance(world: World) -> Actor:
    if "second_finance" not in world.people:
        with world.writing() as session:
            world.add_person(session, "second_finance", {Role.FINANCE})
    return world["second_finance"]


def adopted(world: World) -> Scenario:
    """Business as usual, do-minimum, and an adopted S2 against them."""
    baseline = reviewed(world, scenario(world, Option.S0))
    reviewed(world, scenario(world, Option.S1, baseline=baseline))
    row = reviewed(world, scenario(world, Option.S2, baseline=baseline))
    with world.writing() as session:
        return scenarios.adopt(session, row.reference, actor=world["centre_manager"], now=world.now)
