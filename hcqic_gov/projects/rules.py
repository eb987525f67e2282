"""What a project may be and become: kinds, the life of a project, and when a rung of the pathway opens."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from hcqic_gov.core.ruling import ALLOWED, Ruling, allowed_if, refused
from hcqic_gov.core.workflow import Move, Workflow
from hcqic_gov.people.rules import Role


class UseCase(StrEnum):
    PHARMACEUTICAL = "pharmaceutical_development"
    CLINICAL_TRIALS = "clinical_trial_optimisation"
    PERSONALISED_MEDICINE = "personalised_medicine"
    SYSTEM_OPTIMISATION = "system_optimisation"
    RARE_DISEASE = "rare_disease_management"
    OTHER = "other"


class DataClass(StrEnum):
    """From the least to the most sensitive."""

    SYNTHETIC = "synthetic"
    ANONYMISED_NON_NHS = "anonymised_non_nhs"
    ANONYMISED_NHS = "anonymised_nhs"
    PSEUDONYMISED = "pseudonymised"
    IDENTIFIABLE = "identifiable"


class Setting(StrEnum):
    NHS = "nhs"
    UNIVERSITY = "university"
    INDUSTRY = "industry"


class Status(StrEnum):
    PROPOSED = "proposed"
    SCOPING = "scoping"
    ACTIVE = "active"
    PAUSED = "paused"
    CLOSED = "closed"


class RiskCategory(StrEnum):
    COSTS = "costs"
    REGULATIONS = "regulations"
    OPERATIONS = "operations"
    DATA_MANAGEMENT = "data_management"
    WORKFORCE = "workforce"
    TECHNOLOGY = "technology"
    PATIENT_SAFETY = "patient_safety"
    PUBLIC_TRUST = "public_trust"


class OutputType(StrEnum):
    """Outcome types of Researchfish, as UKRI asks for them."""

    PUBLICATION = "publication"
    COLLABORATION = "collaboration"
    FURTHER_FUNDING = "further_funding"
    NEXT_DESTINATION = "next_destination"
    ENGAGEMENT = "engagement_activity"
    POLICY_INFLUENCE = "influence_on_policy"
    RESEARCH_TOOLS = "research_tools_and_methods"
    DATABASES_MODELS = "research_databases_and_models"
    INTELLECTUAL_PROPERTY = "intellectual_property"
    MEDICAL_PRODUCT = "medical_product"
    SOFTWARE = "software"
    SPIN_OUT = "spin_out"
    AWARD = "award_and_recognition"
    FACILITIES = "use_of_facilities"


class EngagementKind(StrEnum):
    INVOLVEMENT = "involvement"
    AUDIENCE = "audience"


class PartnerRole(StrEnum):
    LEAD = "lead"
    PARTNER = "partner"
    SUPPLIER = "supplier"


class Rung(StrEnum):
    """The order in which a project tries advanced computing."""

    HPC = "hpc"
    HPC_AI = "hpc_ai"
    QUANTUM = "quantum"


class Verdict(StrEnum):
    SUFFICES = "suffices"
    DOES_NOT_SUFFICE = "does_not_suffice"
    INCONCLUSIVE = "inconclusive"


LABELS: Mapping[StrEnum, str] = {
    UseCase.PHARMACEUTICAL: "Pharmaceutical development",
    UseCase.CLINICAL_TRIALS: "Clinical trial optimisation",
    UseCase.PERSONALISED_MEDICINE: "Personalised medicine",
    UseCase.SYSTEM_OPTIMISATION: "System optimisation",
    UseCase.RARE_DISEASE: "Rare disease management",
    DataClass.SYNTHETIC: "Synthetic data",
    DataClass.ANONYMISED_NON_NHS: "Anonymised, not from the NHS",
    DataClass.ANONYMISED_NHS: "Anonymised NHS data",
    DataClass.PSEUDONYMISED: "Pseudonymised data",
    DataClass.IDENTIFIABLE: "Identifiable data",
    Setting.NHS: "NHS",
    Rung.HPC: "HPC",
    Rung.HPC_AI: "HPC with AI",
    Rung.QUANTUM: "Quantum (simulated)",
}

STATUS_COLOURS = {
    Status.PROPOSED: "grey",
    Status.SCOPING: "yellow",
    Status.ACTIVE: "green",
    Status.PAUSED: "orange",
    Status.CLOSED: "blue",
}


def label(choice: StrEnum) -> str:
    """In plain words; where the table has none, the value itself ("does not suffice")."""
    return LABELS.get(choice, choice.value.replace("_", " ").capitalize())


@dataclass(frozen=True, slots=True)
class ProjectFacts:
    """What the guards look at."""

    has_lay_summary: bool
    has_dates: bool
    open_milestones: int


def described(facts: ProjectFacts) -> Ruling:
    return allowed_if(facts.has_lay_summary, "described", "Write a lay summary that people outside understand.")


def dated(facts: ProjectFacts) -> Ruling:
    return allowed_if(facts.has_dates, "dated", "Enter the start and end dates first.")


def milestones_settled(facts: ProjectFacts) -> Ruling:
    count = facts.open_milestones
    sentence = f"{count} milestone{'s are' if count != 1 else ' is'} still open: record when each was met or remove it."
    return allowed_if(count == 0, "milestones_settled", sentence)


LEADS = (Role.PROJECT_LEAD, Role.CENTRE_MANAGER)

WORKFLOW: Workflow[Status, ProjectFacts] = Workflow(
    "project",
    "The life of a project",
    Status.PROPOSED,
    {status: label(status) for status in Status},
    (
        Move("scope", "start scoping", (Status.PROPOSED,), Status.SCOPING, (Role.CENTRE_MANAGER,), (described,)),
        Move("activate", "make active", (Status.SCOPING,), Status.ACTIVE, (Role.CENTRE_MANAGER,), (described, dated)),
        Move("pause", "pause", (Status.ACTIVE,), Status.PAUSED, LEADS),
        Move("resume", "resume", (Status.PAUSED,), Status.ACTIVE, (Role.CENTRE_MANAGER,)),
        Move(
            "close",
            "close",
            (Status.PROPOSED, Status.SCOPING, Status.ACTIVE, Status.PAUSED),
            Status.CLOSED,
            (Role.CENTRE_MANAGER,),
            (milestones_settled,),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One recorded trial at a rung."""

    rung: Rung
    verdict: Verdict


def has_classical_baseline(evidence: Iterable[Evidence]) -> bool:
    """A classical baseline is a trial on HPC with a verdict: the best that the project can do without quantum."""
    return any(trial.rung is Rung.HPC for trial in evidence)


def may_open(rung: Rung, opened: frozenset[Rung], evidence: Iterable[Evidence]) -> Ruling:
    """May this rung of the pathway be opened? Each needs the one before it, and its failure on record."""
    trials = tuple(evidence)
    if rung in opened:
        return refused("rung_open", "This rung is open already.")
    match rung:
        case Rung.HPC:
            return ALLOWED
        case Rung.HPC_AI:
            return rung_fails(Rung.HPC, trials)
    if not has_classical_baseline(trials):
        return refused("no_baseline", "Record a classical baseline first: the best HPC result, and why it falls short.")
    return rung_fails(Rung.HPC_AI, trials)


def rung_fails(rung: Rung, trials: tuple[Evidence, ...]) -> Ruling:
    """The rung was tried, and at least one trial did not suffice."""
    verdicts = {trial.verdict for trial in trials if trial.rung is rung}
    if not verdicts:
        return refused("rung_untried", f"Record what {label(rung)} can do first.")
    reason = f"{label(rung)} suffices so far: record where and why it does not, or stay on this rung."
    return allowed_if(Verdict.DOES_NOT_SUFFICE in verdicts, "rung_suffices", reason)
