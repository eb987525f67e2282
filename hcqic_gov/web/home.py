"""The landing page: what waits for the person, most pressing first."""

from collections.abc import Sequence
from datetime import datetime

from flask import Blueprint, render_template
from sqlmodel import Session

from hcqic_gov.committee import waiting as committee
from hcqic_gov.core.actor import Actor
from hcqic_gov.core.calendar import london_day
from hcqic_gov.ethics import waiting as ethics
from hcqic_gov.funding import waiting as funding
from hcqic_gov.kpi import waiting as kpi
from hcqic_gov.notices.rules import Task
from hcqic_gov.notices.waiting import tasks_for
from hcqic_gov.people.queries import training_of
from hcqic_gov.people.rules import ROLE_LABELS, TRAINING_LABELS, Role
from hcqic_gov.projects import waiting as projects
from hcqic_gov.reporting import waiting as reporting
from hcqic_gov.sandbox import waiting as sandbox
from hcqic_gov.scenarios import waiting as scenarios
from hcqic_gov.web.access import access
from hcqic_gov.web.centre import actor, now, session
from hcqic_gov.web.navigation import all_registers
from hcqic_gov.web.panels import panels, starts

bp = Blueprint("home", __name__)

REGISTERS = (
    projects.tasks_for,
    ethics.tasks_for,
    committee.tasks_for,
    sandbox.tasks_for,
    kpi.tasks_for,
    funding.tasks_for,
    scenarios.tasks_for,
    reporting.tasks_for,
)
"""Each register says what waits for a person there."""


def waiting_for(session: Session, person: Actor, *, now: datetime) -> Sequence[Task]:
    """What waits for this person, most pressing first: for the landing page and the calendar alike."""
    return tasks_for(session, REGISTERS, person, now=now)


@bp.get("/home")
@access("home.read")
def index() -> str:
    tasks = waiting_for(session(), actor(), now=now())
    roles = [ROLE_LABELS[Role(role)] for role in sorted(actor().roles)]
    return render_template(
        "home/index.html", tasks=tasks, roles=roles, today=london_day(now()), panels=panels(), starts=starts()
    )


@bp.get("/registers")
@access("home.read")
def registers() -> str:
    """Every register that this person may open, those of their daily work first."""
    return render_template("home/registers.html", registers=all_registers())


@bp.get("/account")
@access("home.read")
def account() -> str:
    """Roles, training, and the way to a new password or a second factor."""
    roles = [ROLE_LABELS[Role(role)] for role in sorted(actor().roles)]
    return render_template(
        "home/account.html", roles=roles, training=training_of(session(), actor().id), names=TRAINING_LABELS
    )
