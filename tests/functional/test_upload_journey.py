"""A data owner takes the template, fills it in, mends it, and sends it: in a real browser."""

import os
from pathlib import Path

import pytest
from openpyxl import load_workbook

from tests.functional.conftest import SignIn, Visit

pytestmark = pytest.mark.browser


def seen(visit: Visit, name: str) -> None:
    """Sound at both widths; and a picture of each for whoever wants to look (HCQIC_PICTURES names the folder)."""
    visit.complaints[:] = [one for one in visit.complaints if "400 (BAD REQUEST)" not in one]  # a file to be mended
    visit.is_sound()
    if folder := os.environ.get("HCQIC_PICTURES"):
        for width in (1280, 390):
            visit.page.set_viewport_size({"width": width, "height": 900})
            visit.page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)
        visit.page.set_viewport_size({"width": 1280, "height": 900})


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
    seen(visit, "upload-problems")

    sheet.cell(rows[0], columns["numerator"], 44)
    book.save(file)
    choose(visit, file)
    visit.sees("Nothing is taken yet")
    seen(visit, "upload-preview")
    visit.page.get_by_label("Send the values for verification too").check()
    visit.press("Take all values into the register")
    visit.sees(f"{len(rows)} new; {len(rows)} sent for verification")
    seen(visit, "upload-taken")

    visit.go("/kpis/uploads/")
    choose(visit, file)
    visit.sees("This very file was applied")
    seen(visit, "upload-again")
