"""Who is told what of a case: after each move, and by its real age."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import pytest

from hcqic_gov.committee.rules import MemberKind
from hcqic_gov.committee.service import Term
from hcqic_gov.core.calendar import london_day
from hcqic_gov.ethics import service
from hcqic_gov.ethics.approvals import ApprovalKind
from hcqic_gov.ethics.facts import Proposal
from hcqic_gov.ethics.gate import due_of, events_of
from hcqic_gov.ethics.models import EthicsCase
from hcqic_gov.ethics.reminders import remind
from hcqic_gov.ethics.states import Interest
from hcqic_gov.notices.models import OutboxMessage
from hcqic_gov.notices.queries import notices_of
from hcqic_gov.projects import service as projects
from hcqic_gov.projects.models import TeamMember
from tests.ethics_steps import (
    MEMBERS,
    allocate,
    approved_elsewhere,
    decided,
    draft,
    give,
    heard,
    in_review,
    move,
    submitted,
)
from tests.factories import World

pytestmark = pytest.mark.one_database

Told = dict[str, str]


@contextmanager
def telling(world: World) -> Iterator[Told]:
    """Who is told during the block, and what: by name, the subject behind the reference."""
    before, told = last(world), Told()
    yield told
    names = {actor.id: name for name, actor in world.people.items()}
    with world.reading() as session:
        for number in range(before + 1, last(world) + 1):
            row = session.get_one(OutboxMessage, number)
            assert names[row.person_id] not in told, "told twice of one thing"
            told[names[row.person_id]] = row.subject.partition(": ")[2]


def last(world: World) -> int:
    with world.reading() as session:
        return max((n.id for actor in world.people.values() for n in notices_of(session, actor.id)[0]), default=0)


def test_from_the_draft_to_the_committee(world: World) -> None:
    project = world.project(active=True)
    with telling(world) as told:
        case = draft(world, project)
    assert told == {}
    with telling(world) as told:
        move(world, case.reference, "send_to_sponsor", by="project_lead")
    assert told == {"sponsor": "waits for your authorisation"}
    with telling(world) as told:
        move(world, case.reference, "authorise", by="sponsor")
    assert told == {"ethics_officer": "waits to be validated", "project_lead": "submitted"}
    with telling(world) as told:
        move(world, case.reference, "validate", by="ethics_officer")
    assert told == {"project_lead": "found valid"}
    with telling(world) as told:
        allocate(world, case.reference)
    assert told == dict.fromkeys(MEMBERS, "waits for your declaration") | {"project_lead": "with the committee"}
    with telling(world) as told:
        heard(world, case.reference, "favourable")
    assert told == {}
    with telling(world) as told:
        give(world, case.reference, "favourable")
    assert told == {"project_lead": "decided", "ethics_officer": "decided", "sponsor": "decided"}


def test_what_is_told_names_no_reason_and_no_title(world: World) -> None:
    case = submitted(world, world.project(active=True), title="A secret title", lay_summary="A secret summary")
    move(world, case.reference, "mark_invalid", by="ethics_officer", reason="A secret reason")
    with world.reading() as session:
        (notice, *_rest), _total = notices_of(session, world["project_lead"].id)
    assert notice.subject == f"{case.reference}: cannot go on"
    assert "secret" not in notice.body
    assert notice.about.path == f"/ethics/{case.reference}"


def test_who_stepped_aside_and_who_is_on_the_team_is_told_nothing_of_the_office(world: World) -> None:
    project = world.project(active=True)
    case = in_review(world, project)
    member = TeamMember(person_id=world["lay_two"].id, part="Adviser", created_at=world.now, project_id=project.key)
    with world.writing() as session:
        projects.add_part(session, project.reference, member, actor=world["project_lead"], now=world.now)
        service.declare_interest(
            session, case.reference, Interest.RECUSED, details="A cousin.", actor=world["expert_two"], now=world.now
        )
    with telling(world) as told:
        move(world, case.reference, "withdraw", by="project_lead", reason="No more money.")
    members = set(MEMBERS) - {"expert_two", "lay_two"}
    assert told.keys() == members | {"ethics_officer", "lay_two"}
    with world.reading() as session:
        mine = notices_of(session, world["lay_two"].id)[0][0]
    assert mine.body == "The applicant withdrew your project’s application."


def test_the_office_hears_nothing_of_a_withdrawn_draft(world: World) -> None:
    case = draft(world, world.project(active=True))
    with telling(world) as told:
        move(world, case.reference, "withdraw", by="project_lead", reason="Written anew.")
    assert told == {}


def test_what_stops_work_is_told_to_the_team(world: World) -> None:
    case = decided(world, world.project(active=True))
    with telling(world) as told:
        move(world, case.reference, "halt", by="project_lead", reason="A fault.", on=london_day(world.now))
    assert told == {"ethics_officer": "work is halted", "chair": "work is halted"}
    with telling(world) as told:
        move(world, case.reference, "suspend", by="chair", reason="A fault.")
    assert told.keys() == {"project_lead", "ethics_officer", "sponsor"}
    with telling(world) as told:
        move(world, case.reference, "lift_favourable", by="chair", reason="Mended.")
    assert set(told.values()) == {"work may go on"}


def test_conditions(world: World) -> None:
    case = decided(world, world.project(active=True), "favourable_conditions")
    with telling(world) as told, world.writing() as session:
        service.satisfy_condition(
            session, case.reference, 1, evidence="Named.", actor=world["project_lead"], now=world.now
        )
    assert told == dict.fromkeys(("ethics_officer", "chair"), "a condition waits to be confirmed")
    with telling(world) as told, world.writing() as session:
        service.confirm_condition(session, case.reference, 1, actor=world["chair"], now=world.now)
    assert told == {"project_lead": "a condition is confirmed"}


def test_a_refused_move_tells_nobody(world: World) -> None:
    case = submitted(world, world.project(active=True))
    with telling(world) as told, world.writing() as session:
        service.move(session, case.reference, "validate", Proposal(), actor=world["ethics_officer"], now=world.now)
        session.rollback()
    assert told == {}


def reminded(world: World, day: date) -> Told:
    """What the periodic job says on this day; asked a second time, it says nothing more."""
    now = world.now + (day - london_day(world.now))
    with telling(world) as told:
        for _ in range(2):
            with world.writing() as session:
                remind(session, now=now)
    return told


def test_an_opinion_that_ends_is_said_at_90_30_and_7_days(world: World) -> None:
    case = decided(world, world.project(active=True))
    end = case.valid_to or date.max
    said = f"the opinion ends on {end:%-d %B %Y}"
    both = {"project_lead": said, "ethics_officer": said}
    days = {left: reminded(world, end - timedelta(days=left)) for left in (91, 90, 89, 31, 29, 8, 7, 1, 0)}
    assert days == {91: {}, 90: both, 89: {}, 31: {}, 29: both, 8: {}, 7: both, 1: {}, 0: {}}
    assert reminded(world, end + timedelta(days=1)) == {}


def due(world: World, case: EthicsCase) -> date:
    with world.reading() as session:
        found = due_of(case, events_of(session, [case])[case.key])
    assert found is not None
    return found


def test_what_is_due_is_said_a_week_ahead_and_once_it_is_late(world: World) -> None:
    case = in_review(world, world.project(active=True))
    day = due(world, case)
    assert reminded(world, day - timedelta(days=8)) == {}
    assert reminded(world, day - timedelta(days=7)) == dict.fromkeys(
        MEMBERS, f"the next step is due on {day:%-d %B %Y}"
    )
    assert reminded(world, day) == {}
    assert reminded(world, day + timedelta(days=1)) == dict.fromkeys(
        MEMBERS, f"the next step was due on {day:%-d %B %Y}"
    )
    assert reminded(world, day + timedelta(days=9)) == {}


def test_the_officer_is_reminded_of_what_the_officer_holds(world: World) -> None:
    case = submitted(world, world.project(active=True))
    assert reminded(world, due(world, case)).keys() == {"ethics_officer"}


def test_a_member_out_of_term_is_not_reminded(world: World) -> None:
    case = in_review(world, world.project(active=True))
    with world.writing() as session:
        world.add_person(session, "past", set())
        world.appoint(session, Term(world["past"].id, MemberKind.LAY, date(2020, 1, 1), london_day(world.now)))
    assert "past" not in reminded(world, due(world, case))


def test_an_approval_by_others_that_ends_is_said_to_the_lead_until_it_is_renewed(world: World) -> None:
    project, end = world.project(active=True), london_day(world.now) + timedelta(days=100)
    approved_elsewhere(world, project, ApprovalKind.DSPT, valid_to=end)
    said = {"project_lead": f"Data Security and Protection Toolkit ends on {end:%-d %B %Y}"}
    assert reminded(world, end - timedelta(days=91)) == {}
    assert reminded(world, end - timedelta(days=90)) == said
    assert reminded(world, end - timedelta(days=30)) == said
    approved_elsewhere(world, project, ApprovalKind.DSPT, valid_to=end + timedelta(days=365))
    assert reminded(world, end - timedelta(days=7)) == {}
