"""No route, file, chart, message or command tells a number that is hidden: their bytes are searched for it."""

import io
import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import product
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pikepdf
import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from sqlmodel import select
from werkzeug.test import TestResponse

from hcqic_gov.cli import main
from hcqic_gov.core.calendar import Period
from hcqic_gov.core.errors import Invalid
from hcqic_gov.kpi import alerts, definitions, service
from hcqic_gov.kpi.kept import SHELF
from hcqic_gov.kpi.models import Observation
from hcqic_gov.kpi.service import Entry
from hcqic_gov.notices.models import OutboxMessage
from hcqic_gov.people.rules import Role
from hcqic_gov.settings import Settings
from reports.signing import self_signed
from tests.architecture.test_routes import ALLOWED, House, client, expected, housed
from tests.integration.test_web_kpi import callback

BELOW = 900_000
"""Fewer persons are hidden in this test, so that a hidden number is one that stands nowhere else."""
NUMBERS = re.compile(r"/(kpis|dashboards|reports|audit|home|notices)(?!.*\.pdf)")
"""Addresses where such numbers could be; the PDFs are asked for by those who ask for everything."""
CODES = ("H1", "G4")


@dataclass
class Told:
    """A house in which numbers are hidden, those numbers, and one that everybody sees."""

    house: House
    hidden: dict[str, str] = field(default_factory=dict)
    """The digits by what they are."""
    open: tuple[str, ...] = ("1555555", "1673829")
    keys: list[int] = field(default_factory=list)


@pytest.fixture(autouse=True)
def data_dir(told: Told) -> Path:
    """The house's own, in which the files of its records lie."""
    return Settings().data_dir


def catalogue() -> Mapping[str, Any]:
    changed = {"small_numbers": BELOW, "decimals": 0}
    found = dict(definitions.catalogue())
    for code in CODES:
        more = {**changed, "decimals": 4} if code == "G4" else changed
        found[code] = tuple(one.model_copy(update=more) for one in found[code])
    return MappingProxyType(found)


@pytest.fixture(scope="module")
def told(sqlite_copy: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(definitions, "catalogue", partial(lambda known: known, catalogue()))
        patch.setattr("hcqic_gov.kpi.trail.catalogue", definitions.catalogue)
        SHELF.views.clear()
        folder = tmp_path_factory.mktemp("hidden")
        pair = folder / "pair.pem"
        pair.write_text(self_signed("The tests", datetime.now(UTC)))
        patch.setenv("HCQIC_SIGNING_KEY", str(pair))
        patch.setenv("HCQIC_SIGNING_CERTIFICATE", str(pair))
        with housed(sqlite_copy(), folder) as house:
            patch.setenv("HCQIC_DATABASE_URL", house.world.database.engine.url.render_as_string(hide_password=False))
            made = Told(house)
            tell(made)
            issue(house)
            yield made
        SHELF.views.clear()


def tell(told: Told) -> None:
    """H1: too few in a quarter, so the fewest of the rest go too; a correction by few; a draft. G4: too few."""
    world = told.house.world
    with world.writing() as session:
        world.add_person(session, "second_manager", {Role.CENTRE_MANAGER})
        world.add_person(session, "second_lead", {Role.ENGAGEMENT_LEAD})
    people = partial(Entry, source="Ward log", note="Counted by hand")
    verified(told, "H1", "2024-Q2", people(1_312_346))
    verified(told, "H1", "2024-Q3", people(731_469, n=658_213))
    verified(told, "H1", "2024-Q4", people(1_555_555))
    verified(told, "H1", "2025-Q1", people(1_673_829))
    verified(told, "H1", "2025-Q2", people(1_468_137))
    old = told.keys[-1]
    with world.writing() as session:
        manager = world["second_manager"]
        new = people(1_493_752, source="1,493,752 of the trust's log")
        key = service.correct(session, old, new, reason="Not 1468137 but 1493752", actor=manager, now=world.now).key
        service.submit(session, key, actor=manager, now=world.now)
        service.verify(session, key, actor=world["centre_manager"], now=world.now)
        draft = service.enter(session, "H1", Period.parse("2026-Q1"), people(941_157), actor=manager, now=world.now)
        told.keys += [key, draft.key]
    verified(told, "G4", "2026-Q1", Entry(813_913, 2_441_877, n=2_531_864, source="Form"))
    told.hidden = {
        "a small number": "731469",
        "its cases": "658213",
        "the value that covers it": "1312346",
        "a correction by few": "1493752",
        "what it corrects": "1468137",
        "the difference of the two": "25615",
        "a draft": "941157",
        "a small numerator": "813913",
        "its denominator": "2441877",
        "the rest of the denominator": "1627964",
        "the cases behind a rate": "2531864",
        "the rate": "33.331",
    }


def verified(told: Told, code: str, period: str, entry: Entry) -> int:
    world = told.house.world
    owner, second = ("second_manager", "centre_manager") if code == "H1" else ("second_lead", "engagement_lead")
    with world.writing() as session:
        key = service.enter(session, code, Period.parse(period), entry, actor=world[owner], now=world.now).key
        service.submit(session, key, actor=world[owner], now=world.now)
        service.verify(session, key, actor=world[second], now=world.now)
    told.keys.append(key)
    return key


def issue(house: House) -> None:
    """The draft of the house, brought up to date and issued as a PDF."""
    page = f"/reports/{house.values['reports']['reference']}"
    author, reviewer, manager = (client(house, who) for who in ("funding_officer", "finance", "centre_manager"))
    told = {"achievements": "Compared.", "taken_forward": "Used.", "objectives": "Met."}
    author.post(f"{page}/refresh")
    author.post(f"{page}/narrative", data={**told, "version": version_in(author, f"{page}/narrative")})
    author.post(f"{page}/submit")
    reviewer.post(f"{page}/approve", data={"version": version_in(reviewer, page)})
    assert manager.post(f"{page}/issue").status_code == 302
    assert client(house, "funder").get(f"{page}/report.pdf").data.startswith(b"%PDF")


def version_in(visitor: FlaskClient, path: str) -> str:
    found = re.search(r'name="version"[^>]*value="(\d+)"', visitor.get(path).text)
    assert found, path
    return found[1]


def layers(answer: TestResponse) -> Iterator[bytes]:
    """The bytes of an answer, and those of the files that are packed into it."""
    data = answer.data
    yield str(answer.headers).encode() + data
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            yield from (archive.read(name) for name in archive.namelist())
    if data.startswith(b"%PDF") and b"startxref" in data:
        yield from streams(data)
        yield words(data)


def streams(data: bytes) -> Iterator[bytes]:
    """Every stream of a PDF unpacked, the embedded files among them, and what is said instead of a picture."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        yield repr(pdf.docinfo).encode()
        for thing in pdf.objects:
            if isinstance(thing, pikepdf.Stream):
                yield thing.read_bytes()
            elif isinstance(thing, pikepdf.Dictionary):
                yield " ".join(str(thing[key]) for key in ("/Alt", "/ActualText", "/E", "/T") if key in thing).encode()


def words(data: bytes) -> bytes:
    """What a reader sees: in a stream the letters are the numbers of a font's shapes."""
    tool = shutil.which("pdftotext")
    assert tool, "pdftotext is missing: install poppler"
    return subprocess.run([tool, "-", "-"], input=data, capture_output=True, check=True).stdout


def addresses(told: Told, role: str) -> Iterator[str]:
    """Every address that this role may ask for, those of the KPIs with every KPI, value, kind and filter."""
    more: dict[str, list[Any]] = {"kind": ["csv", "xlsx", "pdf", "json"], "period": ["2024-Q3", "2026-Q1"]}
    for rule in told.house.rules():
        if "GET" not in (rule.methods or ()):
            continue
        if expected(told.house, rule, role) == ALLOWED:
            yield told.house.url(rule)
        if not rule.endpoint.startswith("kpi") or not rule.arguments:
            continue
        references = told.keys if "int:reference" in rule.rule else list(CODES)
        lists = [references if name == "reference" else more.get(name, ["x"]) for name in sorted(rule.arguments)]
        for values in product(*lists):
            with told.house.app.test_request_context():
                chosen = dict(zip(sorted(rule.arguments), values, strict=True))
                yield told.house.app.url_for(rule.endpoint, **chosen)
    yield "/kpis/files/H1.csv?period=2024-Q3"
    yield from (f"/audit/?action=kpi&page={page}" for page in (1, 2))
    yield "/audit/?reference=H1+2024-Q3"


VIEWS = (
    "/dashboards/",
    "/dashboards/?dimension=health&period=2024-Q3",
    "/dashboards/matrix",
    "/dashboards/kpi?kpi=H1",
    "/dashboards/kpi?kpi=H1&period=2024-Q3",
    "/dashboards/kpi?kpi=G4",
    "/dashboards/compare?kpi=H1&kpi2=G4&kpi3=O8",
)
FRAMES = ("/dashboards/_dash-layout", "/dashboards/_dash-dependencies")


def answers(told: Told, role: str, *, near: bool = False) -> Mapping[str, bytes]:
    """What this role gets at every address; a client for each, since one of them signs out."""
    asked = [one for one in (*addresses(told, role), *VIEWS, *FRAMES) if not near or NUMBERS.match(one)]
    given = {address: client(told.house, role).get(address) for address in dict.fromkeys(asked)}
    assert [address for address, answer in given.items() if answer.status_code >= 500] == []
    found = {address: b"".join(layers(answer)) for address, answer in given.items()}
    found |= {f"callback {address}": callback(client(told.house, role), address).data for address in VIEWS}
    return {address: WITHIN.sub(b"", body) for address, body in found.items()}


WITHIN = re.compile(rb",|&#44;|\xc2\xa0")
"""What may stand between the digits of a number."""


def leaks(given: Mapping[str, bytes], digits: Mapping[str, str]) -> Mapping[str, list[str]]:
    """Which numbers stand where: as digits, with separators, as a float, in a file."""
    found = {address: [what for what, one in digits.items() if one.encode() in body] for address, body in given.items()}
    return {address: what for address, what in found.items() if what}


def test_the_auditor_meets_no_hidden_number_but_what_may_be_seen(told: Told) -> None:
    """Everywhere; and the search works: other numbers of the same KPI are found in each kind of answer."""
    given = answers(told, "auditor")
    assert leaks(given, told.hidden) == {}
    report = f"/reports/{told.house.values['reports']['reference']}"
    files = {f"/kpis/files/H1.{kind}" for kind in ("csv", "xlsx", "pdf")}
    wanted = {"/kpis/H1", *files, "callback /dashboards/kpi?kpi=H1", f"{report}/report.pdf"}
    for number in told.open:
        found = leaks(given, {number: number})
        assert wanted <= set(found)
        assert any(address.startswith("/kpis/observations/") for address in found)


@pytest.mark.parametrize("role", ["visitor", "funder"])
def test_outside_the_centre_nobody_meets_a_hidden_number(told: Told, role: str) -> None:
    assert leaks(answers(told, role), told.hidden) == {}


def test_staff_who_report_other_kpis_meet_no_hidden_number(told: Told) -> None:
    """At the addresses where such a number could be."""
    assert leaks(answers(told, "finance", near=True), told.hidden) == {}


def test_whoever_keeps_a_kpi_meets_its_numbers_on_its_own_pages_only(told: Told) -> None:
    """Not on dashboards, in files, reports or the audit trail, which go from hand to hand."""
    found = leaks(answers(told, "centre_manager", near=True), told.hidden)
    assert {re.sub(r"[HG]\d|\d+", "", address.removesuffix("/enter")) for address in found} <= {
        "/kpis/",
        "/kpis//-Q",
        "/kpis/observations/",
        "/kpis/observations//correct",
    }
    assert {what for told_there in found.values() for what in told_there} >= {"a small number", "a draft"}


def test_messages_and_commands_tell_no_hidden_number(told: Told, tmp_path: Path) -> None:
    world = told.house.world
    with world.writing() as session:
        alerts.alert(session, now=world.now)
    with world.reading() as session:
        messages = [json.dumps(row.model_dump(mode="json")) for row in session.exec(select(OutboxMessage))]
    given = {"messages": " ".join(messages)}

    file = tmp_path / "values.csv"
    file.write_text("code,period,outcome,value\nH1,2024-Q3,value,1\nH1,2026-Q1,value,1\n")
    for person in ("finance", "centre_manager"):
        command = ["kpi", "upload", str(file), "--as", f"{person.replace('_', '.')}@example.org", "--preview", "--json"]
        given[person] = CliRunner().invoke(main, command).output
        assert "problems" in given[person]
    given["audit"] = CliRunner().invoke(main, ["audit", "verify", "--json"]).output
    assert leaks({name: WITHIN.sub(b"", text.encode()) for name, text in given.items()}, told.hidden) == {}


@pytest.mark.parametrize("text", ["Only 731,469 came", "731469 (early)", "Of 658213 cases", "It was 731469.0"])
def test_an_explanation_names_no_hidden_number(told: Told, text: str) -> None:
    world = told.house.world
    with world.writing() as session, pytest.raises(Invalid, match="Leave the number"):
        service.annotate(session, "H1", Period.parse("2024-Q3"), text, actor=world["centre_manager"], now=world.now)


def test_an_explanation_may_name_what_everybody_sees(told: Told) -> None:
    world = told.house.world
    with world.writing() as session:
        quarter, manager = Period.parse("2024-Q4"), world["centre_manager"]
        service.annotate(session, "H1", quarter, "1,555,555 and no end in 2024", actor=manager, now=world.now)
        session.rollback()


def test_what_was_hidden_is_what_the_table_says(told: Told) -> None:
    """The statuses in the register, so that nobody reads this test for another story."""
    with told.house.world.reading() as session:
        rows = session.exec(select(Observation).where(Observation.code == "H1").order_by(Observation.period)).all()
    assert [(row.period, row.status.value) for row in rows] == [
        ("2024-Q2", "verified"),
        ("2024-Q3", "verified"),
        ("2024-Q4", "verified"),
        ("2025-Q1", "verified"),
        ("2025-Q2", "superseded"),
        ("2025-Q2", "verified"),
        ("2026-Q1", "draft"),
    ]
