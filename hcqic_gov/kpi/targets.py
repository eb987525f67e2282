"""Targets by period: one from a period on, or a straight line over several; what was set before stays on record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from sqlmodel import Session, col, select

from hcqic_gov.audit.service import record, snapshot
from hcqic_gov.core.actor import Actor
from hcqic_gov.core.calendar import Frequency, Period, london_day
from hcqic_gov.core.calendar import periods as between
from hcqic_gov.core.errors import Invalid
from hcqic_gov.db import hold
from hcqic_gov.kpi import periods, queries
from hcqic_gov.kpi.closing_rules import targets_open
from hcqic_gov.kpi.definitions import Aim, Definition
from hcqic_gov.kpi.models import Target
from hcqic_gov.kpi.rules import SIGNS, Sign, level
from hcqic_gov.kpi.service import definition_for, require_reason
from hcqic_gov.kpi.views import Finding, Goal, KpiView, goals_of, shown
from hcqic_gov.people.models import Person
from hcqic_gov.policy.access import may

AROUND = {Frequency.MONTHLY: 12, Frequency.QUARTERLY: 8, Frequency.ANNUAL: 5}
"""How many past and how many coming periods the page of the targets shows."""
LONGEST = 60
"""Periods of one trajectory."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A target to be set, and the least that is tolerable (None: as the definition says)."""

    value: float
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class Trajectory:
    """A straight line from one period's target to a later one's."""

    first: Period
    last: Period
    begin: float
    end: float

    def wanted(self, threshold: float | None, decimals: int) -> Mapping[Period, Wanted]:
        """What is wanted of each period; between its ends as precise as the KPI is shown. Errors: Invalid."""
        steps = list(between(self.first, self.last)) if self.first.frequency is self.last.frequency else []
        if not 2 <= len(steps) <= LONGEST:
            said = f"Choose a last period after the first one, at most {LONGEST} periods in all"
            raise Invalid(f"{said}.", {"last": said})
        slope = (self.end - self.begin) / (len(steps) - 1)
        values = {one: round(self.begin + slope * place, decimals) for place, one in enumerate(steps)}
        values |= {self.first: self.begin, self.last: self.end}
        return {period: Wanted(value, threshold) for period, value in values.items()}


def set_target(
    session: Session,
    code: str,
    period: Period,
    value: float,
    *,
    threshold: float | None = None,
    reason: str,
    actor: Actor,
    now: datetime,
) -> Target:
    """What the board wants from this period on. Errors: Refused, NotFound, Invalid."""
    return put(session, code, {period: Wanted(value, threshold)}, reason=reason, actor=actor, now=now)[0]


def set_trajectory(
    session: Session,
    code: str,
    line: Trajectory,
    *,
    threshold: float | None = None,
    reason: str,
    actor: Actor,
    now: datetime,
) -> Sequence[Target]:
    """A target for each period of the line; the last one holds on. Errors: Refused, NotFound, Invalid."""
    wanted = line.wanted(threshold, definition_for(code, line.first).decimals)
    return put(session, code, wanted, reason=reason, actor=actor, now=now)


def put(
    session: Session, code: str, wanted: Mapping[Period, Wanted], *, reason: str, actor: Actor, now: datetime
) -> Sequence[Target]:
    """These targets in place of those that were set for the same periods. Errors: Refused, NotFound, Invalid."""
    first, last = min(wanted), max(wanted)
    definition = definition_for(code, first)
    may(actor, "kpi.set_target", queries.resource_of(definition)).require()
    for one in wanted.values():
        require_settable(definition, one)
    require_reason(reason)
    hold(session, [f"kpi targets {code}"], alone=True)
    require_not_closed(session, code, first, last, now=now)
    known = in_force(session, code)

    for period in sorted(wanted.keys() & known.keys()):
        replace(session, known[period], reason=reason, actor=actor, now=now)
    return [add(session, code, period, one, reason=reason, actor=actor, now=now) for period, one in wanted.items()]


def replace(session: Session, old: Target, *, reason: str, actor: Actor, now: datetime) -> None:
    """The target is history; flushed at once, for only one may be in force."""
    before = snapshot(old)
    old.replaced_at = now
    record(session, "kpi.replace_target", old, actor=actor, now=now, before=before, note=reason)


def add(
    session: Session, code: str, period: Period, one: Wanted, *, reason: str, actor: Actor, now: datetime
) -> Target:
    target = Target(
        code=code,
        period=period.code,
        period_start=period.start,
        value=one.value,
        threshold=one.threshold,
        reason=reason.strip(),
        set_by=actor.id,
        created_at=now,
    )
    session.add(target)
    record(session, "kpi.set_target", target, actor=actor, now=now, note=reason)
    return target


def require_settable(definition: Definition, one: Wanted) -> None:
    """Errors: Invalid for a band, and for a tolerable level beyond the target."""
    if definition.band:
        raise Invalid("This KPI has a band. A new band is a new version of its definition.")
    better = 1 if definition.direction is Aim.UP else -1
    if one.threshold is not None and better * (one.value - one.threshold) < 0:
        side = "above" if better > 0 else "below"
        said = f"The least that is tolerable cannot lie {side} the target"
        raise Invalid(f"{said}.", {"threshold": said})


def require_not_closed(session: Session, code: str, first: Period, last: Period, *, now: datetime) -> None:
    """Nobody closes a period that the targets reach until they are set. Errors: Refused where one is closed."""
    current = Period.containing(london_day(now), first.frequency)
    closed = periods.held(session, *between(first, current))
    until = min((one.start for one in in_force(session, code) if one > last), default=None)
    targets_open([Period.parse(one) for one in closed], first, until).require()


def in_force(session: Session, code: str) -> Mapping[Period, Target]:
    """The targets that were set and not replaced, by their first period."""
    statement = select(Target).where(Target.code == code, col(Target.replaced_at).is_(None))
    return {Period.parse(one.period): one for one in session.exec(statement)}


@dataclass(frozen=True, slots=True)
class Decision:
    """A target that was set, in force or replaced, with the name of who set it."""

    target: Target
    by: str


def decisions(session: Session, code: str) -> Sequence[Decision]:
    """All targets that were ever set for a KPI, the newest decision first."""
    statement = (
        select(Target, Person.name)
        .outerjoin(Person, col(Person.id) == col(Target.set_by))
        .where(Target.code == code)
        .order_by(col(Target.created_at).desc(), col(Target.period_start).desc(), col(Target.id).desc())
    )
    return [Decision(target, name or queries.SYSTEM) for target, name in session.execute(statement)]


@dataclass(frozen=True, slots=True)
class Resolution:
    """What was set at once and stands alike: one target, or those of a trajectory; its first and its last one."""

    first: Decision
    last: Decision


def resolutions(told: Sequence[Decision]) -> Sequence[Resolution]:
    """The newest first."""
    alike = groupby(told, key=lambda row: (row.target.created_at, row.by, row.target.reason, row.target.replaced_at))
    groups = [list(rows) for _, rows in alike]
    return [Resolution(rows[-1], rows[0]) for rows in groups]


@dataclass(frozen=True, slots=True)
class Rung:
    """One period with the goal that holds for it, where the goal was set, and how its value stands against it."""

    period: Period
    goal: Goal
    decision: Decision | None
    """Of the period itself; None where an earlier target, or the definition, holds on."""
    shown: str
    sign: Sign
    closed: bool


def ladder(view: KpiView, told: Sequence[Decision], closed: frozenset[str], today: date) -> Sequence[Rung]:
    """The periods around today, and as far as targets were set, the oldest first."""
    one = view.definition
    current, reach = Period.containing(today, one.frequency), AROUND[one.frequency]
    set_for = {Period.parse(row.target.period): row for row in told if row.target.replaced_at is None}
    last = max([current.shifted(reach), *set_for])
    wanted = [period for period in between(current.shifted(-reach), last) if period.end >= one.effective_from]
    found = {finding.start: finding for finding in view.findings}
    goals = goals_of(one, view.steps, [period.start for period in wanted])
    return [
        rung(view, period, goal, set_for.get(period), found.get(period.start), period.code in closed)
        for period, goal in zip(wanted, goals, strict=True)
    ]


def rung(
    view: KpiView, period: Period, goal: Goal, decision: Decision | None, found: Finding | None, closed: bool
) -> Rung:
    value = found.value if found else None
    sign = SIGNS[level(view.definition, value, goal.target, goal.threshold)]
    return Rung(period, goal, decision, shown(view.definition, found) if found else "", sign, closed)
