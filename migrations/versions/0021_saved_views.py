"""KPIs: views of the dashboards that people saved for themselves."""

import sqlalchemy as sa
from alembic import op

revision = '0021'
down_revision = '0020'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('kpi_saved_view',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('address', sa.String(length=300), nullable=False),
    sa.CheckConstraint("address LIKE '/dashboards/%'", name=op.f('ck_kpi_saved_view_address')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_kpi_saved_view_person_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_kpi_saved_view')),
    sa.UniqueConstraint('person_id', 'name', name=op.f('uq_kpi_saved_view_person_id_name'))
    )
    op.create_index(op.f('ix_kpi_saved_view_person_id'), 'kpi_saved_view', ['person_id'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_kpi_saved_view_person_id'), table_name='kpi_saved_view')
    op.drop_table('kpi_saved_view')
