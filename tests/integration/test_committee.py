"""Committees on both databases: terms, meetings, attendance, minutes, and every refusal."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlmodel import select

from hcqic_gov.audit.queries import history, verify_chain
from hcqic_gov.committee import queries, service, waiting
from hcqic_gov.committee.models import CommitteeMember, Meeting
from hcqic_gov.committee.register import CommitteeEntry, register
from hcqic_gov.committee.rules import CommitteeKind, MeetingKind, MeetingState, MemberKind, Need
from hcqic_gov.committee.service import Charter, Plan, Term
from hcqic_gov.core.actor import Actor
from hcqic_gov.core.calendar import london_day
from hcqic_gov.core.errors import Invalid, NotFound, Refused, Stale
from hcqic_gov.people.rules import Role
from tests.factories import World

NEED = Need("Rules", CommitteeKind.FULL, 5, 1, 0, True)


def move(world: World, reference: str, name: str, *, by: str = "ethics_officer", reason: str = "") -> Meeting:
    with world.writing() as session:
        return service.move(session, reference, name, reason=reason, actor=world[by], now=world.now)


def write(world: World, reference: str, text: str, *, by: str = "ethics_officer") -> None:
    with world.writing() as session:
        seen = queries.meeting(session, reference).version
        service.write_minutes(session, reference, text, seen=seen, actor=world[by], now=world.now)


def attend(world: World, reference: str, *people: str, presiding: str | None = "chair", **options: Any) -> None:
    with world.writing() as session:
        service.record_attendance(
            session,
            reference,
            [world[name].id for name in people],
            presiding=world[presiding].id if presiding else None,
            **{"actor": world["ethics_officer"], "now": world.now, **options},
        )


def second_committee(world: World, kind: CommitteeKind = CommitteeKind.FULL) -> int:
    with world.writing() as session:
        charter = Charter("Second Ethics Committee", "Hears appeals.", kind)
        return service.establish(session, charter, actor=world["ethics_officer"], now=world.now).key


def term_of(world: World, name: str) -> CommitteeMember:
    with world.reading() as session:
        return session.exec(select(CommitteeMember).where(CommitteeMember.person_id == world[name].id)).one()


def entry_of(world: World, *needs: Need, day: date | None = None) -> CommitteeEntry:
    with world.reading() as session:
        return register(session, day or london_day(world.now), needs=needs)[0]


def test_a_meeting_from_plan_to_confirmed_minutes(world: World) -> None:
    meeting = world.meeting()
    reference, officer, chair = meeting.reference, world["ethics_officer"], world["chair"]
    assert reference == "HCQIC-M-2026-0001"
    with world.reading() as session:
        present = queries.attendance(session, meeting.key)
    assert (len(present), present[0].name, present[0].presiding) == (7, "Chair", True)
    write(world, reference, "Apologies: none.")
    move(world, reference, "close", by="chair")
    move(world, reference, "confirm_minutes", by="chair")
    with world.reading() as session:
        row = queries.meeting(session, reference)
        assert (row.state, row.minutes_confirmed_by, row.minutes_by) == (MeetingState.MINUTED, chair.id, [officer.id])
        actions = [entry.action for entry in history(session, "meeting", row.key)]
        assert actions[::-1] == [
            f"committee.{name}"
            for name in ("plan", "open", "record_attendance", "write_minutes", "close", "confirm_minutes")
        ]
        assert verify_chain(session).whole


def test_attendance_replaces_and_keeps_who_held_what(world: World) -> None:
    meeting = world.meeting()
    attend(world, meeting.reference, "expert_two", "lay_three", presiding="expert_two")
    with world.reading() as session:
        seats = queries.attendance(session, meeting.key)
    assert [(one.name, one.kind, one.presiding) for one in seats] == [
        ("Expert Two", MemberKind.EXPERT, True),
        ("Lay Three", MemberKind.LAY_PLUS, False),
    ]


@pytest.mark.parametrize(
    ("people", "presiding", "field"),
    [(("chair", "finance"), "chair", "present"), (("expert_two",), "chair", "presiding")],
)
def test_attendance_that_cannot_be(world: World, people: tuple[str, ...], presiding: str, field: str) -> None:
    meeting = world.meeting()
    with pytest.raises(Invalid) as error:
        attend(world, meeting.reference, *people, presiding=presiding)
    assert list(error.value.fields) == [field]
    with world.reading() as session:
        assert len(queries.attendance(session, meeting.key)) == 7


def test_members_of_another_committee_attend_only_once_co_opted(world: World) -> None:
    other = second_committee(world)
    day = london_day(world.now)
    with world.writing() as session:
        guest = world.add_person(session, "guest", {Role.COMMITTEE_EXPERT})
        world.appoint(session, Term(guest.id, MemberKind.EXPERT, day, day + timedelta(days=99)), committee_id=other)
    reference = world.meeting().reference
    with pytest.raises(Invalid):
        attend(world, reference, "chair", "guest")
    with world.writing() as session:
        world.appoint(session, Term(guest.id, MemberKind.EXPERT, day, day, co_opted=True))
    attend(world, reference, "chair", "guest")
    with world.reading() as session:
        seats = queries.attendance(session, queries.meeting(session, reference).key)
        assert [one.co_opted for one in seats] == [False, True]
        assert len(queries.members(session, day, other)) == 1
        assert len(queries.members(session, day + timedelta(days=1), world.committee_id)) == 7


def test_an_ended_term_counts_up_to_its_last_day(world: World) -> None:
    day, term = london_day(world.now), term_of(world, "lay_two")
    with world.writing() as session:
        service.end_term(
            session, term.key, ended_on=day, why="Moved away.", seen=1, actor=world["ethics_officer"], now=world.now
        )
    with world.reading() as session:
        on, after = (queries.members(session, day + timedelta(days=n), world.committee_id) for n in (0, 1))
    assert {member.name for member in on} - {member.name for member in after} == {"Lay Two"}
    assert next(member.term_to for member in on if member.name == "Lay Two") == day


@pytest.mark.parametrize(
    ("days", "why", "field"), [(-1, "Moved.", "ended_on"), (9999, "Moved.", "ended_on"), (1, " ", "why")]
)
def test_an_early_end_that_cannot_be(world: World, days: int, why: str, field: str) -> None:
    ended_on = london_day(world.now) + timedelta(days=days)
    with pytest.raises(Invalid) as error, world.writing() as session:
        service.end_term(
            session,
            term_of(world, "lay_two").key,
            ended_on=ended_on,
            why=why,
            seen=1,
            actor=world["ethics_officer"],
            now=world.now,
        )
    assert list(error.value.fields) == [field]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"term_to": date(2020, 1, 1)}, "term_to"),
        ({"chair": True, "co_opted": True}, "chair"),
        ({"person_id": "lay_two"}, "term_from"),
    ],
)
def test_a_term_that_cannot_be(world: World, changes: dict[str, Any], field: str) -> None:
    changes = dict(changes)  # the table is shared by both databases
    person_id = world[changes.pop("person_id", "finance")].id
    term = Term(person_id, MemberKind.EXPERT, date(2026, 6, 1), date(2027, 6, 1))
    with pytest.raises(Invalid) as error, world.writing() as session:
        world.appoint(session, replace(term, **changes))
    assert list(error.value.fields) == [field]


def test_a_committee_that_no_longer_meets(world: World) -> None:
    planned = world.plan_meeting().reference
    with world.writing() as session:
        charter = Charter("Ethics Committee", "None.", active=False)
        service.change(session, world.committee_id, charter, seen=1, actor=world["ethics_officer"], now=world.now)
    with pytest.raises(Invalid):
        world.plan_meeting()
    with pytest.raises(Invalid), world.writing() as session:
        world.appoint(session, Term(world["finance"].id, MemberKind.LAY, date(2026, 6, 1), date(2027, 6, 1)))
    with pytest.raises(Refused, match="no longer meets"):
        move(world, planned, "open")
    assert move(world, planned, "cancel", reason="It no longer meets.").state is MeetingState.CANCELLED


def test_names_are_taken_once_and_kinds_fit(world: World) -> None:
    number, officer = second_committee(world, CommitteeKind.SUB_COMMITTEE), world["ethics_officer"]
    with pytest.raises(Invalid, match="taken"), world.writing() as session:
        service.establish(session, Charter("Ethics Committee", "Again."), actor=officer, now=world.now)
    with pytest.raises(Invalid, match="no such meeting"):
        world.plan_meeting(committee_id=number)
    assert world.plan_meeting(committee_id=number, kind=MeetingKind.SUB_COMMITTEE).committee_id == number
    world.plan_meeting()
    smaller = Charter("Ethics Committee", "Less.", CommitteeKind.SUB_COMMITTEE)
    with pytest.raises(Invalid, match="Full meetings"), world.writing() as session:
        service.change(session, world.committee_id, smaller, seen=1, actor=officer, now=world.now)


def test_a_meeting_is_planned_for_today_or_later_and_opened_on_its_day(world: World) -> None:
    with pytest.raises(Invalid):
        world.plan_meeting(starts_at=world.now - timedelta(days=1))
    tomorrow = world.plan_meeting(starts_at=world.now + timedelta(days=1))
    with pytest.raises(Refused, match="2 June 2026"):
        move(world, tomorrow.reference, "open")


REFUSALS = [
    ("planned", "close", "ethics_officer", "wrong_state"),
    ("planned", "cancel", "ethics_officer", "reason_given"),
    ("planned", "open", "project_lead", "not_permitted"),
    ("planned", "open", "committee_lay", "not_permitted"),
    ("planned", "cancel", "chair", "not_permitted"),
    ("open", "open", "chair", "wrong_state"),
    ("open", "cancel", "ethics_officer", "wrong_state"),
    ("open", "confirm_minutes", "chair", "wrong_state"),
    ("open", "close", "administrator", "not_permitted"),
    ("closed", "confirm_minutes", "chair", "minutes_written"),
    ("closed", "confirm_minutes", "ethics_officer", "not_permitted"),
    ("closed", "confirm_minutes", "auditor", "auditor_changes_nothing"),
]


@pytest.mark.parametrize(("state", "name", "by", "code"), REFUSALS)
def test_a_refused_move_changes_nothing(world: World, state: str, name: str, by: str, code: str) -> None:
    meeting = world.plan_meeting() if state == "planned" else world.meeting()
    if state == "closed":
        move(world, meeting.reference, "close")
    with pytest.raises(Refused) as error:
        move(world, meeting.reference, name, by=by)
    assert error.value.code == code
    with world.reading() as session:
        assert queries.meeting(session, meeting.reference).state == state


def test_a_meeting_without_attendance_or_chair_stays_open(world: World) -> None:
    reference = world.meeting(present=()).reference
    with pytest.raises(Refused, match="who is present"):
        move(world, reference, "close")
    attend(world, reference, "expert_two", presiding=None)
    with pytest.raises(Refused, match="in the chair"):
        move(world, reference, "close")


def test_a_chair_who_ever_wrote_the_minutes_does_not_confirm_them(world: World) -> None:
    """Also after another officer's last word on them."""
    day = london_day(world.now)
    with world.writing() as session:
        both = world.add_person(session, "both", {Role.CHAIR, Role.ETHICS_OFFICER})
        world.appoint(session, Term(both.id, MemberKind.EXPERT, day, day + timedelta(days=9), chair=True))
    reference = world.meeting().reference
    write(world, reference, "A draft.", by="both")
    write(world, reference, "A better draft.")
    move(world, reference, "close")
    with pytest.raises(Refused) as error:
        move(world, reference, "confirm_minutes", by="both")
    assert error.value.code == "writer_does_not_confirm_minutes"
    assert move(world, reference, "confirm_minutes", by="chair").state is MeetingState.MINUTED
    with pytest.raises(Refused):
        write(world, reference, "Something else.")


def test_the_chair_of_another_committee_leads_nothing_here(world: World) -> None:
    number, day = second_committee(world), london_day(world.now)
    with world.writing() as session:
        other = world.add_person(session, "other_chair", {Role.CHAIR})
        term = Term(other.id, MemberKind.EXPERT, day, day + timedelta(days=9), chair=True)
        world.appoint(session, term, committee_id=number)
    with pytest.raises(Refused):
        move(world, world.plan_meeting().reference, "open", by="other_chair")
    assert move(world, world.plan_meeting(committee_id=number).reference, "open", by="other_chair").opened_at


def test_who_comes_second_is_told_so(world: World) -> None:
    planned, officer = world.plan_meeting(), world["ethics_officer"]
    entered = Plan(MeetingKind.FULL, world.now + timedelta(days=7), "Room 2")
    with world.writing() as session:
        service.edit(session, planned.reference, entered, seen=1, actor=officer, now=world.now)
    with pytest.raises(Stale), world.writing() as session:
        service.edit(session, planned.reference, entered, seen=1, actor=officer, now=world.now)

    opened = world.meeting()
    attend(world, opened.reference, "chair", seen=opened.version)
    with pytest.raises(Stale):
        attend(world, opened.reference, "chair", "expert_two", seen=opened.version)
    with pytest.raises(Stale), world.writing() as session:
        service.write_minutes(session, opened.reference, "Mine.", seen=opened.version, actor=officer, now=world.now)
    charter = Charter("Ethics Committee", "Other words.")
    with pytest.raises(Stale), world.writing() as session:
        service.change(session, world.committee_id, charter, seen=7, actor=officer, now=world.now)


def test_two_officers_appoint_one_person_at_once(world: World) -> None:
    """Over real connections: one term, and one of them is told."""
    start = Barrier(2)
    term = Term(world["finance"].id, MemberKind.LAY, date(2026, 6, 1), date(2027, 6, 1))

    def attempt(_number: int) -> bool:
        start.wait(10)
        try:
            with world.database.transaction() as session:
                world.appoint(session, term)
        except Invalid:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(attempt, range(2))) == [False, True]


def test_what_is_not_there_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        move(world, world.plan_meeting().reference, "record_attendance")  # not a change of state
    with pytest.raises(NotFound):
        move(world, "HCQIC-M-2026-9999", "open")


def test_the_register_counts_who_came_in_their_term(world: World) -> None:
    for present in (("chair", "lay_two"), ("chair",)):
        move(world, world.meeting(present=present).reference, "close")
    world.meeting(kind=MeetingKind.SUB_COMMITTEE, present=("expert_two",), presiding="expert_two")
    world.plan_meeting()
    came = {line.name: (line.attended, line.held) for line in entry_of(world).running}
    assert (came["Chair"], came["Lay Two"], came["Expert Two"]) == ((2, 2), (1, 2), (0, 2))
    assert {line.held for line in entry_of(world, day=date(2027, 5, 31)).running} == {2}
    assert {line.held for line in entry_of(world, day=date(2027, 6, 2)).terms} == {0}


def test_the_register_warns_of_ends_and_of_gaps(world: World) -> None:
    officer, day = world["ethics_officer"], london_day(world.now)
    assert entry_of(world, NEED).warnings == []
    with world.writing() as session:
        for name in ("committee_lay", "lay_two", "lay_three"):
            service.end_term(
                session, term_of(world, name).key, ended_on=day, why="Ends.", seen=1, actor=officer, now=world.now
            )
        follows = Term(world["lay_two"].id, MemberKind.LAY, day + timedelta(days=1), day + timedelta(days=400))
        world.appoint(session, follows)
    warned = " ".join(entry_of(world, NEED).warnings)
    assert "Committee Lay" in warned
    assert "Lay Two" not in warned
    after = entry_of(world, NEED, day=day + timedelta(days=1))
    assert (len(after.running), len(after.over)) == (5, 3)
    lacking = entry_of(world, replace(NEED, lay=2), day=day + timedelta(days=1)).gaps
    assert [gap for gap in lacking if "2 lay members (there are 1)" in gap]


def test_meetings_are_found_and_counted(world: World) -> None:
    number = second_committee(world)
    done, later = world.meeting(), world.plan_meeting(starts_at=world.now + timedelta(days=30))
    sooner = world.plan_meeting(starts_at=world.now + timedelta(days=2))
    world.plan_meeting(committee_id=number)
    with world.reading() as session:
        upcoming = queries.MeetingFilter(world.committee_id, upcoming=world.now + timedelta(hours=1))
        rows, total = queries.meetings(session, upcoming)
        assert ([row.reference for row in rows], total) == ([sooner.reference, later.reference], 2)
        rows, _ = queries.meetings(session, queries.MeetingFilter(state=MeetingState.OPEN))
        assert [row.reference for row in rows] == [done.reference]
        assert queries.meetings(session, queries.MeetingFilter())[1] == 4


def titles(world: World, who: str | Actor) -> list[str]:
    actor = world[who] if isinstance(who, str) else who
    with world.reading() as session:
        return [task.title for task in waiting.tasks_for(session, actor, now=world.now)]


def test_what_waits_for_whom(world: World) -> None:
    planned = world.plan_meeting(starts_at=world.now + timedelta(days=3))
    assert titles(world, "committee_lay") == ["Meeting of the Ethics Committee on 4 June 2026"]
    assert titles(world, "ethics_officer") == titles(world, "finance") == []
    move(world, planned.reference, "cancel", reason="Snow.")
    assert titles(world, "committee_lay") == []

    today = world.plan_meeting()
    assert titles(world, "ethics_officer") == ["Open or cancel the meeting of 1 June 2026"]
    move(world, today.reference, "cancel", reason="Snow.")
    reference = world.meeting().reference
    move(world, reference, "close")
    assert titles(world, "ethics_officer") == ["Write the minutes of the meeting of 1 June 2026"]
    assert titles(world, "chair") == []
    write(world, reference, "Apologies: none.")
    assert titles(world, "ethics_officer") == []
    assert titles(world, "chair") == ["Confirm the minutes of the meeting of 1 June 2026"]
    move(world, reference, "confirm_minutes", by="chair")
    assert titles(world, "chair") == []

    with world.writing() as session:
        service.end_term(
            session,
            term_of(world, "lay_two").key,
            ended_on=london_day(world.now) + timedelta(days=20),
            why="Moves away.",
            seen=1,
            actor=world["ethics_officer"],
            now=world.now,
        )
    assert titles(world, "ethics_officer") == ["The term of Lay Two on the committee ends"]
