"""How the project register bears size: pages at 100,000 projects against the same pages at 1,000, in one run.

The reports hold seconds; `extra_info["ratio"]` is large over small, `queries` the statements of one page.
"""

import time
from statistics import median
from typing import Any

import pytest
from sqlalchemy import event

from hcqic_gov.audit.service import CHANGED
from hcqic_gov.projects import service
from hcqic_gov.projects.models import Project, ProjectEvent
from hcqic_gov.projects.rules import Status
from tests.benchmarks.conftest import Register, row
from tests.integration.test_projects import details

PAGES = {
    "first page": "/projects/",
    "last page": "/projects/?page={last}",
    "middle page": "/projects/?page={middle}",
    "by title": "/projects/?sort=title",
    "filtered": "/projects/?status=active&use_case=rare_disease_management",
    "search, rare": "/projects/?q=study+77",
    "search, common": "/projects/?q=planning",
    "record": "/projects/HCQIC-P-2025-000500",
}


def url_of(name: str, size: int) -> str:
    return PAGES[name].format(last=-(-size // 25), middle=size // 50)


def seconds(register: Register, url: str, rounds: int = 7) -> float:
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        assert register.client.get(url).status_code == 200
        taken.append(time.perf_counter() - began)
    return median(taken)


def statements(register: Register, url: str) -> int:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            seen.append(statement)

    event.listen(register.world.database.engine, "before_cursor_execute", note)
    register.client.get(url)
    event.remove(register.world.database.engine, "before_cursor_execute", note)
    return len(seen)


@pytest.mark.parametrize("page", PAGES)
def test_page(benchmark: Any, registers: dict[int, Register], page: str) -> None:
    small, large = registers[1_000], registers[100_000]
    benchmark.extra_info["ratio"] = seconds(large, url_of(page, large.size)) / seconds(small, url_of(page, small.size))
    benchmark.extra_info["queries"] = statements(large, url_of(page, large.size))
    benchmark.pedantic(large.client.get, args=(url_of(page, large.size),), rounds=10, warmup_rounds=1)


def test_audited_write_against_plain_insert(benchmark: Any, registers: dict[int, Register]) -> None:
    """A registration (access check, reference, audit entry, chain) against the same rows through the ORM alone."""
    world = registers[1_000].world
    actor, now = world["project_lead"], world.now
    numbers = iter(range(2_000_000, 3_000_000))

    def plain() -> None:
        with world.database.writing_session() as session:
            project = Project(**row(world, next(numbers)))
            session.add(project)
            session.flush()
            status = ProjectEvent(
                project_id=project.key, move="x", status=Status.PROPOSED, at=now, actor_id=1, created_at=now
            )
            session.add(status)
            session.flush()
            session.info.pop(CHANGED)  # the fence that would refuse this commit
            session.commit()

    def audited() -> None:
        with world.writing() as session:
            service.register(session, details(world), actor=actor, now=now)

    benchmark.extra_info["ratio"] = timed(audited) / timed(plain)
    benchmark.pedantic(audited, rounds=30, warmup_rounds=2)


def timed(act: Any, rounds: int = 40) -> float:
    act()
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        act()
        taken.append(time.perf_counter() - began)
    return median(taken)
