"""Draws a circuit: in the confined child, since only there a parser may see it."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cache, lru_cache

from hcqic_gov.quantum import simulate
from hcqic_gov.quantum.isolation import MEBIBYTE, Ceilings
from hcqic_gov.quantum.simulate import NurseryGone, Outcome, Status

LIMITS = Ceilings(memory_bytes=384 * MEBIBYTE, seconds=3.0, answer_bytes=MEBIBYTE)
LONGEST = 50_000
"""Characters of a text that is drawn: a page shows the beginning of a longer one no better than its text does."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A circuit in characters, one line a wire; the same in words; and what is left out ("" for nothing)."""

    text: str
    words: str
    note: str


class NotDrawn(Exception):
    """There is no drawing; the message says why."""


def draw(text: str, version: str, *, required: Iterable[str] = ()) -> Drawing:
    """The drawing of a text that the text gate has allowed; `required` are measures of isolation. Errors: NotDrawn."""
    if not set(required) <= measures():
        raise NotDrawn("This server cannot confine a process as the policy requires, so it draws no circuits.")
    return drawn(text, version)


@cache
def measures() -> frozenset[str]:
    """The measures that are in force in a child of this process, found out with a text of our own."""
    return frozenset(asked("OPENQASM 2.0; qreg q[1]; U(0,0,0) q[0];", "2").isolation)


@lru_cache(maxsize=64)
def drawn(text: str, version: str) -> Drawing:
    if len(text) > LONGEST:
        raise NotDrawn("The circuit is too long to be drawn.")
    outcome = asked(text, version)
    if outcome.status is not Status.FINISHED:
        raise NotDrawn(outcome.reason)
    return Drawing(**outcome.drawing)


def asked(text: str, version: str) -> Outcome:
    job = {"text": text, "version": version, "shots": 1, "seed": 0, "draw": True}
    for _ in range(2):  # a nursery that is found dead is replaced once by a fresh one
        try:
            return simulate.nursery().run({"job": job, "ceilings": asdict(LIMITS)}, LIMITS, simulate.always)
        except NurseryGone:
            simulate.close()
    raise NotDrawn("The simulator’s process could not be started.")
