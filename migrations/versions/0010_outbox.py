"""The outbox of notices; who wants them by e-mail; addresses of calendar feeds."""

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('outbox_message',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('cause', sa.String(length=200), nullable=False),
    sa.Column('subject', sa.String(length=200), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('about_kind', sa.String(length=40), nullable=False),
    sa.Column('about_reference', sa.String(length=80), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('failed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_error', sa.String(length=500), nullable=False),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("due_at IS NULL OR (sent_at IS NULL AND failed_at IS NULL)", name=op.f('ck_outbox_message_due')),
    sa.CheckConstraint("failed_at IS NULL OR last_error <> ''", name=op.f('ck_outbox_message_failed_why')),
    sa.CheckConstraint("sent_at IS NULL OR failed_at IS NULL", name=op.f('ck_outbox_message_one_end')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_outbox_message_person_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox_message')),
    sa.UniqueConstraint('person_id', 'cause', name=op.f('uq_outbox_message_person_id_cause'))
    )
    op.create_index(op.f('ix_outbox_message_due_at'), 'outbox_message', ['due_at'], unique=False)
    op.create_index(op.f('ix_outbox_message_failed_at'), 'outbox_message', ['failed_at'], unique=False)
    op.create_index(op.f('ix_outbox_message_person_id'), 'outbox_message', ['person_id'], unique=False)
    # Added and dropped in place: a table that others point to is not made anew on SQLite.
    op.add_column('person', sa.Column('email_notices', sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column('person', sa.Column('calendar_digest', sa.String(length=64), nullable=True))


def downgrade() -> None:
    op.drop_column('person', 'calendar_digest')
    op.drop_column('person', 'email_notices')
    op.drop_table('outbox_message')
