"""The audit chain on both databases: whole, append-only, never optional, never forked."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from hcqic_gov.audit.queries import AuditFilter, head, search, verify_chain
from hcqic_gov.audit.rules import FIRST_HASH
from hcqic_gov.core.errors import UnrecordedChange
from hcqic_gov.db import Database
from hcqic_gov.projects.models import Project
from tests.factories import World


def test_an_empty_chain_is_whole(database: Database) -> None:
    with database.reading() as session:
        result = verify_chain(session)
    assert (result.whole, result.entries, result.head) == (True, 0, FIRST_HASH)


@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET action = 'x'", "DELETE FROM audit_entry"])
def test_the_database_refuses_to_change_an_entry(world: World, statement: str) -> None:
    with world.database.writing_session() as session, pytest.raises(sa.exc.DBAPIError, match="append-only"):
        session.execute(sa.text(statement))


def test_a_change_without_an_entry_is_not_committed(world: World) -> None:
    project = world.project()
    with pytest.raises(UnrecordedChange), world.writing() as session:
        session.get_one(Project, project.key).title = "Nobody will know"
    with world.reading() as session:
        assert session.get_one(Project, project.key).title != "Nobody will know"


def test_a_reading_session_cannot_write(world: World) -> None:
    project = world.project()
    with world.database.reading_session() as session:
        session.get_one(Project, project.key).title = "Nobody will know"
        with pytest.raises(sa.exc.DBAPIError):
            session.flush()


def test_tampering_is_found(world: World) -> None:
    world.project()
    with world.database.writing_session() as session:
        drop_protection(session)
        session.execute(sa.text("UPDATE audit_entry SET action = 'people.nothing' WHERE number = 3"))
        session.commit()
    with world.reading() as session:
        result = verify_chain(session)
    assert result.fault == "Entry 3: it was changed"


def test_a_missing_end_is_found(world: World) -> None:
    with world.database.writing_session() as session:
        drop_protection(session)
        session.execute(sa.text("DELETE FROM audit_entry WHERE number = :last"), {"last": head(session)[0]})
        session.commit()
    with world.reading() as session:
        assert "head says" in (verify_chain(session).fault or "")


def drop_protection(session: sa.orm.Session) -> None:
    """What somebody with the database's password could do."""
    if session.get_bind().dialect.name == "sqlite":
        session.execute(sa.text("DROP TRIGGER audit_entry_no_update"))
        session.execute(sa.text("DROP TRIGGER audit_entry_no_delete"))
    else:
        session.execute(sa.text("ALTER TABLE audit_entry DISABLE TRIGGER ALL"))


def test_writers_at_once_do_not_fork_the_chain(world: World) -> None:
    def register(number: int) -> str:
        return world.project(title=f"Project {number}").reference

    with ThreadPoolExecutor(8) as pool:
        references = list(pool.map(register, range(24)))
    assert len(set(references)) == 24
    with world.reading() as session:
        assert verify_chain(session).whole
        assert search(session, AuditFilter(action="projects.register"))[1] == 24
