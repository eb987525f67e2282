"""What a board paper on the scenarios says: frozen values of the comparison, from which its PDF is made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlmodel import Session, col, select

from hcqic_gov.audit.models import AuditEntry
from hcqic_gov.scenarios import assumptions, queries
from hcqic_gov.scenarios.appraisal import appraise
from hcqic_gov.scenarios.models import Scenario
from hcqic_gov.scenarios.queries import Compared
from hcqic_gov.scenarios.rules import STATE_NAMES, Option, ScenarioState

NOT_MEASURED = (
    "Every figure here is modelled: it follows from the assumptions that the scenarios state and from the centre's own "
    "appraisal files. None has been measured, and none says that an operating model will do what it assumes."
)


@dataclass(frozen=True, slots=True)
class OptionLine:
    """One scenario's results against business as usual.

    Pounds of the paper's price year; `swept` is NPSV where 0, 25, 50, 75 and 100 % of optimism bias are mitigated,
    `sensitivities` NPSV by each schedule that is not in force. `irr` is a fraction, `payback` a year of the appraisal.
    """

    reference: str
    option: str
    baseline: bool
    state: str
    title: str
    summary: str
    mitigation: int
    npsv: Decimal
    bcr: Decimal | None
    payback: int | None
    irr: float | None
    cost_per_project: Decimal | None
    net_cash: Decimal
    funding_gap: Decimal
    jobs: Decimal
    earned_income: Decimal
    in_kind: Decimal
    projects: Decimal
    qalys: Decimal
    swept: tuple[Decimal, ...]
    sensitivities: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class Standard:
    """A file of the centre that the figures stand on."""

    title: str
    since: date
    fingerprint: str


@dataclass(frozen=True, slots=True)
class BoardPaper:
    """All current scenarios against one business as usual; `at` is when the last of them changed."""

    reference: str
    baseline_title: str
    first_year: int
    last_year: int
    price_year: int
    adopted: str
    missing: tuple[str, ...]
    options: tuple[OptionLine, ...]
    schedules: tuple[str, ...]
    standards: tuple[Standard, ...]
    at: datetime
    note: str = NOT_MEASURED


def board_paper(session: Session, baseline: Scenario) -> BoardPaper:
    """The comparison of the page, as it stands."""
    comparison = queries.comparison(session, baseline)
    rows = [one.record for one in comparison.scenarios]
    lines = queries.lines_of(session, *(row.key for row in rows))
    base = queries.case_of(baseline, lines[baseline.key])
    others = assumptions.sensitivities()

    def sensitive(row: Scenario) -> tuple[Decimal, ...]:
        case = queries.case_of(row, lines[row.key])
        return tuple(appraise(case, base, queries.basis_of(row, other.id)).npsv for other in others)

    return BoardPaper(
        baseline.reference,
        baseline.title,
        baseline.first_year,
        baseline.last_year,
        baseline.price_year,
        next((row.reference for row in rows if row.state is ScenarioState.ADOPTED), ""),
        tuple(assumptions.option_title(option) for option in comparison.missing),
        tuple(option_line(one, sensitive(one.record)) for one in comparison.scenarios),
        tuple(other.title for other in others),
        tuple(Standard(file.title, file.effective_from, file.fingerprint) for file in assumptions.every_file()),
        last_change(session, rows),
    )


def option_line(one: Compared, sensitive: tuple[Decimal, ...]) -> OptionLine:
    row, result = one.record, one.result
    return OptionLine(
        row.reference,
        assumptions.option_title(row.option),
        row.option is Option.S0,
        STATE_NAMES[row.state],
        row.title,
        row.summary,
        row.mitigation,
        result.npsv,
        result.bcr,
        result.payback,
        result.irr,
        result.cost_per_project,
        sum(result.net_cash, Decimal(0)),
        sum(result.funding_gap, Decimal(0)),
        result.jobs,
        result.earned_income,
        result.in_kind,
        result.projects,
        result.qalys,
        tuple(point.npsv for point in one.sweep),
        sensitive,
    )


def last_change(session: Session, rows: Sequence[Scenario]) -> datetime:
    """When the last of them, or a line of one, changed."""
    about = (AuditEntry.subject_kind == "scenario", col(AuditEntry.subject_id).in_([row.key for row in rows]))
    return session.exec(select(sa.func.max(AuditEntry.at)).where(*about)).one() or rows[0].created_at
