"""What the ethics register answers to KPIs: each takes a period and gives a Measure."""

from decimal import Decimal
from statistics import median

import sqlalchemy as sa
from sqlmodel import Session, col, select
from sqlmodel.sql.sqltypes import UTCDateTime

from hcqic_gov.core.calendar import Period, london_day, working_days_between
from hcqic_gov.core.measure import Measure
from hcqic_gov.ethics.gate import approvals_held, last_moment, of_project, standings_of
from hcqic_gov.ethics.models import EthicsCase
from hcqic_gov.ethics.standing import current
from hcqic_gov.ethics.states import CaseKind
from hcqic_gov.projects.measures import active_at


def access_decision_time(session: Session, period: Period) -> Measure | None:
    """O5: median working days from a valid application to its decision, of those decided in the period; None without.

    One that was decided without a check of its papers (no review required) counts from its submission.
    """
    begun = sa.func.coalesce(col(EthicsCase.valid_at), col(EthicsCase.submitted_at))
    statement = select(sa.type_coerce(begun, UTCDateTime()), EthicsCase.decided_at).where(
        EthicsCase.kind == CaseKind.APPLICATION,
        col(EthicsCase.decided_at) >= period.opens,
        col(EthicsCase.decided_at) < period.closes,
    )
    days = [
        working_days_between(london_day(since), london_day(decided))
        for since, decided in session.exec(statement)
        if since is not None and decided is not None
    ]
    return Measure(Decimal(str(median(days)))) if days else None


def approvals_in_date(session: Session, period: Period) -> Measure:
    """O6: projects with an opinion in force and every required external approval in date, over active projects.

    All as it stood at the end of the period; in four queries.
    """
    active = sorted(active_at(session, period))
    cases = standings_of(session, active, at=last_moment(period))
    held = approvals_held(session, active, at=last_moment(period))
    in_date = [
        number
        for number in active
        if current(cases.get(number, ()), period.end) and of_project(*held[number], period.end).allowed
    ]
    return Measure(Decimal(len(in_date)), Decimal(len(active)))
