"""The page of a meeting in a browser: sound at the usual width and at 390 pixels, and without buttons on paper."""

import pytest

from hcqic_gov.ethics import service
from hcqic_gov.ethics.states import Interest
from tests.ethics_steps import MEMBERS, declare, give, in_review, meets, move, open_vote, vote
from tests.factories import World
from tests.functional.conftest import RunningCentre, SignIn

pytestmark = pytest.mark.browser


def prepared(world: World) -> str:
    """An open meeting: one case decided, one being voted on, one that lay_two stepped aside from, one undeclared."""
    meeting = world.plan_meeting()
    done, voting, aside, fresh = (
        in_review(world, world.project(active=True), meeting=meeting, title=title).reference
        for title in ("Rosters for a ward", "Beds in winter", "Clinic letters", "Ambulance routes")
    )
    open_vote(world, done)
    vote(world, done, "favourable_conditions", *MEMBERS)
    with world.writing() as session:
        words = "They spoke about bias, and about who reads the results."
        service.record_minute(session, done, words, actor=world["ethics_officer"], now=world.now)
        service.declare_interest(
            session, aside, Interest.RECUSED, details="A friend.", actor=world["lay_two"], now=world.now
        )
    give(world, done, "favourable_conditions")
    declare(world, voting, *MEMBERS)
    move(world, voting, "open_vote", by="chair")
    vote(world, voting, "favourable", *MEMBERS[:3])
    declare(world, fresh, *MEMBERS[:3])
    meets(world, fresh)
    return meeting.reference


def test_the_meeting_page_for_a_member_the_officer_and_the_applicant(
    sign_in: SignIn, running_centre: RunningCentre
) -> None:
    reference = prepared(running_centre.world)
    for name in ("lay_two", "ethics_officer", "project_lead"):
        visit = sign_in(name)
        visit.go(f"/committee/meetings/{reference}")
        visit.is_sound()
        visit.page.emulate_media(media="print")
        shown = visit.page.locator(".hcqic-item .nhsuk-button, .hcqic-action, nav")
        assert [one for one in shown.all() if one.is_visible()] == []
        assert visit.page.get_by_role("heading", name="Rosters for a ward").is_visible()
