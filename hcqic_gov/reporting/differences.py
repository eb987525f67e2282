"""What one report says otherwise than another: for its reviewer, and for whoever holds the version before it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain

from hcqic_gov.core.calendar import Period, day_words
from hcqic_gov.core.money import pounds
from hcqic_gov.core.numbers import measured
from hcqic_gov.reporting.snapshot import Difference, FunderReport, Kpi, Level

Said = tuple[str, str, str]
"""Part of the report, what is said there of what, and in which words."""


def differences(old: FunderReport, new: FunderReport) -> tuple[Difference, ...]:
    """In the order of the report; what stands only in the older one comes last.

    None only where both say the same, but for when they were frozen and how late a milestone was on that day. Of
    reports on two periods, a moved window of time is no difference.
    """
    before, after = numbered(said(old)), numbered(said(new))
    keys = [*after, *(key for key in before if key not in after)]
    listed = (Difference(*key[:2], before.get(key, ""), after.get(key, "")) for key in keys)
    found = tuple(one for one in (*listed, *points(old, new)) if one.before != one.after)
    return found if found or timeless(old) == timeless(new) else (REDRAWN,)


REDRAWN = Difference("Charts", "Lines and limits", "as they were", "drawn anew")


def timeless(report: FunderReport) -> FunderReport:
    """Without what only the day of its making decides."""
    steps = tuple(replace(one, level=Level.NOT_RATED, status="") for one in report.milestones)
    return replace(report, about=replace(report.about, frozen_at=datetime(1, 1, 1, tzinfo=UTC)), milestones=steps)


def numbered(lines: Iterable[Said]) -> Mapping[tuple[str, str, int], str]:
    """Two of the same name are told apart by their order."""
    seen: Counter[tuple[str, str]] = Counter()
    found = {}
    for part, what, words in lines:
        seen[part, what] += 1
        found[part, what, seen[part, what]] = words
    return found


def said(report: FunderReport) -> Iterator[Said]:
    parts = (about, narrative, kpis, plan, money, results, governance, sources)
    return chain.from_iterable(part(report) for part in parts)


def about(report: FunderReport) -> Iterator[Said]:
    yield "Report", "Title and funder", f"{report.about.title}; {report.about.funder}"
    yield "Report", "Awards", ", ".join(report.about.awards)


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
        details = (one.basis, one.source, one.ruleset, one.assurance, one.summary)
        yield "KPI in detail", f"{one.code} {one.name}", "; ".join(filter(None, details))


def plan(report: FunderReport) -> Iterator[Said]:
    for step in report.milestones:
        met = f"met {day_words(step.actual)}" if step.actual else "not met"
        dates = f"baseline {day_words(step.baseline)}, forecast {day_words(step.forecast)}, {met}"
        yield "Milestone", f"{step.title} ({step.project})", dates
    for risk in report.risks:
        score = f"{risk.category}, likelihood {risk.likelihood}, impact {risk.impact}"
        yield "Risk", f"{risk.title} ({risk.project})", f"{risk.status}; {score}; {risk.response}"


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


def sources(report: FunderReport) -> Iterator[Said]:
    for one in report.sources:
        yield "Source", one.part, "; ".join(filter(None, [one.query, one.note]))


def points(old: FunderReport, new: FunderReport) -> Iterator[Difference]:
    """Of the charts of both: all where the reports are on the same period, else those that both windows hold."""
    known = {one.code: one for one in old.kpis}
    whole = old.about.period_code == new.about.period_code
    for one in new.kpis:
        if one.code in known:
            before, after = pointed(known[one.code]), pointed(one)
            for period in sorted(before.keys() | after.keys() if whole else before.keys() & after.keys()):
                what = f"{one.code} {one.name}, {Period.parse(period).label}"
                yield Difference("Earlier value", what, before.get(period, ""), after.get(period, ""))


def pointed(one: Kpi) -> Mapping[str, str]:
    """What the chart says at each period."""
    said = {}
    for point in one.points:
        target = "" if point.target is None else f"target {measured(point.target, one.unit, one.decimals)}"
        words = (measured(point.value, one.unit, one.decimals), target, point.note)
        said[point.period] = ", ".join(filter(None, words))
    return said
