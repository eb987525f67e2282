"""What a file of 50,000 values costs, beside openpyxl's bare reading of the same file in the same run."""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import pytest
from openpyxl import Workbook, load_workbook
from pytest_benchmark.fixture import BenchmarkFixture

from hcqic_gov.audit.queries import verify_chain
from hcqic_gov.core.calendar import Period, periods
from hcqic_gov.kpi import uploads
from hcqic_gov.kpi.comparing import Kind, check
from hcqic_gov.kpi.definitions import catalogue
from hcqic_gov.kpi.sheets import COLUMNS, MOST_ROWS, read
from tests.benchmarks.test_kpi import fastest
from tests.factories import World
from tests.policy_folder import Board

FIRST, LAST = Period.parse("1929-06"), Period.parse("2026-05")


@pytest.fixture
def all_entered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every KPI is entered by hand, each month since 1929: only so are there 50,000 values to report."""
    with Board.over(tmp_path / "policies", monkeypatch) as board:
        for file in (board.folder / "kpis").glob("*.toml"):
            text = re.sub(r'(?m)^source = ".*"', 'source = "entered"', file.read_text())
            text = re.sub(r'(?m)^frequency = ".*"', 'frequency = "M"', text)
            file.write_text(re.sub(r"(?m)^effective_from = .*", "effective_from = 1929-01-01", text))
        yield


def made() -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Values")
    sheet.append(COLUMNS)
    every = ((one[-1], month) for month in periods(FIRST, LAST) for one in catalogue().values())
    for number, (one, month) in zip(range(MOST_ROWS), every, strict=False):
        numbers = (None, 40 + number % 10, 50) if one.ratio else (number % 100, None, None)
        words = ("measured", "contributory", "Help desk report", "", "")
        sheet.append((one.code, one.title, month.code, "value", *numbers, 50, *words))
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def bare(data: bytes) -> float:
    """Seconds in which openpyxl goes through the rows, and does nothing with them."""
    began = perf_counter()
    sheet = load_workbook(io.BytesIO(data), read_only=True).worksheets[0]
    assert sum(1 for _ in sheet.iter_rows(values_only=True)) == MOST_ROWS + 1
    return perf_counter() - began


def test_a_preview_of_50_000_values(benchmark: BenchmarkFixture, world: World, all_entered: None) -> None:
    """Aim: under 5 seconds from the file to the preview; held here as less than openpyxl alone takes to read it."""
    data = made()

    def preview() -> None:
        with world.reading() as session:
            plan = check(session, read(data), actor=world["centre_manager"], now=world.now)
            assert (plan.problems, plan.counts[Kind.ADDED]) == ((), MOST_ROWS)

    benchmark.pedantic(preview, rounds=3)  # type: ignore[no-untyped-call]
    floor = min(bare(data) for _ in range(2))
    benchmark.extra_info["times_openpyxl"] = round(fastest(benchmark) / floor, 2)
    assert fastest(benchmark) < floor


def test_taking_50_000_values(benchmark: BenchmarkFixture, world: World, all_entered: None) -> None:
    """All in one transaction, each with its entry in the chain, which is whole afterwards."""
    data = made()
    table, manager = read(data), world["centre_manager"]
    with world.writing() as session:
        key = uploads.take(session, data, table, filename="values.xlsx", actor=manager, now=world.now).key

    def apply() -> None:
        with world.writing() as session:
            uploads.apply(session, key, table, reason="", submit=False, actor=manager, now=world.now)

    benchmark.pedantic(apply, rounds=1)  # type: ignore[no-untyped-call]
    floor = bare(data)
    benchmark.extra_info["times_openpyxl"] = round(fastest(benchmark) / floor, 2)
    with world.reading() as session:
        assert verify_chain(session).whole
    assert fastest(benchmark) < 3 * floor
