"""Which query lists the records behind a worked-out KPI, and whose projects they are."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from sqlmodel import Session

from hcqic_gov.core.calendar import Period
from hcqic_gov.core.measure import Part
from hcqic_gov.ethics import behind as ethics
from hcqic_gov.funding import behind as funding
from hcqic_gov.projects import behind as projects
from hcqic_gov.projects.models import Project
from hcqic_gov.sandbox import behind as sandbox
from hcqic_gov.scenarios import behind as scenarios

BEHIND: Mapping[str, Callable[[Session, Period], Sequence[Part]]] = {
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
    "sandbox.utilisation": sandbox.executions,
    "sandbox.scheduling_coefficient": sandbox.executions,
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
    "scenarios.npsv": scenarios.adopted,
    "scenarios.bcr": scenarios.adopted,
}

PROJECTS: Mapping[str, Callable[[Session, Iterable[str]], Mapping[str, Project]]] = {
    "projects": projects.themselves,
    "ethics": ethics.projects_of,
    "sandbox": sandbox.projects_of,
    "funding": funding.projects_of,
    "awards": funding.projects_of_awards,
}
"""The projects of records by their references, for each register whose records have one."""


def projects_behind(session: Session, parts: Sequence[Part]) -> Sequence[Project | None]:
    """The project of each record; None for what is the centre's own, as its income and its scenarios."""
    known = {
        register: find(session, {part.reference for part in parts if part.register == register})
        for register, find in PROJECTS.items()
        if any(part.register == register for part in parts)
    }
    return [known.get(part.register, {}).get(part.reference) for part in parts]
