"""Triage on the case, documents with versions, reviews by criteria; a draft need not name the basis for consent yet.

Cases from before keep no triage answers: nobody gave any.
"""

import sqlalchemy as sa
from alembic import op

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None

COLUMNS = {
    'triage_answers': sa.JSON(),
    'triage_outcome': sa.String(length=40),
    'triage_reasons': sa.JSON(),
    'triage_fingerprint': sa.String(length=64),
}
FILLED = ('triage_answers', 'triage_reasons')
CHECKS = {
    'triage': "((triage_outcome IS NULL) = (triage_fingerprint IS NULL))",
    'consent': "consent_basis IS NOT NULL OR state IN ('draft', 'withdrawn')",
}


def upgrade() -> None:
    op.create_table('ethics_paper',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('replaces_id', sa.Integer(), nullable=True),
    sa.Column('document_id', sa.Integer(), nullable=False),
    sa.Column('added_by', sa.Integer(), nullable=False),
    sa.CheckConstraint('(number = 1) = (replaces_id IS NULL)', name=op.f('ck_ethics_paper_replaces')),
    sa.ForeignKeyConstraint(['added_by'], ['person.id'], name=op.f('fk_ethics_paper_added_by_person')),
    sa.ForeignKeyConstraint(['case_id'], ['ethics_case.id'], name=op.f('fk_ethics_paper_case_id_ethics_case')),
    sa.ForeignKeyConstraint(['document_id'], ['document.id'], name=op.f('fk_ethics_paper_document_id_document')),
    sa.ForeignKeyConstraint(['replaces_id'], ['ethics_paper.id'], name=op.f('fk_ethics_paper_replaces_id_ethics_paper')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ethics_paper')),
    sa.UniqueConstraint('case_id', 'kind', 'title', 'number', name=op.f('uq_ethics_paper_case_id_kind_title_number')),
    sa.UniqueConstraint('replaces_id', name=op.f('uq_ethics_paper_replaces_id'))
    )
    op.create_index(op.f('ix_ethics_paper_case_id'), 'ethics_paper', ['case_id'], unique=False)
    op.create_table('ethics_review',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('reviewer_id', sa.Integer(), nullable=False),
    sa.Column('assigned_by', sa.Integer(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('submitted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('remarks', sa.JSON(), nullable=False),
    sa.Column('recommendation', sa.String(length=40), nullable=False),
    sa.Column('summary', sa.Text(), nullable=False),
    sa.Column('criteria_fingerprint', sa.String(length=64), nullable=True),
    sa.CheckConstraint('((submitted_at IS NULL) = (criteria_fingerprint IS NULL))', name=op.f('ck_ethics_review_submitted')),
    sa.CheckConstraint("(submitted_at IS NULL) = (recommendation = '')", name=op.f('ck_ethics_review_recommended')),
    sa.ForeignKeyConstraint(['assigned_by'], ['person.id'], name=op.f('fk_ethics_review_assigned_by_person')),
    sa.ForeignKeyConstraint(['case_id'], ['ethics_case.id'], name=op.f('fk_ethics_review_case_id_ethics_case')),
    sa.ForeignKeyConstraint(['reviewer_id'], ['person.id'], name=op.f('fk_ethics_review_reviewer_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ethics_review')),
    sa.UniqueConstraint('case_id', 'reviewer_id', name=op.f('uq_ethics_review_case_id_reviewer_id'))
    )
    op.create_index(op.f('ix_ethics_review_case_id'), 'ethics_review', ['case_id'], unique=False)
    op.create_index(op.f('ix_ethics_review_reviewer_id'), 'ethics_review', ['reviewer_id'], unique=False)
    add_to_cases()


def add_to_cases() -> None:
    """New columns, their values for the cases there are, and only then the constraints."""
    with op.batch_alter_table('ethics_case', schema=None) as batch_op:
        for name, kind in COLUMNS.items():
            batch_op.add_column(sa.Column(name, kind, nullable=True))
    for name in FILLED:
        case = sa.table('ethics_case', sa.column(name, COLUMNS[name]))
        op.execute(case.update().values({name: []}))
    with op.batch_alter_table('ethics_case', schema=None) as batch_op:
        for name in FILLED:
            batch_op.alter_column(name, existing_type=COLUMNS[name], nullable=False)
        batch_op.alter_column('consent_basis', existing_type=sa.String(length=40), nullable=True)
        for name, condition in CHECKS.items():
            batch_op.create_check_constraint(batch_op.f(f'ck_ethics_case_{name}'), condition)


def downgrade() -> None:
    op.execute("UPDATE ethics_case SET consent_basis = 'no_people' WHERE consent_basis IS NULL")
    with op.batch_alter_table('ethics_case', schema=None) as batch_op:
        for name in CHECKS:
            batch_op.drop_constraint(batch_op.f(f'ck_ethics_case_{name}'), type_='check')
        batch_op.alter_column('consent_basis', existing_type=sa.String(length=40), nullable=False)
        for name in COLUMNS:
            batch_op.drop_column(name)
    op.drop_table('ethics_review')
    op.drop_table('ethics_paper')
