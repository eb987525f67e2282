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
