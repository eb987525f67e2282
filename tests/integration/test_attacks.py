"""What an attacker would try, kept as tests: each failed once, or would be a way in if it came back."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from hcqic_gov.audit.queries import AuditFilter, search
from hcqic_gov.people import service
from hcqic_gov.people.models import Person
from hcqic_gov.people.rules import FAILURES_BEFORE_LOCK
from tests.factories import PASSWORD, World

NEW_PASSWORD = "a different horse battery"


@pytest.fixture
def visitor(app: Flask, world: World) -> Iterator[FlaskClient]:
    """A visitor; the finance officer has a real password."""
    with app.app_context():
        hashed = service.hashed(PASSWORD)
    with world.writing() as session:
        session.get_one(Person, world["finance"].id).password = hashed
    with app.test_client() as client:
        yield client


def sign_in(client: FlaskClient, password: str = PASSWORD) -> str:
    """The page that follows."""
    answer = client.post("/sign-in", data={"email": "finance@example.org", "password": password}, follow_redirects=True)
    return answer.text


def actions(world: World, name: str) -> list[str]:
    with world.reading() as session:
        entries, _ = search(session, AuditFilter(actor_id=world[name].id))
    return [entry.action for entry in entries]


def test_a_copied_cookie_opens_nothing_after_the_sign_out(visitor: FlaskClient, world: World) -> None:
    sign_in(visitor)
    copied = visitor.get_cookie("session")
    assert copied
    visitor.post("/sign-out")
    visitor.set_cookie("session", copied.value)
    assert visitor.get("/home").status_code == 302
    assert actions(world, "finance") == ["people.sign_out", "people.sign_in"]


def test_a_locked_account_says_the_same_to_the_right_and_to_a_wrong_password(visitor: FlaskClient) -> None:
    for _ in range(FAILURES_BEFORE_LOCK):
        sign_in(visitor, "wrong password")
    assert "the account is locked" in sign_in(visitor, "wrong password")
    assert sign_in(visitor) == sign_in(visitor, "wrong password")


def test_a_change_of_password_ends_other_sessions_and_is_recorded(visitor: FlaskClient, world: World) -> None:
    sign_in(visitor)
    copied = visitor.get_cookie("session")
    assert copied
    passwords = {"password": PASSWORD, "new_password": NEW_PASSWORD, "new_password_confirm": NEW_PASSWORD}
    assert visitor.post("/change", data=passwords).status_code == 302
    assert "people.change_password" in actions(world, "finance")
    visitor.set_cookie("session", copied.value)
    assert visitor.get("/home").status_code == 302


def test_pages_of_the_sign_in_are_not_stored_by_browsers(visitor: FlaskClient) -> None:
    assert visitor.get("/sign-in").headers["Cache-Control"] == "no-store"
