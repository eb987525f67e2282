"""The command `hcqic notices`, and the periodic job of the worker, over a real SMTP server."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from hcqic_gov.cli import main
from hcqic_gov.notices import service
from hcqic_gov.notices.rules import About
from hcqic_gov.people.rules import SYSTEM_ACTOR
from tests.factories import World
from tests.post import SENDER, Sink, sink


@pytest.fixture
def post(world: World, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sink]:
    """The environment of a centre with a mail server; two people have been told something a moment ago."""
    with world.writing() as session:
        service.notify(
            session,
            [world["chair"].id, world["sponsor"].id],
            subject="HCQIC-E-2026-0001: waits for you",
            body="Sign in.",
            about=About("ethics_case", "HCQIC-E-2026-0001"),
            actor=SYSTEM_ACTOR,
            now=datetime.now(UTC),
        )
    with sink() as found:
        monkeypatch.setenv("HCQIC_DATABASE_URL", database_url)
        monkeypatch.setenv("HCQIC_SMTP_URL", f"smtp://127.0.0.1:{found.port}")
        monkeypatch.setenv("HCQIC_MAIL_FROM", SENDER)
        yield found


def test_send_and_list(post: Sink) -> None:
    post.answers["chair@example.org"] = "550 No such user"
    sent = CliRunner().invoke(main, ["notices", "send", "--json"])
    assert json.loads(sent.output) == {"sent": 1, "later": 0, "given_up": 1}
    listed = json.loads(CliRunner().invoke(main, ["notices", "list", "--json"]).output)
    assert (listed["waiting"], listed["sent"], listed["given_up"]) == (0, 1, 1)
    assert [notice["email"] for notice in listed["notices"]] == ["chair@example.org", "sponsor@example.org"]
    assert listed["notices"][0]["about"] == {"kind": "ethics_case", "reference": "HCQIC-E-2026-0001"}
    failed = CliRunner().invoke(main, ["notices", "list", "--failed"]).output
    assert "given up  chair@example.org" in failed
    assert "550 No such user" in failed
    assert "sponsor" not in failed


def test_without_a_mail_server_the_command_says_so(post: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HCQIC_SMTP_URL", "")
    answer = CliRunner().invoke(main, ["notices", "send"])
    assert answer.exit_code == 1
    assert "Set HCQIC_SMTP_URL" in answer.output
    assert post.readers == []


def test_settings_that_cannot_be_used_are_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HCQIC_SMTP_URL", "smtp://u:secret@mail.example")
    answer = CliRunner().invoke(main, ["notices", "send"])
    assert (
        answer.output
        == "hcqic: HCQIC_SMTP_URL: A password is not sent in the clear: use smtps:// or add ?starttls=1.\n"
    )


def test_the_worker_sends_what_is_due(post: Sink) -> None:
    from hcqic_gov import worker

    worker.database.cache_clear()
    worker.send_notices()
    worker.remind_of_ethics()
    worker.database().dispose()
    worker.database.cache_clear()
    assert sorted(post.readers) == ["chair@example.org", "sponsor@example.org"]
