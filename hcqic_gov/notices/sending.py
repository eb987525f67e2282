"""Sends what is due in the outbox by SMTP: each notice at least once, and almost always exactly once.

SMTP cannot take part in a transaction of the database. So a notice is claimed in one transaction (a lease, and the
attempt counted), sent in none, and settled in another one. A sender that dies after the server took the message and
before it settled leaves a lease that runs out: the notice is sent again, with the same Message-ID and to the letter,
so that mail programs show it once. Settling before sending would lose notices instead, and nobody would know.
"""

import hashlib
import smtplib
import ssl
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from hcqic_gov.db import Database
from hcqic_gov.notices.models import OutboxMessage
from hcqic_gov.notices.rules import LEASE, STALE, About, next_attempt, one_line
from hcqic_gov.people.models import Person
from hcqic_gov.settings import MailServer, Settings, is_address

BUDGET = timedelta(seconds=25)
"""A run of the periodic job ends before the next one begins, so that a slow server does not fill up the worker."""

PATIENCE = 15.0
"""Seconds to wait for each answer of the server."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A claimed notice, as it goes out; `attempt` is the number of this attempt."""

    id: int
    attempt: int
    cause: str
    name: str
    email: str
    subject: str
    body: str
    about: About
    created_at: datetime


class Ending(StrEnum):
    SENT = "sent"
    LATER = "later"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended, and why; `reached` is whether there was a server that could be spoken to."""

    ending: Ending
    why: str = ""
    reached: bool = True


def send_due(database: Database, *, clock: Callable[[], datetime], settings: Settings) -> Mapping[str, int]:
    """Send what is due; how many were sent, put off and given up. Without a mail server, nothing is touched."""
    counts = Counter({ending.value: 0 for ending in Ending})
    server = settings.mail_server
    if server is None:
        return counts
    began = clock()
    put_by(database, now=began)
    while clock() - began < BUDGET and (letter := claim(database, now=clock())):
        outcome = attempt(server, composed(letter, settings), letter)
        ending = settle(database, letter, outcome, now=clock())
        counts[ending.value] += 1
        if not outcome.reached:
            break  # no sense in asking the same dead server for each of the others
    return counts


def put_by(database: Database, *, now: datetime) -> None:
    """Old news, and notices of people who want no e-mail any more, stay in the application."""
    unwilling = select(Person.id).where(sa.or_(col(Person.active).is_(False), col(Person.email_notices).is_(False)))
    old = sa.and_(col(OutboxMessage.attempts) == 0, col(OutboxMessage.created_at) < now - STALE)
    statement = (
        sa.update(OutboxMessage)
        .where(col(OutboxMessage.due_at).is_not(None), sa.or_(old, col(OutboxMessage.person_id).in_(unwilling)))
        .values(due_at=None, version=OutboxMessage.version + 1)
    )
    with database.transaction() as session:
        session.execute(statement)


def claim(database: Database, *, now: datetime) -> Letter | None:
    """The next notice that is due, which is nobody else's until its lease runs out; None where nothing is due."""
    statement = (
        select(OutboxMessage, Person)
        .join(Person, col(Person.id) == col(OutboxMessage.person_id))
        .where(col(OutboxMessage.due_at) <= now)
        .order_by(col(OutboxMessage.due_at), col(OutboxMessage.id))
        .limit(1)
        .with_for_update(skip_locked=True, of=OutboxMessage)
    )
    with database.transaction() as session:
        found = session.exec(statement).first()
        if found is None:
            return None
        row, person = found
        row.attempts, row.due_at = row.attempts + 1, now + LEASE
        about = About(row.about_kind, row.about_reference)
        wanted = row.cause, person.name, person.email, row.subject, row.body
        return Letter(row.id or 0, row.attempts, *wanted, about, row.created_at)


def composed(letter: Letter, settings: Settings) -> EmailMessage:
    """The same to the letter at every attempt. Names and subjects come from people: they stay one line."""
    message = EmailMessage()
    message["Subject"] = one_line(letter.subject)
    message["From"] = settings.mail_from
    if is_address(letter.email):
        message["To"] = Address(one_line(letter.name), *letter.email.rsplit("@", 1))
    message["Date"] = letter.created_at
    message["Message-ID"] = message_id(letter, settings)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence notice answers it
    message.set_content(
        f"{letter.body}\n\n{settings.address}{letter.about.path}\n\n"
        "-- \nSent by the Health and Care Quantum Innovation Centre. Do not answer this e-mail.\n"
        f"You can stop e-mails like this one on your account page: {settings.address}/account\n"
    )
    return message


def message_id(letter: Letter, settings: Settings) -> str:
    """From the row alone, so that a second copy is known for one."""
    digest = hashlib.sha256(f"{letter.id}/{letter.cause}".encode()).hexdigest()[:32]
    return f"<notice-{letter.id}-{digest}@{settings.mail_from.rsplit('@', 1)[-1]}>"


def attempt(server: MailServer, message: EmailMessage, letter: Letter) -> Outcome:
    if "To" not in message:
        return Outcome(Ending.GIVEN_UP, "The address is not one that e-mail can be sent to.")
    try:
        with connected(server) as connection:
            return delivered(connection, message, letter)
    except (
        OSError,
        smtplib.SMTPException,
    ) as error:  # of the connection: SMTPException is an OSError, said for readers
        return Outcome(Ending.LATER, f"The mail server cannot be used: {said(error)}", reached=False)


@contextmanager
def connected(server: MailServer) -> Iterator[smtplib.SMTP]:
    """A connection that is ready to take mail: certificates are checked, and a password only goes over TLS."""
    tls = ssl.create_default_context()
    connection = (
        smtplib.SMTP_SSL(server.host, server.port, timeout=PATIENCE, context=tls)
        if server.tls
        else smtplib.SMTP(server.host, server.port, timeout=PATIENCE)
    )
    try:
        if server.starttls:
            connection.starttls(context=tls)
        if server.user:
            connection.login(server.user, server.password)
        connection.ehlo_or_helo_if_needed()
        yield connection
        farewell(connection)
    finally:
        connection.close()


def farewell(connection: smtplib.SMTP) -> None:
    """The message is taken or refused by now: a server that fails to say goodbye changes nothing."""
    try:
        connection.quit()
    except OSError:
        return


def delivered(connection: smtplib.SMTP, message: EmailMessage, letter: Letter) -> Outcome:
    """A refusal of the address or the message for good ends it; every other trouble is tried again."""
    try:
        connection.send_message(message, to_addrs=[letter.email])
    except smtplib.SMTPRecipientsRefused as error:
        code, reply = error.recipients[letter.email]
        return refusal("The mail server refused the address", code, reply)
    except smtplib.SMTPDataError as error:
        return refusal("The mail server refused the message", error.smtp_code, error.smtp_error)
    except smtplib.SMTPNotSupportedError as error:
        return Outcome(Ending.GIVEN_UP, f"The mail server cannot send to this address: {said(error)}")
    return Outcome(Ending.SENT)


def refusal(what: str, code: int, reply: bytes | str) -> Outcome:
    """RFC 5321, 4.2.1: 5xx is for good, 4xx for the time being."""
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return Outcome(Ending.GIVEN_UP if code >= 500 else Ending.LATER, f"{what}: {code} {text}")


def said(error: Exception) -> str:
    """The server's words, or what the system says of the connection."""
    if isinstance(error, smtplib.SMTPResponseException):
        reply: Any = error.smtp_error
        return f"{error.smtp_code} {reply.decode('utf-8', 'replace') if isinstance(reply, bytes) else reply}"
    return str(error) or type(error).__name__


def settle(database: Database, letter: Letter, outcome: Outcome, *, now: datetime) -> Ending:
    """Enter how it went; what was sent was sent, whoever holds the lease by now."""
    with database.transaction() as session:
        row = session.get_one(OutboxMessage, letter.id, with_for_update=True)
        if outcome.ending is Ending.SENT:
            row.sent_at, row.failed_at, row.due_at, row.last_error = now, None, None, ""
            return Ending.SENT
        if row.attempts != letter.attempt or row.due_at is None:
            return Ending.LATER  # another sender took over, or the person wants no e-mail any more
        return put_off(session, row, outcome, now=now)


def put_off(session: Session, row: OutboxMessage, outcome: Outcome, *, now: datetime) -> Ending:
    row.last_error = one_line(outcome.why)[:500]
    row.due_at = next_attempt(row.attempts, now) if outcome.ending is Ending.LATER else None
    row.failed_at = now if row.due_at is None else None
    session.add(row)
    return Ending.LATER if row.due_at else Ending.GIVEN_UP
