"""Two chairs decide the same case at the same moment, over real connections on both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

from hcqic_gov.audit.queries import history, verify_chain
from hcqic_gov.committee.rules import MemberKind
from hcqic_gov.committee.service import Term
from hcqic_gov.core.actor import Actor
from hcqic_gov.core.errors import Refused
from hcqic_gov.ethics import queries, service
from hcqic_gov.ethics.hearing import timeline
from hcqic_gov.ethics.rules import Proposal
from hcqic_gov.ethics.states import Interest, State
from hcqic_gov.people.rules import Role
from tests.ethics_steps import heard, in_review
from tests.factories import World

ROUNDS = 20
OPINION = Proposal(reason="Sound.", valid_from=date(2026, 6, 1), valid_to=date(2027, 5, 31))


def add_vice_chair(world: World) -> Actor:
    day = world.now.date()
    with world.writing() as session:
        vice = world.add_person(session, "vice_chair", {Role.CHAIR})
        term = Term(vice.id, MemberKind.LAY, day - timedelta(days=9), day + timedelta(days=9), chair=True)
        world.appoint(session, term)
    return vice


def decide_at_once(world: World, reference: str, chairs: tuple[Actor, Actor]) -> dict[str, str]:
    """By chair: "" for who decided, else the sentence of the refusal."""
    start = Barrier(2)

    def attempt(chair: Actor) -> str:
        start.wait(10)
        try:
            with world.database.transaction() as session:
                service.move(session, reference, "favourable", OPINION, actor=chair, now=world.now)
        except Refused as refusal:
            return f"{refusal.code}: {refusal}"
        return ""

    with ThreadPoolExecutor(2) as pool:
        return dict(zip((chair.name for chair in chairs), pool.map(attempt, chairs), strict=True))


def test_one_decides_and_the_other_is_told(world: World) -> None:
    chairs = world["chair"], add_vice_chair(world)
    project = world.project(active=True)
    for _ in range(ROUNDS):
        case = in_review(world, project)
        heard(
            world,
            case.reference,
            "favourable",
            members=("chair", "expert_two", "committee_lay", "lay_two", "lay_three"),
        )
        with world.writing() as session:
            service.declare_interest(session, case.reference, Interest.NONE, actor=chairs[1], now=world.now)

        outcome = decide_at_once(world, case.reference, chairs)

        assert sorted(sentence == "" for sentence in outcome.values()) == [False, True]
        winner = next(name for name, sentence in outcome.items() if sentence == "")
        told = next(sentence for sentence in outcome.values() if sentence)
        assert told.startswith(
            f"still_undecided: {winner} decided {case.reference} on 1 June 2026 at 11:00: favourable opinion."
        )
        with world.reading() as session:
            decided = queries.case(session, case.reference)
            assert decided.state is State.FAVOURABLE
            assert decided.decided_by == next(chair.id for chair in chairs if chair.name == winner)
            assert [event.move for event in timeline(session, decided)].count("favourable") == 1
            actions = [entry.action for entry in history(session, "ethics_case", decided.key)]
            assert actions.count("ethics.favourable") == 1
    with world.reading() as session:
        assert verify_chain(session).whole
