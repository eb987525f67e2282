"""What a scenario is made of, and how it becomes the adopted one."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from hcqic_gov.core.ruling import Ruling, allowed_if
from hcqic_gov.core.workflow import SYSTEM, Move, Workflow
from hcqic_gov.people.rules import Role

LONGEST = 60
"""The last year that a scenario may have; the discount schedules reach further."""

MITIGATIONS = (Decimal(0), Decimal("0.25"), Decimal("0.5"), Decimal("0.75"), Decimal(1))
"""The sweep of optimism-bias mitigation that every appraisal shows."""


class Option(StrEnum):
    """The operating models; their precedents and main risks stand in `policies/appraisal/options.toml`."""

    S0 = "S0"
    S1 = "S1"
    S2 = "S2"
    S3 = "S3"
    S4 = "S4"
    S5 = "S5"


ALWAYS_COMPARED = (Option.S0, Option.S1)
"""Business as usual and do-minimum: without them a comparison says nothing."""


class FundingStream(StrEnum):
    """Where cash comes from; an in-kind contribution is a kind of line, never cash."""

    CORE_GRANT = "core_grant"
    COMPETITIVE_GRANT = "competitive_grant"
    MEMBERSHIP = "membership"
    FEE_ACADEMIC = "fee_academic"
    FEE_NHS = "fee_nhs"
    FEE_INDUSTRY = "fee_industry"
    PHILANTHROPIC = "philanthropic"
    PPP_CAPITAL = "ppp_capital"


STREAM_NAMES = {
    FundingStream.CORE_GRANT: "Core grant",
    FundingStream.COMPETITIVE_GRANT: "Competitive grant",
    FundingStream.MEMBERSHIP: "Membership",
    FundingStream.FEE_ACADEMIC: "Fees for service: academic band",
    FundingStream.FEE_NHS: "Fees for service: NHS band",
    FundingStream.FEE_INDUSTRY: "Fees for service: industry band",
    FundingStream.PHILANTHROPIC: "Philanthropic gifts",
    FundingStream.PPP_CAPITAL: "Public-private partnership capital",
}

EARNED = frozenset(
    {FundingStream.MEMBERSHIP, FundingStream.FEE_ACADEMIC, FundingStream.FEE_NHS, FundingStream.FEE_INDUSTRY}
)


class LineKind(StrEnum):
    """What the yearly amounts of a line are: pounds, QALYs, projects or full-time posts."""

    CAPITAL = "capital"
    RUNNING = "running"
    IN_KIND = "in_kind"
    BENEFIT = "benefit"
    QALY = "qaly"
    FUNDING = "funding"
    PROJECTS = "projects"
    JOBS = "jobs"


KIND_NAMES = {
    LineKind.CAPITAL: "Capital cost (£)",
    LineKind.RUNNING: "Running cost (£)",
    LineKind.IN_KIND: "In-kind vendor contribution (£, a resource but not cash)",
    LineKind.BENEFIT: "Benefit in money (£)",
    LineKind.QALY: "Health benefit (QALYs)",
    LineKind.FUNDING: "Cash funding (£)",
    LineKind.PROJECTS: "Projects supported (number)",
    LineKind.JOBS: "Jobs (full-time posts; shown beside, never counted as a benefit)",
}

COSTS = frozenset({LineKind.CAPITAL, LineKind.RUNNING})
"""The kinds that are paid in cash and carry optimism bias."""


class Bias(StrEnum):
    """Categories of optimism bias; their upper bounds stand in `policies/appraisal/optimism.toml`."""

    NONE = "none"
    STANDARD_BUILDINGS = "standard_buildings"
    NON_STANDARD_BUILDINGS = "non_standard_buildings"
    STANDARD_CIVIL = "standard_civil"
    NON_STANDARD_CIVIL = "non_standard_civil"
    EQUIPMENT = "equipment"
    OUTSOURCING = "outsourcing"


class ScenarioState(StrEnum):
    DRAFT = "draft"
    REVIEWED = "reviewed"
    ADOPTED = "adopted"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


CURRENT = (ScenarioState.DRAFT, ScenarioState.REVIEWED, ScenarioState.ADOPTED)
"""States in which a scenario takes part in the comparison."""

STATE_NAMES = {
    ScenarioState.DRAFT: "Draft",
    ScenarioState.REVIEWED: "Reviewed",
    ScenarioState.ADOPTED: "Adopted",
    ScenarioState.SUPERSEDED: "Superseded",
    ScenarioState.WITHDRAWN: "Withdrawn",
}


@dataclass(frozen=True, slots=True)
class ScenarioFacts:
    """What the guards of a scenario look at; `baseline_state` is None for business as usual itself."""

    option: Option
    actor_id: int
    owner_id: int
    last_editor_id: int
    reviewer_id: int | None
    kinds: frozenset[LineKind]
    baseline_state: ScenarioState | None
    compared: frozenset[Option]
    reason: str = ""


def another_person(facts: ScenarioFacts) -> Ruling:
    return allowed_if(
        facts.actor_id not in (facts.owner_id, facts.last_editor_id),
        "another_person",
        "You wrote or last changed this scenario, so a colleague has to do this.",
    )


def not_own_review(facts: ScenarioFacts) -> Ruling:
    return allowed_if(
        facts.actor_id != facts.reviewer_id,
        "not_own_review",
        "You reviewed this scenario, so somebody else has to adopt it.",
    )


def has_costs_and_benefits(facts: ScenarioFacts) -> Ruling:
    benefits = facts.kinds & {LineKind.BENEFIT, LineKind.QALY}
    return allowed_if(
        facts.option is Option.S0 or bool(facts.kinds & COSTS and benefits),
        "has_costs_and_benefits",
        "Enter at least one cost and one benefit, in money or in QALYs, first.",
    )


def baseline_reviewed(facts: ScenarioFacts) -> Ruling:
    return allowed_if(
        facts.option is Option.S0 or facts.baseline_state in (ScenarioState.REVIEWED, ScenarioState.ADOPTED),
        "baseline_reviewed",
        "Have the business-as-usual scenario reviewed first: every result is measured against it.",
    )


def do_minimum_compared(facts: ScenarioFacts) -> Ruling:
    return allowed_if(
        facts.option in ALWAYS_COMPARED or Option.S1 in facts.compared,
        "do_minimum_compared",
        "Add the do-minimum scenario (S1) against the same business as usual first.",
    )


def not_the_baseline(facts: ScenarioFacts) -> Ruling:
    return allowed_if(
        facts.option is not Option.S0,
        "not_the_baseline",
        "Business as usual is what the others are measured against; adopt one of the others.",
    )


def reason_given(facts: ScenarioFacts) -> Ruling:
    return allowed_if(bool(facts.reason.strip()), "reason_given", "Give the reason; it is kept with the scenario.")


S = ScenarioState
WRITERS = (Role.CENTRE_MANAGER, Role.FINANCE)

WORKFLOW: Workflow[ScenarioState, ScenarioFacts] = Workflow(
    name="scenario",
    title="An operating-model scenario",
    start=S.DRAFT,
    public_names=STATE_NAMES,
    moves=(
        Move("edit", "change it", (S.DRAFT,), None, WRITERS),
        Move(
            "review",
            "record that you reviewed it",
            (S.DRAFT,),
            S.REVIEWED,
            WRITERS,
            (another_person, has_costs_and_benefits, baseline_reviewed),
        ),
        Move("reopen", "reopen it as a draft", (S.REVIEWED,), S.DRAFT, WRITERS, (reason_given,)),
        Move(
            "adopt",
            "adopt it",
            (S.REVIEWED,),
            S.ADOPTED,
            (Role.CENTRE_MANAGER,),
            (not_the_baseline, not_own_review, baseline_reviewed, do_minimum_compared),
        ),
        Move("supersede", "replace it by a newly adopted one", (S.ADOPTED,), S.SUPERSEDED, (SYSTEM,)),
        Move("withdraw", "withdraw it", (S.DRAFT, S.REVIEWED), S.WITHDRAWN, WRITERS, (reason_given,)),
    ),
)
