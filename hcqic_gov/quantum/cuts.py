"""Bounds how entangled a wide circuit can become: what two halves of it can share grows with the gates between them."""

import re
from collections.abc import Mapping

WIDE = 16
"""Up to so many qubits a state vector is as quick whatever the circuit is."""
MOST_STATEMENTS = 20_000
UNKNOWN = -1
DEFINITION = re.compile(r"gate(?!\w)[^;{}]*\{[^{}]*\}")
OPERATION = re.compile(r"\s*([^\W\d]\w*)\s*(\((?:[^()]|\([^()]*\))*\))?\s*(.*)", re.DOTALL)
OPERAND = re.compile(r"\s*([^\W\d]\w*)\s*(?:\[\s*(\d+)\s*\])?\s*")
NOT_ACTING = frozenset({"OPENQASM", "include", "qreg", "creg", "qubit", "bit", "measure", "barrier", "reset"})
RANK_BITS = {"swap": 2, "cswap": 2, "iswap": 2, "cu": 2}
"""log2 of the operator's Schmidt rank: one for anything controlled and for a turn about a product of Paulis."""


def widest_cut(code: str, registers: Mapping[str, int], costs: Mapping[str, int]) -> int:
    """log2 of the largest bond that a matrix product state of the circuit may need, `UNKNOWN` where it cannot be told.

    `registers` are the quantum registers in their order; `costs` the operations of each gate that the text defines.
    """
    statements = DEFINITION.sub("", code).split(";")
    if len(statements) > MOST_STATEMENTS:
        return UNKNOWN
    starts, qubits = {}, 0
    for name, size in registers.items():
        starts[name], qubits = qubits, qubits + size
    change = [0] * (qubits + 1)
    for statement in statements:
        found = OPERATION.fullmatch(statement)
        if found is None or found[1] in NOT_ACTING or "," not in found[3]:
            continue
        places = [place_of(operand, starts) for operand in found[3].split(",")]
        if None in places:
            return UNKNOWN
        known = [place for place in places if place is not None]
        bits = 2 * costs[found[1]] if found[1] in costs else RANK_BITS.get(found[1], 1)
        change[min(known)] += bits
        change[max(known)] -= bits
    return largest_bond(change, qubits)


def place_of(operand: str, starts: Mapping[str, int]) -> int | None:
    found = OPERAND.fullmatch(operand)
    return starts[found[1]] + int(found[2]) if found and found[2] and found[1] in starts else None


def largest_bond(change: list[int], qubits: int) -> int:
    """The widest of all cuts; one near an end holds no more than the qubits beyond it."""
    most = crossing = 0
    for place in range(qubits - 1):
        crossing += change[place]
        most = max(most, min(crossing, place + 1, qubits - place - 1))
    return most
