"""Quorum by composition, and how a vote carries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcqic_gov.committee.rules import MemberKind
from hcqic_gov.ethics.packs import EthicsPack, ModificationRule, QuorumRule, packs
from hcqic_gov.ethics.quorum import Ballot, Seat, carries, counted, quorum
from hcqic_gov.ethics.states import ABSTAIN, Track

PACKS: dict[str, EthicsPack] = {pack.id: pack for pack in packs()}
KINDS = {"E": MemberKind.EXPERT, "L": MemberKind.LAY, "P": MemberKind.LAY_PLUS}


def committee(text: str) -> list[Seat]:
    """E expert, L lay, P lay plus; + chair, ! recused, ~ out of term, ? undeclared: "E+ L E!".

    Members are numbered in turn, or by the figure before the letter: "1E+ 1E+" is one person twice.
    """
    return [
        Seat(
            int(word[0]) if word[0].isdigit() else number,
            f"Member {number}",
            KINDS[word.lstrip("0123456789")[0]],
            "+" in word,
            "~" not in word,
            "!" in word,
            "?" not in word,
        )
        for number, word in enumerate(text.split(), start=1)
    ]


def rule(pack: str, track: Track = Track.FULL) -> QuorumRule:
    return PACKS[pack].review(track).quorum


# Who is present, whether they are quorate, and the live statement.
FULL_2026 = [
    ("E+ E E E L", True, "5 present, chair, 1 lay: quorate; fewer than the 7 aimed for"),
    ("E+ E E L L", True, "5 present, chair, 2 lay: quorate; fewer than the 7 aimed for"),
    ("E+ E E E L E", True, "6 present, chair, 1 lay: quorate; fewer than the 7 aimed for"),
    ("E+ E E E L E L", True, "7 present, chair, 2 lay: quorate"),  # as many as are aimed for
    ("E+ E E E L E L P E", True, "9 present, chair, 3 lay: quorate"),
    # a lay chair is the chair and the lay member in one
    ("L+ E E E E", True, "5 present, chair, 1 lay: quorate; fewer than the 7 aimed for"),
    ("P+ E E E E", True, "5 present, chair, 1 lay: quorate; fewer than the 7 aimed for"),
    ("E+ E E E P", True, "5 present, chair, 1 lay: quorate; fewer than the 7 aimed for"),  # lay plus is lay
    ("L+ L L L L", True, "5 present, chair, 5 lay: quorate; fewer than the 7 aimed for"),  # experts are not asked for
    ("E+ E E E E", False, "5 present, chair, 0 lay: not quorate, needs 1 lay"),
    ("E+ E E E E E E", False, "7 present, chair, 0 lay: not quorate, needs 1 lay"),
    ("E E E L L", False, "5 present, no chair, 2 lay: not quorate, needs the chair"),
    ("E+ E E L", False, "4 present, chair, 1 lay: not quorate, needs 5 members"),
    ("E E E E", False, "4 present, no chair, 0 lay: not quorate, needs 5 members, the chair, 1 lay"),
    ("", False, "0 present, no chair, 0 lay: not quorate, needs 5 members, the chair, 1 lay"),
    # a recusal while the vote is open breaks what was quorate
    ("E+ E E E L!", False, "4 present, chair, 0 lay: not quorate, needs 5 members, 1 lay; 1 recused"),
    ("E+! E E L L", False, "4 present, no chair, 2 lay: not quorate, needs 5 members, the chair; 1 recused"),
    ("E+! E E E L L", False, "5 present, no chair, 2 lay: not quorate, needs the chair; 1 recused"),
    ("L+! E E E E L", False, "5 present, no chair, 1 lay: not quorate, needs the chair; 1 recused"),
    ("L+! E E E E E", False, "5 present, no chair, 0 lay: not quorate, needs the chair, 1 lay; 1 recused"),
    ("E+ E E E! L", False, "4 present, chair, 1 lay: not quorate, needs 5 members; 1 recused"),
    ("E+ E E E E L!", False, "5 present, chair, 0 lay: not quorate, needs 1 lay; 1 recused"),
    ("E+ E E E L L!", True, "5 present, chair, 1 lay: quorate; 1 recused; fewer than the 7 aimed for"),
    ("E+ E E E L L E L!", True, "7 present, chair, 2 lay: quorate; 1 recused"),
    ("E+ E E+! E E L", True, "5 present, chair, 1 lay: quorate; 1 recused; fewer than the 7 aimed for"),
    ("E+! E+! E E L L", False, "4 present, no chair, 2 lay: not quorate, needs 5 members, the chair; 2 recused"),
    ("E+! E! E! L! L!", False, "0 present, no chair, 0 lay: not quorate, needs 5 members, the chair, 1 lay; 5 recused"),
    # terms
    ("E+ E E E L~", False, "4 present, chair, 0 lay: not quorate, needs 5 members, 1 lay; 1 out of term"),
    ("E+~ E E E L L", False, "5 present, no chair, 2 lay: not quorate, needs the chair; 1 out of term"),
    ("E+ E E E~ L L", True, "5 present, chair, 2 lay: quorate; 1 out of term; fewer than the 7 aimed for"),
    ("E+~ E+ E E E L", True, "5 present, chair, 1 lay: quorate; 1 out of term; fewer than the 7 aimed for"),
    (
        "E+~ E~ E~ L~ L~",
        False,
        "0 present, no chair, 0 lay: not quorate, needs 5 members, the chair, 1 lay; 5 out of term",
    ),
    ("E+ E E E L~!", False, "4 present, chair, 0 lay: not quorate, needs 5 members, 1 lay; 1 recused"),  # told once
    # declarations
    ("E+ E E E L?", False, "4 present, chair, 0 lay: not quorate, needs 5 members, 1 lay; 1 undeclared"),
    ("E+ E E E L L?", True, "5 present, chair, 1 lay: quorate; 1 undeclared; fewer than the 7 aimed for"),
    (
        "E+? E? E? L? L?",
        False,
        "0 present, no chair, 0 lay: not quorate, needs 5 members, the chair, 1 lay; 5 undeclared",
    ),
    (
        "E+ E L! L~ L?",
        False,
        "2 present, chair, 0 lay: not quorate, needs 5 members, 1 lay; 1 recused; 1 out of term; 1 undeclared",
    ),
    # who is named twice is one person
    ("1E+ 2E 3E 4L 4L", False, "4 present, chair, 1 lay: not quorate, needs 5 members"),
    ("1E+ 1E+ 2E 3E 4E 5L", True, "5 present, chair, 1 lay: quorate; fewer than the 7 aimed for"),
]
FULL_2004 = [
    ("E+ E E E E E L", True, "7 present, chair, 1 lay: quorate"),
    ("E+ E E E E L", False, "6 present, chair, 1 lay: not quorate, needs 7 members"),
    ("L+ L L L L L L", False, "7 present, chair, 7 lay: not quorate, needs 1 expert"),
    ("L+ L L L L L E", True, "7 present, chair, 6 lay: quorate"),
    ("L+ L L L P P E", True, "7 present, chair, 6 lay: quorate"),
    ("L+ L L L L L L E!", False, "7 present, chair, 7 lay: not quorate, needs 1 expert; 1 recused"),
    ("L+ L L L L L E!", False, "6 present, chair, 6 lay: not quorate, needs 7 members, 1 expert; 1 recused"),
    ("E+ L L L L L L", True, "7 present, chair, 6 lay: quorate"),  # the chair is the expert
    ("E+ E E E E E E", False, "7 present, chair, 0 lay: not quorate, needs 1 lay"),
    ("E E E E E L L", False, "7 present, no chair, 2 lay: not quorate, needs the chair"),
    ("E+ E E E E E L L~", True, "7 present, chair, 1 lay: quorate; 1 out of term"),
    ("1E+ 2E 3E 4E 5E 6L 6L", False, "6 present, chair, 1 lay: not quorate, needs 7 members"),
]
PROPORTIONATE = [
    ("E E L", True, "3 present, no chair, 1 lay: quorate"),  # without the chair
    ("E+ L L", True, "3 present, chair, 2 lay: quorate"),
    ("L L L", True, "3 present, no chair, 3 lay: quorate"),
    ("E E E", False, "3 present, no chair, 0 lay: not quorate, needs 1 lay"),
    ("E L", False, "2 present, no chair, 1 lay: not quorate, needs 3 members"),
    ("E E L!", False, "2 present, no chair, 0 lay: not quorate, needs 3 members, 1 lay; 1 recused"),
    ("E E~ L L", True, "3 present, no chair, 2 lay: quorate; 1 out of term"),
    ("E E? L", False, "2 present, no chair, 1 lay: not quorate, needs 3 members; 1 undeclared"),
]
TABLE = [
    *((pack, Track.FULL, *row) for row in FULL_2026 for pack in ("uk-rec-2026", "centre-default")),
    *(("uk-rec-2004", Track.FULL, *row) for row in FULL_2004),
    *((pack, Track.PROPORTIONATE, *row) for row in PROPORTIONATE for pack in PACKS),
]


@pytest.mark.parametrize(("pack", "track", "text", "quorate", "said"), TABLE)
def test_committees(pack: str, track: Track, text: str, quorate: bool, said: str) -> None:
    ruling = quorum(committee(text), rule(pack, track))
    assert ruling.allowed is quorate
    assert ruling.code == ("" if quorate else "quorate")
    assert ruling.reason == said


@pytest.mark.parametrize("pack", PACKS)
def test_a_modification_asks_for_the_quorum_of_the_full_committee_unless_it_has_its_own(pack: str) -> None:
    full = rule(pack)
    assert PACKS[pack].review(Track.PROPORTIONATE, modification=True).quorum == full
    own = QuorumRule(members=3, lay=1, expert=0, chair=True)
    changed = PACKS[pack].model_copy(update={"modification": ModificationRule(first_decision_days=35, quorum=own)})
    assert changed.review(Track.FULL, modification=True).quorum == own
    assert changed.review(Track.FULL).quorum == full
    silent = PACKS[pack].model_copy(update={"modification": None})
    assert silent.review(Track.FULL, modification=True) == silent.tracks[Track.FULL]


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
