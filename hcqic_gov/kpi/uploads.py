"""Files of values: keeping one, and taking all of it or nothing, by the rules of typing."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from hcqic_gov.audit.service import NOT_DETAILS, record, record_new, snapshot
from hcqic_gov.core.actor import Actor
from hcqic_gov.core.calendar import day_words, london_day
from hcqic_gov.core.canonical import fingerprint, plain
from hcqic_gov.core.errors import Invalid, Stale
from hcqic_gov.db import found, locked
from hcqic_gov.documents.models import Document
from hcqic_gov.documents.queries import content, document
from hcqic_gov.documents.service import store
from hcqic_gov.kpi import queries
from hcqic_gov.kpi.comparing import SAID, Kind, Known, Plan, Step, check, said
from hcqic_gov.kpi.models import Observation, Upload
from hcqic_gov.kpi.rules import WORKFLOW, Status, UploadStatus
from hcqic_gov.kpi.service import facts_of_record, fill
from hcqic_gov.kpi.sheets import Table
from hcqic_gov.people.models import Person
from hcqic_gov.policy.access import CENTRE, Resource, may


def take(session: Session, data: bytes, table: Table, *, filename: str, actor: Actor, now: datetime) -> Upload:
    """Keep a file that has no errors, to be looked at and applied; nothing of it counts yet.

    Errors: Refused; Invalid for a file that was applied before.
    """
    may(actor, "kpi.upload", CENTRE).require()
    sha256 = fingerprint(data)
    require_new(session, sha256)
    same = select(Upload).where(Upload.sha256 == sha256, Upload.uploaded_by == actor.id)
    if again := session.exec(same).first():
        return again

    kept = store(session, data, filename=filename, media_type=table.media_type, actor=actor, now=now)
    upload = Upload(sha256=sha256, document_id=kept.key, uploaded_by=actor.id, created_at=now)
    session.add(upload)
    record(session, "kpi.upload", upload, actor=actor, now=now)
    return upload


def require_new(session: Session, sha256: str) -> None:
    """Errors: Invalid for a file that was applied: the same file twice changes nothing."""
    statement = (
        select(Upload.applied_at, Person.name)
        .outerjoin(Person, col(Person.id) == col(Upload.uploaded_by))
        .where(Upload.sha256 == sha256, Upload.status == UploadStatus.APPLIED)
    )
    row = session.execute(statement).first()
    if row:
        when = day_words(london_day(found(row[0], "this upload")))
        said = (
            f"This very file was applied on {when} by {row[1] or 'somebody'}, so it changes nothing. "
            "If the register should say something else, change the file first."
        )
        raise Invalid(said, {"file": said})


def apply(
    session: Session,
    key: int,
    table: Table,
    *,
    reason: str,
    submit: bool,
    seen: str | None = None,
    actor: Actor,
    now: datetime,
) -> Upload:
    """Take all values of an upload into the register, as drafts, and with `submit` send them to a second person.

    `seen` is the mark of the plan that the person had before them, `reason` why verified values are corrected where
    a row does not say it. Errors: Refused, NotFound, Stale, Invalid where anything at all is wrong.
    """
    upload = locked(session, Upload, key, what="this upload")
    may(actor, "kpi.upload", resource_of(upload)).require()
    if upload.status is UploadStatus.CHECKED:
        require_new(session, upload.sha256)
    plan = check(session, table, writing=True, actor=actor, now=now)
    require_applicable(upload, plan, reason=reason, seen=seen)
    before = snapshot(upload)

    written = write(session, plan.changing, upload, reason=reason, actor=actor, now=now)
    drafts = loaded(session, [number for _, number in written]) if submit else {}
    sent = [send(session, step, drafts[number], actor=actor, now=now) for step, number in written if submit]
    for kind, count in plan.counts.items():
        setattr(upload, kind.value, count)
    upload.status, upload.applied_at, upload.submitted = UploadStatus.APPLIED, now, sum(sent)
    record(session, "kpi.apply_upload", upload, actor=actor, now=now, before=before, note=reason)
    return upload


def require_applicable(upload: Upload, plan: Plan, *, reason: str, seen: str | None) -> None:
    """Errors: Invalid, Stale."""
    if upload.status is UploadStatus.APPLIED:
        raise Invalid("The values of this file are in the register already. Nothing was changed.")
    if plan.problems:
        one = plan.problems[0]
        raise Invalid(f"Row {one.row}, column {one.column}: {one.sentence}. Nothing was changed.")
    if seen is not None and seen != plan.mark:
        raise Stale("values of this file")
    if not plan.changing:
        raise Invalid("The register holds all of these values already. Nothing was changed.")
    if plan.without_reason and not reason.strip():
        raise Invalid("Verified values are corrected.", {"reason": "Enter why the verified values are corrected"})


def write(
    session: Session, steps: Sequence[Step], upload: Upload, *, reason: str, actor: Actor, now: datetime
) -> Sequence[tuple[Step, int]]:
    """The drafts, in one go, and an entry in the audit trail for each; with the numbers of the observations.

    Errors: Stale where another writer was first.
    """
    held = records(session, [step.known for step in steps if step.known and step.kind is Kind.CHANGED])
    made = [step for step in steps if step.kind is not Kind.CHANGED]
    rows = [row_of(step, upload, reason=reason, actor=actor, now=now) for step in made]
    try:
        keys = inserted(session, rows)
    except IntegrityError as error:  # on PostgreSQL two files may add the same period at the same moment
        raise Stale("values of this file") from error
    for step, row, key in zip(made, rows, keys, strict=True):
        enter_made(session, step, row, key, actor=actor, now=now)
    changed = [step for step in steps if step.kind is Kind.CHANGED]
    for step in changed:
        change(session, step, held[key_of(step)], upload, actor=actor, now=now)
    return [*zip(made, keys, strict=True), *((step, key_of(step)) for step in changed)]


def key_of(step: Step) -> int:
    return found(step.known, "this observation").key


def row_of(step: Step, upload: Upload, *, reason: str, actor: Actor, now: datetime) -> dict[str, Any]:
    """A new revision as bare columns: objects of 50,000 rows take a minute to make."""
    line, corrects = step.line, step.kind is Kind.CORRECTED
    return {
        "code": line.definition.code,
        "period": line.period.code,
        "period_start": line.period.start,
        "period_end": line.period.end,
        "revision": step.known.revision + 1 if step.known else 1,
        "definition_version": line.definition.version,
        **dict(zip(SAID, said(step.reading, line), strict=True)),
        "document_id": upload.document_id,
        "status": Status.DRAFT,
        "entered_by": actor.id,
        "verified_by": None,
        "verified_at": None,
        "after_closing": False,
        "reason": (line.reason or reason) if corrects else "",
        "created_at": now,
        "version": 1,
    }


def inserted(session: Session, rows: Sequence[dict[str, Any]]) -> Sequence[int]:
    """The numbers of these rows, in their order."""
    if not rows:
        return ()
    table: Any = sa.inspect(Observation).local_table  # the ORM would insert rows apart that leave other columns empty
    statement = sa.insert(table).returning(table.c.id, sort_by_parameter_order=True)
    return session.execute(statement, rows).scalars().all()


def enter_made(session: Session, step: Step, row: dict[str, Any], key: int, *, actor: Actor, now: datetime) -> None:
    """In the audit trail, as if it had been typed."""
    action = "kpi.correct" if step.kind is Kind.CORRECTED else "kpi.enter"
    record_new(
        session,
        action,
        Observation,
        key,
        reference=f"{row['code']} {row['period']}",
        after={name: plain(value) for name, value in row.items() if name not in NOT_DETAILS},
        actor=actor,
        now=now,
        policy=step.line.definition.fingerprint,
        note=row["reason"],
    )


def change(session: Session, step: Step, one: Observation, upload: Upload, *, actor: Actor, now: datetime) -> None:
    """A draft or returned value says what the file says; evidence that it had stays."""
    before = snapshot(one)
    fill(one, step.reading, step.line.entry, actor=actor)
    one.document_id = one.document_id or upload.document_id
    policy = step.line.definition.fingerprint
    record(session, "kpi.enter", one, actor=actor, now=now, before=before, policy=policy)


SLICE = 500


def records(session: Session, known: Sequence[Known]) -> Mapping[int, Observation]:
    """These observations for a change: other writers wait. Errors: Stale where one has moved on."""
    held = loaded(session, [one.key for one in known])
    if any(one.key not in held or held[one.key].version != one.version for one in known):
        raise Stale("values of this file")
    return held


def loaded(session: Session, keys: Sequence[int]) -> Mapping[int, Observation]:
    held: dict[int, Observation] = {}
    for start in range(0, len(keys), SLICE):
        statement = select(Observation).where(col(Observation.id).in_(keys[start : start + SLICE])).with_for_update()
        held |= {one.key: one for one in session.exec(statement, execution_options={"populate_existing": True})}
    return held


def send(session: Session, step: Step, one: Observation, *, actor: Actor, now: datetime) -> bool:
    """Whether the draft could be sent to a second person; else it stays a draft, and its page says why."""
    definition = step.line.definition
    facts = facts_of_record(definition, one, closed=False, actor=actor, now=now)  # a closed period is in no plan
    permitted = may(actor, "kpi.submit", queries.resource_of(definition, one.entered_by)).allowed
    if not permitted or not WORKFLOW.ruling("submit", one.status, facts).allowed:
        return False
    before = snapshot(one)
    one.status = Status.SUBMITTED
    record(session, "kpi.submit", one, actor=actor, now=now, before=before)
    return True


def upload(session: Session, key: int) -> Upload:
    """Errors: NotFound."""
    return found(session.get(Upload, key), "this upload")


def resource_of(one: Upload) -> Resource:
    """An upload as the access policies see it."""
    return Resource("KpiUpload", str(one.key), {"uploaded_by": frozenset({one.uploaded_by})})


def resource(session: Session, reference: str | int) -> Resource:
    """Errors: NotFound."""
    return resource_of(upload(session, int(reference)))


def file_of(session: Session, one: Upload) -> tuple[Document, bytes]:
    """The file of an upload, checked against its hash. Errors: HcqicError."""
    kept = document(session, one.document_id)
    return kept, content(kept)


def own_uploads(session: Session, actor: Actor, *, most: int = 20) -> Sequence[tuple[Upload, str]]:
    """This person's uploads, the newest first, with the names of their files."""
    statement = (
        select(Upload, Document.filename)
        .join(Document, col(Document.id) == col(Upload.document_id))
        .where(Upload.uploaded_by == actor.id)
        .order_by(col(Upload.id).desc())
        .limit(most)
    )
    return session.exec(statement).all()
