"""A meeting in the browser: the officer plans it, the chair opens and closes it, the minutes are confirmed."""

from datetime import UTC, datetime

import pytest

from hcqic_gov.core.calendar import london_day
from tests.functional.conftest import SignIn

pytestmark = pytest.mark.browser


def test_a_meeting_from_plan_to_confirmed_minutes(sign_in: SignIn) -> None:
    today = london_day(datetime.now(UTC))
    officer, chair = sign_in("ethics_officer"), sign_in("chair")
    officer.opens("Committee", "Committees and their members")
    officer.is_sound()
    officer.opens("Plan a meeting", "Plan a meeting")
    officer.is_sound()
    officer.choose("Kind of meeting", "Full meeting")
    officer.day("Day", today.year, today.month, today.day)
    officer.fill("Time", "14:00")
    officer.fill("Place", "Room 1, Exampleton")
    officer.press("Save")
    officer.sees("is planned.")
    officer.is_sound()
    path = "/committee/meetings/" + officer.page.url.rpartition("/")[2]

    chair.go(path)
    chair.press("Open the meeting")
    chair.press("Confirm")
    chair.sees("Nobody is recorded as present yet.")
    officer.go(path)
    assert officer.is_refused("Close the meeting")
    officer.opens("Record who is present", "Record who is present")
    officer.is_sound()
    officer.choose("Members who are present", "Chair, expert member, chair", "Lay Two, lay member")
    officer.press("Save")
    officer.sees("In the chair")
    officer.opens("Write the minutes", "Write the minutes")
    officer.page.locator("#minutes").fill("Apologies: Expert Two.\nAny other business: none.")
    officer.press("Save")
    officer.sees("not confirmed yet")
    officer.is_sound()

    chair.go(path)
    chair.press("Close the meeting")
    chair.press("Confirm")
    chair.opens("Confirm the minutes", "Confirm the minutes")
    chair.press("Confirm")
    chair.sees("Minutes confirmed")
    chair.is_sound()
    chair.go("/committee/meetings")
    chair.is_sound()
