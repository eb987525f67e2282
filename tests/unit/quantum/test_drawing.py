"""Circuits are drawn in the confined child, within bounds, and only where it is confined as required."""

from collections.abc import Iterator

import pytest

from hcqic_gov.quantum import simulate
from hcqic_gov.quantum.drawing import NotDrawn, draw, drawn

HEAD = 'OPENQASM 2.0; include "qelib1.inc"; '


@pytest.fixture(scope="module", autouse=True)
def nursery() -> Iterator[None]:
    yield
    simulate.close()


def test_a_drawing_in_characters_and_in_words() -> None:
    found = draw(f"{HEAD}qreg q[2]; creg c[2]; h q[0]; cx q[0],q[1]; measure q -> c;", "2")
    assert "┤ H ├" in found.text
    assert (found.words, found.note) == ("h q0; cx q0 q1; measure q0; measure q1", "")


def test_only_the_first_columns_are_drawn() -> None:
    found = draw(f"{HEAD}qreg q[1]; " + "x q[0];" * 75, "2")
    assert found.text.count("┤ X ├") == 60
    assert found.note == "15 further operations are not drawn."
    assert found.words.endswith("x q0; and so on")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("qreg q[31]; x q[0];", "more than 30 qubits"),
        ("qreg q[1]; nothing q[0];", "nothing"),
        ("qreg q[1];" + "x q[0];" * 8000, "too long to be drawn"),
    ],
)
def test_what_is_not_drawn_says_why(text: str, sentence: str) -> None:
    with pytest.raises(NotDrawn, match=sentence):
        draw(HEAD + text, "2")


def test_nothing_is_drawn_where_a_required_measure_is_missing() -> None:
    drawn.cache_clear()
    with pytest.raises(NotDrawn, match="cannot confine"):
        draw(f"{HEAD}qreg q[1]; x q[0];", "2", required=["memory", "walls of lead"])
    assert drawn.cache_info().misses == 0
    assert draw(f"{HEAD}qreg q[1]; x q[0];", "2", required=["memory"]).words == "x q0"
