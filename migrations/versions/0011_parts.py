"""Whoever leaves a team stays in the register; sign-ins are held back by where they come from."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("team_member", sa.Column("left_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_column("person", "failed_sign_ins")
    op.drop_column("person", "locked_until")
    op.create_table(
        "sign_in_origin",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("known", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_sign_in_origin_person_id_person")),
        sa.PrimaryKeyConstraint("person_id", "origin", name=op.f("pk_sign_in_origin")),
    )


def downgrade() -> None:
    op.drop_table("sign_in_origin")
    op.add_column("person", sa.Column("failed_sign_ins", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("person", sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True))
    op.execute("DELETE FROM team_member WHERE left_at IS NOT NULL")
    op.drop_column("team_member", "left_at")
