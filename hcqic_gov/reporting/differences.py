"""What one report says otherwise than another: for its reviewer, and for whoever holds the version before it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from hcqic_gov.core.calendar import Period, day_words
from hcqic_gov.core.money import pounds
from hcqic_gov.core.numbers import measured
from hcqic_gov.reporting.snapshot import Difference, FunderReport, Kpi

Said = tuple[str, str, str]
"""Part of the report, what is said there of what, and in which words."""


def differences(old: FunderReport, new: FunderReport) -> tuple[Difference, ...]:
    """In the order of the report; what stands only in the older one comes last. A moved window of time is none."""
    before, after = numbered(said(old)), numbered(said(new))
    keys = [*after, *(key for key in before if key not in after)]
    found = (Difference(*key[:2], before.get(key, ""), after.get(key, "")) for key in keys)
    return tuple(one for one in (*found, *earlier_values(old, new)) if one.before != one.after)


def numbered(lines: Iterable[Said]) -> Mapping[tuple[str, str, int], str]:
    """Two of the same name are told apart by their order."""
    seen: Counter[tuple[str, str]] = Counter()
    found = {}
    for part, what, words in lines:
        seen[part, what] += 1
        found[part, what, seen[part, what]] = words
    return found


def said(report: FunderReport) -> Iterator[Said]:
    return chain(narrative(report), kpis(report), plan(report), money(report), results(report), governance(report))


QUESTIONS = {
    "achievements": "Achievements",
    "taken_forward": "How they are taken forward",
    "objectives": "Objectives met",
    "asks": "What is asked",
    "next_period": "Next period",
}


def narrative(report: FunderReport) -> Iterator[Said]:
    for name, words in QUESTIONS.items():
        yield "Narrative", words, getattr(report.narrative, name)


def kpis(report: FunderReport) -> Iterator[Said]:
    for one in report.kpis:
        words = f"{one.reading} ({one.period}), target {one.target}"
        yield "KPI", f"{one.code} {one.name}", "; ".join(filter(None, [words, one.status, one.variation]))
    for one in report.kpis:
        yield "Definition", f"{one.code} {one.name}", f"{one.definition} ({one.policy[:12]})"


def plan(report: FunderReport) -> Iterator[Said]:
    for step in report.milestones:
        met = f"met {day_words(step.actual)}" if step.actual else "not met"
        dates = f"baseline {day_words(step.baseline)}, forecast {day_words(step.forecast)}, {met}"
        yield "Milestone", f"{step.title} ({step.project})", f"{dates}; {step.status}"
    for risk in report.risks:
        yield "Risk", f"{risk.title} ({risk.project})", f"{risk.status}; {risk.response}"


def money(report: FunderReport) -> Iterator[Said]:
    for line in report.budget:
        amounts = f"budget {pounds(line.budget)}, actual {pounds(line.actual)}, forecast {pounds(line.forecast)}"
        words = "; ".join(filter(None, [amounts, line.reason]))
        yield "Budget", f"{line.award}, {line.heading}, {line.year}", words


def results(report: FunderReport) -> Iterator[Said]:
    for output in report.outputs:
        identifier = output.identifier or "no identifier"
        yield "Output", f"{output.title} ({output.project})", f"{output.kind}, {day_words(output.day)}, {identifier}"


def governance(report: FunderReport) -> Iterator[Said]:
    for held in report.approvals:
        until = f", valid until {day_words(held.valid_until)}" if held.valid_until else ""
        name = " ".join(filter(None, [held.body, held.reference]))
        yield "Approval", f"{name} ({held.project})", f"{held.state}{until}; {held.status}"
    for event in report.incidents:
        yield "Incident", f"{event.project}, {day_words(event.day)}", event.what
    runs = report.runs
    counts = f"{runs.requested} requested, {runs.executed} executed, {runs.refused} refused, {runs.released} released"
    yield "Simulated runs", "In the period", f"{counts}, {runs.ungated} ungated"


def earlier_values(old: FunderReport, new: FunderReport) -> Iterator[Difference]:
    """Values of periods that stand in the charts of both."""
    known = {one.code: one for one in old.kpis}
    for one in new.kpis:
        if one.code in known:
            yield from points_of(known[one.code], one)


def points_of(old: Kpi, new: Kpi) -> Iterator[Difference]:
    before = {point.period: point.value for point in old.points}
    for point in new.points:
        if point.period in before:
            what = f"{new.code} {new.name}, {Period.parse(point.period).label}"
            then, now = (measured(value, new.unit, new.decimals) for value in (before[point.period], point.value))
            yield Difference("Earlier value", what, then, now)
