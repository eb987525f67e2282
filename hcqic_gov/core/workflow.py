"""A workflow is a table of moves, from which rulings, diagrams and permission tables are made."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from hcqic_gov.core.errors import NotFound
from hcqic_gov.core.ruling import Ruling, first_refusal, refused

S = TypeVar("S", bound=StrEnum)
C = TypeVar("C")

SYSTEM = "system"
"""Stands in `Move.who` for a move that no person makes (an expiry, a lapse)."""


@dataclass(frozen=True, slots=True)
class Move(Generic[S, C]):
    """One row: from which states, to which state (None: the state stays), by whom, under which guards.

    A guard takes the facts of the case (`C`, a frozen dataclass of the slice) and answers with a Ruling.
    `who` names the roles that the access policies allow; a test holds the two against each other.
    """

    name: str
    label: str
    sources: tuple[S, ...]
    target: S | None
    who: tuple[str, ...]
    guards: tuple[Callable[[C], Ruling], ...] = ()


@dataclass(frozen=True, slots=True)
class Workflow(Generic[S, C]):
    """All moves of one kind of case; `public_names` says the states in plain words."""

    name: str
    title: str
    start: S
    public_names: dict[S, str]
    moves: tuple[Move[S, C], ...]

    def move(self, name: str) -> Move[S, C]:
        """Errors: NotFound."""
        for move in self.moves:
            if move.name == name:
                return move
        raise NotFound(f"There is no step “{name}” here.")

    def ruling(self, name: str, state: S, facts: C) -> Ruling:
        """May this move be made from this state, with these facts?"""
        move = self.move(name)
        if state not in move.sources:
            return refused("wrong_state", f"This is “{self.public_names[state]}” now, so you cannot {move.label}.")
        return first_refusal(guard(facts) for guard in move.guards)

    def moves_from(self, state: S) -> tuple[Move[S, C], ...]:
        return tuple(move for move in self.moves if state in move.sources)

    def mermaid(self) -> str:
        """The state diagram, in Mermaid's notation."""
        arrows = [
            f"    {source.value} --> {(move.target or source).value}: {move.label}"
            for move in self.moves
            for source in move.sources
            if move.target is not source
        ]
        ends = sorted({state.value for state in self.public_names if not self.moves_from(state)})
        return "\n".join(
            ["stateDiagram-v2", f"    [*] --> {self.start.value}", *arrows, *(f"    {end} --> [*]" for end in ends)]
        )

    def permissions(self) -> Sequence[tuple[str, str, str]]:
        """Rows of (state, role, moves), in the order of the table; states without moves say "none"."""
        rows: list[tuple[str, str, str]] = []
        for state in self.public_names:
            by_role: dict[str, list[str]] = {}
            for move in self.moves_from(state):
                for role in move.who:
                    by_role.setdefault(role, []).append(move.label)
            rows += [(self.public_names[state], role, ", ".join(labels)) for role, labels in by_role.items()]
            rows += [] if by_role else [(self.public_names[state], "nobody", "none: this is an end")]
        return rows

    def markdown(self) -> str:
        """The committed page `WORKFLOW.md`: diagram, states x roles x moves, and the guards of each move."""
        permissions = [f"| {state} | {role.replace('_', ' ')} | {moves} |" for state, role, moves in self.permissions()]
        guards = [
            f"| {move.label} | {', '.join(guard.__name__ for guard in move.guards) or 'none'} |" for move in self.moves
        ]
        return "\n".join(
            [
                f"# {self.title}",
                "",
                "Generated from the table of moves in `rules.py` by `hcqic workflow write`; a test compares them.",
                "",
                "```mermaid",
                self.mermaid(),
                "```",
                "",
                "| state | role | may |",
                "|---|---|---|",
                *permissions,
                "",
                "| move | guards |",
                "|---|---|",
                *guards,
                "",
            ]
        )
