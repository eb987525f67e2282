"""Reads of scenarios: the list, a page with its appraisal, and the comparison of all current ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlmodel import Session, col, select

from hcqic_gov.core.actor import Actor
from hcqic_gov.db import found
from hcqic_gov.people.queries import names
from hcqic_gov.policy.access import Resource
from hcqic_gov.scenarios import appraisal, assumptions
from hcqic_gov.scenarios.appraisal import Appraisal, Case, Flow, SweepPoint
from hcqic_gov.scenarios.models import Scenario, ScenarioEvent, ScenarioLine
from hcqic_gov.scenarios.rules import CURRENT, Option, ScenarioFacts, ScenarioState


@dataclass(frozen=True, slots=True)
class ScenarioFilter:
    """What a person looks for; empty values do not restrict."""

    option: Option | None = None
    state: ScenarioState | None = None


@dataclass(frozen=True, slots=True)
class ScenarioRow:
    """One line of the list."""

    reference: str
    option: Option
    title: str
    state: ScenarioState
    owner: str
    last_year: int
    price_year: int


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """The result by a schedule that is not in force."""

    title: str
    npsv: Decimal
    bcr: Decimal | None


@dataclass(frozen=True, slots=True)
class ScenarioView:
    """A whole scenario for its page, with its appraisal; one results file for screen and report."""

    record: Scenario
    owner: str
    baseline: Scenario | None
    lines: Sequence[ScenarioLine]
    events: Sequence[tuple[ScenarioEvent, str]]
    result: Appraisal
    sweep: Sequence[SweepPoint]
    sensitivities: Sequence[Sensitivity]
    facts: ScenarioFacts

    @property
    def years(self) -> Sequence[int]:
        """The calendar years of year 0 to the last."""
        return [self.record.first_year + year for year in range(self.record.last_year + 1)]


@dataclass(frozen=True, slots=True)
class Compared:
    """One scenario in the comparison."""

    record: Scenario
    result: Appraisal
    sweep: Sequence[SweepPoint]


@dataclass(frozen=True, slots=True)
class Comparison:
    """All current scenarios against one business as usual, and the options that are missing."""

    baseline: Scenario
    scenarios: Sequence[Compared]

    @property
    def missing(self) -> Sequence[Option]:
        """Of the two options that a comparison always shows."""
        present = {compared.record.option for compared in self.scenarios}
        return [option for option in (Option.S1,) if option not in present]


def scenarios(session: Session, wanted: ScenarioFilter) -> Sequence[ScenarioRow]:
    """The list, by option and newest first, in two queries."""
    exact = {Scenario.option: wanted.option, Scenario.state: wanted.state}
    conditions = [column == value for column, value in exact.items() if value is not None]
    statement = select(Scenario).where(*conditions).order_by(col(Scenario.option), col(Scenario.id).desc())
    rows = session.exec(statement).all()
    who = names(session, {row.owner_id for row in rows})
    return [
        ScenarioRow(r.reference, r.option, r.title, r.state, who[r.owner_id], r.last_year, r.price_year) for r in rows
    ]


def scenario(session: Session, reference: str) -> Scenario:
    """Errors: NotFound."""
    row = session.exec(select(Scenario).where(Scenario.reference == reference)).first()
    return found(row, f"scenario {reference}")


def resource(session: Session, reference: str) -> Resource:
    """The scenario as the access policies see it. Errors: NotFound."""
    return resource_of(scenario(session, reference))


def resource_of(row: Scenario) -> Resource:
    return Resource("Scenario", row.reference, {"owner": frozenset({row.owner_id, row.last_editor_id})})


def lines_of(session: Session, *keys: int) -> Mapping[int, Sequence[ScenarioLine]]:
    """The lines of these scenarios by scenario, in one query."""
    statement = select(ScenarioLine).where(col(ScenarioLine.scenario_id).in_(keys)).order_by(col(ScenarioLine.id))
    lines: dict[int, list[ScenarioLine]] = {key: [] for key in keys}
    for line in session.exec(statement):
        lines[line.scenario_id].append(line)
    return lines


def case_of(row: Scenario, lines: Sequence[ScenarioLine]) -> Case:
    """The scenario as the appraisal takes it, with the upper bounds of its optimism bias."""
    bounds = assumptions.optimism()
    flows = tuple(Flow(line.kind, line.values, bounds.upper(line.bias), line.stream) for line in lines)
    return Case(row.last_year, flows, Decimal(row.mitigation) / 100)


def basis_of(row: Scenario, schedule: str | None = None) -> appraisal.Basis:
    rates = assumptions.schedule(schedule or row.schedule)
    return appraisal.basis(rates, assumptions.values().qaly_societal, row.last_year)


def facts_of(session: Session, row: Scenario, *, actor: Actor, reason: str = "") -> ScenarioFacts:
    """What the guards look at, for a move that this person would make now."""
    baseline = session.get(Scenario, row.baseline_id) if row.baseline_id else None
    same_baseline = col(Scenario.baseline_id) == (row.baseline_id or 0)
    beside = session.exec(select(Scenario).where(same_baseline, col(Scenario.state).in_(CURRENT)))
    return ScenarioFacts(
        option=row.option,
        actor_id=actor.id,
        owner_id=row.owner_id,
        last_editor_id=row.last_editor_id,
        reviewer_id=row.reviewer_id,
        kinds=frozenset(line.kind for line in lines_of(session, row.key)[row.key]),
        baseline_state=baseline.state if baseline else None,
        compared=frozenset(other.option for other in beside),
        reason=reason,
    )


def scenario_view(session: Session, row: Scenario, *, actor: Actor) -> ScenarioView:
    """Everything on a scenario's page; business as usual is measured against itself."""
    baseline = session.get(Scenario, row.baseline_id) if row.baseline_id else None
    against = baseline or row
    lines = lines_of(session, row.key, against.key)
    case, base = case_of(row, lines[row.key]), case_of(against, lines[against.key])
    statement = select(ScenarioEvent).where(ScenarioEvent.scenario_id == row.id)
    events = session.exec(statement.order_by(col(ScenarioEvent.id).desc())).all()
    who = names(session, {event.actor_id for event in events} | {row.owner_id})
    return ScenarioView(
        record=row,
        owner=who[row.owner_id],
        baseline=baseline,
        lines=lines[row.key],
        events=[(event, who.get(event.actor_id, "somebody")) for event in events],
        result=appraisal.appraise(case, base, basis_of(row)),
        sweep=appraisal.sweep(case, base, basis_of(row)),
        sensitivities=sensitivities(row, case, base),
        facts=facts_of(session, row, actor=actor, reason="given on the form"),
    )


def sensitivities(row: Scenario, case: Case, base: Case) -> Sequence[Sensitivity]:
    results = [(s.title, appraisal.appraise(case, base, basis_of(row, s.id))) for s in assumptions.sensitivities()]
    return [Sensitivity(title, result.npsv, result.bcr) for title, result in results]


def baselines(session: Session) -> Sequence[Scenario]:
    """Current business-as-usual scenarios, the newest first."""
    statement = select(Scenario).where(Scenario.option == Option.S0, col(Scenario.state).in_(CURRENT))
    return session.exec(statement.order_by(col(Scenario.id).desc())).all()


def comparison(session: Session, baseline: Scenario) -> Comparison:
    """All current scenarios against this business as usual, by option, in two queries."""
    current = (col(Scenario.baseline_id) == baseline.id, col(Scenario.state).in_(CURRENT))
    statement = select(Scenario).where(sa.or_(sa.and_(*current), col(Scenario.id) == baseline.id))
    rows = session.exec(statement.order_by(col(Scenario.option), col(Scenario.id))).all()
    lines = lines_of(session, *(row.key for row in rows))
    base = case_of(baseline, lines[baseline.key])
    cases = [(row, case_of(row, lines[row.key])) for row in rows]
    return Comparison(
        baseline,
        [
            Compared(row, appraisal.appraise(case, base, basis_of(row)), appraisal.sweep(case, base, basis_of(row)))
            for row, case in cases
        ],
    )


def adopted_at(session: Session, moment: datetime) -> Scenario | None:
    """The scenario that was the adopted one just before this moment."""
    valid = sa.or_(col(Scenario.superseded_at).is_(None), col(Scenario.superseded_at) >= moment)
    statement = select(Scenario).where(col(Scenario.adopted_at) < moment, valid)
    return session.exec(statement.order_by(col(Scenario.adopted_at).desc())).first()
