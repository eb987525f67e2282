"""KPIs: files of values, and what became of each."""

import sqlalchemy as sa
from alembic import op

revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('kpi_upload',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('document_id', sa.Integer(), nullable=False),
    sa.Column('uploaded_by', sa.Integer(), nullable=False),
    sa.Column('status', sa.String(length=40), nullable=False),
    sa.Column('applied_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('added', sa.Integer(), nullable=False),
    sa.Column('changed', sa.Integer(), nullable=False),
    sa.Column('corrected', sa.Integer(), nullable=False),
    sa.Column('unchanged', sa.Integer(), nullable=False),
    sa.Column('submitted', sa.Integer(), nullable=False),
    sa.CheckConstraint("(status = 'applied') = (applied_at IS NOT NULL)", name=op.f('ck_kpi_upload_applied')),
    sa.ForeignKeyConstraint(['document_id'], ['document.id'], name=op.f('fk_kpi_upload_document_id_document')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_kpi_upload'))
    )
    op.create_index(op.f('ix_kpi_upload_sha256'), 'kpi_upload', ['sha256'], unique=False)
    op.create_index(op.f('ix_kpi_upload_uploaded_by'), 'kpi_upload', ['uploaded_by'], unique=False)
    op.create_index('uq_kpi_upload_applied', 'kpi_upload', ['sha256'], unique=True, sqlite_where=sa.text("status = 'applied'"), postgresql_where=sa.text("status = 'applied'"))


def downgrade() -> None:
    op.drop_table('kpi_upload')
