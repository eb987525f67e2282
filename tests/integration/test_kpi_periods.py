"""Periods that close, reopen and revise, and what holds while they are closed; the race with verifying."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest
from sqlmodel import Session, select

from hcqic_gov.audit.queries import history, verify_chain
from hcqic_gov.core.calendar import Period
from hcqic_gov.core.errors import Refused, Stale
from hcqic_gov.core.measure import Measure
from hcqic_gov.kpi import blank, closing, periods, queries, service, sources, targets, waiting
from hcqic_gov.kpi.closing_rules import Gaps
from hcqic_gov.kpi.comparing import check
from hcqic_gov.kpi.models import Closing, Observation
from hcqic_gov.kpi.rules import Status
from hcqic_gov.kpi.service import Entry
from hcqic_gov.kpi.sheets import read
from hcqic_gov.kpi.tables import as_csv
from hcqic_gov.kpi.working_out import drifts, work_out
from hcqic_gov.notices.models import OutboxMessage
from hcqic_gov.people.rules import SYSTEM_ACTOR
from hcqic_gov.reporting.figures import figure
from tests.factories import World

MAY = Period.parse("2026-05")
ENTRY = Entry(45, 50, source="Help desk report")
CSV = b"code,period,outcome,numerator,denominator\nO1,2026-05,value,700,720\n"


def submitted(world: World, period: Period = MAY) -> int:
    with world.writing() as session:
        key = service.enter(session, "O8", period, ENTRY, actor=world["gatekeeper"], now=world.now).key
        service.submit(session, key, actor=world["gatekeeper"], now=world.now)
    return key


def verify(world: World, key: int) -> None:
    with world.writing() as session:
        service.verify(session, key, actor=world["centre_manager"], now=world.now)


def close(world: World, code: str = "2026-05", **options: object) -> int:
    with world.writing() as session:
        wanted = {"knowing": True, "reason": "The others have no source yet", **options}
        return closing.close(session, code, actor=world["centre_manager"], now=world.now, **wanted).key  # type: ignore[arg-type]


def reopen(world: World, reason: str = "Counted twice") -> None:
    with world.writing() as session:
        closing.reopen(session, "2026-05", reason=reason, actor=world["centre_manager"], now=world.now)


@pytest.mark.one_database
def test_from_closing_to_a_revision_that_says_so(world: World) -> None:
    key = submitted(world)
    verify(world, key)
    number, later = close(world), world.now + timedelta(hours=1)
    entry, owner = Entry(44, 50, source="Help desk report"), world["gatekeeper"]
    with world.writing() as session, pytest.raises(Refused, match="May 2026 is closed") as refused:
        service.correct(session, key, entry, reason="Counted twice", actor=owner, now=later)
    assert refused.value.code == "period_open"

    reopen(world)
    with world.writing() as session:
        new = service.correct(session, key, entry, reason="Counted twice", actor=owner, now=later).key
        service.submit(session, new, actor=owner, now=later)
        service.verify(session, new, actor=world["centre_manager"], now=later)
    again = close(world)
    with world.reading() as session:
        view = queries.series(session, "O8", world.now.date())
        assert [(found.value, found.revised) for found in view.findings] == [(88.0, True)]
        line = as_csv([view]).decode().splitlines()[1].split(",")
        assert line[as_csv([view]).decode().splitlines()[0].split(",").index("revised_after_closing")] == "yes"
        assert figure(view).points[0].note == "Revised after closing."
        kept = [row.record.after_closing for row in queries.history(session, "O8", world.now.date())]
        assert kept == [True, False]
        chapters = periods.account(session, "2026-05").chapters
        assert [(row.closing.key, row.closing.revision, row.reopened_by) for row in chapters] == [
            (again, 2, ""),
            (number, 1, "Centre Manager"),
        ]
        actions = [entry.action for entry in history(session, "kpi_closing", number)]
        assert actions == ["kpi.reopen_period", "kpi.close_period"]
        assert verify_chain(session).whole


@pytest.mark.one_database
def test_who_keeps_a_value_of_a_reopened_period_is_told(world: World) -> None:
    """Each keeper of a monthly KPI, once; neither the manager who did it, nor whose KPIs are of quarters."""
    close(world)
    reopen(world)
    with world.reading() as session:
        found = session.exec(select(OutboxMessage).where(OutboxMessage.about_kind == "period")).all()
        told = {person.name for person in world.people.values() if person.id in {one.person_id for one in found}}
    assert {(one.subject, one.about_reference) for one in found} == {("May 2026 is open again", "2026-05")}
    assert "Counted twice" not in found[0].body
    assert told == {"Gatekeeper"}
    assert len(found) == 1


@pytest.mark.one_database
def test_nothing_of_a_closed_period_moves(world: World) -> None:
    """Not what waits for a second person, not a draft, not a file, and nobody is asked for it."""
    key = submitted(world)
    with world.reading() as session:
        titles = [task.title for task in waiting.tasks_for(session, world["centre_manager"], now=world.now)]
        assert "Verify O8 Queries resolved within one working day for May 2026" in titles
    close(world)
    owner, manager, now = world["gatekeeper"], world["centre_manager"], world.now
    asked: dict[str, Callable[[Session], object]] = {
        "verify": lambda session: service.verify(session, key, actor=manager, now=now),
        "return": lambda session: service.return_(session, key, reason="Wrong", actor=manager, now=now),
        "enter": lambda session: service.enter(session, "O1", MAY, ENTRY, actor=owner, now=now),
        "target": lambda session: targets.set_target(session, "O8", MAY, 80, reason="x", actor=manager, now=now),
    }
    codes = {}
    for name, attempt in asked.items():
        with world.writing() as session, pytest.raises(Refused) as refused:
            attempt(session)
        codes[name] = refused.value.code
    assert codes == {"verify": "period_open", "return": "period_open", "enter": "period_open", "target": "targets_open"}
    with world.reading() as session:
        plan = check(session, read(CSV), actor=owner, now=now)
        assert [(one.row, one.column) for one in plan.problems] == [(2, "period")]
        assert "May 2026 is closed" in plan.problems[0].sentence
        for person in (owner, manager):
            titles = [task.title for task in waiting.tasks_for(session, person, now=now)]
            assert [title for title in titles if "May 2026" in title] == []
        assert "2026-05" not in {period.code for _, period in blank.open_rows(session, owner, now.date())}
        statuses = {row.definition.code: row.status for row in queries.due(session, owner, now.date())}
        assert statuses["O8"] == "closed"


@pytest.mark.one_database
def test_a_period_closes_knowingly_and_by_the_manager(world: World) -> None:
    with world.writing() as session, pytest.raises(Refused, match="missing or unverified"):
        closing.close(session, "2026-05", actor=world["centre_manager"], now=world.now)
    for who in ("gatekeeper", "auditor"):
        with world.writing() as session, pytest.raises(Refused):
            closing.close(session, "2026-05", knowing=True, reason="x", actor=world[who], now=world.now)
    with world.reading() as session:
        seen = Gaps.of(periods.gaps(session, MAY)).mark
    submitted(world)
    with pytest.raises(Stale):
        close(world, seen=seen)
    close(world)
    with world.reading() as session:
        row = session.exec(select(Closing)).one()
        assert (row.missing, row.unverified) == (len(periods.expected(MAY)) - 1, 1)
    with pytest.raises(Refused, match="closed"):
        close(world)


@pytest.mark.one_database
def test_the_manager_is_asked_to_close_once_no_value_is_still_to_come(world: World) -> None:
    def asked(days: int) -> list[str]:
        with world.reading() as session:
            found = waiting.tasks_for(session, world["centre_manager"], now=world.now + timedelta(days=days))
            return [task.title for task in found if task.title.startswith("Close")]

    assert asked(20) == []
    verify(world, submitted(world))
    assert asked(0) == []
    assert asked(20) == ["Close the KPIs of May 2026"]
    close(world)
    assert asked(20) == []


@pytest.mark.one_database
def test_working_out_leaves_a_closed_period_and_shows_the_drift(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = {"value": 4}

    def counted(_session: Session, _period: Period) -> Measure:
        return Measure(answer["value"])  # type: ignore[arg-type]

    monkeypatch.setattr("hcqic_gov.kpi.working_out.SOURCES", dict.fromkeys(sources.SOURCES, counted))
    with world.writing() as session:
        work_out(session, [MAY], actor=SYSTEM_ACTOR, now=world.now)
    close(world)
    answer["value"] = 5
    with world.writing() as session:
        assert work_out(session, [MAY], actor=SYSTEM_ACTOR, now=world.now) == []
    with world.reading() as session:
        found = drifts(session, "O7", [MAY])
        assert [(one.kept and one.kept.value, one.today.value) for one in found] == [(4.0, 5.0)]
    reopen(world)
    with world.writing() as session:
        assert all(row.after_closing for row in work_out(session, [MAY], actor=SYSTEM_ACTOR, now=world.now))
    with world.reading() as session:
        assert drifts(session, "O7", [MAY]) == []


FIRST = {
    "verify": ("verified", "closed with 0", Status.VERIFIED),
    "close": ("closed with 1", "period_open", "submitted"),
}


@pytest.mark.parametrize("first", FIRST)
def test_no_value_slips_in_while_a_period_closes(world: World, first: str) -> None:
    """Who comes second waits for the first one's commit, then sees what it did: on both databases, both ways round."""
    key, begun, waited = submitted(world), Event(), Event()

    def attempt(work: str, *, leads: bool) -> str:
        try:
            with world.database.transaction() as session:
                if not leads:
                    begun.wait(20)
                said = done(session, work)
                if leads:
                    begun.set()
                    waited.wait(20)
                return said
        except Refused as refusal:
            return refusal.code

    def done(session: Session, work: str) -> str:
        manager, now = world["centre_manager"], world.now
        if work == "verify":
            service.verify(session, key, actor=manager, now=now)
            return "verified"
        row = closing.close(session, "2026-05", knowing=True, reason="x", actor=manager, now=now)
        return f"closed with {row.unverified}"

    second = "close" if first == "verify" else "verify"
    with ThreadPoolExecutor(2) as pool:
        leader, follower = pool.submit(attempt, first, leads=True), pool.submit(attempt, second, leads=False)
        begun.wait(20)
        with pytest.raises(TimeoutError):
            follower.result(0.3)
        waited.set()
        found = leader.result(20), follower.result(20)
    with world.reading() as session:
        assert (*found, session.get_one(Observation, key).status) == FIRST[first]
