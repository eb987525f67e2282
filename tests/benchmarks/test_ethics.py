"""The pages of the ethics register at 5,000 cases against the same pages at 50, side by side in one run."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from hcqic_gov.app import create_app
from hcqic_gov.db import Database
from hcqic_gov.settings import Settings
from tests import ethics_many
from tests.conftest import NOW
from tests.factories import World, client_of

SIZES = (50, 5_000)
PAGES = [
    ("list", "ethics_officer", "/ethics/"),
    ("search", "ethics_officer", "/ethics/?q=study+4"),
    ("filter", "ethics_officer", "/ethics/?state=submitted"),
    ("last page", "ethics_officer", "/ethics/?page=2"),
    ("home of the officer", "ethics_officer", "/home"),
    ("home of the chair", "chair", "/home"),
    ("home of a member", "lay_two", "/home"),
    ("home of the lead", "project_lead", "/home"),
    ("meeting", "ethics_officer", "/committee/meetings/{meeting}"),
]


@dataclass
class Office:
    """A centre with so many cases, and its one meeting."""

    world: World
    app: Flask
    meeting: str

    def seconds(self, who: str, url: str) -> float:
        client, taken = client_of(self.app, self.world[who]), []
        for _ in range(5):
            began = perf_counter()
            assert client.get(url.format(meeting=self.meeting)).status_code == 200
            taken.append(perf_counter() - began)
        return median(taken[1:])

    def queries(self, who: str, url: str) -> int:
        client, seen = client_of(self.app, self.world[who]), []
        count: Callable[..., None] = lambda *args: seen.append(args[2])  # noqa: E731
        sa.event.listen(self.world.database.engine, "before_cursor_execute", count)
        client.get(url.format(meeting=self.meeting))
        sa.event.remove(self.world.database.engine, "before_cursor_execute", count)
        return sum(statement.lstrip().upper().startswith(("SELECT", "WITH")) for statement in seen)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def offices(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[int, Office]]:
    make: Callable[[], str] = request.getfixturevalue("sqlite_copy" if request.param == "sqlite" else "postgres_copy")
    found: dict[int, Office] = {}
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("ethics")
        patch.setenv("HCQIC_DATA_DIR", str(folder))
        for size in SIZES:
            world = World.make(Database(make()), NOW)
            meeting = ethics_many.fill(world, size)
            app = create_app(Settings(data_dir=folder), database=world.database, clock=lambda: NOW, TESTING=True)
            found[size] = Office(world, app, meeting)
        yield found
        for office in found.values():
            office.world.database.dispose()


@pytest.mark.parametrize(("name", "who", "url"), PAGES, ids=[name for name, _, _ in PAGES])
def test_page(benchmark: Any, offices: dict[int, Office], name: str, who: str, url: str) -> None:
    few, many = (offices[size] for size in SIZES)
    small, large = few.seconds(who, url), many.seconds(who, url)
    benchmark.extra_info["milliseconds at 50"] = round(small * 1000, 1)
    benchmark.extra_info["milliseconds at 5,000"] = round(large * 1000, 1)
    benchmark.extra_info["ratio"] = round(large / small, 2)
    benchmark.extra_info["queries"] = (few.queries(who, url), many.queries(who, url))
    client = client_of(many.app, many.world[who])
    benchmark.pedantic(client.get, args=(url.format(meeting=many.meeting),), rounds=3)
