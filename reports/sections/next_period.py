"""The next period, in the author's words."""

from reportlab.platypus import Flowable

from hcqic_gov.reporting.snapshot import Narrative
from reports.flowables import formatted, section


def next_period(narrative: Narrative) -> list[Flowable]:
    return [section("Next period"), *formatted(narrative.next_period, nothing="Nothing was written here.")]
