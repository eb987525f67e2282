"""Thousands of ethics cases, inserted in bulk: only reading them is measured."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hcqic_gov.ethics.application import column_values
from hcqic_gov.ethics.models import EthicsCase, EthicsCondition, EthicsEvent, EthicsInterest
from hcqic_gov.ethics.packs import pack_for
from hcqic_gov.ethics.states import DECIDED, IN_COMMITTEE, State, Track, WorkKind
from tests.ethics_steps import APPLICATION
from tests.factories import World

AGENDA = 20
"""Cases on the agenda of the one open meeting, however many there are in all."""
OF_CHANGES = (State.RECORDED, State.NOTIFIED, State.APPROVED, State.NOT_APPROVED)
STATES = [state for state in State if state not in (State.TERMINATED, State.CLOSED, *OF_CHANGES)]


def fill(world: World, size: int) -> str:
    """So many cases, as many in each state; the reference of a meeting with twenty of them on its agenda."""
    meeting, project = world.meeting(), world.project(active=True)
    pack = pack_for(WorkKind.RESEARCH, world.now).terms()
    numbers = range(1, size + 1)
    cases = [case_row(world, number, project.key, pack) for number in numbers]
    waiting = [row for row in cases if row["state"] in IN_COMMITTEE][:AGENDA]
    for row in waiting:
        row["committee_id"], row["meeting_id"] = world.committee_id, meeting.key
    with world.database.writing_session() as session:
        for kind, rows in (
            (EthicsCase, cases),
            (EthicsEvent, [event_row(world, case, place) for case in cases for place in range(4)]),
            (EthicsCondition, [condition_row(world, case) for case in cases if case["state"].endswith("conditions")]),
            (EthicsInterest, [interest_row(world, case) for case in waiting[::2]]),
        ):
            for start in range(0, len(rows), 2000):
                session.execute(sa.insert(kind), rows[start : start + 2000])
        session.commit()
        session.execute(sa.text("ANALYZE"))
        session.commit()
    return meeting.reference


def day_of(world: World, number: int) -> datetime:
    return world.now - timedelta(days=number % 400, hours=number % 24)


def case_row(world: World, number: int, project: int, pack: dict[str, Any]) -> dict[str, Any]:
    state = STATES[number % len(STATES)]
    written = {name: value for name, value in column_values(APPLICATION).items() if name != "title"}
    sent = state not in (State.DRAFT, State.WITH_SPONSOR)
    decided = state in DECIDED or state is State.EXPIRED
    opinion = state if state in (State.UNFAVOURABLE, State.NOT_REQUIRED, State.FAVOURABLE_CONDITIONS) else None
    begun = day_of(world, number)
    return {
        "id": number,
        "reference": f"HCQIC-E-2025-{number:06d}",
        "project_id": project,
        "applicant_id": world["project_lead"].id,
        "state": state,
        "title": f"Rosters by annealing, study {number}",
        **written,
        "track": Track.FULL if state in IN_COMMITTEE else None,
        "committee_id": None,
        "meeting_id": None,
        "pack_id": pack["id"] if sent else None,
        "pack_fingerprint": pack["fingerprint"] if sent else None,
        "pack_terms": pack if sent else None,
        "submitted_at": begun if sent else None,
        "valid_at": begun if sent and state is not State.SUBMITTED else None,
        "opinion": (opinion or State.FAVOURABLE) if decided else None,
        "decided_at": begun if decided else None,
        "decided_by": world["chair"].id if decided else None,
        "decided_as": "chair" if decided else "",
        "valid_from": begun.date() if decided else None,
        "valid_to": world.now.date() + timedelta(days=number % 700) if decided else None,
        "vote_open": False,
        "safety_halt": False,
        "to_ratify": False,
        "reasons": "",
        "quorum": "",
        "final_report": "",
        "decided_seats": [],
        "created_at": begun,
        "version": 1,
    }


def event_row(world: World, case: dict[str, Any], place: int) -> dict[str, Any]:
    way = (State.DRAFT, State.WITH_SPONSOR, State.SUBMITTED, case["state"])
    return {
        "case_id": case["id"],
        "move": ("apply", "send_to_sponsor", "authorise", "validate")[place],
        "from_state": way[max(place - 1, 0)],
        "to_state": way[place],
        "at": case["created_at"] + timedelta(hours=place),
        "actor_id": world["project_lead"].id,
        "reason": "",
        "policy": "",
        "created_at": case["created_at"],
        "version": 1,
    }


def condition_row(world: World, case: dict[str, Any]) -> dict[str, Any]:
    answered = case["id"] % 2 == 0
    return {
        "case_id": case["id"],
        "text": "Name the data manager.",
        "pre_start": True,
        "satisfied_by": world["project_lead"].id if answered else None,
        "satisfied_at": case["created_at"] if answered else None,
        "evidence": "",
        "created_at": case["created_at"],
        "version": 1,
    }


def interest_row(world: World, case: dict[str, Any]) -> dict[str, Any]:
    return {
        "case_id": case["id"],
        "person_id": world["lay_two"].id,
        "interest": "none",
        "details": "",
        "declared_at": world.now,
        "created_at": world.now,
        "version": 1,
    }
