"""Many cases: the pages ask no more of the database than with few, and nobody's list of tasks grows without end."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from flask import Flask

from hcqic_gov.ethics import waiting
from hcqic_gov.ethics.waiting import LISTED
from hcqic_gov.people.rules import Role
from tests import ethics_many
from tests.factories import World, client_of

FEW, MANY = 50, 700
PAGES = [
    ("ethics_officer", "/ethics/", 10),
    ("ethics_officer", "/ethics/?q=study+4", 10),
    ("ethics_officer", "/ethics/?state=submitted&mine=yes", 10),
    ("ethics_officer", "/committee/meetings/{meeting}", 10),
    *((who, "/home", 9) for who in ("ethics_officer", "chair", "lay_two", "project_lead")),
]
WHO = ("ethics_officer", "chair", "lay_two", "project_lead", "sponsor")


@contextmanager
def statements(world: World) -> Iterator[list[str]]:
    seen: list[str] = []
    note = lambda *args: seen.append(args[2])  # noqa: E731
    sa.event.listen(world.database.engine, "before_cursor_execute", note)
    yield seen
    sa.event.remove(world.database.engine, "before_cursor_execute", note)


def reads(app: Flask, world: World, who: str, url: str) -> int:
    client = client_of(app, world[who])
    with statements(world) as seen:
        assert client.get(url).status_code == 200
    return sum(statement.lstrip().startswith("SELECT") for statement in seen)


def waits(world: World, who: str) -> tuple[int, int]:
    """How many tasks of the ethics register, and in how many queries."""
    with world.reading() as session, statements(world) as seen:
        found = waiting.tasks_for(session, world[who], now=world.now)
    return len(found), sum(statement.lstrip().startswith("SELECT") for statement in seen)


@pytest.fixture
def filled(world: World) -> str:
    """With 700 cases; the reference of the meeting that hears twenty of them."""
    return ethics_many.fill(world, MANY)


def test_pages_cost_the_same_for_many_as_for_few(app: Flask, world: World, filled: str) -> None:
    many = {(who, url): reads(app, world, who, url.format(meeting=filled)) for who, url, _ in PAGES}
    in_tasks = {who: waits(world, who) for who in WHO}
    with world.database.writing_session() as session:
        for table in ("condition", "interest", "event"):
            session.execute(sa.text(f"DELETE FROM ethics_{table} WHERE case_id > {FEW}"))  # noqa: S608
        session.execute(sa.text(f"DELETE FROM ethics_case WHERE id > {FEW}"))  # noqa: S608
        session.commit()
    few = {(who, url): reads(app, world, who, url.format(meeting=filled)) for who, url, _ in PAGES}
    assert many == few
    for who, url, most in PAGES:
        assert many[who, url] <= most, (who, url)
    for who in WHO:
        assert in_tasks[who][1] == waits(world, who)[1] <= 3
        assert in_tasks[who][0] <= 8 * (LISTED + 1)


def test_nobodys_first_page_asks_more_than_nine_questions(app: Flask, world: World, filled: str) -> None:
    with world.writing() as session:
        world.add_person(session, "inside", set(Role) - {Role.FUNDER})
        world.add_person(session, "everything", set(Role))
    asked = {who: reads(app, world, who, "/home") for who in (*Role, "inside", "everything")}
    assert {who: count for who, count in asked.items() if count > 9} == {}


def test_what_is_not_listed_is_one_click_away(app: Flask, world: World, filled: str) -> None:
    page = client_of(app, world["ethics_officer"]).get("/home").text
    assert page.count("Validate “") == LISTED
    total = MANY // len(ethics_many.STATES)
    line = page.partition("more cases that are “Being checked”")[0].rpartition("<a ")[2]
    assert 'href="/ethics/?state=submitted"' in line
    assert f"Validate {total - LISTED}" in line or f"Validate {total + 1 - LISTED}" in line
    assert client_of(app, world["ethics_officer"]).get("/ethics/?state=submitted").status_code == 200


def test_the_oldest_are_listed(world: World, filled: str) -> None:
    with world.reading() as session:
        tasks = waiting.tasks_for(session, world["ethics_officer"], now=world.now)
        listed = {task.values["reference"] for task in tasks if task.title.startswith("Validate “")}
        oldest = sa.text(
            "SELECT reference FROM ethics_case WHERE state = 'submitted' ORDER BY submitted_at, id LIMIT :some"
        )
        assert listed == set(session.execute(oldest, {"some": LISTED}).scalars())
