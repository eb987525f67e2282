"""Tables of people and organisations; accounts are Flask-Security's."""

import uuid
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from flask_security import AsaList, RoleMixin, UserMixin
from sqlalchemy.ext.mutable import MutableList
from sqlmodel import Field, Relationship, SQLModel

from hcqic_gov import db
from hcqic_gov.db import Record
from hcqic_gov.people.rules import OrganisationKind, Training


def text_list() -> Any:
    """A column for Flask-Security's lists."""
    return Field(default=None, sa_type=MutableList.as_mutable(AsaList()))


class PersonRole(SQLModel, table=True):
    """A role that a person holds."""

    __tablename__ = "person_role"
    person_id: int = Field(foreign_key="person.id", primary_key=True)
    role_id: int = Field(foreign_key="role.id", primary_key=True)


class RoleRow(SQLModel, RoleMixin, table=True):
    """A role as Flask-Security stores it; `name` is a member of `people.rules.Role`."""

    __tablename__ = "role"
    id: int = Field(default=None, primary_key=True)
    name: str = Field(unique=True, max_length=40)


class Installation(Record, table=True):
    """What this database is for: one row, made when a demo centre begins to be loaded into an empty database."""

    __tablename__ = "installation"
    demo: bool
    complete: bool = False


class Organisation(Record, table=True):
    """An organisation with which the centre works."""

    __tablename__ = "organisation"
    name: str = Field(unique=True, max_length=200)
    kind: OrganisationKind = db.choice(OrganisationKind)
    ror_id: str | None = Field(default=None, unique=True, max_length=9)


class Person(Record, UserMixin, table=True):
    """An account. Sign-ins change it many times a day, so `people.service` and the sign-in record what matters."""

    __tablename__ = "person"
    audited = False
    email: str = Field(unique=True, max_length=254)
    name: str = Field(max_length=120)
    organisation_id: int | None = Field(default=None, foreign_key="organisation.id")
    password: str | None = Field(default=None, max_length=255)
    active: bool = True
    fs_uniquifier: str = Field(unique=True, max_length=64, default_factory=lambda: uuid.uuid4().hex)
    tf_primary_method: str | None = Field(default=None, max_length=64)
    tf_totp_secret: str | None = Field(default=None, max_length=255)
    mf_recovery_codes: list[str] | None = text_list()
    email_notices: bool = True
    calendar_digest: str | None = Field(default=None, max_length=64)
    roles: list[RoleRow] = Relationship(link_model=PersonRole)  # type: ignore[assignment]


class SignInOrigin(SQLModel, table=True):
    """Where somebody signs in as this person from, or tries to: a browser or an address, as a keyed hash only."""

    __tablename__ = "sign_in_origin"
    person_id: int = Field(foreign_key="person.id", primary_key=True)
    origin: str = Field(max_length=64, primary_key=True)
    failures: int = 0
    seen_at: datetime = db.moment()
    blocked_until: datetime | None = db.moment(default=None)
    known: bool = False


class TrainingRecord(Record, table=True):
    """A course that a person completed, and until when it counts."""

    __tablename__ = "training_record"
    person_id: int = Field(foreign_key="person.id", index=True)
    kind: Training = db.choice(Training)
    completed_on: date
    valid_until: date

    __table_args__ = (sa.CheckConstraint("completed_on <= valid_until", name="validity"),)
