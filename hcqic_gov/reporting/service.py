"""Writes of the register of reports."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlmodel import Session

from hcqic_gov.audit import queries as audit
from hcqic_gov.audit import service as audit_service
from hcqic_gov.core.actor import Actor
from hcqic_gov.core.calendar import Period, london_day
from hcqic_gov.core.errors import Invalid
from hcqic_gov.db import locked, locked_by, next_reference
from hcqic_gov.documents.service import store
from hcqic_gov.funding.awards import award
from hcqic_gov.notices.rules import About
from hcqic_gov.notices.service import notify
from hcqic_gov.people.queries import with_role
from hcqic_gov.people.rules import Role
from hcqic_gov.policy.access import CENTRE, may
from hcqic_gov.reporting import queries
from hcqic_gov.reporting.gathering import Scope, gather, scope_of
from hcqic_gov.reporting.keeping import forget
from hcqic_gov.reporting.models import Receipt, Report
from hcqic_gov.reporting.rules import WORKFLOW, Status
from hcqic_gov.reporting.snapshot import Edition, FunderReport, Narrative, freeze, snapshot_hash, thaw

Render = Callable[[Edition], bytes]
"""Makes the PDF and signs it: a shell's work, so the shell brings it along."""


def draft(session: Session, scope: Scope, *, actor: Actor, now: datetime) -> Report:
    """A new report with the data as they stand now. Errors: Refused, Invalid, NotFound."""
    may(actor, "reports.draft", CENTRE).require()
    require_ended(scope.period, now)
    data = gather(session, scope, Narrative(), now=now)

    series = next_reference(session, "R", now=now)
    report = Report(
        reference=f"{series}-v1",
        series=series,
        kind=scope.kind,
        funder_id=scope.funder_id,
        award_id=award(session, scope.award).key if scope.award else None,
        period=scope.period.code,
        author_id=actor.id,
        created_at=now,
        **frozen(data),
    )
    session.add(report)
    enter(session, "draft", report, actor=actor, now=now)
    return report


def require_ended(period: Period, now: datetime) -> None:
    if period.end >= london_day(now):
        raise Invalid("This period has not ended.", {"period": f"{period.label} ends on {period.end:%-d %B %Y}"})


def refresh(session: Session, reference: str, *, actor: Actor, now: datetime) -> Report:
    """The data as they stand now; the narrative stays. Errors: Refused."""
    report, before = for_move(session, reference, "refresh", actor)
    put(report, gather(session, scope_of(session, report), thaw(report.snapshot).narrative, now=now))
    enter(session, "refresh", report, actor=actor, now=now, before=before)
    return report


def write(session: Session, reference: str, narrative: Narrative, *, seen: int, actor: Actor, now: datetime) -> Report:
    """The author's own words. Errors: Refused, Stale."""
    report, before = for_move(session, reference, "write", actor, seen=seen)

    put(report, replace(thaw(report.snapshot), narrative=narrative))
    forget(session, report, actor)
    enter(session, "write", report, actor=actor, now=now, before=before)
    return report


def submit(session: Session, reference: str, *, actor: Actor, now: datetime) -> Report:
    """For review by a second person. Errors: Refused."""
    report, before = for_move(session, reference, "submit", actor)

    report.status = Status.IN_REVIEW
    enter(session, "submit", report, actor=actor, now=now, before=before)
    return report


def approve(session: Session, reference: str, *, seen: int, actor: Actor, now: datetime) -> Report:
    """The reviewer stands for exactly this content. Errors: Refused, Stale."""
    report, before = for_move(session, reference, "approve", actor, seen=seen)

    report.status = Status.REVIEWED
    report.reviewer_id, report.reviewed_at, report.reviewed_sha256 = actor.id, now, report.snapshot_sha256
    enter(session, "approve", report, actor=actor, now=now, before=before)
    return report


def return_to_author(session: Session, reference: str, *, reason: str, actor: Actor, now: datetime) -> Report:
    """Errors: Refused."""
    report, before = for_move(session, reference, "return", actor, reason=reason)

    report.status, report.remark = Status.RETURNED, reason
    report.reviewer_id, report.reviewed_at, report.reviewed_sha256 = None, None, ""
    enter(session, "return", report, actor=actor, now=now, before=before, note=reason)
    return report


def issue(session: Session, reference: str, render: Render, *, actor: Actor, now: datetime) -> Report:
    """Prints the head of the audit chain into the PDF, keeps it, and ends the version before. Errors: Refused."""
    report, before = for_move(session, reference, "issue", actor)
    entry, head = audit.head(session)

    data = render(queries.edition_as_issued(session, report, at=now, entry=entry, head=head))
    name = f"{report.reference}.pdf"
    file = store(session, data, filename=name, media_type="application/pdf", actor=actor, now=now)

    report.status, report.issued_by, report.issued_at, report.document_id = Status.ISSUED, actor.id, now, file.key
    report.audit_entry, report.audit_head = entry, head
    enter(session, "issue", report, actor=actor, now=now, before=before, more={"pdf_sha256": file.sha256})
    supersede(session, report, actor=actor, now=now)
    tell_funder(session, report, actor=actor, now=now)
    return report


def correct(session: Session, reference: str, *, reason: str, actor: Actor, now: datetime) -> Report:
    """A new version, a draft, that will end this one when it is issued. Errors: Refused."""
    old, _ = for_move(session, reference, "correct", actor, reason=reason)

    new = Report(
        reference=f"{old.series}-v{old.edition + 1}",
        series=old.series,
        edition=old.edition + 1,
        kind=old.kind,
        funder_id=old.funder_id,
        award_id=old.award_id,
        period=old.period,
        author_id=actor.id,
        reason=reason,
        supersedes_id=old.id,
        created_at=now,
        **frozen(thaw(old.snapshot)),
    )
    session.add(new)
    enter(session, "correct", new, actor=actor, now=now, note=reason)
    return new


def acknowledge(session: Session, reference: str, *, actor: Actor, now: datetime) -> Receipt:
    """The funder's person says that it has come. Errors: Refused."""
    report, _ = for_move(session, reference, "acknowledge", actor)

    receipt = Receipt(report_id=report.key, person_id=actor.id, created_at=now)
    session.add(receipt)
    session.flush()
    audit_service.record(session, "reports.acknowledge", report, actor=actor, now=now)
    return receipt


def tell_funder(session: Session, report: Report, *, actor: Actor, now: datetime) -> None:
    """Everybody who signs in for the funder, in the application and by e-mail."""
    about, replaced = thaw(report.snapshot).about, f" It replaces version {report.edition - 1}."
    notify(
        session,
        [number for number, _ in with_role(session, Role.FUNDER, organisation_id=report.funder_id)],
        subject=f"{about.title} for {about.period_label}: {report.reference}",
        body="The report is issued. Sign in to read it, to take it as PDF or as tables, and to acknowledge it."
        + (replaced if report.supersedes_id else ""),
        about=About("report", report.reference),
        key=f"report {report.reference}",
        actor=actor,
        now=now,
    )


def record_download(session: Session, report: Report, what: str = "", *, actor: Actor, now: datetime) -> None:
    """Who took a copy, and when; `what`: which file, where it is not the PDF."""
    audit_service.record(session, queries.DOWNLOADED, report, actor=actor, now=now, after={}, note=what)


def for_move(
    session: Session, reference: str, name: str, actor: Actor, *, seen: int | None = None, reason: str = ""
) -> tuple[Report, Mapping[str, Any]]:
    """The locked report and what it was before, if this person may make this move now. Errors: Refused, Stale."""
    report = locked_by(session, Report, reference, seen=seen, what=f"report {reference}")
    may(actor, f"reports.{name}", queries.resource_of(session, report)).require()
    WORKFLOW.ruling(name, report.status, queries.facts_of(session, report, actor.id, reason)).require()
    return report, described(report)


def frozen(data: FunderReport) -> dict[str, Any]:
    snapshot = freeze(data)
    return {"snapshot": snapshot, "snapshot_sha256": snapshot_hash(snapshot)}


def put(report: Report, data: FunderReport) -> None:
    for name, value in frozen(data).items():
        setattr(report, name, value)


def described(report: Report) -> dict[str, Any]:
    """What the audit trail keeps of a report: all but its data, which their hash stands for."""
    return {name: value for name, value in audit_service.snapshot(report).items() if name != "snapshot"}


def enter(
    session: Session,
    action: str,
    report: Report,
    *,
    actor: Actor,
    now: datetime,
    before: Mapping[str, Any] | None = None,
    note: str = "",
    more: Mapping[str, str] | None = None,
) -> None:
    session.flush()
    audit_service.record(
        session,
        f"reports.{action}",
        report,
        actor=actor,
        now=now,
        before=dict(before) if before is not None else None,
        after={**described(report), **(more or {})},
        note=note,
    )


def supersede(session: Session, report: Report, *, actor: Actor, now: datetime) -> None:
    if report.supersedes_id is None:
        return
    old = locked(session, Report, report.supersedes_id, what="the previous version")
    before = described(old)
    old.status = Status.SUPERSEDED
    enter(session, "supersede", old, actor=actor, now=now, before=before, note=f"by {report.reference}")
