"""Migrations on both databases: nothing pending, up and down and up again."""

import pytest
import sqlalchemy as sa

from hcqic_gov import migrate
from hcqic_gov.db import make_engine


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path_factory.mktemp('empty')}/new.sqlite3"
    url: str = request.getfixturevalue("empty_postgres")()
    return url


def tables(url: str) -> set[str]:
    engine = make_engine(url)
    found = set(sa.inspect(engine).get_table_names())
    engine.dispose()
    return found - {"alembic_version"}


def test_up_check_down_up(empty_url: str) -> None:
    head = migrate.upgrade(empty_url)
    migrate.check(empty_url)
    there = tables(empty_url)
    migrate.downgrade(empty_url, "base")
    assert tables(empty_url) == set()
    assert migrate.upgrade(empty_url) == head
    assert tables(empty_url) == there


MEMBER = """
    INSERT INTO person (id, created_at, version, email, name, active, fs_uniquifier, failed_sign_ins)
    VALUES (7, '2025-01-01 00:00:00', 1, 'a@example.org', 'A', :yes, 'u', 0);
    INSERT INTO committee_member (id, created_at, version, person_id, kind, chair, term_from, term_to)
    VALUES (3, '2025-02-01 00:00:00', 1, 7, 'lay', :yes, '2025-02-01', '2027-01-31')
"""


def asked(url: str, *statements: str, **values: object) -> list[tuple[object, ...]]:
    """The rows that the last statement gives."""
    engine = make_engine(url).execution_options(hcqic_write=True)
    try:
        with engine.begin() as connection:
            for statement in statements:
                result = connection.execute(sa.text(statement), values if ":yes" in statement else {})
            return [tuple(row) for row in result] if result.returns_rows else []
    finally:
        engine.dispose()


def test_members_without_a_committee_become_those_of_the_first_one(empty_url: str) -> None:
    migrate.upgrade(empty_url, "0007")
    asked(empty_url, *MEMBER.split(";"), yes=True)
    migrate.upgrade(empty_url, "0008")
    joined = "SELECT m.person_id, c.name, c.kind FROM committee_member m JOIN committee c ON c.id = m.committee_id"
    assert asked(empty_url, joined) == [(7, "Ethics Committee", "full")]
    columns = "SELECT co_opted, ended_on, ended_why FROM committee_member"
    assert [(bool(co_opted), *rest) for co_opted, *rest in asked(empty_url, columns)] == [(False, None, "")]

    ended = "UPDATE committee_member SET ended_on = '2026-03-31', ended_why = 'Moved away'"
    asked(empty_url, ended)
    migrate.downgrade(empty_url, "0007")
    kept = asked(empty_url, "SELECT person_id, CAST(term_to AS VARCHAR(10)) FROM committee_member")
    assert kept == [(7, "2026-03-31")]
    with pytest.raises(sa.exc.IntegrityError):  # the table's own rule is still there
        asked(empty_url, "UPDATE committee_member SET term_to = '2020-01-01'")
