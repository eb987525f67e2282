"""Reminders by the real age of a case: what ends soon, what is due, what is late; each is said once."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from hcqic_gov.core.actor import SYSTEM_ACTOR
from hcqic_gov.core.calendar import london_day
from hcqic_gov.ethics.approvals import APPROVAL_LABELS, ApprovalStatus
from hcqic_gov.ethics.gate import approvals_held, due_of, events_of
from hcqic_gov.ethics.models import EthicsCase, ExternalApproval
from hcqic_gov.ethics.states import HOLDERS, IN_FORCE, UNDECIDED, State
from hcqic_gov.ethics.telling import Audience, people_of
from hcqic_gov.notices.queries import known
from hcqic_gov.notices.rules import About
from hcqic_gov.notices.service import notify
from hcqic_gov.projects.models import Project
from hcqic_gov.projects.rules import Status

AHEAD = (7, 30, 90)
"""Days before an end at which it is said; the nearest one that is reached."""

DUE_AHEAD = 7
"""Days before something is due at which whoever holds it is reminded."""

HELD_BY = {
    HOLDERS[State.DRAFT]: (Audience.APPLICANT,),
    HOLDERS[State.WITH_SPONSOR]: (Audience.SPONSOR,),
    HOLDERS[State.SUBMITTED]: (Audience.OFFICERS,),
    HOLDERS[State.IN_REVIEW]: (Audience.MEMBERS,),
    HOLDERS[State.SUSPENDED]: (Audience.CHAIR,),
}
"""By holder as the pages name them."""


@dataclass(frozen=True, slots=True)
class Reminder:
    """What is said to whom, under a key that makes it said once."""

    key: str
    subject: str
    words: str
    about: About
    case: EthicsCase | None = None
    to: tuple[Audience, ...] = ()
    person_ids: frozenset[int] = frozenset()


def remind(session: Session, *, now: datetime) -> int:
    """Say what is to be said today and has not been said; how many people were told. For the periodic job."""
    day = london_day(now)
    found = {one.key: one for one in (*endings(session, day), *dues(session, day), *approvals(session, now))}
    fresh = found.keys() - known(session, found)
    return sum(say(session, found[key], now=now) for key in sorted(fresh))


def say(session: Session, reminder: Reminder, *, now: datetime) -> int:
    people = reminder.person_ids
    if reminder.case is not None:
        people = people_of(session, reminder.case, reminder.to, day=london_day(now))
    return notify(
        session,
        people,
        subject=reminder.subject,
        body=reminder.words,
        about=reminder.about,
        key=reminder.key,
        actor=SYSTEM_ACTOR,
        now=now,
    )


def reached(end: date, day: date) -> int | None:
    """The nearest of `AHEAD` that has been reached; None while the end is far, and once it has passed."""
    left = (end - day).days
    return next((days for days in AHEAD if 0 <= left <= days), None)


def words_for(day: date) -> str:
    return f"{day:%-d %B %Y}"


def endings(session: Session, day: date) -> Iterator[Reminder]:
    """Opinions that end soon, for the applicant and the officers."""
    soon = select(EthicsCase).where(
        col(EthicsCase.state).in_(IN_FORCE),
        col(EthicsCase.valid_to) >= day,
        col(EthicsCase.valid_to) <= day + timedelta(days=AHEAD[-1]),
    )
    for case in session.exec(soon):
        if case.valid_to is None or (days := reached(case.valid_to, day)) is None:
            continue
        yield Reminder(
            f"ends-{days}/{case.reference}/{case.valid_to}",
            f"{case.reference}: the opinion ends on {words_for(case.valid_to)}",
            "No work under this opinion may go on after that day. Apply in time if the work goes on.",
            About("ethics_case", case.reference),
            case,
            (Audience.APPLICANT, Audience.OFFICERS),
        )


def dues(session: Session, day: date) -> Iterator[Reminder]:
    """Steps that are due within a week, and those whose day has passed, for whoever holds the case."""
    unreported = sa.and_(col(EthicsCase.state) == State.CLOSED, col(EthicsCase.reported_at).is_(None))
    open_cases = select(EthicsCase).where(
        sa.or_(col(EthicsCase.state).in_(UNDECIDED), unreported), col(EthicsCase.submitted_at).is_not(None)
    )
    cases = session.exec(open_cases).all()
    events = events_of(session, cases)
    for case in cases:
        due = due_of(case, events[case.key])
        if due is not None and due <= day + timedelta(days=DUE_AHEAD):
            yield due_reminder(case, due, late=due < day)


def due_reminder(case: EthicsCase, due: date, *, late: bool) -> Reminder:
    kind, said = ("late", "was") if late else ("due", "is")
    words = "The next step has not been taken. Take it now." if late else "The next step waits for you until then."
    return Reminder(
        f"{kind}/{case.reference}/{due}",
        f"{case.reference}: the next step {said} due on {words_for(due)}",
        words,
        About("ethics_case", case.reference),
        case,
        (Audience.APPLICANT,) if case.state is State.CLOSED else HELD_BY.get(HOLDERS.get(case.state, ""), ()),
    )


def approvals(session: Session, now: datetime) -> Iterator[Reminder]:
    """Approvals by others that end soon and have not been renewed, for the leads of projects that are not closed."""
    day = london_day(now)
    soon = (
        select(ExternalApproval.project_id)
        .join(Project, col(Project.id) == col(ExternalApproval.project_id))
        .where(
            col(Project.status) != Status.CLOSED,
            col(ExternalApproval.valid_to) >= day,
            col(ExternalApproval.valid_to) <= day + timedelta(days=AHEAD[-1]),
        )
    )
    numbers = sorted(set(session.exec(soon)))
    for project, held in approvals_held(session, numbers, at=now).values():
        for kind, rows in held.items():
            yield from approval_reminder(project, APPROVAL_LABELS[kind], ends(rows), day)


def ends(held: Sequence[ExternalApproval]) -> date | None:
    """When the last of these (newest first) ends; None where that is open, or where none is in force."""
    if held[0].status in (ApprovalStatus.REFUSED, ApprovalStatus.NOT_REQUIRED):
        return None
    granted = [row.valid_to or date.max for row in held if row.status is ApprovalStatus.GRANTED]
    return max(granted, default=None)


def approval_reminder(project: Project, name: str, end: date | None, day: date) -> Iterable[Reminder]:
    if end is None or (days := reached(end, day)) is None:
        return
    yield Reminder(
        f"approval-{days}/{project.reference}/{name}/{end}"[:200],
        f"{project.reference}: {name} ends on {words_for(end)}",
        "Renew it in time, and ask the ethics officer to record it: without it, no work may go on.",
        About("external_approval", project.reference),
        person_ids=frozenset({project.lead_id}),
    )
