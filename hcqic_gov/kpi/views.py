"""What is known of a KPI at a time: the one result that screen, PDF and export show."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from hcqic_gov.core.calendar import Period
from hcqic_gov.kpi.definitions import Definition, for_period
from hcqic_gov.kpi.rules import OUTCOME_LABELS, SIGNS, Level, Outcome, Sign, level
from hcqic_gov.kpi.spc import Evaluation, Series, Variation, evaluate_all, judged
from hcqic_gov.kpi.spc_rules import RULESETS, Cause
from hcqic_gov.kpi.words import (
    NOT_ASSESSED,
    NOT_JUDGED_SENTENCES,
    Icon,
    assurance_icon,
    said,
    variation_icon,
)


@dataclass(frozen=True, slots=True)
class Finding:
    """The verified finding of one period; `hidden` where showing it would show too few persons, or help to find them.

    A hidden finding holds no numbers: nothing downstream can give them away. `revised` where it was verified after
    its period had been closed before.
    """

    start: date
    outcome: Outcome
    value: float | None
    hidden: bool = False
    revised: bool = False


REVISED = "revised after closing"


@dataclass(frozen=True, slots=True)
class Goal:
    """What a period should reach, and the least that is tolerable there; None: no single target; as defined."""

    target: float | None
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """Something that holds from a day on, or belongs to it: a target, a note, a rebase."""

    start: date
    value: float | None = None
    text: str = ""
    by: str = ""
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class Material:
    """What the registers hold for one KPI, in order of date."""

    findings: Sequence[Finding] = ()
    targets: Sequence[Step] = ()
    notes: Sequence[Step] = ()
    rebases: Sequence[Step] = ()


@dataclass(frozen=True, slots=True)
class KpiView:
    """One KPI: its definition, findings, evaluation, latest value, target, level and summary."""

    definition: Definition
    findings: tuple[Finding, ...]
    evaluation: Evaluation
    targets: tuple[float | None, ...]
    """One for each finding."""
    level: Level
    notes: tuple[Step, ...] = field(default=())
    rebases: tuple[Step, ...] = field(default=())
    steps: tuple[Step, ...] = field(default=())
    """The targets that were set, also for periods to come."""

    @property
    def ahead(self) -> tuple[Step, ...]:
        """The targets set for periods after the latest one that has a finding."""
        return tuple(step for step in self.steps if self.latest is None or step.start > self.latest.start)

    @property
    def latest(self) -> Finding | None:
        return self.findings[-1] if self.findings else None

    @property
    def target(self) -> float | None:
        """The target of the latest period."""
        return self.targets[-1] if self.targets else default_target(self.definition)

    @property
    def sign(self) -> Sign:
        return SIGNS[self.level]

    @property
    def assessed(self) -> bool:
        """The chart says something of the latest value: it has points, enough of them, and none is kept back."""
        known = self.evaluation.variation not in (None, Variation.NOT_JUDGED)
        return known and self.latest is not None and not self.latest.hidden

    @property
    def variation(self) -> Icon:
        return variation_icon(self.evaluation) if self.assessed else NOT_ASSESSED

    @property
    def assurance(self) -> Icon:
        return assurance_icon(self.evaluation) if self.assessed else NOT_ASSESSED

    @property
    def period(self) -> str:
        """The latest period in words."""
        return period_of(self.definition, self.latest.start).label if self.latest else "no period yet"

    @property
    def shown(self) -> str:
        """The latest value as people read it."""
        return shown(self.definition, self.latest)

    @property
    def target_shown(self) -> str:
        if band := self.definition.band:
            return f"{self.definition.shown(band.lower)} to {self.definition.shown(band.upper)}"
        return self.definition.shown(self.target)

    @property
    def point_targets(self) -> tuple[float | None, ...]:
        """The targets of the findings that are points of the chart."""
        return tuple(
            target for target, finding in zip(self.targets, self.findings, strict=True) if finding.value is not None
        )

    @property
    def sentence(self) -> str:
        """The chart in words: latest value, target, level, variation, assurance."""
        if self.latest is None:
            return f"{self.definition.title}: no verified values yet."
        first = f"{self.definition.title}, {self.period}: {self.shown}; target {self.target_shown}."
        rated = f"{self.sign.word}." if self.level is not Level.UNKNOWN else ""
        varies = NOT_JUDGED_SENTENCES[Cause.PARTLY_HIDDEN] if self.latest.hidden else said(self.evaluation)
        return " ".join(filter(None, [first, rated, varies]))


def views(definitions: Sequence[Definition], material: Mapping[str, Material]) -> tuple[KpiView, ...]:
    """The views of these KPIs, evaluated together for each ruleset."""
    known = [(one, material.get(one.code, Material())) for one in definitions]
    goals = [goals_of(one, found.targets, [row.start for row in found.findings]) for one, found in known]
    targets = [[goal.target for goal in row] for row in goals]
    evaluations: dict[int, Evaluation] = {}
    for name, ruleset in RULESETS.items():
        places = [i for i, (one, _) in enumerate(known) if one.spc_ruleset == name]
        results = evaluate_all([series_of(*known[i], targets[i]) for i in places], ruleset=ruleset)
        evaluations.update(zip(places, results, strict=True))
    return tuple(view_of(one, found, goals[i], evaluations[i]) for i, (one, found) in enumerate(known))


def view_of(definition: Definition, found: Material, goals: Sequence[Goal], evaluation: Evaluation) -> KpiView:
    latest = found.findings[-1].value if found.findings else None
    goal = goals[-1] if goals else Goal(None)
    rebases = [step.start for step in found.rebases]
    hidden = [finding.start for finding in found.findings if finding.hidden]
    return KpiView(
        definition,
        tuple(found.findings),
        judged(evaluation, rebases=rebases, hidden=hidden),
        tuple(each.target for each in goals),
        level(definition, latest, goal.target, goal.threshold),
        tuple(found.notes),
        tuple(found.rebases),
        tuple(found.targets),
    )


def series_of(definition: Definition, found: Material, targets: Sequence[float | None]) -> Series:
    """The series of the periods that have a value which may be shown."""
    valued = [(finding.start, finding.value) for finding in found.findings if finding.value is not None]
    return Series(
        [start for start, _ in valued],
        [value for _, value in valued],
        definition.spc_direction,
        target=targets[-1] if targets else None,
        rebases=[step.start for step in found.rebases],
    )


def goals_of(definition: Definition, steps: Sequence[Step], starts: Sequence[date]) -> list[Goal]:
    """The goal of each period: the last one set on or before its start, else that of its definition's version."""
    own = own_goals(definition, starts)
    if not steps or definition.band:
        return own
    set_from = [step.start for step in steps]
    goals = [Goal(step.value, step.threshold) for step in steps]
    places = [bisect_right(set_from, start) for start in starts]
    return [goals[place - 1] if place else goal for place, goal in zip(places, own, strict=True)]


def own_goals(definition: Definition, starts: Sequence[date]) -> list[Goal]:
    """What the definition asks for; a period from before this version keeps the levels of its own."""
    if definition.version == 1:
        return [Goal(default_target(definition))] * len(starts)
    return [own_goal(definition, period_of(definition, start)) for start in starts]


def own_goal(definition: Definition, period: Period) -> Goal:
    if period.end >= definition.effective_from:
        return Goal(default_target(definition))
    earlier = for_period(definition.code, period)
    return Goal(default_target(earlier), earlier.thresholds.threshold)


def default_target(definition: Definition) -> float | None:
    """The full service level; a band has no single target."""
    return None if definition.band else definition.thresholds.full


def shown(definition: Definition, found: Finding | None) -> str:
    """A finding as people read it: its value, or why there is none."""
    if found is None:
        return "no value"
    if found.hidden:
        return "not shown (small numbers)"
    return definition.shown(found.value) if found.value is not None else OUTCOME_LABELS[found.outcome]


def period_of(definition: Definition, start: date) -> Period:
    return Period(start, definition.frequency)
