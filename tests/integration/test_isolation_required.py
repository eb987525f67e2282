"""A centre does not run circuits on a host that cannot confine them; a demo does."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from hcqic_gov.core.errors import HcqicError
from hcqic_gov.db import Database
from hcqic_gov.people import service as people
from hcqic_gov.people.rules import SYSTEM_ACTOR
from hcqic_gov.quantum import doctor
from hcqic_gov.settings import Settings
from hcqic_gov.startup import require_isolation

NOW = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)


def test_only_a_demo_starts_where_isolation_is_missing(
    sqlite_copy: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(database_url=sqlite_copy())
    monkeypatch.setattr(doctor, "examine", lambda _: doctor.Findings([], ["system calls"], []))
    with pytest.raises(HcqicError, match="system calls"):
        require_isolation(settings)
    database = Database(settings.database)
    with database.transaction() as session:
        people.declare_demo(session, actor=SYSTEM_ACTOR, now=NOW)
    database.dispose()
    require_isolation(settings)
