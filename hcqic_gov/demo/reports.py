"""The reports to funders: two issued, one in review."""

from collections.abc import Iterator
from functools import partial

from hcqic_gov.core.calendar import Frequency, Period
from hcqic_gov.demo.stage import Clock, Part, Scene, Stage, parts
from hcqic_gov.reporting import queries, service
from hcqic_gov.reporting.gathering import Scope
from hcqic_gov.reporting.snapshot import Narrative
from hcqic_gov.settings import Settings
from reports.signing import issuing

AUTHOR, REVIEWER, MANAGER = "funding", "finance", "manager"
WRITTEN, REVIEWED, ISSUED = 12, 16, 18
"""Days after the end of the quarter."""


class Told(Part):
    """A report on an award (or on all of a funder's) for the quarter that lies so many quarters back."""

    funder: str
    award: str = ""
    back: int
    issued: bool = True
    achievements: str
    taken_forward: str
    objectives: str
    asks: str = ""
    next_period: str = ""


def scenes(clock: Clock) -> Iterator[Scene]:
    for one in parts("reports", "reports", Told):
        period = Period.containing(clock.day(1), Frequency.QUARTERLY).shifted(-one.back)
        since = (clock.today - period.end).days
        written = max(since - WRITTEN, 1)
        yield Scene(clock.at(written, 54), partial(write, one=one, period=period))
        if one.issued:
            yield Scene(clock.at(since - REVIEWED, 55), partial(approve, one=one))
            yield Scene(clock.at(since - ISSUED, 56), partial(issue, one=one))


def key(one: Told) -> str:
    return f"report/{one.funder}/{one.award}/{one.back}"


def write(stage: Stage, *, one: Told, period: Period) -> None:
    author = stage.by(AUTHOR)
    award = stage.references[f"{one.award}/award"] if one.award else ""
    words = one.model_dump(include=set(Narrative.__dataclass_fields__))
    with stage.writing() as session:
        scope = Scope(stage.organisations[one.funder], award, period)
        report = service.draft(session, scope, actor=author, now=stage.now)
        reference, seen = report.reference, report.version
        service.write(session, reference, Narrative(**words), seen=seen, actor=author, now=stage.now)
        service.submit(session, reference, actor=author, now=stage.now)
        stage.references[key(one)] = reference


def approve(stage: Stage, *, one: Told) -> None:
    with stage.writing() as session:
        seen = queries.report(session, stage.references[key(one)]).version
        reviewer = stage.by(REVIEWER)
        service.approve(session, stage.references[key(one)], seen=seen, actor=reviewer, now=stage.now)


def issue(stage: Stage, *, one: Told) -> None:
    with stage.writing() as session:
        render = issuing(Settings(), demo=True)
        service.issue(session, stage.references[key(one)], render, actor=stage.by(MANAGER), now=stage.now)
