"""What the simulated quantum runs of the period do and do not show."""

from reportlab.platypus import Flowable

from hcqic_gov.reporting.snapshot import Runs
from reports import style
from reports.flowables import facts, paragraph, section

WARNING = "SIMULATED – not clinical evidence, not evidence of quantum advantage."
SHOWS = (
    "These runs were simulated on classical computers. They show that a circuit can be written, governed, executed and "
    "reproduced under the centre's gates, and what resources it asks for."
)
DOES_NOT_SHOW = (
    "They do not show that a quantum computer would do the same work better, faster or cheaper than the best classical "
    "method, and no result may be used in the care of a person."
)


def simulated_runs(runs: Runs) -> list[Flowable]:
    rows = [
        ("Run requests in this period", str(runs.requested)),
        ("Executed", str(runs.executed)),
        ("Refused at a gate", str(runs.refused)),
        ("Results released", str(runs.released)),
    ]
    return [
        section("What simulated runs do and do not show"),
        paragraph(WARNING, style.NOTE),
        facts(list(rows), share=0.4),
        paragraph(SHOWS),
        paragraph(DOES_NOT_SHOW),
    ]
