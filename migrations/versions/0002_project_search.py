"""Full-text search of projects: FTS5 on SQLite, a GIN index on PostgreSQL."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

COLUMNS = "reference, title, lay_summary"
NEW = "new.id, new.reference, new.title, new.lay_summary"
OLD = "'delete', old.id, old.reference, old.title, old.lay_summary"
ADD = f"INSERT INTO project_search(rowid, {COLUMNS}) VALUES ({NEW});"
REMOVE = f"INSERT INTO project_search(project_search, rowid, {COLUMNS}) VALUES ({OLD});"


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.execute(
            "CREATE INDEX project_search ON project USING gin ("
            "to_tsvector('simple', translate(reference, '-', ' ') || ' ' || title || ' ' || lay_summary))"
        )
        return
    op.execute(
        f"CREATE VIRTUAL TABLE project_search USING fts5({COLUMNS}, content='project', content_rowid='id', "
        "tokenize='unicode61 remove_diacritics 2', prefix='2 3')"
    )
    op.execute(f"CREATE TRIGGER project_search_insert AFTER INSERT ON project BEGIN {ADD} END")
    op.execute(f"CREATE TRIGGER project_search_delete AFTER DELETE ON project BEGIN {REMOVE} END")
    op.execute(
        f"CREATE TRIGGER project_search_update AFTER UPDATE OF {COLUMNS} ON project BEGIN {REMOVE} {ADD} END"
    )
    op.execute("INSERT INTO project_search(project_search) VALUES ('rebuild')")


def downgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP INDEX project_search")
        return
    for verb in ("insert", "delete", "update"):
        op.execute(f"DROP TRIGGER project_search_{verb}")
    op.execute("DROP TABLE project_search")
