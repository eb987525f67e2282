"""An application section by section, and a review of it, in the browser."""

import pytest

from hcqic_gov.ethics import service
from hcqic_gov.ethics.reviews import criteria
from hcqic_gov.ethics.states import Interest
from tests import ethics_steps as steps
from tests.functional.conftest import RunningCentre, SignIn
from tests.functional.test_ethics_journey import apply

pytestmark = pytest.mark.browser


def test_from_the_task_list_to_the_review(running_centre: RunningCentre, sign_in: SignIn) -> None:
    world = running_centre.world
    project = world.project(active=True)
    path = apply(sign_in("project_lead"), project.reference)
    reference = path.rsplit("/", 1)[1]
    steps.move(world, reference, "send_to_sponsor", by="project_lead")
    steps.move(world, reference, "authorise", by="sponsor")
    steps.move(world, reference, "validate", by="ethics_officer")
    steps.allocate(world, reference)
    officer = sign_in("ethics_officer")
    officer.go(path)
    officer.opens("Reviews", "Reviews")
    officer.is_sound()
    officer.opens("Ask members for a review", "Ask members for a review")
    officer.page.get_by_role("checkbox").first.check()
    officer.page.get_by_label("Committee Lay", exact=True).check()
    officer.day("By when?", 2030, 1, 31)
    officer.is_sound()
    officer.press("Ask")
    officer.sees("They are asked for a review")
    officer.is_sound()
    with world.writing() as session:
        service.declare_interest(session, reference, Interest.NONE, actor=world["committee_lay"], now=world.now)
    member = sign_in("committee_lay")
    member.go(path + "/reviews")
    member.opens("Write your review", "Your review")
    for one in criteria().criteria:
        member.choose(one.title, "Satisfactory")
    member.choose("What would you decide?", "A favourable opinion")
    member.is_sound()
    member.press("Send the review")
    member.sees("Your review is in")
    member.is_sound()
