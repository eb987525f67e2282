"""Reads of the ethics register: the list of cases, external approvals, status for reports; and the gate for work."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from hcqic_gov.committee.models import Meeting
from hcqic_gov.core.calendar import Period, london_day
from hcqic_gov.core.ruling import Ruling
from hcqic_gov.ethics.approvals import APPROVAL_LABELS, STATUS_LABELS, ApprovalKind, holds, requirements
from hcqic_gov.ethics.clocks import Event, next_due
from hcqic_gov.ethics.gate import (
    approvals_held,
    approvals_ruling,
    as_held,
    case,
    case_in_force,
    clocks_of,
    due_of,
    events_of,
    execution_ruling,
    last_moment,
    pack_of,
    standings,
    standings_of,
    teams_of,
)
from hcqic_gov.ethics.models import (
    EthicsCase,
    EthicsEvent,
    EthicsInterest,
    EthicsMinute,
    ExternalApproval,
)
from hcqic_gov.ethics.opinions import letter
from hcqic_gov.ethics.states import HOLDERS, PUBLIC_NAMES, CaseKind, Interest, State
from hcqic_gov.people.models import Person
from hcqic_gov.policy.access import Resource
from hcqic_gov.projects.models import Project, TeamMember
from hcqic_gov.projects.queries import still_there
from hcqic_gov.projects.rules import Status

__all__ = [
    "approvals_ruling",
    "case",
    "case_in_force",
    "clocks_of",
    "due_of",
    "events_of",
    "execution_ruling",
    "letter",
    "pack_of",
    "standings",
    "standings_of",
]
"""What others ask `queries` for, some of which stands in `gate`, `hearing` and `waiting`."""

PAGE_SIZE = 25
INCIDENTS = (State.HALTED, State.SUSPENDED, State.TERMINATED)


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """What a person looks for; empty values do not restrict."""

    text: str = ""
    state: State | None = None
    applicant_id: int | None = None
    project_id: int | None = None
    kind: CaseKind | None = None


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One line of the list. `holder` is who must do the next thing ("" for nobody), `due` until when.

    `stopped` says that a clock stands still until information comes; `valid_to` is None for a change of a study,
    whose end is that of the study.
    """

    reference: str
    kind: CaseKind
    title: str
    project_reference: str
    applicant: str
    state: State
    holder: str
    due: date | None
    stopped: bool
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class ApprovalLine:
    """An external approval of a project, as asked for and as last recorded; `ruling` says whether it holds."""

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

    @property
    def summary(self) -> tuple[str, str, str, date | None]:
        """Name, status, reference, end date."""
        record = self.record
        return self.name, self.status, record.reference if record else "", record.valid_to if record else None


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
    """A project's ethics at the end of a period; incidents are the halts, suspensions and terminations during it.

    Approvals are (name, status, reference, valid to).
    """

    cases: tuple[CaseLine, ...]
    approvals: tuple[tuple[str, str, str, date | None], ...]
    expiries: tuple[tuple[date, str], ...]
    incidents: tuple[tuple[date, str], ...]


def approval_lines(session: Session, project_id: int, *, at: datetime) -> Sequence[ApprovalLine]:
    """Every external approval that is asked for or on record, with whether it holds."""
    project, held = approvals_held(session, (project_id,), at=at)[project_id]
    rules = requirements().asked_of(project.data_class, project.use_case, project.setting)
    asked = {rule.approval: rule.why for rule in rules}
    entries = as_held(held)
    return [
        ApprovalLine(
            kind,
            asked.get(kind, "Not asked for by the centre’s rules."),
            held.get(kind, [None])[0],
            holds(kind, entries.get(kind, ()), project.data_class, london_day(at)),
        )
        for kind in ApprovalKind
        if kind in asked or kind in held
    ]


def resource_of(session: Session, case: EthicsCase) -> Resource:
    """The case as the access policies see it; `declared` are the members who may see its papers."""
    interests = session.exec(select(EthicsInterest).where(EthicsInterest.case_id == case.id)).all()
    now, ever = teams_of(session, case)
    return as_resource(case, now, ever, interests)


def as_resource(
    case: EthicsCase, team: frozenset[int], ever: frozenset[int], interests: Iterable[EthicsInterest]
) -> Resource:
    """The same from what was read already: the team of now, and everybody on it since the case was begun."""
    interests = list(interests)
    attributes = {
        "team": team,
        "former": ever - team,
        "applicant": frozenset({case.applicant_id}),
        "recused": frozenset(row.person_id for row in interests if row.interest is Interest.RECUSED),
        "declared": frozenset(row.person_id for row in interests if row.interest is not Interest.RECUSED),
    }
    return Resource("EthicsCase", case.reference, attributes)


def resource(session: Session, reference: str, **_rest: object) -> Resource:
    """The same, by reference. Errors: NotFound."""
    return resource_of(session, case(session, reference))


def discussion(session: Session, reference: str) -> str:
    """What was recorded of the discussion at the meeting that hears the case now; "" while nothing was."""
    row = case(session, reference)
    statement = select(EthicsMinute.discussion).where(
        EthicsMinute.case_id == row.key, EthicsMinute.meeting_id == row.meeting_id
    )
    return session.exec(statement).first() or ""


def minutes_of(session: Session, case_id: int) -> Sequence[tuple[Meeting, str]]:
    """Meetings that heard a case with what they said, the latest first."""
    statement = (
        select(Meeting, EthicsMinute.discussion)
        .join(EthicsMinute, col(EthicsMinute.meeting_id) == col(Meeting.id))
        .where(EthicsMinute.case_id == case_id)
        .order_by(col(Meeting.starts_at).desc())
    )
    return session.exec(statement).all()


def followed_reference(session: Session, case: EthicsCase) -> str:
    """The case in whose place this one stands; "" where there is none."""
    return session.get_one(EthicsCase, case.follows_id).reference if case.follows_id else ""


def cases(session: Session, wanted: CaseFilter, *, page: int = 1) -> tuple[Sequence[CaseRow], int]:
    """One page of the list, newest first, and how many match in all, in three queries."""
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
    found = session.execute(statement).all()
    events = events_of(session, [case for case, _, _ in found])
    return [as_row(case, project, applicant, events[case.key]) for case, project, applicant in found], count


def conditions_of(wanted: CaseFilter) -> list[Any]:
    exact = {
        EthicsCase.state: wanted.state,
        EthicsCase.applicant_id: wanted.applicant_id,
        EthicsCase.project_id: wanted.project_id,
        EthicsCase.kind: wanted.kind,
    }
    conditions: list[Any] = [column == value for column, value in exact.items() if value is not None]
    if text := wanted.text.strip():
        fields = (EthicsCase.reference, EthicsCase.title, EthicsCase.lay_summary)
        conditions.append(sa.or_(*(col(field).icontains(text, autoescape=True) for field in fields)))
    return conditions


def as_row(case: EthicsCase, project_reference: str, applicant: str, events: Sequence[Event]) -> CaseRow:
    clocks = clocks_of(case, events)
    return CaseRow(
        case.reference,
        case.kind,
        case.title,
        project_reference,
        applicant,
        case.state,
        HOLDERS.get(case.state, ""),
        next_due(clocks),
        any(clock.stands_still for clock in clocks),
        case.valid_to if case.kind is CaseKind.APPLICATION else None,
    )


def status_for_report(session: Session, project_id: int, period: Period) -> EthicsStatus:
    """Applications, approvals and expiries as they stand at the end of the period, and the incidents during it."""
    standing = {s.reference: s for s in standings(session, project_id, at=last_moment(period))}
    rows = session.exec(select(EthicsCase).where(EthicsCase.project_id == project_id).order_by(EthicsCase.reference))
    lines = [
        CaseLine(row.reference, row.title, PUBLIC_NAMES[state.state], row.valid_from, row.valid_to)
        for row in rows
        if (state := standing.get(row.reference))
    ]
    approvals = [line.summary for line in approval_lines(session, project_id, at=last_moment(period))]
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


def projects_of(session: Session, person_id: int) -> Sequence[tuple[str, str]]:
    """References and titles of the open projects on whose team this person is, for the application form."""
    on_team = select(TeamMember.project_id).where(TeamMember.person_id == person_id, still_there())
    statement = select(Project.reference, Project.title).where(
        Project.status != Status.CLOSED, sa.or_(col(Project.lead_id) == person_id, col(Project.id).in_(on_team))
    )
    rows = session.exec(statement.order_by(Project.reference))
    return [(reference, f"{reference}: {title}") for reference, title in rows]
