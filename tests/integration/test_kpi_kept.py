"""Views of KPIs are kept in memory, and never shown once something of theirs has changed."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

import pytest
from sqlmodel import Session

from hcqic_gov.core.calendar import Period
from hcqic_gov.db import reads_only
from hcqic_gov.kpi import queries, service, targets
from hcqic_gov.kpi.definitions import Definition, definitions
from hcqic_gov.kpi.kept import Shelf
from hcqic_gov.kpi.service import Entry
from hcqic_gov.kpi.views import KpiView, Material, views
from hcqic_gov.kpi.working_out import work_out
from tests.factories import World

MAY = Period.parse("2026-05")
Change = Callable[[Session, World], object]


def verified(session: Session, world: World) -> object:
    entry = Entry(40, 50, source="Help desk report")
    key = service.enter(session, "O8", MAY, entry, actor=world["gatekeeper"], now=world.now).key
    service.submit(session, key, actor=world["gatekeeper"], now=world.now)
    return service.verify(session, key, actor=world["centre_manager"], now=world.now)


def corrected(session: Session, world: World) -> object:
    known = queries.verified(session, "O8", MAY)
    assert known
    entry = Entry(45, 50, source="Help desk report")
    why = "Five more were found"
    key = service.correct(session, known.key, entry, reason=why, actor=world["gatekeeper"], now=world.now).key
    service.submit(session, key, actor=world["gatekeeper"], now=world.now)
    return service.verify(session, key, actor=world["centre_manager"], now=world.now)


def worked_out(session: Session, world: World) -> object:
    return work_out(session, [MAY, Period.parse("2026-Q1")], actor=world["centre_manager"], now=world.now)


CHANGES: dict[str, Change] = {
    "a value is verified": verified,
    "it is corrected": corrected,
    "a target": lambda session, world: targets.set_target(
        session, "O8", MAY, 97.0, reason="The board asks for more", actor=world["centre_manager"], now=world.now
    ),
    "another target of the same period": lambda session, world: targets.set_target(
        session, "O8", MAY, 98.0, reason="And more", actor=world["centre_manager"], now=world.now
    ),
    "a trajectory": lambda session, world: targets.set_trajectory(
        session,
        "O8",
        targets.Trajectory(Period.parse("2026-06"), Period.parse("2026-08"), 90, 92),
        reason="In even steps",
        actor=world["centre_manager"],
        now=world.now,
    ),
    "a note": lambda session, world: service.annotate(
        session, "O8", MAY, "The desk moved", actor=world["centre_manager"], now=world.now
    ),
    "a rebase": lambda session, world: service.rebase(
        session, "O8", MAY, reason="A new desk", actor=world["centre_manager"], now=world.now
    ),
    "worked out": worked_out,
}


def read_afresh(session: Session, day: date) -> tuple[KpiView, ...]:
    wanted = definitions(day)
    return views(wanted, queries.material(session, wanted, day))


def test_what_is_kept_is_what_the_registers_hold_after_every_kind_of_change(world: World) -> None:
    today = world.now.date()
    with world.reading() as session:
        seen = queries.summary(session, today)
    for what, change in CHANGES.items():
        with world.writing() as session:
            change(session, world)
        with world.reading() as session:
            now = queries.summary(session, today)
            assert now == read_afresh(session, today), what
        assert now != seen, what
        seen = now


def test_only_what_changed_is_read_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []
    whole = queries.material

    def counted(session: Session, wanted: Sequence[Definition], as_at: date) -> Mapping[str, Material]:
        asked.append([one.code for one in wanted])
        return whole(session, wanted, as_at)

    monkeypatch.setattr(queries, "material", counted)
    today = world.now.date()
    with world.writing() as session:
        verified(session, world)
    for _ in range(2):
        with world.reading() as session:
            queries.summary(session, today)
    with world.writing() as session:
        CHANGES["a target"](session, world)
    with world.reading() as session:
        queries.summary(session, today)
        queries.summary(session, MAY.end)
    assert asked == [[one.code for one in definitions(today)], ["O8"], [one.code for one in definitions(MAY.end)]]


def test_who_writes_sees_what_they_wrote_and_nobody_else_does(world: World) -> None:
    today = world.now.date()
    with world.writing() as session:
        verified(session, world)
    with world.reading() as session:
        before = queries.series(session, "O8", today)
    with world.database.writing_session() as session:
        CHANGES["a target"](session, world)
        session.flush()
        assert not reads_only(session)
        assert queries.series(session, "O8", today).target == 97.0
        session.rollback()
    with world.reading() as session:
        assert queries.series(session, "O8", today) == before


def test_memory_is_bounded_and_the_oldest_make_room(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hcqic_gov.kpi.kept.MOST", 50)
    shelf, wanted = Shelf(), definitions(world.now.date())
    with world.writing() as session:
        verified(session, world)
    with world.reading() as session:
        for day in (date(2026, 4, 1), date(2026, 5, 1)):
            shelf.views_of(session, wanted, day, lambda missing: views(missing, {}))
    assert len(shelf.views) == 50
    assert sum(day == date(2026, 5, 1) for _, day in shelf.views) == len(wanted)
