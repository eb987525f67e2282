"""The gate for work, worked out from the register: may this run now, under which case; what is due under its pack."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select
from sqlmodel.sql.sqltypes import UTCDateTime

from hcqic_gov.core.calendar import Period, london_day
from hcqic_gov.core.ruling import Ruling
from hcqic_gov.db import found
from hcqic_gov.ethics.approvals import ApprovalKind, Held, all_hold, requirements
from hcqic_gov.ethics.clocks import Clock, Event, clocks, next_due
from hcqic_gov.ethics.models import EthicsCase, EthicsCondition, EthicsEvent, EthicsVersion, ExternalApproval
from hcqic_gov.ethics.packs import EthicsPack
from hcqic_gov.ethics.standing import Approved, Scope, Standing, current, execution
from hcqic_gov.ethics.states import CaseKind, Method, Purpose, State, Track
from hcqic_gov.projects.models import Project
from hcqic_gov.projects.queries import teams
from hcqic_gov.projects.rules import DataClass

OnRecord = Mapping[ApprovalKind, Sequence[ExternalApproval]]
"""What is recorded of external approvals, by kind, newest first."""


def last_moment(period: Period) -> datetime:
    """The moment at which a period is judged."""
    return period.closes - timedelta(microseconds=1)


def execution_ruling(session: Session, project_id: int, scope: Scope, *, at: datetime) -> Ruling:
    """May this work run at this moment? In two queries, whatever the number of cases.

    Allowed while an opinion is in force that covers the scope, every other required approval is in date, and nothing
    is halted or suspended. A refusal names the case and says what to do.
    """
    ruling = execution(standings(session, project_id, at=at), scope, london_day(at))
    return approvals_ruling(session, project_id, at=at) if ruling.allowed else ruling


def case_in_force(session: Session, project_id: int, at: datetime) -> Standing | None:
    """The case under which the project worked at this moment: reference, version, validity; None where none was."""
    return current(standings(session, project_id, at=at), london_day(at))


def standings(session: Session, project_id: int, *, at: datetime) -> Sequence[Standing]:
    """All cases of a project as they stood at this moment, the one decided last first."""
    return standings_of(session, (project_id,), at=at).get(project_id, ())


def standings_of(session: Session, project_ids: Sequence[int], *, at: datetime) -> Mapping[int, Sequence[Standing]]:
    """The same for several projects, in one query.

    A modification is no case of its own here: once it takes effect, it is a version of the case that it changes.
    """
    by_project: dict[int, list[Standing]] = {}
    for case, state, unconfirmed, version in session.execute(as_they_stood(), {"at": at, "projects": project_ids}):
        by_project.setdefault(case.project_id, []).append(standing_of(case, state, unconfirmed, version))
    return by_project


@cache
def as_they_stood() -> Any:
    """SQL: every gate asks this, so it is put together once; the one decided last first."""
    at = sa.bindparam("at", type_=UTCDateTime())
    return (
        sa.select(EthicsCase, EthicsEvent.to_state, unconfirmed_at(at), EthicsVersion)  # type: ignore[call-overload]
        .join(EthicsEvent, col(EthicsEvent.id) == last_event(at))
        .outerjoin(
            EthicsVersion,
            sa.and_(
                col(EthicsVersion.case_id) == col(EthicsCase.id), col(EthicsVersion.number) == version_in_effect(at)
            ),
        )
        .where(
            col(EthicsCase.project_id).in_(sa.bindparam("projects", expanding=True)),
            EthicsCase.kind == CaseKind.APPLICATION,
        )
        .order_by(col(EthicsCase.decided_at).desc().nulls_last(), col(EthicsCase.id).desc())
    )


def last_event(at: Any) -> Any:
    return (
        sa.select(sa.func.max(EthicsEvent.id))
        .where(col(EthicsEvent.case_id) == col(EthicsCase.id), col(EthicsEvent.at) <= at)
        .correlate(EthicsCase)
        .scalar_subquery()
    )


def unconfirmed_at(at: Any) -> Any:
    """How many pre-start conditions were not confirmed at this moment."""
    condition = EthicsCondition
    return (
        sa.select(sa.func.count())
        .select_from(condition)
        .where(
            col(condition.case_id) == col(EthicsCase.id),
            col(condition.pre_start).is_(True),
            sa.or_(col(condition.confirmed_at).is_(None), col(condition.confirmed_at) > at),
        )
        .correlate(EthicsCase)
        .scalar_subquery()
    )


def version_in_effect(at: Any) -> Any:
    newest = EthicsVersion.__table__.alias("newest")  # type: ignore[attr-defined]
    return (
        sa.select(sa.func.max(newest.c.number))
        .where(newest.c.case_id == EthicsCase.id, newest.c.effective_from <= at)
        .correlate(EthicsCase)
        .scalar_subquery()
    )


def standing_of(case: EthicsCase, state: State, unconfirmed: int, version: EthicsVersion | None) -> Standing:
    approved = approved_content(case.reference, version.content) if version else None
    number = version.number if version else 0
    return Standing(case.reference, state, case.valid_from, case.valid_to, unconfirmed, approved, number)


def approved_content(reference: str, content: Mapping[str, Any]) -> Approved:
    return Approved(
        reference,
        DataClass(content["data_class"]),
        frozenset(Purpose(purpose) for purpose in content["purposes"]),
        frozenset(Method(method) for method in content["methods"]),
    )


def approvals_ruling(session: Session, project_id: int, *, at: datetime) -> Ruling:
    """Is every external approval that the project needs in date? In one query."""
    return of_project(*approvals_held(session, (project_id,), at=at)[project_id], london_day(at))


def of_project(project: Project, held: OnRecord, day: date) -> Ruling:
    """The same for a project and what is on record for it."""
    asked = requirements().asked_of(project.data_class, project.use_case, project.setting)
    return all_hold(asked, as_held(held), project.data_class, day)


def approvals_held(
    session: Session, project_ids: Sequence[int], *, at: datetime
) -> Mapping[int, tuple[Project, OnRecord]]:
    """Projects with what was on record of external approvals at this moment, newest first, in one query."""
    recorded = sa.and_(col(ExternalApproval.project_id) == col(Project.id), col(ExternalApproval.created_at) <= at)
    statement = (
        sa.select(Project, ExternalApproval)
        .outerjoin(ExternalApproval, recorded)
        .where(col(Project.id).in_(project_ids))
        .order_by(col(ExternalApproval.id).desc())
    )
    by_project: dict[int, tuple[Project, dict[ApprovalKind, list[ExternalApproval]]]] = {}
    for project, approval in session.execute(statement):
        held = by_project.setdefault(project.key, (project, {}))[1]
        if approval is not None:
            held.setdefault(approval.kind, []).append(approval)
    return by_project


def as_held(held: OnRecord) -> Mapping[ApprovalKind, Sequence[Held]]:
    return {
        kind: [Held(row.kind, row.status, row.valid_from, row.valid_to, row.data_class) for row in rows]
        for kind, rows in held.items()
    }


def pack_of(case: EthicsCase) -> EthicsPack | None:
    """The pack that the case keeps since its submission."""
    return EthicsPack.model_validate(case.pack_terms) if case.pack_terms else None


def events_of(session: Session, cases: Iterable[EthicsCase]) -> Mapping[int, Sequence[Event]]:
    """The moves of these cases by case, the oldest first, in one query."""
    by_number = {case.key: case for case in cases}
    event = EthicsEvent
    statement = (
        sa.select(event.case_id, event.move, event.to_state, event.at)  # type: ignore[call-overload]
        .where(col(event.case_id).in_(by_number))
        .order_by(col(event.id))
    )
    by_case: dict[int, list[Event]] = {number: [] for number in by_number}
    for number, move, state, at in session.execute(statement):
        by_case[number].append(Event(move, state, at, happened_on(by_number[number], state)))
    return by_case


def happened_on(case: EthicsCase, state: State) -> date | None:
    """The day on which something happened that was entered later; a later halt replaces the day of an earlier one."""
    return {State.HALTED: case.halted_on, State.CLOSED: case.ended_on}.get(state)


def clocks_of(case: EthicsCase, events: Sequence[Event]) -> Sequence[Clock]:
    """The clocks of a case under the pack that it keeps; none before it has one."""
    pack = pack_of(case)
    modification = case.kind is CaseKind.MODIFICATION
    return clocks(pack, events, case.track or Track.FULL, modification=modification) if pack else ()


def due_of(case: EthicsCase, events: Sequence[Event]) -> date | None:
    """The day by which the next step is due; None where no clock with a limit runs."""
    return next_due(clocks_of(case, events))


def case(session: Session, reference: str) -> EthicsCase:
    """Errors: NotFound."""
    row = session.exec(select(EthicsCase).where(EthicsCase.reference == reference)).first()
    return found(row, f"ethics case {reference}")


def teams_of(session: Session, case: EthicsCase) -> tuple[frozenset[int], frozenset[int]]:
    """The team of now with the applicant, for rights; and everybody since the case was begun, for conflicts."""
    now, ever = teams(session, case.project_id, case.created_at)
    return now | {case.applicant_id}, ever | {case.applicant_id}


def team_of(session: Session, case: EthicsCase) -> frozenset[int]:
    """For conflicts: everybody on the project at any time since the case was begun, and the applicant."""
    return teams_of(session, case)[1]
