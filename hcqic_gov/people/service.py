"""Writes of people and organisations."""

from collections.abc import Iterable
from datetime import date, datetime
from secrets import token_urlsafe
from uuid import uuid4

from flask_security import hash_password
from sqlmodel import Session, select

from hcqic_gov.audit.service import record, snapshot
from hcqic_gov.core.actor import Actor
from hcqic_gov.core.errors import Invalid
from hcqic_gov.db import found, locked
from hcqic_gov.people import sign_ins
from hcqic_gov.people.models import Installation, Organisation, Person, RoleRow, TrainingRecord
from hcqic_gov.people.queries import is_empty
from hcqic_gov.people.rules import (
    OrganisationKind,
    Role,
    Training,
    account_address,
    account_name,
    digest_of,
    password_for_account,
    ror,
)
from hcqic_gov.people.sign_ins import Origin


def declare_demo(session: Session, *, actor: Actor, now: datetime) -> None:
    """This empty database becomes a demo centre's. Errors: Invalid where anybody has an account."""
    if not is_empty(session):
        raise Invalid("This database is in use: a demo centre is only ever loaded into an empty one.")
    installation = Installation(demo=True, created_at=now)
    session.add(installation)
    record(session, "people.declare_demo", installation, actor=actor, now=now)


def finish_demo(session: Session, *, actor: Actor, now: datetime) -> None:
    """The demo centre is loaded as a whole."""
    installation = session.exec(select(Installation)).one()
    before = snapshot(installation)
    installation.complete = True
    record(session, "people.finish_demo", installation, actor=actor, now=now, before=before)


def add_organisation(
    session: Session, name: str, kind: OrganisationKind, *, ror_id: str = "", actor: Actor, now: datetime
) -> Organisation:
    """Errors: Invalid where the name or the ROR identifier is taken, or the identifier is none."""
    ror_id_or_none = ror(ror_id)
    taken = session.exec(select(Organisation).where(Organisation.name == name.strip())).first()
    if taken:
        raise Invalid("This organisation is here already.", {"name": "An organisation of this name is here already"})
    if ror_id_or_none and session.exec(select(Organisation).where(Organisation.ror_id == ror_id_or_none)).first():
        raise Invalid("This ROR ID is taken.", {"ror_id": "Another organisation has this ROR ID"})

    organisation = Organisation(name=name.strip(), kind=kind, ror_id=ror_id_or_none, created_at=now)
    session.add(organisation)
    record(session, "people.add_organisation", organisation, actor=actor, now=now)
    return organisation


def add_person(
    session: Session,
    email: str,
    name: str,
    *,
    password_hash: str,
    roles: Iterable[Role],
    organisation_id: int | None = None,
    actor: Actor,
    now: datetime,
) -> Person:
    """A new account; `password_hash` comes from `hashed`. Errors: Invalid where the address is none, or is taken."""
    address, known_as = account_address(email), account_name(name)
    if session.exec(select(Person).where(Person.email == address)).first():
        sentence = "There is an account with this e-mail address already"
        raise Invalid(f"{sentence}: {address}.", {"email": sentence})

    person = Person(
        email=address, name=known_as, password=password_hash, organisation_id=organisation_id, created_at=now
    )
    person.roles = [role_row(session, role) for role in sorted(set(roles))]
    session.add(person)
    session.flush()
    record_person(session, "people.add_person", person, actor=actor, now=now, note=role_note(person))
    return person


def set_roles(
    session: Session, person_id: int, roles: Iterable[Role], *, active: bool, seen: int, actor: Actor, now: datetime
) -> Person:
    """Errors: Stale; Invalid where administrators would lock themselves out."""
    wanted = sorted(set(roles))
    person = locked(session, Person, person_id, seen=seen, what="this account")
    if person_id == actor.id and (not active or Role.ADMINISTRATOR not in wanted):
        raise Invalid("You cannot take your own administrator role away. Ask another administrator to do it.")

    before = role_note(person)
    person.roles = [role_row(session, role) for role in wanted]
    person.active = active
    note = f"{before} → {role_note(person)}"
    record_person(session, "people.set_roles", person, actor=actor, now=now, note=note)
    return person


def record_training(
    session: Session,
    person_id: int,
    kind: Training,
    *,
    completed_on: date,
    valid_until: date,
    actor: Actor,
    now: datetime,
) -> TrainingRecord:
    """Errors: Invalid where the validity ends before the course."""
    if valid_until < completed_on:
        raise Invalid("The dates are the wrong way round.", {"valid_until": "Must be on or after the completion date"})
    training = TrainingRecord(
        person_id=person_id, kind=kind, completed_on=completed_on, valid_until=valid_until, created_at=now
    )
    session.add(training)
    record(session, "people.record_training", training, actor=actor, now=now)
    return training


def note_sign_in(session: Session, person: Person, origin: Origin, *, actor: Actor, now: datetime) -> None:
    sign_ins.welcome(session, person.key, origin, now=now)
    record_person(session, "people.sign_in", person, actor=actor, now=now)


def note_failed_sign_in(session: Session, person: Person, origin: Origin, *, actor: Actor, now: datetime) -> None:
    """Counts a failure in a row against where it came from; the fifth locks the account to it for a while."""
    note = sign_ins.count_failure(session, person.key, origin, now=now)
    record_person(session, "people.failed_sign_in", person, actor=actor, now=now, note=note)


def unlock(session: Session, person_id: int, *, actor: Actor, now: datetime) -> None:
    """The account opens at once to everybody who has its password. Errors: NotFound."""
    person = locked(session, Person, person_id, what="this account")
    sign_ins.forget_failures(session, person_id)
    record_person(session, "people.unlock", person, actor=actor, now=now)


def note_sign_out(session: Session, person: Person, *, actor: Actor, now: datetime) -> None:
    """Ends every session of this person: a cookie that somebody kept a copy of opens nothing afterwards."""
    person.fs_uniquifier = uuid4().hex
    record_person(session, "people.sign_out", person, actor=actor, now=now)


def note_account_change(session: Session, what: str, person: Person, *, actor: Actor, now: datetime) -> None:
    """A person's change of their own password or second factor."""
    record_person(session, f"people.{what}", person, actor=actor, now=now)


def choose_email(session: Session, wanted: bool, *, actor: Actor, now: datetime) -> None:
    """Whether the actor gets notices by e-mail too."""
    person = locked(session, Person, actor.id, what="your account")
    person.email_notices = wanted
    note = "by e-mail" if wanted else "not by e-mail"
    record_person(session, "people.choose_email", person, actor=actor, now=now, note=note)


def renew_calendar(session: Session, *, actor: Actor, now: datetime) -> str:
    """A new token for the actor's calendar feed, which is kept as a digest only; the one before opens nothing more."""
    person, secret = locked(session, Person, actor.id, what="your account"), token_urlsafe(32)
    person.calendar_digest = digest_of(secret)
    record_person(session, "people.renew_calendar", person, actor=actor, now=now)
    return f"{person.key}-{secret}"


def switch_off_calendar(session: Session, *, actor: Actor, now: datetime) -> None:
    person = locked(session, Person, actor.id, what="your account")
    person.calendar_digest = None
    record_person(session, "people.switch_off_calendar", person, actor=actor, now=now)


def record_person(
    session: Session, action: str, person: Person, *, actor: Actor, now: datetime, note: str = ""
) -> None:
    """An entry without the person's data: their number and what happened."""
    record(session, action, person, actor=actor, now=now, after={}, note=note)


def role_note(person: Person) -> str:
    roles = ", ".join(sorted(role.name for role in person.roles)) or "no role"
    return roles if person.active else f"{roles} (inactive)"


def role_row(session: Session, role: Role) -> RoleRow:
    return found(session.exec(select(RoleRow).where(RoleRow.name == role)).first(), f"the role {role}")


def hashed(password: str) -> str:
    """The argon2 hash of a password, for `add_person`; needs an application context. Errors: Invalid if too short."""
    return str(hash_password(password_for_account(password)))
