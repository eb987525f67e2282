"""The clocks of a case on its page, in the list and among the tasks."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from hcqic_gov.ethics import queries
from hcqic_gov.ethics.clocks import Event
from tests.ethics_steps import decided, in_review, move, submitted
from tests.factories import World, client_of

pytestmark = pytest.mark.one_database


def text_of(app: Flask, world: World, path: str, who: str = "ethics_officer") -> str:
    """The page without its tags, in one line."""
    html = client_of(app, world[who]).get(path).text
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_the_page_shows_what_runs_and_what_is_late(app: Flask, world: World) -> None:
    case = submitted(world, world.project())
    path = f"/ethics/{case.reference}"
    world.now += timedelta(days=7)
    valid = "Check that the application is valid"
    assert f"{valid} Running 1 June 2026 8 June 2026 Not yet 0 days left Never" in text_of(app, world, path)
    world.now += timedelta(days=2)
    assert f"{valid} Late 1 June 2026 8 June 2026 Not yet Late by 2 days Never" in text_of(app, world, path)
    move(world, case.reference, "validate", by="ethics_officer")
    page = text_of(app, world, path)
    assert f"{valid} Late 1 June 2026 8 June 2026 10 June 2026 Late by 2 days Never" in page
    first = "First decision, or a request for information"
    assert f"{first} Running 10 June 2026 10 July 2026 Not yet 30 days left Never" in page
    assert "Next step due 10 July 2026" in page


def test_a_case_decided_in_time_has_nothing_due(app: Flask, world: World) -> None:
    page = text_of(app, world, f"/ethics/{decided(world, world.project()).reference}")
    assert "In time 1 June 2026 1 July 2026 1 June 2026 Took 0 days Never" in page
    assert "Next step due No date is set" in page


def test_the_clock_of_the_old_rules(app: Flask, world: World) -> None:
    world.now = datetime(2026, 4, 27, 12, tzinfo=UTC)
    page = text_of(app, world, f"/ethics/{in_review(world, world.project()).reference}")
    assert "Check that the application is valid In time 27 April 2026 No limit 27 April 2026 Took 0 days" in page
    assert "Opinion Running 27 April 2026 26 June 2026 Not yet 60 days left Never" in page


def test_the_list_and_the_tasks_tell_what_is_late(app: Flask, world: World) -> None:
    submitted(world, world.project())
    world.now += timedelta(days=7)
    assert "8 June 2026 Late" not in text_of(app, world, "/ethics/")
    world.now += timedelta(days=1)
    assert "8 June 2026 Late" in text_of(app, world, "/ethics/")
    assert "8 June 2026" in text_of(app, world, "/home")


def test_a_row_of_the_list_says_that_the_clock_is_stopped(world: World) -> None:
    world.now = datetime(2026, 4, 1, 12, tzinfo=UTC)
    case = in_review(world, world.project())
    events = [Event("validate", "valid", world.now)]
    row = queries.as_row(case, "HCQIC-P-2026-0001", "Somebody", events)
    assert (row.stopped, row.due) == (False, date(2026, 5, 31))
    events.append(Event("request_information", "info_requested", world.now + timedelta(days=9)))
    row = queries.as_row(case, "HCQIC-P-2026-0001", "Somebody", events)
    assert (row.stopped, row.due) == (True, None)


def test_clocks_cost_one_query_however_many_cases(app: Flask, world: World) -> None:
    counts: dict[str, list[int]] = {"/ethics/": [], "/home": []}
    for _ in range(2):
        for _ in range(3):
            in_review(world, world.project())
            submitted(world, world.project())
        for path, seen in counts.items():
            seen.append(event_queries(app, world, path))
    assert counts == {"/ethics/": [1, 1], "/home": [1, 1]}


def event_queries(app: Flask, world: World, path: str) -> int:
    client, seen = client_of(app, world["ethics_officer"]), []

    def count(_c: object, _cur: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT ethics_event"):
            seen.append(statement)

    sa.event.listen(world.database.engine, "before_cursor_execute", count)
    assert client.get(path).status_code == 200
    sa.event.remove(world.database.engine, "before_cursor_execute", count)
    return len(seen)
