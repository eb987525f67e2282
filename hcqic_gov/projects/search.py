"""Full-text search of projects: every word, each as the beginning of a word, on both databases' own index."""

import re
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from hcqic_gov.projects.models import Project

POSTGRESQL_TEXT = "to_tsvector('simple', translate(reference, '-', ' ') || ' ' || title || ' ' || lay_summary)"
"""The indexed expression: the migration and the query must spell it alike."""


def words_of(text: str) -> list[str]:
    """At most twelve words of letters and digits."""
    return re.findall(r"[^\W_]+", text.lower())[:12]


SQLITE_INDEX = sa.table("project_search", sa.column("rowid", sa.Integer))


def numbers_with(session: Session, text: str) -> tuple[Any, Any] | None:
    """The numbers of all projects with these words, and the column that holds them, from SQLite's index alone.

    It counts and orders 100,000 projects in a quarter of the time that looking each of them up takes. None where
    there are no words, or where the database's planner has no need of it.
    """
    words = words_of(text)
    if not words or session.get_bind().dialect.name != "sqlite":
        return None
    number = SQLITE_INDEX.c.rowid
    return sa.select(number.label("id")).where(sqlite_match(words)), number


def sqlite_match(words: list[str]) -> Any:
    query = " ".join(f'"{word}"*' for word in words)
    return sa.text("project_search MATCH :words").bindparams(words=query)


def matching(session: Session, text: str) -> Any:
    """The condition that a project has all these words; nothing to search for matches everything."""
    words = words_of(text)
    if not words:
        return sa.true()
    if session.get_bind().dialect.name == "sqlite":
        return col(Project.id).in_(sa.select(SQLITE_INDEX.c.rowid).where(sqlite_match(words)))
    query = " & ".join(f"{word}:*" for word in words)
    return sa.text(f"{POSTGRESQL_TEXT} @@ to_tsquery('simple', :words)").bindparams(words=query)
