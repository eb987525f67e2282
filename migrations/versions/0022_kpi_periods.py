"""KPIs: closings of periods, values verified after one, targets with their setter, threshold and history."""

import sqlalchemy as sa
from alembic import op

revision = '0022'
down_revision = '0021'
branch_labels = None
depends_on = None

IN_FORCE = sa.text('replaced_at IS NULL')
CLOSED = sa.text('reopened_at IS NULL')


def upgrade() -> None:
    op.create_table('kpi_closing',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('period', sa.String(length=10), nullable=False),
    sa.Column('period_start', sa.Date(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('closed_by', sa.Integer(), nullable=False),
    sa.Column('missing', sa.Integer(), nullable=False),
    sa.Column('unverified', sa.Integer(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('reopened_by', sa.Integer(), nullable=True),
    sa.Column('reopened_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reopening_reason', sa.Text(), nullable=False),
    sa.CheckConstraint('missing >= 0 AND unverified >= 0', name=op.f('ck_kpi_closing_gaps')),
    sa.CheckConstraint("missing + unverified = 0 OR reason <> ''", name=op.f('ck_kpi_closing_explained')),
    sa.CheckConstraint('(reopened_by IS NULL) = (reopened_at IS NULL)', name=op.f('ck_kpi_closing_reopened')),
    sa.CheckConstraint("(reopened_at IS NULL) = (reopening_reason = '')",
                       name=op.f('ck_kpi_closing_reopening_explained')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_kpi_closing')),
    sa.UniqueConstraint('period', 'revision', name=op.f('uq_kpi_closing_period_revision'))
    )
    op.create_index('uq_kpi_closing_closed', 'kpi_closing', ['period'], unique=True,
                    sqlite_where=CLOSED, postgresql_where=CLOSED)
    with op.batch_alter_table('kpi_observation', schema=None) as batch_op:
        batch_op.add_column(sa.Column('after_closing', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.create_check_constraint(batch_op.f('ck_kpi_observation_after_closing'),
                                         'verified_by IS NOT NULL OR NOT after_closing')
    with op.batch_alter_table('kpi_target', schema=None) as batch_op:
        batch_op.add_column(sa.Column('threshold', sa.Float(), nullable=True))
        batch_op.add_column(sa.Column('set_by', sa.Integer(), nullable=False, server_default='0'))
        batch_op.add_column(sa.Column('replaced_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.drop_constraint(batch_op.f('uq_kpi_target_code_period_start'), type_='unique')
    op.create_index('uq_kpi_target_in_force', 'kpi_target', ['code', 'period_start'], unique=True,
                    sqlite_where=IN_FORCE, postgresql_where=IN_FORCE)
    for table, column in (('kpi_observation', 'after_closing'), ('kpi_target', 'set_by')):
        with op.batch_alter_table(table, schema=None) as batch_op:  # the default was for the rows that were there
            batch_op.alter_column(column, server_default=None)


def downgrade() -> None:
    op.drop_index('uq_kpi_target_in_force', table_name='kpi_target')
    op.execute('DELETE FROM kpi_target WHERE replaced_at IS NOT NULL')
    with op.batch_alter_table('kpi_target', schema=None) as batch_op:
        batch_op.create_unique_constraint(batch_op.f('uq_kpi_target_code_period_start'), ['code', 'period_start'])
        batch_op.drop_column('replaced_at')
        batch_op.drop_column('set_by')
        batch_op.drop_column('threshold')
    with op.batch_alter_table('kpi_observation', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_kpi_observation_after_closing'), type_='check')
        batch_op.drop_column('after_closing')
    op.drop_index('uq_kpi_closing_closed', table_name='kpi_closing')
    op.drop_table('kpi_closing')
