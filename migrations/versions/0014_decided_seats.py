"""Who counted at a decision is kept with it, so that its letter never changes."""

import sqlalchemy as sa
from alembic import op

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('ethics_case', sa.Column('decided_seats', sa.JSON(), nullable=False, server_default='[]'))


def downgrade() -> None:
    op.drop_column('ethics_case', 'decided_seats')
