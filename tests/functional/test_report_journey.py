"""From an observation to the dashboard and the funder's PDF: one figure all the way, and the funder sees no more."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from hcqic_gov.core.calendar import Frequency, Period, london_day
from hcqic_gov.funding import service as funding
from hcqic_gov.funding.service import AwardDetails
from hcqic_gov.people.rules import Role
from hcqic_gov.reporting import service as reporting
from hcqic_gov.reporting.gathering import Scope
from tests import funding_world
from tests.factories import World
from tests.functional.conftest import RunningCentre, SignIn, Visit, needs_poppler

pytestmark = [pytest.mark.browser, pytest.mark.poppler, needs_poppler]

FIGURE = "83.7%"  # 41 of 49
KPI = "O8 Queries resolved within one working day"


@pytest.fixture(scope="module")
def quarter(running_centre: RunningCentre) -> Period:
    """The last ended quarter; an award of the funder has run since the one before."""
    world = running_centre.world
    found = Period.containing(london_day(world.now), Frequency.QUARTERLY).shifted(-1)
    call = funding_world.call(world, deadline=world.now + timedelta(days=30))
    offer = funding_world.offered(world, of=call)
    amount = Decimal(100_000)
    with world.writing() as session:
        details = AwardDetails("EXF/17", amount, amount, found.shifted(-1).start)
        funding.accept(session, offer.reference, details, actor=world["finance"], now=world.now)
    return found


def enter(owner: Visit, month: Period) -> str:
    """The address of the observation, submitted."""
    owner.go("/kpis/")
    owner.is_sound()
    owner.go("/kpis/O8")
    owner.is_sound()
    owner.press(month.label)
    owner.page.locator("input[name=numerator]").fill("41")
    owner.page.locator("input[name=denominator]").fill("49")
    owner.fill("Source", "Help desk report")
    owner.is_sound()
    owner.press("Save draft")
    owner.sees("saved as a draft")
    owner.sees(FIGURE)
    owner.press("Submit for verification")
    owner.sees("waits for verification by another person")
    assert owner.is_refused("Verify")
    owner.is_sound()
    return owner.page.url.removeprefix(owner.url)


def see_on_the_dashboard(visitor: Visit, quarter: Period) -> None:
    """The summary, then the KPI's own page with its chart."""
    visitor.go(f"/dashboards/?dimension=operations&period={quarter.code}")
    row = visitor.page.get_by_role("row").filter(has=visitor.page.get_by_role("link", name=KPI))
    row.wait_for()
    assert FIGURE in row.inner_text()
    visitor.is_sound()
    row.get_by_role("link", name=KPI).click()
    visitor.page.locator("#chart .main-svg").first.wait_for()
    visitor.page.get_by_role("cell", name=FIGURE).first.wait_for()
    visitor.sees("Help desk report")
    visitor.is_sound()


def write_the_report(author: Visit, quarter: Period) -> str:
    """The address of the report, submitted for review."""
    author.go("/reports/")
    author.is_sound()
    author.opens("New report", "New report to a funder")
    author.choose("What it is about", "All awards of Example Research Fund")
    author.choose("Period", quarter.label)
    author.is_sound()
    author.press("Draft the report")
    author.sees("is drafted with the data of today")
    author.opens("Write the narrative", "Narrative")
    author.fill("What were the most significant achievements of this period?", "Two methods were compared.")
    author.sees("Not saved yet.")
    author.page.reload()
    author.sees("You typed this and did not save it")
    assert author.page.get_by_label("most significant achievements").input_value() == "Two methods were compared."
    author.fill("How are they being taken forward, and by whom?", "The trust uses one.")
    author.fill("To what extent were the objectives met, and why?", "Mostly.")
    author.is_sound()
    author.press("Save")
    author.sees("The narrative is saved")
    author.press("Submit for review")
    author.sees("waits for a second person’s review")
    assert author.is_refused("Approve")
    author.is_sound()
    return author.page.url.removeprefix(author.url)


def earlier_draft(world: World, quarter: Period) -> str:
    """The address of another report on the same award, which nobody has issued."""
    scope = Scope(world.funder_id, "", quarter.shifted(-1))
    with world.writing() as session:
        return f"/reports/{reporting.draft(session, scope, actor=world['funding_officer'], now=world.now).reference}"


def sees_only_its_report(funder: Visit, path: str, draft: str) -> None:
    funder.go("/reports/")
    links = funder.page.locator("table a").evaluate_all("found => found.map(a => a.getAttribute('href'))")
    assert links == [path]
    funder.is_sound()
    for closed in (draft, "/projects/", "/ethics/", "/kpis/", "/dashboards/", "/audit/"):
        answer = funder.page.goto(funder.url + closed)
        assert answer is not None
        assert (closed, answer.status) == (closed, 403)
    funder.complaints.clear()  # the browser tells of each refusal


def test_from_the_observation_to_the_funder(
    sign_in: SignIn, running_centre: RunningCentre, quarter: Period, tmp_path: Path
) -> None:
    month = Period.containing(quarter.end, Frequency.MONTHLY)
    path = enter(sign_in("gatekeeper"), month)
    manager = sign_in("centre_manager")
    manager.go(path)
    manager.press("Verify")
    manager.sees("counts from now on")
    manager.is_sound()
    see_on_the_dashboard(sign_in("auditor"), quarter)

    author, reviewer = sign_in("funding_officer"), sign_in("finance")
    report = write_the_report(author, quarter)
    reviewer.go(report)
    reviewer.sees("What is missing")
    reviewer.opens("Where does O8 come from?", f"Where {KPI} comes from")
    reviewer.sees("kpi.verify")
    reviewer.is_sound()
    reviewer.go(report)
    reviewer.press("Approve")
    reviewer.sees("You approved the report")
    reviewer.has_no_axe_violation()
    manager.go(report)
    manager.press("Issue")
    manager.sees("is issued")
    manager.is_sound()

    draft, funder = earlier_draft(running_centre.world, quarter), sign_in("funder")
    sees_only_its_report(funder, report, draft)
    funder.go(report)
    funder.sees(FIGURE)
    funder.is_sound()
    printed = funder.downloads("Download the PDF", tmp_path)
    assert f"{KPI} {month.label} {FIGURE}" in printed
    with funder.page.expect_download() as taken:
        funder.page.get_by_role("link", name="KPIs as CSV").click()
    assert FIGURE in taken.value.path().read_text()
    funder.press("Acknowledge receipt")
    funder.sees("The centre can see that you received the report")
    manager.go(report)
    manager.sees(f"By {running_centre.world['funder'].name}")
    running_centre.newcomer("other_funder", Role.FUNDER)
    stranger = sign_in("other_funder").page.goto(f"{running_centre.url}{report}")
    assert stranger is not None
    assert stranger.status == 403
