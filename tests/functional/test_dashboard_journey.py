"""A manager's Monday: the matrix, a KPI, its records, several side by side, a saved view, a chart as a file."""

from pathlib import Path

import pytest

from hcqic_gov.core.calendar import Period
from hcqic_gov.kpi import service
from hcqic_gov.kpi.service import Entry
from tests.factories import World
from tests.functional.conftest import RunningCentre, SignIn

pytestmark = pytest.mark.browser


def report(world: World, months: int) -> None:
    """So many verified months of one KPI, up to the last."""
    last = Period.parse("2026-05")
    for back in range(months):
        with world.writing() as session:
            entry = Entry(40 + back % 3, 50, source="Help desk report")
            key = service.enter(session, "O8", last.shifted(-back), entry, actor=world["gatekeeper"], now=world.now).key
            service.submit(session, key, actor=world["gatekeeper"], now=world.now)
            service.verify(session, key, actor=world["centre_manager"], now=world.now)


def test_from_the_matrix_to_the_records_and_back(
    sign_in: SignIn, running_centre: RunningCentre, tmp_path: Path
) -> None:
    report(running_centre.world, 8)
    visit = sign_in("centre_manager")
    visit.go("/dashboards/?dimension=operations")
    visit.opens("As a matrix of icons", "KPI matrix")
    visit.page.get_by_role("link", name="O8 Queries resolved within one working day").wait_for()
    visit.is_sound()
    visit.press("Save this view under a name")
    visit.fill("Name", "Operations on Monday")
    visit.press("Save")
    visit.is_sound()
    visit.go("/home")
    visit.press("Operations on Monday")
    visit.page.get_by_role("link", name="O8 Queries resolved within one working day").click()
    visit.page.locator("#chart .main-svg").first.wait_for()
    visit.is_sound()
    with visit.page.expect_download() as waiting:
        visit.press("Save chart as SVG")
    waiting.value.save_as(tmp_path / "chart.svg")
    assert (tmp_path / "chart.svg").read_text().startswith("<svg")
    visit.press("compare O8 with others")
    visit.page.get_by_label("Second KPI", exact=True).select_option("O6")
    visit.press("Apply filters")
    visit.page.locator("#chart-O8 .main-svg").first.wait_for()
    visit.is_sound()
    visit.go("/dashboards/kpi?kpi=O6")
    visit.press("see the records behind O6")
    visit.sees("The records stand here")
    visit.is_sound()
