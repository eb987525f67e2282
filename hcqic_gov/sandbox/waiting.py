"""What waits for whom in the sandbox."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from hcqic_gov.core.actor import Actor
from hcqic_gov.notices.rules import Task
from hcqic_gov.notices.waiting import Line, Register, first, line
from hcqic_gov.people.rules import Role
from hcqic_gov.projects.models import Project, TeamMember
from hcqic_gov.projects.queries import still_there, there_since
from hcqic_gov.sandbox.models import AllocationRequest, Run, RunReview
from hcqic_gov.sandbox.queries import PAGE_SIZE
from hcqic_gov.sandbox.rules import CHECKERS, Answer, State

ACCESS = "access"
PAGES: Mapping[str, str] = {
    State.REQUESTED: "sandbox_keeping.evidence",
    State.IN_REVIEW: "sandbox_results.check",
    ACCESS: "sandbox_access.show",
}
"""Where somebody decides on a run in this state; all else is done on the run's own page."""


def ask(actor: Actor, *, now: datetime) -> Iterator[Any]:
    """Requests for the gatekeepers, results for the checkers, questions and finished runs for who asked for them."""
    if actor.has(Role.GATEKEEPER):
        yield of_others("Decide on the run “{}”", actor, State.REQUESTED, since=Run.requested_at)
        yield asked_for_access(actor)
    if actor.has(*CHECKERS):
        mine = sa.exists().where(col(RunReview.run_id) == col(Run.id), col(RunReview.checker_id) == actor.id)
        yield of_others("Check the result of “{}”", actor, State.IN_REVIEW, since=Run.ended_at).where(~mine)
    question = line("Answer the gatekeeper’s question on “{}”", Run.reference, Run.title, since=Run.requested_at)
    yield question.where(Run.state == State.ASKED, Run.requester_id == actor.id)
    finished = line("Send the result of “{}” to the checkers", Run.reference, Run.title, since=Run.ended_at)
    yield finished.where(Run.state == State.FINISHED, Run.requester_id == actor.id)


def asked_for_access(actor: Actor) -> Any:
    """Applications for access on which this gatekeeper may decide: not those of a project of their own."""
    words = "Decide on the access that “{}” asks for"
    asked = line(words, Project.reference, Project.title, state=ACCESS, since=AllocationRequest.asked_at)
    member = sa.exists().where(
        col(TeamMember.project_id) == col(Project.id), col(TeamMember.person_id) == actor.id, still_there()
    )
    return asked.join_from(AllocationRequest, Project, col(Project.id) == col(AllocationRequest.project_id)).where(
        AllocationRequest.answer == Answer.OPEN, col(Project.lead_id) != actor.id, ~member
    )


def of_others(words: str, actor: Actor, state: State, *, since: Any) -> Any:
    """Runs in this state on which this person may decide."""
    runs = line(words, Run.reference, Run.title, state=Run.state, since=since)
    return runs.join_from(Run, Project, col(Project.id) == col(Run.project_id)).where(Run.state == state, ~own(actor))


def own(actor: Actor) -> Any:
    """SQL: the person asked for the run, or has worked on its project since; joined with the project."""
    member = sa.exists().where(
        col(TeamMember.project_id) == col(Run.project_id),
        col(TeamMember.person_id) == actor.id,
        there_since(col(Run.created_at)),
    )
    return sa.or_(col(Run.requester_id) == actor.id, col(Project.lead_id) == actor.id, member)


def failed_since(moment: datetime) -> Any:
    """Lines of the latest runs that the machinery failed or lost since then: title, state, why and when."""
    runs = line("run", Run.reference, Run.title, state=Run.state, note=Run.reason, since=Run.ended_at)
    ended = (col(Run.state).in_((State.FAILED, State.LOST)), col(Run.ended_at) >= moment)
    return first(runs.where(*ended), col(Run.ended_at).desc(), limit=PAGE_SIZE)


def tell(_session: Session, lines: Sequence[Line], _actor: Actor, *, now: datetime) -> Iterator[Task]:
    for one in lines:
        page = PAGES.get(one.state or "", "sandbox.show")
        kind = "Access" if one.state == ACCESS else "Run"
        yield Task(one.what.format(one.title), kind, page, {"reference": one.reference}, one.since_day)


tasks_for = Register(ask, tell)
