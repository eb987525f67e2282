"""What a released run of a template says of a method, as evidence in its project's pathway."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session

from hcqic_gov.core.actor import SYSTEM_ACTOR
from hcqic_gov.projects import service as projects
from hcqic_gov.projects.rules import Rung, Verdict
from hcqic_gov.sandbox import queries
from hcqic_gov.sandbox.models import Run

MET = {"not_needed": (True, True), "does_not_suffice": (True, False), "look_closer": (False, True)}
"""By the figures' verdict: whether a classical method came close enough, and whether the quantum one did."""


def keep_evidence(session: Session, run: Run, *, now: datetime) -> None:
    """The first classical method on the rung HPC, the simulated quantum one on its own; nothing for a bare circuit."""
    result = queries.result_of(session, run)
    if result is None or not result.figures:
        return
    figures = result.figures
    classical, quantum = MET.get(figures["verdict"], (False, False))
    enter(session, run, Rung.HPC, figures["baselines"][0], suffices=classical, now=now)
    enter(session, run, Rung.QUANTUM, figures["quantum"], suffices=quantum, now=now)


def enter(session: Session, run: Run, rung: Rung, found: Mapping[str, Any], *, suffices: bool, now: datetime) -> None:
    result = queries.result_of(session, run)
    figures = result.figures if result else {}
    simulated = ", simulated" if rung is Rung.QUANTUM else ""
    projects.enter_trial(
        session,
        run.project_id,
        rung,
        method=f"{found['method']}{simulated}"[:200],
        instance=f"{run.reference}: {figures['instance']}"[:200],
        metric=f"{figures['measure']}{' in ' if figures['unit'] else ''}{figures['unit']}"[:120],
        result=f"{found['value']:.7g} in {found['seconds']:.2g} seconds",
        verdict=Verdict.SUFFICES if suffices else Verdict.DOES_NOT_SUFFICE,
        reason=figures["sentence"],
        actor=SYSTEM_ACTOR,
        now=now,
    )
