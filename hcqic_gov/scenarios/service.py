"""Writes of scenarios."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlmodel import Session, select

from hcqic_gov.audit.parts import change_part
from hcqic_gov.audit.service import record, snapshot
from hcqic_gov.core.actor import SYSTEM_ACTOR, Actor
from hcqic_gov.core.calendar import london_day
from hcqic_gov.core.canonical import fingerprint, plain
from hcqic_gov.core.errors import Invalid
from hcqic_gov.db import locked_by, locked_part, next_reference
from hcqic_gov.policy.access import CENTRE, may
from hcqic_gov.scenarios import appraisal, assumptions, queries
from hcqic_gov.scenarios.models import Scenario, ScenarioEvent, ScenarioLine
from hcqic_gov.scenarios.rules import (
    COSTS,
    LONGEST,
    WORKFLOW,
    Bias,
    FundingStream,
    LineKind,
    Option,
    ScenarioState,
)


@dataclass(frozen=True, slots=True)
class Details:
    """What a person enters of a scenario; its years are those of its baseline where it has one."""

    option: Option
    title: str
    summary: str
    first_year: int
    last_year: int
    price_year: int
    mitigation: int = 0
    baseline_id: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """What a person enters of a line: an amount for each year from 0 on, in pounds of the price year or in units."""

    kind: LineKind
    title: str
    amounts: tuple[Decimal, ...]
    stream: FundingStream | None = None
    bias: Bias = Bias.NONE
    source: str = ""


def create(session: Session, details: Details, *, actor: Actor, now: datetime) -> Scenario:
    """A new draft, appraised by the discount schedule in force today. Errors: Refused, Invalid."""
    may(actor, "scenarios.create", CENTRE).require()
    check_details(session, details)
    schedule = assumptions.schedule_in_force(london_day(now))

    row = Scenario(
        reference=next_reference(session, "S", now=now),
        schedule=schedule.id,
        owner_id=actor.id,
        last_editor_id=actor.id,
        created_at=now,
        **values(details),
    )
    session.add(row)
    session.flush()
    enter_event(session, row, "create", actor=actor, now=now)
    record(session, "scenarios.create", row, actor=actor, now=now, policy=schedule.fingerprint)
    return row


def edit(session: Session, reference: str, details: Details, *, seen: int, actor: Actor, now: datetime) -> Scenario:
    """New words and settings; option, baseline and years stay once there are lines. Errors: Refused, Invalid, Stale."""
    row = for_change(session, reference, seen=seen)
    before = snapshot(row)
    permit(session, "edit", row, actor=actor)
    check_details(session, details)
    fixed = (row.option, row.baseline_id, row.last_year)
    if fixed != (details.option, details.baseline_id, details.last_year) and has_dependants(session, row):
        raise Invalid("Option, baseline and years are settled once there are lines, or others measured against it.")

    for name, value in values(details).items():
        setattr(row, name, value)
    row.last_editor_id = actor.id
    record(session, "scenarios.edit", row, actor=actor, now=now, before=before)
    return row


def add_line(session: Session, reference: str, line: Line, *, actor: Actor, now: datetime) -> ScenarioLine:
    """Errors: Refused, Invalid."""
    row = for_change(session, reference)
    permit(session, "edit", row, actor=actor)
    fields = line_values(row, line)

    entered = ScenarioLine(scenario_id=row.key, created_at=now, **fields)
    session.add(entered)
    row.last_editor_id = actor.id
    record(session, "scenarios.add_line", row, part=entered, actor=actor, now=now)
    return entered


def change_line(
    session: Session, reference: str, key: int, line: Line | None, *, seen: int, actor: Actor, now: datetime
) -> None:
    """New values for a line, or its removal where there are none. Errors: Refused, Invalid, Stale, NotFound."""
    row = for_change(session, reference)
    permit(session, "edit", row, actor=actor)
    entered = locked_part(session, ScenarioLine, key, ScenarioLine.scenario_id == row.id, seen=seen, what="this line")
    fields = line_values(row, line) if line else {}

    row.last_editor_id = actor.id
    change_part(session, row, entered, fields, name="scenarios.line", actor=actor, now=now)


def move(session: Session, reference: str, name: str, *, reason: str = "", actor: Actor, now: datetime) -> Scenario:
    """Review, reopening or withdrawal. Errors: Refused."""
    row = for_change(session, reference)
    before = snapshot(row)
    permit(session, name, row, reason=reason, actor=actor)

    row.state = WORKFLOW.move(name).target or row.state
    reviewed = row.state is ScenarioState.REVIEWED
    row.reviewer_id, row.reviewed_at = (actor.id, now) if reviewed else (None, None)
    enter_event(session, row, name, reason=reason, actor=actor, now=now)
    record(session, f"scenarios.{name}", row, actor=actor, now=now, before=before, note=reason)
    return row


def adopt(session: Session, reference: str, *, actor: Actor, now: datetime) -> Scenario:
    """The scenario becomes the adopted one, frozen; the one before it is superseded. Errors: Refused."""
    row = for_change(session, reference)
    before = snapshot(row)
    permit(session, "adopt", row, actor=actor)
    frozen = frozen_content(session, row)
    earlier = session.exec(select(Scenario).where(Scenario.state == ScenarioState.ADOPTED)).all()

    for other in earlier:
        supersede(session, other, now=now)
    row.state, row.adopted_by, row.adopted_at = ScenarioState.ADOPTED, actor.id, now
    row.frozen, row.content_hash = frozen, fingerprint(frozen)
    enter_event(session, row, "adopt", actor=actor, now=now)
    policy = assumptions.schedule(row.schedule).fingerprint
    record(session, "scenarios.adopt", row, actor=actor, now=now, before=before, policy=policy)
    return row


def supersede(session: Session, row: Scenario, *, now: datetime) -> None:
    before = snapshot(row)
    row.state, row.superseded_at = ScenarioState.SUPERSEDED, now
    enter_event(session, row, "supersede", actor=SYSTEM_ACTOR, now=now)
    record(session, "scenarios.supersede", row, actor=SYSTEM_ACTOR, now=now, before=before)


def frozen_content(session: Session, row: Scenario) -> dict[str, Any]:
    """What an adoption stands on: assumptions of both scenarios, fingerprints of the policies, and the results."""
    baseline = session.get_one(Scenario, row.baseline_id)
    lines = queries.lines_of(session, row.key, baseline.key)
    cases = [queries.case_of(one, lines[one.key]) for one in (row, baseline)]
    result = appraisal.appraise(cases[0], cases[1], queries.basis_of(row))
    policies = (assumptions.schedule(row.schedule), assumptions.optimism(), assumptions.values())
    content: dict[str, Any] = plain(
        {
            "scenario": row.reference,
            "baseline": baseline.reference,
            "price_year": row.price_year,
            "assumptions": cases[0],
            "baseline_assumptions": cases[1],
            "policies": {policy.id: policy.fingerprint for policy in policies},
            "results": {"pv_costs": result.pv_costs, "pv_benefits": result.pv_benefits},
        }
    )
    return content


def for_change(session: Session, reference: str, *, seen: int | None = None) -> Scenario:
    return locked_by(session, Scenario, reference, seen=seen, what=f"scenario {reference}")


def permit(session: Session, name: str, row: Scenario, *, reason: str = "", actor: Actor) -> None:
    """Who may do it, and whether it may happen now. Errors: Refused."""
    may(actor, f"scenarios.{name}", queries.resource_of(row)).require()
    WORKFLOW.ruling(name, row.state, queries.facts_of(session, row, actor=actor, reason=reason)).require()


def enter_event(session: Session, row: Scenario, name: str, *, reason: str = "", actor: Actor, now: datetime) -> None:
    event = ScenarioEvent(
        scenario_id=row.key, move=name, state=row.state, at=now, actor_id=actor.id, reason=reason, created_at=now
    )
    session.add(event)


def values(details: Details) -> dict[str, Any]:
    return {name: getattr(details, name) for name in Details.__dataclass_fields__}


def has_dependants(session: Session, row: Scenario) -> bool:
    against = session.exec(select(Scenario.id).where(Scenario.baseline_id == row.id)).first()
    return against is not None or bool(queries.lines_of(session, row.key)[row.key])


def check_details(session: Session, details: Details) -> None:
    if not 1 <= details.last_year <= LONGEST:
        raise Invalid("The horizon is out of range.", {"last_year": f"Enter a year from 1 to {LONGEST}"})
    if not 0 <= details.mitigation <= 100:
        raise Invalid("The mitigation is out of range.", {"mitigation": "Enter a percentage from 0 to 100"})
    if details.option is Option.S0 and details.baseline_id is not None:
        raise Invalid("Business as usual has no baseline.", {"baseline_id": "Leave this empty for S0"})
    if details.option is not Option.S0:
        check_baseline(session.get(Scenario, details.baseline_id) if details.baseline_id else None, details)


def check_baseline(baseline: Scenario | None, details: Details) -> None:
    """The two are measured over the same years, in pounds of the same year."""
    if baseline is None or baseline.option is not Option.S0:
        raise Invalid(
            "There is no baseline.", {"baseline_id": "Choose the business-as-usual scenario to measure against"}
        )
    theirs = (baseline.first_year, baseline.last_year, baseline.price_year)
    if theirs != (details.first_year, details.last_year, details.price_year):
        sentence = f"Business as usual starts in {theirs[0]}, ends in year {theirs[1]}, in prices of {theirs[2]}"
        raise Invalid("The years differ from those of the baseline.", {"last_year": sentence})


def line_values(row: Scenario, line: Line) -> dict[str, Any]:
    """The columns of a line. Errors: Invalid where amounts, stream or bias do not fit its kind."""
    if len(line.amounts) != row.last_year + 1:
        raise Invalid(
            "Each year has an amount.", {"amounts": f"Enter {row.last_year + 1} amounts, for year 0 to the last"}
        )
    if any(amount < 0 for amount in line.amounts):
        raise Invalid("An amount is below zero.", {"amounts": "Enter amounts of 0 or more"})
    if (line.kind is LineKind.FUNDING) != (line.stream is not None):
        raise Invalid(
            "The funding stream does not fit.", {"stream": "Choose a stream for cash funding, and only for it"}
        )
    if line.bias is not Bias.NONE and line.kind not in COSTS:
        raise Invalid("Optimism bias does not fit.", {"bias": "Only capital and running costs carry optimism bias"})
    return {
        "kind": line.kind,
        "title": line.title,
        "stream": line.stream,
        "bias": line.bias,
        "source": line.source,
        "amounts": [str(amount) for amount in line.amounts],
    }
