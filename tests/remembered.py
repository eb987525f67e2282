"""Steps that are played once: asked again of a database with the same history, they put its copy in place.

The audit trail says all that happened to a database, so the same step after the same entries and at the same moment
leads to the same records. What is copied was made through the services, like everything in the tests.
"""

import hashlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast
from uuid import uuid4

import sqlalchemy as sa
from sqlmodel import col

from hcqic_gov.audit.models import AuditEntry
from hcqic_gov.core.actor import Actor
from hcqic_gov.db import Database, Record
from hcqic_gov.policy.files import policy_dir
from hcqic_gov.settings import Settings
from tests.factories import World

P = ParamSpec("P")
Made = TypeVar("Made")


@dataclass(frozen=True)
class Scene:
    """What a step left behind: a copy of the database and of its files, who is there now, and what it gave."""

    copy: str
    files: Path
    people: Mapping[str, Actor]
    given: Any


OURS = policy_dir()
"""The policies under which scenes are played; a test that changes them plays for itself."""

SCENES: dict[tuple[str, ...], Scene] = {}


def remembered(step: Callable[P, Made]) -> Callable[P, Made]:
    """The same step (its first argument is the world), played once in each state of each kind of database."""

    @wraps(step)
    def played(*args: P.args, **kwargs: P.kwargs) -> Made:
        world = cast(World, args[0])
        if in_use(world.database) or policy_dir() != OURS:
            return step(*args, **kwargs)
        key = key_of(world, step.__qualname__, step.__module__, *args[1:], *sorted(kwargs.items()))
        if scene := SCENES.get(key):
            put_in_place(world, scene)
            return cast(Made, afresh(world, scene.given))
        given = step(*args, **kwargs)
        SCENES[key] = Scene(copied(world.database.engine), copied_files(), dict(world.people), given)
        return given

    return played


def in_use(database: Database) -> bool:
    """Whether somebody holds a connection: then no other file may be put in its place."""
    pool = database.engine.pool
    return isinstance(pool, sa.QueuePool) and pool.checkedout() > 0


TOLD = ("at", "actor_id", "action", "subject_id", "result", "details")
"""What entries tell of a history; their salt, and with it their hash, differs each time."""


def key_of(world: World, *asked: object) -> tuple[str, ...]:
    told = [sa.inspect(AuditEntry).columns[name] for name in TOLD]
    with world.reading() as session:
        entries = session.execute(sa.select(*told).order_by(col(AuditEntry.number))).all()
    history = hashlib.sha256(repr(entries).encode()).hexdigest()
    return (world.database.engine.dialect.name, history, str(world.now), *map(said, asked))


def said(value: object) -> str:
    """A value in words; a record by its kind and number, for its state follows from the history."""
    if isinstance(value, Record):
        return f"{type(value).__name__} {value.key}"
    if isinstance(value, tuple):
        return f"({', '.join(map(said, value))})"
    return repr(value)


def put_in_place(world: World, scene: Scene) -> None:
    engine = world.database.engine
    engine.dispose()
    if engine.dialect.name == "sqlite":
        into = Path(engine.url.database or "")
        for rest in ("-wal", "-shm"):
            into.with_name(into.name + rest).unlink(missing_ok=True)
        shutil.copy(scene.copy, into)
    else:
        with beside(engine) as connection:
            connection.exec_driver_sql(f'DROP DATABASE "{engine.url.database}"')
            connection.exec_driver_sql(f'CREATE DATABASE "{engine.url.database}" TEMPLATE "{scene.copy}"')
    shutil.copytree(scene.files, Settings().data_dir, dirs_exist_ok=True)
    world.people.update(scene.people)


def copied(engine: sa.Engine) -> str:
    """A copy of the database beside it: the name of its file, or of the database."""
    engine.dispose()
    if engine.dialect.name == "sqlite":
        path = Path(engine.url.database or "")
        copy = path.with_name(f"scene-{uuid4().hex}.sqlite3")
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        return str(copy)
    name = f"scene{uuid4().hex}"
    with beside(engine) as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}" TEMPLATE "{engine.url.database}"')
    return name


def beside(engine: sa.Engine) -> Any:
    """A connection to the same server's own database: none can be copied or dropped from within."""
    server = sa.create_engine(engine.url.set(database="postgres"), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    return server.connect()


def copied_files() -> Path:
    kept = Path(tempfile.mkdtemp(prefix="hcqic-scene-", dir=os.environ.get("XDG_RUNTIME_DIR")))
    if Settings().data_dir.exists():
        shutil.copytree(Settings().data_dir, kept, dirs_exist_ok=True)
    return kept


def afresh(world: World, given: Any) -> Any:
    """The record as it stands in this database; whatever else a step gave is given again."""
    if not isinstance(given, Record):
        return given
    with world.reading() as session:
        return session.get_one(type(given), given.key)
