"""The whole life of a case: meetings, questions, minutes, delegation, undoing, halts, ratification, reports.

Attendance belongs to meetings now: what was recorded on cases before there were any goes.
"""

import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None

CHECKS = {
    'follows': "((follows_id IS NULL) = (follows_as IS NULL))",
    'meeting': "meeting_id IS NULL OR committee_id IS NOT NULL",
    'vote_open': "vote_open = false OR state IN ('in_review', 'response_received')",
    'to_ratify': "to_ratify = false OR state IN ('suspended')",
    'ended': "(ended_on IS NULL) = (state <> 'closed')",
    'reported': "reported_at IS NULL OR state = 'closed'",
}
KEYS = {
    'follows_id': 'ethics_case',
    'committee_id': 'committee',
    'meeting_id': 'meeting',
    'delegate_id': 'person',
    'decided_meeting_id': 'meeting',
    'undo_asked_by': 'person',
}
COLUMNS = {
    **dict.fromkeys(KEYS, sa.Integer()),
    'follows_as': sa.String(length=40),
    'vote_open': sa.Boolean(),
    'halted_on': sa.Date(),
    'safety_halt': sa.Boolean(),
    'halted_version': sa.Integer(),
    'to_ratify': sa.Boolean(),
    'ended_on': sa.Date(),
    'reported_at': sa.DateTime(timezone=True),
    'final_report': sa.Text(),
}
FILLED = {'vote_open': False, 'safety_halt': False, 'to_ratify': False, 'final_report': ''}


def upgrade() -> None:
    op.create_table('ethics_question',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('answer', sa.Text(), nullable=False),
    sa.Column('answered_by', sa.Integer(), nullable=True),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('((answered_by IS NULL) = (answered_at IS NULL))', name=op.f('ck_ethics_question_answered')),
    sa.ForeignKeyConstraint(['answered_by'], ['person.id'], name=op.f('fk_ethics_question_answered_by_person')),
    sa.ForeignKeyConstraint(['case_id'], ['ethics_case.id'], name=op.f('fk_ethics_question_case_id_ethics_case')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ethics_question')),
    sa.UniqueConstraint('case_id', 'number', name=op.f('uq_ethics_question_case_id_number'))
    )
    op.create_index(op.f('ix_ethics_question_case_id'), 'ethics_question', ['case_id'], unique=False)
    op.create_table('ethics_minute',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('meeting_id', sa.Integer(), nullable=False),
    sa.Column('discussion', sa.Text(), nullable=False),
    sa.Column('recorded_by', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['ethics_case.id'], name=op.f('fk_ethics_minute_case_id_ethics_case')),
    sa.ForeignKeyConstraint(['meeting_id'], ['meeting.id'], name=op.f('fk_ethics_minute_meeting_id_meeting')),
    sa.ForeignKeyConstraint(['recorded_by'], ['person.id'], name=op.f('fk_ethics_minute_recorded_by_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ethics_minute')),
    sa.UniqueConstraint('case_id', 'meeting_id', name=op.f('uq_ethics_minute_case_id_meeting_id'))
    )
    op.create_index(op.f('ix_ethics_minute_case_id'), 'ethics_minute', ['case_id'], unique=False)
    op.create_index(op.f('ix_ethics_minute_meeting_id'), 'ethics_minute', ['meeting_id'], unique=False)
    add_to_cases()
    op.drop_table('ethics_attendance')


def add_to_cases() -> None:
    """New columns, their values for the cases there are, and only then the constraints."""
    with op.batch_alter_table('ethics_case', schema=None) as batch_op:
        for name, kind in COLUMNS.items():
            batch_op.add_column(sa.Column(name, kind, nullable=True))
    for name, value in FILLED.items():
        case = sa.table('ethics_case', sa.column(name, COLUMNS[name]))
        op.execute(case.update().values({name: value}))
    op.execute("UPDATE ethics_case SET ended_on = decided_at WHERE state = 'closed'" if on_postgresql() else
               "UPDATE ethics_case SET ended_on = date(decided_at) WHERE state = 'closed'")
    with op.batch_alter_table('ethics_case', schema=None) as batch_op:
        for name in FILLED:
            batch_op.alter_column(name, existing_type=COLUMNS[name], nullable=False)
        for column, table in KEYS.items():
            batch_op.create_foreign_key(batch_op.f(f'fk_ethics_case_{column}_{table}'), table, [column], ['id'])
        for name, condition in CHECKS.items():
            batch_op.create_check_constraint(batch_op.f(f'ck_ethics_case_{name}'), condition)
        batch_op.create_index(batch_op.f('ix_ethics_case_follows_id'), ['follows_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_ethics_case_meeting_id'), ['meeting_id'], unique=False)


def on_postgresql() -> bool:
    return op.get_bind().dialect.name == 'postgresql'


def downgrade() -> None:
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
    op.create_index(op.f('ix_ethics_attendance_case_id'), 'ethics_attendance', ['case_id'], unique=False)
    with op.batch_alter_table('ethics_case', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_ethics_case_follows_id'))
        batch_op.drop_index(batch_op.f('ix_ethics_case_meeting_id'))
        for name in CHECKS:
            batch_op.drop_constraint(batch_op.f(f'ck_ethics_case_{name}'), type_='check')
        for column, table in KEYS.items():
            batch_op.drop_constraint(batch_op.f(f'fk_ethics_case_{column}_{table}'), type_='foreignkey')
        for name in COLUMNS:
            batch_op.drop_column(name)
    op.drop_table('ethics_minute')
    op.drop_table('ethics_question')
