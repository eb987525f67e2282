"""From an application to its decision: applicant, sponsor, officer, lay member and chair, each in their own window."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload

from hcqic_gov.core.calendar import london_day
from hcqic_gov.ethics import service
from hcqic_gov.ethics.states import Interest
from hcqic_gov.ethics.triage import triage
from tests.ethics_steps import MEMBERS
from tests.factories import World
from tests.functional.conftest import RunningCentre, SignIn, Visit, needs_poppler

pytestmark = [pytest.mark.browser, pytest.mark.poppler, needs_poppler]

DECISION = "A favourable opinion with conditions"
IN_BROWSER = ("chair", "committee_lay")


def apply(applicant: Visit, project: str) -> str:
    """The address of the case."""
    applicant.go("/ethics/")
    applicant.is_sound()
    applicant.opens("Apply for an opinion", "Apply for an ethics opinion")
    applicant.is_sound()
    applicant.page.locator("select[name=project]").select_option(project)
    applicant.fill("Title", "Rosters by simulated annealing")
    applicant.choose("What is it?", "Research")
    applicant.press("Save draft")
    applicant.sees("is saved as a draft")
    applicant.is_sound()
    path = applicant.page.url.removeprefix(applicant.url).removesuffix("/application")
    fill_sections(applicant)
    add_protocol(applicant)
    applicant.go(path + "/application")
    applicant.sees("5 of 5 sections are completed")
    applicant.opens("Check your answers and send them", "Check your answers")
    applicant.is_sound()
    applicant.go(path)
    return path


def fill_sections(applicant: Visit) -> None:
    """Each section on its own page, from the task list and back."""
    applicant.opens("Title and summary", "Title and summary")
    applicant.fill("Lay summary", "We compare ways to make rosters, on data that is made up.")
    applicant.is_sound()
    applicant.press("Save and continue")
    applicant.opens("Which review it needs", "Which review it needs")
    for question in triage().questions:
        applicant.choose(question.text, "No")
    applicant.is_sound()
    applicant.press("Save and continue")
    applicant.sees("a sub-committee can review")
    applicant.is_sound()
    applicant.opens("Go on with the application", "Your application")
    applicant.opens("Data, purposes and methods", "Data, purposes and methods")
    applicant.choose("Data", "Synthetic data")
    applicant.choose("Purposes", "Developing and comparing methods")
    applicant.choose("Methods", "Classical high-performance computing", "Simulated quantum circuits")
    applicant.is_sound()
    applicant.press("Save and continue")
    applicant.opens("People and consent", "People and consent")
    applicant.fill("Who takes part, or whose data is used, and how many?", "Nobody.")
    applicant.choose("Consent", "No data about people")
    applicant.is_sound()
    applicant.press("Save and continue")


def add_protocol(applicant: Visit) -> None:
    applicant.opens("Documents", "Documents")
    applicant.is_sound()
    applicant.opens("Protocol", "Add a document")
    protocol: FilePayload = {"name": "protocol.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 made up"}
    applicant.page.locator("input[type=file]").set_input_files(protocol)
    applicant.is_sound()
    applicant.press("Add")
    applicant.sees("The document is added")
    applicant.is_sound()


def move(visit: Visit, path: str, name: str, **fields: str) -> None:
    """A move by its button, its form and the button that confirms it."""
    visit.go(path)
    visit.opens(name, f"{name}: are you sure?")
    for label, answer in fields.items():
        visit.fill(label, answer) if label == "Reasons" else visit.choose(label, answer)
    visit.has_no_axe_violation()
    visit.press("Confirm")
    visit.page.wait_for_url("**" + path)
    visit.has_no_axe_violation()


def record_everybody_present(officer: Visit, path: str) -> None:
    officer.go(path)
    officer.opens("Record who is present", "Record who is present")
    for box in officer.page.get_by_role("checkbox").all():
        box.check()
    officer.has_no_axe_violation()
    officer.press("Save")
    officer.sees("Attendance is recorded")


def judge(member: Visit, path: str) -> None:
    """Papers open once the interest is declared; the votes of others open once one's own is in."""
    member.go(path)
    assert member.page.get_by_text("We compare ways to make rosters").count() == 0
    member.opens("Declare your interests", "Declare your interests")
    member.choose("Do you have an interest in this application?", "No interest")
    member.has_no_axe_violation()
    member.press("Save")
    member.sees("Your declaration is recorded")
    member.go(path)
    member.sees("We compare ways to make rosters")
    member.sees("Hidden until your own vote is in")
    member.opens("Vote", "Vote")
    member.choose("Your vote", DECISION)
    member.has_no_axe_violation()
    member.press("Vote")
    member.sees("Your vote is in")
    member.is_sound()


def the_others_judge(world: World, reference: str) -> None:
    """Five more members, each as the two in the browser do."""
    with world.writing() as session:
        for name in MEMBERS:
            if name not in IN_BROWSER:
                service.declare_interest(session, reference, Interest.NONE, actor=world[name], now=world.now)
                service.vote(session, reference, "favourable_conditions", actor=world[name], now=world.now)


def decide(chair: Visit, path: str) -> None:
    chair.go(path)
    chair.opens(f"Give {DECISION.lower()}", "are you sure?")
    chair.sees("7 present, chair, 3 lay: quorate")
    chair.fill("Reasons", "The committee found it sound.")
    chair.fill("Conditions to be met before the work starts", "Name the data manager.")
    today = london_day(datetime.now(UTC))
    chair.day("Valid from", today.year, today.month, today.day)
    chair.day("Valid until", today.year + 1, 12, 31)
    chair.is_sound()
    chair.press("Confirm")
    chair.sees("Approved with conditions")
    chair.is_sound()


def meet_the_condition(applicant: Visit, officer: Visit, path: str) -> None:
    applicant.go(path)
    applicant.press("Say how condition 1 is met")
    applicant.fill("How is the condition met?", "Dr Example is the data manager.")
    applicant.has_no_axe_violation()
    applicant.press("Save")
    applicant.sees("Another person confirms it next")
    officer.go(path)
    officer.press("Confirm condition 1")
    officer.press("Confirm")
    officer.sees("The condition is confirmed")
    officer.is_sound()


def test_from_the_application_to_the_opinion_letter(
    sign_in: SignIn, running_centre: RunningCentre, tmp_path: Path
) -> None:
    world = running_centre.world
    project = world.project(active=True, title="A ward before its opinion")
    applicant, officer = sign_in("project_lead"), sign_in("ethics_officer")
    path = apply(applicant, project.reference)
    reference = path.rpartition("/")[2]
    move(applicant, path, "Send it to the sponsor")
    sponsor = sign_in("sponsor")
    sponsor.sees("Rosters by simulated annealing")
    move(sponsor, path, "Authorise and submit it")
    move(officer, path, "Validate it")
    move(officer, path, "Give it to the committee", Track="Full committee")
    record_everybody_present(officer, path)

    the_others_judge(world, reference)
    chair, lay = sign_in("chair"), sign_in("committee_lay")
    judge(lay, path)
    judge(chair, path)
    decide(chair, path)
    meet_the_condition(applicant, officer, path)
    applicant.go(path)
    applicant.sees("Confirmed")
    letter = applicant.downloads("Opinion letter (PDF)", tmp_path)
    for words in (reference, "Name the data manager.", "not an NHS Research Ethics Committee"):
        assert words in letter
