"""Sandbox: runs, circuits, gates' answers, results, reviews."""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('run_circuit',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_run_circuit'))
    )
    with op.batch_alter_table('run_circuit', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_run_circuit_sha256'), ['sha256'], unique=False)

    op.create_table('run',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('reference', sa.String(length=20), nullable=False),
    sa.Column('project_id', sa.Integer(), nullable=False),
    sa.Column('requester_id', sa.Integer(), nullable=False),
    sa.Column('circuit_id', sa.Integer(), nullable=False),
    sa.Column('repeat_of_id', sa.Integer(), nullable=True),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('purpose', sa.String(length=40), nullable=False),
    sa.Column('data_class', sa.String(length=40), nullable=False),
    sa.Column('shots', sa.Integer(), nullable=False),
    sa.Column('seed', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('qubits', sa.Integer(), nullable=False),
    sa.Column('operations', sa.Integer(), nullable=False),
    sa.Column('method', sa.String(length=20), nullable=False),
    sa.Column('predicted_seconds', sa.Float(), nullable=False),
    sa.Column('predicted_bytes', sa.BigInteger(), nullable=False),
    sa.Column('size_class', sa.String(length=10), nullable=False),
    sa.Column('requested_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decided_by', sa.Integer(), nullable=True),
    sa.Column('approval', sa.String(length=64), nullable=False),
    sa.Column('queued_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('attempt', sa.Integer(), nullable=False),
    sa.Column('worker', sa.String(length=120), nullable=False),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(state = 'running') = (lease_until IS NOT NULL)", name=op.f('ck_run_lease')),
    sa.CheckConstraint('(decided_at IS NULL) = (decided_by IS NULL)', name=op.f('ck_run_decided')),
    sa.CheckConstraint('shots > 0 AND seed >= 0 AND attempt >= 0', name=op.f('ck_run_amounts')),
    sa.ForeignKeyConstraint(['circuit_id'], ['run_circuit.id'], name=op.f('fk_run_circuit_id_run_circuit')),
    sa.ForeignKeyConstraint(['decided_by'], ['person.id'], name=op.f('fk_run_decided_by_person')),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_run_project_id_project')),
    sa.ForeignKeyConstraint(['repeat_of_id'], ['run.id'], name=op.f('fk_run_repeat_of_id_run')),
    sa.ForeignKeyConstraint(['requester_id'], ['person.id'], name=op.f('fk_run_requester_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_run')),
    sa.UniqueConstraint('reference', name=op.f('uq_run_reference'))
    )
    with op.batch_alter_table('run', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_run_ended_at'), ['ended_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_run_project_id'), ['project_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_run_queued_at'), ['queued_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_run_repeat_of_id'), ['repeat_of_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_run_requester_id'), ['requester_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_run_state'), ['state'], unique=False)

    op.create_table('run_check',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('run_id', sa.Integer(), nullable=False),
    sa.Column('stage', sa.String(length=40), nullable=False),
    sa.Column('attempt', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('allowed', sa.Boolean(), nullable=False),
    sa.Column('rulings', sa.JSON(), nullable=False),
    sa.Column('policy', sa.String(length=64), nullable=False),
    sa.Column('ethics_case', sa.String(length=20), nullable=False),
    sa.Column('ethics_version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['run_id'], ['run.id'], name=op.f('fk_run_check_run_id_run')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_run_check'))
    )
    with op.batch_alter_table('run_check', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_run_check_run_id'), ['run_id'], unique=False)

    op.create_table('run_event',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('run_id', sa.Integer(), nullable=False),
    sa.Column('move', sa.String(length=20), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor_id', sa.Integer(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['run_id'], ['run.id'], name=op.f('fk_run_event_run_id_run')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_run_event'))
    )
    with op.batch_alter_table('run_event', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_run_event_run_id'), ['run_id'], unique=False)

    op.create_table('run_result',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('run_id', sa.Integer(), nullable=False),
    sa.Column('counts', sa.JSON(), nullable=False),
    sa.Column('engine', sa.String(length=40), nullable=False),
    sa.Column('method', sa.String(length=20), nullable=False),
    sa.Column('versions', sa.JSON(), nullable=False),
    sa.Column('isolation', sa.JSON(), nullable=False),
    sa.Column('operations', sa.Integer(), nullable=False),
    sa.Column('depth', sa.Integer(), nullable=False),
    sa.Column('measured_all', sa.Boolean(), nullable=False),
    sa.Column('seconds', sa.Float(), nullable=False),
    sa.Column('peak_bytes', sa.BigInteger(), nullable=False),
    sa.Column('distance', sa.Float(), nullable=True),
    sa.ForeignKeyConstraint(['run_id'], ['run.id'], name=op.f('fk_run_result_run_id_run')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_run_result')),
    sa.UniqueConstraint('run_id', name=op.f('uq_run_result_run_id'))
    )
    op.create_table('run_review',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('run_id', sa.Integer(), nullable=False),
    sa.Column('checker_id', sa.Integer(), nullable=False),
    sa.Column('verdict', sa.String(length=40), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['checker_id'], ['person.id'], name=op.f('fk_run_review_checker_id_person')),
    sa.ForeignKeyConstraint(['run_id'], ['run.id'], name=op.f('fk_run_review_run_id_run')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_run_review')),
    sa.UniqueConstraint('run_id', 'checker_id', name=op.f('uq_run_review_run_id_checker_id'))
    )
    with op.batch_alter_table('run_review', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_run_review_run_id'), ['run_id'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('run_review', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_run_review_run_id'))

    op.drop_table('run_review')
    op.drop_table('run_result')
    with op.batch_alter_table('run_event', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_run_event_run_id'))

    op.drop_table('run_event')
    with op.batch_alter_table('run_check', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_run_check_run_id'))

    op.drop_table('run_check')
    with op.batch_alter_table('run', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_run_state'))
        batch_op.drop_index(batch_op.f('ix_run_requester_id'))
        batch_op.drop_index(batch_op.f('ix_run_repeat_of_id'))
        batch_op.drop_index(batch_op.f('ix_run_queued_at'))
        batch_op.drop_index(batch_op.f('ix_run_project_id'))
        batch_op.drop_index(batch_op.f('ix_run_ended_at'))

    op.drop_table('run')
    with op.batch_alter_table('run_circuit', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_run_circuit_sha256'))

    op.drop_table('run_circuit')
