"""Draws a circuit: in the confined child, since only there a parser may see it."""

from dataclasses import asdict, dataclass
from functools import lru_cache

from hcqic_gov.quantum import simulate
from hcqic_gov.quantum.isolation import MEBIBYTE, Ceilings
from hcqic_gov.quantum.simulate import NurseryGone, Status

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


@lru_cache(maxsize=64)
def draw(text: str, version: str) -> Drawing:
    """The drawing of a text that the text gate has allowed. Errors: NotDrawn."""
    if len(text) > LONGEST:
        raise NotDrawn("The circuit is too long to be drawn.")
    job = {"text": text, "version": version, "shots": 1, "seed": 0, "draw": True}
    for _ in range(2):  # a nursery that is found dead is replaced once by a fresh one
        try:
            outcome = simulate.nursery().run({"job": job, "ceilings": asdict(LIMITS)}, LIMITS, simulate.always)
        except NurseryGone:
            simulate.close()
            continue
        if outcome.status is Status.FINISHED:
            return Drawing(**outcome.drawing)
        raise NotDrawn(outcome.reason)
    raise NotDrawn("The simulator’s process could not be started.")
