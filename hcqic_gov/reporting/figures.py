"""One KPI of the dashboard as a report keeps it: the same words, the same points."""

from collections.abc import Iterator

from hcqic_gov.kpi.rules import Level as KpiLevel
from hcqic_gov.kpi.rules import Outcome
from hcqic_gov.kpi.spc import Variation
from hcqic_gov.kpi.spc_rules import Cause as Rule
from hcqic_gov.kpi.views import REVISED, KpiView, period_of, shown
from hcqic_gov.reporting.snapshot import Cause, Kpi, Level, Point

LEVELS = {
    KpiLevel.EXCEEDS: Level.GREEN,
    KpiLevel.MET: Level.GREEN,
    KpiLevel.NEAR: Level.AMBER,
    KpiLevel.MISSED: Level.RED,
}
CAUSES = {
    Variation.COMMON_CAUSE: Cause.COMMON,
    Variation.IMPROVEMENT: Cause.IMPROVEMENT,
    Variation.CONCERN: Cause.CONCERN,
    Variation.NEUTRAL_HIGH: Cause.NEUTRAL,
    Variation.NEUTRAL_LOW: Cause.NEUTRAL,
    Variation.NOT_JUDGED: Cause.NOT_JUDGED,
}


def figure(view: KpiView) -> Kpi:
    one, latest, evaluation = view.definition, view.latest, view.evaluation
    return Kpi(
        code=one.code,
        name=one.title,
        dimension=one.dimension.value,
        definition=one.definition,
        unit=one.unit,
        decimals=one.decimals,
        reading=view.shown,
        value=latest.value if latest else None,
        target=view.target_shown,
        level=level(view),
        status=view.sign.word if view.level in LEVELS else "",
        variation=view.variation.word,
        variation_cause=CAUSES[evaluation.variation] if evaluation.variation and view.assessed else Cause.NOT_JUDGED,
        assurance=view.assurance.word,
        period=view.period,
        basis=one.basis.value,
        source="worked out from the registers" if one.computed else "entered, verified by a second person",
        summary=view.sentence,
        ruleset=evaluation.ruleset,
        policy=one.fingerprint,
        points=tuple(points(view)),
    )


def read_again(view: KpiView, period: str) -> tuple[str, str]:
    """What people read of this period (its label) and the label; of the latest where there is none of that period."""
    labels = {period_of(view.definition, one.start).label: one for one in view.findings}
    return (shown(view.definition, labels[period]), period) if period in labels else (view.shown, view.period)


def level(view: KpiView) -> Level:
    """Without a value: not reported, or, where it is hidden or has no answer, not rated."""
    if view.level is not KpiLevel.UNKNOWN:
        return LEVELS[view.level]
    latest = view.latest
    return Level.NOT_REPORTED if latest is None or latest.outcome is Outcome.NOT_REPORTED else Level.NOT_RATED


def points(view: KpiView) -> Iterator[Point]:
    """The points of the chart with the lines that hold for each."""
    notes: dict[object, str] = {}
    for note in view.notes:
        notes[note.start] = " ".join(filter(None, [notes.get(note.start, ""), note.text]))
    for found in view.findings:
        if found.revised:
            notes[found.start] = " ".join(filter(None, [notes.get(found.start, ""), f"{REVISED.capitalize()}."]))
    for point, target, limits in zip(view.evaluation.points, view.point_targets, view.evaluation.limits, strict=True):
        yield Point(
            period=period_of(view.definition, point.day).code,
            day=point.day,
            value=point.value,
            mean=limits.mean if limits else None,
            lower=limits.lower if limits else None,
            upper=limits.upper if limits else None,
            near_lower=limits.near_lower if limits else None,
            near_upper=limits.near_upper if limits else None,
            target=target,
            cause=CAUSES[point.variation],
            rule="" if point.cause is Rule.COMMON else point.cause.value,
            note=notes.get(point.day, ""),
        )
