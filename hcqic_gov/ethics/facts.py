"""What a move of an ethics case is judged by: what the actor enters, and the facts that the actor finds."""

from dataclasses import dataclass, field
from datetime import date

from hcqic_gov.core.ruling import Ruling, refused
from hcqic_gov.ethics.quorum import Ballot
from hcqic_gov.ethics.states import ChangeClass, Interest, State, Track

NOT_HEARD = refused("quorate", "The case is on no meeting’s agenda")


@dataclass(frozen=True, slots=True)
class NewCondition:
    """A condition that a decision sets; a pre-start one keeps the gate shut until another person confirms it."""

    text: str
    pre_start: bool


@dataclass(frozen=True, slots=True)
class Seating:
    """A meeting as guards see it: which track it hears, and whether it is over."""

    committee_id: int
    track: Track
    over: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the actor enters with a move; empty where the move asks for nothing.

    `on` is the day of which a report speaks (a halt, the end of the study), `person_id` whom the move names (the
    delegate of a provisional opinion, the next applicant, a reviewer), `due` until when something is asked of them,
    `again` the numbers of the questions that are asked again, `meeting_id` the meeting on whose agenda the case is
    put, `change_class` the class that is asked for a change.
    """

    reason: str = ""
    decision: str = ""
    conditions: tuple[NewCondition, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None
    track: Track = Track.FULL
    meeting_id: int | None = None
    questions: tuple[str, ...] = ()
    again: tuple[int, ...] = ()
    person_id: int | None = None
    on: date | None = None
    due: date | None = None
    safety: bool = False
    change_class: ChangeClass | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """A set condition as guards see it: who says that it is met (0: nobody yet), and whether another confirmed it."""

    satisfied_by: int = 0
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """A question of the committee as guards see it."""

    number: int
    answered: bool = False


@dataclass(frozen=True, slots=True)
class Alteration:
    """A change of an approved study as guards see it.

    `study` is the state of the case that it changes; `computed` the class that the policy gives it (None: nothing
    changes); `asked` the other class that the applicant asks for, `confirmed` whether somebody else agreed; `taken`
    names the sections that another open change holds, `overtaken` those that were changed since this one was begun.
    """

    study: State | None = None
    computed: ChangeClass | None = None
    asked: ChangeClass | None = None
    asked_by: int = 0
    confirmed: bool = False
    taken: tuple[str, ...] = ()
    overtaken: tuple[str, ...] = ()

    @property
    def change_class(self) -> ChangeClass | None:
        """The class by which the change goes on; where nothing changes there is none, whatever was confirmed."""
        return self.asked if self.computed and self.confirmed else self.computed


@dataclass(frozen=True, slots=True)
class Facts:
    """One case, as the actor finds it on this London day.

    `team` is everybody on the project with the applicant; `interest`, `present` and `presides` are the actor's own;
    `seating` is the meeting that the proposal names, `on_agenda` whether a meeting that is not over will hear the
    case, `barred_committee` the one whose decision is appealed against; `quorum` is that of the meeting that hears the
    case now; `eligible` are those whom a provisional opinion may name, `assignable` those who may be asked for a
    review, `awaited` those whose review is not in yet; `successors` are those of the team who could be the applicant;
    `assigned` says whether the actor was asked for a review; `opinion` is what was decided (None while nothing is),
    `built_upon` whether a modification of it was approved.
    """

    actor_id: int
    today: date
    applicant_id: int
    team: frozenset[int] = frozenset()
    missing: tuple[str, ...] = ()
    track: Track | None = None
    material_issue: bool = True
    seating: Seating | None = None
    barred_committee: int | None = None
    on_agenda: bool = False
    in_term: bool = False
    interest: Interest | None = None
    present: bool = False
    presides: bool = False
    quorum: Ruling = NOT_HEARD
    vote_open: bool = False
    ballot: Ballot = field(default_factory=Ballot)
    questions: tuple[Question, ...] = ()
    response_due: date | None = None
    delegate_id: int | None = None
    eligible: frozenset[int] = frozenset()
    assignable: frozenset[int] = frozenset()
    awaited: frozenset[int] = frozenset()
    successors: frozenset[int] = frozenset()
    assigned: bool = False
    opinion: State | None = None
    valid_to: date | None = None
    condition: Condition | None = None
    safety_halt: bool = False
    changed_since_halt: bool = False
    to_ratify: bool = False
    undo_asked_by: int | None = None
    built_upon: bool = False
    followed: bool = False
    reported: bool = False
    alteration: Alteration = field(default_factory=Alteration)
    proposal: Proposal = field(default_factory=Proposal)

    @property
    def reviewed(self) -> bool:
        """Is the actor's own review in?"""
        return self.assigned and self.actor_id not in self.awaited

    @property
    def delegated(self) -> bool:
        """Was the final decision left to this person by a quorate provisional opinion?

        A committee that opens a vote on the response takes the decision back.
        """
        taken_back = self.vote_open or bool(self.ballot.votes)
        return self.delegate_id is not None and self.delegate_id == self.actor_id and not taken_back
