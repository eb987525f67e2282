"""Counts what a circuit's statements amount to (qubits, bits, operations) without ever expanding them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from hcqic_gov.quantum import expression

MODIFIERS = frozenset({"ctrl", "negctrl", "inv", "pow"})
CLIFFORD = frozenset({"id", "x", "y", "z", "h", "s", "sdg", "sx", "sxdg", "cx", "CX", "cy", "cz", "swap"})
SILENT = frozenset({"OPENQASM", "include", "let", "barrier", "default", "case", "switch", "else", "output", "delay"})
CLASSICAL = frozenset({"int", "uint", "float", "angle", "bool", "const", "complex", "duration", "stretch", "array"})
MAX_CONTROLS = 8
MAX_MODIFIERS = 16
MAX_CHAIN = 64
MAX_WIDTH = 4096
MAX_STATEMENT = 10_000
MAX_EXPRESSIONS = 350_000
"""Words and signs of all expressions that differ from each other: to work out a million of them takes a second."""
BRANCHING = frozenset({"if", "else", "switch"})


class Found(Exception):
    """The text is refused: `code` for machines, the message for people."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class Bounds(Protocol):
    """What the counter needs to know of the limits."""

    @property
    def max_qubits(self) -> int: ...
    @property
    def max_clbits(self) -> int: ...
    @property
    def max_operations(self) -> int: ...


@dataclass(slots=True)
class Definition:
    """A gate being defined: what one use of it costs, and how deep its definitions lie."""

    name: str
    cost: int = 0
    level: int = 1


@dataclass
class Counter:
    """Reads statements one by one and keeps the sums."""

    version: str
    limits: Bounds
    qubits: int = 0
    clbits: int = 0
    operations: int = 0
    dynamic: bool = False
    clifford: bool = True
    registers: dict[str, int] = field(default_factory=dict)
    constants: dict[str, float] = field(default_factory=dict)
    gates: dict[str, Definition] = field(default_factory=dict)
    measured: set[str] = field(default_factory=set)
    defining: Definition | None = None
    opened: int = 0
    chain: int = 0
    used: set[str] = field(default_factory=set)
    expressions: dict[tuple[str, ...], float | None] = field(default_factory=dict)
    worked: int = 0
    seen: dict[tuple[str, ...], tuple[int, Sequence[Sequence[str]]]] = field(default_factory=dict)

    def read(self, words: Sequence[str]) -> None:
        """All statements of the text. Errors: Found."""
        start = 0
        for place, word in enumerate(words):
            if word in ";{}":
                self.statement(words[start:place], word)
                start = place + 1
        if start != len(words) or self.opened or self.defining:
            raise Found("syntax", "The last statement of the circuit has no end: a “;” or a “}” is missing.")

    def statement(self, words: Sequence[str], end: str) -> None:
        if len(words) > MAX_STATEMENT:
            raise Found("statement", f"A statement has more than {MAX_STATEMENT:,} words and signs. Divide it.")
        if words and words[0] == "gate" and end == "{":
            self.begin_definition(words)
            return
        if words and words[0] in BRANCHING:
            self.branching(words)
        elif words:
            self.plain(words)
        if end == "{":
            self.opened += 1
        elif end == "}":
            self.close()

    def begin_definition(self, words: Sequence[str]) -> None:
        if self.defining or self.opened or len(words) < 2:
            raise Found("syntax", "A gate's definition stands in a place where none may stand. Move it to the top.")
        if words[1] in self.gates or words[1] in self.used:
            raise unordered(words[1])
        self.defining = Definition(words[1])

    def close(self) -> None:
        if self.opened:
            self.opened -= 1
        elif self.defining:
            self.seen.clear()
            self.gates[self.defining.name] = self.defining
            self.defining = None
        else:
            raise Found("syntax", "A “}” stands in the circuit without its “{”.")

    def branching(self, words: Sequence[str]) -> None:
        """A statement, or what follows the condition that it begins with."""
        for _ in range(MAX_CHAIN):
            if words and words[0] == "else":
                self.chain += 1
                words = words[1:]
            elif words and words[0] in ("if", "switch"):
                self.dynamic = True
                words = words[after_bracket(words, 1) :]
            else:
                break
        else:
            raise Found("nesting", f"Conditions are nested more than {MAX_CHAIN} deep. Write them apart.")
        if self.chain > MAX_CHAIN:
            raise Found(
                "nesting", f"The circuit has more than {MAX_CHAIN} “else” branches. Write the conditions apart."
            )
        if words:
            self.plain(words)

    def plain(self, words: Sequence[str]) -> None:
        first = words[0]
        if first in ("qreg", "qubit"):
            self.declare(words, quantum=True)
        elif first in ("creg", "bit"):
            self.declare(words, quantum=False)
        elif "measure" in words:
            self.measure(words[list(words).index("measure") + 1 :])
        elif first in CLASSICAL:
            self.constant(words)
        elif first in SILENT or first in "#@" or "=" in words:
            self.bounded(words)
        elif first == "reset":
            self.dynamic = True
            self.add(self.broadcast(split_at_commas(words[1:])))
        else:
            self.apply(words)

    def declare(self, words: Sequence[str], *, quantum: bool) -> None:
        size, name = self.size_and_name(words)
        most = self.limits.max_qubits if quantum else self.limits.max_clbits
        if not 1 <= size <= most or size != int(size):
            raise Found("size", f"Register “{name[:40]}” must have 1 to {most:,} {'qubits' if quantum else 'bits'}.")
        self.seen.clear()
        self.registers[name] = int(size)
        self.qubits += int(size) * quantum
        self.clbits += int(size) * (not quantum)
        if self.qubits > self.limits.max_qubits or self.clbits > self.limits.max_clbits:
            raise Found("size", f"The registers together have more than {most:,} {'qubits' if quantum else 'bits'}.")
        if "measure" in words:
            self.measure(words[list(words).index("measure") + 1 :])

    def size_and_name(self, words: Sequence[str]) -> tuple[float, str]:
        """Of `qreg q[3]` and of `qubit[3] q`; a declaration without a size has one."""
        after_name = words[0] in ("qreg", "creg")
        if "[" not in words:
            return 1, words[1] if len(words) > 1 else ""
        start = list(words).index("[")
        end = after_bracket(words, start)
        name = words[1] if after_name else words[end] if end < len(words) else ""
        return self.known(words[start + 1 : end - 1], "size", "The size of a register must be a whole number."), name

    def constant(self, words: Sequence[str]) -> None:
        self.bounded(words)
        if words[0] != "const" or "=" not in words:
            return
        place = list(words).index("=")
        self.expressions.clear()  # what held this name had no value before
        self.constants[words[place - 1]] = self.known(words[place + 1 :], "constant", "A constant must have a value.")

    def bounded(self, words: Sequence[str]) -> None:
        """A classical statement: nothing to count, but no deep expression and no vast type."""
        if words[0] not in SILENT and len(words) > expression.MAX_TOKENS:
            raise too_long()
        for place, word in enumerate(words[:-1]):
            if word == "[" and words[place + 1].isdecimal() and int(words[place + 1]) > MAX_WIDTH:
                raise Found("size", f"A size or index of the circuit is over {MAX_WIDTH:,}. Make it smaller.")

    def measure(self, words: Sequence[str]) -> None:
        target = list(words).index("->") if "->" in words else len(words)
        operand = words[:target]
        self.note(operand)
        # `q[0]` for one qubit; `q*` for a whole register; `q` for one of which any qubit was measured
        self.measured.add("".join(operand) if len(operand) > 1 else "".join(operand) + "*")
        self.measured.update(operand[:1])
        self.add(self.broadcast(split_at_commas(operand)))

    def apply(self, words: Sequence[str]) -> None:
        """A gate on its operands; one seen before, outside of definitions, is not worked out again."""
        if words[0] not in MODIFIERS:
            words = self.without_parameters(words)
        key = tuple(words)
        known = None if self.defining else self.seen.get(key)
        if known is None:
            known = self.seen[key] = self.worked_out(words)
        count, operands = known
        if self.measured:
            for operand in operands:
                self.note(operand)
        self.add(count)

    def worked_out(self, words: Sequence[str]) -> tuple[int, Sequence[Sequence[str]]]:
        """How many operations a gate with its modifiers amounts to, and its operands."""
        factor, words = self.modifiers(words)
        if not words:
            raise Found("syntax", "A statement of the circuit names no gate.")
        words = self.without_parameters(words)
        name, words = words[0], words[1:]
        known = self.gates.get(name)
        if known is None:
            self.used.add(name)
        if self.defining:
            if name == self.defining.name:
                raise unordered(name)
            self.nest(known)
        self.clifford = self.clifford and name in CLIFFORD and known is None and factor == 1
        operands = split_at_commas(words)
        return (known.cost if known else 1) * factor * self.broadcast(operands), operands

    def modifiers(self, words: Sequence[str]) -> tuple[int, Sequence[str]]:
        factor, controls, seen = 1, 0, 0
        while words and words[0] in MODIFIERS:
            end = after_bracket(words, 1) if words[1:2] == ["("] else 1
            inside = words[2 : end - 1]
            count = self.known(inside, "modifier", "A modifier must have a finite number.") if inside else 1.0
            if words[0] == "pow":
                factor *= max(1, min(int(abs(count)), self.limits.max_operations + 1))
            controls += int(min(abs(count), MAX_CONTROLS + 1)) * (words[0] in ("ctrl", "negctrl"))
            seen += 1
            words = words[end + 1 :]
            if seen > MAX_MODIFIERS or controls > MAX_CONTROLS:
                raise Found("modifier", f"A gate has more than {MAX_CONTROLS} controls. Write it with smaller gates.")
        return min(factor, self.limits.max_operations + 1) * 4**controls, words

    def nest(self, known: Definition | None) -> None:
        assert self.defining is not None
        self.defining.level = max(self.defining.level, 1 + (known.level if known else 0))
        if self.defining.level > MAX_CHAIN:
            raise Found("nesting", f"Gate definitions are nested more than {MAX_CHAIN} deep. Write them flatter.")

    def without_parameters(self, words: Sequence[str]) -> Sequence[str]:
        """A gate and its operands, its parameters looked at and left out."""
        if words[1:2] != ["("]:
            return words
        self.clifford = False
        end = after_bracket(words, 1)
        for part in split_at_commas(words[2 : end - 1]):
            self.evaluated(part)
        return [words[0], *words[end:]]

    def broadcast(self, operands: Sequence[Sequence[str]]) -> int:
        """How often the operation is applied: the size of the largest whole register among its operands."""
        if self.defining:
            return 1
        whole = [operand[0] for operand in operands if len(operand) == 1 or ":" in operand or "," in operand]
        return max([1, *(self.registers.get(name, 1) for name in whole)])

    def note(self, operand: Sequence[str]) -> None:
        """Remembers whether something happens to a qubit that was measured before."""
        if operand and not self.measured.isdisjoint(("".join(operand), f"{operand[0]}*")):
            self.dynamic = True

    def add(self, count: int) -> None:
        if self.defining:
            self.defining.cost = min(self.defining.cost + count, self.limits.max_operations + 1)
            return
        self.operations += count
        if self.operations > self.limits.max_operations:
            raise Found(
                "too_many_operations",
                f"With its gate definitions written out the circuit has more than {self.limits.max_operations:,} "
                "operations. Shorten it.",
            )

    def evaluated(self, words: Sequence[str]) -> float | None:
        """The value of an expression, None where it holds a name; errors where it is infinite or too long."""
        if len(words) < 2:
            return self.worked_value(words) if words else None
        key = tuple(words)
        if key not in self.expressions:
            self.worked += len(key)
            if self.worked > MAX_EXPRESSIONS:
                raise Found(
                    "expression",
                    f"The expressions of the circuit have more than {MAX_EXPRESSIONS:,} words and signs. "
                    "Write their values in.",
                )
            self.expressions[key] = self.worked_value(key)
        return self.expressions[key]

    def worked_value(self, words: Sequence[str]) -> float | None:
        try:
            return expression.value(words, self.constants)
        except expression.NotConstant:
            return None
        except expression.NotFinite as error:
            raise Found(
                "not_finite", f"The value “{''.join(words)[:40]}” is not a finite number. Correct it."
            ) from error
        except expression.TooLong as error:
            raise too_long() from error

    def known(self, words: Sequence[str], code: str, sentence: str) -> float:
        result = self.evaluated(words)
        if result is None:
            raise Found(code, sentence)
        return result


def unordered(name: str) -> Found:
    """A gate that calls itself, by way of others too, or is defined again."""
    return Found(
        "definition",
        f"Gate “{name[:40]}” uses itself, or is used before it is defined. Define each gate once, and first.",
    )


def too_long() -> Found:
    return Found("expression", f"An expression has more than {expression.MAX_TOKENS} words and signs. Shorten it.")


def after_bracket(words: Sequence[str], start: int) -> int:
    """The place after the bracket that closes the one at `start`; after `start` where none opens there."""
    depth = 0
    for place in range(start, len(words)):
        depth += (words[place] in "([") - (words[place] in ")]")
        if depth == 0:
            return place + 1
    raise Found("syntax", "A bracket of the circuit is not closed.")


def split_at_commas(words: Sequence[str]) -> list[Sequence[str]]:
    """The parts between the commas that stand in no bracket."""
    if "," not in words:
        return [words] if words else []
    parts, start, depth = [], 0, 0
    for place, word in enumerate(words):
        if word in "([" or word in ")]":
            depth += 1 if word in "([" else -1
        elif word == "," and depth == 0:
            parts.append(words[start:place])
            start = place + 1
    return [part for part in (*parts, words[start:]) if part]
