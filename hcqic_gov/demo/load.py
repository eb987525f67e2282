"""The whole story, in order of time, and its loading into an empty database."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import date

from hcqic_gov.app import create_app
from hcqic_gov.core.errors import Invalid
from hcqic_gov.db import Database
from hcqic_gov.demo import cast, ethics, projects
from hcqic_gov.demo.stage import Clock, Scene, Stage, in_order, play
from hcqic_gov.people.queries import is_empty
from hcqic_gov.people.service import hashed
from hcqic_gov.settings import Settings

CHAPTERS = (cast.scenes, projects.scenes, ethics.scenes)
Progress = Callable[[Sequence[Scene]], AbstractContextManager[Iterable[Scene]]]
"""Shows how far the story is while it gives out its scenes (`click.progressbar`, say)."""


def story(today: date) -> Sequence[Scene]:
    """All scenes of the 24 months up to the day before this one."""
    clock = Clock(today)
    return in_order(scene for chapter in CHAPTERS for scene in chapter(clock))


def load(settings: Settings, database: Database, *, today: date, progress: Progress = nullcontext) -> Stage:
    """Play the story into this database. Errors: Invalid where anybody has an account in it."""
    with database.reading() as session:
        if not is_empty(session):
            raise Invalid("This database is in use: a demo centre is only ever loaded into an empty one.")
    scenes = story(today)
    with create_app(settings, database=database).app_context():
        stage = Stage(database, Clock(today), hashed(cast.PASSWORD), scenes[0].at)
    with progress(scenes) as shown:
        play(stage, shown)
    return stage
