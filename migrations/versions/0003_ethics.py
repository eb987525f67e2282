"""Ethics: cases, versions, events, interests, attendance, votes, conditions, external approvals."""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('ethics_case',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('reference', sa.String(length=20), nullable=False),
    sa.Column('project_id', sa.Integer(), nullable=False),
    sa.Column('applicant_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('lay_summary', sa.Text(), nullable=False),
    sa.Column('work_kind', sa.String(length=40), nullable=False),
    sa.Column('material_issue', sa.Boolean(), nullable=False),
    sa.Column('data_class', sa.String(length=40), nullable=False),
    sa.Column('purposes', sa.JSON(), nullable=False),
    sa.Column('methods', sa.JSON(), nullable=False),
    sa.Column('participants', sa.Text(), nullable=False),
    sa.Column('consent_basis', sa.String(length=40), nullable=False),
    sa.Column('track', sa.String(length=40), nullable=True),
    sa.Column('pack_id', sa.String(length=60), nullable=True),
    sa.Column('pack_fingerprint', sa.String(length=64), nullable=True),
    sa.Column('pack_terms', sa.JSON(), nullable=True),
    sa.Column('submitted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('valid_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('opinion', sa.String(length=40), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decided_by', sa.Integer(), nullable=True),
    sa.Column('decided_as', sa.String(length=40), nullable=False),
    sa.Column('reasons', sa.Text(), nullable=False),
    sa.Column('quorum', sa.String(length=200), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=True),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.CheckConstraint("decided_at IS NOT NULL OR state NOT IN ('favourable', 'favourable_conditions', 'unfavourable', 'not_required', 'halted', 'suspended', 'terminated', 'expired', 'closed')", name=op.f('ck_ethics_case_state_decided')),
    sa.CheckConstraint("opinion NOT IN ('favourable', 'favourable_conditions') OR (valid_from IS NOT NULL AND valid_to IS NOT NULL)", name=op.f('ck_ethics_case_opinion_dated')),
    sa.CheckConstraint('((decided_at IS NULL) = (decided_by IS NULL)) AND ((decided_at IS NULL) = (opinion IS NULL))', name=op.f('ck_ethics_case_decided')),
    sa.CheckConstraint('((submitted_at IS NULL) = (pack_id IS NULL)) AND ((submitted_at IS NULL) = (pack_fingerprint IS NULL))', name=op.f('ck_ethics_case_pack')),
    sa.CheckConstraint('valid_from <= valid_to', name=op.f('ck_ethics_case_validity')),
    sa.ForeignKeyConstraint(['applicant_id'], ['person.id'], name=op.f('fk_ethics_case_applicant_id_person')),
    sa.ForeignKeyConstraint(['decided_by'], ['person.id'], name=op.f('fk_ethics_case_decided_by_person')),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_ethics_case_project_id_project')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ethics_case')),
    sa.UniqueConstraint('reference', name=op.f('uq_ethics_case_reference'))
    )
    with op.batch_alter_table('ethics_case', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ethics_case_applicant_id'), ['applicant_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_ethics_case_decided_at'), ['decided_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_ethics_case_project_id'), ['project_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_ethics_case_state'), ['state'], unique=False)
        batch_op.create_index(batch_op.f('ix_ethics_case_valid_to'), ['valid_to'], unique=False)

    op.create_table('external_approval',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('project_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('status', sa.String(length=40), nullable=False),
    sa.Column('reference', sa.String(length=80), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=True),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('data_class', sa.String(length=40), nullable=True),
    sa.Column('recorded_by', sa.Integer(), nullable=False),
    sa.CheckConstraint("status <> 'granted' OR (reference <> '' AND valid_from IS NOT NULL AND data_class IS NOT NULL)", name=op.f('ck_external_approval_granted')),
    sa.CheckConstraint("status <> 'not_required' OR reason <> ''", name=op.f('ck_external_approval_not_required')),
    sa.CheckConstraint('valid_from <= valid_to', name=op.f('ck_external_approval_validity')),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_external_approval_project_id_project')),
    sa.ForeignKeyConstraint(['recorded_by'], ['person.id'], name=op.f('fk_external_approval_recorded_by_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_external_approval'))
    )
    with op.batch_alter_table('external_approval', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_external_approval_project_id'), ['project_id'], unique=False)

    op.create_table('ethics_attendance',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('chair', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['ethics_case.id'], name=op.f('fk_ethics_attendance_case_id_ethics_case')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_ethics_attendance_person_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ethics_attendance')),
    sa.UniqueConstraint('case_id', 'person_id', name=op.f('uq_ethics_attendance_case_id_person_id'))
    )
    with op.batch_alter_table('ethics_attendance', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ethics_attendance_case_id'), ['case_id'], unique=False)

    op.create_table('ethics_condition',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('pre_start', sa.Boolean(), nullable=False),
    sa.Column('satisfied_by', sa.Integer(), nullable=True),
    sa.Column('satisfied_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('evidence', sa.Text(), nullable=False),
    sa.Column('confirmed_by', sa.Integer(), nullable=True),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('((confirmed_by IS NULL) = (confirmed_at IS NULL))', name=op.f('ck_ethics_condition_confirmed')),
    sa.CheckConstraint('((satisfied_by IS NULL) = (satisfied_at IS NULL))', name=op.f('ck_ethics_condition_satisfied')),
    sa.CheckConstraint('confirmed_by IS NULL OR confirmed_by <> satisfied_by', name=op.f('ck_ethics_condition_two_people')),
    sa.CheckConstraint('confirmed_by IS NULL OR satisfied_by IS NOT NULL', name=op.f('ck_ethics_condition_satisfied_first')),
    sa.ForeignKeyConstraint(['case_id'], ['ethics_case.id'], name=op.f('fk_ethics_condition_case_id_ethics_case')),
    sa.ForeignKeyConstraint(['confirmed_by'], ['person.id'], name=op.f('fk_ethics_condition_confirmed_by_person')),
    sa.ForeignKeyConstraint(['satisfied_by'], ['person.id'], name=op.f('fk_ethics_condition_satisfied_by_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ethics_condition'))
    )
    with op.batch_alter_table('ethics_condition', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ethics_condition_case_id'), ['case_id'], unique=False)

    op.create_table('ethics_event',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('move', sa.String(length=40), nullable=False),
    sa.Column('from_state', sa.String(length=40), nullable=False),
    sa.Column('to_state', sa.String(length=40), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor_id', sa.Integer(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('policy', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['ethics_case.id'], name=op.f('fk_ethics_event_case_id_ethics_case')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ethics_event'))
    )
    with op.batch_alter_table('ethics_event', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ethics_event_at'), ['at'], unique=False)
        batch_op.create_index(batch_op.f('ix_ethics_event_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_ethics_event_to_state'), ['to_state'], unique=False)

    op.create_table('ethics_interest',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('interest', sa.String(length=40), nullable=False),
    sa.Column('details', sa.Text(), nullable=False),
    sa.Column('declared_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['ethics_case.id'], name=op.f('fk_ethics_interest_case_id_ethics_case')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_ethics_interest_person_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ethics_interest')),
    sa.UniqueConstraint('case_id', 'person_id', name=op.f('uq_ethics_interest_case_id_person_id'))
    )
    with op.batch_alter_table('ethics_interest', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ethics_interest_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_ethics_interest_person_id'), ['person_id'], unique=False)

    op.create_table('ethics_version',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('content', sa.JSON(), nullable=False),
    sa.Column('content_hash', sa.String(length=64), nullable=False),
    sa.Column('frozen_by', sa.Integer(), nullable=False),
    sa.Column('effective_from', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['ethics_case.id'], name=op.f('fk_ethics_version_case_id_ethics_case')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ethics_version')),
    sa.UniqueConstraint('case_id', 'number', name=op.f('uq_ethics_version_case_id_number'))
    )
    with op.batch_alter_table('ethics_version', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ethics_version_case_id'), ['case_id'], unique=False)

    op.create_table('ethics_vote',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('choice', sa.String(length=40), nullable=False),
    sa.Column('comment', sa.Text(), nullable=False),
    sa.Column('cast_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['ethics_case.id'], name=op.f('fk_ethics_vote_case_id_ethics_case')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_ethics_vote_person_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ethics_vote')),
    sa.UniqueConstraint('case_id', 'person_id', name=op.f('uq_ethics_vote_case_id_person_id'))
    )
    with op.batch_alter_table('ethics_vote', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ethics_vote_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_ethics_vote_person_id'), ['person_id'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('ethics_vote', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_ethics_vote_person_id'))
        batch_op.drop_index(batch_op.f('ix_ethics_vote_case_id'))

    op.drop_table('ethics_vote')
    with op.batch_alter_table('ethics_version', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_ethics_version_case_id'))

    op.drop_table('ethics_version')
    with op.batch_alter_table('ethics_interest', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_ethics_interest_person_id'))
        batch_op.drop_index(batch_op.f('ix_ethics_interest_case_id'))

    op.drop_table('ethics_interest')
    with op.batch_alter_table('ethics_event', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_ethics_event_to_state'))
        batch_op.drop_index(batch_op.f('ix_ethics_event_case_id'))
        batch_op.drop_index(batch_op.f('ix_ethics_event_at'))

    op.drop_table('ethics_event')
    with op.batch_alter_table('ethics_condition', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_ethics_condition_case_id'))

    op.drop_table('ethics_condition')
    with op.batch_alter_table('ethics_attendance', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_ethics_attendance_case_id'))

    op.drop_table('ethics_attendance')
    with op.batch_alter_table('external_approval', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_external_approval_project_id'))

    op.drop_table('external_approval')
    with op.batch_alter_table('ethics_case', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_ethics_case_valid_to'))
        batch_op.drop_index(batch_op.f('ix_ethics_case_state'))
        batch_op.drop_index(batch_op.f('ix_ethics_case_project_id'))
        batch_op.drop_index(batch_op.f('ix_ethics_case_decided_at'))
        batch_op.drop_index(batch_op.f('ix_ethics_case_applicant_id'))

    op.drop_table('ethics_case')
