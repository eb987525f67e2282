"""Accounts are made alike on the page and on the command line; no password stays anywhere. Refusals do not flood."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlmodel import select

from hcqic_gov.audit.models import AuditEntry
from hcqic_gov.audit.queries import AuditFilter, search, verify_chain
from hcqic_gov.audit.service import record_refusal
from hcqic_gov.cli import main
from hcqic_gov.core.errors import Refused
from hcqic_gov.db import Database
from hcqic_gov.people import sign_ins
from hcqic_gov.people.models import Person
from hcqic_gov.people.sign_ins import Origin
from tests.factories import PASSWORD, World, client_of

pytestmark = pytest.mark.one_database

WRONG = [
    ("not-an-address", "Somebody", "no e-mail address"),
    ("a@b@example.org", "Somebody", "no e-mail address"),
    ("new@example.org\nBcc: other@example.org", "Somebody", "no e-mail address"),
    ("new@example.org", "   ", "Enter the person"),
    ("new@example.org", "x" * 121, "at most 120"),
    ("new@example.org", "Some\u202ebody", "printable"),
    ("FINANCE@example.org", "Somebody", "already"),
]


@pytest.fixture
def cli(world: World, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HCQIC_DATABASE_URL", database_url)


def create(*words: str) -> Result:
    return CliRunner().invoke(main, ["user", "create", *words])


@pytest.mark.usefixtures("cli")
@pytest.mark.parametrize(("email", "name", "sentence"), WRONG)
def test_the_command_line_and_the_page_refuse_the_same(
    app: Flask, world: World, email: str, name: str, sentence: str
) -> None:
    answer = create(email, "--name", name, "--password", PASSWORD)
    assert answer.exit_code == 1
    assert answer.stderr.splitlines()[-1].startswith("hcqic: ")
    assert sentence in answer.stderr
    form = {"name": name, "email": email, "organisation": "0"}
    assert client_of(app, world["administrator"]).post("/people/add", data=form).status_code == 400


@pytest.mark.usefixtures("cli")
def test_the_command_line_prints_a_password_only_where_it_made_it_on_request(world: World) -> None:
    given = create("new@example.org", "--name", "New  Person", "--role", "auditor", "--password", PASSWORD, "--json")
    assert json.loads(given.stdout) == {"id": json.loads(given.stdout)["id"], "email": "new@example.org",
                                        "roles": ["auditor"]}  # fmt: skip
    asked = CliRunner().invoke(
        main, ["user", "create", "two@example.org", "--name", "Two", "--json"], input=f"{PASSWORD}\n{PASSWORD}\n"
    )
    assert json.loads(asked.stdout)["email"] == "two@example.org"
    assert PASSWORD not in asked.output
    made = json.loads(create("three@example.org", "--name", "Three", "--generate", "--json").stdout)
    assert len(made["password"]) >= 12
    assert create("four@example.org", "--name", "Four", "--password", "short").exit_code == 1
    assert create("four@example.org", "--name", "Four", "--role", "king").exit_code == 2
    with world.reading() as session:
        assert session.exec(select(Person.name).where(Person.email == "new@example.org")).one() == "New Person"


@pytest.mark.usefixtures("cli")
def test_the_command_line_unlocks_an_account(world: World) -> None:
    place = Origin("somewhere")
    with world.writing() as session:
        for _ in range(5):
            sign_ins.count_failure(session, world["administrator"].id, place, now=world.now)
        assert sign_ins.is_locked(session, world["administrator"].id, place, now=world.now)
    assert CliRunner().invoke(main, ["user", "unlock", "administrator@example.org"]).exit_code == 0
    with world.reading() as session:
        assert not sign_ins.is_locked(session, world["administrator"].id, place, now=world.now)
    assert CliRunner().invoke(main, ["user", "unlock", "nobody@example.org"]).exit_code == 1


def test_a_first_password_is_on_its_own_answer_and_nowhere_else(
    app: Flask, world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    administrator = client_of(app, world["administrator"])
    answer = administrator.post("/people/add", data={"name": "New", "email": "new@example.org", "organisation": "0"})
    password = re.search(r"<code>([\w-]{16})</code>", answer.text)
    assert password
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert "Set-Cookie" not in answer.headers or "flash" not in str(administrator.get_cookie("session"))
    with administrator.session_transaction() as cookie:
        assert password[1] not in repr(dict(cookie))
    assert password[1] not in administrator.get("/people/").text
    with world.reading() as session:
        assert password[1] not in repr([entry.details for entry in session.exec(select(AuditEntry))])
    printed = capfd.readouterr()
    assert password[1] not in printed.out + printed.err
    signed = app.test_client().post("/sign-in", data={"email": "new@example.org", "password": password[1]})
    assert signed.status_code == 302


def refusals(world: World) -> int:
    with world.reading() as session:
        assert verify_chain(session).whole
        return search(session, AuditFilter(action="people.manage"))[1]


def test_a_look_that_is_refused_over_and_over_is_entered_once_a_minute(app: Flask, world: World) -> None:
    client = client_of(app, world["finance"])
    for _ in range(4):
        assert client.get("/people/add").status_code == 403
        client.head("/people/add")
    assert refusals(world) == 1
    client.get("/people/organisations/add")
    client_of(app, world["funder"]).get("/people/add")
    assert refusals(world) == 3, "another place, another person"
    world.now += timedelta(minutes=1)
    client.get("/people/add")
    assert refusals(world) == 4
    for _ in range(3):
        client.post("/people/add")
    assert refusals(world) == 7, "an attempt to change something is entered each time"


def test_processes_that_refuse_at_once_enter_it_once(world: World, database_url: str) -> None:
    def refuse(_number: int) -> None:
        database = Database(database_url)
        error = Refused("not_permitted", "No.")
        record_refusal(
            database, "people.manage", error, actor=world["finance"], now=world.now, where="/x", once_a_minute=True
        )
        database.dispose()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(refuse, range(12)))
    assert refusals(world) == 1
