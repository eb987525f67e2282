"""Scenarios on both databases."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from hcqic_gov.audit.queries import history, verify_chain
from hcqic_gov.core.calendar import Period
from hcqic_gov.core.canonical import fingerprint
from hcqic_gov.core.errors import Invalid, Refused
from hcqic_gov.scenarios import measures, queries, service, waiting
from hcqic_gov.scenarios.models import Scenario
from hcqic_gov.scenarios.queries import ScenarioFilter
from hcqic_gov.scenarios.rules import Bias, LineKind, Option, ScenarioState
from tests import funding_world as made
from tests.factories import World

pytestmark = pytest.mark.one_database

S = ScenarioState
LINE = made.LINES[0]


def test_a_scenario_is_measured_against_business_as_usual(world: World) -> None:
    row = made.scenario(world, Option.S2, baseline=made.scenario(world, Option.S0))
    with world.reading() as session:
        view = queries.scenario_view(session, row, actor=world["finance"])
    # costs: 1000 x (1 + 2 x 0.5) + 100 + 100 / 1.035 + 100 / 1.035^2; benefits: 2000 / 1.035 + 4000 / 1.035^2
    assert round(view.result.pv_costs, 2) == Decimal("2289.97")
    assert round(view.result.pv_benefits, 2) == Decimal("5666.41")
    assert round(view.result.npsv, 2) == Decimal("3376.44")
    assert [point.mitigation for point in view.sweep] == [0, Decimal("0.25"), Decimal("0.5"), Decimal("0.75"), 1]
    assert view.sweep[2].npsv == view.result.npsv
    assert view.result.funding_gap == made.amounts(1100, 0, 50)
    assert view.years == [2026, 2027, 2028]
    assert [s.title for s in view.sensitivities] == ["Proposal of the 2026 discount rate review"]
    assert view.sensitivities[0].npsv > view.result.npsv  # benefits come later than costs, and 3.0 % is less


def test_business_as_usual_is_worth_nothing_against_itself(world: World) -> None:
    row = made.scenario(world, Option.S0)
    with world.reading() as session:
        result = queries.scenario_view(session, row, actor=world["finance"]).result
    assert (result.npsv, result.bcr) == (Decimal(0), None)


def test_the_writer_never_reviews(world: World) -> None:
    row = made.scenario(world, Option.S0)
    with world.writing() as session, pytest.raises(Refused) as refusal:
        service.move(session, row.reference, "review", actor=world["finance"], now=world.now)
    assert refusal.value.code == "owner_never_reviews"
    assert made.reviewed(world, row).reviewer_id == world["second_finance"].id


def test_a_reviewed_scenario_is_not_changed_until_reopened(world: World) -> None:
    row = made.reviewed(world, made.scenario(world, Option.S0))
    finance = world["finance"]
    with world.writing() as session, pytest.raises(Refused) as refusal:
        service.add_line(session, row.reference, LINE, actor=finance, now=world.now)
    assert refusal.value.code == "wrong_state"
    with world.writing() as session:
        again = service.move(session, row.reference, "reopen", reason="New price", actor=finance, now=world.now)
    assert (again.state, again.reviewer_id, again.reviewed_at) == (S.DRAFT, None, None)
    with world.writing() as session:
        service.add_line(session, row.reference, LINE, actor=finance, now=world.now)


def test_an_adopted_scenario_is_frozen_with_its_hash(world: World) -> None:
    row = made.adopted(world)
    assert row.frozen is not None
    assert row.content_hash == fingerprint(row.frozen)
    assert set(row.frozen["policies"]) == {"GB2026", "optimism-bias", "health-values"}
    for attempt in ("edit", "reopen", "withdraw"):
        with world.writing() as session, pytest.raises(Refused) as refusal:
            service.permit(
                session, attempt, session.get_one(Scenario, row.key), reason="x", actor=world["centre_manager"]
            )
        assert refusal.value.code == "wrong_state"
    with world.reading() as session:
        assert history(session, "scenario", row.key)[0].action == "scenarios.adopt"
        assert verify_chain(session).whole


def test_adoption_needs_the_do_minimum(world: World) -> None:
    baseline = made.reviewed(world, made.scenario(world, Option.S0))
    row = made.reviewed(world, made.scenario(world, Option.S2, baseline=baseline))
    with world.writing() as session, pytest.raises(Refused) as refusal:
        service.adopt(session, row.reference, actor=world["centre_manager"], now=world.now)
    assert refusal.value.code == "do_minimum_compared"


def test_kpis_follow_the_scenario_that_was_adopted_then(world: World) -> None:
    may, june, july = Period.parse("2026-05"), Period.parse("2026-06"), Period.parse("2026-07")
    first = made.adopted(world)
    world.now += timedelta(days=30)  # in July
    with world.writing() as session:
        do_minimum = queries.scenario(session, "HCQIC-S-2026-0002")
        service.adopt(session, do_minimum.reference, actor=world["centre_manager"], now=world.now)
    with world.reading() as session:
        assert queries.scenario(session, first.reference).state is S.SUPERSEDED
        assert measures.npsv(session, may) is None
        npsv, bcr = measures.npsv(session, june), measures.bcr(session, june)
        now_adopted = queries.adopted_at(session, july.closes)
    assert npsv is not None
    assert bcr is not None
    assert npsv.value() == Decimal("3376.44")
    assert round(bcr.value() or 0, 4) == Decimal("2.4744")
    assert now_adopted is not None
    assert now_adopted.reference == "HCQIC-S-2026-0002"


def test_all_current_scenarios_are_compared(world: World) -> None:
    baseline = made.scenario(world, Option.S0)
    broker = made.scenario(world, Option.S1, baseline=baseline)
    made.scenario(world, Option.S4, baseline=baseline)
    made.scenario(world, Option.S3, baseline=made.scenario(world, Option.S0))  # against another baseline
    with world.reading() as session:
        comparison = queries.comparison(session, baseline)
        assert [c.record.option for c in comparison.scenarios] == [Option.S0, Option.S1, Option.S4]
        assert comparison.missing == []
        assert len(queries.baselines(session)) == 2
    with world.writing() as session:
        service.move(session, broker.reference, "withdraw", reason="No", actor=world["finance"], now=world.now)
    with world.reading() as session:
        comparison = queries.comparison(session, baseline)
        assert comparison.missing == [Option.S1]


WRONG_LINES = [
    ({"amounts": made.amounts(1, 2)}, "amounts"),
    ({"amounts": made.amounts(1, 2, -3)}, "amounts"),
    ({"kind": LineKind.FUNDING, "bias": Bias.NONE}, "stream"),
    ({"kind": LineKind.BENEFIT}, "bias"),
]


@pytest.mark.parametrize(("change", "field"), WRONG_LINES)
def test_a_wrong_line_is_refused(world: World, change: dict[str, object], field: str) -> None:
    row = made.scenario(world, Option.S0)
    with world.writing() as session, pytest.raises(Invalid) as error:
        service.add_line(session, row.reference, replace(LINE, **change), actor=world["finance"], now=world.now)  # type: ignore[arg-type]
    assert field in error.value.fields


def test_lines_change_and_go(world: World) -> None:
    row = made.scenario(world, Option.S2, baseline=made.scenario(world, Option.S0))
    finance = world["finance"]
    with world.writing() as session:
        first, second, *_ = queries.lines_of(session, row.key)[row.key]
        exact = replace(LINE, amounts=(Decimal("0.10"), Decimal("0.2"), Decimal("12345678901.23")))
        service.change_line(session, row.reference, first.key, exact, seen=1, actor=finance, now=world.now)
        service.change_line(session, row.reference, second.key, None, seen=1, actor=finance, now=world.now)
    with world.reading() as session:
        lines = queries.lines_of(session, row.key)[row.key]
    assert lines[0].values == exact.amounts
    assert len(lines) == len(made.LINES) - 1


def test_the_years_are_those_of_the_baseline_and_settled_with_the_lines(world: World) -> None:
    baseline = made.scenario(world, Option.S0)
    details = service.Details(Option.S1, "Broker", "", 2026, 3, 2026, baseline_id=baseline.key)
    finance = world["finance"]
    with world.writing() as session, pytest.raises(Invalid) as error:
        service.create(session, details, actor=finance, now=world.now)
    assert "last_year" in error.value.fields
    row = made.scenario(world, Option.S1, baseline=baseline)
    changed = service.Details(Option.S2, "Hosted", "", 2026, 2, 2026, baseline_id=baseline.key)
    with world.writing() as session, pytest.raises(Invalid, match="settled"):
        service.edit(session, row.reference, changed, seen=row.version, actor=finance, now=world.now)


def tasks(world: World, name: str) -> list[str]:
    with world.reading() as session:
        return [task.title for task in waiting.tasks_for(session, world[name], now=world.now)]


def test_tasks_wait_for_those_who_can_act(world: World) -> None:
    baseline = made.scenario(world, Option.S0)
    assert tasks(world, "finance") == []
    assert tasks(world, "centre_manager") == ["Review “Model S0”"]
    made.reviewed(world, baseline)
    assert tasks(world, "centre_manager") == []
    made.reviewed(world, made.scenario(world, Option.S1, baseline=baseline))
    assert tasks(world, "centre_manager") == ["Adopt “Model S1”"]
    assert tasks(world, "chair") == []


def test_the_list_filters_by_option_and_state(world: World) -> None:
    made.scenario(world, Option.S1, baseline=made.scenario(world, Option.S0))
    with world.reading() as session:
        assert [r.option for r in queries.scenarios(session, ScenarioFilter())] == [Option.S0, Option.S1]
        assert len(queries.scenarios(session, ScenarioFilter(option=Option.S1))) == 1
        assert queries.scenarios(session, ScenarioFilter(state=S.ADOPTED)) == []
