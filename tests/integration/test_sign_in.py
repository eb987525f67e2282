"""Signing in through the form: argon2, lock-out, the second factor, what the audit keeps."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from passlib.totp import TOTP

from hcqic_gov.audit.queries import AuditFilter, search
from hcqic_gov.people import service
from hcqic_gov.people.models import Person
from hcqic_gov.people.rules import FAILURES_BEFORE_LOCK, LOCK
from tests.factories import PASSWORD, World, client_of

pytestmark = pytest.mark.one_database


@pytest.fixture
def client(app: Flask, world: World) -> Iterator[FlaskClient]:
    """A visitor; the finance officer has a real password."""
    with app.app_context():
        hashed = service.hashed(PASSWORD)
    with world.writing() as session:
        session.get_one(Person, world["finance"].id).password = hashed
    with app.test_client() as client:
        yield client


def sign_in(client: FlaskClient, password: str = PASSWORD) -> int:
    return client.post("/sign-in", data={"email": "finance@example.org", "password": password}).status_code


def test_the_password_is_kept_as_argon2(client: FlaskClient, world: World) -> None:
    with world.reading() as session:
        kept = session.get_one(Person, world["finance"].id).password
    assert kept is not None
    assert "argon2id" in kept


def test_sign_in_leads_home_and_sign_out_out(client: FlaskClient) -> None:
    assert sign_in(client) == 302
    assert "What waits for me" in client.get("/home").text
    client.post("/sign-out")
    assert client.get("/home").location.startswith("/sign-in")


def test_the_address_asked_for_comes_after_the_sign_in(client: FlaskClient) -> None:
    asked = client.get("/projects/?status=active")
    assert asked.location == "/sign-in?next=/projects/?status%3Dactive"


def test_failures_in_a_row_lock_the_account_for_a_while(client: FlaskClient, world: World) -> None:
    for _ in range(FAILURES_BEFORE_LOCK):
        assert sign_in(client, "wrong password") == 200
    assert sign_in(client) == 200, "locked"
    world.now += LOCK
    assert sign_in(client) == 302


def test_the_audit_keeps_sign_ins_and_failures_without_personal_data(client: FlaskClient, world: World) -> None:
    sign_in(client, "wrong password")
    sign_in(client)
    with world.reading() as session:
        entries, _ = search(session, AuditFilter(actor_id=world["finance"].id))
    assert [entry.action for entry in entries] == ["people.sign_in", "people.failed_sign_in"]
    assert "finance@example.org" not in repr(entries)


def test_a_second_factor_can_be_set_up_and_is_then_asked_for(client: FlaskClient) -> None:
    sign_in(client)
    page = client.post("/tf-setup", data={"setup": "authenticator"}).text
    key = re.search(r"Key: <code>([A-Z2-7 -]+)</code>", page)
    action = re.search(
        r'action="([^"]*tf-[^"]*)" method="post" novalidate>\s*<input type="hidden" name="csrf_token"', page
    )
    assert key
    assert action
    totp = TOTP(key=key[1].replace("-", "").replace(" ", ""))
    assert client.post(action[1], data={"code": totp.generate().token}).status_code == 302
    client.post("/sign-out")
    sign_in(client)
    assert "Enter the code" in client.get("/tf-validate").text
    assert client.get("/home").status_code == 302


def test_the_auditor_is_offered_nothing_to_change_among_the_people(app: Flask, world: World) -> None:
    seen = client_of(app, world["auditor"]).get("/people/").text
    assert "Accounts" in seen
    assert "/roles" not in seen
    assert "/people/add" not in seen
    managed = client_of(app, world["administrator"]).get("/people/").text
    assert "/roles" in managed
    assert "/people/add" in managed
