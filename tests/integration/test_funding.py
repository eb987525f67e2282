"""Calls and applications on both databases."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from hcqic_gov.audit.queries import history, verify_chain
from hcqic_gov.core.errors import Invalid, Refused, Stale
from hcqic_gov.funding import queries, service, waiting
from hcqic_gov.funding.models import Application
from hcqic_gov.funding.queries import ApplicationFilter, Sort
from hcqic_gov.funding.rules import ApplicationState, CostHeading, Currency
from hcqic_gov.funding.service import Cost
from hcqic_gov.people.rules import Role
from tests import funding_world as made
from tests.factories import World

pytestmark = pytest.mark.one_database

S = ApplicationState


def test_the_funder_pays_its_rate_and_the_costs_reconcile(world: World) -> None:
    row = made.application(world)
    with world.reading() as session:
        view = queries.application_view(session, row, actor=world["project_lead"], now=world.now)
    assert [line.contribution for line in view.lines] == [48_000, 16_000, 36_000, 0]
    assert (view.full_cost, view.in_kind) == (Decimal(125_000), Decimal(9_000))
    assert view.facts.lines_total == made.APPLIED


def test_the_whole_way_to_an_award_leaves_a_trail(world: World) -> None:
    award = made.award(world)
    with world.reading() as session:
        row = session.get_one(Application, award.application_id)
        assert row.state is S.AWARDED
        assert row.decided_at == world.now
        actions = [entry.action for entry in history(session, "funding_application", row.key)]
        assert actions[0] == "funding.accept"
        assert actions[-1] == "funding.register"
        assert verify_chain(session).whole
        events = queries.application_view(session, row, actor=world["finance"], now=world.now).events
        assert [event.move for event, _ in events] == [
            "accept",
            "offer",
            "submit",
            "approve_to_submit",
            "send_for_review",
            "start",
            "register",
        ]


def test_the_preparer_never_approves(world: World) -> None:
    with world.writing() as session:
        both = world.add_person(session, "both", {Role.PROJECT_LEAD, Role.FINANCE})
    row = made.application(world, project=world.project(lead="both"), of=made.call(world))
    with world.writing() as session:
        service.change_cost(
            session,
            row.reference,
            queries.cost_lines(session, row)[0].key,
            made.COSTS[0],
            seen=1,
            actor=both,
            now=world.now,
        )
    made.make(world, row.reference, "send_for_review", by="project_lead")
    with world.writing() as session, pytest.raises(Refused) as refusal:
        service.move(session, row.reference, "approve_to_submit", actor=both, now=world.now)
    assert refusal.value.code == "preparer_never_approves"  # another began it, but both changed it


def test_an_earlier_editor_never_approves_either(world: World) -> None:
    with world.writing() as session:
        both = world.add_person(session, "both", {Role.PROJECT_LEAD, Role.FINANCE})
    row = made.application(world, project=world.project(lead="both"), of=made.call(world))
    for editor in (both, world["funding_officer"]):
        with world.writing() as session:
            line = queries.cost_lines(session, row)[0]
            service.change_cost(
                session, row.reference, line.key, made.COSTS[0], seen=line.version, actor=editor, now=world.now
            )
    made.make(world, row.reference, "send_for_review", by="funding_officer")
    with world.writing() as session, pytest.raises(Refused) as refusal:
        service.move(session, row.reference, "approve_to_submit", actor=both, now=world.now)
    assert refusal.value.code == "preparer_never_approves"
    with world.reading() as session:
        assert not [task for task in waiting.tasks_for(session, both, now=world.now) if task.title.startswith("Review")]


def test_an_edit_after_approval_needs_a_new_one(world: World) -> None:
    row = made.application(world)
    made.make(world, row.reference, "send_for_review", by="project_lead")
    made.make(world, row.reference, "approve_to_submit", by="finance")
    with world.writing() as session, pytest.raises(Refused) as refusal:
        service.add_cost(session, row.reference, made.COSTS[0], actor=world["project_lead"], now=world.now)
    assert refusal.value.code == "wrong_state"
    draft = made.make(world, row.reference, "revise", by="project_lead")
    assert (draft.state, draft.approved_hash) == (S.DRAFT, "")
    with world.writing() as session, pytest.raises(Refused):
        service.move(session, row.reference, "submit", actor=world["project_lead"], now=world.now)


def test_costs_that_do_not_add_up_are_refused(world: World) -> None:
    row = made.application(world, amount_applied=Decimal("100000.01"))
    with world.writing() as session, pytest.raises(Refused, match=r"adds up to £100,000\.00"):
        service.move(session, row.reference, "send_for_review", actor=world["project_lead"], now=world.now)


def test_after_the_deadline_only_an_extension_helps(world: World) -> None:
    row = made.application(world)
    made.make(world, row.reference, "send_for_review", by="project_lead")
    made.make(world, row.reference, "approve_to_submit", by="finance")
    world.now = made.DEADLINE + timedelta(minutes=1)
    with world.writing() as session, pytest.raises(Refused) as refusal:
        service.move(session, row.reference, "submit", actor=world["project_lead"], now=world.now)
    assert refusal.value.code == "before_deadline"
    officer = world["funding_officer"]
    with world.writing() as session, pytest.raises(Invalid):
        service.extend(session, row.reference, made.DEADLINE, reason="Illness", actor=officer, now=world.now)
    with world.writing() as session:
        later = made.DEADLINE + timedelta(days=7)
        service.extend(session, row.reference, later, reason="Illness", actor=officer, now=world.now)
    assert made.make(world, row.reference, "submit", by="project_lead").submitted_at == world.now


def test_two_people_cannot_overwrite_each_other(world: World) -> None:
    row = made.application(world)
    with world.reading() as session:
        seen = queries.application(session, row.reference).version
    details = service.ApplicationDetails(row.call_id, row.project_id, "New", made.APPLIED, row.purpose, row.method)
    with world.writing() as session:
        service.edit(session, row.reference, details, seen=seen, actor=world["project_lead"], now=world.now)
    with world.writing() as session, pytest.raises(Stale):
        service.edit(session, row.reference, details, seen=seen, actor=world["funding_officer"], now=world.now)


def test_costs_change_and_go(world: World) -> None:
    row = made.application(world)
    lead = world["project_lead"]
    with world.writing() as session:
        first, second, *_ = queries.cost_lines(session, row)
        dearer = replace(made.COSTS[0], amount=Decimal(70_000), contribution=Decimal(50_000))
        service.change_cost(session, row.reference, first.key, dearer, seen=1, actor=lead, now=world.now)
        service.change_cost(session, row.reference, second.key, None, seen=1, actor=lead, now=world.now)
    with world.reading() as session:
        assert [line.contribution for line in queries.cost_lines(session, row)] == [50_000, 36_000, 0]
        entries = [entry.action for entry in history(session, "funding_application", row.key)]
    assert entries[:2] == ["funding.remove_cost", "funding.edit_cost"]


WRONG_COSTS = [
    (Cost(CostHeading.STAFF, "x", 2026, Decimal(0)), "amount"),
    (Cost(CostHeading.STAFF, "x", 2026, Decimal(10), contribution=Decimal(11)), "contribution"),
    (Cost(CostHeading.STAFF, "x", 2026, Decimal(10), contribution=Decimal(-1)), "contribution"),
]


@pytest.mark.parametrize(("cost", "field"), WRONG_COSTS)
def test_a_wrong_cost_is_refused(world: World, cost: Cost, field: str) -> None:
    row = made.application(world)
    with world.writing() as session, pytest.raises(Invalid) as error:
        service.add_cost(session, row.reference, cost, actor=world["project_lead"], now=world.now)
    assert field in error.value.fields


def test_an_unknown_time_zone_is_refused(world: World) -> None:
    with pytest.raises(Invalid) as error:
        made.call(world, time_zone="Europe/Liverpool")
    assert "time_zone" in error.value.fields


def test_a_call_without_a_deadline_is_identified_but_not_started(world: World) -> None:
    with pytest.raises(Refused) as refusal:
        made.application(world, of=made.call(world, deadline=None))
    assert refusal.value.code == "deadline_known"


def test_search_filters_pages_and_order(world: World) -> None:
    project, of = world.project(active=True), made.call(world)
    for number in range(30):
        made.application(world, project=project, of=of, title=f"Bid {number:02}", amount_applied=Decimal(number))
    with world.reading() as session:
        first, total = queries.applications(session, ApplicationFilter())
        last, _ = queries.applications(session, ApplicationFilter(), page=2)
        assert [row.title for row in [*first, *last]] == [f"Bid {n:02}" for n in reversed(range(30))]
        assert total == 30
        assert queries.applications(session, ApplicationFilter(text="id 07"))[1] == 1
        assert queries.applications(session, ApplicationFilter(state=S.AWARDED))[1] == 0
        assert queries.applications(session, ApplicationFilter(funder_id=world.funder_id))[1] == 30
        rows, _ = queries.applications(session, ApplicationFilter(sort=Sort.TITLE))
        assert rows[0].title == "Bid 00"
        rows, _ = queries.applications(session, ApplicationFilter(sort=Sort.AMOUNT))
        assert rows[0].amount == 29
        rows, _ = queries.applications(session, ApplicationFilter(sort=Sort.DEADLINE))
        assert rows[0].deadline == made.DEADLINE


def test_the_pipeline_adds_up_by_state_and_currency(world: World) -> None:
    project, pounds = world.project(active=True), made.call(world)
    euros = made.call(world, currency=Currency.EUR)
    made.application(world, project=project, of=pounds)
    made.application(world, project=project, of=pounds, amount_applied=Decimal(5))
    made.application(world, project=project, of=euros)
    made.submitted(world, project=project, of=pounds)
    made.award(world, project=project, of=pounds)
    with world.reading() as session:
        totals = [(row.state, row.currency, row.count, row.amount) for row in queries.pipeline(session)]
    assert totals == [
        (S.DRAFT, Currency.EUR, 1, Decimal(100_000)),
        (S.DRAFT, Currency.GBP, 2, Decimal(100_005)),
        (S.SUBMITTED, Currency.GBP, 1, Decimal(100_000)),
    ]


def tasks(world: World, name: str) -> list[str]:
    with world.reading() as session:
        return [task.title for task in waiting.tasks_for(session, world[name], now=world.now)]


def test_tasks_wait_for_those_who_can_act(world: World) -> None:
    row = made.application(world)
    assert tasks(world, "project_lead") == []  # the deadline is four months away
    world.now = made.DEADLINE - timedelta(days=10)
    assert tasks(world, "project_lead") == tasks(world, "funding_officer") == ["Finish “Rosters, faster”"]
    made.make(world, row.reference, "send_for_review", by="project_lead")
    assert tasks(world, "finance") == tasks(world, "centre_manager") == ["Review “Rosters, faster”"]
    assert tasks(world, "project_lead") == []
    made.make(world, row.reference, "approve_to_submit", by="finance")
    assert tasks(world, "project_lead") == ["Submit “Rosters, faster”"]
    made.make(world, row.reference, "submit", by="project_lead")
    assert tasks(world, "project_lead") == tasks(world, "finance") == []


def test_the_database_repeats_the_invariants(world: World) -> None:
    row = made.submitted(world)
    for change in ("decided_at = created_at", "state = 'offered'", "state = 'awarded'", "approved_hash = ''"):
        with pytest.raises(IntegrityError), world.database.writing_session() as session:
            session.execute(sa.text(f"UPDATE funding_application SET {change} WHERE id = {row.key}"))  # noqa: S608


def test_an_ineligible_application_can_be_reinstated(world: World) -> None:
    row = made.submitted(world)
    ineligible = made.make(world, row.reference, "record_ineligible", by="funding_officer", reason="Wrong form")
    assert ineligible.decided_at == world.now
    assert made.make(world, row.reference, "reinstate", by="funding_officer", reason="Appeal").decided_at is None
