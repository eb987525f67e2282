"""The whole story, in order of time, and its loading into an empty database."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import date

from sqlalchemy.sql.functions import count
from sqlmodel import select

from hcqic_gov.app import create_app
from hcqic_gov.core.errors import Invalid
from hcqic_gov.db import Database, Record
from hcqic_gov.demo import (
    cast,
    committee,
    ethics,
    funding,
    kpis,
    modifications,
    notices,
    projects,
    reports,
    sandbox,
    scenarios,
)
from hcqic_gov.demo.stage import LENGTH, Clock, Scene, Stage, in_order, play
from hcqic_gov.ethics.models import EthicsCase
from hcqic_gov.funding.models import Application
from hcqic_gov.kpi.models import Observation
from hcqic_gov.people.models import Person
from hcqic_gov.people.queries import is_empty
from hcqic_gov.people.rules import SYSTEM_ACTOR
from hcqic_gov.people.service import finish_demo, hashed
from hcqic_gov.projects.models import Project
from hcqic_gov.reporting.models import Report
from hcqic_gov.sandbox.models import Run, RunResult
from hcqic_gov.scenarios.models import Scenario
from hcqic_gov.settings import Settings

CHAPTERS = (
    cast.scenes,
    committee.scenes,
    projects.scenes,
    ethics.scenes,
    modifications.scenes,
    sandbox.scenes,
    funding.scenes,
    scenarios.scenes,
    kpis.scenes,
    reports.scenes,
    notices.scenes,
)
REGISTERS: Mapping[str, type[Record]] = {
    "people": Person,
    "projects": Project,
    "ethics_cases": EthicsCase,
    "runs": Run,
    "executed_runs": RunResult,
    "funding_applications": Application,
    "scenarios": Scenario,
    "observations": Observation,
    "reports": Report,
}
Progress = Callable[[Sequence[Scene]], AbstractContextManager[Iterable[Scene]]]
"""Shows how far the story is while it gives out its scenes (`click.progressbar`, say)."""


def story(today: date) -> Sequence[Scene]:
    """All scenes of the 24 months up to the day before this one."""
    clock = Clock(today)
    return in_order(scene for chapter in CHAPTERS for scene in chapter(clock))


def load(settings: Settings, database: Database, *, today: date, progress: Progress = nullcontext) -> Stage:
    """Play the story into this database. Errors: Invalid where anybody has an account in it."""
    stage = empty_stage(settings, database, today=today)
    with progress(story(today)) as shown:
        play(stage, shown)
    with database.transaction() as session:
        finish_demo(session, actor=SYSTEM_ACTOR, now=stage.now)
    return stage


def empty_stage(settings: Settings, database: Database, *, today: date) -> Stage:
    """Before the first scene. Errors: Invalid where anybody has an account in this database."""
    with database.reading() as session:
        if not is_empty(session):
            raise Invalid("This database is in use: a demo centre is only ever loaded into an empty one.")
    clock = Clock(today)
    with create_app(settings, database=database).app_context():
        return Stage(database, clock, hashed(cast.PASSWORD), clock.at(LENGTH))


def counts(stage: Stage) -> Mapping[str, int]:
    """How much the registers hold now."""
    with stage.database.reading() as session:
        return {name: session.exec(select(count()).select_from(kind)).one() for name, kind in REGISTERS.items()}
