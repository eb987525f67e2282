"""A data owner takes the template, fills it in, mends it, and sends it: in a real browser."""

from pathlib import Path

import pytest
from openpyxl import load_workbook

from tests.functional.conftest import SignIn, Visit

pytestmark = pytest.mark.browser


def seen(visit: Visit) -> None:
    """Sound at both widths; that a file to be mended was refused is no complaint."""
    visit.complaints[:] = [one for one in visit.complaints if "400 (BAD REQUEST)" not in one]
    visit.is_sound()


def choose(visit: Visit, file: Path) -> None:
    visit.page.locator("input[type=file]").set_input_files(file)
    visit.press("Check the file")


def test_values_by_file(sign_in: SignIn, tmp_path: Path) -> None:
    visit = sign_in("gatekeeper")
    visit.press("Upload KPI values from a file")
    with visit.page.expect_download() as waiting:
        visit.press("template for a spreadsheet (XLSX)")
    file = tmp_path / "values.xlsx"
    waiting.value.save_as(file)

    book = load_workbook(file)
    sheet = book["Values"]
    columns = {cell.value: cell.column for cell in sheet[1]}
    rows = [number for number in range(2, sheet.max_row + 1) if sheet.cell(number, columns["code"]).value == "O8"]
    for number in rows:
        for name, value in (("numerator", 45), ("denominator", 50), ("source", "Help desk report")):
            sheet.cell(number, columns[name], value)
    sheet.cell(rows[0], columns["numerator"], "=40+5")
    book.save(file)
    choose(visit, file)
    visit.sees("Paste its value")
    seen(visit)

    sheet.cell(rows[0], columns["numerator"], 44)
    book.save(file)
    choose(visit, file)
    visit.sees("Nothing is taken yet")
    seen(visit)
    visit.page.get_by_label("Send the values for verification too").check()
    visit.press("Take all values into the register")
    visit.sees(f"{len(rows)} new; {len(rows)} sent for verification")
    seen(visit)

    visit.go("/kpis/uploads/")
    choose(visit, file)
    visit.sees("This very file was applied")
    seen(visit)
