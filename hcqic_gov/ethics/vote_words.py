"""Votes in words and numbers, without names."""

from collections import Counter
from collections.abc import Iterable

from hcqic_gov.ethics.decision_rules import DECISIONS, ON_CHANGES
from hcqic_gov.ethics.states import ABSTAIN

VOTE_LABELS = {move.name: move.label.removeprefix("give ") for move in (*DECISIONS, *ON_CHANGES)} | {
    ABSTAIN: "abstained"
}


def in_numbers(votes: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """Choices in words with how often they were made: the most frequent first, abstentions last."""
    counts = Counter(votes)
    order = sorted(counts, key=lambda choice: (choice == ABSTAIN, -counts[choice], choice))
    return tuple((VOTE_LABELS[choice], counts[choice]) for choice in order)


def in_words(votes: Iterable[tuple[str, int]]) -> str:
    """As in "5 for a favourable opinion, 1 abstained"."""
    abstained = VOTE_LABELS[ABSTAIN]
    return ", ".join(f"{count} {word}" if word == abstained else f"{count} for {word}" for word, count in votes)
