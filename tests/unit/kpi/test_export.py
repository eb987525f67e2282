"""Cells of an export that a spreadsheet would run."""

import pytest

from hcqic_gov.core.spreadsheets import harmless


@pytest.mark.parametrize("text", ["=1+1", "+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1"])
def test_a_formula_becomes_text(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("cell", ["late", "", "a=b", -1.5, 0, None, True])
def test_everything_else_stays(cell: object) -> None:
    assert harmless(cell) == cell
