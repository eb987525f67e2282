"""Awards, budgets, income and what they answer to KPIs, on both databases."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import partial

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from hcqic_gov.audit.queries import history
from hcqic_gov.core.calendar import Period
from hcqic_gov.core.errors import Invalid, Refused
from hcqic_gov.core.money import total
from hcqic_gov.core.ruling import ALLOWED
from hcqic_gov.funding import awards, measures, queries, service, spending
from hcqic_gov.funding.models import Award
from hcqic_gov.funding.rules import ApplicationState, CostHeading, Currency, IncomeKind
from hcqic_gov.funding.service import AwardDetails
from hcqic_gov.funding.spending import Budget, Received, Schedule
from tests import funding_world as made
from tests.factories import World

pytestmark = pytest.mark.one_database

S = ApplicationState
QUARTER, YEAR = Period.parse("2026-Q2"), Period.parse("FY2026")


def test_an_award_brings_a_budget_from_the_cash_lines(world: World) -> None:
    award = made.award(world)
    with world.reading() as session:
        lines = [(row.year, row.heading, row.budget, row.forecast) for row in awards.budget_of(session, award)]
    assert lines == [
        (2026, CostHeading.STAFF, Decimal(48_000), Decimal(48_000)),
        (2026, CostHeading.COMPUTE, Decimal(16_000), Decimal(16_000)),
        (2027, CostHeading.STAFF, Decimal(36_000), Decimal(36_000)),
    ]


def test_a_smaller_award_in_euros_is_shared_out_to_the_penny_in_pounds(world: World) -> None:
    row = made.offered(world, Decimal(50_000), of=made.call(world, currency=Currency.EUR))
    details = AwardDetails("EXF/9", Decimal(50_000), Decimal("43210.99"), date(2026, 5, 20))
    with world.writing() as session:
        award = service.accept(session, row.reference, details, actor=world["finance"], now=world.now)
    with world.reading() as session:
        budgets = [line.budget for line in awards.budget_of(session, award)]
    assert budgets == [Decimal("20741.28"), Decimal("6913.76"), Decimal("15555.95")]  # the last takes the rest
    assert total(budgets) == Decimal("43210.99")


def test_a_large_offer_is_accepted_by_a_second_person(world: World) -> None:
    row = made.offered(world)
    details = AwardDetails("EXF/9", made.APPLIED, made.APPLIED, date(2026, 5, 20))
    officer = world["funding_officer"]
    with world.writing() as session, pytest.raises(Refused) as refusal:
        service.accept(session, row.reference, details, actor=officer, now=world.now)
    assert refusal.value.code == "second_person"
    small = made.offered(world, Decimal(99_999), of=made.call(world), project=world.project(active=True))
    details = replace(details, amount=Decimal(99_999), sterling=Decimal(99_999))
    with world.writing() as session:
        assert service.accept(session, small.reference, details, actor=officer, now=world.now).amount == 99_999


def test_an_award_above_the_amount_applied_for_is_only_a_warning(world: World) -> None:
    award = made.award(world, Decimal(120_000))
    with world.reading() as session:
        view = awards.award_of(session, queries.application(session, "HCQIC-F-2026-0001"))
    assert view is not None
    assert view.more_than_applied
    assert view.budget_total == award.sterling


def test_an_award_is_what_was_offered(world: World) -> None:
    row = made.offered(world)
    details = AwardDetails("EXF/9", Decimal(1), Decimal(1), date(2026, 5, 20))
    with world.writing() as session, pytest.raises(Invalid) as error:
        service.accept(session, row.reference, details, actor=world["finance"], now=world.now)
    assert "amount" in error.value.fields


def test_reports_are_due_after_each_span(world: World) -> None:
    award = made.award(world)
    schedule = Schedule(date(2026, 1, 31), date(2026, 12, 15), every_months=5, due_after_days=30)
    with world.writing() as session:
        spending.plan_reports(session, award.reference, schedule, actor=world["finance"], now=world.now)
    made.plan(world, award.reference)  # again: the schedule is made anew
    with world.reading() as session:
        reports = [(r.period_from, r.period_to, r.due_on) for r in awards.reports_of(session, award)]
    assert reports == [
        (date(2026, 4, 1), date(2026, 9, 30), date(2026, 10, 30)),
        (date(2026, 10, 1), date(2027, 3, 31), date(2027, 4, 30)),
        (date(2027, 4, 1), date(2027, 9, 30), date(2027, 10, 30)),
        (date(2027, 10, 1), date(2028, 3, 31), date(2028, 4, 30)),
    ]


def test_spans_keep_to_the_end_of_the_month_and_of_the_award(world: World) -> None:
    schedule = Schedule(date(2026, 1, 31), date(2026, 12, 15), every_months=5, due_after_days=0)
    spans = [(r.period_from, r.period_to) for r in spending.reports_over(1, schedule, world.now)]
    assert spans == [
        (date(2026, 1, 31), date(2026, 6, 29)),
        (date(2026, 6, 30), date(2026, 11, 29)),
        (date(2026, 11, 30), date(2026, 12, 15)),
    ]


def test_ethics_gates_activation(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    award = made.award(world)
    made.plan(world, award.reference)
    officer = world["funding_officer"]
    with world.writing() as session, pytest.raises(Refused) as refusal:
        service.move(session, "HCQIC-F-2026-0001", "activate", actor=officer, now=world.now)
    assert refusal.value.code != "reporting_scheduled"
    assert "ethics" in refusal.value.reason.lower() or "opinion" in refusal.value.reason.lower()
    monkeypatch.setattr(queries, "execution_ruling", lambda *_args, **_rest: ALLOWED)
    assert made.make(world, "HCQIC-F-2026-0001", "activate", by="funding_officer").state is S.ACTIVE


def test_activation_needs_dates_and_a_schedule(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made.award(world)
    monkeypatch.setattr(queries, "execution_ruling", lambda *_args, **_rest: ALLOWED)
    with world.writing() as session, pytest.raises(Refused) as refusal:
        service.move(session, "HCQIC-F-2026-0001", "activate", actor=world["funding_officer"], now=world.now)
    assert refusal.value.code == "start_known"


def test_a_variance_beyond_the_tolerance_needs_a_reason(world: World) -> None:
    award = made.award(world)
    finance = world["finance"]
    with world.reading() as session:
        line = awards.budget_of(session, award)[0]
    late = Budget(line.heading, line.year, line.budget, Decimal(40_000))
    with world.writing() as session, pytest.raises(Invalid) as error:
        spending.change_budget(session, award.reference, line.id, late, seen=line.version, actor=finance, now=world.now)
    assert "more than 5 %" in error.value.fields["reason"]
    told = replace(late, reason="The associate started in June.")
    with world.writing() as session:
        spending.change_budget(session, award.reference, line.id, told, seen=line.version, actor=finance, now=world.now)
    with world.reading() as session:
        changed = awards.budget_of(session, award)[0]
    assert (changed.forecast, changed.variance) == (Decimal(40_000), Decimal(-8_000))
    assert changed.reason == "The associate started in June."


def spend(world: World, award: Award, place: int, amount: int, on: date, reason: str = "") -> None:
    with world.writing() as session:
        line = awards.budget_of(session, award)[place]
        spending.spend(
            session,
            award.reference,
            line.id,
            Decimal(amount),
            on=on,
            note="Invoice",
            reason=reason,
            actor=world["finance"],
            now=world.now,
        )


def test_spending_adds_up_and_stays_within_its_year(world: World) -> None:
    award = made.award(world)
    spend(world, award, 0, 1_000, date(2026, 4, 1))
    spend(world, award, 0, -100, date(2026, 5, 31))
    with world.reading() as session:
        assert [row.actual for row in awards.budget_of(session, award)] == [900, 0, 0]
        assert [(e.amount, line.year) for e, line in awards.expenditures_of(session, award)] == [
            (Decimal(-100), 2026),
            (Decimal(1000), 2026),
        ]
    for place, day in ((0, date(2026, 3, 31)), (2, date(2026, 5, 1)), (0, date(2026, 6, 2))):
        with pytest.raises(Invalid):
            spend(world, award, place, 1, day)


def test_more_than_the_forecast_is_spent_only_with_a_reason(world: World) -> None:
    award, day = made.award(world), date(2026, 5, 1)
    with world.reading() as session:
        line = awards.budget_of(session, award)[0]
    spend(world, award, 0, int(line.forecast), day)
    with pytest.raises(Invalid, match="More is spent") as refusal:
        spend(world, award, 0, 1, day)
    assert "raise the forecast, or say why" in refusal.value.fields["reason"]
    spend(world, award, 0, 1, day, reason="The agency’s invoice came early.")
    with world.reading() as session:
        now = awards.budget_of(session, award)[0]
        entry = next(e for e in history(session, "award", award.key) if e.action == "funding.explain_budget")
    assert (now.actual, now.reason) == (line.forecast + 1, "The agency’s invoice came early.")
    assert ("reason", "", "The agency’s invoice came early.") in entry.changes


def test_a_forecast_below_what_is_spent_needs_a_reason(world: World) -> None:
    award = made.award(world)
    spend(world, award, 0, 1_000, date(2026, 5, 1))
    with world.reading() as session:
        line = awards.budget_of(session, award)[0]
    low = Budget(line.heading, line.year, Decimal(900), Decimal(900))
    for reason, fits in (("", False), ("A refund is on its way.", True)):
        with world.writing() as session:
            change = partial(
                spending.change_budget, session, award.reference, line.id, seen=line.version,
                actor=world["finance"], now=world.now,
            )  # fmt: skip
            if fits:
                change(budget=replace(low, reason=reason))
            else:
                with pytest.raises(Invalid, match="More is spent"):
                    change(budget=low)


def test_a_line_for_each_heading_and_year_is_entered_once(world: World) -> None:
    award = made.award(world)
    extra = Budget(CostHeading.TRAVEL, 2026, Decimal(500), Decimal(500))
    with world.writing() as session:
        spending.add_budget(session, award.reference, extra, actor=world["finance"], now=world.now)
    with world.writing() as session, pytest.raises(Invalid):
        spending.add_budget(session, award.reference, extra, actor=world["finance"], now=world.now)


def test_a_funders_report_has_all_it_needs(world: World) -> None:
    award = made.plan(world, made.award(world).reference)
    spend(world, award, 0, 1_000, date(2026, 5, 1))
    with world.reading() as session:
        report = queries.award_for_report(session, award.reference)
        listed = queries.awards_of_funder(session, world.funder_id)
        assert queries.awards_of_funder(session, 999) == []
    assert (report.funder, report.funder_reference) == ("Example Research Fund", "EXF/2026/17")
    assert (report.project_reference, report.application_reference) == ("HCQIC-P-2026-0001", "HCQIC-F-2026-0001")
    assert [row.actual for row in report.budget] == [1_000, 0, 0]
    assert len(report.reports) == 4
    assert [row.reference for row in listed] == [award.reference]


def receive(world: World, kind: IncomeKind, amount: int, on: date = date(2026, 5, 1)) -> None:
    received = Received(kind, world.funder_id, on, Decimal(amount))
    with world.writing() as session:
        spending.receive(session, received, actor=world["finance"], now=world.now)


def test_income_feeds_leverage_and_earned_share(world: World) -> None:
    with world.reading() as session:
        assert not measures.leverage_ratio(session, YEAR).applicable
        assert not measures.earned_income_share(session, YEAR).applicable
    receive(world, IncomeKind.CORE_GRANT, 1_000)
    receive(world, IncomeKind.COMPETITIVE, 500)
    receive(world, IncomeKind.MEMBERSHIP, 200)
    receive(world, IncomeKind.FEE_FOR_SERVICE, 300)
    receive(world, IncomeKind.IN_KIND, 9_999)
    receive(world, IncomeKind.COMPETITIVE, 7, on=date(2026, 3, 31))
    with world.reading() as session:
        assert measures.leveraged(session, QUARTER).value() == 1_000
        assert measures.leverage_ratio(session, YEAR).value() == 1
        assert measures.earned_income_share(session, QUARTER).value(100) == 25
        assert [row.amount for row in awards.income(session)][:1] == [9_999]


def test_income_ahead_of_its_day_is_refused(world: World) -> None:
    with pytest.raises(Invalid):
        receive(world, IncomeKind.MEMBERSHIP, 1, on=date(2026, 6, 2))


def test_decided_applications_feed_funding_and_success(world: World) -> None:
    project, of = world.project(active=True), made.call(world)
    made.award(world, project=project, of=of)
    lost = made.submitted(world, project=project, of=of)
    made.make(world, lost.reference, "record_unsuccessful", by="funding_officer", reason="Ranked third")
    declined = made.offered(world, project=project, of=of)
    made.make(world, declined.reference, "decline", by="centre_manager", reason="Terms")
    made.offered(world, project=project, of=of)  # not decided yet
    with world.reading() as session:
        assert measures.further_funding(session, QUARTER).value() == made.APPLIED
        rate = measures.success_rate(session, QUARTER)
        assert (rate.numerator, rate.denominator) == (Decimal(1), Decimal(3))
        assert not measures.success_rate(session, QUARTER.next).applicable
        assert measures.further_funding(session, QUARTER.next).value() == 0


def test_budget_variance_counts_the_months_that_passed(world: World) -> None:
    award = made.plan(world, made.award(world).reference)  # from April 2026; £64,000 in its first year
    spend(world, award, 0, 4_000, date(2026, 4, 10))
    spend(world, award, 1, 2_000, date(2026, 5, 10))
    with world.reading() as session:
        april = measures.budget_variance(session, Period.parse("2026-04"))
        may = measures.budget_variance(session, Period.parse("2026-05"))
        assert not measures.budget_variance(session, Period.parse("2026-03")).applicable
    assert round(april.value(100) or 0, 4) == -25  # 4,000 against 64,000 / 12
    assert round(may.value(100) or 0, 4) == Decimal("-43.75")  # 6,000 against 64,000 / 6


def test_cost_per_supported_project(world: World) -> None:
    award = made.plan(world, made.award(world).reference)
    world.project(active=True)
    spend(world, award, 0, 3_000, date(2026, 5, 1))
    with world.reading() as session:
        assert measures.cost_per_project(session, YEAR).value() == 1_500


def test_the_database_repeats_the_invariants(world: World) -> None:
    award = made.award(world)
    changes = ("amount = 0", "starts_on = '2026-01-01'", "starts_on = '2026-02-01', ends_on = '2026-01-01'")
    for change in changes:
        with pytest.raises(IntegrityError), world.database.writing_session() as session:
            session.execute(sa.text(f"UPDATE award SET {change} WHERE id = {award.key}"))  # noqa: S608
