"""Changes of approved studies: child cases, the versions that they bring, and the class of each."""

import sqlalchemy as sa
from alembic import op

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None

UNDATED = "'favourable', 'favourable_conditions', 'unfavourable', 'not_required', 'halted', 'suspended', "
DECIDED = f"decided_at IS NOT NULL OR state NOT IN ({UNDATED}'terminated', 'expired', 'closed')"
DECIDED_NOW = (
    f"decided_at IS NOT NULL OR state NOT IN ({UNDATED}'terminated', 'expired', 'closed', 'approved', 'not_approved')"
)
CHECKS = {
    'kind': "(kind = 'modification') = (parent_id IS NOT NULL)",
    'base': "((parent_id IS NULL) = (base_version IS NULL))",
    'class_asked': "((class_asked IS NULL) = (class_asked_by IS NULL))",
    'class_confirmed':
        "class_confirmed_by IS NULL OR (class_asked_by IS NOT NULL AND class_confirmed_by <> class_asked_by)",
}
KEYS = {'parent_id': 'ethics_case', 'class_asked_by': 'person', 'class_confirmed_by': 'person'}
COLUMNS = {
    **dict.fromkeys(KEYS, sa.Integer()),
    'kind': sa.String(length=40),
    'base_version': sa.Integer(),
    'base_valid_to': sa.Date(),
    'change_reason': sa.Text(),
    'change_class': sa.String(length=40),
    'class_policy': sa.String(length=64),
    'class_asked': sa.String(length=40),
    'class_reason': sa.Text(),
}
FILLED = {'kind': 'application', 'change_reason': '', 'class_policy': '', 'class_reason': ''}
INDEXED = ('kind', 'parent_id')


def upgrade() -> None:
    with op.batch_alter_table('ethics_case', schema=None) as batch_op:
        for name, kind in COLUMNS.items():
            batch_op.add_column(sa.Column(name, kind, nullable=True))
    for name, value in FILLED.items():
        case = sa.table('ethics_case', sa.column(name, COLUMNS[name]))
        op.execute(case.update().values({name: value}))
    with op.batch_alter_table('ethics_case', schema=None) as batch_op:
        for name in FILLED:
            batch_op.alter_column(name, existing_type=COLUMNS[name], nullable=False)
        for column, table in KEYS.items():
            batch_op.create_foreign_key(batch_op.f(f'fk_ethics_case_{column}_{table}'), table, [column], ['id'])
        batch_op.drop_constraint(batch_op.f('ck_ethics_case_state_decided'), type_='check')
        batch_op.create_check_constraint(batch_op.f('ck_ethics_case_state_decided'), DECIDED_NOW)
        for name, condition in CHECKS.items():
            batch_op.create_check_constraint(batch_op.f(f'ck_ethics_case_{name}'), condition)
        for name in INDEXED:
            batch_op.create_index(batch_op.f(f'ix_ethics_case_{name}'), [name], unique=False)
    with op.batch_alter_table('ethics_version', schema=None) as batch_op:
        batch_op.add_column(sa.Column('modification_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('change_class', sa.String(length=40), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f('fk_ethics_version_modification_id_ethics_case'), 'ethics_case', ['modification_id'], ['id']
        )
        batch_op.create_check_constraint(
            batch_op.f('ck_ethics_version_modification'), "((modification_id IS NULL) = (change_class IS NULL))"
        )


def downgrade() -> None:
    with op.batch_alter_table('ethics_version', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_ethics_version_modification'), type_='check')
        batch_op.drop_constraint(batch_op.f('fk_ethics_version_modification_id_ethics_case'), type_='foreignkey')
        batch_op.drop_column('change_class')
        batch_op.drop_column('modification_id')
    with op.batch_alter_table('ethics_case', schema=None) as batch_op:
        for name in INDEXED:
            batch_op.drop_index(batch_op.f(f'ix_ethics_case_{name}'))
        for name in CHECKS:
            batch_op.drop_constraint(batch_op.f(f'ck_ethics_case_{name}'), type_='check')
        batch_op.drop_constraint(batch_op.f('ck_ethics_case_state_decided'), type_='check')
        batch_op.create_check_constraint(batch_op.f('ck_ethics_case_state_decided'), DECIDED)
        for column, table in KEYS.items():
            batch_op.drop_constraint(batch_op.f(f'fk_ethics_case_{column}_{table}'), type_='foreignkey')
        for name in COLUMNS:
            batch_op.drop_column(name)
