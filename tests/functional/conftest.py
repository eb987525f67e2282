"""A running centre and a real browser: `hcqic serve` with its worker, and Debian's chromium."""

import hashlib
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, ViewportSize, sync_playwright

from hcqic_gov.core.actor import Actor
from hcqic_gov.db import Database
from hcqic_gov.people import service as people
from hcqic_gov.people.models import Person
from hcqic_gov.people.rules import Role
from hcqic_gov.settings import ROOT, Settings
from reports.signing import self_signed
from tests.conftest import MakeUrl
from tests.factories import PASSWORD, World
from tests.ports import free_port

CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
"""Debian's browser; its shell without windows is the same engine, and opens a page in half the time."""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SERVE = "from hcqic_gov.cli import main; main()"  # this checkout's, whichever is installed
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],  # all of them; to describe what passes takes axe twice as long
}


BUILT = """() => {
  const told = new Set(["class", "style", "role", "type", "aria-disabled", "aria-hidden", "open", "scope"]);
  const part = (one, name) => told.has(name) ? `${name}=${one.getAttribute(name)}` : name;
  const mark = (one) => one.getAttributeNames().map((name) => part(one, name));
  const text = (one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim()) ? "text" : "";
  const key = (one) => {
    const within = [];
    for (const child of one.children) {
      const found = key(child);
      if (within.at(-1) !== found || within.at(-2) !== found) within.push(found);
    }
    return `${one.tagName} ${mark(one).sort().join(" ")} ${text(one)}(${within.join()})`;
  };
  return `${window.innerWidth} ${key(document.documentElement)}`;
}"""
"""How a page is built: elements with their looks and parts, the first two of rows built alike, and no words."""


@dataclass
class RunningCentre:
    """The address of a served centre, its world, and where its files lie."""

    url: str
    world: World
    data_dir: Path
    log: Path
    signed_in: dict[str, StorageState] = field(default_factory=dict)
    """The cookies of those who signed in once."""

    def newcomer(self, name: str, role: Role, *, organisation_id: int | None = None) -> Actor:
        """One more person, who signs in with the password of all."""
        with self.world.writing() as session:
            known = session.get_one(Person, self.world["auditor"].id)
            found = self.world.add_person(session, name, {role}, organisation_id=organisation_id)
            session.get_one(Person, found.id).password = known.password
        return found


needs_poppler = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is missing: install poppler")


@pytest.fixture(scope="session")
def running_centre(
    confinement: None, sqlite_copy: MakeUrl, one_app: Flask, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningCentre]:
    """One centre for all journeys of a test process; its clock is the real one."""
    folder = tmp_path_factory.mktemp("centre")
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HCQIC_DATA_DIR", str(folder))
        patch.setenv("HCQIC_SIGN_IN_RATE", "10000 per minute")
        pair = folder / "pair.pem"
        pair.write_text(self_signed("The tests", datetime.now(UTC)))
        patch.setenv("HCQIC_SIGNING_KEY", str(pair))
        patch.setenv("HCQIC_SIGNING_CERTIFICATE", str(pair))
        settings = Settings()
        Path(sqlite_copy().removeprefix("sqlite:///")).rename(settings.home() / "hcqic.sqlite3")
        secrets = one_app.extensions["hcqic"].settings.home() / "secrets"
        shutil.copytree(secrets, folder / "secrets")  # with which passwords are salted
        environment = {**os.environ}
    database = Database(settings.database)
    world = World.make(database, datetime.now(UTC))
    give_passwords(world, one_app)
    log = folder / "log"
    command = [sys.executable, "-c", SERVE, "serve", "--port", url.rpartition(":")[2]]
    with (
        log.open("w") as output,
        subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=output, stderr=output, start_new_session=True
        ) as process,
    ):
        wait_until_ready(url, log)
        yield RunningCentre(url, world, folder, log)
        process.terminate()
        process.wait(20)
    database.dispose()


def give_passwords(world: World, app: Flask) -> None:
    with app.app_context():
        hashed = people.hashed(PASSWORD)
    with world.writing() as session:
        for person in world.people.values():
            session.get_one(Person, person.id).password = hashed


def wait_until_ready(url: str, log: Path) -> None:
    for _ in range(150):
        try:
            urllib.request.urlopen(f"{url}/readyz", timeout=1).close()  # noqa: S310 - our own address
        except OSError:
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"the centre did not start: {log.read_text()[-2000:]}")


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("chromium is not installed: the journeys in the browser were skipped (apt-get install chromium)")
    base = tmp_path_factory.getbasetemp()
    Visit.examined = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "examined"
    Visit.examined.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield found
        found.close()


@dataclass
class Visit:
    """One person's browser window; what the browser complains of is kept."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)
    examined: ClassVar[Path]
    """The folder in which a file stands for each page that axe found nothing on, by how the page is built."""

    def go(self, path: str) -> None:
        self.page.goto(self.url + path)

    def press(self, name: str) -> None:
        """The button or link of this name."""
        button = self.page.get_by_role("button", name=name, exact=True)
        (button if button.count() else self.page.get_by_role("link", name=name, exact=True)).first.click()

    def fill(self, label: str, text: str) -> None:
        self.page.get_by_label(label, exact=True).fill(text)

    def day(self, legend: str, year: int, month: int, day: int) -> None:
        group = self.page.get_by_role("group", name=legend)
        for label, number in (("Day", day), ("Month", month), ("Year", year)):
            group.get_by_label(label, exact=True).fill(str(number))

    def choose(self, label: str, *options: str) -> None:
        """An option of a select, or the radios or boxes of these names."""
        select = self.page.locator("select").and_(self.page.get_by_label(label, exact=True))
        if select.count():
            select.select_option(label=options[0])
            return
        for option in options:
            self.page.get_by_role("group", name=label).get_by_label(option, exact=True).check()

    def opens(self, name: str, heading: str) -> None:
        """The button or link of this name leads to the page with this heading."""
        self.press(name)
        self.page.get_by_role("heading", level=1).filter(has_text=heading).wait_for()

    def sees(self, text: str, *, seconds: float = 10) -> None:
        """Waits for the text; the page of a run follows by itself, and to load it meanwhile would be aborted."""
        self.page.get_by_text(text).first.wait_for(timeout=seconds * 1000)

    def is_refused(self, name: str) -> bool:
        """Whether the button of this name is grey, with a reason beside it."""
        button = self.page.get_by_role("button", name=name, exact=True)
        why = button.get_attribute("aria-describedby")
        told = bool(why) and bool(self.page.locator(f"#{why}").inner_text())
        return told and button.get_attribute("aria-disabled") == "true"

    def downloads(self, name: str, folder: Path) -> str:
        """The words of the PDF behind the link of this name."""
        with self.page.expect_download() as waiting:
            self.press(name)
        path = folder / waiting.value.suggested_filename
        waiting.value.save_as(path)
        assert path.read_bytes().startswith(b"%PDF-")
        done = subprocess.run(["pdftotext", "-raw", str(path), "-"], capture_output=True, check=True)
        return " ".join(done.stdout.decode().split())

    def has_no_axe_violation(self) -> None:
        """WCAG 2.2 AA and best practice, as axe-core sees them; and no complaint of the browser so far.

        A page that is built like one on which axe found nothing in this run is not examined again.
        """
        self.page.wait_for_load_state("load")  # before its style sheets are in, a link has no size yet
        assert self.complaints == []
        seen = self.examined / hashlib.sha256(self.page.evaluate(BUILT).encode()).hexdigest()
        if seen.exists():
            return
        found = Axe().run(self.page, options=RULES).response["violations"]
        assert [(v["id"], [n["html"][:120] for n in v["nodes"]][:3]) for v in found] == [], self.page.url
        seen.touch()

    def is_sound(self) -> None:
        """Nothing for axe at the usual width, and nothing to scroll sideways for at 390 pixels."""
        self.has_no_axe_violation()
        self.page.set_viewport_size({"width": 390, "height": 900})
        assert fits(self.page), self.page.url
        self.page.set_viewport_size({"width": 1280, "height": 900})


def fits(page: Page) -> bool:
    """Whether nothing is wider than the window; menu and charts fold themselves up a moment after a resize."""
    for _ in range(50):
        if page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"):
            return True
        page.wait_for_timeout(100)
    return False


SignIn = Callable[[str], Visit]


@pytest.fixture
def sign_in(browser: Browser, running_centre: RunningCentre) -> Iterator[SignIn]:
    """Opens a window for the person of this name: the first time through the sign-in page, then with its cookies."""
    contexts: list[BrowserContext] = []
    known = running_centre.signed_in

    def open_for(name: str) -> Visit:
        size = ViewportSize(width=1280, height=900)
        context = browser.new_context(locale="en-GB", viewport=size, storage_state=known.get(name))
        contexts.append(context)
        visit = Visit(context.new_page(), running_centre.url)
        visit.page.on("console", lambda m: visit.complaints.append(m.text) if m.type == "error" else None)
        visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        if name in known:
            visit.go("/home")
        else:
            through_the_page(visit, address_of(running_centre.world, name))
            known[name] = context.storage_state()
        return visit

    yield open_for
    for context in contexts:
        context.close()


def address_of(world: World, name: str) -> str:
    with world.reading() as session:
        return session.get_one(Person, world[name].id).email


def through_the_page(visit: Visit, address: str) -> None:
    visit.go("/sign-in")
    visit.fill("Email Address", address)
    visit.page.locator("#password").fill(PASSWORD)
    visit.press("Sign in")
    visit.page.wait_for_url("**/home")
