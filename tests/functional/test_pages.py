"""Pages that are not part of a journey: for visitors, and each role's first page."""

import pytest
from playwright.sync_api import Browser

from hcqic_gov.people.rules import Role
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
@pytest.mark.parametrize(
    "path", ["/", "/our-projects", "/policies", "/policies/03-data", "/policies/steps", "/accessibility", "/sign-in"]
)
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
