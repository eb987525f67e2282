"""Alerts of the KPIs: a new special cause and an overdue value, each said once to whoever keeps the KPI."""

from datetime import UTC, datetime, timedelta

from sqlmodel import col, select

from hcqic_gov.core.calendar import Period
from hcqic_gov.kpi import service
from hcqic_gov.kpi.alerts import alert
from hcqic_gov.kpi.service import Entry
from hcqic_gov.notices.models import OutboxMessage
from tests.factories import World

MAY = Period.parse("2026-05")


def verified(world: World, period: Period, resolved: float) -> int:
    """The number of an observation of O8: so many of 50 queries were resolved."""
    with world.writing() as session:
        entry = Entry(resolved, 50, source="Help desk report")
        key = service.enter(session, "O8", period, entry, actor=world["gatekeeper"], now=world.now).key
    return confirmed(world, key)


def corrected(world: World, key: int, resolved: float) -> int:
    with world.writing() as session:
        entry = Entry(resolved, 50, source="Help desk report")
        found = service.correct(session, key, entry, reason="Counted again.", actor=world["gatekeeper"], now=world.now)
    return confirmed(world, found.key)


def confirmed(world: World, key: int) -> int:
    with world.writing() as session:
        service.submit(session, key, actor=world["gatekeeper"], now=world.now)
        service.verify(session, key, actor=world["centre_manager"], now=world.now)
    return key


def told(world: World, *, now: datetime | None = None) -> list[str]:
    """The subjects of what this run of the job says, to the owner and the manager alike."""
    with world.reading() as session:
        before = set(session.exec(select(OutboxMessage.id)).all())
    with world.writing() as session:
        alert(session, now=now or world.now)
    with world.reading() as session:
        rows = session.exec(select(OutboxMessage).where(col(OutboxMessage.id).not_in(before))).all()
    keepers = {world["gatekeeper"].id, world["centre_manager"].id}
    about_o8 = [row for row in rows if row.about_reference == "O8"]
    assert {row.person_id for row in about_o8} == (keepers if about_o8 else set())
    return sorted({row.subject for row in about_o8})


def test_a_new_special_cause_is_said_once(world: World) -> None:
    for back in range(12, 0, -1):
        verified(world, MAY.shifted(-back), 44 + back % 2)
    assert told(world) == []
    key = verified(world, MAY, 20)
    assert told(world) == ["O8 Queries resolved within one working day: concern, low, May 2026"]
    assert told(world) == []
    key = corrected(world, key, 21)
    assert told(world) == [], "it is still the same signal"
    corrected(world, key, 45)
    assert told(world) == []


def test_old_signals_are_no_news(world: World) -> None:
    for back in range(12, -1, -1):
        verified(world, MAY.shifted(-back), 20 if back == 0 else 44 + back % 2)
    assert told(world, now=world.now + timedelta(days=20)) == []


def test_an_overdue_value_is_said_once(world: World) -> None:
    late = datetime(2026, 6, 9, 9, tzinfo=UTC)
    assert told(world) == [], "May ended yesterday"
    assert told(world, now=late) == ["O8 Queries resolved within one working day is overdue for May 2026"]
    assert told(world, now=late + timedelta(days=1)) == []
    verified(world, MAY, 45)
    assert told(world, now=late + timedelta(days=2)) == []
