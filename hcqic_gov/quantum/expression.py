"""Works out the constant expressions of a circuit, without any parser of others and without deep recursion."""

import math
from collections.abc import Callable, Mapping, Sequence


def floor(number: float) -> float:
    """A float again: whole numbers of Python have no end, and `floor(9)^floor(1e9)` would be worked out to it."""
    return float(math.floor(number))


def ceiling(number: float) -> float:
    return float(math.ceil(number))


FUNCTIONS: Mapping[str, Callable[[float], float]] = {
    "sin": math.sin, "cos": math.cos, "tan": math.tan, "exp": math.exp, "ln": math.log, "log": math.log,
    "sqrt": math.sqrt, "arcsin": math.asin, "arccos": math.acos, "arctan": math.atan, "asin": math.asin,
    "acos": math.acos, "atan": math.atan, "floor": floor, "ceiling": ceiling,
}  # fmt: skip
CONSTANTS = {"pi": math.pi, "π": math.pi, "tau": math.tau, "τ": math.tau, "euler": math.e, "ℇ": math.e}
BINDING = {"+": 1, "-": 1, "*": 2, "/": 2, "%": 2, "^": 4, "**": 4}
UNARY = 3
MAX_TOKENS = 200  # two frames of the interpreter's stack for each token at the worst


class NotConstant(Exception):
    """The expression holds a name or sign that has no value here: the child will look at it."""


class NotFinite(Exception):
    """The expression has no finite value."""


class TooLong(Exception):
    """The expression has more tokens than anyone writes by hand."""


def value(tokens: Sequence[str]) -> float:
    """The value of an expression. Errors: NotConstant, NotFinite, TooLong."""
    if len(tokens) > MAX_TOKENS:
        raise TooLong
    if len(tokens) == 1:
        return atom_value(tokens[0])
    try:
        reader = _Reader(tokens)
        result = reader.expression(0)
    except (OverflowError, ZeroDivisionError, ValueError) as error:
        raise NotFinite from error
    if reader.place != len(tokens):
        raise NotConstant
    return finite(result)


def finite(number: float | complex) -> float:
    if isinstance(number, complex) or not math.isfinite(number):
        raise NotFinite
    return number


def atom_value(token: str) -> float:
    if token[0].isdigit() or token[0] == ".":
        return number(token)
    if token in CONSTANTS:
        return CONSTANTS[token]
    raise NotConstant


def number(token: str) -> float:
    """A literal of either version: decimal, or 0x, 0o, 0b. Errors: NotConstant (`100ns`), NotFinite (`1e999`)."""
    try:
        return float(int(token, 0)) if token[:2].lower() in ("0x", "0o", "0b") else finite(float(token))
    except OverflowError as error:
        raise NotFinite from error
    except ValueError as error:
        raise NotConstant from error


class _Reader:
    """Precedence climbing over a short list of tokens."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self.tokens, self.place = tokens, 0

    def peek(self) -> str:
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        if not token:
            raise NotConstant
        self.place += 1
        return token

    def expression(self, binding: int) -> float:
        left = self.operand()
        while (sign := self.peek()) in BINDING and BINDING[sign] > binding:
            self.place += 1
            power = BINDING[sign] == 4  # a power binds to the right
            left = combine(sign, left, self.expression(3 if power else BINDING[sign]))
        return left

    def operand(self) -> float:
        factor = 1
        while self.peek() in ("-", "+"):
            factor = -factor if self.take() == "-" else factor
        if factor != 1:
            return -self.expression(UNARY)
        word = self.take()
        if word == "(":
            return self.closed()
        if word in FUNCTIONS and self.peek() == "(":
            self.place += 1
            return FUNCTIONS[word](self.closed())
        return atom_value(word)

    def closed(self) -> float:
        inner = self.expression(0)
        if self.take() != ")":
            raise NotConstant
        return inner


def combine(sign: str, left: float, right: float) -> float:
    match sign:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return left / right
        case "%":
            return left % right
    return finite(left**right)
