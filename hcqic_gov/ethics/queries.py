"""Reads of the ethics register: the gate for work, the list of cases, what waits for whom, letters, reports."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from hcqic_gov.core.calendar import Period, london_day
from hcqic_gov.core.ruling import Ruling
from hcqic_gov.db import found
from hcqic_gov.ethics.approvals import APPROVAL_LABELS, STATUS_LABELS, ApprovalKind, Held, all_hold, holds, requirements
from hcqic_gov.ethics.models import (
    EthicsCase,
    EthicsCondition,
    EthicsEvent,
    EthicsInterest,
    EthicsVersion,
    ExternalApproval,
)
from hcqic_gov.ethics.packs import EthicsPack, first_decision_due, validation_due
from hcqic_gov.ethics.standing import Approved, Scope, Standing, current, execution
from hcqic_gov.ethics.states import HOLDERS, PUBLIC_NAMES, UNDECIDED, Interest, Method, Purpose, State, Track
from hcqic_gov.people.models import Person
from hcqic_gov.policy.access import Resource
from hcqic_gov.projects.models import Project
from hcqic_gov.projects.queries import team_ids
from hcqic_gov.projects.rules import DataClass

PAGE_SIZE = 25
INCIDENTS = (State.HALTED, State.SUSPENDED, State.TERMINATED)


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """What a person looks for; empty values do not restrict."""

    text: str = ""
    state: State | None = None
    applicant_id: int | None = None
    project_id: int | None = None


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One line of the list. `holder` is who must do the next thing ("" for nobody), `due` until when."""

    reference: str
    title: str
    project_reference: str
    applicant: str
    state: State
    holder: str
    due: date | None
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class ApprovalLine:
    """An external approval of a project, as recorded or as asked for; `ruling` says whether it holds today."""

    kind: ApprovalKind
    why: str
    record: ExternalApproval | None
    ruling: Ruling

    @property
    def name(self) -> str:
        return APPROVAL_LABELS[self.kind]

    @property
    def status(self) -> str:
        return STATUS_LABELS[self.record.status] if self.record else "Missing"


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case of a project, for a report."""

    reference: str
    title: str
    status: str
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class EthicsStatus:
    """What a report says of a project's ethics at the end of a period; incidents are halts, suspensions, terminations."""

    cases: tuple[CaseLine, ...]
    approvals: tuple[tuple[str, str, str, date | None], ...]
    expiries: tuple[tuple[date, str], ...]
    incidents: tuple[tuple[date, str], ...]


def execution_ruling(session: Session, project_id: int, scope: Scope, *, at: datetime) -> Ruling:
    """May this work run at this moment? In two queries, whatever the number of cases.

    Allowed while an opinion is in force that covers the scope, every other required approval is in date, and nothing
    is halted or suspended. A refusal names the case and says what to do.
    """
    day = london_day(at)
    ruling = execution(standings(session, project_id, at=at), scope, day)
    return approvals_ruling(session, project_id, day) if ruling.allowed else ruling


def case_in_force(session: Session, project_id: int, at: datetime) -> Standing | None:
    """The case under which the project worked at this moment: reference, version, validity; None where none was."""
    return current(standings(session, project_id, at=at), london_day(at))


def standings(session: Session, project_id: int, *, at: datetime) -> Sequence[Standing]:
    """All cases of a project as they stood at this moment, the one decided last first."""
    return standings_of(session, (project_id,), at=at).get(project_id, ())


def standings_of(session: Session, project_ids: Sequence[int], *, at: datetime) -> Mapping[int, Sequence[Standing]]:
    """The same for several projects, in one query."""
    statement = (
        sa.select(EthicsCase, EthicsEvent.to_state, unconfirmed_at(at), EthicsVersion)  # type: ignore[call-overload]
        .join(EthicsEvent, col(EthicsEvent.id) == last_event(at))
        .outerjoin(
            EthicsVersion,
            sa.and_(
                col(EthicsVersion.case_id) == col(EthicsCase.id), col(EthicsVersion.number) == version_in_effect(at)
            ),
        )
        .where(col(EthicsCase.project_id).in_(project_ids))
        .order_by(col(EthicsCase.decided_at).desc().nulls_last(), col(EthicsCase.id).desc())
    )
    by_project: dict[int, list[Standing]] = {}
    for case, state, unconfirmed, version in session.execute(statement):
        by_project.setdefault(case.project_id, []).append(standing_of(case, state, unconfirmed, version))
    return by_project


def last_event(at: datetime) -> Any:
    return (
        sa.select(sa.func.max(EthicsEvent.id))
        .where(col(EthicsEvent.case_id) == col(EthicsCase.id), col(EthicsEvent.at) <= at)
        .correlate(EthicsCase)
        .scalar_subquery()
    )


def unconfirmed_at(at: datetime) -> Any:
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


def version_in_effect(at: datetime) -> Any:
    newest = aliased_version()
    return (
        sa.select(sa.func.max(newest.c.number))
        .where(newest.c.case_id == EthicsCase.id, newest.c.effective_from <= at)
        .correlate(EthicsCase)
        .scalar_subquery()
    )


def aliased_version() -> Any:
    return EthicsVersion.__table__.alias("newest")  # type: ignore[attr-defined]


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


def approvals_ruling(session: Session, project_id: int, day: date) -> Ruling:
    """Is every external approval that the project needs in date? In one query."""
    project, held = approvals_held(session, (project_id,))[project_id]
    asked = requirements().asked_of(project.data_class, project.use_case, project.setting)
    return all_hold(asked, {kind: as_held(row) for kind, row in held.items()}, project.data_class, day)


def approvals_held(
    session: Session, project_ids: Sequence[int]
) -> Mapping[int, tuple[Project, Mapping[ApprovalKind, ExternalApproval]]]:
    """Projects with their external approvals by kind, in one query."""
    statement = (
        sa.select(Project, ExternalApproval)
        .outerjoin(ExternalApproval, col(ExternalApproval.project_id) == col(Project.id))
        .where(col(Project.id).in_(project_ids))
    )
    by_project: dict[int, tuple[Project, dict[ApprovalKind, ExternalApproval]]] = {}
    for project, approval in session.execute(statement):
        held = by_project.setdefault(project.key, (project, {}))[1]
        if approval is not None:
            held[approval.kind] = approval
    return by_project


def as_held(row: ExternalApproval) -> Held:
    return Held(row.kind, row.status, row.valid_from, row.valid_to, row.data_class)


def approval_lines(session: Session, project_id: int, day: date) -> Sequence[ApprovalLine]:
    """Every external approval that is asked for or on record, with whether it holds."""
    project, held = approvals_held(session, (project_id,))[project_id]
    asked = {
        rule.approval: rule.why
        for rule in requirements().asked_of(project.data_class, project.use_case, project.setting)
    }
    return [
        ApprovalLine(
            kind,
            asked.get(kind, "Not asked for by the centre’s rules."),
            held.get(kind),
            holds(kind, as_held(held[kind]) if kind in held else None, project.data_class, day),
        )
        for kind in ApprovalKind
        if kind in asked or kind in held
    ]


def case(session: Session, reference: str) -> EthicsCase:
    """Errors: NotFound."""
    row = session.exec(select(EthicsCase).where(EthicsCase.reference == reference)).first()
    return found(row, f"ethics case {reference}")


def resource_of(session: Session, case: EthicsCase) -> Resource:
    """The case as the access policies see it; `declared` are the members who may see its papers."""
    interests = session.exec(select(EthicsInterest).where(EthicsInterest.case_id == case.id)).all()
    attributes = {
        "team": team_of(session, case),
        "applicant": frozenset({case.applicant_id}),
        "recused": frozenset(row.person_id for row in interests if row.interest is Interest.RECUSED),
        "declared": frozenset(row.person_id for row in interests if row.interest is not Interest.RECUSED),
    }
    return Resource("EthicsCase", case.reference, attributes)


def resource(session: Session, reference: str, **_rest: object) -> Resource:
    """The same, by reference. Errors: NotFound."""
    return resource_of(session, case(session, reference))


def team_of(session: Session, case: EthicsCase) -> frozenset[int]:
    """Everybody on the project, and the applicant."""
    return team_ids(session, session.get_one(Project, case.project_id)) | {case.applicant_id}


def pack_of(case: EthicsCase) -> EthicsPack | None:
    """The pack that the case keeps since its submission."""
    return EthicsPack.model_validate(case.pack_terms) if case.pack_terms else None


def due_of(case: EthicsCase) -> date | None:
    """The day by which the next step is due under the pack of the case; None where it sets none."""
    pack = pack_of(case)
    if pack is None or case.submitted_at is None or case.state not in UNDECIDED:
        return None
    if case.valid_at is None:
        return validation_due(pack, case.submitted_at)
    return first_decision_due(pack, case.track or Track.FULL, case.valid_at)


def cases(session: Session, wanted: CaseFilter, *, page: int = 1) -> tuple[Sequence[CaseRow], int]:
    """One page of the list, newest first, and how many match in all, in two queries."""
    conditions = conditions_of(wanted)
    count = session.exec(select(sa.func.count()).select_from(EthicsCase).where(*conditions)).one()
    statement = (
        sa.select(EthicsCase, Project.reference, Person.name)  # type: ignore[call-overload]
        .join(Project, col(Project.id) == col(EthicsCase.project_id))
        .join(Person, col(Person.id) == col(EthicsCase.applicant_id))
        .where(*conditions)
        .order_by(col(EthicsCase.id).desc())
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    )
    return [as_row(*row) for row in session.execute(statement)], count


def conditions_of(wanted: CaseFilter) -> list[Any]:
    exact = {
        EthicsCase.state: wanted.state,
        EthicsCase.applicant_id: wanted.applicant_id,
        EthicsCase.project_id: wanted.project_id,
    }
    conditions: list[Any] = [column == value for column, value in exact.items() if value is not None]
    if text := wanted.text.strip():
        fields = (EthicsCase.reference, EthicsCase.title, EthicsCase.lay_summary)
        conditions.append(sa.or_(*(col(field).icontains(text, autoescape=True) for field in fields)))
    return conditions


def as_row(case: EthicsCase, project_reference: str, applicant: str) -> CaseRow:
    return CaseRow(
        case.reference,
        case.title,
        project_reference,
        applicant,
        case.state,
        HOLDERS.get(case.state, ""),
        due_of(case),
        case.valid_to,
    )


def status_for_report(session: Session, project_id: int, period: Period) -> EthicsStatus:
    """Cases, approvals and expiries as they stand at the end of the period, and the incidents during it."""
    standing = {s.reference: s for s in standings(session, project_id, at=period.closes)}
    rows = session.exec(select(EthicsCase).where(EthicsCase.project_id == project_id).order_by(EthicsCase.reference))
    lines = [
        CaseLine(row.reference, row.title, PUBLIC_NAMES[state.state], row.valid_from, row.valid_to)
        for row in rows
        if (state := standing.get(row.reference))
    ]
    approvals = [
        (line.name, line.status, line.record.reference if line.record else "", line.record and line.record.valid_to)
        for line in approval_lines(session, project_id, period.end)
    ]
    ends = [(line.valid_to, line.reference) for line in lines] + [(end, name) for name, _, _, end in approvals]
    return EthicsStatus(
        tuple(lines),
        tuple(approvals),
        tuple(sorted((end, what) for end, what in ends if end is not None and end in period)),
        incidents(session, project_id, period),
    )


def incidents(session: Session, project_id: int, period: Period) -> tuple[tuple[date, str], ...]:
    statement = (
        select(EthicsEvent, EthicsCase.reference)
        .join(EthicsCase, col(EthicsCase.id) == col(EthicsEvent.case_id))
        .where(
            EthicsCase.project_id == project_id,
            col(EthicsEvent.to_state).in_(INCIDENTS),
            col(EthicsEvent.from_state) != col(EthicsEvent.to_state),
            col(EthicsEvent.at) >= period.opens,
            col(EthicsEvent.at) < period.closes,
        )
        .order_by(col(EthicsEvent.at))
    )
    return tuple(
        (london_day(event.at), f"{reference}: {PUBLIC_NAMES[event.to_state].lower()}. {event.reason}")
        for event, reference in session.exec(statement)
    )
