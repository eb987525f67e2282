"""Gathers what a funder report says, from the same queries that the screens use."""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from hcqic_gov.core.calendar import Frequency, Period, london_day
from hcqic_gov.core.errors import Invalid
from hcqic_gov.ethics.gate import last_moment
from hcqic_gov.ethics.queries import EthicsStatus, approval_lines, standings, status_for_report
from hcqic_gov.ethics.standing import in_force
from hcqic_gov.funding.awards import AwardForReport, award_for_report, award_rows, awards_of_funder
from hcqic_gov.funding.models import Award
from hcqic_gov.funding.rules import HEADING_NAMES
from hcqic_gov.kpi.queries import summary
from hcqic_gov.people.queries import organisation_names
from hcqic_gov.projects.measures import active_during
from hcqic_gov.projects.models import Project
from hcqic_gov.projects.queries import Plan, plan, results
from hcqic_gov.projects.rules import label
from hcqic_gov.reporting.figures import figure
from hcqic_gov.reporting.levels import StatusRules, approval_level, milestone_level, risk_level, status_rules
from hcqic_gov.reporting.models import Report
from hcqic_gov.reporting.rules import TITLES, Kind
from hcqic_gov.reporting.runs import runs_of
from hcqic_gov.reporting.snapshot import (
    About,
    Approval,
    BudgetLine,
    FunderReport,
    Incident,
    Milestone,
    Narrative,
    Output,
    Risk,
    Source,
)

SOURCES = (
    Source("KPIs", "kpi.queries.summary", "Verified values of the periods that had ended by the end of this one."),
    Source("Milestones, risks", "projects.queries.plan", "As recorded when the data were frozen."),
    Source("Outputs", "projects.queries.results", "Those that appeared in this period."),
    Source("Budget", "funding.awards.award_for_report", "As recorded when the data were frozen."),
    Source("Approvals", "ethics.queries", "As they stood at the end of the period, with the incidents during it."),
    Source("Simulated runs", "sandbox", "Runs of the report's projects in this period."),
)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a report is about: for which funder, one of its awards ("" for all of them), and a period.

    `centre`: everything that the centre did in a year, whoever paid for it.
    """

    funder_id: int
    award: str
    period: Period
    centre: bool = False

    @property
    def kind(self) -> Kind:
        return Kind.ANNUAL if self.centre else Kind.AWARD if self.award else Kind.FUNDER


def scope_of(session: Session, report: Report) -> Scope:
    """What a stored report is about."""
    award = session.get_one(Award, report.award_id).reference if report.award_id else ""
    return Scope(report.funder_id, award, Period.parse(report.period), centre=report.kind is Kind.ANNUAL)


def gather(session: Session, scope: Scope, narrative: Narrative, *, now: datetime) -> FunderReport:
    """Everything that the report says, as it stands now. Errors: Invalid where there is nothing to report on."""
    period = scope.period
    awards = awards_of(session, scope)
    projects = [session.get_one(Project, number) for number in sorted(projects_of(session, scope, awards))]
    plans = {project.key: plan(session, project) for project in projects}
    held = {project.key: status_for_report(session, project.key, period) for project in projects}
    today = london_day(now)
    rules = status_rules(today)
    return FunderReport(
        about(session, scope, awards, now),
        narrative,
        tuple(figure(view) for view in summary(session, period.end)),
        tuple(line for project in projects for line in milestones(project, plans[project.key], rules, today)),
        tuple(line for award in awards for line in budget(award)),
        tuple(line for project in projects for line in risks(project, plans[project.key], rules)),
        tuple(line for project in projects for line in outputs(session, project, period)),
        tuple(line for project in projects for line in approvals(session, project, held[project.key], period, rules)),
        tuple(line for project in projects for line in incidents(project, held[project.key])),
        runs_of(session, [project.key for project in projects], period),
        SOURCES,
    )


def awards_of(session: Session, scope: Scope) -> Sequence[AwardForReport]:
    """The award, or those of the funder or of the centre, that ran in the period."""
    if scope.centre:
        require_year(scope.period)
    known = [award_for_report(session, reference) for reference in sorted(candidates(session, scope))]
    mine = [award for award in known if scope.centre or award.funder_id == scope.funder_id]
    chosen = [award for award in mine if falls_in(award, scope.period)]
    if not chosen and not scope.centre:
        raise Invalid(
            "There is nothing to report.", {"period": f"No award of this funder falls in {scope.period.label}"}
        )
    return chosen


def require_year(period: Period) -> None:
    if period.frequency is not Frequency.ANNUAL:
        raise Invalid("An annual report is about a year.", {"period": "Choose a financial year"})


def candidates(session: Session, scope: Scope) -> Sequence[str]:
    if scope.award:
        return [scope.award]
    rows = award_rows(session) if scope.centre else awards_of_funder(session, scope.funder_id)
    return [row.reference for row in rows]


def projects_of(session: Session, scope: Scope, awards: Sequence[AwardForReport]) -> Set[int]:
    """Those of the awards; for the whole centre also those that were active in the year without one."""
    funded = {award.project_id for award in awards}
    return funded | active_during(session, scope.period) if scope.centre else funded


def falls_in(award: AwardForReport, period: Period) -> bool:
    return award.awarded_on <= period.end and (award.ends_on is None or award.ends_on >= period.start)


def about(session: Session, scope: Scope, awards: Sequence[AwardForReport], now: datetime) -> About:
    names = tuple(f"{award.reference} {award.title} (funder's reference {award.funder_reference})" for award in awards)
    funder = organisation_names(session)[scope.funder_id]
    period = scope.period
    return About(TITLES[scope.kind], funder, names, period.code, period.label, period.start, period.end, now)


def milestones(project: Project, known: Plan, rules: StatusRules, today: date) -> Iterator[Milestone]:
    for row in known.milestones:
        level, status = milestone_level(
            rules, baseline=row.baseline_on, forecast=row.forecast_on, met=row.met_on, today=today
        )
        yield Milestone(project.reference, row.title, row.baseline_on, row.forecast_on, row.met_on, level, status)


def budget(award: AwardForReport) -> Iterator[BudgetLine]:
    for row in award.budget:
        year = f"{row.year} to {row.year + 1}"
        yield BudgetLine(
            award.reference, HEADING_NAMES[row.heading], year, row.budget, row.actual, row.forecast, row.reason
        )


def risks(project: Project, known: Plan, rules: StatusRules) -> Iterator[Risk]:
    """The open ones, as the project's page orders them: the highest score first."""
    for row in known.risks:
        if row.closed_on is None:
            level, score = risk_level(rules, likelihood=row.likelihood, impact=row.impact)
            yield Risk(
                project.reference,
                row.description,
                label(row.category),
                row.likelihood,
                row.impact,
                row.mitigation,
                level,
                score,
            )


def outputs(session: Session, project: Project, period: Period) -> Iterator[Output]:
    for row in results(session, project).outputs:
        if row.appeared_on in period:
            yield Output(project.reference, label(row.kind), row.title, row.appeared_on, row.identifier)


def approvals(
    session: Session, project: Project, known: EthicsStatus, period: Period, rules: StatusRules
) -> Iterator[Approval]:
    """The project's ethics cases, then the external approvals that are asked for or on record."""
    at = last_moment(period)
    standing = {row.reference: row for row in standings(session, project.key, at=at)}
    for line in known.cases:
        force = in_force(standing[line.reference], period.end).allowed
        level, status = approval_level(rules, in_force=force, ends=line.valid_to, today=period.end)
        yield Approval(
            project.reference, line.reference, "Centre's ethics committee", line.status, line.valid_to, level, status
        )
    for held in approval_lines(session, project.key, at=at):
        name, state, reference, ends = held.summary
        level, status = approval_level(rules, in_force=held.ruling.allowed, ends=ends, today=period.end)
        yield Approval(project.reference, reference, name, state, ends, level, status)


def incidents(project: Project, known: EthicsStatus) -> Iterator[Incident]:
    for day, what in known.incidents:
        yield Incident(project.reference, day, what)
