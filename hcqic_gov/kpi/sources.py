"""Which query answers which worked-out KPI."""

from collections.abc import Callable, Mapping

from sqlmodel import Session

from hcqic_gov.core.calendar import Period
from hcqic_gov.core.measure import Measure
from hcqic_gov.ethics import measures as ethics
from hcqic_gov.funding import measures as funding
from hcqic_gov.projects import measures as projects
from hcqic_gov.sandbox import measures as sandbox
from hcqic_gov.scenarios import measures as scenarios

Source = Callable[[Session, Period], Measure | None]
"""What a register says of a period: a Measure, or None where it has nothing to say yet."""

SOURCES: Mapping[str, Source] = {
    "projects.publications": projects.publications,
    "projects.open_access_share": projects.open_access_share,
    "projects.releases": projects.releases,
    "projects.use_cases_benchmarked": projects.use_cases_benchmarked,
    "projects.trl_progression": projects.trl_progression,
    "projects.involvement_plans": projects.involvement_plans,
    "projects.audience_reach": projects.audience_reach,
    "projects.partner_organisations": projects.partner_organisations,
    "ethics.access_decision_time": ethics.access_decision_time,
    "ethics.approvals_in_date": ethics.approvals_in_date,
    "sandbox.utilisation": sandbox.utilisation,
    "sandbox.scheduling_coefficient": sandbox.scheduling_coefficient,
    "sandbox.job_success_rate": sandbox.job_success_rate,
    "sandbox.ungated_runs": sandbox.ungated_runs,
    "sandbox.reproducibility_rate": sandbox.reproducibility_rate,
    "funding.further_funding": funding.further_funding,
    "funding.success_rate": funding.success_rate,
    "funding.leveraged": funding.leveraged,
    "funding.leverage_ratio": funding.leverage_ratio,
    "funding.earned_income_share": funding.earned_income_share,
    "funding.cost_per_project": funding.cost_per_project,
    "funding.budget_variance": funding.budget_variance,
    "scenarios.npsv": scenarios.npsv,
    "scenarios.bcr": scenarios.bcr,
}
