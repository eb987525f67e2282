"""The committee's opinion on one case, as a letter."""

from collections.abc import Sequence

from reportlab.platypus import Flowable

from hcqic_gov.ethics.letters import LetterChange, LetterCondition, LetterMember, LetterPaper, OpinionLetter
from reports import style
from reports.flowables import Cell, day, facts, gap, moment, paragraph, prose, section, table, title


def opinion_letter(letter: OpinionLetter) -> list[Flowable]:
    return [
        paragraph(letter.committee, style.LEAD),
        title(letter.decision),
        paragraph(letter.note, style.NOTE),
        gap(4),
        facts(case(letter)),
        section("Reasons"),
        *prose(letter.reasons, nothing="No reasons were recorded."),
        *middle(letter),
        *papers(letter.papers),
        *members(letter.members, letter.quorum),
        section("How this was decided"),
        facts(
            [
                ("Decided", f"{moment(letter.decided_at)}, by {letter.decider} ({letter.decider_role})"),
                ("Under", letter.pack_title),
                ("Fingerprint (SHA-256)", letter.pack_fingerprint),
            ]
        ),
    ]


def middle(letter: OpinionLetter) -> list[Flowable]:
    """What was asked, what was to be changed, or on which conditions."""
    if letter.questions:
        return questions(letter)
    return changes(letter.changes) if letter.changes else [section("Conditions"), conditions(letter.conditions)]


def case(letter: OpinionLetter) -> list[tuple[str, Cell]]:
    return [
        ("Reference", letter.reference),
        ("Title", letter.title),
        ("Project", f"{letter.project_reference} {letter.project_title}"),
        ("Applicant", letter.applicant),
        ("What it means", letter.effect) if letter.effect else ("Valid", validity(letter)),
    ]


def changes(lines: Sequence[LetterChange]) -> list[Flowable]:
    """What the decision is about: both sides of each field."""
    rows = [(line.name, line.old, line.new) for line in lines]
    asked = table(("Part", "Approved before", "Asked for"), rows, shares=(20, 40, 40), nothing="")
    return [section("The change that was decided on"), asked]


def validity(letter: OpinionLetter) -> str:
    if letter.valid_from is None:
        return "This decision allows no work to begin."
    end = "without an end date" if letter.valid_to is None else f"to {day(letter.valid_to)}"
    return f"from {day(letter.valid_from)} {end}"


def questions(letter: OpinionLetter) -> list[Flowable]:
    """What is asked, by when, and what happens then."""
    rows = [(str(number), text) for number, text in enumerate(letter.questions, start=1)]
    due = f"Answer all of them by {day(letter.respond_by)}." if letter.respond_by else "Answer all of them."
    lapses = " After that day the application lapses." if letter.respond_by else ""
    return [
        section("What the committee asks"),
        table(("Question", "Text"), rows, shares=(12, 88), nothing=""),
        paragraph(f"{due}{lapses} Your answers are decided on by {letter.delegate}."),
    ]


def conditions(lines: Sequence[LetterCondition]) -> Flowable:
    rows = [(line.text, "before work begins" if line.pre_start else "while work goes on") for line in lines]
    return table(("Condition", "To be met"), rows, shares=(75, 25), nothing="There are no conditions.")


def papers(lines: Sequence[LetterPaper]) -> list[Flowable]:
    """Which version of which document the decision is about; nothing where there is none."""
    if not lines:
        return []
    rows = [(line.name, str(line.version), line.sha256) for line in lines]
    held = table(("Document", "Version", "SHA-256 of the file"), rows, shares=(36, 12, 52), nothing="")
    return [section("Documents that were decided on"), held]


def members(lines: Sequence[LetterMember], quorum: str) -> list[Flowable]:
    """Who was present; nothing where an officer determined the case."""
    if not lines:
        return []
    rows = [(line.name, line.kind, "Chair" if line.chair else "Member") for line in lines]
    present = table(("Name", "Kind", "Part"), rows, shares=(45, 35, 20), nothing="")
    return [section("Members present"), paragraph(quorum), present]
