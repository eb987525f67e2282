"""A change of an approved study has the study's documents, and may replace, add and withdraw them."""

import sqlalchemy as sa
from alembic import op

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None

FILLED = """
    INSERT INTO ethics_paper (created_at, version, case_id, kind, title, number, document_id, added_by)
    SELECT paper.created_at, 1, change.id, paper.kind, paper.title, paper.number, paper.document_id, paper.added_by
    FROM ethics_paper AS paper
    JOIN ethics_case AS change ON change.parent_id = paper.case_id
    WHERE paper.id NOT IN (SELECT replaces_id FROM ethics_paper WHERE replaces_id IS NOT NULL)
"""


def upgrade() -> None:
    with op.batch_alter_table('ethics_paper') as batch:
        batch.add_column(sa.Column('withdrawn_in', sa.Integer(), nullable=True))
        batch.create_foreign_key(op.f('fk_ethics_paper_withdrawn_in_ethics_case'), 'ethics_case', ['withdrawn_in'], ['id'])
        batch.drop_constraint(op.f('ck_ethics_paper_replaces'), type_='check')
        batch.create_check_constraint(op.f('ck_ethics_paper_replaces'), 'number > 1 OR replaces_id IS NULL')
    op.execute(FILLED)


def downgrade() -> None:
    op.execute('DELETE FROM ethics_paper WHERE case_id IN (SELECT id FROM ethics_case WHERE parent_id IS NOT NULL)')
    with op.batch_alter_table('ethics_paper') as batch:
        batch.drop_constraint(op.f('ck_ethics_paper_replaces'), type_='check')
        batch.create_check_constraint(op.f('ck_ethics_paper_replaces'), '(number = 1) = (replaces_id IS NULL)')
        batch.drop_constraint(op.f('fk_ethics_paper_withdrawn_in_ethics_case'), type_='foreignkey')
        batch.drop_column('withdrawn_in')
