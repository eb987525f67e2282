"""Steps of a change of an approved study for tests, each made through the services by the person who makes it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from hcqic_gov.ethics import modifications, queries
from hcqic_gov.ethics.application import Application
from hcqic_gov.ethics.models import EthicsCase, EthicsVersion
from hcqic_gov.ethics.modifications import Amendment
from hcqic_gov.ethics.states import Method, Purpose
from hcqic_gov.ethics.versions import versions_of
from tests.ethics_steps import APPLICATION, MEMBERS, allocate, heard, move
from tests.factories import World
from tests.remembered import remembered

UNTIL = date(2027, 6, 1)
"""Until when a favourable opinion of these tests holds."""
NARROWER: dict[str, Any] = {"methods": (Method.HPC,)}
WIDER: dict[str, Any] = {"methods": (*APPLICATION.methods, Method.AI)}
SMALLER_WORDS: dict[str, Any] = {"title": "Rosters from annealing"}
OTHER_PURPOSE: dict[str, Any] = {"purposes": (*APPLICATION.purposes, Purpose.EDUCATION)}


def amendment(base: Application = APPLICATION, *, until: date | None = UNTIL, **changes: Any) -> Amendment:
    return Amendment(replace(base, **changes), until, "The first results ask for it.")


def begun(
    world: World, study: str, *, by: str = "project_lead", until: date | None = UNTIL, **changes: Any
) -> EthicsCase:
    """A draft on what is approved now, whatever changed since the tests' application."""
    with world.writing() as session:
        seen = queries.case(session, study).version
        entered = amendment(until=until, **changes)
        return modifications.begin(session, study, entered, seen=seen, actor=world[by], now=world.now)


def edited(
    world: World, case: EthicsCase, *, by: str = "project_lead", until: date | None = UNTIL, **changes: Any
) -> None:
    with world.writing() as session:
        seen = queries.case(session, case.reference).version
        entered = amendment(until=until, **changes)
        modifications.edit(session, case.reference, entered, seen=seen, actor=world[by], now=world.now)


def recorded(world: World, study: str, **changes: Any) -> EthicsCase:
    return move(world, begun(world, study, **(changes or SMALLER_WORDS)).reference, "record", by="project_lead")


def notified(world: World, study: str, **changes: Any) -> EthicsCase:
    return move(world, begun(world, study, **(changes or NARROWER)).reference, "notify", by="project_lead")


def submitted(world: World, study: str, **changes: Any) -> EthicsCase:
    return move(world, begun(world, study, **(changes or WIDER)).reference, "submit", by="project_lead")


@remembered
def in_review(world: World, study: str, **changes: Any) -> EthicsCase:
    case = submitted(world, study, **changes)
    move(world, case.reference, "validate", by="ethics_officer")
    return allocate(world, case.reference)


@remembered
def decided(
    world: World, study: str, decision: str = "approve", *, members: Sequence[str] = MEMBERS, **changes: Any
) -> EthicsCase:
    case = in_review(world, study, **changes)
    heard(world, case.reference, decision, members=members)
    return move(world, case.reference, decision, by=members[0], reason="The committee found it so.")


def versions(world: World, study: str) -> Sequence[EthicsVersion]:
    with world.reading() as session:
        return versions_of(session, queries.case(session, study))
