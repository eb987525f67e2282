"""The outbox over a real SMTP server: delivery, refusals, retries, a sender that dies, two senders at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from sqlmodel import Session, select

from hcqic_gov.audit.queries import history
from hcqic_gov.core.errors import Refused
from hcqic_gov.notices import queries, sending, service
from hcqic_gov.notices.models import OutboxMessage
from hcqic_gov.notices.rules import BACKOFF, LEASE, STALE, About
from hcqic_gov.people.models import Person
from hcqic_gov.people.rules import SYSTEM_ACTOR
from hcqic_gov.people.service import choose_email
from hcqic_gov.settings import Settings
from tests.factories import World
from tests.post import SENDER, Sink, sink

CASE = About("ethics_case", "HCQIC-E-2026-0007")


@pytest.fixture
def post() -> Iterator[Sink]:
    with sink() as found:
        yield found


def tell(world: World, *names: str, key: str = "", subject: str = "HCQIC-E-2026-0007: waits for you") -> int:
    with world.writing() as session:
        return service.notify(
            session,
            [world[name].id for name in names],
            subject=subject,
            body="Declare your interests.",
            about=CASE,
            key=key,
            actor=SYSTEM_ACTOR,
            now=world.now,
        )


def send(world: World, settings: Settings, *, after: timedelta = timedelta()) -> dict[str, int]:
    return dict(sending.send_due(world.database, clock=lambda: world.now + after, settings=settings))


def rows(world: World) -> dict[str, OutboxMessage]:
    """By the name of the person, the last one for each."""
    people = {actor.id: name for name, actor in world.people.items()}
    with world.reading() as session:
        return {people[row.person_id]: row for row in session.exec(select(OutboxMessage).order_by("id"))}


def change(world: World, who: str, **values: object) -> None:
    with world.writing() as session:
        person = session.get_one(Person, world[who].id)
        for key, value in values.items():
            setattr(person, key, value)


def test_a_notice_is_delivered_once(world: World, post: Sink) -> None:
    assert tell(world, "chair", "sponsor") == 2
    assert send(world, post.settings()) == {"sent": 2, "later": 0, "given_up": 0}
    assert send(world, post.settings(), after=timedelta(days=3)) == {"sent": 0, "later": 0, "given_up": 0}
    assert sorted(post.readers) == ["chair@example.org", "sponsor@example.org"]
    _address, message = post.taken[0]
    text = message.get_content()  # type: ignore[attr-defined]
    assert message["Subject"] == "HCQIC-E-2026-0007: waits for you"
    assert message["From"] == SENDER
    assert message["Auto-Submitted"] == "auto-generated"
    assert "Declare your interests." in text
    assert "https://centre.example/ethics/HCQIC-E-2026-0007" in text.splitlines()
    row = rows(world)["chair"]
    assert (row.attempts, row.sent_at, row.due_at, row.last_error) == (1, world.now, None, "")


def test_a_notice_exists_exactly_when_its_cause_does(world: World) -> None:
    def fail(session: Session) -> None:
        service.notify(
            session, [world["chair"].id], subject="S", body="B", about=CASE, actor=SYSTEM_ACTOR, now=world.now
        )
        raise RuntimeError("the cause fails")

    with pytest.raises(RuntimeError, match="cause"), world.writing() as session:
        fail(session)
    assert rows(world) == {}


def test_one_key_is_told_once_to_each_person(world: World) -> None:
    assert tell(world, "chair", key="ends/7") == 1
    assert tell(world, "chair", "sponsor", key="ends/7") == 1
    assert tell(world, "chair", "sponsor", key="ends/30") == 2
    assert tell(world) == 0


def test_whoever_acts_and_whoever_left_is_not_told(world: World) -> None:
    change(world, "sponsor", active=False)
    with world.writing() as session:
        people = [world["chair"].id, world["sponsor"].id, world["finance"].id]
        told = service.notify(session, people, subject="S", body="B", about=CASE, actor=world["chair"], now=world.now)
    assert told == 1
    assert list(rows(world)) == ["finance"]


def test_who_wants_no_email_finds_notices_in_the_application(world: World, post: Sink) -> None:
    tell(world, "sponsor")  # before the choice: it is put by all the same
    for name in ("chair", "sponsor"):
        with world.writing() as session:
            choose_email(session, False, actor=world[name], now=world.now)
    assert tell(world, "chair", "finance") == 2
    assert send(world, post.settings())["sent"] == 1
    assert post.readers == ["finance@example.org"]
    with world.reading() as session:
        assert queries.unread(session, world["chair"].id) == 1
        assert queries.notices_of(session, world["chair"].id)[0][0].state == "kept"
        assert next(iter(history(session, "person", world["chair"].id))).action == "people.choose_email"


def test_one_refused_address_of_three_is_given_up_at_once(world: World, post: Sink) -> None:
    post.answers["sponsor@example.org"] = "550 5.1.1 No such user here"
    tell(world, "chair", "sponsor", "finance")
    assert send(world, post.settings()) == {"sent": 2, "later": 0, "given_up": 1}
    row = rows(world)["sponsor"]
    assert (row.failed_at, row.due_at) == (world.now, None)
    assert row.last_error == "The mail server refused the address: 550 5.1.1 No such user here"


@pytest.mark.parametrize(
    "address", ["no address", "a@b@c", "two@example.org,three@example.org", "x@y\r\nBcc: z@example.org"]
)
def test_an_address_that_is_none_is_given_up_and_stops_nobody(world: World, post: Sink, address: str) -> None:
    change(world, "chair", email=address)
    tell(world, "chair", "sponsor")
    assert send(world, post.settings()) == {"sent": 1, "later": 0, "given_up": 1}
    assert post.readers == ["sponsor@example.org"]
    assert rows(world)["chair"].last_error == "The address is not one that e-mail can be sent to."


def test_a_refusal_for_the_time_being_is_tried_again(world: World, post: Sink) -> None:
    post.answers["chair@example.org"] = "451 4.7.1 Come back later"
    tell(world, "chair")
    assert send(world, post.settings()) == {"sent": 0, "later": 1, "given_up": 0}
    assert rows(world)["chair"].due_at == world.now + BACKOFF[0]
    assert send(world, post.settings(), after=timedelta(seconds=59))["later"] == 0
    post.answers.clear()
    assert send(world, post.settings(), after=timedelta(seconds=60))["sent"] == 1
    assert rows(world)["chair"].last_error == ""


def test_a_refused_message_is_given_up(world: World, post: Sink) -> None:
    post.data_answer = "554 5.7.1 We do not take this"
    tell(world, "chair")
    assert send(world, post.settings())["given_up"] == 1


def test_a_dead_server_is_asked_once_and_every_attempt_of_the_table_is_made(world: World) -> None:
    with sink() as gone:
        settings = gone.settings()
    tell(world, "chair", "sponsor")
    assert send(world, settings) == {"sent": 0, "later": 1, "given_up": 0}
    assert "The mail server cannot be used" in rows(world)["sponsor"].last_error
    assert rows(world)["chair"].attempts == 0
    after = timedelta()
    for pause in BACKOFF:
        after += pause
        for _ in range(2):
            send(world, settings, after=after)
    given_up = rows(world)["sponsor"]
    assert (given_up.attempts, given_up.failed_at) == (len(BACKOFF) + 1, world.now + after)


def test_without_a_mail_server_nothing_is_touched(world: World) -> None:
    tell(world, "chair")
    assert send(world, Settings())["sent"] == 0
    assert (rows(world)["chair"].attempts, rows(world)["chair"].due_at) == (0, world.now)


def test_old_news_stays_in_the_application(world: World, post: Sink) -> None:
    tell(world, "chair")
    assert send(world, post.settings(), after=STALE + timedelta(seconds=1))["sent"] == 0
    assert rows(world)["chair"].due_at is None


def test_a_sender_that_dies_after_sending_sends_again_with_the_same_id(
    world: World, post: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    tell(world, "chair")
    with monkeypatch.context() as patch:
        patch.setattr(sending, "settle", die)
        with pytest.raises(KeyboardInterrupt):
            send(world, post.settings())
    assert send(world, post.settings(), after=LEASE - timedelta(seconds=1))["sent"] == 0
    assert send(world, post.settings(), after=LEASE)["sent"] == 1
    first, second = (message for _address, message in post.taken)
    assert first.as_bytes() == second.as_bytes()
    assert first["Message-ID"] == second["Message-ID"]
    assert rows(world)["chair"].attempts == 2


def test_a_late_answer_does_not_undo_what_another_sender_did(world: World, post: Sink) -> None:
    tell(world, "chair")
    slow = sending.claim(world.database, now=world.now)
    assert slow is not None
    assert send(world, post.settings(), after=LEASE)["sent"] == 1
    outcome = sending.Outcome(sending.Ending.GIVEN_UP, "550 No")
    sending.settle(world.database, slow, outcome, now=world.now + LEASE)
    assert rows(world)["chair"].failed_at is None
    assert rows(world)["chair"].sent_at is not None


def test_two_senders_at_once_send_each_once(world: World, post: Sink) -> None:
    names = ["chair", "sponsor", "finance", "auditor", "gatekeeper", "ethics_officer"]
    for round_number in range(5):
        tell(world, *names, key=f"round-{round_number}")
    start = Barrier(2)

    def run(_number: int) -> int:
        start.wait(10)
        return send(world, post.settings())["sent"]

    with ThreadPoolExecutor(2) as pool:
        sent = list(pool.map(run, range(2)))
    assert sum(sent) == len(post.taken) == 30
    assert min(sent) > 0
    assert len({message["Message-ID"] for _address, message in post.taken}) == 30


def test_two_jobs_that_tell_the_same_at_once_enter_it_once(world: World) -> None:
    start = Barrier(2)

    def run(_number: int) -> int:
        start.wait(10)
        return tell(world, "chair", "sponsor", "finance", key="same")

    for _ in range(5):
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(run, range(2)))
    with world.reading() as session:
        assert queries.tally(session) == {"waiting": 3, "sent": 0, "given_up": 0}


def test_nobody_writes_a_header(world: World, post: Sink) -> None:
    change(world, "chair", name="Chair\r\nBcc: everybody@example.org")
    tell(world, "chair", subject="Title\r\nBcc: all@example.org\n\nA body\x00 of mine\u2028more")
    assert send(world, post.settings())["sent"] == 1
    _address, message = post.taken[0]
    assert message["Bcc"] is None
    assert message["Subject"] == "Title Bcc: all@example.org A body of mine more"
    assert post.readers == ["chair@example.org"]
    assert "A body" not in message.get_content()  # type: ignore[attr-defined]


def test_the_administrator_has_it_tried_again(world: World, post: Sink) -> None:
    post.answers["chair@example.org"] = "550 No such user"
    tell(world, "chair")
    send(world, post.settings())
    post.answers.clear()
    number = rows(world)["chair"].id or 0
    with world.writing() as session:
        service.try_again(session, number, actor=world["administrator"], now=world.now)
    assert send(world, post.settings())["sent"] == 1
    with pytest.raises(Refused, match="nothing to try again"), world.writing() as session:
        service.try_again(session, number, actor=world["administrator"], now=world.now)


def test_what_is_slow_does_not_fill_up_the_worker(world: World, post: Sink) -> None:
    tell(world, "chair", "sponsor", "finance")
    moments = iter(world.now + timedelta(seconds=10 * step) for step in range(20))

    def clock() -> datetime:
        return next(moments)

    assert sending.send_due(world.database, clock=clock, settings=post.settings())["sent"] == 1
