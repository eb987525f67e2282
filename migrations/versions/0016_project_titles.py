"""Index for the list of projects by title."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_project_title"), "project", ["title"])


def downgrade() -> None:
    op.drop_index(op.f("ix_project_title"), table_name="project")
