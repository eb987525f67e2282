"""The project register on both databases."""

from datetime import date

import pytest

from hcqic_gov.audit.queries import history, verify_chain
from hcqic_gov.core.errors import Invalid, Refused, Stale
from hcqic_gov.projects import queries, service
from hcqic_gov.projects.models import Milestone
from hcqic_gov.projects.queries import ProjectFilter
from hcqic_gov.projects.rules import DataClass, Rung, Setting, Status, UseCase
from hcqic_gov.projects.service import Details
from tests.factories import World


def details(world: World, **changes: object) -> Details:
    values = {
        "title": "Trial sites",
        "lay_summary": "Which hospitals should take part.",
        "use_case": UseCase.CLINICAL_TRIALS,
        "data_class": DataClass.ANONYMISED_NHS,
        "setting": Setting.NHS,
        "lead_id": world["project_lead"].id,
    }
    return Details(**{**values, **changes})  # type: ignore[arg-type]


def test_references_count_up_within_the_year(world: World) -> None:
    assert [world.project().reference for _ in range(3)] == [f"HCQIC-P-2026-000{n}" for n in (1, 2, 3)]


def test_every_change_has_an_entry_with_before_and_after(world: World) -> None:
    project = world.project(title="Old title")
    with world.writing() as session:
        seen = queries.project(session, project.reference).version
        service.edit(
            session,
            project.reference,
            details(world, title="New title"),
            seen=seen,
            actor=world["project_lead"],
            now=world.now,
        )
    with world.reading() as session:
        entries = history(session, "project", project.key)
        assert [entry.action for entry in entries] == ["projects.edit", "projects.register"]
        assert ("title", "Old title", "New title") in entries[0].changes
        assert verify_chain(session).whole


def test_two_people_cannot_overwrite_each_other(world: World) -> None:
    project = world.project()
    with world.writing() as session:
        seen = queries.project(session, project.reference).version
        service.edit(session, project.reference, details(world), seen=seen, actor=world["project_lead"], now=world.now)
    with world.writing() as session, pytest.raises(Stale, match="Somebody else changed"):
        service.edit(
            session, project.reference, details(world), seen=seen, actor=world["centre_manager"], now=world.now
        )


def test_a_stranger_cannot_edit(world: World) -> None:
    project = world.project()
    with world.writing() as session, pytest.raises(Refused) as refusal:
        service.edit(session, project.reference, details(world), seen=1, actor=world["finance"], now=world.now)
    assert refusal.value.code == "not_permitted"


def test_dates_must_be_in_order(world: World) -> None:
    wrong = details(world, starts_on=date(2026, 5, 1), ends_on=date(2026, 4, 1))
    with world.writing() as session, pytest.raises(Invalid) as error:
        service.register(session, wrong, actor=world["project_lead"], now=world.now)
    assert "ends_on" in error.value.fields


def test_quantum_needs_a_classical_baseline(world: World) -> None:
    project = world.project(active=True)
    with world.writing() as session, pytest.raises(Refused, match="classical baseline"):
        service.open_rung(
            session, project.reference, Rung.QUANTUM, reason="We want to.", actor=world["project_lead"], now=world.now
        )
    world.climb_to_quantum(project)
    with world.reading() as session:
        assert queries.pathway(session, project.key).opened == frozenset(Rung)


def test_an_open_milestone_keeps_the_project_open(world: World) -> None:
    project = world.project(active=True)
    milestone = Milestone(
        title="Baseline", baseline_on=date(2026, 5, 1), forecast_on=date(2026, 6, 1), created_at=world.now, project_id=0
    )
    with world.writing() as session:
        service.add_part(session, project.reference, milestone, actor=world["project_lead"], now=world.now)
    with world.writing() as session, pytest.raises(Refused, match="still open"):
        service.move(session, project.reference, "close", actor=world["centre_manager"], now=world.now)
    with world.writing() as session:
        service.change_part(
            session,
            project.reference,
            (Milestone, milestone.key),
            {"met_on": date(2026, 6, 1)},
            seen=1,
            actor=world["project_lead"],
            now=world.now,
        )
        closed = service.move(session, project.reference, "close", actor=world["centre_manager"], now=world.now)
    assert closed.status is Status.CLOSED


def test_search_filters_and_pages(world: World) -> None:
    for number in range(30):
        world.project(title=f"Project {number:02}", use_case=UseCase.RARE_DISEASE if number % 2 else UseCase.OTHER)
    with world.reading() as session:
        rows, total = queries.projects(session, ProjectFilter(use_case=UseCase.OTHER))
        assert (len(rows), total) == (15, 15)
        first, total = queries.projects(session, ProjectFilter())
        last, _ = queries.projects(session, ProjectFilter(), page=2)
        assert [row.title for row in [*first, *last]] == [f"Project {n:02}" for n in reversed(range(30))]
        assert queries.projects(session, ProjectFilter(), page=3)[0] == []
        found, total = queries.projects(session, ProjectFilter(text="PROJ 07"))
        assert [row.title for row in found] == ["Project 07"]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("roster", 1),
        ("ros war", 1),
        ("2026-0001", 1),
        ("HCQIC-P-2026", 2),
        ('"', 2),
        ("a & !b ' OR 1=1 --", 0),
        ("éclair", 0),
    ],
)
def test_search_takes_any_text(world: World, text: str, count: int) -> None:
    world.project()
    world.project(title="Tumours", lay_summary="Which images to look at first.")
    with world.reading() as session:
        assert queries.projects(session, ProjectFilter(text=text))[1] == count


def test_search_follows_a_change(world: World) -> None:
    project = world.project()
    with world.writing() as session:
        service.edit(
            session,
            project.reference,
            details(world, title="Zebrafish"),
            seen=project.version,
            actor=world["project_lead"],
            now=world.now,
        )
    with world.reading() as session:
        assert queries.projects(session, ProjectFilter(text="zebra"))[1] == 1
        assert queries.projects(session, ProjectFilter(text="rosters"))[1] == 0
