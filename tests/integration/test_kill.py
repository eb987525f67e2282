"""A process that is killed in the middle of a POST leaves nothing half-written, wherever it was."""

import os
import signal
from typing import Any

from flask import Flask
from sqlalchemy import event

from hcqic_gov.app import create_app
from hcqic_gov.audit.queries import AuditFilter, search, verify_chain
from hcqic_gov.db import Database
from hcqic_gov.projects import queries
from hcqic_gov.settings import Settings
from tests.factories import World, client_of

FORM = {
    "title": "Begun and never half-written",
    "lay_summary": "Nobody ever sees half of it.",
    "use_case": "rare_disease_management",
    "data_class": "synthetic",
    "setting": "nhs",
    "version": "0",
}


def post_in_a_process(url: str, world: World, statement: int) -> bool:
    """Registers a project in a process that is killed (SIGKILL) before this statement; whether it lived to the end."""
    child = os.fork()
    if child == 0:
        database = Database(url)
        app = create_app(Settings(), database=database, clock=lambda: world.now, WTF_CSRF_ENABLED=False)
        die_before(statement, database)
        answer = client_of(app, world["project_lead"]).post(
            "/projects/register", data={**FORM, "lead_id": str(world["project_lead"].id)}
        )
        os._exit(0 if answer.status_code == 302 else 1)
    status = os.waitpid(child, 0)[1]
    assert os.waitstatus_to_exitcode(status) in (0, -signal.SIGKILL)
    return os.waitstatus_to_exitcode(status) == 0


def die_before(number: int, database: Database) -> None:
    """Counts statements and commits alike."""
    left = number

    def step(*_: Any) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(database.engine, "before_cursor_execute", step)
    event.listen(database.engine, "commit", step)


def test_killed_before_every_statement_of_a_post(world: World, database_url: str, app: Flask) -> None:
    world.database.dispose()
    survived, number = False, 0
    while not survived:
        survived = post_in_a_process(database_url, world, number)
        number += 1
        with world.reading() as session:
            projects = queries.projects(session, queries.ProjectFilter())[1]
            entries = search(session, AuditFilter(action="projects.register"))[1]
            assert (projects, entries) == (int(survived), int(survived))
            assert verify_chain(session).whole
        world.database.dispose()
    assert number > 10
