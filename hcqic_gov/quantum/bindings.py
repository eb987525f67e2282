"""Tables of values for the parameters of a circuit, pasted or made of ranges; each fault by its row and column."""

import csv
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from hcqic_gov.quantum import expression, lexer

MOST_FAULTS = 8
BLANK = "\ufeff \t\r\n"


@dataclass(frozen=True, slots=True)
class SweepLimits:
    """What a sweep may be, in `policies/sandbox/tiers.toml`; `max_shots` counts those of all bindings."""

    max_points: int = 200
    max_parameters: int = 8
    max_shots: int = 2_000_000
    max_bytes: int = 65_536


@dataclass(frozen=True, slots=True)
class Bindings:
    """Names of parameters, and for each point of the sweep their values in the same order; no point stands twice."""

    names: tuple[str, ...] = ()
    rows: tuple[tuple[float, ...], ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    def values(self, number: int) -> Mapping[str, float]:
        """Of one point; the first has the number 1."""
        return dict(zip(self.names, self.rows[number - 1], strict=True))

    def label(self, number: int) -> str:
        """A point in words that stay the same wherever it stands in a table: `phi=0.0, theta=0.5`."""
        return ", ".join(f"{name}={value!r}" for name, value in sorted(self.values(number).items()))

    def as_csv(self) -> str:
        """The one text of these bindings, which is kept and hashed; `read_table` gives them back exactly."""
        lines = [",".join(self.names), *(",".join(map(repr, row)) for row in self.rows)]
        return "\n".join(lines) + "\n" if self.names else ""


NONE = Bindings()


def seed_of(seed: int, number: int) -> int:
    """Of the point at this place, counted from 0: the first has the sweep's own, none has that of another."""
    return (seed + number) % 2**31


class NoTable(Exception):
    """The text is no table of bindings; `faults` are sentences, each with its row and column."""

    def __init__(self, *faults: str) -> None:
        super().__init__(" ".join(faults))
        self.faults = faults


@lru_cache(maxsize=16)
def kept(text: str) -> Bindings:
    """What `as_csv` wrote."""
    names, *rows = csv.reader(text.splitlines()) if text else ([],)
    return Bindings(tuple(names), tuple(tuple(map(float, row)) for row in rows))


def read_table(text: str, limits: SweepLimits) -> Bindings:
    """A pasted table: the first line names the parameters, each other line is one binding. Errors: NoTable.

    Columns are parted by commas, semicolons or tabs; a value is a number or an expression such as `pi/2`.
    """
    lines = lines_of(text, limits)
    names, *rows = (cells for _, cells in lines)
    numbers = [number for number, _ in lines[1:]]
    places = [f"Line {lines[0][0]}, column {place}" for place in range(1, len(names) + 1)]
    refuse(faults_of_names(names, places, limits))
    refuse(too_many(len(rows), limits))
    refuse(row_length(*pair, names) for pair in zip(numbers, rows, strict=True) if len(pair[1]) != len(names))
    values = [[read_cell(cell) for cell in row] for row in rows]
    refuse(faults_of_cells(numbers, rows, values, names))
    found = tuple(tuple(value for value in row if value is not None) for row in values)
    refuse(repeated(numbers, found))
    return Bindings(tuple(names), found)


def read_ranges(text: str, limits: SweepLimits) -> Bindings:
    """Lines `name, first value, last value, how many`; of several parameters, every combination. Errors: NoTable."""
    columns: list[Sequence[float]] = []
    faults: list[str] = []
    lines = lines_of(text, limits)
    for number, cells in lines:
        try:
            columns.append(read_range(number, cells, limits))
        except NoTable as error:
            faults += error.faults
    names = [cells[0] for _, cells in lines]
    refuse([*faults, *faults_of_names(names, [f"Line {number}" for number, _ in lines], limits)])
    refuse(too_many(math.prod(map(len, columns)), limits))
    return Bindings(tuple(names), tuple(itertools.product(*columns)))


def read_range(number: int, cells: Sequence[str], limits: SweepLimits) -> Sequence[float]:
    if len(cells) != 4:
        raise NoTable(f"Line {number}: write a name, the first value, the last value and how many, parted by commas.")
    first, last = (read_cell(cell) for cell in cells[1:3])
    if first is None or last is None:
        column, cell = ("first value", cells[1]) if first is None else ("last value", cells[2])
        raise NoTable(f"Line {number}, {column}: {said(cell)} is not a finite number. Correct it.")
    if not cells[3].isdecimal() or len(cells[3]) > 6 or not 1 <= (steps := int(cells[3])) <= limits.max_points:
        raise NoTable(f"Line {number}, how many: enter a whole number from 1 to {limits.max_points}.")
    if steps == 1 or first == last:
        return [first]
    values = [first + (last - first) * (step / (steps - 1)) + 0.0 for step in range(steps)]
    if len(set(values)) < steps or not all(map(math.isfinite, values)):
        raise NoTable(f"Line {number}: so many values do not lie between the first and the last. Enter others.")
    return values


def lines_of(text: str, limits: SweepLimits) -> Sequence[tuple[int, Sequence[str]]]:
    """Cells of the lines that hold any, with the lines' numbers. Errors: NoTable."""
    if len(text) > limits.max_bytes:
        raise NoTable(f"The table has more than {limits.max_bytes:,} characters. Shorten it.")
    given = [(number, line.strip(BLANK)) for number, line in enumerate(text.split("\n"), 1) if line.strip(BLANK)]
    if not given:
        raise NoTable("There are no values. Enter a line for each binding.")
    sign = next((sign for sign in "\t;" if sign in given[0][1]), ",")
    try:
        rows = csv.reader([line for _, line in given], delimiter=sign, strict=True)
        return [(number, [cell.strip() for cell in row]) for (number, _), row in zip(given, rows, strict=True)]
    except (csv.Error, ValueError) as error:
        raise NoTable("A line of the table has a quotation mark without its end. Take the marks out.") from error


def read_cell(cell: str) -> float | None:
    """A finite number, or an expression of numbers and pi; None for anything else."""
    words = lexer.tokens(cell)
    if not words or len(cell) > 200:
        return None
    try:
        return expression.value(words) + 0.0  # no negative zero: two equal bindings are written alike
    except (expression.NotConstant, expression.NotFinite, expression.TooLong):
        return None


def faults_of_names(names: Sequence[str], places: Sequence[str], limits: SweepLimits) -> Iterator[str]:
    if len(names) > limits.max_parameters:
        yield f"There are {len(names)} parameters; at most {limits.max_parameters} may be swept. Take some out."
    for number, (name, place) in enumerate(zip(names, places, strict=True)):
        if not (name.isidentifier() and name.isascii() and len(name) <= 32):
            yield f"{place}: {said(name)} is no name of a parameter. Begin with the name that the circuit declares."
        elif name in names[:number]:
            yield f"{place}: “{name}” stands twice. Take one out."


def faults_of_cells(
    numbers: Sequence[int],
    rows: Sequence[Sequence[str]],
    values: Sequence[Sequence[float | None]],
    names: Sequence[str],
) -> Iterator[str]:
    for number, row, read in zip(numbers, rows, values, strict=True):
        for cell, value, name in zip(row, read, names, strict=True):
            if value is None:
                yield f"Line {number}, column “{name}”: {said(cell)} is not a finite number. Correct it."


def row_length(number: int, row: Sequence[str], names: Sequence[str]) -> str:
    return f"Line {number} has {len(row)} values, and the first line names {len(names)} parameters. Make them equal."


def repeated(numbers: Sequence[int], rows: Sequence[tuple[float, ...]]) -> Iterator[str]:
    seen: dict[tuple[float, ...], int] = {}
    for number, row in zip(numbers, rows, strict=True):
        if row in seen:
            yield f"Line {number} repeats line {seen[row]}. Take one out."
        seen.setdefault(row, number)


def too_many(points: int, limits: SweepLimits) -> Iterator[str]:
    if not 1 <= points <= limits.max_points:
        yield f"There are {points:,} bindings; enter 1 to {limits.max_points}."


def said(cell: str) -> str:
    return f"“{cell[:20]}{'…' if len(cell) > 20 else ''}”" if cell else "an empty place"


def refuse(faults: Sequence[str] | Iterator[str]) -> None:
    """Errors: NoTable, where there are faults; the first of many."""
    found = list(itertools.islice(faults, MOST_FAULTS + 1))
    if len(found) > MOST_FAULTS:
        found[MOST_FAULTS:] = ["There are more such faults below."]
    if found:
        raise NoTable(*found)
