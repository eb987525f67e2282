"""The decisions by vote: which there are on an application and on a change of an approved study, and what they need."""

from hcqic_gov.core.ruling import ALLOWED, Ruling
from hcqic_gov.core.workflow import Move
from hcqic_gov.ethics import guards as g
from hcqic_gov.ethics import modification_guards as c
from hcqic_gov.ethics.facts import Facts
from hcqic_gov.ethics.quorum import carries
from hcqic_gov.ethics.states import IN_COMMITTEE, CaseKind, State, Track
from hcqic_gov.people.rules import Role

MEMBERS = (Role.COMMITTEE_EXPERT, Role.COMMITTEE_LAY, Role.CHAIR)


def vote_carries(facts: Facts) -> Ruling:
    decision = facts.proposal.decision
    label = next((move.label for move in (*DECISIONS, *ON_CHANGES) if move.name == decision), decision)
    return carries(facts.ballot, decision, label.removeprefix("give "))


def carries_or_delegated(facts: Facts) -> Ruling:
    return ALLOWED if facts.delegated else vote_carries(facts)


BY_MEMBER = (g.member_in_term, g.not_on_the_team)
BY_HEARER = (*BY_MEMBER, g.interest_declared, g.not_recused)
IN_THE_CHAIR = (*BY_HEARER, g.presides, g.quorate)
BY_VOTE = (*BY_HEARER, g.presides_or_delegated, g.quorate_or_delegated, carries_or_delegated)

OPINIONS: tuple[Move[State, Facts], ...] = (
    Move(
        "favourable",
        "give a favourable opinion",
        IN_COMMITTEE,
        State.FAVOURABLE,
        MEMBERS,
        (*BY_VOTE, g.validity_given),
    ),
    Move(
        "favourable_conditions",
        "give a favourable opinion with conditions",
        IN_COMMITTEE,
        State.FAVOURABLE_CONDITIONS,
        MEMBERS,
        (*BY_VOTE, g.reason_given, g.conditions_given, g.validity_given),
    ),
    Move(
        "unfavourable",
        "give an unfavourable opinion",
        IN_COMMITTEE,
        State.UNFAVOURABLE,
        MEMBERS,
        (*BY_VOTE, g.reason_given),
    ),
)

PROVISIONAL: tuple[Move[State, Facts], ...] = (
    Move(
        "request_information",
        "give a provisional opinion and ask for information",
        (State.IN_REVIEW,),
        State.INFO_REQUESTED,
        MEMBERS,
        (*BY_VOTE, g.full_track, g.asked_once, g.questions_given, g.delegate_fits),
    ),
    Move(
        "ask_again",
        "ask the same questions again",
        (State.RESPONSE_RECEIVED,),
        State.INFO_REQUESTED,
        MEMBERS,
        (*BY_VOTE, g.reason_given, g.same_questions),
    ),
    Move(
        "no_opinion",
        "give no opinion and send it to the full committee",
        (State.IN_REVIEW,),
        State.VALID,
        MEMBERS,
        (*BY_VOTE, g.reason_given, g.proportionate_track),
    ),
)

DECISIONS = (*OPINIONS, *PROVISIONAL)
"""One row for each kind of decision by vote: forms, votes and letters are made from these rows."""

ON_CHANGES: tuple[Move[State, Facts], ...] = (
    Move(
        "approve",
        "approve the change",
        IN_COMMITTEE,
        State.APPROVED,
        MEMBERS,
        (*BY_VOTE, c.study_changing, c.not_overtaken),
    ),
    Move(
        "not_approve",
        "not approve the change",
        IN_COMMITTEE,
        State.NOT_APPROVED,
        MEMBERS,
        (*BY_VOTE, g.reason_given),
    ),
    *PROVISIONAL,
)
"""The same for a change of an approved study."""

CONDITIONAL = frozenset(move.name for move in DECISIONS if g.conditions_given in move.guards)
"""Decisions that carry conditions."""


def decisions_of(kind: CaseKind) -> tuple[Move[State, Facts], ...]:
    return ON_CHANGES if kind is CaseKind.MODIFICATION else DECISIONS


def decisions_for(
    track: Track | None, state: State, kind: CaseKind = CaseKind.APPLICATION
) -> tuple[Move[State, Facts], ...]:
    """The decisions that a vote may choose between here."""
    apart = g.full_track if track is Track.PROPORTIONATE else g.proportionate_track
    return tuple(move for move in decisions_of(kind) if state in move.sources and apart not in move.guards)
