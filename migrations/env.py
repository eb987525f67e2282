"""How Alembic reaches the database, and what it compares."""

import importlib
import pkgutil
from typing import Any

import sqlalchemy as sa
from alembic import context
from flask_security import AsaList
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

import hcqic_gov
from hcqic_gov.db import Pence, make_engine
from hcqic_gov.settings import Settings

for module in pkgutil.iter_modules(hcqic_gov.__path__):
    if module.ispkg and pkgutil.resolve_name(f"hcqic_gov.{module.name}").__path__:
        try:
            importlib.import_module(f"hcqic_gov.{module.name}.models")
        except ModuleNotFoundError as error:
            if error.name != f"hcqic_gov.{module.name}.models":
                raise

url = context.config.attributes.get("url") or Settings().database
engine = make_engine(url).execution_options(hcqic_write=True)


def ours(_thing: Any, name: str | None, kind: str, _reflected: bool, _compared: Any) -> bool:
    """Search tables and their shadows are written by hand in their migration; nothing to compare."""
    return not (kind in {"table", "index"} and (name or "").startswith(("project_search", "sqlite_")))


def plain_type(kind: str, thing: Any, _context: Any) -> Any:
    """Migrations name only SQLAlchemy's own types: they must still run when our classes have moved."""
    if kind != "type":
        return False
    match thing:
        case sa.Enum():
            return f"sa.String(length={thing.length})"
        case AutoString():
            return f"sa.String(length={thing.length})" if thing.length else "sa.String()"
        case Pence():
            return "sa.BigInteger()"
        case UTCDateTime():
            return "sa.DateTime(timezone=True)"
        case AsaList():
            return "sa.UnicodeText()"
    return False


with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        compare_type=True,
        render_as_batch=True,
        render_item=plain_type,
        include_object=ours,
    )
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
