"""Who guesses passwords is locked out, and nobody else: by address, by browser, and from many places at once."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from hcqic_gov.audit.queries import AuditFilter, search
from hcqic_gov.people import service, sign_ins
from hcqic_gov.people.models import Person
from hcqic_gov.people.rules import FAILURES_BEFORE_LOCK, FAILURES_OF_STRANGERS, LOCK, LONGEST_LOCK, lock_until
from hcqic_gov.people.sign_ins import Origin
from hcqic_gov.web.origin import COOKIE, network
from tests.factories import PASSWORD, World, client_of

pytestmark = pytest.mark.one_database

HOME, ATTACKER = "192.0.2.1", "198.51.100.9"


@pytest.fixture(autouse=True)
def _password(app: Flask, world: World) -> None:
    """The chair has a real password."""
    with app.app_context():
        hashed = service.hashed(PASSWORD)
    with world.writing() as session:
        session.get_one(Person, world["chair"].id).password = hashed


def sign_in(client: FlaskClient, password: str = PASSWORD, *, address: str = HOME) -> bool:
    answer = client.post(
        "/sign-in", data={"email": "chair@example.org", "password": password}, environ_base={"REMOTE_ADDR": address}
    )
    return answer.status_code == 302


def fail(client: FlaskClient, times: int = FAILURES_BEFORE_LOCK, *, address: str = ATTACKER) -> None:
    for _ in range(times):
        assert not sign_in(client, "a wrong password", address=address)


def test_an_attacker_locks_out_the_address_they_come_from_and_not_the_chair(app: Flask) -> None:
    fail(app.test_client())
    assert not sign_in(app.test_client(), address=ATTACKER), "the right password too"
    assert sign_in(app.test_client())


def test_behind_the_same_address_the_browser_that_signed_in_before_still_does(app: Flask) -> None:
    office = app.test_client()
    assert sign_in(office)
    office.post("/sign-out")
    fail(app.test_client(), address=HOME)
    assert not sign_in(app.test_client()), "another browser of that address"
    assert sign_in(office)
    assert not sign_in(app.test_client()), "a sign-in elsewhere does not forgive the failures of this place"


def test_a_signed_in_session_is_never_affected(app: Flask, world: World) -> None:
    client = client_of(app, world["chair"])
    fail(app.test_client(), FAILURES_BEFORE_LOCK + 2, address="127.0.0.1")
    assert client.get("/home").status_code == 200


def test_a_stolen_browser_cookie_is_no_free_pass(app: Flask) -> None:
    office = app.test_client()
    assert sign_in(office)
    office.post("/sign-out")
    fail(office, address=ATTACKER)
    assert not sign_in(office)
    assert sign_in(app.test_client()), "its address is not shut: the failures counted against the browser"


def test_a_forged_browser_cookie_is_none(app: Flask) -> None:
    client = app.test_client()
    client.set_cookie(COOKIE, "forged.by.hand")
    fail(client)
    assert not sign_in(client, address=ATTACKER)


def test_the_cookie_holds_nothing_of_the_person_and_no_script_reads_it(app: Flask) -> None:
    client = app.test_client()
    sign_in(client)
    cookie = client.get_cookie(COOKIE)
    assert cookie
    assert (cookie.http_only, cookie.same_site) == (True, "Lax")
    assert "chair" not in cookie.value


def test_guesses_from_many_addresses_shut_out_strangers_only(app: Flask, world: World) -> None:
    office = app.test_client()
    assert sign_in(office)
    with world.writing() as session:
        for number in range(FAILURES_OF_STRANGERS):
            origin = Origin(f"address {number}")
            sign_ins.count_failure(session, world["chair"].id, origin, now=world.now)
    assert not sign_in(app.test_client(), address="203.0.113.77"), "a new place"
    assert sign_in(app.test_client()), "a known address"
    assert sign_in(office, address="203.0.113.78"), "a known browser at a new address"
    world.now += LOCK
    assert sign_in(app.test_client(), address="203.0.113.79")


def test_the_delay_grows_and_ends(world: World) -> None:
    delays = [lock_until(failures, now=world.now) for failures in range(4, 15)]
    assert delays[0] is None
    assert delays[1:4] == [world.now + LOCK, world.now + 2 * LOCK, world.now + 4 * LOCK]
    assert delays[-1] == world.now + LONGEST_LOCK


def test_after_a_calm_day_failures_are_counted_anew(app: Flask, world: World) -> None:
    fail(app.test_client(), FAILURES_BEFORE_LOCK - 1)
    world.now += timedelta(days=1, minutes=1)
    fail(app.test_client(), FAILURES_BEFORE_LOCK - 1)
    assert sign_in(app.test_client(), address=ATTACKER)


def test_the_administrator_unlocks(app: Flask, world: World) -> None:
    fail(app.test_client())
    administrator, key = client_of(app, world["administrator"]), world["chair"].id
    assert "Unlock this account" in administrator.get(f"/people/{key}/roles").text
    assert administrator.post(f"/people/{key}/unlock").status_code == 302
    assert "Unlock this account" not in administrator.get(f"/people/{key}/roles").text
    assert sign_in(app.test_client(), address=ATTACKER)
    assert client_of(app, world["centre_manager"]).post(f"/people/{key}/unlock").status_code == 403


def test_the_audit_keeps_each_failure_and_what_it_led_to(app: Flask, world: World) -> None:
    fail(app.test_client(), FAILURES_BEFORE_LOCK + 1)
    with world.reading() as session:
        entries, _ = search(session, AuditFilter(action="people.failed_sign_in"))
    assert [entry.note for entry in entries] == ["while locked", "locked", "", "", "", ""]
    assert ATTACKER not in repr(entries)


def test_a_subscriber_of_ipv6_counts_as_one_address() -> None:
    assert network("2001:db8:1:2::1") == network("2001:db8:1:2:ffff::9") != network("2001:db8:1:3::1")
    assert network("192.0.2.1") == "192.0.2.1"


def test_forwarded_addresses_count_only_behind_a_trusted_proxy(app: Flask) -> None:
    for number in range(FAILURES_BEFORE_LOCK):
        app.test_client().post(
            "/sign-in",
            data={"email": "chair@example.org", "password": "a wrong password"},
            headers={"X-Forwarded-For": f"203.0.113.{number}"},
            environ_base={"REMOTE_ADDR": ATTACKER},
        )
    assert not sign_in(app.test_client(), address=ATTACKER)
