"""Tables of the ethics register."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from hcqic_gov import db
from hcqic_gov.db import Record
from hcqic_gov.ethics.approvals import ApprovalKind, ApprovalStatus
from hcqic_gov.ethics.papers import PaperKind
from hcqic_gov.ethics.states import CaseKind, ChangeClass, ConsentBasis, Follows, Interest, State, Track, WorkKind
from hcqic_gov.ethics.triage import Outcome
from hcqic_gov.projects.rules import DataClass


def both_or_none(*names: str) -> str:
    """SQL: these columns are set together."""
    return " AND ".join(f"(({names[0]} IS NULL) = ({name} IS NULL))" for name in names[1:])


class EthicsCase(Record, table=True):
    """One application to the committee and what became of it; it keeps the policy pack that it was submitted under.

    A change of an approved study is a case of its own: its fields say what the study will be, `valid_to` until when.
    It changes version `base_version` of its parent, which then ended on `base_valid_to`.
    `decided_seats` are those who counted when the committee decided, as [person, kind, presiding].
    """

    __tablename__ = "ethics_case"
    reference: str = Field(unique=True, max_length=20)
    project_id: int = Field(foreign_key="project.id", index=True)
    applicant_id: int = Field(foreign_key="person.id", index=True)
    kind: CaseKind = db.choice(CaseKind, default=CaseKind.APPLICATION, index=True)
    parent_id: int | None = Field(default=None, foreign_key="ethics_case.id", index=True)
    base_version: int | None = None
    base_valid_to: date | None = None
    change_reason: str = db.text(default="")
    change_class: ChangeClass | None = db.choice(ChangeClass, default=None)
    class_policy: str = Field(default="", max_length=64)
    class_asked: ChangeClass | None = db.choice(ChangeClass, default=None)
    class_reason: str = db.text(default="")
    class_asked_by: int | None = Field(default=None, foreign_key="person.id")
    class_confirmed_by: int | None = Field(default=None, foreign_key="person.id")
    follows_id: int | None = Field(default=None, foreign_key="ethics_case.id", index=True)
    follows_as: Follows | None = db.choice(Follows, default=None)
    state: State = db.choice(State, default=State.DRAFT, index=True)
    title: str = Field(max_length=200)
    lay_summary: str = db.text()
    work_kind: WorkKind = db.choice(WorkKind)
    triage_answers: list[dict[str, Any]] = db.json(default_factory=list)
    triage_outcome: Outcome | None = db.choice(Outcome, default=None)
    triage_reasons: list[str] = db.json(default_factory=list)
    triage_fingerprint: str | None = Field(default=None, max_length=64)
    material_issue: bool = True
    data_class: DataClass = db.choice(DataClass)
    purposes: list[str] = db.json()
    methods: list[str] = db.json()
    participants: str = db.text()
    consent_basis: ConsentBasis | None = db.choice(ConsentBasis, default=None)
    track: Track | None = db.choice(Track, default=None)
    committee_id: int | None = Field(default=None, foreign_key="committee.id")
    meeting_id: int | None = Field(default=None, foreign_key="meeting.id", index=True)
    vote_open: bool = False
    delegate_id: int | None = Field(default=None, foreign_key="person.id")
    pack_id: str | None = Field(default=None, max_length=60)
    pack_fingerprint: str | None = Field(default=None, max_length=64)
    pack_terms: dict[str, Any] | None = db.json(default=None)
    submitted_at: datetime | None = db.moment(default=None)
    valid_at: datetime | None = db.moment(default=None)
    opinion: State | None = db.choice(State, default=None)
    decided_at: datetime | None = db.moment(default=None, index=True)
    decided_by: int | None = Field(default=None, foreign_key="person.id")
    decided_as: str = Field(default="", max_length=40)
    reasons: str = db.text(default="")
    decided_meeting_id: int | None = Field(default=None, foreign_key="meeting.id")
    quorum: str = Field(default="", max_length=200)
    decided_seats: list[list[Any]] = db.json(default_factory=list)
    valid_from: date | None = None
    valid_to: date | None = Field(default=None, index=True)
    undo_asked_by: int | None = Field(default=None, foreign_key="person.id")
    halted_on: date | None = None
    safety_halt: bool = False
    halted_version: int | None = None
    to_ratify: bool = False
    ended_on: date | None = None
    reported_at: datetime | None = db.moment(default=None)
    final_report: str = db.text(default="")

    __table_args__ = (
        sa.CheckConstraint(both_or_none("decided_at", "decided_by", "opinion"), name="decided"),
        sa.CheckConstraint(both_or_none("submitted_at", "pack_id", "pack_fingerprint"), name="pack"),
        sa.CheckConstraint(both_or_none("follows_id", "follows_as"), name="follows"),
        sa.CheckConstraint(both_or_none("triage_outcome", "triage_fingerprint"), name="triage"),
        sa.CheckConstraint("consent_basis IS NOT NULL OR state IN ('draft', 'withdrawn')", name="consent"),
        sa.CheckConstraint("meeting_id IS NULL OR committee_id IS NOT NULL", name="meeting"),
        sa.CheckConstraint("vote_open = false OR state IN ('in_review', 'response_received')", name="vote_open"),
        sa.CheckConstraint("to_ratify = false OR state IN ('suspended')", name="to_ratify"),
        sa.CheckConstraint("(ended_on IS NULL) = (state <> 'closed')", name="ended"),
        sa.CheckConstraint("reported_at IS NULL OR state = 'closed'", name="reported"),
        sa.CheckConstraint(
            "decided_at IS NOT NULL OR state NOT IN ('favourable', 'favourable_conditions', 'unfavourable', "
            "'not_required', 'halted', 'suspended', 'terminated', 'expired', 'closed', 'approved', 'not_approved')",
            name="state_decided",
        ),
        sa.CheckConstraint(
            "opinion NOT IN ('favourable', 'favourable_conditions') "
            "OR (valid_from IS NOT NULL AND valid_to IS NOT NULL)",
            name="opinion_dated",
        ),
        sa.CheckConstraint("valid_from <= valid_to", name="validity"),
        sa.CheckConstraint("(kind = 'modification') = (parent_id IS NOT NULL)", name="kind"),
        sa.CheckConstraint(both_or_none("parent_id", "base_version"), name="base"),
        sa.CheckConstraint(both_or_none("class_asked", "class_asked_by"), name="class_asked"),
        sa.CheckConstraint(
            "class_confirmed_by IS NULL OR (class_asked_by IS NOT NULL AND class_confirmed_by <> class_asked_by)",
            name="class_confirmed",
        ),
    )


class EthicsPaper(Record, table=True):
    """One version of a document of a case: a newer one names the one that it replaces.

    A change of a study begins with the study's documents under their own numbers, and takes effect on the study's:
    `withdrawn_in` is the change that withdraws this one, marked on the change's own row and then on the study's.
    """

    __tablename__ = "ethics_paper"
    case_id: int = Field(foreign_key="ethics_case.id", index=True)
    kind: PaperKind = db.choice(PaperKind)
    title: str = Field(max_length=200)
    number: int
    replaces_id: int | None = Field(default=None, foreign_key="ethics_paper.id", unique=True)
    withdrawn_in: int | None = Field(default=None, foreign_key="ethics_case.id")
    document_id: int = Field(foreign_key="document.id")
    added_by: int = Field(foreign_key="person.id")

    __table_args__ = (
        sa.UniqueConstraint("case_id", "kind", "title", "number"),
        sa.CheckConstraint("number > 1 OR replaces_id IS NULL", name="replaces"),
    )


class EthicsReview(Record, table=True):
    """What the officer asked a member to review, by when, and what the member found; final once it is in."""

    __tablename__ = "ethics_review"
    case_id: int = Field(foreign_key="ethics_case.id", index=True)
    reviewer_id: int = Field(foreign_key="person.id", index=True)
    assigned_by: int = Field(foreign_key="person.id")
    due_on: date
    submitted_at: datetime | None = db.moment(default=None)
    remarks: list[dict[str, Any]] = db.json(default_factory=list)
    recommendation: str = Field(default="", max_length=40)
    summary: str = db.text(default="")
    criteria_fingerprint: str | None = Field(default=None, max_length=64)

    __table_args__ = (
        sa.UniqueConstraint("case_id", "reviewer_id"),
        sa.CheckConstraint(both_or_none("submitted_at", "criteria_fingerprint"), name="submitted"),
        sa.CheckConstraint("(submitted_at IS NULL) = (recommendation = '')", name="recommended"),
    )


class EthicsVersion(Record, table=True):
    """What was applied for, frozen at submission; in effect from the decision that approved it.

    Those after the first came from the modification that is named: whole, and in effect from when it was.
    """

    __tablename__ = "ethics_version"
    case_id: int = Field(foreign_key="ethics_case.id", index=True)
    number: int
    content: dict[str, Any] = db.json()
    content_hash: str = Field(max_length=64)
    frozen_by: int
    effective_from: datetime | None = db.moment(default=None)
    modification_id: int | None = Field(default=None, foreign_key="ethics_case.id")
    change_class: ChangeClass | None = db.choice(ChangeClass, default=None)

    __table_args__ = (
        sa.UniqueConstraint("case_id", "number"),
        sa.CheckConstraint(both_or_none("modification_id", "change_class"), name="modification"),
    )


class EthicsEvent(Record, table=True):
    """A move of a case: the timeline, and from which moment the case was in which state."""

    __tablename__ = "ethics_event"
    case_id: int = Field(foreign_key="ethics_case.id", index=True)
    move: str = Field(max_length=40)
    from_state: State = db.choice(State)
    to_state: State = db.choice(State, index=True)
    at: datetime = db.moment(index=True)
    actor_id: int
    reason: str = db.text(default="")
    policy: str = Field(default="", max_length=64)


class EthicsInterest(Record, table=True):
    """What a member declared about this case, before seeing its papers."""

    __tablename__ = "ethics_interest"
    case_id: int = Field(foreign_key="ethics_case.id", index=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    interest: Interest = db.choice(Interest)
    details: str = db.text(default="")
    declared_at: datetime = db.moment()

    __table_args__ = (sa.UniqueConstraint("case_id", "person_id"),)


class EthicsVote(Record, table=True):
    """A member's one live vote: the name of a decision, or an abstention."""

    __tablename__ = "ethics_vote"
    case_id: int = Field(foreign_key="ethics_case.id", index=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    choice: str = Field(max_length=40)
    comment: str = db.text(default="")
    cast_at: datetime = db.moment()

    __table_args__ = (sa.UniqueConstraint("case_id", "person_id"),)


class EthicsQuestion(Record, table=True):
    """A question of a provisional opinion with the team's answer; one that is asked again waits for a new answer."""

    __tablename__ = "ethics_question"
    case_id: int = Field(foreign_key="ethics_case.id", index=True)
    number: int
    text: str = db.text()
    asked_at: datetime = db.moment()
    answer: str = db.text(default="")
    answered_by: int | None = Field(default=None, foreign_key="person.id")
    answered_at: datetime | None = db.moment(default=None)

    __table_args__ = (
        sa.UniqueConstraint("case_id", "number"),
        sa.CheckConstraint(both_or_none("answered_by", "answered_at"), name="answered"),
    )


class EthicsMinute(Record, table=True):
    """What a meeting said about a case: one for each meeting that heard it."""

    __tablename__ = "ethics_minute"
    case_id: int = Field(foreign_key="ethics_case.id", index=True)
    meeting_id: int = Field(foreign_key="meeting.id", index=True)
    discussion: str = db.text()
    recorded_by: int = Field(foreign_key="person.id")

    __table_args__ = (sa.UniqueConstraint("case_id", "meeting_id"),)


class EthicsCondition(Record, table=True):
    """A condition of an opinion: said to be met by one person, confirmed by another."""

    __tablename__ = "ethics_condition"
    case_id: int = Field(foreign_key="ethics_case.id", index=True)
    text: str = db.text()
    pre_start: bool
    satisfied_by: int | None = Field(default=None, foreign_key="person.id")
    satisfied_at: datetime | None = db.moment(default=None)
    evidence: str = db.text(default="")
    confirmed_by: int | None = Field(default=None, foreign_key="person.id")
    confirmed_at: datetime | None = db.moment(default=None)

    __table_args__ = (
        sa.CheckConstraint(both_or_none("satisfied_by", "satisfied_at"), name="satisfied"),
        sa.CheckConstraint(both_or_none("confirmed_by", "confirmed_at"), name="confirmed"),
        sa.CheckConstraint("confirmed_by IS NULL OR confirmed_by <> satisfied_by", name="two_people"),
        sa.CheckConstraint("confirmed_by IS NULL OR satisfied_by IS NOT NULL", name="satisfied_first"),
    )


class ExternalApproval(Record, table=True):
    """An approval by others that a project holds, has applied for, or does not need: a new entry for each change."""

    __tablename__ = "external_approval"
    project_id: int = Field(foreign_key="project.id", index=True)
    kind: ApprovalKind = db.choice(ApprovalKind)
    status: ApprovalStatus = db.choice(ApprovalStatus)
    reference: str = Field(default="", max_length=80)
    reason: str = db.text(default="")
    valid_from: date | None = None
    valid_to: date | None = None
    data_class: DataClass | None = db.choice(DataClass, default=None)
    recorded_by: int = Field(foreign_key="person.id")

    __table_args__ = (
        sa.CheckConstraint(
            "status <> 'granted' OR (reference <> '' AND valid_from IS NOT NULL AND data_class IS NOT NULL)",
            name="granted",
        ),
        sa.CheckConstraint("status <> 'not_required' OR reason <> ''", name="not_required"),
        sa.CheckConstraint("valid_from <= valid_to", name="validity"),
    )
