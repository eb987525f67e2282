"""Who acknowledged which report; and what somebody has typed into a narrative and not saved yet."""

import sqlalchemy as sa
from alembic import op

revision = '0024'
down_revision = '0023'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('report_receipt',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('report_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_report_receipt_person_id_person')),
    sa.ForeignKeyConstraint(['report_id'], ['report.id'], name=op.f('fk_report_receipt_report_id_report')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_report_receipt')),
    sa.UniqueConstraint('report_id', 'person_id', name=op.f('uq_report_receipt_report_id_person_id'))
    )
    op.create_index(op.f('ix_report_receipt_report_id'), 'report_receipt', ['report_id'], unique=False)
    op.create_table('kept_narrative',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('report_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('answers', sa.JSON(), nullable=False),
    sa.Column('seen', sa.Integer(), nullable=False),
    sa.Column('kept_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_kept_narrative_person_id_person')),
    sa.ForeignKeyConstraint(['report_id'], ['report.id'], name=op.f('fk_kept_narrative_report_id_report')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_kept_narrative')),
    sa.UniqueConstraint('report_id', 'person_id', name=op.f('uq_kept_narrative_report_id_person_id'))
    )


def downgrade() -> None:
    op.drop_table('kept_narrative')
    op.drop_index(op.f('ix_report_receipt_report_id'), table_name='report_receipt')
    op.drop_table('report_receipt')
