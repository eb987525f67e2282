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


def matching(session: Session, text: str) -> Any:
    """The condition that a project has all these words; nothing to search for matches everything."""
    words = words_of(text)
    if not words:
        return sa.true()
    if session.get_bind().dialect.name == "sqlite":
        query = " ".join(f'"{word}"*' for word in words)
        found: sa.Select[Any] = sa.select(sa.column("rowid")).select_from(sa.table("project_search"))
        return col(Project.id).in_(found.where(sa.text("project_search MATCH :words").bindparams(words=query)))
    query = " & ".join(f"{word}:*" for word in words)
    return sa.text(f"{POSTGRESQL_TEXT} @@ to_tsquery('simple', :words)").bindparams(words=query)
