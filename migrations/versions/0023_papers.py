"""Signed papers beside the reports: letters, minutes, dossiers, board papers; none of them changes."""

import sqlalchemy as sa
from alembic import op

revision = '0023'
down_revision = '0022'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('paper',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('reference', sa.String(length=60), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('about', sa.String(length=40), nullable=False),
    sa.Column('edition', sa.Integer(), nullable=False),
    sa.Column('snapshot_sha256', sa.String(length=64), nullable=False),
    sa.Column('document_id', sa.Integer(), nullable=False),
    sa.Column('issued_by', sa.Integer(), nullable=False),
    sa.Column('issued_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('audit_entry', sa.Integer(), nullable=False),
    sa.Column('audit_head', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['document_id'], ['document.id'], name=op.f('fk_paper_document_id_document')),
    sa.ForeignKeyConstraint(['issued_by'], ['person.id'], name=op.f('fk_paper_issued_by_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_paper')),
    sa.UniqueConstraint('kind', 'about', 'edition', name=op.f('uq_paper_kind_about_edition')),
    sa.UniqueConstraint('kind', 'about', 'snapshot_sha256', name=op.f('uq_paper_kind_about_snapshot_sha256')),
    sa.UniqueConstraint('reference', name=op.f('uq_paper_reference'))
    )
    op.create_index(op.f('ix_paper_document_id'), 'paper', ['document_id'], unique=False)
    op.create_index(op.f('ix_paper_snapshot_sha256'), 'paper', ['snapshot_sha256'], unique=False)
    protect_papers()


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER paper_final ON paper")
        op.execute("DROP FUNCTION paper_final()")
    op.drop_index(op.f('ix_paper_snapshot_sha256'), table_name='paper')
    op.drop_index(op.f('ix_paper_document_id'), table_name='paper')
    op.drop_table('paper')


def protect_papers() -> None:
    """The database itself refuses to change or remove what was signed."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER paper_no_{verb.lower()} BEFORE {verb} ON paper "
                "BEGIN SELECT RAISE(ABORT, 'a signed paper does not change'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION paper_final() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'a signed paper does not change'; END $$"
    )
    op.execute(
        "CREATE TRIGGER paper_final BEFORE UPDATE OR DELETE ON paper FOR EACH ROW EXECUTE FUNCTION paper_final()"
    )
