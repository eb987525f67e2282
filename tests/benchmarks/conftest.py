"""Large registers for the benchmarks: filled in bulk, since only reading them is measured."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from hcqic_gov.app import create_app
from hcqic_gov.db import Database
from hcqic_gov.projects.models import Project
from hcqic_gov.projects.rules import DataClass, Setting, Status, UseCase
from hcqic_gov.settings import Settings
from tests.factories import World, client_of

NOW = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)
WORDS = (
    "roster",
    "theatre",
    "protein",
    "tumour",
    "trial",
    "ambulance",
    "genome",
    "dose",
    "imaging",
    "triage",
    "kidney",
)


@dataclass
class Register:
    """A centre with this many projects."""

    world: World
    app: Flask
    client: FlaskClient
    size: int


Registers = dict[int, Register]


def fill(world: World, size: int) -> None:
    rows = [row(world, number) for number in range(size)]
    with world.database.writing_session() as session:
        for start in range(0, size, 5000):
            session.execute(sa.insert(Project), rows[start : start + 5000])
        session.commit()
        session.execute(sa.text("ANALYZE"))
        session.commit()


def row(world: World, number: int) -> dict[str, Any]:
    one, other = WORDS[number % 11], WORDS[number * 7 % 11]
    return {
        "reference": f"HCQIC-P-2025-{number:06d}",
        "title": f"Planning {one} and {other}, study {number}",
        "lay_summary": f"Better {one} planning, so that people wait less for {other}. " * 3,
        "use_case": list(UseCase)[number % 6],
        "data_class": list(DataClass)[number % 5],
        "setting": list(Setting)[number % 3],
        "status": list(Status)[number % 5],
        "lead_id": world["project_lead"].id,
        "starts_on": date(2025, 1, 1) + timedelta(days=number % 400),
        "ends_on": date(2027, 1, 1),
        "public": False,
        "created_at": NOW,
        "version": 1,
    }


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def registers(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[int, Register]]:
    """A small and a large register on the same kind of database."""
    make: Callable[[], str] = request.getfixturevalue("sqlite_copy" if request.param == "sqlite" else "postgres_copy")
    found: dict[int, Register] = {}
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("bench")
        patch.setenv("HCQIC_DATA_DIR", str(folder))
        for size in (1_000, 100_000):
            world = World.make(Database(make()), NOW)
            fill(world, size)
            app = create_app(Settings(data_dir=folder), database=world.database, clock=lambda: NOW, TESTING=True)
            found[size] = Register(world, app, client_of(app, world["centre_manager"]), size)
        yield found
        for register in found.values():
            register.world.database.dispose()
