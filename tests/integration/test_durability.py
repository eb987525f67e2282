"""kill -9 at random moments of every process, and of the broker: each run ends exactly once, and says how."""

import os
import random
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from flask import Flask

from hcqic_gov.db import Database
from hcqic_gov.people import service as people
from hcqic_gov.people.models import Person
from hcqic_gov.projects.models import Project
from hcqic_gov.sandbox.models import Run
from hcqic_gov.sandbox.rules import State
from hcqic_gov.settings import Settings
from tests import sandbox_steps
from tests.circuits import H2
from tests.durability import ENDED, TARGETS, Broker, Served, faults, kick, now, states, until
from tests.factories import PASSWORD, World
from tests.integration.test_worker_death import SLOW
from tests.ports import free_port

ROUNDS = int(os.environ.get("HCQIC_ROUNDS", "1"))
SEED = int(os.environ.get("HCQIC_SEED", "20261123"))
WAYS = ("sqlite-folder", "postgresql-redis", *(("sqlite-redis", "postgresql-folder") if ROUNDS > 1 else ()))
SOURCES = (SLOW, sandbox_steps.BELL, H2 + "qreg q[1]; nothing q[0];")
"""Two seconds of work, hardly any, and a circuit that the parser refuses."""

pytestmark = [pytest.mark.timeout(60 + 180 * ROUNDS), pytest.mark.usefixtures("confinement")]


@pytest.fixture(params=WAYS)
def settings(request: pytest.FixtureRequest, data_dir: Path, one_app: Flask) -> Settings:
    database, _, broker = request.param.partition("-")
    if broker == "redis" and shutil.which("redis-server") is None:
        pytest.skip("redis-server is missing: install it to try the queue on it")
    url = request.getfixturevalue(f"{'postgres' if database == 'postgresql' else database}_copy")()
    data_dir.mkdir()
    shutil.copytree(one_app.extensions["hcqic"].settings.home() / "secrets", data_dir / "secrets")
    address = f"redis://127.0.0.1:{free_port()}/0" if broker == "redis" else ""
    return Settings(data_dir=data_dir, database_url=url, broker_url=address)


@pytest.fixture
def world(settings: Settings, one_app: Flask) -> Iterator[World]:
    """It lives today, since the clock of the worker is the real one; its project lead has a password."""
    database = Database(settings.database_url)
    made = World.make(database, now())
    with one_app.app_context(), made.writing() as session:
        hashed = people.hashed(PASSWORD)
        session.get_one(Person, made["project_lead"].id).password = hashed
    yield made
    database.dispose()


def address(world: World) -> str:
    with world.reading() as session:
        return session.get_one(Person, world["project_lead"].id).email


def test_whoever_is_killed_each_run_ends_once(settings: Settings, world: World) -> None:
    project = sandbox_steps.ready(world)
    chance = random.Random(SEED)
    broker, served = Broker.begin(settings), Served(settings, address(world))
    hit: dict[str, int] = {}
    try:
        for number in range(ROUNDS):
            round_of_kills(world, project, broker, served, chance, hit)
            (settings.data_dir / "rounds").write_text(f"{number + 1} of {ROUNDS}: {hit}\n")
    finally:
        served.end()
        broker.end()
    assert sum(hit.values()) >= ROUNDS


def round_of_kills(
    world: World, project: Project, broker: Broker, served: Served, chance: random.Random, hit: dict[str, int]
) -> None:
    """Three runs are asked for through the pages while one to three processes are killed."""
    served.keep()
    assert until(lambda: answers(served)), "the server does not come up"
    runs = [sandbox_steps.drafted(world, project, source=source) for source in SOURCES]
    sender = threading.Thread(target=served.submit, args=[runs])
    sender.start()
    for _ in range(chance.randint(1, 3)):
        time.sleep(chance.uniform(0.1, 2.5))
        target = chance.choice(TARGETS)
        struck = broker.hurt(chance) if target == "broker" else target if served.kill(target) else ""
        if struck:
            hit[struck] = hit.get(struck, 0) + 1
        served.keep()
    sender.join()
    assert until(all_ended(world, served, runs), every=1.0), states(world, runs)
    assert list(faults(world, runs)) == []


def answers(served: Served) -> bool:
    served.keep()
    with suppress(OSError):
        return bool(served.get("/"))
    return False


def all_ended(world: World, served: Served, runs: list[Run]) -> Callable[[], bool]:
    """What a person and a service manager do meanwhile: submit again what was not taken, begin the server again."""

    def ended() -> bool:
        served.keep()
        found = states(world, runs)
        served.submit(run for run in runs if found[run.reference] is State.DRAFT)
        kick(served.settings)
        return all(state in ENDED for state in found.values())

    return ended
