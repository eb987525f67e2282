"""Steps of an ethics case for tests, each made through the services by the person who makes it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from hcqic_gov.core.calendar import london_day
from hcqic_gov.ethics import service
from hcqic_gov.ethics.approvals import ApprovalEntry, ApprovalKind, ApprovalStatus
from hcqic_gov.ethics.models import EthicsCase
from hcqic_gov.ethics.rules import NewCondition, Proposal
from hcqic_gov.ethics.service import Application
from hcqic_gov.ethics.states import ConsentBasis, Interest, Method, Purpose, Track, WorkKind
from hcqic_gov.projects.models import Project
from hcqic_gov.projects.rules import DataClass
from tests.factories import MEMBERS as MEMBERS
from tests.factories import World

APPLICATION = Application(
    "Rosters from simulated annealing",
    "We compare ways to make rosters. No real person's data is used.",
    WorkKind.RESEARCH,
    False,
    DataClass.SYNTHETIC,
    (Purpose.METHOD_DEVELOPMENT,),
    (Method.HPC, Method.QUANTUM_SIMULATION),
    "Nobody: all data is made up.",
    ConsentBasis.NO_PEOPLE,
)
PRE_START = NewCondition("Name the data manager.", pre_start=True)


def draft(world: World, project: Project, *, by: str = "project_lead", **changes: Any) -> EthicsCase:
    application = replace(APPLICATION, **changes)
    with world.writing() as session:
        return service.apply(session, project.reference, application, actor=world[by], now=world.now)


def move(world: World, reference: str, name: str, *, by: str, **proposal: Any) -> EthicsCase:
    with world.writing() as session:
        return service.move(session, reference, name, Proposal(**proposal), actor=world[by], now=world.now)


def submitted(world: World, project: Project, *, by: str = "project_lead", **changes: Any) -> EthicsCase:
    case = draft(world, project, by=by, **changes)
    move(world, case.reference, "send_to_sponsor", by=by)
    return move(world, case.reference, "authorise", by="sponsor")


def in_review(world: World, project: Project, *, track: Track = Track.FULL, **changes: Any) -> EthicsCase:
    case = submitted(world, project, **changes)
    move(world, case.reference, "validate", by="ethics_officer")
    return move(world, case.reference, "allocate", by="ethics_officer", track=track)


def heard(world: World, reference: str, choice: str, *, members: Sequence[str] = MEMBERS) -> None:
    """The members are present, declare no interest, and vote alike."""
    with world.writing() as session:
        present = [world[name].id for name in members]
        service.record_attendance(session, reference, present, actor=world["ethics_officer"], now=world.now)
        for name in members:
            service.declare_interest(session, reference, Interest.NONE, actor=world[name], now=world.now)
            service.vote(session, reference, choice, actor=world[name], now=world.now)


def decided(world: World, project: Project, decision: str = "favourable", **changes: Any) -> EthicsCase:
    """Decided by the full committee; valid for a year, with one pre-start condition where it carries conditions."""
    case = in_review(world, project, **changes)
    heard(world, case.reference, decision)
    return give(world, case.reference, decision)


def give(world: World, reference: str, decision: str, *, valid_to: date | None = None, by: str = "chair") -> EthicsCase:
    day = london_day(world.now)
    return move(
        world,
        reference,
        decision,
        by=by,
        reason="The committee found it so.",
        valid_from=day,
        valid_to=valid_to or day.replace(year=day.year + 1),
        conditions=(PRE_START,) if decision == "favourable_conditions" else (),
    )


def approved_elsewhere(world: World, project: Project, *kinds: ApprovalKind, valid_to: date | None = None) -> None:
    """External approvals, granted from today for every class of data."""
    with world.writing() as session:
        for kind in kinds:
            entry = ApprovalEntry(
                kind,
                ApprovalStatus.GRANTED,
                "EX-1",
                valid_from=london_day(world.now),
                valid_to=valid_to,
                data_class=DataClass.IDENTIFIABLE,
            )
            service.record_approval(session, project.reference, entry, actor=world["ethics_officer"], now=world.now)
