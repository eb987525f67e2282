"""The dashboards of a centre with 500 KPIs: ten years of months, and the same with a million observations.

60,000 values count; in the large register they were corrected until there are 1,000,000 revisions. `kept` is what
people meet (the views are in memory), `changed` the first page after a change of one KPI, `afresh` the first of a new
process.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from hcqic_gov.app import create_app
from hcqic_gov.core.calendar import Frequency, Period
from hcqic_gov.db import Database
from hcqic_gov.kpi import definitions as defined
from hcqic_gov.kpi import targets
from hcqic_gov.kpi.definitions import ENTERED, Definition
from hcqic_gov.kpi.kept import SHELF
from hcqic_gov.kpi.models import Observation
from hcqic_gov.settings import Settings
from tests.benchmarks.test_kpi import best, observation
from tests.factories import World, client_of
from tests.integration.test_web_kpi import shown

NOW = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)
LAST = Period.parse("2026-05")
KPIS, MONTHS, MANY = 500, 120, 1_000_000
SUMMARY, DRILL_DOWN = "/dashboards/", "/dashboards/kpi/H7"


@dataclass(frozen=True)
class Centre:
    """A centre with that many observations in all."""

    world: World
    client: FlaskClient


def large_catalogue() -> Mapping[str, tuple[Definition, ...]]:
    """A hundred monthly KPIs in each dimension, after the first of the real ones."""
    found = {}
    for one in defined.definitions(NOW.date()):
        if one.code.endswith("1"):
            for number in range(1, 1 + KPIS // 5):
                code = f"{one.code[0]}{number}"
                changes = {"code": code, "frequency": Frequency.MONTHLY, "source": ENTERED, "small_numbers": 0}
                found[code] = (one.model_copy(update=changes),)
    return MappingProxyType(found)


def values(count: int) -> Iterator[dict[str, Any]]:
    """Rows of this many revisions: first those that count, then older ones of the same periods."""
    known = [versions[0] for versions in defined.catalogue().values()]
    template = observation(known[0], LAST, 0.0).model_dump(exclude={"id"})
    periods = [LAST.shifted(-back) for back in range(MONTHS)]
    for number in range(count):
        revision, place = divmod(number, KPIS * MONTHS)
        one, period = known[place // MONTHS], periods[place % MONTHS]
        yield template | {
            "code": one.code,
            "period": period.code,
            "period_start": period.start,
            "period_end": period.end,
            "revision": 100 - revision,
            "status": "superseded" if revision else "verified",
            "value": 50.0 + (place * 31 + place // MONTHS * 7) % 17,
        }


def filled(url: str, count: int) -> World:
    world = World.make(Database(url), NOW)
    table: Any = sa.inspect(Observation).local_table
    rows, some = values(count), True
    with world.database.writing_session() as session:
        while some:
            batch = [row for _, row in zip(range(20_000), rows, strict=False)]
            if some := bool(batch):
                session.execute(sa.insert(table), batch)
        session.commit()
        session.execute(sa.text("ANALYZE"))
        session.commit()
    changed(world)
    return world


def changed(world: World) -> None:
    """One KPI gets another target: an entry in the audit trail."""
    with world.writing() as session:
        manager = world["centre_manager"]
        targets.set_target(session, "H3", LAST, 60.0, reason="benchmark", actor=manager, now=NOW)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def centres(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[int, Centre]]:
    make: Callable[[], str] = request.getfixturevalue("sqlite_copy" if request.param == "sqlite" else "postgres_copy")
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("bench")
        patch.setenv("HCQIC_DATA_DIR", str(folder))
        catalogue = large_catalogue()
        patch.setattr(defined, "catalogue", lambda: catalogue)
        found = {}
        for count in (KPIS * MONTHS, MANY):
            world = filled(make(), count)
            app = create_app(
                Settings(data_dir=folder),
                database=world.database,
                clock=lambda: NOW,
                TESTING=True,
                WTF_CSRF_ENABLED=False,
            )
            found[count] = Centre(world, client_of(app, world["centre_manager"]))
        yield found
        for centre in found.values():
            centre.world.database.dispose()


@pytest.mark.parametrize("address", [SUMMARY, DRILL_DOWN])
def test_callback(benchmark: Any, centres: dict[int, Centre], address: str) -> None:
    """Aim: a summary in under 100 ms at 60,000 observations, and in less than twice that at 1,000,000."""
    few, many = centres[KPIS * MONTHS], centres[MANY]
    benchmark.pedantic(lambda: shown(few.client, address), rounds=15, warmup_rounds=2)
    costs = {60_000: figures(few, address), MANY: figures(many, address)}
    benchmark.extra_info.update({f"{name}_ms_{n}": ms for n, found in costs.items() for name, ms in found.items()})
    benchmark.extra_info["many_to_few"] = round(costs[MANY]["kept"] / costs[60_000]["kept"], 2)


def figures(centre: Centre, address: str) -> dict[str, float]:
    """Milliseconds of the fastest round."""

    def ask() -> None:
        shown(centre.client, address)

    ask()
    found = {
        "kept": best(ask),
        "changed": best(ask, rounds=5, before=lambda: changed(centre.world)),
        "afresh": best(ask, rounds=3, before=SHELF.views.clear),
    }
    return {name: round(1000 * seconds, 1) for name, seconds in found.items()}
