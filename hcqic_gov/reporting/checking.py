"""Whether a PDF is one that this centre issued: what the file says, held against what the register says."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from hcqic_gov.core.calendar import london_day
from hcqic_gov.reporting.rules import Status
from hcqic_gov.reporting.snapshot import Kpi, Stamp


class Standing(StrEnum):
    """What a finding means for the verdict."""

    HOLDS = "holds"
    FAILS = "fails"
    TELLS = "tells"


class Verdict(StrEnum):
    UNCHANGED = "unchanged"
    REPLACED = "replaced"
    NOT_CONFIRMED = "not_confirmed"


VERDICTS = {
    Verdict.UNCHANGED: "This document was issued by this centre and is unchanged.",
    Verdict.REPLACED: "This document was issued by this centre and is unchanged, but a newer version replaces it.",
    Verdict.NOT_CONFIRMED: "This file is not confirmed as a document of this centre. Do not rely on it.",
}


@dataclass(frozen=True, slots=True)
class Finding:
    code: str
    standing: Standing
    sentence: str


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature of a file: whose, whether this centre knows the certificate, and what it covers.

    `intact`: the bytes that it covers are those that were signed, by this certificate's key; `covers_all`: nothing
    was written after it; `reason`: the proof that it carries.
    """

    name: str
    certificate: str
    known: bool
    intact: bool
    covers_all: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Examined:
    """What the bytes of a file say; `fault` why they cannot be read, if so."""

    sha256: str
    fault: str = ""
    signatures: tuple[Signature, ...] = ()
    signature_fault: str = ""
    snapshot_sha256: str = ""


@dataclass(frozen=True, slots=True)
class Registered:
    """What the register says of a document today; `snapshot_sha256` is worked out again from the stored data.

    The `entry_` fields are what the audit trail kept of its issue ("" where it keeps none).
    """

    reference: str
    status: Status
    issued_at: datetime | None
    pdf_sha256: str
    snapshot_sha256: str
    recorded_sha256: str
    proof: str
    audit_entry: int
    audit_head: str
    head_found: str
    entry_snapshot: str
    entry_pdf: str
    chain_fault: str = ""
    successor: str = ""
    copy: bool = False
    """One of several that all stay true, such as a dossier: it shows what its reader could see when it was taken."""


@dataclass(frozen=True, slots=True)
class Correction:
    """A figure that the register gives otherwise today, in the words of the screen."""

    code: str
    name: str
    then: str
    now: str


@dataclass(frozen=True, slots=True)
class Answer:
    """All that was found; `reference` only where the file is in the register."""

    verdict: Verdict
    findings: tuple[Finding, ...]
    reference: str = ""
    corrections: tuple[Correction, ...] = field(default=())

    @property
    def sentence(self) -> str:
        return VERDICTS[self.verdict]


def proof_of(stamp: Stamp) -> str:
    """What the signature says beside the file: the cover's proof in one line, which every PDF reader shows."""
    reference = f"{stamp.reference}-v{stamp.version}"
    return proof(reference, stamp.snapshot_sha256, stamp.audit_entry, stamp.audit_head)


def proof(reference: str, snapshot_sha256: str, entry: int, head: str) -> str:
    """The same for whatever is signed."""
    return f"Issued as {reference}; snapshot {snapshot_sha256}; audit entry {entry}: {head}"


def answered(examined: Examined, known: Registered | None, corrections: Sequence[Correction] | None = None) -> Answer:
    """The verdict is “unchanged” only where every finding that can fail holds, and all of them were looked at.

    `corrections` is None where the document has no figures to compare.
    """
    found = tuple(findings(examined, known))
    reference = known.reference if known else ""
    if known is None or any(one.standing is Standing.FAILS for one in found):
        return Answer(Verdict.NOT_CONFIRMED, found, reference)
    verdict = Verdict.REPLACED if known.status is Status.SUPERSEDED else Verdict.UNCHANGED
    if corrections is None:
        return Answer(verdict, found, reference)
    return Answer(verdict, (*found, corrected(corrections)), reference, tuple(corrections))


def findings(examined: Examined, known: Registered | None) -> Iterator[Finding]:
    if examined.fault:
        yield fails("unreadable", examined.fault)
        return
    yield from signature_findings(examined)
    if known is None:
        yield fails("not_registered", "The register of this centre has nothing issued that this file could be.")
        return
    yield from file_findings(examined, known)
    yield from chain_findings(known)
    yield status_finding(known)


def signature_findings(examined: Examined) -> Iterator[Finding]:
    if examined.signature_fault:
        yield fails("broken_signature", f"The signature cannot be read: {examined.signature_fault}.")
    elif not examined.signatures:
        yield fails("unsigned", "The file is not signed. What this centre issues is signed.")
    elif len(examined.signatures) > 1:
        names = ", ".join(one.name for one in examined.signatures)
        yield fails("several_signatures", f"The file is signed {len(examined.signatures)} times, by {names}.")
    else:
        yield from judged(examined.signatures[0])


def judged(one: Signature) -> Iterator[Finding]:
    whose = f"“{one.name}” (certificate {one.certificate[:16]})"
    if one.known:
        yield holds("signed", f"The signature names a certificate of this centre: {whose}.")
    else:
        yield fails("foreign_signature", f"The file is signed by {whose}, which never signed for this centre.")
    if one.intact:
        yield holds("intact", "The signed bytes are the ones that were signed.")
    else:
        yield fails("changed_since_signing", "The file was changed after it was signed.")
    if one.covers_all:
        yield holds("whole", "The signature covers the whole file: nothing was added to it.")
    else:
        yield fails("appended", "Something was added to the file after it was signed.")


def file_findings(examined: Examined, known: Registered) -> Iterator[Finding]:
    yield either(
        examined.sha256 == known.pdf_sha256,
        ("registered", f"Byte for byte, it is the file that was issued as {known.reference}."),
        ("bytes_differ", f"It is not the file that was issued as {known.reference}: its bytes differ."),
    )
    yield either(
        examined.snapshot_sha256 == known.recorded_sha256,
        ("snapshot_same", "The data attached to it are the ones that were issued."),
        ("snapshot_differs", "The data attached to it are missing or are not the ones that were issued."),
    )
    reasons = {one.reason for one in examined.signatures}
    yield either(
        reasons == {known.proof},
        ("proof_same", "Reference, hash of the data and audit entry in the signature are those of the register."),
        ("proof_differs", "Reference, hash of the data or audit entry in the signature are not those of the register."),
    )


def chain_findings(known: Registered) -> Iterator[Finding]:
    kept = (known.entry_snapshot, known.entry_pdf) == (known.recorded_sha256, known.pdf_sha256)
    yield either(
        kept and known.snapshot_sha256 == known.recorded_sha256,
        ("register_sound", "Register and audit trail agree about what was issued."),
        ("register_changed", "What the register holds of it is not what its audit trail says was issued."),
    )
    yield either(
        not known.chain_fault,
        ("audit_whole", "The audit chain of this centre is whole."),
        ("audit_broken", f"The audit chain of this centre is broken. {known.chain_fault}."),
    )
    yield either(
        bool(known.audit_head) and known.head_found == known.audit_head,
        ("audit_head", f"The audit chain contains its audit head as entry {known.audit_entry}."),
        (
            "audit_head_missing",
            f"The audit chain does not contain its audit head as entry {known.audit_entry}.",
        ),
    )


def status_finding(known: Registered) -> Finding:
    if known.copy and known.issued_at:
        day = f"{london_day(known.issued_at):%-d %B %Y}"
        return tells("copy", f"{known.reference} was taken on {day}. What changed later is not in it.")
    if known.status is Status.ISSUED:
        return holds("issued", f"{known.reference} is the version that holds today.")
    if known.status is Status.SUPERSEDED:
        return tells("superseded", f"{known.reference} is replaced by {known.successor or 'a newer version'}.")
    return fails("not_issued", f"{known.reference} is not issued.")


def corrected(corrections: Sequence[Correction]) -> Finding:
    if not corrections:
        return tells("figures_stand", "No KPI figure in it has been corrected since.")
    codes = ", ".join(one.code for one in corrections)
    return tells("figures_corrected", f"The register gives these KPI figures otherwise today: {codes}.")


def compared(then: Sequence[Kpi], today: Mapping[str, tuple[str, str]]) -> Sequence[Correction]:
    """KPIs that read otherwise today; `today`: reading and period by code, as the screen says them, for that period."""
    return [
        Correction(kpi.code, kpi.name, said(kpi.reading, kpi.period), said(*today.get(kpi.code, GONE)))
        for kpi in then
        if today.get(kpi.code, GONE) != (kpi.reading, kpi.period)
    ]


GONE = ("no longer defined", "")


def said(reading: str, period: str) -> str:
    return f"{reading} ({period})" if period else reading


def either(good: bool, holding: tuple[str, str], failing: tuple[str, str]) -> Finding:
    return holds(*holding) if good else fails(*failing)


def holds(code: str, sentence: str) -> Finding:
    return Finding(code, Standing.HOLDS, sentence)


def fails(code: str, sentence: str) -> Finding:
    return Finding(code, Standing.FAILS, sentence)


def tells(code: str, sentence: str) -> Finding:
    return Finding(code, Standing.TELLS, sentence)
