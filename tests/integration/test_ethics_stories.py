"""Stories of the ethics register from end to end, each through the services by the people whose story it is."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from hcqic_gov.audit.queries import history, verify_chain
from hcqic_gov.committee import service as committee
from hcqic_gov.committee.rules import MeetingKind, MemberKind
from hcqic_gov.core.calendar import london_day
from hcqic_gov.core.errors import Refused
from hcqic_gov.core.ruling import Ruling
from hcqic_gov.ethics import queries, service, waiting
from hcqic_gov.ethics.clocks import ClockKind, ClockState
from hcqic_gov.ethics.hearing import choosable, hearing
from hcqic_gov.ethics.models import EthicsCase
from hcqic_gov.ethics.opinions import letter
from hcqic_gov.ethics.standing import Scope
from hcqic_gov.ethics.states import Interest, Method, Purpose, State, Track
from hcqic_gov.people.rules import Role
from hcqic_gov.projects import service as projects
from hcqic_gov.projects.models import Project, TeamMember
from hcqic_gov.projects.rules import DataClass
from hcqic_gov.projects.service import Details
from tests.ethics_steps import (
    MEMBERS,
    allocate,
    decided,
    declare,
    draft,
    give,
    heard,
    in_review,
    meets,
    move,
    open_vote,
    submitted,
    vote,
)
from tests.factories import World

pytestmark = pytest.mark.one_database

WORK = Scope(DataClass.SYNTHETIC, Purpose.METHOD_DEVELOPMENT, Method.HPC)
RESPONSE = ("Where is the data?",)


def case_of(world: World, reference: str) -> EthicsCase:
    with world.reading() as session:
        return queries.case(session, reference)


def may_run(world: World, project: Project, at: datetime | None = None) -> Ruling:
    with world.reading() as session:
        return queries.execution_ruling(session, project.key, WORK, at=at or world.now)


def refusal_of(world: World, reference: str, name: str, *, by: str, **entered: object) -> str:
    """The code with which this move is refused."""
    with pytest.raises(Refused) as refusal:
        move(world, reference, name, by=by, **entered)
    return refusal.value.code


def titles(world: World, who: str) -> list[str]:
    with world.reading() as session:
        return [task.title for task in waiting.tasks_for(session, world[who], now=world.now)]


def step_aside(world: World, reference: str, who: str) -> None:
    with world.writing() as session:
        service.declare_interest(
            session, reference, Interest.RECUSED, details="A friend.", actor=world[who], now=world.now
        )


@pytest.mark.parametrize(
    ("hour", "state"),
    [
        (datetime(2026, 7, 1, 22, 59, tzinfo=UTC), ClockState.MET),
        (datetime(2026, 7, 1, 23, tzinfo=UTC), ClockState.LATE),
    ],
)
def test_decided_on_the_very_last_day(world: World, hour: datetime, state: ClockState) -> None:
    """Valid on 1 June, so due on 1 July: a minute before midnight in London is in time, midnight is not."""
    case = in_review(world, world.project(active=True))
    world.now = hour
    heard(world, case.reference, "favourable")
    give(world, case.reference, "favourable")
    with world.reading() as session:
        found = queries.case(session, case.reference)
        clocks = queries.clocks_of(found, queries.events_of(session, [found])[found.key])
    clock = next(clock for clock in clocks if clock.kind is ClockKind.FIRST_DECISION)
    assert (clock.due, clock.state(london_day(hour))) == (date(2026, 7, 1), state)


@pytest.mark.parametrize(
    ("last", "midnight"),
    [
        (date(2026, 10, 24), datetime(2026, 10, 24, 23, tzinfo=UTC)),  # summer time, for one more day
        (date(2026, 10, 25), datetime(2026, 10, 26, 0, tzinfo=UTC)),  # the clocks went back that night
    ],
)
def test_an_opinion_expires_at_midnight_in_london(world: World, last: date, midnight: datetime) -> None:
    project = world.project(active=True)
    case = in_review(world, project)
    heard(world, case.reference, "favourable")
    give(world, case.reference, "favourable", valid_to=last)
    before = midnight - timedelta(seconds=1)
    assert may_run(world, project, before).allowed
    assert may_run(world, project, midnight).code == "expired"
    with world.writing() as session:
        assert service.expire_due(session, now=before) == 0
        assert service.expire_due(session, now=midnight) == 1
    assert case_of(world, case.reference).state is State.EXPIRED


def test_an_opinion_is_extended_before_its_end_and_not_after(world: World) -> None:
    project = world.project(active=True)
    case = decided(world, project)
    world.now = datetime(2027, 6, 1, 22, tzinfo=UTC)
    later = date(2027, 12, 31)
    move(world, case.reference, "extend", by="chair", reason="More data came late.", valid_to=later)
    world.now += timedelta(days=30)
    assert may_run(world, project).allowed
    world.now = datetime(2028, 1, 1, 12, tzinfo=UTC)
    code = refusal_of(world, case.reference, "extend", by="chair", reason="Again.", valid_to=date(2029, 1, 1))
    assert code == "end_date_ahead"
    assert may_run(world, project).code == "expired"


def test_work_halted_for_safety_does_not_go_on_by_any_way_round(world: World) -> None:
    """Neither by a restart nor by a suspension that is lifted again."""
    project = world.project(active=True)
    case = decided(world, project).reference
    move(world, case, "halt", by="project_lead", reason="A patient was harmed.", on=date(2026, 6, 1), safety=True)
    assert refusal_of(world, case, "restart_favourable", by="ethics_officer", reason="Fine.") == "safe_to_restart"
    move(world, case, "suspend", by="chair", reason="Until we know more.")
    assert refusal_of(world, case, "lift_favourable", by="chair", reason="Fine.") == "safe_to_restart"
    assert may_run(world, project).code == "suspended"


def test_an_emergency_suspension_that_nobody_ratifies_stops_work_until_the_end(world: World) -> None:
    project = world.project(active=True)
    case = decided(world, project).reference
    with world.writing() as session:
        reference = hearing(session, queries.case(session, case), london_day(world.now)).meeting.reference  # type: ignore[union-attr]
        committee.move(session, reference, "close", actor=world["chair"], now=world.now)
    world.now += timedelta(days=1)
    move(world, case, "suspend", by="chair", reason="An incident.")
    assert case_of(world, case).to_ratify
    for _ in range(3):  # meetings come and go without it
        world.now += timedelta(days=40)
        world.meeting()
        assert any("suspension" in title for title in titles(world, "ethics_officer"))
        assert may_run(world, project).code == "suspended"
    with world.writing() as session:
        assert service.expire_due(session, now=datetime(2027, 6, 2, 12, tzinfo=UTC)) == 1
    over = case_of(world, case)
    assert (over.state, over.to_ratify) == (State.EXPIRED, False)
    assert not any("suspension" in title for title in titles(world, "ethics_officer"))


def test_a_suspension_is_the_committees_only_in_the_chair_of_its_meeting(world: World) -> None:
    """Another chair who does not preside acts alone, even while a quorate meeting sits."""
    with world.writing() as session:
        world.add_person(session, "other_chair", {Role.CHAIR})
    project = world.project(active=True)
    cases = [decided(world, project).reference for _ in range(2)]
    move(world, cases[0], "suspend", by="other_chair", reason="An incident.")
    move(world, cases[1], "suspend", by="chair", reason="An incident.")
    assert [case_of(world, case).to_ratify for case in cases] == [True, False]
    move(world, cases[0], "ratify", by="chair")
    assert not case_of(world, cases[0]).to_ratify


def another_committee(world: World) -> int:
    day = london_day(world.now)
    with world.writing() as session:
        charter = committee.Charter("Second Committee", "Hears appeals.")
        made = committee.establish(session, charter, actor=world["ethics_officer"], now=world.now)
        for name in MEMBERS:
            kind = MemberKind.LAY if "lay" in name else MemberKind.EXPERT
            term = committee.Term(world[name].id, kind, day, day + timedelta(days=300), chair=name == "chair")
            world.appoint(session, term, committee_id=made.key)
        return made.key


def test_an_appeal_goes_to_another_committee_and_the_first_opinion_stays(world: World) -> None:
    project = world.project(active=True)
    first = decided(world, project, "unfavourable").reference
    with world.writing() as session:
        lead = world["project_lead"]
        case = service.begin_again(session, first, "appeal", "We disagree.", actor=lead, now=world.now).reference
    move(world, case, "send_to_sponsor", by="project_lead")
    move(world, case, "authorise", by="sponsor")
    move(world, case, "validate", by="ethics_officer")
    same = world.plan_meeting()
    assert refusal_of(world, case, "allocate", by="ethics_officer", meeting_id=same.key) == "meeting_fits"
    other = world.plan_meeting(committee_id=another_committee(world))
    allocate(world, case, meeting=other)
    heard(world, case, "favourable")
    give(world, case, "favourable")
    assert may_run(world, project).allowed
    old = case_of(world, first)
    assert (old.state, old.opinion) == (State.UNFAVOURABLE, State.UNFAVOURABLE)
    move(world, first, "ask_undo", by="chair", reason="A mistake.")
    assert refusal_of(world, first, "undo", by="ethics_officer", reason="A mistake.") == "not_followed"


def test_an_invalid_application_never_reopens_but_is_copied_once(world: World) -> None:
    case = submitted(world, world.project(active=True)).reference
    move(world, case, "mark_invalid", by="ethics_officer", reason="The wrong form.")
    lead = world["project_lead"]
    with world.writing() as session:
        copy = service.begin_again(session, case, "copy_as_new", "", actor=lead, now=world.now)
    assert (copy.state, copy.title, copy.pack_id) == (State.DRAFT, case_of(world, case).title, None)
    with world.writing() as session, pytest.raises(Refused, match="later case"):
        service.begin_again(session, case, "copy_as_new", "", actor=lead, now=world.now)
    assert refusal_of(world, case, "validate", by="ethics_officer") == "wrong_state"


def test_a_lead_leaves_and_the_officer_hands_the_case_over(world: World) -> None:
    """The successor answers for it; who left neither does nor judges it."""
    project = world.project(active=True)
    successor = world.another_lead()
    case = asked_for_information(world, project)
    with world.writing() as session:
        details = Details(
            project.title, project.lay_summary, project.use_case, project.data_class, project.setting, successor.id,
            project.starts_on, project.ends_on,
        )  # fmt: skip
        projects.edit(
            session, project.reference, details, seen=project.version, actor=world["project_lead"], now=world.now
        )
    move(world, case, "hand_over", by="ethics_officer", reason="The lead left.", person_id=successor.id)
    with world.writing() as session:
        service.answer(session, case, 1, "Here.", actor=successor, now=world.now)
    assert refusal_of(world, case, "respond", by="project_lead") == "not_permitted"
    assert move(world, case, "respond", by="lead_two").state is State.RESPONSE_RECEIVED
    code = refusal_of(world, case, "hand_over", by="ethics_officer", reason="Out.", person_id=world["lay_two"].id)
    assert code == "new_applicant_fits"


def test_a_case_is_handed_over_only_to_who_may_act_on_it(world: World) -> None:
    """Somebody of the team without the lead's role would be stuck with it: the refusal says what to do."""
    project = world.project(active=True)
    case = draft(world, project).reference

    def joins(name: str) -> None:
        part = TeamMember(project_id=0, person_id=world[name].id, part="Analyst", created_at=world.now)
        with world.writing() as session:
            projects.add_part(session, project.reference, part, actor=world["project_lead"], now=world.now)

    def handed_to(name: str) -> None:
        move(world, case, "hand_over", by="project_lead", reason="I leave.", person_id=world[name].id)

    joins("finance")
    with pytest.raises(Refused, match="Nobody else of the project’s team is a project lead"):
        handed_to("finance")
    world.another_lead()
    joins("lead_two")
    with pytest.raises(Refused, match="ask an administrator to give them that role first"):
        handed_to("finance")
    with world.reading() as session:
        row = queries.case(session, case)
        offered = choosable(session, row, hearing(session, row, london_day(world.now))).by_field["person_id"]
    assert [number for number, _ in offered] == [world["lead_two"].id]
    handed_to("lead_two")
    move(world, case, "withdraw", by="lead_two", reason="It is mine now.")


def asked_for_information(world: World, project: Project, *, delegate: str = "") -> str:
    case = in_review(world, project).reference
    heard(world, case, "request_information")
    named = world[delegate].id if delegate else None
    move(world, case, "request_information", by="chair", questions=RESPONSE, person_id=named)
    return case


def answered(world: World, project: Project, *, delegate: str = "") -> str:
    case = asked_for_information(world, project, delegate=delegate)
    with world.writing() as session:
        service.answer(session, case, 1, "Here.", actor=world["project_lead"], now=world.now)
    move(world, case, "respond", by="project_lead")
    return case


def test_a_decision_is_undone_by_two_people_and_nothing_of_it_is_left_in_force(world: World) -> None:
    project = world.project(active=True)
    case = decided(world, project, "favourable_conditions").reference
    move(world, case, "ask_undo", by="ethics_officer", reason="A member had not declared.")
    assert refusal_of(world, case, "undo", by="ethics_officer", reason="So it is.") == "by_a_second_person"
    assert any("undone" in title for title in titles(world, "chair"))
    assert move(world, case, "undo", by="chair", reason="So it is.").state is State.IN_REVIEW
    assert may_run(world, project).code == "in_review"
    with world.reading() as session:
        found = queries.case(session, case)
        now_heard = hearing(session, found, london_day(world.now))
        assert (now_heard.conditions, now_heard.votes, now_heard.version) == ([], {}, 1)
        with pytest.raises(Refused, match="has not been decided"):
            letter(session, case)
        entry = next(
            e for e in history(session, "ethics_case", found.key) if e.action.endswith("favourable_conditions")
        )
        kept = {name: after for name, _, after in entry.changes}
        assert kept["conditions"] == [{"text": "Name the data manager.", "pre_start": True}]
        assert verify_chain(session).whole
    open_vote_again(world, case)
    vote(world, case, "unfavourable", *MEMBERS)
    assert give(world, case, "unfavourable").state is State.UNFAVOURABLE


def open_vote_again(world: World, case: str) -> None:
    meets(world, case)
    move(world, case, "open_vote", by="chair")


def test_a_request_to_undo_waits_for_nobody_once_it_cannot_be_granted(world: World) -> None:
    case = decided(world, world.project(active=True)).reference
    move(world, case, "ask_undo", by="ethics_officer", reason="A doubt.")
    move(world, case, "terminate", by="chair", reason="It must stop.")
    assert not any("undone" in title for title in titles(world, "chair"))


def test_what_was_done_after_an_undone_decision_is_not_told_as_allowed(world: World) -> None:
    """Asked about the time before the undo, the gate names no version that it could have been within."""
    project = world.project(active=True)
    case = decided(world, project).reference
    before = world.now + timedelta(hours=1)
    world.now += timedelta(days=2)
    move(world, case, "ask_undo", by="ethics_officer", reason="A doubt.")
    move(world, case, "undo", by="chair", reason="So it is.")
    assert may_run(world, project, before).code == "no_approved_version"


def test_an_application_is_withdrawn_while_the_vote_is_open(world: World) -> None:
    case = in_review(world, world.project(active=True)).reference
    open_vote(world, case)
    withdrawn = move(world, case, "withdraw", by="project_lead", reason="No money.")
    assert (withdrawn.state, withdrawn.vote_open) == (State.WITHDRAWN, False)


def test_the_letter_says_who_decided_whatever_comes_later(world: World) -> None:
    """A member who steps aside later, a new attendance, a hearing before another committee: the letter is the same."""
    case = decided(world, world.project(active=True)).reference
    with world.reading() as session:
        before = letter(session, case)
    step_aside(world, case, "lay_two")
    meets(world, case, members=MEMBERS[:5])
    other = world.plan_meeting(committee_id=another_committee(world))
    move(world, case, "reschedule", by="ethics_officer", meeting_id=other.key)
    with world.reading() as session:
        assert letter(session, case) == before
        found = queries.case(session, case)
        assert len(hearing(session, found, london_day(world.now)).votes) == 7  # by which it was decided
    assert len(before.members) == 7


def test_a_committee_that_votes_takes_the_decision_back_from_its_delegate(world: World) -> None:
    project = world.project(active=True)
    alone, together = (answered(world, project, delegate="committee_expert") for _ in range(2))
    entered = {"reason": "It is enough.", "valid_from": date(2026, 6, 1), "valid_to": date(2027, 6, 1)}
    assert move(world, alone, "favourable", by="committee_expert", **entered).quorum.startswith(
        "Decided by the delegate"
    )
    move(world, together, "open_vote", by="chair")
    vote(world, together, "unfavourable", *MEMBERS)
    assert refusal_of(world, together, "favourable", by="committee_expert", **entered) == "presides"
    assert give(world, together, "unfavourable").quorum == "7 present, chair, 3 lay: quorate"


def test_no_vote_comes_in_after_the_meeting(world: World) -> None:
    case = in_review(world, world.project(active=True)).reference
    open_vote(world, case)
    with world.writing() as session:
        reference = hearing(session, queries.case(session, case), london_day(world.now)).meeting.reference  # type: ignore[union-attr]
        committee.move(session, reference, "close", actor=world["chair"], now=world.now)
    with pytest.raises(Refused) as refusal:
        vote(world, case, "favourable", "lay_two")
    assert refusal.value.code == "vote_is_open"


def test_a_case_of_the_full_committee_stays_with_full_meetings(world: World) -> None:
    project = world.project(active=True)
    full, quick = in_review(world, project), in_review(world, project, track=Track.PROPORTIONATE)
    sub, whole = world.plan_meeting(kind=MeetingKind.SUB_COMMITTEE), world.plan_meeting()
    code = refusal_of(world, full.reference, "reschedule", by="ethics_officer", meeting_id=sub.key)
    assert code == "full_committee_hears"
    assert move(world, quick.reference, "reschedule", by="ethics_officer", meeting_id=whole.key).meeting_id == whole.key


# --- quorum by composition over real rows: terms, attendance, interests


def appointed(world: World, name: str, term: committee.Term, role: Role) -> None:
    with world.writing() as session:
        person = world.add_person(session, name, {role})
        world.appoint(session, replace(term, person_id=person.id))


def statement(world: World, reference: str) -> str:
    with world.reading() as session:
        return hearing(session, queries.case(session, reference), london_day(world.now)).quorum.reason


def test_a_co_opted_lay_member_makes_the_quorum_until_the_days_are_over(world: World) -> None:
    day = london_day(world.now)
    term = committee.Term(0, MemberKind.LAY, day, day + timedelta(days=1), co_opted=True)
    appointed(world, "guest", term, Role.COMMITTEE_LAY)
    case = in_review(world, world.project(active=True)).reference
    four = MEMBERS[:4]
    with pytest.raises(Refused, match="4 present, chair, 0 lay: not quorate, needs 5 members, 1 lay"):
        open_vote(world, case, members=four)
    meets(world, case, members=(*four, "guest"))
    declare(world, case, "guest")
    move(world, case, "open_vote", by="chair")
    vote(world, case, "favourable", *four, "guest")
    assert statement(world, case) == "5 present, chair, 1 lay: quorate; fewer than the 7 aimed for"
    world.now += timedelta(days=2)
    assert statement(world, case).endswith("not quorate, needs 5 members, 1 lay; 1 out of term")
    with pytest.raises(Refused, match="1 out of term"):
        give(world, case, "favourable")


def test_a_lay_member_presides_and_is_chair_and_lay_in_one(world: World) -> None:
    case = in_review(world, world.project(active=True)).reference
    present = ("lay_two", "committee_expert", "expert_two", "expert_three", "chair")
    heard(world, case, "favourable", members=present)
    assert statement(world, case) == "5 present, chair, 1 lay: quorate; fewer than the 7 aimed for"
    with pytest.raises(Refused) as refusal:
        give(world, case, "favourable")  # by the committee's chair, who is present and does not preside
    assert refusal.value.code == "presides"
    given = give(world, case, "favourable", by="lay_two")
    assert (given.state, given.decided_as) == (State.FAVOURABLE, "committee_lay")


@pytest.mark.parametrize(
    ("present", "aside", "lacks"),
    [
        (MEMBERS[:5], "committee_lay", "needs 5 members, 1 lay; 1 recused"),
        (MEMBERS[:5], "expert_two", "needs 5 members; 1 recused"),
        ((*MEMBERS[:4], "committee_lay", "lay_two"), "chair", "needs the chair; 1 recused"),
        (MEMBERS[:5], "chair", "needs 5 members, the chair; 1 recused"),
    ],
)
def test_a_recusal_breaks_the_quorum_while_the_vote_is_open(
    world: World, present: tuple[str, ...], aside: str, lacks: str
) -> None:
    case = in_review(world, world.project(active=True)).reference
    heard(world, case, "favourable", members=present)
    step_aside(world, case, aside)
    assert statement(world, case).endswith(lacks)
    with pytest.raises(Refused):
        give(world, case, "favourable")
    assert case_of(world, case).state is State.IN_REVIEW


def test_a_member_who_joins_the_team_counts_no_more(world: World) -> None:
    project = world.project(active=True)
    case = in_review(world, project).reference
    heard(world, case, "favourable", members=MEMBERS[:5])
    part = TeamMember(project_id=0, person_id=world["committee_lay"].id, part="Adviser", created_at=world.now)
    with world.writing() as session:
        projects.add_part(session, project.reference, part, actor=world["project_lead"], now=world.now)
    assert statement(world, case).endswith("needs 5 members, 1 lay; 1 recused")
    with pytest.raises(Refused, match="not quorate"):
        give(world, case, "favourable")
