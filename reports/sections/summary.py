"""The summary: UKRI's three questions in the author's words, and what is asked of the funder."""

from reportlab.platypus import Flowable

from hcqic_gov.reporting.snapshot import Narrative
from reports.flowables import formatted, section, subsection

NOTHING = "Nothing was written here."


def summary(narrative: Narrative) -> list[Flowable]:
    parts = (
        ("The most significant achievements", narrative.achievements),
        ("How they are taken forward, and by whom", narrative.taken_forward),
        ("To what extent the objectives were met, and why", narrative.objectives),
        ("What we ask of the funder", narrative.asks),
    )
    body = [piece for name, text in parts for piece in (subsection(name), *formatted(text, nothing=NOTHING))]
    return [section("Summary"), *body]
