"""Pages that are not part of a journey: for visitors, and each role's first page."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser

from hcqic_gov.notices import sending, service
from hcqic_gov.notices.rules import About
from hcqic_gov.people.rules import SYSTEM_ACTOR, Role
from tests.factories import World
from tests.functional.conftest import RunningCentre, SignIn, Visit, fits

pytestmark = pytest.mark.browser

PUBLIC = (
    "/",
    "/our-projects",
    "/policies",
    "/policies/03-data",
    "/policies/steps",
    "/accessibility",
    "/sign-in",
)


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("path", PUBLIC)
def test_public_page(browser: Browser, running_centre: RunningCentre, path: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900})
    visit = Visit(context.new_page(), running_centre.url)
    visit.page.on("console", lambda m: visit.complaints.append(m.text) if m.type == "error" else None)
    visit.go(path)
    visit.has_no_axe_violation()
    assert fits(visit.page)
    context.close()


@pytest.mark.parametrize("role", list(Role))
def test_first_page_of_each_role(sign_in: SignIn, role: Role) -> None:
    visit = sign_in(role.value)
    visit.sees("What waits for me")
    visit.has_no_axe_violation()


@pytest.mark.parametrize("width", [1280, 390])
def test_notices_and_the_calendar(sign_in: SignIn, running_centre: RunningCentre, width: int) -> None:
    """Told of a failed e-mail or not, each page is whole; the address of the calendar opens it to nobody's session."""
    tell_twice(running_centre.world)
    visit = sign_in("administrator")
    visit.page.set_viewport_size({"width": width, "height": 900})
    for path in ("/account/notices", "/notices/failed", "/notices/", "/account/calendar"):
        visit.go(path)
        visit.has_no_axe_violation()
        assert fits(visit.page)
    visit.press("Make an address" if width == 1280 else "Make a new address")
    visit.sees("shown only now")
    assert fits(visit.page)
    visit.has_no_axe_violation()
    visit.go("/notices/")
    visit.press("Mark all as read")
    visit.sees("All notices are marked as read.")
    assert visit.page.get_by_text("unread").count() == 0


def tell_twice(world: World) -> None:
    """The administrator has two notices, one of which could not be sent."""
    now = datetime.now(UTC)
    with world.writing() as session:
        for reference in ("HCQIC-E-2026-0001", "HCQIC-E-2026-0002"):
            service.notify(
                session,
                [world["administrator"].id],
                subject=f"{reference}: waits for you",
                body="Sign in to see what is to be done.",
                about=About("ethics_case", reference),
                actor=SYSTEM_ACTOR,
                now=now,
            )
    letter = sending.claim(world.database, now=now)
    assert letter
    refused = sending.Outcome(sending.Ending.GIVEN_UP, "The mail server refused the address: 550 No such user")
    sending.settle(world.database, letter, refused, now=now)
