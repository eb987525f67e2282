"""Each kind of signed paper, taken in the tests' centre as its page does it."""

from collections.abc import Callable
from functools import partial
from typing import Any

from sqlmodel import Session

from hcqic_gov.committee import queries as committees
from hcqic_gov.committee import service as committee
from hcqic_gov.core.canonical import canonical
from hcqic_gov.ethics.dossier import dossier
from hcqic_gov.ethics.minutes import minutes_paper
from hcqic_gov.ethics.opinions import letter
from hcqic_gov.reporting import papers
from hcqic_gov.reporting.papers import Content
from hcqic_gov.reporting.rules import PaperKind
from hcqic_gov.scenarios import queries as scenarios
from hcqic_gov.scenarios.paper import board_paper
from hcqic_gov.scenarios.rules import Option
from hcqic_gov.settings import Settings
from reports import documents
from reports.signing import signing
from tests import ethics_steps, funding_world
from tests.factories import World

READER = "ethics_officer"


def content(kind: PaperKind, about: str, value: Any, render: Callable[[Any], bytes]) -> Content:
    return Content(kind, about, canonical(value), partial(render, value))


def letter_of(session: Session, _world: World, reference: str) -> Content:
    return content(PaperKind.LETTER, reference, letter(session, reference), documents.letter)


def dossier_of(session: Session, world: World, reference: str) -> Content:
    value = dossier(session, reference, reader=world[READER], now=world.now)
    return content(PaperKind.DOSSIER, reference, value, documents.dossier)


def minutes_of(session: Session, world: World, reference: str) -> Content:
    value = minutes_paper(session, reference, actor=world[READER], now=world.now)
    return content(PaperKind.MINUTES, reference, value, documents.minutes)


def board_of(session: Session, _world: World, reference: str) -> Content:
    value = board_paper(session, scenarios.scenario(session, reference))
    return content(PaperKind.BOARD, reference, value, documents.board_paper)


MAKERS = {
    PaperKind.LETTER: letter_of,
    PaperKind.DOSSIER: dossier_of,
    PaperKind.MINUTES: minutes_of,
    PaperKind.BOARD: board_of,
}


def about(world: World, kind: PaperKind) -> str:
    """The reference of a record of which there is such a paper."""
    if kind is PaperKind.BOARD:
        baseline = funding_world.scenario(world, Option.S0)
        funding_world.scenario(world, Option.S2, baseline=baseline)
        return baseline.reference
    if kind is PaperKind.MINUTES:
        return minuted(world)
    return ethics_steps.decided(world, world.project(active=True)).reference


def minuted(world: World) -> str:
    meeting = world.plan_meeting()
    case = ethics_steps.in_review(world, world.project(active=True), meeting=meeting)
    ethics_steps.heard(world, case.reference, "favourable")
    ethics_steps.give(world, case.reference, "favourable")
    with world.writing() as session:
        seen, officer = committees.meeting(session, meeting.reference).version, world["ethics_officer"]
        text = "The next meeting is in July."
        committee.write_minutes(session, meeting.reference, text, seen=seen, actor=officer, now=world.now)
        committee.move(session, meeting.reference, "close", actor=world["chair"], now=world.now)
        committee.move(session, meeting.reference, "confirm_minutes", actor=world["chair"], now=world.now)
    return meeting.reference


def take(world: World, kind: PaperKind, reference: str, *, by: str = READER) -> bytes:
    with world.writing() as session:
        one = MAKERS[kind](session, world, reference)
        return papers.issued(session, one, signing(Settings(), demo=True), actor=world[by], now=world.now)


def unsigned(world: World, kind: PaperKind, reference: str) -> bytes:
    with world.reading() as session:
        return MAKERS[kind](session, world, reference).render()
