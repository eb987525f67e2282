"""What each KPI means: one policy file for each version of a definition."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from functools import cache
from itertools import groupby
from types import MappingProxyType
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from hcqic_gov.core.calendar import Frequency, Period
from hcqic_gov.core.errors import BrokenPolicy, NotFound
from hcqic_gov.core.numbers import measured
from hcqic_gov.kpi.spc import Direction
from hcqic_gov.kpi.spc_rules import RULESETS, Ruleset
from hcqic_gov.people.rules import Role
from hcqic_gov.policy.files import PolicyFile, in_force, read_folder

ENTERED = "entered"


class Dimension(StrEnum):
    """Aligned to the five dimensions named by Health Innovation North West Coast."""

    HEALTH = "health"
    RESEARCH = "research"
    OPERATIONS = "operations"
    ECONOMY = "economy"
    ENGAGEMENT = "engagement"

    @property
    def label(self) -> str:
        return DIMENSION_LABELS[self]


DIMENSION_LABELS = {
    Dimension.HEALTH: "Health outcomes",
    Dimension.RESEARCH: "Research outputs",
    Dimension.OPERATIONS: "Operational metrics",
    Dimension.ECONOMY: "Economic effects",
    Dimension.ENGAGEMENT: "Engagement",
}


class Aim(StrEnum):
    """Which way is better: up, down, or within a band."""

    UP = "up"
    DOWN = "down"
    BAND = "band"


class Basis(StrEnum):
    """Measured on people or equipment, or worked out by a model; the two stand apart."""

    MEASURED = "measured"
    MODELLED = "modelled"


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Band(Part):
    """The values within which a KPI is on target, both included."""

    lower: float
    upper: float

    @model_validator(mode="after")
    def ordered(self) -> Self:
        if self.lower >= self.upper:
            raise ValueError("the lower end of a band lies below its upper end")
        return self


class Thresholds(Part):
    """Service levels: the least that is tolerable, the full level, and the level beyond it.

    With a band they are distances outside it: `full` is 0 and there is no upper level.
    """

    threshold: float
    full: float
    upper: float | None = None


def known_ruleset(name: str) -> str:
    if name not in RULESETS:
        raise ValueError(f"no such SPC ruleset; there are {', '.join(RULESETS)}")
    return name


class Definition(PolicyFile):
    """One version of a KPI's definition; a version in use is never edited, only superseded by another file.

    A KPI with a `denominator` is `factor` times numerator over denominator; one without is entered or worked out as
    a value, and `numerator` says of what. `small_numbers` is the count below which persons are not shown (0: never).
    `due_working_days` is how long after its end a period may stay without a verified value.
    """

    code: Annotated[str, Field(pattern=r"^[HROEG][1-9][0-9]{0,2}$")]
    version: Annotated[int, Field(ge=1)]
    dimension: Dimension
    definition: str
    numerator: str
    denominator: str = ""
    factor: Literal[1, 100, 1000] = 1
    unit: str
    decimals: Annotated[int, Field(ge=0, le=4)]
    direction: Aim
    band: Band | None = None
    frequency: Frequency
    source: str
    owner_role: Role
    basis: Basis
    thresholds: Thresholds
    spc_ruleset: Annotated[str, AfterValidator(known_ruleset)]
    small_numbers: Annotated[int, Field(ge=0)]
    due_working_days: Annotated[int, Field(ge=1)]

    @model_validator(mode="after")
    def coherent(self) -> Self:
        levels = [self.thresholds.threshold, self.thresholds.full]
        levels += [] if self.thresholds.upper is None else [self.thresholds.upper]
        if (self.direction is Aim.BAND) != (self.band is not None):
            raise ValueError("a band has limits, and only a band")
        if levels != sorted(levels, reverse=self.direction is not Aim.UP):
            raise ValueError("threshold, full and upper level follow the direction")
        if self.band and (self.thresholds.full != 0 or self.thresholds.upper is not None):
            raise ValueError("a band is met at distance 0 and has no upper level")
        if self.factor != 1 and not self.denominator:
            raise ValueError("a factor needs a denominator")
        return self

    @property
    def computed(self) -> bool:
        """Worked out from the registers, never typed."""
        return self.source != ENTERED

    @property
    def ratio(self) -> bool:
        return bool(self.denominator)

    @property
    def ruleset(self) -> Ruleset:
        return RULESETS[self.spc_ruleset]

    @property
    def spc_direction(self) -> Direction:
        """A band has no better side: its points are high or low, neither good nor bad."""
        return Direction.NEUTRAL if self.direction is Aim.BAND else Direction(self.direction.value)

    def shown(self, value: float | None) -> str:
        """For reading: `£1,200`, `93.5%`, `12 persons`; "no value" for None."""
        return "no value" if value is None else measured(value, self.unit, self.decimals)


@cache
def catalogue() -> Mapping[str, tuple[Definition, ...]]:
    """All versions of each definition by code, in the order of the codes. Errors: BrokenPolicy."""
    files = sorted(read_folder("kpis", Definition), key=lambda d: (order(d), d.version))
    versions = {code: tuple(found) for code, found in groupby(files, key=lambda d: d.code)}
    for code, found in versions.items():
        if [d.version for d in found] != list(range(1, len(found) + 1)):
            raise BrokenPolicy(f"kpis: the versions of {code} are not numbered 1, 2, 3 ...")
    return MappingProxyType(versions)


def order(definition: Definition) -> tuple[int, int]:
    """By dimension, and by the number within it: H2 before H10."""
    return list(Dimension).index(definition.dimension), int(definition.code[1:])


def definition(code: str, day: date) -> Definition:
    """The definition of this code in force on the day. Errors: NotFound."""
    latest_definition(code)
    return in_force(catalogue()[code], day)


def latest_definition(code: str) -> Definition:
    """The last version of a definition: it says who owns the KPI now. Errors: NotFound."""
    if code not in catalogue():
        raise NotFound(f"There is no KPI {code}. Choose one from the summary.")
    return catalogue()[code][-1]


def for_period(code: str, period: Period) -> Definition:
    """The definition under which a period is reported: the one in force on its last day. Errors: NotFound."""
    return definition(code, period.end)


def definitions(day: date) -> tuple[Definition, ...]:
    """All definitions in force on the day, by dimension and code."""
    return tuple(
        in_force(versions, day) for versions in catalogue().values() if any(covers(one, day) for one in versions)
    )


def covers(one: Definition, day: date) -> bool:
    return one.effective_from <= day and (one.effective_to is None or day <= one.effective_to)
