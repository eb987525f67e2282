"""From an application to its letter, with a recusal, a question and a condition: six people, each in their window."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload

from hcqic_gov.core.calendar import london_day
from hcqic_gov.dispatch import make_celery
from hcqic_gov.ethics import queries, service
from hcqic_gov.ethics.states import Interest
from hcqic_gov.ethics.triage import triage
from hcqic_gov.projects.models import Project
from hcqic_gov.quantum.simulate import Outcome, Status
from hcqic_gov.quantum.tiers import tiers
from hcqic_gov.sandbox import execution
from hcqic_gov.sandbox import service as sandbox
from hcqic_gov.sandbox.models import Run
from hcqic_gov.settings import Settings
from hcqic_gov.web.forms import given
from tests import sandbox_steps
from tests.ethics_steps import MEMBERS
from tests.factories import World
from tests.functional.conftest import RunningCentre, SignIn, Visit, needs_poppler

pytestmark = [pytest.mark.browser, pytest.mark.poppler, needs_poppler]

DECISION = "A favourable opinion with conditions"
OTHERS = [name for name in MEMBERS if name not in ("chair", "committee_lay", "expert_two")]
"""Members who do through the services what those in the browser do."""


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


def allocate(officer: Visit, path: str, meeting: int) -> None:
    officer.go(path)
    officer.opens("Give it to the committee", "Give it to the committee: are you sure?")
    officer.choose("Track", "Full committee")
    officer.page.locator("select[name=meeting_id]").select_option(str(meeting))
    officer.is_sound()
    officer.press("Confirm")
    officer.sees("Given to the committee")


def declare(member: Visit, path: str, answer: str = "No interest", why: str = "") -> None:
    """Papers open once the interest is declared."""
    member.go(path)
    assert member.page.get_by_text("We compare ways to make rosters").count() == 0
    member.opens("Declare your interests", "Declare your interests")
    member.choose("Do you have an interest in this application?", answer)
    member.fill("What is your interest?", why)
    member.is_sound()
    member.press("Save")
    member.sees("Your declaration is recorded")


def steps_aside(member: Visit, path: str) -> None:
    """Who stepped aside sees nothing of the case any more."""
    declare(member, path, "An interest, so I step aside", "My sister works there.")
    member.go(path)
    member.sees("You stepped aside")
    member.complaints.clear()  # the browser notes that the page was refused, as it should be
    member.is_sound()


def judge(member: Visit, path: str, choice: str) -> None:
    """The votes of others open once one's own is in."""
    member.go(path)
    member.sees("We compare ways to make rosters")
    member.opens("Vote", "Vote")
    member.choose("Your vote", choice)
    member.has_no_axe_violation()
    member.press("Vote")
    member.sees("Your vote is in")
    member.is_sound()


def the_others_declare(world: World, reference: str) -> None:
    with world.writing() as session:
        for name in OTHERS:
            service.declare_interest(session, reference, Interest.NONE, actor=world[name], now=datetime.now(UTC))


def all_vote(world: World, visits: tuple[Visit, ...], path: str, choice: str, words: str) -> None:
    """The chair opens the vote; two members vote in the browser, the others as they do."""
    move(visits[0], path, "Open the vote")
    with world.writing() as session:
        for name in OTHERS:
            reference = path.rpartition("/")[2]
            service.vote(session, reference, choice, actor=world[name], now=datetime.now(UTC))
    for visit in visits:
        judge(visit, path, words)


def ask(chair: Visit, path: str) -> None:
    chair.go(path)
    name = "Give a provisional opinion and ask for information"
    chair.opens(name, f"{name}: are you sure?")
    chair.sees("6 present, chair, 3 lay: quorate; 1 recused")
    chair.fill("Questions to the team", "Where is the data kept?")
    chair.is_sound()
    chair.press("Confirm")
    chair.sees("More information needed")


def answer(applicant: Visit, path: str) -> None:
    applicant.go("/home")
    applicant.sees("Answer the committee’s questions")
    applicant.go(path)
    assert applicant.is_refused("Send the response")
    applicant.opens("Answer question 1", "Answer question 1")
    applicant.fill("Your answer", "On the centre's own disks.")
    applicant.is_sound()
    applicant.press("Save")
    applicant.sees("Your answer to question 1 is saved")
    move(applicant, path, "Send the response")
    applicant.sees("Response in review")


def decide(chair: Visit, path: str) -> None:
    chair.go(path)
    chair.opens(f"Give {DECISION.lower()}", "are you sure?")
    chair.sees("6 present, chair, 3 lay: quorate; 1 recused")
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


def suspend(chair: Visit, path: str) -> None:
    chair.go(path)
    chair.opens("Suspend the opinion", "Suspend the opinion: are you sure?")
    chair.fill("Reasons", "An incident on the ward.")
    chair.is_sound()
    chair.press("Confirm")
    chair.sees("Opinion suspended")


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
    allocate(officer, path, world.meeting().key)

    the_others_declare(world, reference)
    chair, lay = sign_in("chair"), sign_in("committee_lay")
    steps_aside(sign_in("expert_two"), path)
    for member in (chair, lay):
        declare(member, path)
    all_vote(world, (chair, lay), path, "request_information", "A provisional opinion and ask for information")
    ask(chair, path)
    answer(applicant, path)
    all_vote(world, (chair, lay), path, "favourable_conditions", DECISION)
    decide(chair, path)
    meet_the_condition(applicant, officer, path)
    applicant.go(path)
    applicant.sees("Confirmed")
    letter = applicant.downloads("Opinion letter (PDF)", tmp_path)
    for words in (reference, "Name the data manager.", "not an NHS Research Ethics Committee"):
        assert words in letter


@contextmanager
def worker_kept_busy(world: World, project: Project) -> Iterator[None]:
    """As many runs of the requester are going as one person may have, so that the next one stays in the queue."""
    jobs = []
    for _ in range(tiers().max_running):
        run = sandbox_steps.submitted(world, project)
        with world.writing() as session:
            now = datetime.now(UTC)
            sandbox.approve(session, run.reference, actor=world["gatekeeper"], now=now)
            jobs.append(given(execution.begin(session, run.key, worker=execution.this_process(), now=now)))
            session.get_one(Run, run.key).lease_until = now + timedelta(minutes=10)
    yield
    for job in jobs:
        with world.writing() as session:
            execution.finish(session, job, Outcome(Status.FAILED, "It was held."), now=datetime.now(UTC))


def test_a_suspension_stops_the_run_that_waits(sign_in: SignIn, running_centre: RunningCentre) -> None:
    """It is approved and in the queue; before a worker is free the opinion is suspended, and the worker blocks it."""
    world = running_centre.world
    project = sandbox_steps.ready(world, title="A ward that is stopped")
    with world.reading() as session:
        case = queries.standings(session, project.key, at=datetime.now(UTC))[0].reference
    keeper = sign_in("gatekeeper")
    with worker_kept_busy(world, project):
        waiting, asked = (sandbox_steps.submitted(world, project) for _ in range(2))
        keeper.go(f"/sandbox/{waiting.reference}")
        keeper.press("Approve")
        keeper.press("Confirm")
        keeper.page.wait_for_url(f"**/sandbox/{waiting.reference}")
        keeper.sees("Queued")
        suspend(sign_in("chair"), f"/ethics/{case}")
        keeper.go(f"/sandbox/{waiting.reference}")
        keeper.sees("Queued")
    dispatch = make_celery(Settings(data_dir=running_centre.data_dir))
    dispatch.send_task("sandbox.execute", [waiting.key], expires=60)
    keeper.sees("Blocked at a gate", seconds=60)
    keeper.sees("Ask the chair what is needed to lift the suspension")
    keeper.is_sound()
    keeper.go(f"/sandbox/{asked.reference}")
    assert keeper.is_refused("Approve")
