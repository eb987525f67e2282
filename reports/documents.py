"""Which sections make which document, in which order, and which part of the snapshot each one sees."""

from collections.abc import Callable, Sequence
from datetime import datetime

from reportlab.platypus import Flowable, PageBreak

from hcqic_gov.core.canonical import canonical, fingerprint
from hcqic_gov.ethics.dossier import Dossier
from hcqic_gov.ethics.letters import OpinionLetter
from hcqic_gov.ethics.minutes import MeetingPaper
from hcqic_gov.reporting.snapshot import Edition, Kpi, freeze
from hcqic_gov.scenarios.paper import BoardPaper
from reports.build import Attachment, Furniture, build
from reports.sections import case_dossier, kpi_detail, meeting
from reports.sections.appendix import appendix
from reports.sections.benefits import benefits
from reports.sections.budget import budget
from reports.sections.corrections import corrections
from reports.sections.cover import cover
from reports.sections.ethics_status import ethics_status
from reports.sections.milestones import milestones
from reports.sections.next_period import next_period
from reports.sections.opinion_letter import opinion_letter
from reports.sections.outputs import outputs
from reports.sections.rag_summary import rag_summary
from reports.sections.risks import risks
from reports.sections.scenario_paper import scenario_paper
from reports.sections.simulated_runs import simulated_runs
from reports.sections.summary import summary

FUNDER_REPORT: tuple[Callable[[Edition], Sequence[Flowable]], ...] = (
    lambda e: cover(e.report.about, e.stamp),
    corrections,
    lambda e: [PageBreak(), *summary(e.report.narrative)],
    lambda e: rag_summary(e.report.kpis),
    lambda e: milestones(e.report.milestones),
    lambda e: budget(e.report.budget),
    lambda e: risks(e.report.risks),
    lambda e: kpi_detail.kpi_detail(e.report.kpis),
    lambda e: outputs(e.report.outputs),
    lambda e: ethics_status(e.report.approvals, e.report.incidents, e.report.runs),
    lambda e: benefits(e.report.kpis),
    lambda e: simulated_runs(e.report.runs),
    lambda e: next_period(e.report.narrative),
    lambda e: appendix(e.report.kpis, e.report.sources),
)


def funder_report(edition: Edition) -> bytes:
    """The report as PDF/A-3b with its snapshot attached; the same edition gives the same bytes."""
    about, stamp = edition.report.about, edition.stamp
    furniture = Furniture(
        title=f"{about.title}, {about.period_label}",
        reference=f"{stamp.reference} v{stamp.version}",
        status=stamp.status,
        proof=f"snapshot {stamp.snapshot_sha256[:12]}",
        at=stamp.issued_at or about.frozen_at,
    )
    attachment = Attachment("snapshot.json", canonical(freeze(edition.report)), "The data of this report")
    return build([part for section in FUNDER_REPORT for part in section(edition)], furniture, attachment=attachment)


def kpi_page(kpi: Kpi, at: datetime) -> bytes:
    """One KPI as it is at a moment: chart, explanations and all its values, with them attached as data."""
    data = canonical(kpi)
    furniture = Furniture(
        title=f"{kpi.code} {kpi.name}",
        reference=kpi.code,
        status="as shown on the dashboard",
        proof=f"values {fingerprint(data)[:12]}",
        at=at,
    )
    return build(kpi_detail.alone(kpi), furniture, attachment=Attachment("kpi.json", data, "The values of this KPI"))


def letter(value: OpinionLetter) -> bytes:
    """An opinion letter as PDF/A-3b with its data attached."""
    data = canonical(value)
    furniture = Furniture(
        title=f"Ethics opinion on {value.reference}",
        reference=value.reference,
        status=value.decision,
        proof=f"letter {fingerprint(data)[:12]}",
        at=value.decided_at,
    )
    attachment = Attachment("opinion.json", data, "The data of this letter")
    return build(opinion_letter(value), furniture, attachment=attachment)


def agenda(value: MeetingPaper) -> bytes:
    """The agenda of a meeting as PDF/A-3b."""
    return meeting_paper(value, meeting.agenda(value), "agenda")


def minutes(value: MeetingPaper) -> bytes:
    """The minutes of a meeting as PDF/A-3b, called a draft on every page until they are confirmed."""
    return meeting_paper(value, meeting.minutes(value), "minutes")


def meeting_paper(value: MeetingPaper, shown: Sequence[Flowable], name: str) -> bytes:
    data = canonical(value)
    furniture = Furniture(
        title=f"{value.committee}: {value.status.lower()} of {value.reference}",
        reference=value.reference,
        status=value.status,
        proof=f"{name} {fingerprint(data)[:12]}",
        at=value.at,
    )
    return build(shown, furniture, attachment=Attachment(f"{name}.json", data, f"The data of this {name}"))


def dossier(value: Dossier) -> bytes:
    """The whole of one case as PDF/A-3b with its data attached."""
    data = canonical(value)
    furniture = Furniture(
        title=f"Dossier of {value.reference}",
        reference=value.reference,
        status=value.state,
        proof=f"dossier {fingerprint(data)[:12]}, audit entry {value.audit_number}",
        at=value.at,
    )
    return build(case_dossier.dossier(value), furniture, attachment=Attachment("case.json", data, "The case as data"))


def board_paper(value: BoardPaper) -> bytes:
    """The comparison of scenarios as PDF/A-3b with its data attached."""
    data = canonical(value)
    furniture = Furniture(
        title="Operating-model scenarios compared",
        reference=value.reference,
        status="paper for the board",
        proof=f"paper {fingerprint(data)[:12]}",
        at=value.at,
    )
    return build(scenario_paper(value), furniture, attachment=Attachment("paper.json", data, "The data of this paper"))
