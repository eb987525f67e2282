"""Kinds of committee, member and meeting, terms, composition, and the table of a meeting's moves."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from hcqic_gov.core.ruling import ALLOWED, Ruling, allowed_if, refused
from hcqic_gov.core.workflow import Move, Workflow
from hcqic_gov.people.rules import Role

TERM_NOTICE = timedelta(days=90)
"""So long before its end a term is announced, so that a successor can be found."""


class MemberKind(StrEnum):
    """SI 2004/1031 Sch. 2: a lay member has no professional link to health or research; lay plus never had one."""

    EXPERT = "expert"
    LAY = "lay"
    LAY_PLUS = "lay_plus"


LAY = (MemberKind.LAY, MemberKind.LAY_PLUS)
MEMBER_LABELS = {
    MemberKind.EXPERT: "Expert member",
    MemberKind.LAY: "Lay member",
    MemberKind.LAY_PLUS: "Lay plus member",
}


class CommitteeKind(StrEnum):
    """A standing sub-committee holds proportionate reviews only."""

    FULL = "full"
    SUB_COMMITTEE = "sub_committee"


KIND_LABELS = {
    CommitteeKind.FULL: "Full committee",
    CommitteeKind.SUB_COMMITTEE: "Standing sub-committee for proportionate review",
}


class MeetingKind(StrEnum):
    """A sub-committee of a few members does the proportionate reviews, by correspondence if it likes."""

    FULL = "full"
    SUB_COMMITTEE = "sub_committee"


MEETING_LABELS = {
    MeetingKind.FULL: "Full meeting",
    MeetingKind.SUB_COMMITTEE: "Sub-committee (proportionate review)",
}
BY_CORRESPONDENCE = "By correspondence"


class MeetingState(StrEnum):
    PLANNED = "planned"
    OPEN = "open"
    CLOSED = "closed"
    MINUTED = "minuted"
    CANCELLED = "cancelled"


STATE_LABELS = {
    MeetingState.PLANNED: "Planned",
    MeetingState.OPEN: "Open",
    MeetingState.CLOSED: "Closed, minutes to be confirmed",
    MeetingState.MINUTED: "Minutes confirmed",
    MeetingState.CANCELLED: "Cancelled",
}
STATE_COLOURS = {
    MeetingState.PLANNED: "blue",
    MeetingState.OPEN: "green",
    MeetingState.CLOSED: "yellow",
    MeetingState.MINUTED: "white",
    MeetingState.CANCELLED: "grey",
}
HELD = (MeetingState.OPEN, MeetingState.CLOSED, MeetingState.MINUTED)


def last_day(term_to: date, ended_on: date | None) -> date:
    """The last day of a term, which may have been ended early."""
    return min(term_to, ended_on) if ended_on else term_to


def ends_soon(last: date, day: date) -> bool:
    """Whether a term that ends on `last` is still running and ends within the notice."""
    return day <= last <= day + TERM_NOTICE


def fits(meeting: MeetingKind, committee: CommitteeKind) -> Ruling:
    """May this committee hold a meeting of this kind?"""
    reason = "A standing sub-committee holds proportionate reviews only. Choose a sub-committee meeting."
    return allowed_if(meeting is MeetingKind.SUB_COMMITTEE or committee is CommitteeKind.FULL, "kind_fits", reason)


def expects_everybody(meeting: MeetingKind, committee: CommitteeKind) -> bool:
    """Whether every member is expected: a full committee sends only a few to a proportionate review."""
    return meeting is MeetingKind.FULL or committee is CommitteeKind.SUB_COMMITTEE


@dataclass(frozen=True, slots=True)
class Need:
    """What a quorum asks of a committee's members; `title` names the rules that ask it."""

    title: str
    kind: CommitteeKind
    members: int
    lay: int
    expert: int
    chair: bool


@dataclass(frozen=True, slots=True)
class Place:
    """A member in term, as far as composition goes."""

    kind: MemberKind
    chair: bool


def composition_gap(places: Sequence[Place], need: Need) -> str:
    """Why these members could not be quorate even if all of them came, as a sentence; "" where they could."""
    lay = sum(place.kind in LAY for place in places)
    counts = (
        (len(places), need.members, "members"),
        (lay, need.lay, "lay members"),
        (len(places) - lay, need.expert, "expert members"),
        (sum(place.chair for place in places), int(need.chair), "chair"),
    )
    lacking = [f"{wanted} {words} (there are {there})" for there, wanted, words in counts if there < wanted]
    if not lacking:
        return ""
    return f"It cannot be quorate under “{need.title}”, which needs {', '.join(lacking)}. Appoint members."


@dataclass(frozen=True, slots=True)
class MeetingFacts:
    """What the guards look at. `day` is today in London, `starts_on` the planned day there."""

    actor_id: int
    day: date
    starts_on: date
    committee_active: bool
    present: int = 0
    presided: bool = False
    minutes_by: frozenset[int] = field(default_factory=frozenset)
    reason: str = ""


def committee_active(facts: MeetingFacts) -> Ruling:
    reason = "This committee no longer meets. Cancel the meeting and plan one of another committee."
    return allowed_if(facts.committee_active, "committee_active", reason)


def on_its_day(facts: MeetingFacts) -> Ruling:
    day = facts.starts_on
    reason = f"The meeting is planned for {day.day} {day:%B %Y}. Open it on that day, or change the plan first."
    return allowed_if(facts.day >= day, "on_its_day", reason)


def attended(facts: MeetingFacts) -> Ruling:
    return allowed_if(facts.present > 0, "attended", "Record who is present before you close the meeting.")


def presided(facts: MeetingFacts) -> Ruling:
    return allowed_if(facts.presided, "presided", "Record who is in the chair before you close the meeting.")


def reason_given(facts: MeetingFacts) -> Ruling:
    return allowed_if(bool(facts.reason.strip()), "reason_given", "Say why, so that members understand it.")


def minutes_written(facts: MeetingFacts) -> Ruling:
    return allowed_if(bool(facts.minutes_by), "minutes_written", "Nobody has written the minutes yet.")


def not_own_minutes(facts: MeetingFacts) -> Ruling:
    if facts.actor_id in facts.minutes_by:
        return refused("not_own_minutes", "You wrote these minutes, so another chair must confirm them.")
    return ALLOWED


OFFICER, CHAIR = (Role.ETHICS_OFFICER,), (Role.CHAIR,)
PLANNED, OPEN, CLOSED = (MeetingState.PLANNED,), (MeetingState.OPEN,), (MeetingState.CLOSED,)

WORKFLOW: Workflow[MeetingState, MeetingFacts] = Workflow(
    "meeting",
    "A meeting of a committee",
    MeetingState.PLANNED,
    STATE_LABELS,
    (
        Move("edit", "change the plan", PLANNED, None, OFFICER, (committee_active,)),
        Move("open", "open the meeting", PLANNED, MeetingState.OPEN, OFFICER + CHAIR, (committee_active, on_its_day)),
        Move("cancel", "cancel the meeting", PLANNED, MeetingState.CANCELLED, OFFICER, (reason_given,)),
        Move("record_attendance", "record who is present", OPEN, None, OFFICER),
        Move("close", "close the meeting", OPEN, MeetingState.CLOSED, OFFICER + CHAIR, (attended, presided)),
        Move("write_minutes", "write the minutes", OPEN + CLOSED, None, OFFICER),
        Move(
            "confirm_minutes",
            "confirm the minutes",
            CLOSED,
            MeetingState.MINUTED,
            CHAIR,
            (minutes_written, not_own_minutes),
        ),
    ),
)
