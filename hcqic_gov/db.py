"""The database: one place for engines, transactions and column kinds."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from hashlib import sha256
from typing import Any, ClassVar, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import declared_attr
from sqlmodel import Field, Session, SQLModel, col, select
from sqlmodel.sql.sqltypes import UTCDateTime

from hcqic_gov.core.errors import HcqicError, NotFound, Stale, UnrecordedChange

NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
SQLModel.metadata.naming_convention = NAMING

T = TypeVar("T")
R = TypeVar("R", bound="Record")


class Record(SQLModel):
    """A row of a register: numbered, dated, and versioned so that two people cannot overwrite each other."""

    id: int | None = Field(default=None, primary_key=True)
    created_at: datetime = Field(sa_type=UTCDateTime)
    version: int = Field(default=1, nullable=False)

    @declared_attr.directive
    @classmethod
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.__table__.c.version}  # type: ignore[attr-defined]

    @property
    def key(self) -> int:
        """The number of a saved record."""
        if self.id is None:
            raise UnrecordedChange(f"{type(self).__name__} has no number before it is flushed")
        return self.id

    audited: ClassVar[bool] = True
    """A change of such a row needs an audit entry in the same transaction."""


def choice(kind: type[StrEnum], *, length: int = 40, **options: Any) -> Any:
    """A column that holds one member of a StrEnum by its value, as text: a new member is no migration."""
    column = sa.Enum(
        kind, native_enum=False, create_constraint=False, length=length, values_callable=lambda e: [m.value for m in e]
    )
    return Field(sa_type=column, **options)


def moment(**options: Any) -> Any:
    """A column for an aware moment in UTC."""
    return Field(sa_type=UTCDateTime, **options)


def money(**options: Any) -> Any:
    """A column for pounds and pence, exact on both databases."""
    return Field(sa_type=Pence, **options)


def json(**options: Any) -> Any:
    """A column for a JSON value."""
    return Field(sa_type=sa.JSON, **options)


def text(**options: Any) -> Any:
    """A column for text of any length."""
    return Field(sa_type=sa.Text, **options)


class Pence(sa.TypeDecorator[Any]):
    """Pounds as Decimal, stored as whole pence: SQLite has no exact decimal of its own."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> int | None:
        return None if value is None else int((Decimal(value) * 100).to_integral_value(ROUND_HALF_UP))

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:
        return None if value is None else Decimal(value) / 100


class Database:
    """Engine and sessions of one database URL (SQLite or PostgreSQL)."""

    def __init__(self, url: str) -> None:
        self.engine = make_engine(url)
        self._writing = self.engine.execution_options(hcqic_write=True)

    def writing_session(self) -> Session:
        """A session that may write; whoever opens it commits once and closes it."""
        return Session(self._writing, expire_on_commit=False)

    def reading_session(self) -> Session:
        """A session in which the database itself refuses to write."""
        return Session(self.engine, expire_on_commit=False, autoflush=False)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One unit of work: committed as a whole at the end, or not at all."""
        with self.writing_session() as session:
            yield session
            session.commit()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with self.reading_session() as session:
            yield session
            require_no_changes(session)

    def dispose(self) -> None:
        self.engine.dispose()


def make_engine(url: str) -> Engine:
    """An engine on which a reading transaction cannot write, and a writing one on SQLite locks from its start.

    Errors: HcqicError for an address that names neither kind of database.
    """
    require_known(url)
    if not url.startswith("sqlite"):
        engine = sa.create_engine(url, pool_pre_ping=True, pool_size=10)
        event.listen(engine, "begin", begin_postgresql)
        return engine
    engine = sa.create_engine(url, connect_args={"check_same_thread": False, "timeout": 15})
    event.listen(engine, "connect", prepare_sqlite)
    event.listen(engine, "begin", begin_sqlite)
    return engine


def require_known(url: str) -> None:
    try:
        known = sa.make_url(url).drivername in {"sqlite", "postgresql+psycopg"}
    except (sa.exc.ArgumentError, ValueError):
        known = False
    if not known:
        raise HcqicError("HCQIC_DATABASE_URL must be sqlite:///… or postgresql+psycopg://… and name a database.")


def prepare_sqlite(connection: DBAPIConnection, _record: object) -> None:
    connection.isolation_level = None  # transactions begin in begin_sqlite, not in the driver
    cursor = connection.cursor()
    for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=15000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("hcqic_write", False)
    connection.exec_driver_sql(f"PRAGMA query_only={'OFF' if writes else 'ON'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def begin_postgresql(connection: Connection) -> None:
    if not connection.get_execution_options().get("hcqic_write", False):
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


def reads_only(session: Session) -> bool:
    """Whether the database refuses this session to write, and shows it one state of affairs from first to last."""
    return not session.get_bind().get_execution_options().get("hcqic_write", False)


def require_no_changes(session: Session) -> None:
    """Errors: UnrecordedChange where a reading unit of work changed a record."""
    if changed := [*session.new, *session.dirty, *session.deleted]:
        raise UnrecordedChange(f"work left uncommitted: {changed[:3]}")


def found(record: T | None, what: str) -> T:
    """The record, or NotFound with a sentence."""
    if record is None:
        raise NotFound(f"We cannot find {what}. Check the address or the reference.")
    return record


def locked(session: Session, kind: type[R], key: int, *, seen: int | None = None, what: str) -> R:
    """The record for a change: other writers wait; `seen` is the version that the person had before them.

    Errors: NotFound; Stale where the record has moved on from `seen`.
    """
    return unmoved(session.get(kind, key, with_for_update=True, populate_existing=True), seen=seen, what=what)


def locked_by(session: Session, kind: type[R], reference: str, *, seen: int | None = None, what: str) -> R:
    """The same by the record's reference."""
    statement = select(kind).where(col(kind.reference) == reference).with_for_update()  # type: ignore[attr-defined]
    return unmoved(session.exec(statement, execution_options={"populate_existing": True}).first(), seen=seen, what=what)


def unmoved(record: R | None, *, seen: int | None, what: str) -> R:
    """Errors: NotFound; Stale."""
    known = found(record, what)
    if seen is not None and known.version != seen:
        raise Stale(what)
    return known


def locked_part(session: Session, kind: type[R], key: int, owned: Any, *, seen: int | None = None, what: str) -> R:
    """The same for a part of a record; `owned` is the condition that it is a part of this very record."""
    found(session.exec(select(kind.id).where(kind.id == key, owned)).first(), what)
    return locked(session, kind, key, seen=seen, what=what)


def hold(session: Session, names: Iterable[str], *, alone: bool = False) -> None:
    """Until the end of the transaction, several may hold a name, or one of them alone; who comes late waits.

    For what has no row yet that could be locked. SQLite has one writer at a time, so there it is held already.
    """
    if session.get_bind().dialect.name != "postgresql":
        return
    take = sa.func.pg_advisory_xact_lock if alone else sa.func.pg_advisory_xact_lock_shared
    for name in sorted(set(names)):  # in one order, so that two who hold several never wait for each other
        number = int.from_bytes(sha256(name.encode()).digest()[:8], signed=True)
        session.execute(sa.select(take(number)))


class ReferenceCounter(SQLModel, table=True):
    """The last number given for a kind of reference in a year."""

    __tablename__ = "reference_counter"
    kind: str = Field(primary_key=True, max_length=4)
    year: int = Field(primary_key=True)
    last: int


COUNT_UP = sa.text(
    "INSERT INTO reference_counter (kind, year, last) VALUES (:kind, :year, 1) "
    "ON CONFLICT (kind, year) DO UPDATE SET last = reference_counter.last + 1 RETURNING last"
)


def next_reference(session: Session, kind: str, *, now: datetime) -> str:
    """The next reference of a kind, as `HCQIC-P-2026-0001`; two writers never get the same one."""
    year = now.astimezone(UTC).year
    last = session.execute(COUNT_UP, {"kind": kind, "year": year}).scalar_one()
    return f"HCQIC-{kind}-{year}-{last:04d}"
