"""Committees on both databases: terms, meetings, attendance, minutes, and every refusal."""

from hcqic_gov.audit.queries import history, verify_chain
from hcqic_gov.committee import queries, service
from hcqic_gov.committee.rules import MeetingState
from tests.factories import World


def test_a_meeting_from_plan_to_confirmed_minutes(world: World) -> None:
    meeting = world.meeting()
    reference, officer, chair = meeting.reference, world["ethics_officer"], world["chair"]
    assert reference == "HCQIC-M-2026-0001"
    with world.reading() as session:
        present = queries.attendance(session, meeting.key)
    assert (len(present), present[0].name, present[0].presiding) == (7, "Chair", True)
    with world.writing() as session:
        seen = queries.meeting(session, reference).version
        service.write_minutes(session, reference, "Apologies: none.", seen=seen, actor=officer, now=world.now)
        service.move(session, reference, "close", actor=chair, now=world.now)
        service.move(session, reference, "confirm_minutes", actor=chair, now=world.now)
    with world.reading() as session:
        row = queries.meeting(session, reference)
        assert (row.state, row.minutes_confirmed_by, row.minutes_by) == (MeetingState.MINUTED, chair.id, [officer.id])
        actions = [entry.action for entry in history(session, "meeting", row.key)]
        assert actions[::-1] == [
            f"committee.{name}"
            for name in ("plan", "open", "record_attendance", "write_minutes", "close", "confirm_minutes")
        ]
        assert verify_chain(session).whole
