"""The documents of the story's applications, and what reviewers found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, select

from hcqic_gov.core.actor import Actor
from hcqic_gov.demo.pages import page
from hcqic_gov.demo.stage import Stage
from hcqic_gov.ethics import queries, reviewing, writing
from hcqic_gov.ethics.application import needed_papers
from hcqic_gov.ethics.models import EthicsCase, EthicsReview
from hcqic_gov.ethics.papers import PAPER_LABELS
from hcqic_gov.ethics.reviews import Finding, Judgement, Remark, criteria
from hcqic_gov.ethics.states import CaseKind


@dataclass(frozen=True, slots=True)
class Found:
    """What reviewers found: who is against the decision, whether there was a doubt, whether one is late."""

    decision: str
    against: tuple[str, ...]
    doubt: bool
    late: bool


def enclose(stage: Stage, session: Session, made: EthicsCase, *, by: Actor) -> None:
    """Each document that the application needs, as a page that says what it would hold."""
    for kind in needed_papers(made):
        title, name = PAPER_LABELS[kind], f"{kind.value}.pdf"
        words = [made.lay_summary, made.participants, "A sample page: nobody takes part in anything."]
        data = page(f"{title}: {made.title}", words)
        writing.add_paper(session, made.reference, data, filename=name, kind=kind, actor=by, now=stage.now)


def ask(stage: Stage, session: Session, reference: str, names: Sequence[str], *, due: date) -> None:
    """An expert and a lay member of those who will hear it are asked for a review of an application."""
    if queries.case(session, reference).kind is CaseKind.MODIFICATION:
        return
    asked = [*[name for name in names if name.startswith("expert")][:1], *[n for n in names if n.startswith("lay")][:1]]
    for name in asked:
        number, officer = stage.by(name).id, stage.by("officer")
        reviewing.assign_reviewer(session, reference, number, due=due, actor=officer, now=stage.now)


def send(stage: Stage, session: Session, reference: str, names: Sequence[str], found: Found) -> None:
    """The reviews of those of these who were asked."""
    key = queries.case(session, reference).key
    asked = set(session.exec(select(EthicsReview.reviewer_id).where(EthicsReview.case_id == key)))
    here = [name for name in names if stage.by(name).id in asked]
    for name in here[: 1 if found.late else None]:
        opposed = name in found.against
        judgement = Judgement(remarks(found, name), "unfavourable" if opposed else found.decision)
        reviewing.submit_review(session, reference, judgement, actor=stage.by(name), now=stage.now)


def remarks(found: Found, name: str) -> dict[str, Remark]:
    """A worry of whoever votes against, a lay member's question where there is a doubt, else content."""
    said = {one.code: Remark(Finding.SATISFACTORY) for one in criteria().criteria}
    if name in found.against:
        said["confidentiality"] = Remark(Finding.CONCERN, "People could be known from few details together.")
    elif found.doubt and name.startswith("lay"):
        said["involvement"] = Remark(Finding.QUESTION, "How will people hear what became of their part in this?")
    return said
