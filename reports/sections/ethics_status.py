"""Ethics and governance status: approvals, when they end, and runs without every gate."""

from collections.abc import Sequence

from reportlab.platypus import Flowable

from hcqic_gov.reporting.snapshot import Approval, Level, Runs
from reports.flowables import day, facts, paragraph, rag, section, table


def ethics_status(approvals: Sequence[Approval], runs: Runs) -> list[Flowable]:
    rows = [
        (line.project, line.reference, line.body, day(line.valid_until, nothing="none"), rag(line.level, line.status))
        for line in approvals
    ]
    headers = ("Project", "Reference", "Decided by", "Valid until", "Status")
    nothing = "No ethics cases are recorded for the projects of this report."
    ungated = rag(Level.GREEN if runs.ungated == 0 else Level.RED, f"{runs.ungated} in this period; it must be 0")
    return [
        section("Ethics and governance"),
        table(headers, rows, shares=(24, 19, 22, 14, 21), nothing=nothing),
        facts([("Ungated runs", ungated), ("Run requests refused at a gate", str(runs.refused))], share=0.3),
        paragraph("The centre's ethics committee is an advisory committee of the centre. It is not an NHS REC."),
    ]
