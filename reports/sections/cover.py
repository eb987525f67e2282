"""The cover: which report this is, how far it has come, and how to check it."""

from reportlab.platypus import Flowable

from hcqic_gov.reporting.snapshot import About, Stamp
from reports import style
from reports.flowables import Cell, facts, gap, moment, paragraph, section, title

HOW_TO_CHECK = (
    "The data of this report are attached to this file as snapshot.json. Their SHA-256 is the snapshot hash above. "
    "The audit head is the last entry of the centre's audit chain when the report was issued: whoever holds a later "
    "copy of the chain can find it there. The file is signed when it is issued. Anybody can check it: on the page "
    "“Check a report” of the centre's site, or with the command hcqic report verify."
)


def cover(about: About, stamp: Stamp) -> list[Flowable]:
    awards = "; ".join(about.awards) or "none"
    rows: list[tuple[str, Cell]] = [
        ("Report", f"{stamp.reference}, version {stamp.version}"),
        ("Status", stamp.status),
        ("For", about.funder),
        ("Awards", awards),
        ("Period", f"{about.period_label} ({about.period_code})"),
        ("Data as at", moment(about.frozen_at)),
        ("Prepared by", stamp.author),
        ("Reviewed by", stamp.reviewer or "not reviewed yet"),
        ("Issued", moment(stamp.issued_at) if stamp.issued_at else "not issued: a draft may still change"),
    ]
    if stamp.supersedes:
        rows.append(("Replaces", stamp.supersedes))
    return [
        gap(30),
        paragraph("Health and Care Quantum Innovation Centre", style.LEAD),
        title(about.title),
        gap(8),
        facts(rows),
        section("How to check this report"),
        facts(proof(stamp)),
        paragraph(HOW_TO_CHECK),
    ]


def proof(stamp: Stamp) -> list[tuple[str, Cell]]:
    head = f"entry {stamp.audit_entry}: {stamp.audit_head}" if stamp.audit_head else "set when the report is issued"
    return [("Snapshot hash (SHA-256)", stamp.snapshot_sha256), ("Audit head (SHA-256)", head)]
