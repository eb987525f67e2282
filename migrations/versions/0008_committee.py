"""Committees, terms of their members, meetings, attendance. Members there are become those of a first committee."""

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None

FIRST = "Ethics Committee"
REMIT = "Reviews the ethics of the centre's projects."


def upgrade() -> None:
    op.create_table('committee',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('remit', sa.Text(), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_committee')),
    sa.UniqueConstraint('name', name=op.f('uq_committee_name'))
    )
    add_to_terms()
    op.create_table('meeting',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('reference', sa.String(length=20), nullable=False),
    sa.Column('committee_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('place', sa.String(length=200), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('cancelled_why', sa.Text(), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('minutes', sa.Text(), nullable=False),
    sa.Column('minutes_by', sa.JSON(), nullable=False),
    sa.Column('minutes_confirmed_by', sa.Integer(), nullable=True),
    sa.Column('minutes_confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(state IN ('open', 'closed', 'minuted')) = (opened_at IS NOT NULL)", name=op.f('ck_meeting_opened')),
    sa.CheckConstraint("(state IN ('closed', 'minuted')) = (closed_at IS NOT NULL)", name=op.f('ck_meeting_closed')),
    sa.CheckConstraint("(state = 'minuted') = (minutes_confirmed_at IS NOT NULL)", name=op.f('ck_meeting_minuted')),
    sa.CheckConstraint("(minutes_confirmed_by IS NULL) = (minutes_confirmed_at IS NULL)", name=op.f('ck_meeting_confirmed')),
    sa.CheckConstraint("(state = 'cancelled') = (cancelled_why <> '')", name=op.f('ck_meeting_cancelled')),
    sa.CheckConstraint("minutes = '' OR opened_at IS NOT NULL", name=op.f('ck_meeting_minutes_of_a_held_meeting')),
    sa.CheckConstraint("minutes <> '' OR minutes_confirmed_at IS NULL", name=op.f('ck_meeting_confirmed_minutes')),
    sa.CheckConstraint("opened_at <= closed_at", name=op.f('ck_meeting_order')),
    sa.ForeignKeyConstraint(['committee_id'], ['committee.id'], name=op.f('fk_meeting_committee_id_committee')),
    sa.ForeignKeyConstraint(['minutes_confirmed_by'], ['person.id'], name=op.f('fk_meeting_minutes_confirmed_by_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_meeting')),
    sa.UniqueConstraint('reference', name=op.f('uq_meeting_reference'))
    )
    with op.batch_alter_table('meeting', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_meeting_committee_id'), ['committee_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_meeting_starts_at'), ['starts_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_meeting_state'), ['state'], unique=False)

    op.create_table('meeting_attendance',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('meeting_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('chair', sa.Boolean(), nullable=False),
    sa.Column('co_opted', sa.Boolean(), nullable=False),
    sa.Column('presiding', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['meeting_id'], ['meeting.id'], name=op.f('fk_meeting_attendance_meeting_id_meeting')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_meeting_attendance_person_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_meeting_attendance')),
    sa.UniqueConstraint('meeting_id', 'person_id', name=op.f('uq_meeting_attendance_meeting_id_person_id'))
    )
    with op.batch_alter_table('meeting_attendance', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_meeting_attendance_meeting_id'), ['meeting_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_meeting_attendance_person_id'), ['person_id'], unique=False)
        batch_op.create_index('uq_meeting_attendance_presiding', ['meeting_id'], unique=True, sqlite_where=sa.text('presiding'), postgresql_where=sa.text('presiding'))


def add_to_terms() -> None:
    """New columns, the first committee where there are members, and only then the constraints."""
    with op.batch_alter_table('committee_member', schema=None) as batch_op:
        batch_op.add_column(sa.Column('committee_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('co_opted', sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column('ended_on', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('ended_why', sa.Text(), nullable=True))
    found_first_committee()
    with op.batch_alter_table('committee_member', schema=None) as batch_op:
        batch_op.alter_column('committee_id', existing_type=sa.Integer(), nullable=False)
        batch_op.alter_column('co_opted', existing_type=sa.Boolean(), nullable=False)
        batch_op.alter_column('ended_why', existing_type=sa.Text(), nullable=False)
        batch_op.create_foreign_key(batch_op.f('fk_committee_member_committee_id_committee'), 'committee', ['committee_id'], ['id'])
        batch_op.create_check_constraint(batch_op.f('ck_committee_member_ended'), "(ended_on IS NULL) = (ended_why = '')")
        batch_op.create_check_constraint(batch_op.f('ck_committee_member_ended_early'), "ended_on <= term_to")
        batch_op.create_check_constraint(batch_op.f('ck_committee_member_co_opted_chair'), "NOT (chair AND co_opted)")
        batch_op.create_index(batch_op.f('ix_committee_member_committee_id'), ['committee_id'], unique=False)


def found_first_committee() -> None:
    connection = op.get_bind()
    since = connection.execute(sa.text("SELECT MIN(created_at) FROM committee_member")).scalar()
    if since is None:
        return
    connection.execute(
        sa.text(
            "INSERT INTO committee (created_at, version, name, remit, kind, active) "
            "SELECT MIN(created_at), 1, :name, :remit, 'full', :active FROM committee_member"
        ).bindparams(sa.bindparam('active', True, sa.Boolean())),
        {"name": FIRST, "remit": REMIT},
    )
    connection.execute(
        sa.text(
            "UPDATE committee_member SET committee_id = (SELECT MIN(id) FROM committee), "
            "co_opted = :co_opted, ended_why = ''"
        ).bindparams(sa.bindparam('co_opted', False, sa.Boolean()))
    )


def downgrade() -> None:
    with op.batch_alter_table('meeting_attendance', schema=None) as batch_op:
        batch_op.drop_index('uq_meeting_attendance_presiding', sqlite_where=sa.text('presiding'), postgresql_where=sa.text('presiding'))
        batch_op.drop_index(batch_op.f('ix_meeting_attendance_person_id'))
        batch_op.drop_index(batch_op.f('ix_meeting_attendance_meeting_id'))

    op.drop_table('meeting_attendance')
    with op.batch_alter_table('meeting', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_meeting_state'))
        batch_op.drop_index(batch_op.f('ix_meeting_starts_at'))
        batch_op.drop_index(batch_op.f('ix_meeting_committee_id'))

    op.drop_table('meeting')
    take_from_terms()
    op.drop_table('committee')


def take_from_terms() -> None:
    """A term that was ended early keeps its real end."""
    op.execute("UPDATE committee_member SET term_to = ended_on WHERE ended_on >= term_from")
    op.execute("DELETE FROM committee_member WHERE ended_on < term_from")
    with op.batch_alter_table('committee_member', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_committee_member_committee_id'))
        batch_op.drop_constraint(batch_op.f('fk_committee_member_committee_id_committee'), type_='foreignkey')
        for name in ('ended', 'ended_early', 'co_opted_chair'):
            batch_op.drop_constraint(batch_op.f(f'ck_committee_member_{name}'), type_='check')
        for name in ('ended_why', 'ended_on', 'co_opted', 'committee_id'):
            batch_op.drop_column(name)
