"""Every route is declared, and every role is tried on every one: no way in that the policies do not open."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import html5lib
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlmodel import col
from werkzeug.routing import Rule

from hcqic_gov.audit.models import AuditEntry
from hcqic_gov.audit.rules import Result
from hcqic_gov.core.errors import NotFound
from hcqic_gov.db import Database
from hcqic_gov.people.rules import Role
from hcqic_gov.policy.access import may
from hcqic_gov.settings import Settings
from hcqic_gov.web.access import NOT_SERVED, declared, resource_for
from tests.conftest import NOW
from tests.factories import World, client_of
from tests.samples import make_samples

VISITOR = "visitor"
ROLES = [VISITOR, *(role.value for role in Role)]


@dataclass
class House:
    """The application over a centre that holds one record of every kind, and the values of its addresses."""

    app: Flask
    world: World
    values: dict[str, dict[str, Any]] = field(default_factory=dict)

    def url(self, rule: Rule) -> str:
        """The rule's address with a sample record: values by register, then by name."""
        register = rule.endpoint.partition(".")[0]
        known = {**self.values.get("", {}), **self.values.get(register, {}), **self.values.get(rule.endpoint, {})}
        with self.app.test_request_context():
            return self.app.url_for(rule.endpoint, **{name: known[name] for name in rule.arguments})

    def rules(self) -> Iterator[Rule]:
        return (
            rule
            for rule in self.app.url_map.iter_rules()
            if not rule.rule.startswith("/dashboards/") and rule.endpoint not in {"static", "security.static"}
        )


@pytest.fixture(scope="module")
def house(sqlite_copy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:  # type: ignore[no-untyped-def]
    with housed(sqlite_copy(), tmp_path_factory.mktemp("house")) as built:
        yield built


@contextmanager
def housed(url: str, folder: Path) -> Iterator[House]:
    """The application over this empty database, with a record for every route."""
    from hcqic_gov.app import create_app

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HCQIC_DATA_DIR", str(folder))
        database = Database(url)
        world = World.make(database, NOW)
        values = make_samples(world)
        app = create_app(
            Settings(data_dir=folder, sign_in_rate="100000 per minute"),
            database=database,
            clock=lambda: NOW,
            TESTING=True,
            WTF_CSRF_ENABLED=False,
        )
        yield House(app, world, values)
        database.dispose()


@pytest.fixture(autouse=True)
def data_dir(house: House) -> Path:
    """The house's own, in which the files of its records lie."""
    return Settings().data_dir


def client(house: House, role: str) -> FlaskClient:
    return client_of(house.app, None if role == VISITOR else house.world[role])


def test_every_route_is_declared(house: House) -> None:
    undeclared = {r.endpoint for r in house.app.url_map.iter_rules() if declared(house.app, r.endpoint, r.rule) is None}
    assert undeclared <= NOT_SERVED


RENDERED = (VISITOR, "ethics_officer", "chair", "funder")
"""For these the allowed pages are made here, for others where their HTML is read; what is refused every role asks."""

READERS = ("auditor", "funder")
"""They change nothing anywhere, whatever they may send."""

OWN = ("security.", "notices.", "calendar.")
"""What everybody sets for themselves: password, which notices are read, how they are told, their calendar."""

FILLED = {"version": "1", "reason": "Because.", "public": "yes", "text": "x", "title": "x"}


@pytest.mark.parametrize("role", ROLES)
def test_every_route_keeps_its_rule(house: House, role: str) -> None:
    """A refusal exactly where the declared rule refuses, entered in the audit trail; and never a crash."""
    tried = [
        (rule, method, asked)
        for rule in house.rules()
        for asked in [expected(house, rule, role)]
        for method in sorted((rule.methods or set()) & {"GET", "POST"})
        if asked in (REFUSED, UNKNOWN, SIGN_IN) or is_asked(method, role)
    ]
    faults = [fault for rule, method, asked in tried if (fault := fault_of(house, rule, method, role, asked))]
    assert faults == []
    assert len(tried) > 60


ALLOWED, REFUSED, UNKNOWN, SIGN_IN = "allowed", "refused", "unknown", "sign in"


def expected(house: House, rule: Rule, role: str) -> str:
    """What the rule of this route says to this role."""
    declared_rule = declared(house.app, rule.endpoint, rule.rule)
    if declared_rule is None:
        return UNKNOWN
    if declared_rule.action is None:
        return ALLOWED
    if role == VISITOR:
        return SIGN_IN
    method = "GET" if "GET" in (rule.methods or ()) else "POST"
    with house.app.test_request_context(house.url(rule), method=method), house.world.reading() as session:
        try:
            ruling = may(house.world[role], declared_rule.action, resource_for(declared_rule, session))
        except NotFound:
            return UNKNOWN
    return ALLOWED if ruling.allowed else REFUSED


def is_asked(method: str, role: str) -> bool:
    """Whether this role asks for what it may have."""
    return role in RENDERED or (method == "POST" and role in READERS)


def fault_of(house: House, rule: Rule, method: str, role: str, asked: str) -> str:
    url = house.url(rule)
    last = last_entry(house) if method == "POST" else 0
    answer = client(house, role).open(url, method=method, data=FILLED if method == "POST" else None)
    said = f"{role} {method} {url}: {answer.status_code}, {asked}"
    if asked == UNKNOWN:
        return "" if answer.status_code == 404 else said
    if asked == SIGN_IN:
        return "" if answer.status_code == 302 and "/sign-in" in answer.location else said
    if answer.status_code >= 500:
        return said
    if method == "GET":
        return "" if asked == ALLOWED or answer.status_code == 403 else said

    with house.world.database.engine.connect() as connection:
        entered = sa.select(col(AuditEntry.result)).where(col(AuditEntry.number) > last)
        results = list(connection.scalars(entered))
    if asked == REFUSED:
        return "" if (answer.status_code, results) == (403, [Result.REFUSED]) else f"{said}, {results}"
    changed = role in READERS and Result.DONE in results and not rule.endpoint.startswith(OWN)
    return f"{said}, {results}" if changed else ""


def last_entry(house: House) -> int:
    with house.world.database.engine.connect() as connection:
        return connection.scalar(sa.select(sa.func.max(AuditEntry.number))) or 0


SHOWN_TO = ("auditor", "administrator", "project_lead", "centre_manager", VISITOR)


def test_every_page_is_strict_html(house: House) -> None:
    """What two roles see alike, but for the names of their accounts, is read once."""
    faults, read = [], set()
    for role in SHOWN_TO:
        for rule in house.rules():
            answer = client(house, role).get(house.url(rule)) if "GET" in (rule.methods or ()) else None
            if answer is None or answer.status_code != 200 or answer.mimetype != "text/html":
                broken = answer is not None and answer.status_code >= 500
                faults += [f"{rule.rule}, {role}: {answer.status_code}"] if answer is not None and broken else []
            elif (content := its_own(answer.text)) not in read:
                read.add(content)
                faults += [f"{rule.rule}, {role}: {fault}" for fault in faults_in(answer.text)]
    assert faults == []
    assert len(read) > 150


def its_own(page: str) -> str:
    """A page without what stands on every page, and without the token of its forms."""
    return re.sub(r'name="csrf_token"[^>]*>', "", page[page.index("<main") :])


def faults_in(page: str) -> list[str]:
    try:
        html5lib.HTMLParser(strict=True).parse(page)
    except html5lib.html5parser.ParseError as error:
        return [str(error)]
    return []


def test_every_page_answers_on_postgresql(postgres_copy, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """What SQLite forgives (a column outside GROUP BY, a comparison of two types) is an error there."""
    with housed(postgres_copy(), tmp_path) as built:
        answers = {
            built.url(rule): client(built, "auditor").get(built.url(rule)).status_code
            for rule in built.rules()
            if "GET" in (rule.methods or ())
        }
    assert {url: status for url, status in answers.items() if status >= 500} == {}
    assert sum(status == 200 for status in answers.values()) > 60


def statements(house: House, url: str) -> int:
    """How many SELECTs the page sends, as the auditor."""
    visitor, seen = client(house, "auditor"), []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    visitor.get(url)  # the views of the KPIs are read by the first page of a process, and kept
    engine = house.world.database.engine
    event.listen(engine, "before_cursor_execute", note)
    visitor.get(url)
    event.remove(engine, "before_cursor_execute", note)
    return sum(statement.lstrip().upper().startswith(("SELECT", "WITH")) for statement in seen)


def test_list_pages_ask_at_most_eight_questions(house: House) -> None:
    lists = [rule for rule in house.rules() if rule.endpoint.endswith(".index") and rule.endpoint != "home.index"]
    assert len(lists) > 8
    assert {rule.rule: n for rule in lists if (n := statements(house, house.url(rule))) > 8} == {}


def test_a_projects_pages_ask_at_most_eight_questions(house: House) -> None:
    pages = [house.values["projects"]["reference"] + end for end in ("", "/plan", "/results", "/history")]
    assert {page: n for page in pages if (n := statements(house, f"/projects/{page}")) > 8} == {}
