"""Where the story is played: scenes in order of time, over one database and one cast."""

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict
from sqlmodel import Session

from hcqic_gov.core.actor import SYSTEM_ACTOR, Actor
from hcqic_gov.core.calendar import LONDON, is_working_day, london_day
from hcqic_gov.db import Database

CONTENT = Path(__file__).parent / "content"
LENGTH = 731
"""Days from the first scene to the last: 24 months."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Days of the story, counted back from the day on which it ends."""

    today: date

    def day(self, ago: int) -> date:
        return self.today - timedelta(days=ago)

    def at(self, ago: int, minute: int = 0) -> datetime:
        """A moment of office hours; what falls on a day off happens later on the last working day before it.

        Of two days the earlier one never comes after the later one, as long as `minute` stays below 60.
        """
        day, late = self.day(ago), 0
        while not is_working_day(day):
            day, late = day - timedelta(days=1), late + 1
        start = datetime.combine(day, time(9), LONDON)
        return start + timedelta(hours=late, minutes=minute)


@dataclass
class Stage:
    """The database, the moment, who is there, and what was made so far (numbers and references by short name).

    `busy_until` is when the sandbox's one machine has done its last run.
    """

    database: Database
    clock: Clock
    password_hash: str
    now: datetime
    cast: dict[str, Actor] = field(default_factory=dict)
    organisations: dict[str, int] = field(default_factory=dict)
    references: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    busy_until: datetime | None = None
    chance: Random = field(default_factory=lambda: Random(20260401))  # noqa: S311 - a story, not a secret

    @property
    def today(self) -> date:
        return london_day(self.now)

    def by(self, name: str) -> Actor:
        return SYSTEM_ACTOR if name == "system" else self.cast[name]

    @contextmanager
    def writing(self) -> Iterator[Session]:
        with self.database.transaction() as session:
            yield session


Act = Callable[[Stage], None]


@dataclass(frozen=True, slots=True)
class Scene:
    """Something that somebody did at one moment."""

    at: datetime
    act: Act


def in_order(scenes: Iterable[Scene]) -> list[Scene]:
    """By time; of one moment, in the order in which they were written."""
    return sorted(scenes, key=lambda scene: scene.at)


def play(stage: Stage, scenes: Iterable[Scene]) -> None:
    """Each scene is its own transaction (or several), at its own moment."""
    for scene in scenes:
        stage.now = scene.at
        scene.act(stage)


class Part(BaseModel):
    """A piece of the story as its file has it."""

    model_config = ConfigDict(extra="forbid", frozen=True)


PartT = TypeVar("PartT", bound=Part)


def content(name: str) -> Mapping[str, Any]:
    return tomllib.loads((CONTENT / f"{name}.toml").read_text())


def parts(name: str, key: str, kind: type[PartT]) -> list[PartT]:
    """The list `key` of the file `content/<name>.toml`."""
    return [kind.model_validate(values) for values in content(name)[key]]
