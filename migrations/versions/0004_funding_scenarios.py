"""Funding: calls, applications, awards, income; scenarios."""

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('funding_call',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('funder_id', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('currency', sa.String(length=40), nullable=False),
    sa.Column('deadline', sa.DateTime(timezone=True), nullable=True),
    sa.Column('time_zone', sa.String(length=40), nullable=False),
    sa.Column('url', sa.String(length=300), nullable=False),
    sa.Column('terms_key', sa.String(length=40), nullable=False),
    sa.ForeignKeyConstraint(['funder_id'], ['organisation.id'], name=op.f('fk_funding_call_funder_id_organisation')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_funding_call'))
    )
    with op.batch_alter_table('funding_call', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_funding_call_funder_id'), ['funder_id'], unique=False)

    op.create_table('income',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.Column('received_on', sa.Date(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('note', sa.String(length=200), nullable=False),
    sa.CheckConstraint('amount > 0', name=op.f('ck_income_amount')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_income_organisation_id_organisation')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_income'))
    )
    with op.batch_alter_table('income', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_income_kind'), ['kind'], unique=False)
        batch_op.create_index(batch_op.f('ix_income_organisation_id'), ['organisation_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_income_received_on'), ['received_on'], unique=False)

    op.create_table('scenario',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('reference', sa.String(length=20), nullable=False),
    sa.Column('option', sa.String(length=40), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('summary', sa.Text(), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('first_year', sa.Integer(), nullable=False),
    sa.Column('last_year', sa.Integer(), nullable=False),
    sa.Column('price_year', sa.Integer(), nullable=False),
    sa.Column('mitigation', sa.Integer(), nullable=False),
    sa.Column('schedule', sa.String(length=40), nullable=False),
    sa.Column('baseline_id', sa.Integer(), nullable=True),
    sa.Column('owner_id', sa.Integer(), nullable=False),
    sa.Column('last_editor_id', sa.Integer(), nullable=False),
    sa.Column('reviewer_id', sa.Integer(), nullable=True),
    sa.Column('reviewed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('adopted_by', sa.Integer(), nullable=True),
    sa.Column('adopted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('superseded_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('content_hash', sa.String(length=64), nullable=False),
    sa.Column('frozen', sa.JSON(), nullable=True),
    sa.CheckConstraint("(adopted_at IS NULL) = (adopted_by IS NULL) AND (adopted_at IS NULL) = (content_hash = '')", name=op.f('ck_scenario_frozen')),
    sa.CheckConstraint("(option = 'S0') = (baseline_id IS NULL)", name=op.f('ck_scenario_baseline')),
    sa.CheckConstraint("(reviewer_id IS NULL) = (reviewed_at IS NULL) AND (state <> 'reviewed' OR reviewer_id IS NOT NULL)", name=op.f('ck_scenario_reviewed')),
    sa.CheckConstraint("(state = 'superseded') = (superseded_at IS NOT NULL)", name=op.f('ck_scenario_superseded')),
    sa.CheckConstraint("(state IN ('adopted', 'superseded')) = (adopted_at IS NOT NULL)", name=op.f('ck_scenario_adopted')),
    sa.CheckConstraint('last_year BETWEEN 1 AND 60', name=op.f('ck_scenario_last_year')),
    sa.CheckConstraint('mitigation BETWEEN 0 AND 100', name=op.f('ck_scenario_mitigation')),
    sa.ForeignKeyConstraint(['adopted_by'], ['person.id'], name=op.f('fk_scenario_adopted_by_person')),
    sa.ForeignKeyConstraint(['baseline_id'], ['scenario.id'], name=op.f('fk_scenario_baseline_id_scenario')),
    sa.ForeignKeyConstraint(['last_editor_id'], ['person.id'], name=op.f('fk_scenario_last_editor_id_person')),
    sa.ForeignKeyConstraint(['owner_id'], ['person.id'], name=op.f('fk_scenario_owner_id_person')),
    sa.ForeignKeyConstraint(['reviewer_id'], ['person.id'], name=op.f('fk_scenario_reviewer_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_scenario')),
    sa.UniqueConstraint('reference', name=op.f('uq_scenario_reference'))
    )
    with op.batch_alter_table('scenario', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_scenario_adopted_at'), ['adopted_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_scenario_baseline_id'), ['baseline_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_scenario_option'), ['option'], unique=False)
        batch_op.create_index(batch_op.f('ix_scenario_owner_id'), ['owner_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_scenario_state'), ['state'], unique=False)
        batch_op.create_index('uq_scenario_adopted', ['state'], unique=True, sqlite_where=sa.text("state = 'adopted'"), postgresql_where=sa.text("state = 'adopted'"))

    op.create_table('funding_application',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('reference', sa.String(length=20), nullable=False),
    sa.Column('call_id', sa.Integer(), nullable=False),
    sa.Column('project_id', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('preparer_id', sa.Integer(), nullable=False),
    sa.Column('last_editor_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('amount_applied', sa.BigInteger(), nullable=False),
    sa.Column('purpose', sa.String(length=40), nullable=False),
    sa.Column('method', sa.String(length=40), nullable=False),
    sa.Column('extended_to', sa.DateTime(timezone=True), nullable=True),
    sa.Column('approved_hash', sa.String(length=64), nullable=False),
    sa.Column('submitted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('offered_amount', sa.BigInteger(), nullable=True),
    sa.Column('offer_recorded_by', sa.Integer(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(decided_at IS NOT NULL) = (state IN ('awarded', 'active', 'suspended', 'closed', 'terminated', 'declined_offer', 'unsuccessful', 'ineligible'))", name=op.f('ck_funding_application_decided')),
    sa.CheckConstraint("NOT (state IN ('approved_to_submit', 'submitted', 'shortlisted', 'clarification', 'awarded', 'active', 'suspended', 'closed', 'terminated', 'offered', 'declined_offer', 'unsuccessful', 'ineligible')) OR approved_hash <> ''", name=op.f('ck_funding_application_approved')),
    sa.CheckConstraint("NOT (state IN ('awarded', 'active', 'suspended', 'closed', 'terminated', 'offered', 'declined_offer')) OR (offered_amount IS NOT NULL AND offer_recorded_by IS NOT NULL)", name=op.f('ck_funding_application_offer')),
    sa.CheckConstraint('amount_applied >= 0', name=op.f('ck_funding_application_amount')),
    sa.ForeignKeyConstraint(['call_id'], ['funding_call.id'], name=op.f('fk_funding_application_call_id_funding_call')),
    sa.ForeignKeyConstraint(['last_editor_id'], ['person.id'], name=op.f('fk_funding_application_last_editor_id_person')),
    sa.ForeignKeyConstraint(['offer_recorded_by'], ['person.id'], name=op.f('fk_funding_application_offer_recorded_by_person')),
    sa.ForeignKeyConstraint(['preparer_id'], ['person.id'], name=op.f('fk_funding_application_preparer_id_person')),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_funding_application_project_id_project')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_funding_application')),
    sa.UniqueConstraint('reference', name=op.f('uq_funding_application_reference'))
    )
    with op.batch_alter_table('funding_application', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_funding_application_call_id'), ['call_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_funding_application_decided_at'), ['decided_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_funding_application_preparer_id'), ['preparer_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_funding_application_project_id'), ['project_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_funding_application_state'), ['state'], unique=False)

    op.create_table('scenario_event',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('scenario_id', sa.Integer(), nullable=False),
    sa.Column('move', sa.String(length=40), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor_id', sa.Integer(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['scenario_id'], ['scenario.id'], name=op.f('fk_scenario_event_scenario_id_scenario')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_scenario_event'))
    )
    with op.batch_alter_table('scenario_event', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_scenario_event_scenario_id'), ['scenario_id'], unique=False)

    op.create_table('scenario_line',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('scenario_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.Column('stream', sa.String(length=40), nullable=True),
    sa.Column('bias', sa.String(length=40), nullable=False),
    sa.Column('source', sa.String(length=300), nullable=False),
    sa.Column('amounts', sa.JSON(), nullable=False),
    sa.CheckConstraint("(kind = 'funding') = (stream IS NOT NULL)", name=op.f('ck_scenario_line_stream')),
    sa.CheckConstraint("kind IN ('capital', 'running') OR bias = 'none'", name=op.f('ck_scenario_line_bias')),
    sa.ForeignKeyConstraint(['scenario_id'], ['scenario.id'], name=op.f('fk_scenario_line_scenario_id_scenario')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_scenario_line'))
    )
    with op.batch_alter_table('scenario_line', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_scenario_line_scenario_id'), ['scenario_id'], unique=False)

    op.create_table('award',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('reference', sa.String(length=20), nullable=False),
    sa.Column('application_id', sa.Integer(), nullable=False),
    sa.Column('funder_id', sa.Integer(), nullable=False),
    sa.Column('funder_reference', sa.String(length=60), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('sterling', sa.BigInteger(), nullable=False),
    sa.Column('awarded_on', sa.Date(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=True),
    sa.Column('ends_on', sa.Date(), nullable=True),
    sa.CheckConstraint('(starts_on IS NULL) = (ends_on IS NULL)', name=op.f('ck_award_both_dates')),
    sa.CheckConstraint('amount > 0 AND sterling > 0', name=op.f('ck_award_amounts')),
    sa.CheckConstraint('starts_on <= ends_on', name=op.f('ck_award_dates')),
    sa.ForeignKeyConstraint(['application_id'], ['funding_application.id'], name=op.f('fk_award_application_id_funding_application')),
    sa.ForeignKeyConstraint(['funder_id'], ['organisation.id'], name=op.f('fk_award_funder_id_organisation')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_award')),
    sa.UniqueConstraint('application_id', name=op.f('uq_award_application_id')),
    sa.UniqueConstraint('reference', name=op.f('uq_award_reference'))
    )
    with op.batch_alter_table('award', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_award_awarded_on'), ['awarded_on'], unique=False)
        batch_op.create_index(batch_op.f('ix_award_funder_id'), ['funder_id'], unique=False)

    op.create_table('cost_line',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('application_id', sa.Integer(), nullable=False),
    sa.Column('heading', sa.String(length=40), nullable=False),
    sa.Column('description', sa.String(length=200), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('basis', sa.String(length=40), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('contribution', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("basis = 'cash' OR contribution = 0", name=op.f('ck_cost_line_in_kind')),
    sa.CheckConstraint('amount > 0 AND contribution >= 0 AND contribution <= amount', name=op.f('ck_cost_line_amounts')),
    sa.CheckConstraint('year BETWEEN 2000 AND 2100', name=op.f('ck_cost_line_year')),
    sa.ForeignKeyConstraint(['application_id'], ['funding_application.id'], name=op.f('fk_cost_line_application_id_funding_application')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_cost_line'))
    )
    with op.batch_alter_table('cost_line', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_cost_line_application_id'), ['application_id'], unique=False)

    op.create_table('funding_event',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('application_id', sa.Integer(), nullable=False),
    sa.Column('move', sa.String(length=40), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor_id', sa.Integer(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['application_id'], ['funding_application.id'], name=op.f('fk_funding_event_application_id_funding_application')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_funding_event'))
    )
    with op.batch_alter_table('funding_event', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_funding_event_application_id'), ['application_id'], unique=False)

    op.create_table('budget_line',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('award_id', sa.Integer(), nullable=False),
    sa.Column('heading', sa.String(length=40), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('budget', sa.BigInteger(), nullable=False),
    sa.Column('forecast', sa.BigInteger(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.CheckConstraint('budget >= 0 AND forecast >= 0', name=op.f('ck_budget_line_amounts')),
    sa.CheckConstraint('year BETWEEN 2000 AND 2100', name=op.f('ck_budget_line_year')),
    sa.ForeignKeyConstraint(['award_id'], ['award.id'], name=op.f('fk_budget_line_award_id_award')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_budget_line')),
    sa.UniqueConstraint('award_id', 'heading', 'year', name=op.f('uq_budget_line_award_id_heading_year'))
    )
    with op.batch_alter_table('budget_line', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_budget_line_award_id'), ['award_id'], unique=False)

    op.create_table('report_due',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('award_id', sa.Integer(), nullable=False),
    sa.Column('period_from', sa.Date(), nullable=False),
    sa.Column('period_to', sa.Date(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.CheckConstraint('period_from <= period_to AND period_to <= due_on', name=op.f('ck_report_due_dates')),
    sa.ForeignKeyConstraint(['award_id'], ['award.id'], name=op.f('fk_report_due_award_id_award')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_report_due')),
    sa.UniqueConstraint('award_id', 'period_from', name=op.f('uq_report_due_award_id_period_from'))
    )
    with op.batch_alter_table('report_due', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_report_due_award_id'), ['award_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_report_due_due_on'), ['due_on'], unique=False)

    op.create_table('expenditure',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('budget_line_id', sa.Integer(), nullable=False),
    sa.Column('spent_on', sa.Date(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('note', sa.String(length=200), nullable=False),
    sa.CheckConstraint('amount <> 0', name=op.f('ck_expenditure_amount')),
    sa.ForeignKeyConstraint(['budget_line_id'], ['budget_line.id'], name=op.f('fk_expenditure_budget_line_id_budget_line')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_expenditure'))
    )
    with op.batch_alter_table('expenditure', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_expenditure_budget_line_id'), ['budget_line_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_expenditure_spent_on'), ['spent_on'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('expenditure', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_expenditure_spent_on'))
        batch_op.drop_index(batch_op.f('ix_expenditure_budget_line_id'))

    op.drop_table('expenditure')
    with op.batch_alter_table('report_due', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_report_due_due_on'))
        batch_op.drop_index(batch_op.f('ix_report_due_award_id'))

    op.drop_table('report_due')
    with op.batch_alter_table('budget_line', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_budget_line_award_id'))

    op.drop_table('budget_line')
    with op.batch_alter_table('funding_event', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_funding_event_application_id'))

    op.drop_table('funding_event')
    with op.batch_alter_table('cost_line', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_cost_line_application_id'))

    op.drop_table('cost_line')
    with op.batch_alter_table('award', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_award_funder_id'))
        batch_op.drop_index(batch_op.f('ix_award_awarded_on'))

    op.drop_table('award')
    with op.batch_alter_table('scenario_line', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_scenario_line_scenario_id'))

    op.drop_table('scenario_line')
    with op.batch_alter_table('scenario_event', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_scenario_event_scenario_id'))

    op.drop_table('scenario_event')
    with op.batch_alter_table('funding_application', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_funding_application_state'))
        batch_op.drop_index(batch_op.f('ix_funding_application_project_id'))
        batch_op.drop_index(batch_op.f('ix_funding_application_preparer_id'))
        batch_op.drop_index(batch_op.f('ix_funding_application_decided_at'))
        batch_op.drop_index(batch_op.f('ix_funding_application_call_id'))

    op.drop_table('funding_application')
    with op.batch_alter_table('scenario', schema=None) as batch_op:
        batch_op.drop_index('uq_scenario_adopted', sqlite_where=sa.text("state = 'adopted'"), postgresql_where=sa.text("state = 'adopted'"))
        batch_op.drop_index(batch_op.f('ix_scenario_state'))
        batch_op.drop_index(batch_op.f('ix_scenario_owner_id'))
        batch_op.drop_index(batch_op.f('ix_scenario_option'))
        batch_op.drop_index(batch_op.f('ix_scenario_baseline_id'))
        batch_op.drop_index(batch_op.f('ix_scenario_adopted_at'))

    op.drop_table('scenario')
    with op.batch_alter_table('income', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_income_received_on'))
        batch_op.drop_index(batch_op.f('ix_income_organisation_id'))
        batch_op.drop_index(batch_op.f('ix_income_kind'))

    op.drop_table('income')
    with op.batch_alter_table('funding_call', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_funding_call_funder_id'))

    op.drop_table('funding_call')
