"""Votes, a recusal and the decision at the same moment, over eight real connections on both databases.

`HCQIC_ROUNDS=200` sets the number of rounds; the suite runs fewer.
"""

import os
import random
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from threading import Barrier
from time import sleep
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from hcqic_gov.audit.models import AuditEntry
from hcqic_gov.audit.queries import head, verify_chain
from hcqic_gov.core.errors import Refused
from hcqic_gov.ethics import queries, service
from hcqic_gov.ethics.facts import Proposal
from hcqic_gov.ethics.models import EthicsCase, EthicsEvent, EthicsInterest, EthicsVersion, EthicsVote
from hcqic_gov.ethics.states import Interest, State
from hcqic_gov.projects.models import Project
from tests.ethics_steps import MEMBERS, heard, in_review, move, open_vote, vote
from tests.factories import World

ROUNDS = int(os.environ.get("HCQIC_ROUNDS", "24"))
OPINION = Proposal(reason="Sound.", valid_from=date(2026, 6, 1), valid_to=date(2027, 5, 31))
FIVE = ("chair", "committee_expert", "expert_two", "expert_three", "committee_lay")
"""Just quorate: any recusal breaks it."""
UNDECIDED = dict.fromkeys(("opinion", "decided_at", "decided_by", "decided_meeting_id", "valid_from", "valid_to"))
Command = Callable[[Session], object]


@dataclass
class Case:
    """A case with its vote open and these members present; each round begins from the same rows."""

    world: World
    reference: str
    key: int
    present: Sequence[str]
    first_votes: Sequence[str]
    rest: list[str] = field(default_factory=list)

    @classmethod
    def make(cls, world: World, project: Project, present: Sequence[str], first_votes: Sequence[str]) -> "Case":
        row = in_review(world, project)
        open_vote(world, row.reference, members=present)
        vote(world, row.reference, "favourable", *first_votes)
        return cls(world, row.reference, row.key, present, first_votes)

    def wind_back(self) -> None:
        """The rows as they were when the vote was opened: faster than to make 200 cases, and not what is tested."""
        first = [self.world[name].id for name in self.first_votes]
        mine = {"ethics_vote": EthicsVote, "ethics_interest": EthicsInterest, "ethics_version": EthicsVersion}
        with self.world.database.engine.execution_options(hcqic_write=True).begin() as connection:
            values = {**UNDECIDED, "state": State.IN_REVIEW, "vote_open": True, "decided_as": "", "quorum": ""}
            connection.execute(sa.update(EthicsCase).where(col(EthicsCase.id) == self.key).values(**values))
            others = sa.and_(col(EthicsVote.case_id) == self.key, col(EthicsVote.person_id).not_in(first))
            connection.execute(sa.delete(EthicsVote).where(others))
            votes = sa.update(mine["ethics_vote"]).where(col(EthicsVote.case_id) == self.key)
            connection.execute(votes.values(choice="favourable"))
            connection.execute(
                sa.update(EthicsInterest).where(col(EthicsInterest.case_id) == self.key).values(interest=Interest.NONE)
            )
            connection.execute(
                sa.update(EthicsVersion).where(col(EthicsVersion.case_id) == self.key).values(effective_from=None)
            )
            decided = sa.and_(col(EthicsEvent.case_id) == self.key, col(EthicsEvent.move) == "favourable")
            connection.execute(sa.delete(EthicsEvent).where(decided))


def at_once(world: World, commands: Sequence[tuple[str, Command]], chance: random.Random) -> list[tuple[str, str]]:
    """Each command in a thread and a connection of its own: its name, and "" or the code and sentence of a refusal."""
    start, waits = Barrier(len(commands)), [chance.random() * 0.02 for _ in commands]

    def attempt(named: tuple[str, Command], wait: float) -> tuple[str, str]:
        start.wait(20)
        sleep(wait)
        try:
            with world.database.transaction() as session:
                named[1](session)
        except Refused as refusal:
            return named[0], f"{refusal.code}: {refusal}"
        return named[0], ""

    with ThreadPoolExecutor(len(commands)) as pool:
        return list(pool.map(attempt, commands, waits))


def commands_of(case: Case, chance: random.Random) -> list[tuple[str, Command]]:
    """Five votes, one recusal, and the decision in two tabs of who is in the chair."""
    world, aside = case.world, chance.choice(case.present[1:])
    voters = chance.sample(list(case.present), 5)
    return [
        *((f"vote {name}", voting(case, name, chance.choice(("favourable", "favourable", "unfavourable"))))
          for name in voters),
        (f"recuse {aside}", lambda session: service.declare_interest(
            session, case.reference, Interest.RECUSED, details="A friend.", actor=world[aside], now=world.now)),
        *(("decide", lambda session: service.move(
            session, case.reference, "favourable", OPINION, actor=world["chair"], now=world.now)) for _ in range(2)),
    ]  # fmt: skip


def voting(case: Case, name: str, choice: str) -> Command:
    world = case.world
    return lambda session: service.vote(session, case.reference, choice, actor=world[name], now=world.now)


def entries_since(world: World, number: int) -> Sequence[AuditEntry]:
    """In the order in which they were committed: that is what the chain is for."""
    with world.reading() as session:
        statement = select(AuditEntry).where(col(AuditEntry.number) > number).order_by(col(AuditEntry.number))
        return session.exec(statement).all()


@dataclass
class Replay:
    """The round told again, one entry after the other."""

    present: set[int]
    votes: dict[int, str]
    chair: int
    lay: set[int]
    aside: set[int] = field(default_factory=set)
    decided: bool = False

    def tell(self, entry: AuditEntry) -> None:
        after: dict[str, Any] = entry.details["after"]
        if entry.action == "ethics.declare_interest":
            self.aside.add(entry.actor_id)  # also after the decision, which stands
            return
        assert not self.decided, f"{entry.action} after the decision"
        if entry.action == "ethics.vote":
            assert entry.actor_id not in self.aside, "a vote of who stepped aside"
            self.votes[entry.actor_id] = after["choice"]
        else:
            assert entry.action == "ethics.favourable"
            self.require_lawful()
            self.decided = True

    def require_lawful(self) -> None:
        """Quorate after recusals, enough votes, and more than half of them by people who count."""
        seats = self.present - self.aside
        counted = Counter(choice for number, choice in self.votes.items() if number in seats)
        assert len(seats) >= 5
        assert self.chair in seats
        assert seats & self.lay
        assert counted.total() >= 5
        assert 2 * counted["favourable"] > counted.total()


def round_of(case: Case, chance: random.Random) -> str:
    """What came of one round: "decided", or "not decided"."""
    world = case.world
    case.wind_back()
    with world.reading() as session:
        before = head(session)[0]
    outcome = at_once(world, commands_of(case, chance), chance)

    number = {name: world[name].id for name in case.present}
    lay = {number[name] for name in case.present if "lay" in name}
    first = {number[name]: "favourable" for name in case.first_votes}
    replay = Replay(set(number.values()), first, number["chair"], lay)
    written = entries_since(world, before)
    for entry in written:
        replay.tell(entry)
    made = [name for name, refusal in outcome if not refusal]
    assert len(written) == len(made), outcome
    require_told(outcome)
    require_rows(case, replay)
    return "decided" if replay.decided else "not decided"


def require_told(outcome: Sequence[tuple[str, str]]) -> None:
    """At most one tab decides; the other is told who was first, or why nobody may."""
    decisions = [refusal for name, refusal in outcome if name == "decide"]
    assert decisions.count("") <= 1
    if "" in decisions:
        told = next((refusal for refusal in decisions if refusal), "")
        first = "still_undecided: Chair decided HCQIC-E-2026-"
        lawful_then = ("quorate:", "vote_carries:")  # the other tab came before, when it was not yet lawful
        assert told.startswith((first, *lawful_then)), told
    assert all(refusal.endswith(".") for _, refusal in outcome if refusal), outcome


def require_rows(case: Case, replay: Replay) -> None:
    """No vote is lost: the rows are what the entries said, in order."""
    with case.world.reading() as session:
        row = queries.case(session, case.reference)
        votes = session.exec(select(EthicsVote).where(EthicsVote.case_id == case.key)).all()
        assert {vote.person_id: vote.choice for vote in votes} == replay.votes
        assert (row.state is State.FAVOURABLE) == replay.decided
        assert row.decided_by == (case.world["chair"].id if replay.decided else None)


def test_votes_a_recusal_and_the_decision_at_once(world: World) -> None:
    project, chance = world.project(active=True), random.Random(20260601)
    tight = Case.make(world, project, FIVE, FIVE[:4])
    roomy = Case.make(world, project, MEMBERS, MEMBERS)
    results = Counter(
        round_of(case, chance) for number in range(ROUNDS) for case in ((tight,) if number % 3 else (roomy,))
    )
    print(f"\n{world.database.engine.dialect.name}: {dict(results)} of {ROUNDS} rounds")  # noqa: T201
    assert set(results) == {"decided", "not decided"}
    with world.reading() as session:
        assert verify_chain(session).whole


def test_of_two_tabs_one_decides_and_the_other_is_told(world: World) -> None:
    case = in_review(world, world.project(active=True))
    heard(world, case.reference, "favourable")
    decide: Command = lambda session: service.move(  # noqa: E731
        session, case.reference, "favourable", OPINION, actor=world["chair"], now=world.now
    )
    outcome = at_once(world, [("decide", decide)] * 8, random.Random(1))
    told = [refusal for _, refusal in outcome if refusal]
    assert len(told) == 7
    for sentence in told:
        assert sentence == (
            "still_undecided: Chair decided HCQIC-E-2026-0001 on 1 June 2026 at 11:00: favourable opinion. "
            "Nothing of yours was saved."
        )


def test_of_the_delegate_and_the_chair_one_decides(world: World) -> None:
    """The committee left the decision to a member; the chair, without a vote, has none to give."""
    case = in_review(world, world.project(active=True))
    heard(world, case.reference, "request_information")
    delegate = world["committee_expert"]
    move(
        world, case.reference, "request_information", by="chair", questions=("Where is the data?",),
        person_id=delegate.id,
    )  # fmt: skip
    with world.writing() as session:
        service.answer(session, case.reference, 1, "Here.", actor=world["project_lead"], now=world.now)
    move(world, case.reference, "respond", by="project_lead")

    def decide(by: str) -> Command:
        return lambda session: service.move(
            session, case.reference, "favourable", OPINION, actor=world[by], now=world.now
        )

    commands = [(by, decide(by)) for by in ("committee_expert", "chair") * 4]
    outcome = at_once(world, commands, random.Random(2))
    assert [who for who, refusal in outcome if not refusal] == ["committee_expert"]
    for who, refusal in outcome:
        first = "still_undecided: Committee Expert decided HCQIC-E-2026-0001"
        assert not refusal or refusal.startswith((first, "vote_carries:") if who == "chair" else first)
