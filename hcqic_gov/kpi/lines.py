"""What each row of an uploaded table says: a value for a KPI and period, or what is wrong with which cell; pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from math import isfinite
from typing import TypeVar

from hcqic_gov.core.calendar import Frequency, Period
from hcqic_gov.core.errors import HcqicError
from hcqic_gov.kpi.definitions import Basis, Definition, catalogue, latest_definition
from hcqic_gov.kpi.rules import LARGEST, OUTCOME_LABELS, Attribution, Outcome
from hcqic_gov.kpi.service import Entry, definition_for
from hcqic_gov.kpi.sheets import MOST_FAULTS, Table

NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
LONGEST = {"source": 300, "note": 2000, "reason": 2000}
"""Characters, as in the form."""
MOST_CASES = 2**31 - 1  # of a database column
FIRST_DAY = date(1899, 12, 30)
"""Day 0 of a spreadsheet."""
OUTCOMES = {words: outcome for outcome, words in OUTCOME_LABELS.items()}
S = TypeVar("S", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one cell; `row` as the spreadsheet counts."""

    row: int
    column: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Line:
    """One row that says something."""

    row: int
    definition: Definition
    period: Period
    entry: Entry
    reason: str


@dataclass(slots=True)
class Read:
    """The lines of a table, its problems (the first of them), and how many rows were left empty."""

    lines: list[Line] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    left_empty: int = 0

    def refuse(self, row: int, column: str, sentence: str) -> None:
        if len(self.problems) < MOST_FAULTS:
            self.problems.append(Problem(row, column, sentence))


class Wrong(Exception):
    """One cell cannot be taken."""

    def __init__(self, column: str, sentence: str) -> None:
        super().__init__(sentence)
        self.column = column


def read_lines(table: Table) -> Read:
    """Each row by itself, and no KPI and period twice."""
    read = Read()
    for row, column, sentence in table.faults:
        read.refuse(row, column, sentence)
    known: dict[tuple[str, str], tuple[Definition, Period]] = {}
    first: dict[tuple[str, Period], int] = {}
    for row, cells in table.rows:
        if not cells.keys() - {"code", "period"}:
            read.left_empty += 1
            continue
        try:
            line = line_of(row, cells, known)
            key = line.definition.code, line.period
            if first.setdefault(key, row) != row:
                raise Wrong("period", f"{key[0]} for {line.period.label} stands in row {first[key]} too. Delete one")
            read.lines.append(line)
        except Wrong as error:
            read.refuse(row, error.column, str(error))
    return read


def line_of(row: int, cells: Mapping[str, str], known: dict[tuple[str, str], tuple[Definition, Period]]) -> Line:
    """Errors: Wrong."""
    key = cells.get("code", ""), cells.get("period", "")
    if key not in known:
        known[key] = subject(*key)
    definition, period = known[key]
    for name, most in LONGEST.items():
        if len(cells.get(name, "")) > most:
            raise Wrong(name, f"Write at most {most:,} characters")
    return Line(row, definition, period, entry_of(definition, cells), cells.get("reason", ""))


def subject(code: str, period: str) -> tuple[Definition, Period]:
    """The KPI and the period that a row is about. Errors: Wrong."""
    if not code:
        raise Wrong("code", "Enter the code of the KPI, such as O8")
    if code.upper() not in catalogue():
        raise Wrong("code", f"There is no KPI “{code[:20]}”. The codes stand in the template")
    found = period_of(code.upper(), period)
    try:
        return definition_for(code.upper(), found), found
    except HcqicError as error:
        raise Wrong("period", str(error)) from error


def period_of(code: str, text: str) -> Period:
    """Errors: Wrong, for a date with the period that was meant."""
    try:
        return Period.parse(text)
    except ValueError as error:
        raise Wrong("period", no_period(text, latest_definition(code).frequency)) from error


def no_period(text: str, frequency: Frequency) -> str:
    if re.fullmatch(r"[0-9]{5}(\.[0-9]+)?", text):
        meant = Period.containing(FIRST_DAY + timedelta(days=int(float(text))), frequency).code
        return f"The spreadsheet made a date of this. Format the column as text, and write {meant}"
    example = Period.containing(date(2026, 4, 1), frequency).code
    return f"“{text[:20]}” is no period. Write it as {example}" if text else f"Enter the period, such as {example}"


def entry_of(definition: Definition, cells: Mapping[str, str]) -> Entry:
    """Errors: Wrong."""
    outcome = outcome_of(cells)
    numbers = {name: number(name, cells[name]) for name in ("value", "numerator", "denominator") if name in cells}
    if outcome is not Outcome.VALUE and numbers:
        raise Wrong("outcome", f"A number stands beside “{OUTCOME_LABELS[outcome]}”. Delete one of them")
    if outcome is Outcome.VALUE:
        require_numbers(definition, numbers)
    return Entry(
        numbers.get("numerator" if definition.ratio else "value"),
        numbers.get("denominator"),
        not_applicable=outcome is Outcome.NOT_APPLICABLE,
        n=cases(cells["n"]) if "n" in cells else None,
        basis=one_of(Basis, "basis", cells.get("basis"), definition.basis),
        attribution=one_of(Attribution, "attribution", cells.get("attribution"), Attribution.CONTRIBUTORY),
        source=cells.get("source", ""),
        note=cells.get("note", ""),
    )


def outcome_of(cells: Mapping[str, str]) -> Outcome:
    """Without a word it is a value: nobody says "not reported" by leaving a cell empty. Errors: Wrong."""
    text = cells.get("outcome")
    if text is None:
        return Outcome.VALUE
    found = OUTCOMES.get(" ".join(text.lower().replace("_", " ").split()))
    if found is None:
        raise Wrong("outcome", f"“{text[:20]}” is none of: {', '.join(OUTCOMES)}")
    return found


def require_numbers(definition: Definition, numbers: Mapping[str, float]) -> None:
    """Errors: Wrong where a number is missing, or stands in a column that this KPI does not use."""
    wanted = ("numerator", "denominator") if definition.ratio else ("value",)
    for name in wanted:
        if name not in numbers:
            other = "" if numbers else ", or say “not reported” or “not applicable” as the outcome"
            raise Wrong(name, f"Enter the {name} of {definition.code}{other}")
    for name in numbers:
        if name not in wanted:
            raise Wrong(name, f"{definition.code} is reported as {' and '.join(wanted)}. Leave this empty")


def number(column: str, text: str) -> float:
    """A finite number in figures. Errors: Wrong."""
    figures = text.removeprefix("£")
    if THOUSANDS.fullmatch(figures):
        figures = figures.replace(",", "")
    found = float(figures) if NUMBER.fullmatch(figures) else float("nan")
    if not isfinite(found):
        raise Wrong(column, f"“{text[:20]}” is no number. Write it in figures, such as 1234.5")
    if abs(found) > LARGEST:
        raise Wrong(column, "Enter a number of at most 15 digits")
    return found


def cases(text: str) -> int:
    """Errors: Wrong."""
    found = number("n", text)
    if found != int(found) or not 0 <= found <= MOST_CASES:
        raise Wrong("n", "Enter a whole number, 0 or more")
    return int(found)


def one_of(kind: type[S], column: str, text: str | None, default: S) -> S:
    """Errors: Wrong."""
    if text is None:
        return default
    try:
        return kind(text.lower())
    except ValueError as error:
        raise Wrong(column, f"“{text[:20]}” is none of: {', '.join(member.value for member in kind)}") from error
