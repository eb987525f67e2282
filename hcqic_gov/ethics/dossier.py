"""The whole of one case as frozen values: what its dossier says to one reader, and the files that go with it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from sqlmodel import Session, col, select

from hcqic_gov.audit.queries import Entry, entries_about
from hcqic_gov.committee import queries as committees
from hcqic_gov.committee.models import Committee, Meeting
from hcqic_gov.core.actor import Actor
from hcqic_gov.core.calendar import london_day
from hcqic_gov.core.workflow import SYSTEM
from hcqic_gov.documents.models import Document
from hcqic_gov.documents.queries import path_of
from hcqic_gov.ethics.application import content_of
from hcqic_gov.ethics.approvals import APPROVAL_LABELS, STATUS_LABELS
from hcqic_gov.ethics.clocks import CLOCK_LABELS, Clock
from hcqic_gov.ethics.enclosures import papers_of
from hcqic_gov.ethics.gate import case as case_of
from hcqic_gov.ethics.gate import pack_of
from hcqic_gov.ethics.hearing import Hearing, hearing, timeline
from hcqic_gov.ethics.letters import COMMITTEE_NOTE
from hcqic_gov.ethics.models import EthicsCase, EthicsMinute, EthicsPaper, EthicsVersion, ExternalApproval
from hcqic_gov.ethics.sitting import OnAgenda, sitting
from hcqic_gov.ethics.states import (
    INTEREST_LABELS,
    INTERNAL_NAMES,
    TRACK_LABELS,
    event_title,
)
from hcqic_gov.ethics.vote_words import VOTE_LABELS
from hcqic_gov.ethics.words import answers
from hcqic_gov.people.queries import names
from hcqic_gov.people.rules import Role
from hcqic_gov.projects.models import Project

EXPORT = "ethics.export"
"""The audit entry of a download; a dossier does not count them, or each copy would differ from the one before."""


@dataclass(frozen=True, slots=True)
class Frozen:
    """A version of the application: questions with answers in words; `number` 0 while it is being written."""

    number: int
    frozen_at: datetime | None
    effective_from: datetime | None
    sha256: str
    answers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of the timeline."""

    at: datetime
    what: str
    who: str
    reason: str


@dataclass(frozen=True, slots=True)
class Timed:
    """A clock as far as it does not depend on the day of reading; `stops` are days with the reason."""

    what: str
    started: date
    due: date | None
    ended: date | None
    days: int | None
    working: bool
    stops: tuple[tuple[date, date | None, str], ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of the committee with its answer ("" where none was given)."""

    number: int
    text: str
    asked_at: datetime
    answer: str
    answered_by: str
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Heard:
    """What one meeting made of the case: `settled` are moments, titles, votes in numbers, and reasons."""

    meeting: str
    committee: str
    at: datetime
    quorum: str
    discussion: str
    settled: tuple[tuple[datetime, str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Met:
    """A condition and how it was met."""

    text: str
    pre_start: bool
    evidence: str
    satisfied_by: str
    satisfied_at: datetime | None
    confirmed_by: str
    confirmed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """An entry about an approval by others."""

    name: str
    status: str
    reference: str
    valid_from: date | None
    valid_to: date | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Traced:
    """An entry of the audit chain about this case, without its details."""

    number: int
    at: datetime
    who: str
    action: str
    policy: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Ruled:
    """The decision in force or last given; `votes` are names with choices, for the few who may see them."""

    decision: str
    reasons: str
    decided_at: datetime
    decided_by: str
    quorum: str
    valid_from: date | None
    valid_to: date | None
    votes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything about one case that this reader may see, as at the last entry of its history.

    The audit head is that entry: its hash holds the whole chain before it.
    """

    reference: str
    title: str
    state: str
    project: str
    applicant: str
    track: str
    committee: str
    pack: str
    fingerprint: str
    versions: tuple[Frozen, ...]
    timeline: tuple[Happened, ...]
    clocks: tuple[Timed, ...]
    interests: tuple[tuple[str, str], ...]
    questions: tuple[Asked, ...]
    hearings: tuple[Heard, ...]
    decision: Ruled | None
    conditions: tuple[Met, ...]
    approvals: tuple[Elsewhere, ...]
    audit: tuple[Traced, ...]
    audit_number: int
    audit_head: str
    at: datetime
    note: str = COMMITTEE_NOTE


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A stored file that goes with the dossier; its bytes stay on disk until they are copied."""

    filename: str
    media_type: str
    size: int
    sha256: str
    path: Path


def dossier(session: Session, reference: str, *, reader: Actor, now: datetime) -> Dossier:
    """The case for a reader who may read its papers, which the caller has made sure of. Errors: NotFound."""
    case = case_of(session, reference)
    heard = hearing(session, case, london_day(now))
    project = session.get_one(Project, case.project_id)
    entries = [entry for entry in entries_about(session, "ethics_case", case.key) if entry.action != EXPORT]
    approvals = approvals_of(session, case)
    events = timeline(session, case)[::-1]
    people = names(session, concerned(case, heard, entries))
    inside = is_inside(reader, heard)
    committee = session.get(Committee, case.committee_id) if case.committee_id else None
    pack = pack_of(case)
    return Dossier(
        case.reference,
        case.title,
        INTERNAL_NAMES[case.state],
        f"{project.reference}: {project.title}",
        people[case.applicant_id],
        TRACK_LABELS[case.track] if case.track else "not chosen yet",
        committee.name if committee else "none yet",
        pack.title if pack else "chosen when it is submitted",
        case.pack_fingerprint or "",
        tuple(versions(session, case)),
        tuple(
            Happened(event.at, event_title(event.move, event.to_state), who(people, event.actor_id), event.reason)
            for event in events
        ),
        tuple(timed(clock) for clock in heard.clocks),
        tuple(
            (people[number], INTEREST_LABELS[row.interest])
            for number, row in heard.interests.items()
            if inside or case.decided_at
        ),
        tuple(asked(heard, people)),
        tuple(one if inside else replace(one, discussion="") for one in heard_at(session, case, now)),
        ruled(case, heard, people, reader),
        tuple(met(heard, people)),
        approvals,
        tuple(Traced(e.number, e.at, who(people, e.actor_id), e.action, e.policy, e.hash) for e in entries),
        entries[-1].number,
        entries[-1].hash,
        max([entries[-1].at, *(line.recorded_at for line in approvals)]),
    )


def concerned(case: EthicsCase, heard: Hearing, entries: Sequence[Entry]) -> set[int]:
    """Numbers of all who are named."""
    met_by = {number or 0 for row in heard.conditions for number in (row.satisfied_by, row.confirmed_by)}
    answered = {row.answered_by or 0 for row in heard.questions}
    actors = {entry.actor_id for entry in entries}
    return {case.applicant_id, case.decided_by or 0, *heard.interests, *heard.votes, *met_by, *answered, *actors}


def who(people: Mapping[int, str], number: int | None) -> str:
    return people.get(number, "The system") if number is not None else ""


def versions(session: Session, case: EthicsCase) -> Iterator[Frozen]:
    """Each as it was frozen, the first first; the draft where none is."""
    statement = select(EthicsVersion).where(EthicsVersion.case_id == case.id).order_by(col(EthicsVersion.number))
    rows = session.exec(statement).all()
    for row in rows:
        yield Frozen(row.number, row.created_at, row.effective_from, row.content_hash, answers(row.content))
    if not rows:
        yield Frozen(0, None, None, "", answers(content_of(case, papers_of(session, case.key))))


def timed(clock: Clock) -> Timed:
    stops = tuple((stop.start, stop.end, stop.reason) for stop in clock.stopped)
    return Timed(CLOCK_LABELS[clock.kind], clock.started, clock.due, clock.ended, clock.days, clock.working, stops)


def asked(heard: Hearing, people: Mapping[int, str]) -> Iterator[Asked]:
    for row in heard.questions:
        by = who(people, row.answered_by)
        yield Asked(row.number, row.text, row.asked_at, row.answer, by, row.answered_at)


def heard_at(session: Session, case: EthicsCase, now: datetime) -> Iterator[Heard]:
    """The meetings that began and had the case before them, the first first."""
    minuted = select(EthicsMinute.meeting_id).where(EthicsMinute.case_id == case.id)
    known = [number for number in (case.meeting_id, case.decided_meeting_id) if number]
    mine = col(Meeting.id).in_(minuted) | col(Meeting.id).in_(known)
    statement = (
        select(Meeting, Committee)
        .join(Committee, col(Committee.id) == col(Meeting.committee_id))
        .where(mine, col(Meeting.opened_at).is_not(None))
        .order_by(col(Meeting.opened_at), col(Meeting.id))
    )
    for meeting, committee in session.exec(statement).all():
        called = committees.called(session, meeting, london_day(meeting.opened_at or now))
        for one in sitting(session, meeting, committee, called, only=case).cases:
            yield heard_there(one, committee.name)


def heard_there(one: OnAgenda, committee: str) -> Heard:
    settled = tuple((outcome.at, outcome.title, outcome.votes_in_words, outcome.reason) for outcome in one.outcomes)
    return Heard(one.meeting.reference, committee, one.meeting.starts_at, one.quorum.reason, one.discussion, settled)


def ruled(case: EthicsCase, heard: Hearing, people: Mapping[int, str], reader: Actor) -> Ruled | None:
    """None while nothing is decided."""
    if case.opinion is None or case.decided_at is None:
        return None
    votes = heard.votes if sees_votes_by_name(reader, heard) else {}
    return Ruled(
        INTERNAL_NAMES[case.opinion],
        case.reasons,
        case.decided_at,
        who(people, case.decided_by),
        case.quorum or "Determined by the ethics officer without the committee",
        case.valid_from,
        case.valid_to,
        tuple((people[number], VOTE_LABELS[vote.choice]) for number, vote in votes.items()),
    )


def sees_votes_by_name(reader: Actor, heard: Hearing) -> bool:
    """After the decision: the officer, the chair and the auditor, and never the project's team."""
    return reader.has(Role.ETHICS_OFFICER, Role.CHAIR, Role.AUDITOR, SYSTEM) and reader.id not in heard.team


def is_inside(reader: Actor, heard: Hearing) -> bool:
    """Whether this person reads from the committee's side: what it discussed is not for applicants and sponsors."""
    roles = (Role.ETHICS_OFFICER, Role.CHAIR, Role.COMMITTEE_EXPERT, Role.COMMITTEE_LAY, Role.AUDITOR, SYSTEM)
    return reader.has(*roles) and reader.id not in heard.team


def met(heard: Hearing, people: Mapping[int, str]) -> Iterator[Met]:
    for row in heard.conditions:
        satisfied, confirmed = who(people, row.satisfied_by), who(people, row.confirmed_by)
        yield Met(row.text, row.pre_start, row.evidence, satisfied, row.satisfied_at, confirmed, row.confirmed_at)


def approvals_of(session: Session, case: EthicsCase) -> tuple[Elsewhere, ...]:
    """All entries about approvals by others that the project has, the oldest first."""
    statement = select(ExternalApproval).where(ExternalApproval.project_id == case.project_id)
    return tuple(
        Elsewhere(
            APPROVAL_LABELS[row.kind],
            STATUS_LABELS[row.status],
            row.reference,
            row.valid_from,
            row.valid_to,
            row.created_at,
        )
        for row in session.exec(statement.order_by(col(ExternalApproval.id)))
    )


def enclosures(session: Session, case: EthicsCase) -> tuple[Enclosure, ...]:
    """The stored files of a case, every version, in the order in which they were given."""
    statement = (
        select(Document)
        .join(EthicsPaper, col(EthicsPaper.document_id) == col(Document.id))
        .where(EthicsPaper.case_id == case.id)
        .order_by(col(EthicsPaper.id))
    )
    return enclosed(session.exec(statement).all())


def enclosed(documents: Sequence[Document]) -> tuple[Enclosure, ...]:
    """Stored files as they go into the ZIP, numbered so that no two have one name."""
    return tuple(
        Enclosure(f"{number:02d}-{row.filename}", row.media_type, row.size, row.sha256, path_of(row.sha256))
        for number, row in enumerate(documents, start=1)
    )
