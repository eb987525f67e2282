"""Reads of people and organisations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import selectinload
from sqlmodel import Session, col, select

from hcqic_gov.core.actor import SYSTEM_ACTOR, Actor
from hcqic_gov.db import found
from hcqic_gov.people.models import (
    Installation,
    Organisation,
    Person,
    PersonRole,
    RoleRow,
    TrainingRecord,
)
from hcqic_gov.people.rules import CALENDAR_TOKEN, OrganisationKind, Role, Training, is_secret


@dataclass(frozen=True, slots=True)
class PersonView:
    """A person as others see them."""

    id: int
    name: str
    email: str
    organisation: str
    active: bool
    roles: tuple[Role, ...]


def is_demo(session: Session) -> bool:
    """Whether this database holds a demo centre: its pages say so."""
    return session.exec(select(Installation.demo)).first() or False


def is_half_loaded(session: Session) -> bool:
    """Whether the loading of a demo centre began and never ended."""
    unfinished = select(Installation.id).where(col(Installation.demo).is_(True), col(Installation.complete).is_(False))
    return session.exec(unfinished).first() is not None


def is_empty(session: Session) -> bool:
    """Whether nobody has an account yet."""
    return session.exec(select(Person.id).limit(1)).first() is None


def actor_of(person: Person) -> Actor:
    """The person as rules see them, with the roles they hold now."""
    return Actor(person.key, person.name, frozenset(role.name for role in person.roles), person.organisation_id)


def person_by_email(session: Session, email: str) -> Person:
    """Errors: NotFound."""
    row = session.exec(select(Person).where(Person.email == email.strip().lower())).first()
    return found(row, f"an account with the address {email}")


def actor_by_calendar(session: Session, token: str) -> Actor | None:
    """Whose calendar feed this token opens; None where it opens none (any more)."""
    parts = CALENDAR_TOKEN.fullmatch(token)
    person = session.get(Person, int(parts[1])) if parts else None
    if parts is None or person is None or not person.active or not is_secret(parts[2], person.calendar_digest):
        return None
    return actor_of(person)


def names(session: Session, person_ids: set[int]) -> Mapping[int, str]:
    """Names by number; 0 is the system."""
    rows = session.exec(select(Person.id, Person.name).where(col(Person.id).in_(person_ids)))
    return {0: SYSTEM_ACTOR.name} | {number: name for number, name in rows if number is not None}


def people(session: Session) -> Sequence[PersonView]:
    """Everybody with an account, by name, in three queries."""
    organisations = organisation_names(session)
    rows = session.exec(select(Person).options(selectinload(Person.roles)).order_by(Person.name))  # type: ignore[arg-type]
    return [
        PersonView(
            row.key,
            row.name,
            row.email,
            organisations.get(row.organisation_id or 0, ""),
            row.active,
            tuple(Role(role.name) for role in row.roles),
        )
        for row in rows
    ]


def with_role(session: Session, *roles: Role, organisation_id: int | None = None) -> Sequence[tuple[int, str]]:
    """Numbers and names of active people who hold any of these roles, by name; of one organisation, if it is given."""
    statement = (
        select(Person.id, Person.name)
        .join(PersonRole, col(PersonRole.person_id) == col(Person.id))
        .join(RoleRow, col(RoleRow.id) == col(PersonRole.role_id))
        .where(col(RoleRow.name).in_(roles), col(Person.active).is_(True))
        .order_by(Person.name)
        .distinct()
    )
    if organisation_id is not None:
        statement = statement.where(Person.organisation_id == organisation_id)
    return [(number, name) for number, name in session.exec(statement) if number is not None]


def organisation_names(session: Session, *kinds: OrganisationKind) -> Mapping[int, str]:
    """Names by number, in alphabetical order; of these kinds only, where any is given."""
    statement = select(Organisation.id, Organisation.name).order_by(Organisation.name)
    if kinds:
        statement = statement.where(col(Organisation.kind).in_(kinds))
    return {number: name for number, name in session.exec(statement) if number is not None}


def organisations(session: Session) -> Sequence[Organisation]:
    return session.exec(select(Organisation).order_by(Organisation.name)).all()


def training_in_date(session: Session, person_id: int, kind: Training, day: date) -> bool:
    statement = select(TrainingRecord.id).where(
        TrainingRecord.person_id == person_id,
        TrainingRecord.kind == kind,
        TrainingRecord.completed_on <= day,
        TrainingRecord.valid_until >= day,
    )
    return session.exec(statement.limit(1)).first() is not None


def training_of(session: Session, person_id: int) -> Sequence[TrainingRecord]:
    statement = select(TrainingRecord).where(TrainingRecord.person_id == person_id)
    return session.exec(statement.order_by(col(TrainingRecord.valid_until).desc())).all()
