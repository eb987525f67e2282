"""What a corrected version says otherwise than the one that it replaces."""

from reportlab.platypus import Flowable

from hcqic_gov.reporting.snapshot import Edition
from reports.flowables import paragraph, section, table

NOTHING_CHANGED = "Data and words are the same as in the previous version."
NEW, GONE = "not there", "no longer there"


def corrections(edition: Edition) -> list[Flowable]:
    """Nothing in a first version."""
    if not edition.stamp.supersedes:
        return []
    rows = [(one.part, one.what, one.before or NEW, one.after or GONE) for one in edition.corrected]
    headers = ("Part", "What", "In the previous version", "In this version")
    return [
        section("What this version corrects"),
        paragraph(f"It replaces {edition.stamp.supersedes.removesuffix('.')}."),
        table(headers, rows, shares=(12, 22, 33, 33), nothing=NOTHING_CHANGED),
    ]
