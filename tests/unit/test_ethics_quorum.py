"""Quorum by composition, and how a vote carries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcqic_gov.committee.rules import MemberKind
from hcqic_gov.ethics.packs import EthicsPack, QuorumRule, packs
from hcqic_gov.ethics.quorum import Ballot, Seat, carries, counted, quorum
from hcqic_gov.ethics.states import ABSTAIN, Track

PACKS: dict[str, EthicsPack] = {pack.id: pack for pack in packs()}
KINDS = {"E": MemberKind.EXPERT, "L": MemberKind.LAY, "P": MemberKind.LAY_PLUS}


def committee(text: str) -> list[Seat]:
    """E expert, L lay, P lay plus; + chair, ! recused, ~ out of term, ? undeclared: "E+ L E!"."""
    return [
        Seat(number, f"Member {number}", KINDS[word[0]], "+" in word, "~" not in word, "!" in word, "?" not in word)
        for number, word in enumerate(text.split(), start=1)
    ]


def rule(pack: str, track: Track = Track.FULL) -> QuorumRule:
    return PACKS[pack].tracks[track].quorum


FULL_2026 = [
    ("E+ E E E L", True),
    ("E+ E E L L", True),
    ("L+ E E E E", True),  # a lay chair counts as the lay member
    ("P+ E E E E", True),  # and so does a lay plus chair
    ("E+ E E E P", True),  # lay plus is lay
    ("L+ L L L L", True),  # experts are not asked for
    ("E+ E E E E", False),  # nobody lay
    ("E E E L L", False),  # no chair
    ("E+ E E L", False),  # four
    ("", False),
    ("E+ E E E L!", False),  # the only lay member stepped aside
    ("E+! E E L L", False),  # the chair stepped aside
    ("E+ E E E! L", False),  # four are left
    ("E+ E E E L L!", True),  # five are left, one of them lay
    ("E+ E E E L~", False),  # the lay member's term is over
    ("E+~ E E E L L", False),  # the chair's term is over
    ("E+ E E E~ L L", True),
    ("E+ E+! E E E L", True),  # one of two chairs stepped aside
    ("E+ E E E L E L", True),
    ("E+! E+! E E L L", False),
    ("E+ E E E L?", False),  # has not yet said whether they have an interest
    ("E+ E E E L L?", True),
]
FULL_2004 = [
    ("E+ E E E E E L", True),
    ("E+ E E E E L", False),  # six
    ("L+ L L L L L L", False),  # nobody expert
    ("L+ L L L L L E", True),
    ("L+ L L L L L E!", False),
    ("E+ E E E E E E", False),  # nobody lay
    ("E E E E E L L", False),  # no chair
    ("E+ E E E E E L L~", True),
]
PROPORTIONATE = [
    ("E E L", True),  # without the chair
    ("E+ L L", True),
    ("E E E", False),
    ("E L", False),
    ("E E L!", False),
    ("E E~ L L", True),
]
TABLE = [
    *(("uk-rec-2026", Track.FULL, *row) for row in FULL_2026),
    *(("uk-rec-2004", Track.FULL, *row) for row in FULL_2004),
    *(("centre-default", Track.PROPORTIONATE, *row) for row in PROPORTIONATE),
]


@pytest.mark.parametrize(("pack", "track", "text", "quorate"), TABLE)
def test_committees(pack: str, track: Track, text: str, quorate: bool) -> None:
    ruling = quorum(committee(text), rule(pack, track))
    assert ruling.allowed is quorate
    assert ruling.code == ("" if quorate else "quorate")


def test_the_live_statement() -> None:
    assert quorum(committee("E+ E E L L E!"), rule("uk-rec-2026")).reason == (
        "5 present, chair, 2 lay: quorate; 1 recused; fewer than the 7 aimed for"
    )
    assert quorum(committee("E E L! E~"), rule("uk-rec-2026")).reason == (
        "2 present, no chair, 0 lay: not quorate, needs 5 members, the chair, 1 lay; 1 recused; 1 out of term"
    )
    assert quorum(committee("E+ E E E E E L"), rule("uk-rec-2004")).reason == "7 present, chair, 1 lay: quorate"


def test_a_person_counts_once() -> None:
    twice = [Seat(1, "Twice", MemberKind.LAY, chair=True)] * 5
    assert len(counted(twice)) == 1
    assert not quorum(twice, rule("uk-rec-2026")).allowed


seats = st.builds(
    Seat,
    st.integers(1, 9),
    st.just("Member"),
    st.sampled_from(MemberKind),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
rules = st.builds(
    QuorumRule, members=st.integers(1, 7), lay=st.integers(0, 2), expert=st.integers(0, 2), chair=st.booleans()
)


@given(st.lists(seats, unique_by=lambda seat: seat.person_id, max_size=9), rules)
def test_those_who_do_not_count_change_nothing(present: list[Seat], asked: QuorumRule) -> None:
    eligible = [seat for seat in present if seat.in_term and seat.declared and not seat.recused]
    assert quorum(present, asked).allowed == quorum(eligible, asked).allowed
    assert quorum(list(reversed(present)), asked).allowed == quorum(present, asked).allowed


@given(st.lists(seats, unique_by=lambda seat: seat.person_id, max_size=9), rules, st.data())
def test_one_more_never_breaks_and_one_recusal_never_makes_a_quorum(
    present: list[Seat], asked: QuorumRule, data: st.DataObject
) -> None:
    more = [*present, Seat(99, "One more", data.draw(st.sampled_from(MemberKind)))]
    assert quorum(more, asked).allowed >= quorum(present, asked).allowed
    if present:
        index = data.draw(st.integers(0, len(present) - 1))
        fewer = present[:index] + present[index + 1 :]
        assert quorum(fewer, asked).allowed <= quorum(present, asked).allowed


def ballot(text: str, *, needed: int = 0, casting: bool = True) -> Ballot:
    """The chair votes first: F favourable, U unfavourable, A abstains."""
    words = {"F": "favourable", "U": "unfavourable", "A": ABSTAIN}
    votes = {number: words[letter] for number, letter in enumerate(text, start=1)}
    return Ballot(votes, 1, needed, casting)


@pytest.mark.parametrize(
    ("votes", "needed", "casting", "carried"),
    [
        ("FFF", 0, True, True),
        ("FFU", 0, True, True),
        ("UFF", 0, True, True),
        ("FUU", 0, True, False),
        ("FU", 0, True, True),  # a tie: the chair's vote carries
        ("UF", 0, True, False),  # a tie: the chair is against
        ("FU", 0, False, False),  # a tie, and the pack gives no casting vote
        ("AFU", 0, True, False),  # a tie, and the chair abstains
        ("AFF", 0, True, True),
        ("AAA", 0, True, False),
        ("", 0, True, False),
        ("FFFF", 5, True, False),  # one vote is still out
        ("FFAAA", 5, True, True),  # who abstains has voted
        ("FFFUU", 5, True, True),
    ],
)
def test_votes(votes: str, needed: int, casting: bool, carried: bool) -> None:
    assert (
        carries(ballot(votes, needed=needed, casting=casting), "favourable", "a favourable opinion").allowed is carried
    )


def test_no_chair_no_casting_vote() -> None:
    tie = Ballot({2: "favourable", 3: "unfavourable"}, None, 0, casting_vote=True)
    assert not carries(tie, "favourable", "a favourable opinion").allowed
    assert "1 of 2 votes" in carries(tie, "favourable", "a favourable opinion").reason
