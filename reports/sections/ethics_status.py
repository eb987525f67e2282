"""Ethics and governance status: approvals, when they end, and runs without every gate."""

from collections.abc import Sequence

from reportlab.platypus import Flowable

from hcqic_gov.reporting.snapshot import Approval, Incident, Level, Runs
from reports.flowables import day, facts, paragraph, rag, section, subsection, table

NOT_AN_NHS_REC = "The centre's ethics committee is an advisory committee of the centre. It is not an NHS REC."


def ethics_status(approvals: Sequence[Approval], incidents: Sequence[Incident], runs: Runs) -> list[Flowable]:
    rows = [
        (
            line.project,
            line.body,
            line.reference or "none",
            line.state,
            day(line.valid_until, nothing="none"),
            rag(line.level, line.status),
        )
        for line in approvals
    ]
    headers = ("Project", "Approval", "Reference", "State", "Valid until", "Status")
    nothing = "No ethics cases are recorded for the projects of this report."
    ungated = rag(Level.GREEN if runs.ungated == 0 else Level.RED, f"{runs.ungated} in this period; it must be 0")
    return [
        section("Ethics and governance"),
        subsection("Approvals"),
        table(headers, rows, shares=(18, 21, 18, 14, 12, 17), nothing=nothing),
        subsection("Incidents"),
        table(
            ("Day", "Project", "What happened"),
            [(day(line.day), line.project, line.what) for line in incidents],
            shares=(14, 20, 66),
            nothing="No approval was halted, suspended or terminated in this period.",
        ),
        subsection("Runs"),
        facts([("Ungated runs", ungated), ("Run requests refused at a gate", str(runs.refused))], share=0.3),
        paragraph(NOT_AN_NHS_REC),
    ]
