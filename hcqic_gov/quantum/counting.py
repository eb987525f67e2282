"""Counts what a circuit's statements amount to (qubits, bits, operations) without ever expanding them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from hcqic_gov.quantum import expression, lexer, shapes
from hcqic_gov.quantum.statements import (
    Found,
    after_bracket,
    parameter_name,
    require_brackets,
    split_at_commas,
    too_deep,
    too_long,
    unordered,
)

MODIFIERS = frozenset({"ctrl", "negctrl", "inv", "pow"})
CLIFFORD = frozenset({"id", "x", "y", "z", "h", "s", "sdg", "sx", "sxdg", "cx", "CX", "cy", "cz", "swap"})
SILENT = frozenset({"OPENQASM", "include", "barrier", "default", "case", "switch", "else", "output", "delay"})
CLASSICAL = frozenset({"int", "uint", "float", "angle", "bool", "complex", "duration", "stretch", "array"})
DECLARING = frozenset({"gate", "qreg", "qubit", "creg", "bit", "input", *CLASSICAL})
BRANCHING = frozenset({"if", "else", "switch"})
MAX_CONTROLS = 8
MAX_MODIFIERS = 16
MAX_CHAIN = 64
MAX_BLOCKS = 50_000
MAX_WIDTH = 4096
MAX_STATEMENT = 10_000
LONGEST = 10 * MAX_STATEMENT
"""Characters of a statement that is still cut into words."""
MAX_WORKED = 50_000
"""Words and signs of all statements that are looked at one by one."""


class Bounds(Protocol):
    """What the counter needs to know of the limits."""

    @property
    def max_nesting(self) -> int: ...
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


Costs = dict[object, int]
"""Operations of a statement by its shape; by shape and names, or by text, where the shape does not say it."""


@dataclass
class Counter:
    """Reads statements in their order; each kind of them once."""

    version: str
    limits: Bounds
    untrusted: frozenset[str] = frozenset()
    qubits: int = 0
    clbits: int = 0
    operations: int = 0
    dynamic: bool = False
    measures: bool = False
    aliases: bool = False
    clifford: bool = True
    conditional: bool = False
    quantum: dict[str, int] = field(default_factory=dict)
    registers: dict[str, int] = field(default_factory=dict)
    sizes: dict[str, set[int]] = field(default_factory=dict)
    parameters: list[str] = field(default_factory=list)
    gates: dict[str, Definition] = field(default_factory=dict)
    defined: set[str] = field(default_factory=set)
    defining: Definition | None = None
    opened: int = 0
    used: set[str] = field(default_factory=set)
    worked: int = 0
    outside: Costs = field(default_factory=dict)
    inside: Costs = field(default_factory=dict)
    openings: set[str] = field(default_factory=set)

    def read(self, cut: shapes.Cut) -> None:
        """All statements of the text. Errors: Found."""
        self.untrusted = cut.untrusted
        if cut.shapes[-1].strip() or cut.texts[-1].strip():
            raise Found("syntax", "The last statement of the circuit has no end: a “;” or a “}” is missing.")
        if cut.blocks > MAX_BLOCKS:
            raise Found("blocks", f"The circuit has more than {MAX_BLOCKS:,} blocks in braces. Shorten it.")
        known, total = self.outside, 0
        for place, shape in enumerate(cut.shapes):
            cost = known.get(shape)
            if cost is None:
                self.add(total)
                total, cost = 0, self.statement(shape, cut.texts[place])
                known = self.inside if self.defining else self.outside
            total += cost
        self.add(total)
        if self.opened or self.defining:
            raise Found("syntax", "A “{” of the circuit has no “}”.")

    def statement(self, shape: str, text: str) -> int:
        """Operations of a statement whose shape is not known yet, or does not say all."""
        end = shape[-1:]
        if end == "}":
            return self.close(shape)
        if shape in self.openings:
            return self.open()
        first = shapes.NAME.search(shape)
        if first is None and not shape.strip(" {"):
            return self.open() if end == "{" else self.remember(shape, 0)
        name = first[0] if first else ""
        if end == "{" and name != "gate":
            return self.begin_block(shape, text)
        if name == "input":
            return self.parameter(text)
        if name in DECLARING:
            return self.worked_out(text)
        if not self.is_plain(shape):
            return self.worked_out(text) if self.defining else self.once(text, text)
        if self.is_ambiguous(shape):
            return self.once((shape, *shapes.NAME.findall(text)), text)
        return self.remember(shape, self.worked_out(text))

    def once(self, key: tuple[str, ...] | str, text: str) -> int:
        costs = self.inside if self.defining else self.outside
        if key not in costs:
            costs[key] = self.worked_out(text)
        elif self.defining:
            self.nest(self.gates.get(key[1]))  # the levels are those of each definition
        return costs[key]

    def is_plain(self, shape: str) -> bool:
        return self.untrusted.isdisjoint(shape) and shapes.is_plain(shape)

    def is_ambiguous(self, shape: str) -> bool:
        """Whether names that differ in their digits only stand for gates or registers that are not alike."""
        if not self.defined.isdisjoint(shapes.NAME.findall(shape)):
            return True
        return any(len(self.sizes.get(name, ())) > 1 for name in shapes.NAME.findall(shape))

    def remember(self, shape: str, cost: int) -> int:
        (self.inside if self.defining else self.outside)[shape] = cost
        return cost

    def forget(self) -> None:
        """What names stand for has changed."""
        self.inside.clear()
        self.outside.clear()

    def words(self, text: str) -> Sequence[str]:
        """The words of a statement that is looked at by itself."""
        whole = len(text) <= LONGEST
        require_brackets(text[:LONGEST], self.limits.max_nesting, whole=whole)
        words = lexer.tokens(text) if whole else ()
        if not whole or len(words) > MAX_STATEMENT:
            raise Found("statement", f"A statement has more than {MAX_STATEMENT:,} words and signs. Divide it.")
        self.worked += len(words)
        if self.worked > MAX_WORKED:
            raise Found(
                "variety",
                f"The circuit's statements differ in more than {MAX_WORKED:,} words and signs. Write expressions as "
                "numbers, and give registers and gates fewer names.",
            )
        return words

    def worked_out(self, text: str) -> int:
        words = self.words(text)
        if words[0] == "gate" and words[-1] == "{":
            return self.begin_definition(words)
        if words[0] in BRANCHING:
            return self.branching(words)
        return self.plain(words)

    def open(self) -> int:
        self.opened += 1
        if self.opened > self.limits.max_nesting:
            raise too_deep(self.limits.max_nesting)
        return 0

    def begin_block(self, shape: str, text: str) -> int:
        """A condition or another head of a block."""
        cost = self.branching(self.words(text[: text.rindex("{")]))
        if cost == 0 and "else" not in shape and shapes.OPENING.fullmatch(shape):
            self.openings.add(shape)
        self.open()
        return cost

    def begin_definition(self, words: Sequence[str]) -> int:
        if self.defining or self.opened or len(words) < 3:
            raise Found("syntax", "A gate's definition stands in a place where none may stand. Move it to the top.")
        if words[1] in self.gates or words[1] in self.used:
            raise unordered(words[1])
        self.defining = Definition(words[1])
        return 0

    def close(self, shape: str) -> int:
        if shape.strip(" }"):
            raise Found("syntax", "A statement of the circuit has no end: a “;” is missing before a “}”.")
        if self.opened:
            self.opened -= 1
        elif self.defining:
            name = shapes.without_digits(self.defining.name)
            if name not in self.defined:
                self.defined.add(name)
                self.forget()
            self.gates[self.defining.name] = self.defining
            self.defining = None
        else:
            raise Found("syntax", "A “}” stands in the circuit without its “{”.")
        return 0

    def branching(self, words: Sequence[str]) -> int:
        """A statement, or what follows the condition that it begins with."""
        for _ in range(MAX_CHAIN):
            if words and words[0] == "else":
                words = words[1:]
            elif words and words[0] in ("if", "switch"):
                self.dynamic = self.conditional = True
                words = words[after_bracket(words, 1) :]
            else:
                break
        else:
            raise Found("nesting", f"Conditions are nested more than {MAX_CHAIN} deep. Write them apart.")
        return self.plain(words) if words else 0

    def plain(self, words: Sequence[str]) -> int:
        first = words[0]
        if first == "let":
            return self.alias(words)
        if first in ("qreg", "qubit"):
            return self.declare(words, quantum=True)
        if first in ("creg", "bit"):
            return self.declare(words, quantum=False)
        if "measure" in words:
            return self.measure(words[list(words).index("measure") + 1 :])
        if first in CLASSICAL:
            return self.bounded(words)
        if first in SILENT or first in "#@" or "=" in words:
            return self.bounded(words) + (first == "barrier" and self.defining is not None)
        if first == "reset":
            self.dynamic = True
            return self.broadcast(split_at_commas(words[1:]))
        return self.applied(words)

    def declare(self, words: Sequence[str], *, quantum: bool) -> int:
        size, name = self.size_and_name(words)
        most = self.limits.max_qubits if quantum else self.limits.max_clbits
        if not 1 <= size <= most or size != int(size):
            raise Found("size", f"Register “{name[:40]}” must have 1 to {most:,} {'qubits' if quantum else 'bits'}.")
        self.resize(name, int(size))
        if quantum:
            self.quantum[name] = int(size)
        self.qubits += int(size) * quantum
        self.clbits += int(size) * (not quantum)
        if self.qubits > self.limits.max_qubits or self.clbits > self.limits.max_clbits:
            raise Found("size", f"The registers together have more than {most:,} {'qubits' if quantum else 'bits'}.")
        return self.measure(words[list(words).index("measure") + 1 :]) if "measure" in words else 0

    def alias(self, words: Sequence[str]) -> int:
        """Another name for qubits: as many as all registers that it is made of."""
        self.aliases = True
        size = sum(self.registers.get(word, 0) for word in words[2:])
        self.resize(words[1] if len(words) > 1 else "", min(max(size, 1), self.limits.max_qubits))
        return 0

    def resize(self, name: str, size: int) -> None:
        seen = self.sizes.setdefault(shapes.without_digits(name), set())
        if seen and size not in seen:
            self.forget()
        seen.add(size)
        self.registers[name] = size

    def size_and_name(self, words: Sequence[str]) -> tuple[float, str]:
        """Of `qreg q[3]` and of `qubit[3] q`; a declaration without a size has one."""
        after_name = words[0] in ("qreg", "creg")
        if "[" not in words:
            return 1, words[1] if len(words) > 1 else ""
        start = list(words).index("[")
        end = after_bracket(words, start)
        name = words[1] if after_name else words[end] if end < len(words) else ""
        return self.known(words[start + 1 : end - 1], "size", "The size of a register must be a whole number."), name

    def parameter(self, text: str) -> int:
        """A name whose values a table of bindings gives; nothing that is counted may depend on it."""
        fits = self.version == "3" and not self.opened and not self.defining
        self.parameters.append(parameter_name(text if fits else "", self.parameters))
        return 0

    def bounded(self, words: Sequence[str]) -> int:
        """A classical statement: nothing to count, but no deep expression and no vast type."""
        if words[0] not in SILENT and len(words) > expression.MAX_TOKENS:
            raise too_long()
        for place, word in enumerate(words[:-1]):
            if word == "[" and words[place + 1].isdecimal() and int(words[place + 1]) > MAX_WIDTH:
                raise Found("size", f"A size or index of the circuit is over {MAX_WIDTH:,}. Make it smaller.")
        return 0

    def measure(self, words: Sequence[str]) -> int:
        self.measures = True
        target = list(words).index("->") if "->" in words else len(words)
        return self.broadcast(split_at_commas(words[:target]))

    def applied(self, words: Sequence[str]) -> int:
        """How many operations a gate with its modifiers amounts to."""
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
        return (known.cost if known else 1) * factor * self.broadcast(split_at_commas(words))

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
        if not words:
            return None
        try:
            return expression.value(words)
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
