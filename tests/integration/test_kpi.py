"""Observations, their verification and correction, targets, and the one view, on both databases."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from hcqic_gov.audit.queries import history, verify_chain
from hcqic_gov.core.actor import Actor
from hcqic_gov.core.calendar import Period
from hcqic_gov.core.errors import Invalid, NotFound, Refused, Stale
from hcqic_gov.kpi import queries, service, targets, waiting
from hcqic_gov.kpi.models import Observation
from hcqic_gov.kpi.rules import WORKFLOW, Level, Outcome, PeriodStatus, Status
from hcqic_gov.kpi.service import Entry
from hcqic_gov.kpi.tables import as_csv, rows
from hcqic_gov.reporting.figures import figure
from hcqic_gov.reporting.snapshot import Cause
from tests.factories import World

pytestmark = pytest.mark.one_database

MAY = Period.parse("2026-05")
ENTRY = Entry(45, 50, source="Help desk report")


def draft(world: World, code: str = "O8", period: Period = MAY, entry: Entry = ENTRY, by: str = "gatekeeper") -> int:
    with world.writing() as session:
        return service.enter(session, code, period, entry, actor=world[by], now=world.now).key


def submitted(world: World, **options: object) -> int:
    key = draft(world, **options)  # type: ignore[arg-type]
    with world.writing() as session:
        service.submit(session, key, actor=world["gatekeeper"], now=world.now)
    return key


def verified(world: World, **options: object) -> int:
    key = submitted(world, **options)
    with world.writing() as session:
        service.verify(session, key, actor=world["centre_manager"], now=world.now)
    return key


def status_of(world: World, key: int) -> Status:
    with world.reading() as session:
        return queries.observation(session, key).status


def test_a_value_counts_only_once_a_second_person_verified_it(world: World) -> None:
    key = submitted(world)
    with world.reading() as session:
        assert queries.series(session, "O8", world.now.date()).findings == ()
    with world.writing() as session:
        service.verify(session, key, actor=world["centre_manager"], now=world.now)
    with world.reading() as session:
        view = queries.series(session, "O8", world.now.date())
        assert [finding.value for finding in view.findings] == [90.0]
        assert (view.level, view.shown, view.target) == (Level.MET, "90.0%", 90.0)
        assert [entry.action for entry in history(session, "kpi_observation", key)] == [
            "kpi.verify",
            "kpi.submit",
            "kpi.enter",
        ]
        assert verify_chain(session).whole


def test_nobody_verifies_or_returns_their_own_value(world: World) -> None:
    key = submitted(world)
    for name, more in (("verify", {}), ("return_", {"reason": "Wrong month"})):
        with world.writing() as session, pytest.raises(Refused, match="You entered this value"):
            getattr(service, name)(session, key, **more, actor=world["gatekeeper"], now=world.now)


def test_guard_holds_even_without_the_access_policy(world: World) -> None:
    """The workflow refuses the same person too: two fences, one rule."""
    key = submitted(world)
    with world.reading() as session:
        record = queries.observation(session, key)
        one = service.definition_for("O8", MAY)
        facts = service.facts_of_record(one, record, closed=False, actor=world["gatekeeper"], now=world.now)
    assert WORKFLOW.ruling("verify", Status.SUBMITTED, facts).code == "second_person"


@pytest.mark.parametrize("who", ["finance", "project_lead", "auditor", "funder"])
def test_only_the_owner_enters(world: World, who: str) -> None:
    with world.writing() as session, pytest.raises(Refused):
        service.enter(session, "O8", MAY, ENTRY, actor=world[who], now=world.now)


def test_a_returned_value_is_mended_and_sent_again(world: World) -> None:
    key = submitted(world)
    with world.writing() as session:
        service.return_(session, key, reason="May had 60 queries", actor=world["centre_manager"], now=world.now)
    assert status_of(world, key) is Status.RETURNED
    assert draft(world, entry=Entry(54, 60, source="Help desk report")) == key
    with world.reading() as session:
        record = queries.observation(session, key)
        assert (record.status, record.value, record.revision) == (Status.DRAFT, 90.0, 1)


def test_returning_needs_a_reason(world: World) -> None:
    key = submitted(world)
    with world.writing() as session, pytest.raises(Refused, match="Give a reason"):
        service.return_(session, key, reason=" ", actor=world["centre_manager"], now=world.now)


def test_correction_keeps_the_old_revision_until_it_is_verified(world: World) -> None:
    old = verified(world)
    with world.writing() as session:
        new = service.correct(
            session,
            old,
            Entry(40, 50, source="Audit"),
            reason="Counted twice",
            actor=world["gatekeeper"],
            now=world.now,
        ).key
        service.submit(session, new, actor=world["gatekeeper"], now=world.now)
    with world.reading() as session:
        assert queries.series(session, "O8", world.now.date()).shown == "90.0%"
    with world.writing() as session:
        service.verify(session, new, actor=world["centre_manager"], now=world.now)
    with world.reading() as session:
        assert queries.series(session, "O8", world.now.date()).shown == "80.0%"
        found = queries.history(session, "O8", world.now.date())
        assert [(row.record.revision, row.record.status) for row in found] == [
            (2, Status.VERIFIED),
            (1, Status.SUPERSEDED),
        ]
        assert found[0].record.reason == "Counted twice"
        assert (found[0].entered_by, found[0].verified_by) == ("Gatekeeper", "Centre Manager")


def test_a_second_correction_waits_for_the_first(world: World) -> None:
    old = verified(world)
    with world.writing() as session:
        service.correct(session, old, ENTRY, reason="Typing", actor=world["gatekeeper"], now=world.now)
    with world.writing() as session, pytest.raises(Invalid, match="already open"):
        service.correct(session, old, ENTRY, reason="Typing", actor=world["gatekeeper"], now=world.now)


def test_a_verified_value_is_never_overwritten(world: World) -> None:
    verified(world)
    with world.writing() as session, pytest.raises(Invalid, match="Open a correction"):
        service.enter(session, "O8", MAY, ENTRY, actor=world["gatekeeper"], now=world.now)


def test_two_people_cannot_overwrite_each_others_draft(world: World) -> None:
    draft(world)
    with world.writing() as session, pytest.raises(Stale, match="Somebody else changed"):
        service.enter(session, "O8", MAY, ENTRY, seen=0, actor=world["centre_manager"], now=world.now)


@pytest.mark.parametrize(
    ("code", "period", "entry", "error", "sentence"),
    [
        ("R4", Period.parse("2026-Q1"), Entry(1, 2), Refused, "worked out from the registers"),
        ("O8", Period.parse("2026-07"), ENTRY, Refused, "has not begun"),
        ("O8", Period.parse("2026-Q1"), ENTRY, Invalid, "such as 2026-04"),
        ("O8", MAY, Entry(5, None), Invalid, "both numbers"),
        ("O8", MAY, Entry(float("inf"), 2), Refused, "finite"),
        ("O8", Period.parse("2023-12"), ENTRY, NotFound, "in force"),
        ("X9", MAY, ENTRY, NotFound, "no KPI X9"),
    ],
)
def test_what_cannot_be_entered(
    world: World, code: str, period: Period, entry: Entry, error: type[Exception], sentence: str
) -> None:
    actor = world["funding_officer" if code == "R4" else "gatekeeper"]
    with world.writing() as session, pytest.raises(error, match=sentence):
        service.enter(session, code, period, entry, actor=actor, now=world.now)


def test_a_value_is_submitted_after_its_period(world: World) -> None:
    key = draft(world, period=Period.parse("2026-06"))
    with world.writing() as session, pytest.raises(Refused, match="still runs until 30 June 2026"):
        service.submit(session, key, actor=world["gatekeeper"], now=world.now)


@pytest.mark.parametrize(
    ("entry", "outcome"),
    [
        (Entry(0, 0, source="Log"), Outcome.NOT_APPLICABLE),
        (Entry(source="Log"), Outcome.NOT_REPORTED),
        (Entry(not_applicable=True, source="Log"), Outcome.NOT_APPLICABLE),
    ],
)
def test_no_value_is_never_nought(world: World, entry: Entry, outcome: Outcome) -> None:
    verified(world, entry=entry)
    with world.reading() as session:
        view = queries.series(session, "O8", world.now.date())
        assert (view.findings[0].outcome, view.findings[0].value, view.level) == (outcome, None, Level.UNKNOWN)
        assert view.evaluation.points == ()
        assert view.shown == outcome.value.replace("_", " ")


def test_target_holds_until_the_next_one(world: World) -> None:
    for month in ("2026-02", "2026-03", "2026-04", "2026-05"):
        verified(world, period=Period.parse(month))
    with world.writing() as session:
        for month, value in (("2026-03", 85.0), ("2026-05", 95.0)):
            period = Period.parse(month)
            targets.set_target(
                session, "O8", period, value, reason="Trajectory", actor=world["centre_manager"], now=world.now
            )
    with world.reading() as session:
        view = queries.series(session, "O8", world.now.date())
        assert view.targets == (90.0, 85.0, 85.0, 95.0)
        assert (view.target, view.level) == (95.0, Level.NEAR)
        assert queries.series(session, "O8", MAY.start - timedelta(days=1)).level is Level.MET


def test_changed_target_keeps_what_it_was(world: World) -> None:
    with world.writing() as session:
        for value in (85.0, 88.0):
            targets.set_target(session, "O8", MAY, value, reason="Board", actor=world["centre_manager"], now=world.now)
    with world.reading() as session:
        rows = targets.decisions(session, "O8")
        assert [(row.target.value, row.by, row.target.replaced_at) for row in rows] == [
            (88.0, "Centre Manager", None),
            (85.0, "Centre Manager", world.now),
        ]
        actions = [entry.action for entry in history(session, "kpi_target", rows[1].target.key)]
        assert actions == ["kpi.replace_target", "kpi.set_target"]


def test_band_takes_no_target(world: World) -> None:
    with world.writing() as session, pytest.raises(Invalid, match="has a band"):
        targets.set_target(session, "O2", MAY, 80, reason="x", actor=world["centre_manager"], now=world.now)


def months(world: World, count: int, value: int = 45) -> None:
    for back in range(count, 0, -1):
        verified(world, period=Period.parse("2026-06").shifted(-back), entry=Entry(value + back % 2, 50, source="Log"))


def test_rebase_and_explanation_belong_to_the_data(world: World) -> None:
    months(world, 6)
    start = Period.parse("2026-03")
    with world.writing() as session:
        service.rebase(session, "O8", start, reason="New help desk", actor=world["centre_manager"], now=world.now)
        service.annotate(session, "O8", start, "=New help desk", actor=world["gatekeeper"], now=world.now)
    with world.reading() as session:
        view = queries.series(session, "O8", world.now.date())
    assert [group.start for group in view.evaluation.groups] == [Period.parse("2025-12").start, start.start]
    assert [(note.text, note.by) for note in view.notes] == [("=New help desk", "Gatekeeper")]
    assert [row.note for row in rows(view) if row.note] == ["=New help desk"]
    assert ",'=New help desk," in as_csv([view]).decode()


def test_rebasing_is_the_managers_decision_and_made_once(world: World) -> None:
    with world.writing() as session, pytest.raises(Refused):
        service.rebase(session, "O8", MAY, reason="x", actor=world["gatekeeper"], now=world.now)
    with world.writing() as session, pytest.raises(Invalid, match="reason"):
        service.rebase(session, "O8", MAY, reason=" ", actor=world["centre_manager"], now=world.now)
    with world.writing() as session:
        service.rebase(session, "O8", MAY, reason="x", actor=world["centre_manager"], now=world.now)
    with world.writing() as session, pytest.raises(Invalid, match="already"):
        service.rebase(session, "O8", MAY, reason="x", actor=world["centre_manager"], now=world.now)


def second_manager(world: World) -> Actor:
    from hcqic_gov.people.rules import Role

    with world.writing() as session:
        return world.add_person(session, "second_manager", {Role.CENTRE_MANAGER})


def test_small_numbers_are_in_no_view_row_or_export(world: World) -> None:
    second_manager(world)
    quarter = Period.parse("2026-Q1")
    with world.writing() as session:
        key = service.enter(
            session, "H1", quarter, Entry(7, source="Ward log"), actor=world["second_manager"], now=world.now
        ).key
        service.submit(session, key, actor=world["second_manager"], now=world.now)
        service.verify(session, key, actor=world["centre_manager"], now=world.now)
    with world.reading() as session:
        view = queries.series(session, "H1", world.now.date())
        revision = queries.revision(session, key, world.now.date())
    assert view.shown == revision.shown(inside=False) == "not shown (small numbers)"
    assert revision.shown(inside=True) == "7 persons"
    assert view.evaluation.values == ()
    assert "7" not in repr([row.shown for row in rows(view)])
    assert ",7.0," not in as_csv([view]).decode()


def count_persons(world: World, code: str, values: dict[str, Entry]) -> None:
    """Verified values of a KPI of the centre manager, entered by another one."""
    for period, entry in values.items():
        with world.writing() as session:
            other, now = world["second_manager"], world.now
            key = service.enter(session, code, Period.parse(period), entry, actor=other, now=now).key
            service.submit(session, key, actor=other, now=now)
            service.verify(session, key, actor=world["centre_manager"], now=world.now)


def test_a_hidden_value_hides_what_would_give_it_away(world: World) -> None:
    """The year less the other quarters would be the small number, so the smallest of them goes too, everywhere."""
    second_manager(world)
    counts = {"2025-Q2": 31, "2025-Q3": 7, "2025-Q4": 23, "2026-Q1": 44}
    count_persons(world, "H1", {period: Entry(value, source="Ward log") for period, value in counts.items()})
    with world.reading() as session:
        view = queries.series(session, "H1", world.now.date())
        history = queries.history(session, "H1", world.now.date())
    words = [row.shown for row in rows(view)]
    assert words == ["31 persons", "not shown (small numbers)", "not shown (small numbers)", "44 persons"]
    assert [row.shown(inside=False) for row in reversed(history)] == words
    assert view.evaluation.values == (31.0, 44.0)
    assert "23" not in as_csv([view]).decode().replace(view.definition.fingerprint, "")
    assert [point.value for point in figure(view).points] == [31.0, 44.0]


def test_two_hidden_values_protect_each_other(world: World) -> None:
    second_manager(world)
    counts = {"2025-Q2": 31, "2025-Q3": 7, "2025-Q4": 3, "2026-Q1": 44}
    count_persons(world, "H1", {period: Entry(value, source="Ward log") for period, value in counts.items()})
    with world.reading() as session:
        view = queries.series(session, "H1", world.now.date())
    assert view.evaluation.values == (31.0, 44.0)


def test_nothing_is_said_of_a_series_with_a_hidden_value(world: World) -> None:
    """Incidents: a chart of the other months would be one of a selection, and its limits would tell of the rest."""
    second_manager(world)
    months_of = [f"2025-{n:02}" for n in range(4, 13)] + ["2026-01", "2026-02", "2026-03", "2026-04", "2026-05"]
    entries = {period: Entry(0, 2400, source="Reports") for period in months_of}
    entries["2026-03"], entries["2026-05"] = Entry(9, 2400, source="Reports"), Entry(2, 2400, source="Reports")
    count_persons(world, "H8", entries)
    with world.reading() as session:
        view = queries.series(session, "H8", world.now.date())
    frozen = figure(view)
    assert (view.shown, view.variation.word, view.assurance.word) == (
        "not shown (small numbers)",
        "Not assessed",
        "Not assessed",
    )
    assert "may not be shown" in view.sentence
    assert frozen.variation_cause is Cause.NOT_JUDGED
    assert {(point.mean, point.upper, point.cause) for point in frozen.points} == {(None, None, Cause.NOT_JUDGED)}
    assert {row.limits for row in rows(view)} == {None}
    assert ",0.83" not in as_csv([view]).decode()


def test_what_is_due(world: World) -> None:
    with world.reading() as session:
        rows_due = queries.due(session, world["gatekeeper"], world.now.date())
    assert [(row.definition.code, row.period.code, row.status) for row in rows_due] == [
        ("O1", "2026-05", PeriodStatus.DUE),
        ("O8", "2026-05", PeriodStatus.DUE),
    ]
    key = draft(world)
    with world.reading() as session:
        tasks = waiting.tasks_for(session, world["gatekeeper"], now=world.now)
        assert {task.title.split()[1] for task in tasks} == {"O1", "O8"}
    with world.writing() as session:
        service.submit(session, key, actor=world["gatekeeper"], now=world.now)
    with world.reading() as session:
        assert len(waiting.tasks_for(session, world["gatekeeper"], now=world.now)) == 1
        titles = [task.title for task in waiting.tasks_for(session, world["centre_manager"], now=world.now)]
        assert "Verify O8 Queries resolved within one working day for May 2026" in titles


def test_summary_holds_what_each_kpi_holds_alone_in_five_queries(world: World) -> None:
    months(world, 5)
    statements: list[str] = []
    sa.event.listen(world.database.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    with world.reading() as session:
        views = queries.summary(session, world.now.date())
    assert len([s for s in statements if s.startswith("SELECT")]) == 5
    assert len(views) == 43
    with world.reading() as session:
        alone = queries.series(session, "O8", world.now.date())
    assert next(view for view in views if view.definition.code == "O8") == alone


def test_database_refuses_what_the_service_never_writes(world: World) -> None:
    key = verified(world)
    wrong = [
        {"verified_by": world["gatekeeper"].id},
        {"outcome": "not_reported"},
        {"verified_at": None},
        {"status": "draft"},
    ]
    for values in wrong:
        with world.database.writing_session() as session, pytest.raises(IntegrityError):
            session.execute(sa.update(Observation).where(Observation.id == key).values(**values))  # type: ignore[arg-type]
