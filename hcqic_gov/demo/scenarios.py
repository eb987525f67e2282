"""The operating models: business as usual and five others, of which one is adopted."""

from collections.abc import Iterator
from decimal import Decimal
from functools import partial

from hcqic_gov.demo.stage import Clock, Part, Scene, Stage, parts
from hcqic_gov.scenarios import service
from hcqic_gov.scenarios.rules import Bias, FundingStream, LineKind, Option

LAST_YEAR = 9


class Line(Part):
    """Amounts of the first years; the last one goes on to the end."""

    kind: LineKind
    title: str
    amounts: tuple[Decimal, ...]
    stream: FundingStream | None = None
    bias: Bias = Bias.NONE
    source: str = ""

    @property
    def to_the_end(self) -> tuple[Decimal, ...]:
        return (*self.amounts, *[self.amounts[-1]] * (LAST_YEAR + 1 - len(self.amounts)))


class Scenario(Part):
    option: Option
    title: str
    summary: str
    ago: int
    mitigation: int
    reviewed: int | None = None
    adopted: int | None = None
    lines: tuple[Line, ...]


def scenes(clock: Clock) -> Iterator[Scene]:
    for one in parts("scenarios", "scenarios", Scenario):
        yield Scene(clock.at(one.ago, 11), partial(write, one=one))
        if one.reviewed is not None:
            yield Scene(clock.at(one.reviewed, 12), partial(review, one=one))
        if one.adopted is not None:
            yield Scene(clock.at(one.adopted, 13), partial(adopt, one=one))


def write(stage: Stage, *, one: Scenario) -> None:
    baseline = None if one.option is Option.S0 else stage.numbers[Option.S0]
    first_year = stage.clock.day(0).year
    details = service.Details(
        one.option, one.title, one.summary, first_year, LAST_YEAR, first_year, one.mitigation, baseline
    )
    finance = stage.by("finance")
    with stage.writing() as session:
        row = service.create(session, details, actor=finance, now=stage.now)
        stage.numbers[one.option], stage.references[one.option] = row.key, row.reference
        for line in one.lines:
            entered = service.Line(line.kind, line.title, line.to_the_end, line.stream, line.bias, line.source)
            service.add_line(session, row.reference, entered, actor=finance, now=stage.now)


def review(stage: Stage, *, one: Scenario) -> None:
    with stage.writing() as session:
        service.move(session, stage.references[one.option], "review", actor=stage.by("finance_two"), now=stage.now)


def adopt(stage: Stage, *, one: Scenario) -> None:
    with stage.writing() as session:
        service.adopt(session, stage.references[one.option], actor=stage.by("manager"), now=stage.now)
