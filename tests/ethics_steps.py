"""Steps of an ethics case for tests, each made through the services by the person who makes it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from sqlmodel import Session

from hcqic_gov.committee import service as committee
from hcqic_gov.committee.models import Meeting
from hcqic_gov.committee.rules import MeetingKind, MeetingState
from hcqic_gov.core.calendar import london_day
from hcqic_gov.ethics import queries, reviewing, service, writing
from hcqic_gov.ethics.application import Application, needed_papers
from hcqic_gov.ethics.approvals import ApprovalEntry, ApprovalKind, ApprovalStatus
from hcqic_gov.ethics.facts import NewCondition, Proposal
from hcqic_gov.ethics.models import EthicsCase, EthicsPaper, EthicsReview
from hcqic_gov.ethics.papers import PaperKind
from hcqic_gov.ethics.reviews import Finding, Judgement, Remark, criteria
from hcqic_gov.ethics.states import ConsentBasis, Interest, Method, Purpose, Track, WorkKind
from hcqic_gov.ethics.triage import triage
from hcqic_gov.projects.models import Project
from hcqic_gov.projects.rules import DataClass
from tests.factories import MEMBERS as MEMBERS
from tests.factories import World
from tests.remembered import remembered

PDF = b"%PDF-1.4\n% a document of nobody\n"


def answers(*yes: str) -> dict[str, bool]:
    """Answers to all triage questions: yes to these, no to the others."""
    return {question.code: question.code in yes for question in triage().questions}


APPLICATION = Application(
    "Rosters from simulated annealing",
    "We compare ways to make rosters. No real person's data is used.",
    WorkKind.RESEARCH,
    answers(),
    DataClass.SYNTHETIC,
    (Purpose.METHOD_DEVELOPMENT,),
    (Method.HPC, Method.QUANTUM_SIMULATION),
    "Nobody: all data is made up.",
    ConsentBasis.NO_PEOPLE,
)
PRE_START = NewCondition("Name the data manager.", pre_start=True)


def draft(world: World, project: Project, *, by: str = "project_lead", **changes: Any) -> EthicsCase:
    """A complete draft, with each document that it needs."""
    application = replace(APPLICATION, **changes)
    with world.writing() as session:
        case = service.apply(session, project.reference, application, actor=world[by], now=world.now)
        for kind in needed_papers(case):
            add_paper(session, world, case.reference, kind=kind, by=by)
        return case


def add_paper(
    session: Session,
    world: World,
    reference: str,
    data: bytes = PDF,
    *,
    kind: PaperKind = PaperKind.PROTOCOL,
    by: str = "project_lead",
    **more: Any,
) -> EthicsPaper:
    options = {"filename": f"{kind}.pdf", "kind": kind, **more}
    return writing.add_paper(session, reference, data, actor=world[by], now=world.now, **options)


def move(world: World, reference: str, name: str, *, by: str, **proposal: Any) -> EthicsCase:
    with world.writing() as session:
        return service.move(session, reference, name, Proposal(**proposal), actor=world[by], now=world.now)


@remembered
def submitted(world: World, project: Project, *, by: str = "project_lead", **changes: Any) -> EthicsCase:
    case = draft(world, project, by=by, **changes)
    move(world, case.reference, "send_to_sponsor", by=by)
    return move(world, case.reference, "authorise", by="sponsor")


@remembered
def in_review(
    world: World, project: Project, *, track: Track = Track.FULL, meeting: Meeting | None = None, **changes: Any
) -> EthicsCase:
    """On the agenda of this meeting, or of one that is planned for it."""
    case = submitted(world, project, **changes)
    move(world, case.reference, "validate", by="ethics_officer")
    return allocate(world, case.reference, track=track, meeting=meeting)


def allocate(world: World, reference: str, *, track: Track = Track.FULL, meeting: Meeting | None = None) -> EthicsCase:
    kind = MeetingKind.FULL if track is Track.FULL else MeetingKind.SUB_COMMITTEE
    seating = meeting or world.plan_meeting(kind=kind)
    return move(world, reference, "allocate", by="ethics_officer", track=track, meeting_id=seating.key)


def meets(world: World, reference: str, *, members: Sequence[str] = MEMBERS, presiding: str = "") -> None:
    """The meeting that hears the case is open, with these members present, the first of them in the chair."""
    with world.writing() as session:
        meeting = session.get_one(Meeting, queries.case(session, reference).meeting_id)
        if meeting.state is MeetingState.PLANNED:
            committee.move(session, meeting.reference, "open", actor=world["ethics_officer"], now=world.now)
        committee.record_attendance(
            session,
            meeting.reference,
            [world[name].id for name in members],
            presiding=world[presiding or members[0]].id,
            actor=world["ethics_officer"],
            now=world.now,
        )


def declare(world: World, reference: str, *members: str) -> None:
    with world.writing() as session:
        for name in members:
            service.declare_interest(session, reference, Interest.NONE, actor=world[name], now=world.now)


def review(
    world: World, reference: str, by: str, *, finding: Finding = Finding.SATISFACTORY, words: str = "", **more: Any
) -> EthicsReview:
    """This member was asked for a review and sends one, with the same remark on every criterion."""
    remarks = {one.code: Remark(finding, words) for one in criteria().criteria}
    judgement = Judgement(remarks, **{"recommendation": "favourable", **more})
    with world.writing() as session:
        return reviewing.submit_review(session, reference, judgement, actor=world[by], now=world.now)


def ask_for_review(world: World, reference: str, *members: str) -> None:
    due = london_day(world.now) + timedelta(days=7)
    with world.writing() as session:
        for name in members:
            reviewing.assign_reviewer(
                session, reference, world[name].id, due=due, actor=world["ethics_officer"], now=world.now
            )


@remembered
def reviewed(world: World, project: Project, *members: str) -> EthicsCase:
    """In review; these members (else the chair and a lay one) were asked for a review, and the first has sent it."""
    case, asked = in_review(world, project), members or ("chair", "committee_lay")
    ask_for_review(world, case.reference, *asked)
    declare(world, case.reference, *asked)
    review(world, case.reference, asked[0])
    return case


def vote(world: World, reference: str, choice: str, *members: str) -> None:
    with world.writing() as session:
        for name in members:
            service.vote(session, reference, choice, actor=world[name], now=world.now)


@remembered
def open_vote(world: World, reference: str, *, members: Sequence[str] = MEMBERS) -> None:
    """The members are present and have declared no interest; the first of them has opened the vote."""
    meets(world, reference, members=members)
    declare(world, reference, *members)
    move(world, reference, "open_vote", by=members[0])


def heard(world: World, reference: str, choice: str, *, members: Sequence[str] = MEMBERS) -> None:
    """The members are present, declare no interest, and vote alike."""
    open_vote(world, reference, members=members)
    vote(world, reference, choice, *members)


@remembered
def decided(world: World, project: Project, decision: str = "favourable", **changes: Any) -> EthicsCase:
    """Decided by the full committee; valid for a year, with one pre-start condition where it carries conditions."""
    case = in_review(world, project, **changes)
    heard(world, case.reference, decision)
    return give(world, case.reference, decision)


def give(world: World, reference: str, decision: str, *, valid_to: date | None = None, by: str = "chair") -> EthicsCase:
    day = london_day(world.now)
    return move(
        world,
        reference,
        decision,
        by=by,
        reason="The committee found it so.",
        valid_from=day,
        valid_to=valid_to or day.replace(year=day.year + 1),
        conditions=(PRE_START,) if decision == "favourable_conditions" else (),
    )


def approved_elsewhere(world: World, project: Project, *kinds: ApprovalKind, valid_to: date | None = None) -> None:
    """External approvals, granted from today for every class of data."""
    with world.writing() as session:
        for kind in kinds:
            entry = ApprovalEntry(
                kind,
                ApprovalStatus.GRANTED,
                "EX-1",
                valid_from=london_day(world.now),
                valid_to=valid_to,
                data_class=DataClass.IDENTIFIABLE,
            )
            service.record_approval(session, project.reference, entry, actor=world["ethics_officer"], now=world.now)
