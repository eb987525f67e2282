"""The agenda and the minutes of a meeting of an ethics committee."""

from collections.abc import Sequence

from reportlab.platypus import Flowable

from hcqic_gov.ethics.minutes import MeetingPaper, MinuteItem, Person
from reports import style
from reports.flowables import Cell, facts, gap, moment, paragraph, prose, section, subsection, table, title

WITHHELD = "You stepped aside from this item, or it is your own project’s: it is left out of your copy."


def agenda(paper: MeetingPaper) -> list[Flowable]:
    return [*head(paper), *people("Members called", paper.present), section("Items"), *lines(paper.items, brief=True)]


def minutes(paper: MeetingPaper) -> list[Flowable]:
    return [
        *head(paper),
        *people(f"Present ({paper.by_kind})" if paper.by_kind else "Present", paper.present),
        section("Apologies"),
        paragraph(f"Expected and not present: {', '.join(paper.apologies)}." if paper.apologies else "None."),
        section("Items"),
        *lines(paper.items, brief=False),
        section("Other business"),
        *prose(paper.text, nothing="The minutes of the meeting itself are not written yet."),
        section("How these minutes came about"),
        facts(origin(paper)),
    ]


def head(paper: MeetingPaper) -> list[Flowable]:
    rows: list[tuple[str, Cell]] = [
        ("Meeting", paper.reference),
        ("Kind", paper.kind),
        ("When", moment(paper.starts_at)),
        ("Place", paper.place),
        ("State", paper.state),
    ]
    return [
        paragraph(paper.committee, style.LEAD),
        title(paper.status),
        paragraph(paper.note, style.NOTE),
        gap(4),
        facts(rows),
    ]


def people(heading: str, rows: Sequence[Person]) -> list[Flowable]:
    cells = [(one.name, one.kind, one.office) for one in rows]
    shown = table(("Name", "Kind", "Office"), cells, shares=(40, 25, 35), nothing="Nobody is recorded.")
    return [section(heading), shown]


def lines(items: Sequence[MinuteItem], *, brief: bool) -> list[Flowable]:
    if not items:
        return [paragraph("There is no case on this agenda.", style.CAPTION)]
    return [part for number, item in enumerate(items, start=1) for part in line(number, item, brief=brief)]


def line(number: int, item: MinuteItem, *, brief: bool) -> list[Flowable]:
    if item.withheld:
        return [subsection(f"{number}. {item.reference}"), paragraph(WITHHELD, style.CAPTION)]
    shown = [subsection(f"{number}. {item.title}"), facts(about(item, brief=brief))]
    return shown if brief else [*shown, *heard(item)]


def about(item: MinuteItem, *, brief: bool) -> list[tuple[str, Cell]]:
    aside = ", ".join(item.aside) or "nobody"
    known = [
        ("Reference", item.reference),
        ("Business", item.business),
        ("Project", item.project),
        ("Presented by", item.applicant),
        ("Track", item.track),
        ("Stepped aside", aside),
    ]
    if not brief:
        known += [("Other interests", "; ".join(item.interests) or "none declared"), ("Quorum", item.quorum)]
    return [*known, ("Policy", item.pack), ("Fingerprint (SHA-256)", item.fingerprint)]


def heard(item: MinuteItem) -> list[Flowable]:
    """What was said and settled."""
    shown = [paragraph("Discussion", style.LABEL), *prose(item.discussion, nothing="No discussion was recorded.")]
    for decision in item.decisions:
        votes = f"Votes: {decision.votes}." if decision.votes else "No ballot was held."
        shown += [
            paragraph(f"{decision.title} ({moment(decision.at)})", style.LABEL),
            paragraph(votes),
            *prose(decision.reasons, nothing="No reasons were recorded."),
        ]
    if not item.decisions:
        shown += [paragraph("Decision", style.LABEL), paragraph("Nothing was settled at this meeting.")]
    if item.conditions:
        rows = [(text, "before work begins" if first else "while work goes on") for text, first in item.conditions]
        shown.append(table(("Condition", "To be met"), rows, shares=(75, 25), nothing=""))
    return shown


def origin(paper: MeetingPaper) -> list[tuple[str, Cell]]:
    confirmed = f"{moment(paper.confirmed_at)}, by {paper.confirmed}" if paper.confirmed_at else "not confirmed yet"
    return [("Written by", paper.writers or "nobody yet"), ("Confirmed", confirmed)]
