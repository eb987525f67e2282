"""Sandbox: allocations and what is spent of them, records of releases, the switch for maintenance."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('allocation',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('project_id', sa.Integer(), nullable=False),
    sa.Column('tier', sa.String(length=20), nullable=False),
    sa.Column('seconds', sa.Integer(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('granted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('granted_by', sa.Integer(), nullable=False),
    sa.Column('policy', sa.String(length=64), nullable=False),
    sa.Column('ended_on', sa.Date(), nullable=True),
    sa.Column('ended_reason', sa.Text(), nullable=False),
    sa.CheckConstraint("(ended_on IS NULL) = (ended_reason = '')", name=op.f('ck_allocation_ended')),
    sa.CheckConstraint('seconds > 0 AND starts_on <= ends_on', name=op.f('ck_allocation_amounts')),
    sa.ForeignKeyConstraint(['granted_by'], ['person.id'], name=op.f('fk_allocation_granted_by_person')),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_allocation_project_id_project')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_allocation'))
    )
    op.create_index(op.f('ix_allocation_project_id'), 'allocation', ['project_id'], unique=False)

    op.create_table('run_spending',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('run_id', sa.Integer(), nullable=False),
    sa.Column('attempt', sa.Integer(), nullable=False),
    sa.Column('project_id', sa.Integer(), nullable=False),
    sa.Column('allocation_id', sa.Integer(), nullable=True),
    sa.Column('seconds', sa.Float(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('seconds >= 0', name=op.f('ck_run_spending_amount')),
    sa.ForeignKeyConstraint(['allocation_id'], ['allocation.id'], name=op.f('fk_run_spending_allocation_id_allocation')),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_run_spending_project_id_project')),
    sa.ForeignKeyConstraint(['run_id'], ['run.id'], name=op.f('fk_run_spending_run_id_run')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_run_spending')),
    sa.UniqueConstraint('run_id', 'attempt', name=op.f('uq_run_spending_run_id_attempt'))
    )
    for column in ('allocation_id', 'project_id', 'run_id'):
        op.create_index(op.f(f'ix_run_spending_{column}'), 'run_spending', [column], unique=False)

    op.create_table('run_release',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('run_id', sa.Integer(), nullable=False),
    sa.Column('record', sa.JSON(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['run_id'], ['run.id'], name=op.f('fk_run_release_run_id_run')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_run_release')),
    sa.UniqueConstraint('run_id', name=op.f('uq_run_release_run_id'))
    )

    switch = op.create_table('sandbox_switch',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('created_at', UTCDateTime(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_sandbox_switch_one')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sandbox_switch'))
    )
    op.bulk_insert(switch, [{'id': 1, 'created_at': datetime.now(UTC), 'version': 1, 'reason': ''}])


def downgrade() -> None:
    for table in ('sandbox_switch', 'run_release', 'run_spending', 'allocation'):
        op.drop_table(table)
