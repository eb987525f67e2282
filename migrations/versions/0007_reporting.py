"""Reports: each version with its frozen data; what was issued stays as it is."""

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('report',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('reference', sa.String(length=30), nullable=False),
    sa.Column('series', sa.String(length=20), nullable=False),
    sa.Column('edition', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('funder_id', sa.Integer(), nullable=False),
    sa.Column('award_id', sa.Integer(), nullable=True),
    sa.Column('period', sa.String(length=10), nullable=False),
    sa.Column('status', sa.String(length=40), nullable=False),
    sa.Column('snapshot', sa.JSON(), nullable=False),
    sa.Column('snapshot_sha256', sa.String(length=64), nullable=False),
    sa.Column('author_id', sa.Integer(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('remark', sa.Text(), nullable=False),
    sa.Column('reviewer_id', sa.Integer(), nullable=True),
    sa.Column('reviewed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reviewed_sha256', sa.String(length=64), nullable=False),
    sa.Column('issued_by', sa.Integer(), nullable=True),
    sa.Column('issued_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('audit_entry', sa.Integer(), nullable=False),
    sa.Column('audit_head', sa.String(length=64), nullable=False),
    sa.Column('document_id', sa.Integer(), nullable=True),
    sa.Column('supersedes_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("(kind = 'award') = (award_id IS NOT NULL)", name=op.f('ck_report_award')),
    sa.CheckConstraint("(status IN ('issued', 'superseded')) = (audit_head <> '')", name=op.f('ck_report_audit_head')),
    sa.CheckConstraint("(status IN ('issued', 'superseded')) = (document_id IS NOT NULL)", name=op.f('ck_report_document')),
    sa.CheckConstraint("(status IN ('issued', 'superseded')) = (issued_at IS NOT NULL)", name=op.f('ck_report_issued_at')),
    sa.CheckConstraint("(status IN ('issued', 'superseded')) = (issued_by IS NOT NULL)", name=op.f('ck_report_issued_by')),
    sa.CheckConstraint("(status IN ('reviewed', 'issued', 'superseded')) = (reviewer_id IS NOT NULL)", name=op.f('ck_report_reviewed')),
    sa.CheckConstraint("reviewed_sha256 = snapshot_sha256 OR NOT (status IN ('issued', 'superseded'))", name=op.f('ck_report_issued_as_reviewed')),
    sa.CheckConstraint('(reviewer_id IS NULL) = (reviewed_at IS NULL)', name=op.f('ck_report_reviewed_at')),
    sa.CheckConstraint('reviewer_id <> author_id', name=op.f('ck_report_second_person')),
    sa.ForeignKeyConstraint(['author_id'], ['person.id'], name=op.f('fk_report_author_id_person')),
    sa.ForeignKeyConstraint(['award_id'], ['award.id'], name=op.f('fk_report_award_id_award')),
    sa.ForeignKeyConstraint(['document_id'], ['document.id'], name=op.f('fk_report_document_id_document')),
    sa.ForeignKeyConstraint(['funder_id'], ['organisation.id'], name=op.f('fk_report_funder_id_organisation')),
    sa.ForeignKeyConstraint(['issued_by'], ['person.id'], name=op.f('fk_report_issued_by_person')),
    sa.ForeignKeyConstraint(['reviewer_id'], ['person.id'], name=op.f('fk_report_reviewer_id_person')),
    sa.ForeignKeyConstraint(['supersedes_id'], ['report.id'], name=op.f('fk_report_supersedes_id_report')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_report')),
    sa.UniqueConstraint('reference', name=op.f('uq_report_reference')),
    sa.UniqueConstraint('series', 'edition', name=op.f('uq_report_series_edition')),
    sa.UniqueConstraint('supersedes_id', name=op.f('uq_report_supersedes_id'))
    )
    with op.batch_alter_table('report', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_report_funder_id'), ['funder_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_report_period'), ['period'], unique=False)
        batch_op.create_index(batch_op.f('ix_report_status'), ['status'], unique=False)
    protect_issued()


def downgrade() -> None:
    unprotect_issued()
    with op.batch_alter_table('report', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_report_status'))
        batch_op.drop_index(batch_op.f('ix_report_period'))
        batch_op.drop_index(batch_op.f('ix_report_funder_id'))

    op.drop_table('report')


FINAL = ("snapshot", "snapshot_sha256", "author_id", "reviewer_id", "issued_at", "audit_head", "document_id", "reference")


def protect_issued() -> None:
    """The database itself refuses to change or remove what was issued; it may only be superseded."""
    if op.get_bind().dialect.name == "sqlite":
        changed = " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in FINAL)
        final = "OLD.status IN ('issued', 'superseded')"
        refuse = "BEGIN SELECT RAISE(ABORT, 'an issued report does not change'); END"
        unless = f"({changed} OR NEW.status NOT IN ('issued', 'superseded'))"
        op.execute(f"CREATE TRIGGER report_final BEFORE UPDATE ON report WHEN {final} AND {unless} {refuse}")
        op.execute(f"CREATE TRIGGER report_kept BEFORE DELETE ON report WHEN {final} {refuse}")
        return
    changed = " OR ".join(f"NEW.{name}::text IS DISTINCT FROM OLD.{name}::text" for name in FINAL)
    op.execute(
        "CREATE FUNCTION report_final() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF OLD.status NOT IN ('issued', 'superseded') THEN "
        "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END IF; "
        "IF TG_OP = 'DELETE' THEN RAISE EXCEPTION 'an issued report does not change'; END IF; "
        f"IF {changed} OR NEW.status NOT IN ('issued', 'superseded') THEN "
        "RAISE EXCEPTION 'an issued report does not change'; END IF; "
        "RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER report_final BEFORE UPDATE OR DELETE ON report FOR EACH ROW EXECUTE FUNCTION report_final()"
    )


def unprotect_issued() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER report_final")
        op.execute("DROP TRIGGER report_kept")
        return
    op.execute("DROP TRIGGER report_final ON report")
    op.execute("DROP FUNCTION report_final()")
