"""An application's answers in words, as the dossier prints them."""

from typing import Any

import pytest

from hcqic_gov.ethics.words import answer, answers

PAPER = {"kind": "protocol", "title": "Protocol", "version": 1, "sha256": "ab"}


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("participants", "", "not answered"),
        ("purposes", [], "not answered"),
        ("anything", {}, "not answered"),
        ("material_issue", False, "No"),
        ("work_kind", "research", "Research"),
        ("an_old_field", "kept", "kept"),
        ("triage_answers", [{"code": "a", "question": "Is it?", "yes": True}], "Is it? Yes"),
        ("papers", [PAPER, PAPER], "\n".join(["Kind: protocol; Title: Protocol; Version: 1; SHA-256: ab"] * 2)),
    ],
)
def test_a_value_in_words(field: str, value: Any, words: str) -> None:
    assert answer(field, value) == words


def test_known_fields_come_first_in_our_order() -> None:
    content = {"zeal": "much", "papers": [], "title": "Rotas"}

    assert answers(content) == (("Title", "Rotas"), ("Papers", "not answered"), ("Zeal", "much"))
