"""Reads what a PDF says of itself: its signatures and the data attached to it; a hostile file ends in a sentence."""

import json
import logging
import subprocess
import sys
import zlib
from base64 import b64encode
from collections.abc import Mapping
from io import BytesIO
from threading import BoundedSemaphore

from asn1crypto.x509 import Certificate  # type: ignore[import-untyped]
from pikepdf import Array, Name, PasswordError, Pdf, PdfError, Stream

from hcqic_gov.core.canonical import fingerprint
from hcqic_gov.core.errors import Invalid
from hcqic_gov.reporting.checking import Examined, Signature
from hcqic_gov.settings import ROOT

MOST_BYTES = 25 * 1024 * 1024
MOST_SNAPSHOT = 20 * 1024 * 1024
"""Of the attached data, unpacked: what is larger is not ours."""


MEMORY, SECONDS, WAIT = 768 * 1024 * 1024, 10, 60
"""Bytes, seconds of the processor and seconds by the clock that a file may take; a report takes one second."""
AT_ONCE, PATIENCE = BoundedSemaphore(2), 2.0
"""Files that are read at the same time, and seconds that another one waits: who sends many stops nobody else."""
TOO_MUCH = "The file takes more time or memory to read than a report of this centre ever does, so it is none as issued."


def examine_apart(data: bytes, known: Mapping[str, Certificate]) -> Examined:
    """The same as `examine`, in a process of its own: a few bytes may unpack to gigabytes, or be read for ever.

    Errors: Invalid where others are being read.
    """
    sha256 = fingerprint(data)
    if fault := fault_of(data):
        return Examined(sha256, fault)
    if not AT_ONCE.acquire(timeout=PATIENCE):
        raise Invalid("Other files are being checked just now. Try again in a minute.", {"file": "Try again"})
    try:
        done = examiner(data, known)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return Examined(sha256, TOO_MUCH)
    finally:
        AT_ONCE.release()
    said = json.loads(done.stdout)
    return Examined(**{**said, "signatures": tuple(Signature(**one) for one in said["signatures"])})


def examiner(data: bytes, known: Mapping[str, Certificate]) -> "subprocess.CompletedProcess[bytes]":
    certificates = [b64encode(one.dump()).decode() for one in known.values()]
    asked = json.dumps({"memory": MEMORY, "seconds": SECONDS, "certificates": certificates})
    return subprocess.run(
        [sys.executable, "-m", "reports.examiner"],
        input=f"{asked}\n".encode() + data,
        capture_output=True,
        timeout=WAIT,
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT)},
        check=True,
    )


def examine(data: bytes, known: Mapping[str, Certificate]) -> Examined:
    """What these bytes say; `known` are the centre's certificates by fingerprint. Errors: MemoryError."""
    sha256 = fingerprint(data)
    if fault := fault_of(data):
        return Examined(sha256, fault)
    try:
        with Pdf.open(BytesIO(data), attempt_recovery=False) as pdf:
            snapshot = snapshot_sha256(pdf)
    except PasswordError:
        return Examined(sha256, "The file is locked with a password. Reports of this centre never are.")
    except (PdfError, ValueError, RuntimeError, RecursionError, AttributeError, TypeError, KeyError):
        return Examined(sha256, "The file is damaged: it cannot be read as a PDF.")
    signatures, signature_fault = signatures_of(data, known)
    return Examined(sha256, "", signatures, signature_fault, snapshot)


def fault_of(data: bytes) -> str:
    """Why this is no PDF that we would look into; "" where it may be one."""
    if not data:
        return "The file is empty."
    if len(data) > MOST_BYTES:
        return "The file is over 25 MB. Reports of this centre are smaller."
    return "" if data.startswith(b"%PDF-") else "The file is not a PDF."


def snapshot_sha256(pdf: Pdf) -> str:
    """Of the attached data; "" where there is not one file of data, or it is packed as we never pack it."""
    names = [name for name in pdf.attachments if name.endswith(".json")]
    if len(names) != 1 or len(pdf.attachments) != 1:
        return ""
    stream = pdf.attachments[names[0]].get_file().obj
    raw = unpacked(stream) if isinstance(stream, Stream) else None
    return "" if raw is None else fingerprint(raw)


def unpacked(stream: Stream) -> bytes | None:
    """Never more than the limit: a small file may unpack to any size."""
    kind = stream.get(Name.Filter)
    if isinstance(kind, Array):
        kind = kind[0] if len(kind) == 1 else Name.Unknown
    raw = stream.read_raw_bytes()
    if kind is None:
        return raw
    if kind != Name.FlateDecode:
        return None
    machine = zlib.decompressobj()
    try:
        found = machine.decompress(raw, MOST_SNAPSHOT)
    except zlib.error:
        return None
    return found if machine.eof else None


def signatures_of(data: bytes, known: Mapping[str, Certificate]) -> tuple[tuple[Signature, ...], str]:
    """The signatures, and why they cannot be read, if so."""
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)  # what it says of a hostile file is in the answer
    logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)
    from reports.pades import signatures

    try:
        return signatures(data, known), ""
    except Exception:  # noqa: BLE001 - whatever a reader of hostile bytes stumbles on, the answer is the same
        return (), "it is damaged"
