"""A study is halted for safety, and only a change that a quorate committee approved lets it restart."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload

from hcqic_gov.core.calendar import london_day
from tests.ethics_steps import MEMBERS, allocate, decided, declare, meets, vote
from tests.factories import World
from tests.functional.conftest import RunningCentre, SignIn, Visit, needs_poppler
from tests.functional.test_ethics_journey import move

pytestmark = [pytest.mark.browser, pytest.mark.poppler, needs_poppler]

RESTART = "Restart the work: the opinion holds again"
SAFER = "Only people who were told of the fault."
IN_BROWSER = ("chair", "committee_lay")
OTHERS = tuple(name for name in MEMBERS if name not in IN_BROWSER)


def halt(lead: Visit, study: str) -> None:
    lead.go(study)
    lead.opens("Halt the work", "Halt the work: are you sure?")
    lead.fill("Reasons", "A fault in the data.")
    today = london_day(datetime.now(UTC))
    lead.day("On which day?", today.year, today.month, today.day)
    lead.choose("Was it halted for safety?", "Yes")
    lead.is_sound()
    lead.press("Confirm")
    lead.sees("Work halted by the team")


def change(lead: Visit, study: str, folder: Path) -> str:
    """The address of the change: written, looked at beside what is approved, and sent."""
    lead.go(study)
    lead.opens("Change this study", "Change this study")
    lead.is_sound()
    lead.fill("Who takes part, or whose data is used, and how many?", SAFER)
    lead.fill("Why does it change?", "So that nobody is harmed by the fault.")
    lead.press("Save draft")
    lead.sees("What changes")
    lead.sees("Nobody: all data is made up.")
    lead.sees(SAFER)
    lead.sees("Who takes part, or how many, decides what is fair to ask.")
    new_protocol(lead, folder)
    lead.sees("The protocol says what is done")
    lead.is_sound()
    path = lead.page.url.removeprefix(lead.url).partition("#")[0]
    move(lead, path, "Send the change for review")
    return path


def new_protocol(lead: Visit, folder: Path) -> None:
    """The study's protocol in a second version, from the change and back to it; a file too large is not even sent."""
    lead.opens("Change the documents", "Documents")
    lead.is_sound()
    lead.opens("New version of Protocol", "New version of “Protocol”")
    large = folder / "large.pdf"
    with large.open("wb") as file:
        file.truncate(26 * 1024 * 1024)
    lead.page.locator("input[type=file]").set_input_files(large)
    lead.sees("“large.pdf” is larger than 25 MB")
    lead.press("Add")
    lead.sees("“large.pdf” is larger than 25 MB")
    lead.is_sound()
    second: FilePayload = {"name": "second.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 the second"}
    lead.page.locator("input[type=file]").set_input_files(second)
    lead.page.wait_for_timeout(1_100)  # a second press within a second is taken for a double click
    lead.press("Add")
    lead.sees("The new version of “Protocol” is added")
    lead.is_sound()
    lead.opens("Back to the change", "change of an approved study")


def judge(member: Visit, path: str) -> None:
    member.go(path)
    assert member.page.get_by_text(SAFER).count() == 0
    member.opens("Declare your interests", "Declare your interests")
    member.choose("Do you have an interest in this application?", "No interest")
    member.press("Save")
    member.go(path)
    member.sees(SAFER)
    for which in ("as approved", "as asked for"):
        assert member.page.get_by_role("link", name=f"of Protocol, {which}").count() == 1
    member.is_sound()


def cast_vote(member: Visit, path: str) -> None:
    member.go(path)
    member.opens("Vote", "Vote")
    member.choose("Your vote", "Approve the change")
    member.has_no_axe_violation()
    member.press("Vote")
    member.sees("Your vote is in")


def hear(world: World, reference: str, chair: Visit, lay: Visit, path: str) -> None:
    """All seven are present; five of them act through the services."""
    meets(world, reference)
    declare(world, reference, *OTHERS)
    for member in (chair, lay):
        judge(member, path)
    move(chair, path, "Open the vote")
    vote(world, reference, "approve", *OTHERS)
    for member in (chair, lay):
        cast_vote(member, path)


def test_after_a_halt_for_safety_an_approved_change_lets_the_work_restart(
    sign_in: SignIn, running_centre: RunningCentre, tmp_path: Path
) -> None:
    world = running_centre.world
    case = decided(world, world.project(active=True, title="A ward after its fault"))
    study = f"/ethics/{case.reference}"
    lead, officer = sign_in("project_lead"), sign_in("ethics_officer")
    halt(lead, study)
    officer.go(study)
    assert officer.is_refused(RESTART)

    path = change(lead, study, tmp_path)
    reference = path.rpartition("/")[2]
    move(officer, path, "Validate it")
    allocate(world, reference)
    chair, lay = sign_in("chair"), sign_in("committee_lay")
    hear(world, reference, chair, lay, path)
    chair.go(path)
    chair.opens("Approve the change", "are you sure?")
    chair.sees("7 present, chair, 3 lay: quorate")
    chair.fill("Reasons (optional)", "Nobody is put at risk any more.")
    chair.is_sound()
    chair.press("Confirm")
    chair.sees("Change approved")
    chair.is_sound()

    officer.go(study)
    officer.sees("Version 2")
    officer.is_sound()
    move(officer, study, RESTART, Reasons="The change that was asked for is in effect.")
    lead.go(study)
    lead.sees("Approved")
    lead.sees(SAFER)
    lead.go(path)
    letter = lead.downloads("Decision letter (PDF)", tmp_path)
    for words in (
        "Modification approved",
        f"version 2 of {case.reference}",
        SAFER,
        hashlib.sha256(b"%PDF-1.4 the second").hexdigest()[:20],
        "not an NHS Research Ethics Committee",
    ):
        assert words in letter
