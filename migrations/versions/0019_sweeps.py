"""Sandbox: bindings of a sweep, what is done of them, the circuit as it was simulated, applications for access."""

import sqlalchemy as sa
from alembic import op

revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None

ADDED = (('run_circuit', 'bindings', sa.Text(), ''), ('run_circuit', 'bindings_sha256', sa.String(length=64), ''),
         ('run', 'points', sa.Integer(), '0'), ('run', 'done', sa.Integer(), '0'))


def upgrade() -> None:
    for table, name, kind, value in ADDED:
        op.add_column(table, sa.Column(name, kind, nullable=False, server_default=value))

    op.create_table('run_transpiled',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('run_id', sa.Integer(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['run_id'], ['run.id'], name=op.f('fk_run_transpiled_run_id_run')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_run_transpiled')),
    sa.UniqueConstraint('run_id', name=op.f('uq_run_transpiled_run_id'))
    )

    op.create_table('allocation_request',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('project_id', sa.Integer(), nullable=False),
    sa.Column('applicant_id', sa.Integer(), nullable=False),
    sa.Column('tier', sa.String(length=20), nullable=False),
    sa.Column('seconds', sa.Integer(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('answer', sa.String(length=40), nullable=False),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('answered_by', sa.Integer(), nullable=True),
    sa.Column('answer_reason', sa.Text(), nullable=False),
    sa.Column('allocation_id', sa.Integer(), nullable=True),
    sa.CheckConstraint('seconds > 0', name=op.f('ck_allocation_request_amount')),
    sa.CheckConstraint("(answer = 'open') = (answered_at IS NULL)", name=op.f('ck_allocation_request_answered')),
    sa.CheckConstraint('(answered_at IS NULL) = (answered_by IS NULL)', name=op.f('ck_allocation_request_answerer')),
    sa.CheckConstraint("(answer = 'granted') = (allocation_id IS NOT NULL)", name=op.f('ck_allocation_request_granted')),
    sa.ForeignKeyConstraint(['allocation_id'], ['allocation.id'], name=op.f('fk_allocation_request_allocation_id_allocation')),
    sa.ForeignKeyConstraint(['answered_by'], ['person.id'], name=op.f('fk_allocation_request_answered_by_person')),
    sa.ForeignKeyConstraint(['applicant_id'], ['person.id'], name=op.f('fk_allocation_request_applicant_id_person')),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_allocation_request_project_id_project')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_allocation_request'))
    )
    op.create_index(op.f('ix_allocation_request_project_id'), 'allocation_request', ['project_id'], unique=False)
    op.create_index(op.f('ix_allocation_request_answer'), 'allocation_request', ['answer'], unique=False)


def downgrade() -> None:
    op.drop_table('allocation_request')
    op.drop_table('run_transpiled')
    for table, name, _, _ in ADDED:
        op.drop_column(table, name)
