"""The whole of one ethics case: application, what happened, who decided what, and the audit entries that prove it."""

from collections.abc import Sequence

from reportlab.platypus import Flowable, PageBreak, Paragraph

from hcqic_gov.ethics.dossier import (
    Asked,
    Dossier,
    Elsewhere,
    Frozen,
    Happened,
    Heard,
    Met,
    Ruled,
    Timed,
    Traced,
)
from reports import style
from reports.flowables import Cell, day, facts, gap, inline, moment, paragraph, prose, section, subsection, table, title

HOW_TO_CHECK = (
    "The data of this dossier are attached to this file as case.json. The audit head above is the last entry about "
    "this case: its hash holds every entry of the centre’s audit chain before it. Whoever holds a copy of the chain "
    "can find each entry of the last section there. Copies that were taken of this dossier are not counted."
)


def dossier(value: Dossier) -> list[Flowable]:
    return [
        *cover(value),
        *timeline(value.timeline),
        *clocks(value.clocks),
        *interests(value.interests),
        *questions(value.questions),
        *hearings(value.hearings),
        *decision(value.decision),
        *conditions(value.conditions),
        *approvals(value.approvals),
        *(part for version in value.versions for part in application(version)),
        *audit(value.audit),
    ]


def cover(value: Dossier) -> list[Flowable]:
    rows: list[tuple[str, Cell]] = [
        ("Reference", value.reference),
        ("State", value.state),
        ("Project", value.project),
        ("Applicant", value.applicant),
        ("Track", value.track),
        ("Committee", value.committee),
        ("Policy", value.pack),
        ("Fingerprint (SHA-256)", value.fingerprint or "none yet"),
        ("As at", moment(value.at)),
        ("Audit head (SHA-256)", f"entry {value.audit_number}: {value.audit_head}"),
    ]
    return [
        gap(30),
        paragraph("Dossier of an ethics case", style.LEAD),
        title(value.title),
        paragraph(value.note, style.NOTE),
        facts(rows),
        section("How to check this dossier"),
        paragraph(HOW_TO_CHECK),
        PageBreak(),
    ]


def application(version: Frozen) -> list[Flowable]:
    if version.number == 0:
        head: list[Flowable] = [section("Application, as it is being written"), paragraph("It is not submitted yet.")]
    else:
        effect = moment(version.effective_from) if version.effective_from else "not in effect"
        frozen = moment(version.frozen_at) if version.frozen_at else ""
        known: list[tuple[str, Cell]] = [
            ("Frozen", frozen),
            ("In effect from", effect),
            ("SHA-256", version.sha256),
        ]
        head = [section(f"Application, version {version.number}"), facts(known)]
    shown = [[paragraph(name, style.LABEL), *prose(text, nothing="not answered")] for name, text in version.answers]
    return [*head, *(part for parts in shown for part in parts)]


def timeline(lines: Sequence[Happened]) -> list[Flowable]:
    rows = [(moment(line.at), line.what, line.who, line.reason) for line in lines]
    headers = ("When", "What happened", "Who", "Reason")
    return [section("What happened"), table(headers, rows, shares=(17, 31, 17, 35), nothing="Nothing yet.")]


def clocks(lines: Sequence[Timed]) -> list[Flowable]:
    rows = [
        (
            line.what,
            day(line.started),
            day(line.due, nothing="no limit" if line.days is None else "stands still"),
            day(line.ended, nothing="runs"),
            "; ".join(f"{day(start)} to {day(end, nothing='now')}: {why}" for start, end, why in line.stops) or "never",
        )
        for line in lines
    ]
    headers = ("Clock", "Started", "Due", "Ended", "Stood still")
    return [section("Clocks"), table(headers, rows, shares=(30, 14, 14, 14, 28), nothing="No clock has started.")]


def interests(lines: Sequence[tuple[str, str]]) -> list[Flowable]:
    shown = table(("Member", "Declared"), lines, shares=(35, 65), nothing="Nobody’s declaration is shown here.")
    return [section("Interests"), shown]


def questions(lines: Sequence[Asked]) -> list[Flowable]:
    shown: list[Flowable] = [section("Questions and answers")]
    for line in lines:
        shown += [subsection(f"{line.number}. {line.text}"), paragraph(f"Asked {moment(line.asked_at)}.", style.SMALL)]
        shown += prose(line.answer, nothing="Not answered.")
        if line.answered_at:
            shown.append(paragraph(f"Answered {moment(line.answered_at)}, by {line.answered_by}.", style.SMALL))
    return shown if lines else [*shown, paragraph("The committee asked none.", style.CAPTION)]


def hearings(lines: Sequence[Heard]) -> list[Flowable]:
    shown: list[Flowable] = [section("Meetings")]
    for line in lines:
        known: list[tuple[str, Cell]] = [
            ("Committee", line.committee),
            ("When", moment(line.at)),
            ("Quorum", line.quorum),
        ]
        shown += [subsection(f"Meeting {line.meeting}"), facts(known)]
        shown += [paragraph("Discussion", style.LABEL), *prose(line.discussion, nothing="None is shown here.")]
        for at, what, votes, reason in line.settled:
            counted = f"Votes: {votes}. " if votes else ""
            shown += [paragraph(f"{what} ({moment(at)})", style.LABEL), *prose(counted + reason, nothing="No reasons.")]
    return shown if lines else [*shown, paragraph("No meeting has heard it.", style.CAPTION)]


def decision(value: Ruled | None) -> list[Flowable]:
    if value is None:
        return [section("Decision"), paragraph("It is not decided.", style.CAPTION)]
    end = day(value.valid_to, nothing="no end date")
    valid = f"work from {day(value.valid_from)} to {end}" if value.valid_from else "no work"
    known: list[tuple[str, Cell]] = [
        ("Decision", value.decision),
        ("Decided", f"{moment(value.decided_at)}, by {value.decided_by}"),
        ("Quorum", value.quorum),
        ("Allows", valid),
    ]
    shown = [section("Decision"), facts(known), *prose(value.reasons, nothing="No reasons were recorded.")]
    if value.votes:
        shown.append(table(("Member", "Vote"), value.votes, shares=(45, 55), nothing=""))
    return shown


def conditions(lines: Sequence[Met]) -> list[Flowable]:
    rows = [
        (
            f"{line.text} (before work begins)" if line.pre_start else line.text,
            line.evidence,
            f"{line.satisfied_by}, {moment(line.satisfied_at)}" if line.satisfied_at else "open",
            f"{line.confirmed_by}, {moment(line.confirmed_at)}" if line.confirmed_at else "not confirmed",
        )
        for line in lines
    ]
    headers = ("Condition", "How it is met", "Said by", "Confirmed by")
    return [section("Conditions"), table(headers, rows, shares=(32, 28, 20, 20), nothing="There are no conditions.")]


def approvals(lines: Sequence[Elsewhere]) -> list[Flowable]:
    rows = [
        (
            line.name,
            line.status,
            line.reference or "none",
            f"{day(line.valid_from)} to {day(line.valid_to, nothing='no end date')}" if line.valid_from else "",
            moment(line.recorded_at),
        )
        for line in lines
    ]
    headers = ("Approval", "Status", "Reference", "Valid", "Recorded")
    shown = table(headers, rows, shares=(28, 15, 17, 22, 18), nothing="The project has none on record.")
    return [section("Approvals by others"), shown]


def audit(lines: Sequence[Traced]) -> list[Flowable]:
    rows = [
        (str(line.number), moment(line.at), line.who, line.action, Paragraph(inline(line.sha256), style.HASH))
        for line in lines
    ]
    headers = ("Entry", "When", "Who", "What", "SHA-256")
    return [section("Audit entries"), table(headers, rows, shares=(7, 15, 15, 28, 35), nothing="None.", numbers=(0,))]
