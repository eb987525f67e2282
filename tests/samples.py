"""One record of every kind, for tests that walk all addresses: values by register ("" for all of them)."""

from datetime import date

from hcqic_gov.projects import service as projects
from hcqic_gov.projects.models import Milestone
from hcqic_gov.quantum import simulate
from tests import sandbox_steps
from tests.factories import World


def make_samples(world: World) -> dict[str, dict[str, object]]:
    project = world.project(active=True)
    world.climb_to_quantum(project)
    milestone = Milestone(
        title="First result",
        baseline_on=date(2026, 9, 1),
        forecast_on=date(2026, 9, 1),
        created_at=world.now,
        project_id=project.key,
    )
    with world.writing() as session:
        projects.add_part(session, project.reference, milestone, actor=world["project_lead"], now=world.now)
    run = sandbox_steps.in_review(world, sandbox_steps.ready(world))
    simulate.close()
    return {
        "": {"filename": "hcqic.css", "token": "none"},
        "projects": {
            "reference": project.reference,
            "name": "pause",
            "kind": "milestones",
            "key": milestone.key,
            "rung": "hpc",
        },
        "sandbox": {"reference": run.reference, "name": "release"},
        "people": {"key": world["finance"].id},
        "public": {"name": "01-principles"},
    }
