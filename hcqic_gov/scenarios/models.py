"""Tables of operating-model scenarios."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from hcqic_gov import db
from hcqic_gov.db import Record
from hcqic_gov.scenarios.rules import LONGEST, Bias, FundingStream, LineKind, Option, ScenarioState


class Scenario(Record, table=True):
    """An option with its assumptions, measured against a business-as-usual scenario over the same years.

    `mitigation` is the share of its optimism bias that is mitigated, in per cent; `schedule` the discount schedule
    in force when it was begun. An adopted one is frozen: `content_hash` over `frozen`, which holds its lines, those
    of its baseline, the fingerprints of the policies, and the results.
    """

    __tablename__ = "scenario"
    reference: str = Field(unique=True, max_length=20)
    option: Option = db.choice(Option, index=True)
    title: str = Field(max_length=200)
    summary: str = db.text(default="")
    state: ScenarioState = db.choice(ScenarioState, default=ScenarioState.DRAFT, index=True)
    first_year: int
    last_year: int
    price_year: int
    mitigation: int = 0
    schedule: str = Field(max_length=40)
    baseline_id: int | None = Field(default=None, foreign_key="scenario.id", index=True)
    owner_id: int = Field(foreign_key="person.id", index=True)
    last_editor_id: int = Field(foreign_key="person.id")
    reviewer_id: int | None = Field(default=None, foreign_key="person.id")
    reviewed_at: datetime | None = db.moment(default=None)
    adopted_by: int | None = Field(default=None, foreign_key="person.id")
    adopted_at: datetime | None = db.moment(default=None, index=True)
    superseded_at: datetime | None = db.moment(default=None)
    content_hash: str = Field(default="", max_length=64)
    frozen: dict[str, Any] | None = db.json(default=None)

    __table_args__ = (
        sa.Index(
            "uq_scenario_adopted",
            "state",
            unique=True,
            sqlite_where=sa.text("state = 'adopted'"),
            postgresql_where=sa.text("state = 'adopted'"),
        ),
        sa.CheckConstraint("(option = 'S0') = (baseline_id IS NULL)", name="baseline"),
        sa.CheckConstraint(f"last_year BETWEEN 1 AND {LONGEST}", name="last_year"),
        sa.CheckConstraint("mitigation BETWEEN 0 AND 100", name="mitigation"),
        sa.CheckConstraint("(state IN ('adopted', 'superseded')) = (adopted_at IS NOT NULL)", name="adopted"),
        sa.CheckConstraint(
            "(adopted_at IS NULL) = (adopted_by IS NULL) AND (adopted_at IS NULL) = (content_hash = '')", name="frozen"
        ),
        sa.CheckConstraint("(state = 'superseded') = (superseded_at IS NOT NULL)", name="superseded"),
        sa.CheckConstraint(
            "(reviewer_id IS NULL) = (reviewed_at IS NULL) AND (state <> 'reviewed' OR reviewer_id IS NOT NULL)",
            name="reviewed",
        ),
    )


class ScenarioLine(Record, table=True):
    """One assumption: an amount for each year from 0 to the scenario's last, as text so that it stays exact."""

    __tablename__ = "scenario_line"
    scenario_id: int = Field(foreign_key="scenario.id", index=True)
    kind: LineKind = db.choice(LineKind)
    title: str = Field(max_length=120)
    stream: FundingStream | None = db.choice(FundingStream, default=None, nullable=True)
    bias: Bias = db.choice(Bias, default=Bias.NONE)
    source: str = Field(default="", max_length=300)
    amounts: list[str] = db.json()

    __table_args__ = (
        sa.CheckConstraint("(kind = 'funding') = (stream IS NOT NULL)", name="stream"),
        sa.CheckConstraint("kind IN ('capital', 'running') OR bias = 'none'", name="bias"),
    )

    @property
    def values(self) -> tuple[Decimal, ...]:
        return tuple(Decimal(amount) for amount in self.amounts)


class ScenarioEvent(Record, table=True):
    """A move of a scenario, with the reason given for it."""

    __tablename__ = "scenario_event"
    scenario_id: int = Field(foreign_key="scenario.id", index=True)
    move: str = Field(max_length=40)
    state: ScenarioState = db.choice(ScenarioState)
    at: datetime = db.moment()
    actor_id: int
    reason: str = db.text(default="")
