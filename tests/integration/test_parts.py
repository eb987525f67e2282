"""Parts of records: of two writers the second is told; who left a team never judges its work."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from threading import Barrier

import pytest
from flask import Flask

from hcqic_gov.audit.queries import history, verify_chain
from hcqic_gov.core.errors import Invalid, NotFound, Refused, Stale
from hcqic_gov.ethics import queries as ethics
from hcqic_gov.ethics import waiting
from hcqic_gov.ethics.gate import team_of
from hcqic_gov.funding import queries as funding
from hcqic_gov.funding import service as funding_service
from hcqic_gov.people.rules import Role
from hcqic_gov.policy.access import may
from hcqic_gov.projects import queries, service
from hcqic_gov.projects.models import Milestone, Partner, Project, TeamMember
from hcqic_gov.projects.rules import PartnerRole
from hcqic_gov.sandbox import queries as sandbox
from hcqic_gov.sandbox.waiting import tasks_for as tasks_in_sandbox
from hcqic_gov.scenarios import queries as scenarios
from hcqic_gov.scenarios import service as scenario_service
from hcqic_gov.scenarios.rules import Option
from tests import funding_world as made
from tests import sandbox_steps
from tests.ethics_steps import in_review
from tests.factories import World, client_of

Write = Callable[[int, str], None]
DAY = date(2026, 9, 1)


def a_milestone(world: World) -> Write:
    """What changes a milestone of a project, by the version seen."""
    project = world.project()
    part = Milestone(title="Data", baseline_on=DAY, forecast_on=DAY, created_at=world.now, project_id=0)
    with world.writing() as session:
        service.add_part(session, project.reference, part, actor=world["project_lead"], now=world.now)

    def write(seen: int, text: str) -> None:
        place, changes = (Milestone, part.key), {"title": text}
        with world.writing() as session:
            service.change_part(
                session, project.reference, place, changes, seen=seen, actor=world["project_lead"], now=world.now
            )

    return write


def a_cost(world: World) -> Write:
    row = made.application(world)
    with world.reading() as session:
        key = funding.cost_lines(session, row)[0].key

    def write(seen: int, text: str) -> None:
        with world.writing() as session:
            funding_service.change_cost(
                session,
                row.reference,
                key,
                replace(made.COSTS[0], description=text),
                seen=seen,
                actor=world["project_lead"],
                now=world.now,
            )

    return write


def a_line(world: World) -> Write:
    row = made.scenario(world, Option.S2, baseline=made.scenario(world, Option.S0))
    with world.reading() as session:
        key = scenarios.lines_of(session, row.key)[row.key][0].key

    def write(seen: int, _text: str) -> None:
        with world.writing() as session:
            scenario_service.change_line(
                session, row.reference, key, None, seen=seen, actor=world["finance"], now=world.now
            )

    return write


@pytest.mark.parametrize("part", [a_milestone, a_cost, a_line])
def test_of_two_writers_at_once_one_is_told(world: World, part: Callable[[World], Write]) -> None:
    """Over two real connections; the second of a removal finds nothing to remove."""
    write, start = part(world), Barrier(2)

    def attempt(number: int) -> str:
        start.wait(10)
        try:
            write(1, f"Writer {number}")
        except (Stale, NotFound) as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(attempt, range(2)))
    assert outcomes[0] == ""
    assert "Somebody else changed" in outcomes[1] or "We cannot find" in outcomes[1]
    with world.reading() as session:
        assert verify_chain(session).whole


def test_the_form_of_a_part_carries_the_version_seen(app: Flask, world: World) -> None:
    a_milestone(world)(1, "Checked")
    client = client_of(app, world["project_lead"])
    url = "/projects/HCQIC-P-2026-0001/milestones/1"
    page = client.get(url).text
    assert page.count('name="version"') == 2, "of the form, and of the button that removes"
    day = {f"{name}-{part}": "9" for name in ("baseline_on", "forecast_on") for part in ("day", "month")}
    values = {"title": "New", **day, "baseline_on-year": "2026", "forecast_on-year": "2026"}
    late = client.post(url, data={**values, "version": "1"})
    assert late.status_code == 409
    assert "Nothing of yours was saved" in late.text
    assert client.post(url, data=values).status_code == 400, "a form that says no version"
    assert client.post(f"{url}/remove").status_code == 400
    assert client.post(f"{url}/remove", data={"version": "1"}).status_code == 409
    assert client.post(url, data={**values, "version": "2"}).status_code == 302


def join(world: World, project: Project, name: str) -> int:
    member = TeamMember(person_id=world[name].id, part="Data", project_id=0, created_at=world.now)
    with world.writing() as session:
        row = service.add_part(session, project.reference, member, actor=world["project_lead"], now=world.now)
        return row.key


def leave(world: World, project: Project, key: int) -> None:
    with world.writing() as session:
        seen = session.get_one(TeamMember, key).version
        service.change_part(
            session, project.reference, (TeamMember, key), {}, seen=seen, actor=world["project_lead"], now=world.now
        )


def test_who_left_is_off_the_team_and_may_come_back(world: World) -> None:
    project = world.project()
    key = join(world, project, "chair")
    again = TeamMember(person_id=world["chair"].id, part="Twice", project_id=0, created_at=world.now)
    with world.writing() as session, pytest.raises(Invalid, match="on the team"):
        service.add_part(session, project.reference, again, actor=world["project_lead"], now=world.now)
    leave(world, project, key)
    with world.reading() as session:
        assert queries.team_ids(session, project) == {world["project_lead"].id}
        assert queries.resource(session, project.reference).attributes["team"] == {world["project_lead"].id}
        assert queries.overview(session, project).team == []
        assert history(session, "project", project.key)[0].action == "projects.remove_team_member"
    assert join(world, project, "chair") == key
    with world.reading() as session:
        assert world["chair"].id in queries.team_ids(session, project)


def test_a_place_on_the_team_is_one_persons(world: World) -> None:
    project = world.project()
    key = join(world, project, "chair")
    with world.writing() as session, pytest.raises(Invalid):
        service.change_part(
            session,
            project.reference,
            (TeamMember, key),
            {"person_id": world["finance"].id},
            seen=1,
            actor=world["project_lead"],
            now=world.now,
        )


def test_an_organisation_takes_part_once(world: World) -> None:
    project = world.project()

    def add() -> None:
        partner = Partner(
            organisation_id=world.funder_id, role=PartnerRole.PARTNER, since=DAY, project_id=0, created_at=world.now
        )
        with world.writing() as session:
            service.add_part(session, project.reference, partner, actor=world["project_lead"], now=world.now)

    add()
    with pytest.raises(Invalid, match="is here"):
        add()


def test_who_left_after_the_case_was_begun_never_judges_it(world: World) -> None:
    project = world.project(active=True)
    key = join(world, project, "chair")
    case = in_review(world, project)
    world.now += timedelta(hours=1)
    leave(world, project, key)
    with world.reading() as session:
        assert world["chair"].id in team_of(session, case)
        resource = ethics.resource_of(session, case)
        assert may(world["chair"], "ethics.vote", resource).code == "not_former_own_case"
        assert not may(world["chair"], "ethics.halt", resource).allowed, "nor has the team's rights any longer"
        assert not waiting.tasks_for(session, world["chair"], now=world.now)


def test_who_left_before_the_case_was_begun_may_judge_it(world: World) -> None:
    project = world.project(active=True)
    leave(world, project, join(world, project, "chair"))
    world.now += timedelta(hours=1)
    case = in_review(world, project)
    with world.reading() as session:
        assert world["chair"].id not in team_of(session, case)
        assert may(world["chair"], "ethics.vote", ethics.resource_of(session, case)).allowed


def test_a_lead_who_hands_the_project_over_never_judges_its_case(world: World) -> None:
    """An ethics officer who led the project would else validate what they applied for through a colleague."""
    with world.writing() as session:
        both = world.add_person(session, "both", {Role.PROJECT_LEAD, Role.ETHICS_OFFICER})
    project = world.project(lead="both", active=True)
    case = in_review(world, project, by="both")
    details = service.Details(
        project.title, project.lay_summary, project.use_case, project.data_class, project.setting,
        world["project_lead"].id, project.starts_on, project.ends_on,
    )  # fmt: skip
    with world.writing() as session:
        seen = queries.project(session, project.reference).version
        service.edit(session, project.reference, details, seen=seen, actor=both, now=world.now)
    with world.reading() as session:
        fresh = queries.project(session, project.reference)
        assert queries.team_ids(session, fresh) == {world["project_lead"].id}
        assert both.id in queries.teams(session, fresh.key, case.created_at)[1]


def test_who_left_after_the_request_never_judges_the_run(world: World) -> None:
    run = sandbox_steps.in_review(world, sandbox_steps.ready(world))
    with world.reading() as session:
        project = session.get_one(Project, run.project_id)
        assert may(world["gatekeeper"], "sandbox.release", sandbox.resource_of(session, run)).allowed
    key = join(world, project, "gatekeeper")
    leave(world, project, key)
    with world.reading() as session:
        ruling = may(world["gatekeeper"], "sandbox.release", sandbox.resource_of(session, run))
        assert ruling.code == "nobody_judges_former_own_run"
        assert not tasks_in_sandbox(session, world["gatekeeper"], now=world.now)


def test_an_earlier_editor_of_costs_prepared_the_application_too(world: World) -> None:
    a_cost(world)(1, "Dearer")
    with world.reading() as session:
        row = funding.application(session, "HCQIC-F-2026-0001")
        assert may(world["finance"], "funding.approve_to_submit", funding.resource_of(session, row)).allowed
    with world.writing() as session:
        line = funding.cost_lines(session, row)[0]
        funding_service.change_cost(
            session,
            row.reference,
            line.key,
            made.COSTS[0],
            seen=line.version,
            actor=world["funding_officer"],
            now=world.now,
        )
    with world.reading() as session:
        prepared = funding.preparers(session, [row])[row.key]
    assert {world["project_lead"].id, world["funding_officer"].id} <= prepared


def test_a_stranger_is_refused_before_the_version_is_looked_at(world: World) -> None:
    a_milestone(world)
    with world.writing() as session, pytest.raises(Refused):
        service.change_part(
            session, "HCQIC-P-2026-0001", (Milestone, 1), {}, seen=9, actor=world["finance"], now=world.now
        )
