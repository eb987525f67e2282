"""What an attacker would try, kept as tests: each failed once, or would be a way in if it came back."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient

from hcqic_gov.audit.queries import AuditFilter, search
from hcqic_gov.cli import main
from hcqic_gov.people import service
from hcqic_gov.people.models import Person
from hcqic_gov.people.rules import FAILURES_BEFORE_LOCK
from hcqic_gov.projects import service as projects
from hcqic_gov.projects.models import Milestone
from hcqic_gov.settings import Settings
from hcqic_gov.web.forms import Form, MoneyField
from tests.factories import PASSWORD, World, client_of

pytestmark = pytest.mark.one_database

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


def test_static_files_are_kept_by_browsers_under_the_address_of_their_content(app: Flask) -> None:
    """A change of any of them is another address, so nobody works with the style of yesterday."""
    visitor = app.test_client()
    address = re.search(r'href="(/static/[0-9a-f]{12}/hcqic\.css)"', visitor.get("/sign-in").text)
    assert address
    with visitor.get(address[1]) as answer:
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "public, max-age=31536000, immutable")
    gone = visitor.get("/static/000000000000/hcqic.css")
    assert (gone.status_code, "immutable" in gone.headers.get("Cache-Control", "")) == (404, False)


def test_an_entry_is_not_found_under_another_project(app: Flask, world: World) -> None:
    mine, other = world.project(), world.project(title="Another project")
    day = date(2026, 9, 1)
    milestone = Milestone(title="Theirs", baseline_on=day, forecast_on=day, created_at=world.now, project_id=0)
    with world.writing() as session:
        projects.add_part(session, other.reference, milestone, actor=world["project_lead"], now=world.now)
    lead = client_of(app, world["project_lead"])
    assert lead.get(f"/projects/{other.reference}/milestones/{milestone.key}").status_code == 200
    assert lead.get(f"/projects/{mine.reference}/milestones/{milestone.key}").status_code == 404


@pytest.mark.parametrize(
    "address", ["/projects/a%00b", "/kpis/O8/a%00b/rebase", f"/people/{10**30}/roles", f"/kpis/observations/{2**31}"]
)
def test_what_no_database_can_hold_is_not_found(app: Flask, world: World, address: str) -> None:
    for role in ("administrator", "auditor", "project_lead"):
        assert client_of(app, world[role]).get(address).status_code in {403, 404}


@pytest.mark.parametrize(
    "url",
    ["nonsense", "mysql://a/b", "postgresql+psycopg://a:secret@127.0.0.1:port/x", "sqlite:////nowhere/at/all.sqlite3",
     "postgresql+psycopg://a:secret@127.0.0.1:1/x"],
)  # fmt: skip
def test_a_wrong_database_is_a_sentence(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("HCQIC_DATABASE_URL", url)
    for command in (["serve", "--port", "1"], ["audit", "verify"], ["worker"]):
        answer = CliRunner().invoke(main, command)
        assert answer.exit_code == 1
        assert answer.output.startswith("hcqic: ")
        assert answer.output.count("\n") == 1
        assert "secret" not in answer.output


def test_a_database_without_its_tables_is_not_served() -> None:
    Settings().home()
    answer = CliRunner().invoke(main, ["serve", "--port", "1"])
    assert (answer.exit_code, answer.output.count("hcqic db upgrade")) == (1, 1)


def test_wrong_settings_are_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HCQIC_PORT", "many")
    assert CliRunner().invoke(main, ["db", "upgrade"]).output.startswith("hcqic: HCQIC_PORT: ")
    monkeypatch.delenv("HCQIC_PORT")
    (tmp_path / "file").touch()
    monkeypatch.setenv("HCQIC_DATA_DIR", str(tmp_path / "file" / "inside"))
    assert "HCQIC_DATA_DIR" in CliRunner().invoke(main, ["db", "upgrade"]).output


def test_the_data_folder_and_its_secrets_are_for_nobody_else(data_dir: Path) -> None:
    first = Settings().secret("secret_key")
    assert Settings().secret("secret_key") == first
    assert len(first) > 60
    assert [oct(path.stat().st_mode & 0o777) for path in (data_dir, data_dir / "secrets")] == ["0o700", "0o700"]
    assert [oct(path.stat().st_mode & 0o777) for path in (data_dir / "secrets").iterdir()] == ["0o600"]


@pytest.mark.parametrize("period", ["9999-12", "0001-01", "FY9999", "2026-Q5", "2026-1", "٢٠٢٦-01", "2_26-01"])
def test_a_period_at_the_end_of_the_calendar_is_not_found(app: Flask, world: World, period: str) -> None:
    assert client_of(app, world["centre_manager"]).get(f"/kpis/O8/{period}/enter").status_code == 404


def test_a_year_at_the_end_of_the_calendar_is_told_at_its_field(app: Flask, world: World) -> None:
    course = {"person_id": str(world["finance"].id), "kind": "sandbox"}
    day = {"completed_on-day": "31", "completed_on-month": "12", "completed_on-year": "9999"}
    answer = client_of(app, world["administrator"]).post("/people/training/record", data=course | day)
    assert answer.status_code == 400
    assert "must be between 1900 and 2199" in answer.text


def test_a_step_of_the_second_factor_out_of_turn_crashes_nothing(app: Flask, world: World) -> None:
    assert client_of(app, world["finance"]).get("/tf-validate").status_code == 302


def test_more_money_than_a_column_holds_is_told_at_its_field(app: Flask) -> None:
    class Cost(Form):
        amount = MoneyField("Amount")

    with app.test_request_context(method="POST", data={"amount": "999999999999999999"}):
        form = Cost()
        assert not form.validate()
        assert "must be a smaller number" in str(form.error_list)
