"""Counts of a sweep: kept in one mapping, each bit string behind the number of its point (`7:0101`); pure."""

from collections.abc import Mapping, Sequence

from hcqic_gov.quantum.bindings import Bindings
from hcqic_gov.sandbox.rules import OTHERS, point_of


def joined(points: Sequence[Mapping[str, int]]) -> Mapping[str, int]:
    """The counts of all points, which are numbered from 1."""
    return {f"{number}:{bits}": count for number, counts in enumerate(points, 1) for bits, count in counts.items()}


def parted(counts: Mapping[str, int], points: int) -> Sequence[Mapping[str, int]]:
    """The same, point by point; the most frequent bit string first."""
    found: list[dict[str, int]] = [{} for _ in range(points)]
    for key, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        number, _, bits = key.partition(":")
        found[int(number) - 1][bits] = count
    return found


def by_values(counts: Mapping[str, int], bindings: Bindings) -> Mapping[str, int]:
    """With the values of each point in place of its number, so that two sweeps of different tables can be compared."""
    if not bindings:
        return counts
    labels = [bindings.label(number) for number in range(1, len(bindings) + 1)]
    return {f"{labels[int((mark := point_of(key))[:-1]) - 1]}: {key[len(mark) :]}": n for key, n in counts.items()}


def parity(counts: Mapping[str, int]) -> float | None:
    """The expectation of Z on every measured bit: the share of even bit strings less that of odd ones.

    None where some counts are summed up, as nobody can say then which they were.
    """
    total = sum(counts.values())
    if not total or OTHERS in counts:
        return None
    return sum(-count if bits.count("1") % 2 else count for bits, count in counts.items()) / total
