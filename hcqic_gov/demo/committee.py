"""The committees, the terms of their members, and their meetings."""

from collections.abc import Iterator
from functools import partial

from hcqic_gov.committee import service
from hcqic_gov.committee.rules import MemberKind
from hcqic_gov.demo.stage import Clock, Part, Scene, Stage, parts

OFFICER = "officer"


class Charter(Part):
    """`founded` is days ago."""

    key: str
    name: str
    remit: str
    founded: int


class Term(Part):
    """From the day on which the committee is founded to `last`, which is days ago."""

    committee: str
    person: str
    kind: MemberKind
    chair: bool = False
    last: int = -400


def charters() -> list[Charter]:
    return parts("committee", "committees", Charter)


def scenes(clock: Clock) -> Iterator[Scene]:
    for charter in charters():
        yield Scene(clock.at(charter.founded, 55), partial(establish, charter=charter))


def establish(stage: Stage, *, charter: Charter) -> None:
    officer = stage.by(OFFICER)
    with stage.writing() as session:
        committee = service.establish(
            session, service.Charter(charter.name, charter.remit), actor=officer, now=stage.now
        )
        stage.numbers[charter.key] = committee.key
        for one in parts("committee", "terms", Term):
            if one.committee == charter.key:
                entered = service.Term(
                    stage.by(one.person).id, one.kind, stage.today, stage.clock.day(one.last), chair=one.chair
                )
                service.appoint(session, committee.key, entered, actor=officer, now=stage.now)
