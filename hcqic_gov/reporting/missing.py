"""What a report still lacks before somebody can review it, each with the page on which it is mended."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlmodel import Session

from hcqic_gov.core.calendar import Frequency, Period, day_words, london_day
from hcqic_gov.core.errors import Invalid
from hcqic_gov.core.money import pounds
from hcqic_gov.kpi.periods import gaps as kpi_gaps
from hcqic_gov.reporting.differences import QUESTIONS, differences
from hcqic_gov.reporting.gathering import gather, scope_of
from hcqic_gov.reporting.models import Report
from hcqic_gov.reporting.snapshot import FunderReport, thaw


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing that is missing; `endpoint` and `values` name its page, if it is another than the report's own."""

    words: str
    endpoint: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


def gaps(session: Session, report: Report, *, now: datetime) -> Sequence[Gap]:
    """Held against the registers as they are now, so that what is mended is gone before the data are refreshed."""
    frozen, period = thaw(report.snapshot), Period.parse(report.period)
    try:
        fresh = gather(session, scope_of(session, report), frozen.narrative, now=now)
    except Invalid as error:
        return [Gap("; ".join(error.fields.values()) or str(error))]
    return [
        *unanswered(report, frozen),
        *moved(frozen, fresh),
        *without_values(session, period),
        *variances(fresh),
        *overdue(fresh, now),
    ]


OPTIONAL = ("asks", "next_period")


def unanswered(report: Report, frozen: FunderReport) -> Iterator[Gap]:
    for name, words in QUESTIONS.items():
        if name not in OPTIONAL and not getattr(frozen.narrative, name).strip():
            yield Gap(
                f"Narrative: nothing is written about “{words}”", "reports.narrative", {"reference": report.reference}
            )


def moved(frozen: FunderReport, fresh: FunderReport) -> Iterator[Gap]:
    count = len(differences(frozen, fresh))
    if count:
        differ = "entry differs" if count == 1 else "entries differ"
        yield Gap(f"The registers moved on: {count} {differ} from the data here. Refresh the data")


def without_values(session: Session, period: Period) -> Iterator[Gap]:
    """KPIs whose value for the last month, quarter or year that ended by then is missing or not verified."""
    for frequency in Frequency:
        last = last_ended(period.end, frequency)
        for gap in kpi_gaps(session, last):
            name = f"KPI {gap.definition.code} {gap.definition.title}"
            if gap.number is None:
                yield Gap(f"{name}: no value for {last.label}", "kpi.show", {"reference": gap.definition.code})
            else:
                words = "the correction" if gap.correction else "the value"
                where = {"reference": str(gap.number)}
                yield Gap(f"{name}: {words} for {last.label} is not verified", "kpi.observation", where)


def last_ended(day: date, frequency: Frequency) -> Period:
    """The last period of this frequency that had ended by the evening of the day."""
    running = Period.containing(day, frequency)
    return running if running.end == day else running.shifted(-1)


def variances(fresh: FunderReport) -> Iterator[Gap]:
    for line in fresh.budget:
        if line.variance and not line.reason.strip():
            over = "over" if line.variance > 0 else "under"
            words = (
                f"Budget of {line.award}: {line.heading}, {line.year}, is forecast {pounds(abs(line.variance))} {over}"
            )
            yield Gap(f"{words}, without a reason", "awards.show", {"reference": line.award})


def overdue(fresh: FunderReport, now: datetime) -> Iterator[Gap]:
    for step in fresh.milestones:
        if step.actual is None and step.forecast < london_day(now):
            late = f"was forecast for {day_words(step.forecast)} and is not met"
            yield Gap(
                f"Milestone of {step.project}: “{step.title}” {late}", "projects.show", {"reference": step.project}
            )
