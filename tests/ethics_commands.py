"""Commands of the ethics register by anybody, each judged by a second account of the rules: for proofs."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from hypothesis import note
from sqlmodel import Session

from hcqic_gov.committee import service as committee
from hcqic_gov.committee.rules import MeetingKind, MemberKind
from hcqic_gov.core.actor import Actor
from hcqic_gov.core.calendar import london_day
from hcqic_gov.core.errors import HcqicError, Invalid, NotFound, Refused, Stale
from hcqic_gov.ethics import service
from hcqic_gov.ethics.application import needed_papers
from hcqic_gov.ethics.facts import NewCondition, Proposal
from hcqic_gov.ethics.models import EthicsCase
from hcqic_gov.ethics.states import Interest, Track
from hcqic_gov.people.rules import Role
from hcqic_gov.projects import service as projects
from hcqic_gov.projects.models import TeamMember
from tests.ethics_model import DECIDING, Raw, Row
from tests.ethics_steps import APPLICATION, add_paper
from tests.factories import World

INVOLVED: dict[str, set[Role]] = {
    "officer_two": {Role.ETHICS_OFFICER},
    "officer_chair": {Role.ETHICS_OFFICER, Role.CHAIR},
    "lead_expert": {Role.PROJECT_LEAD, Role.COMMITTEE_EXPERT},
    "colleague": {Role.PROJECT_LEAD, Role.SPONSOR, Role.ETHICS_OFFICER},
    "old_member": {Role.COMMITTEE_EXPERT},
    "co_opted": {Role.COMMITTEE_LAY},
    "vice_chair": {Role.COMMITTEE_LAY},
    "everything": set(Role) - {Role.AUDITOR, Role.FUNDER},
}
SEATED = (
    "chair",
    "committee_expert",
    "expert_two",
    "expert_three",
    "committee_lay",
    "lay_two",
    "lay_three",
    "officer_chair",
    "lead_expert",
    "co_opted",
    "vice_chair",
    "everything",
)


def populate(world: World) -> None:
    """People of two offices, a member out of term, a co-opted one, a lay vice-chair, and a second committee."""
    day = london_day(world.now)
    kinds = {
        "officer_chair": MemberKind.EXPERT,
        "lead_expert": MemberKind.EXPERT,
        "co_opted": MemberKind.LAY,
        "vice_chair": MemberKind.LAY_PLUS,
        "everything": MemberKind.EXPERT,
        "old_member": MemberKind.EXPERT,
    }
    with world.writing() as session:
        for name, roles in INVOLVED.items():
            world.add_person(session, name, roles)
        charter = committee.Charter("Second Committee", "Hears appeals.")
        second = committee.establish(session, charter, actor=world["ethics_officer"], now=world.now)
        for name, kind in kinds.items():
            end = day + timedelta(days={"old_member": -30, "co_opted": 40}.get(name, 500))
            start = day - timedelta(days=400)
            world.appoint(session, committee.Term(world[name].id, kind, start, end, co_opted=name == "co_opted"))
        for name in SEATED[:8]:
            term = committee.Term(world[name].id, MemberKind.LAY, day - timedelta(days=400), day + timedelta(days=700))
            world.appoint(session, term, committee_id=second.key)


class Commands:
    """A world, its cases and meetings by reference, and whom the committee made a delegate of which case."""

    world: World
    raw: Raw
    cases: list[str]
    meetings: list[str]
    delegates: dict[str, int]

    @property
    def day(self) -> date:
        return london_day(self.world.now)

    # --- one command, and what must hold of it whether it succeeds or not

    def attempt(self, action: str, call: Callable[[Session], Any], *, entries: int = 1) -> Any:
        """The result of a command; None where it was refused, and then nothing was written."""
        before = self.raw.head()
        try:
            with self.world.writing() as session:
                result = call(session)
        except HcqicError as error:
            self.require_said(action, error)
            assert self.raw.head() == before
            return None
        written = self.raw.rows("SELECT * FROM audit_entry WHERE number > ? ORDER BY number", before)
        assert len(written) == entries, (action, len(written))
        assert all(entry["result"] == "done" for entry in written)
        note(f"{self.world.now:%d %b %Y %H:%M} {action}")
        return True if result is None else result

    def require_said(self, action: str, error: HcqicError) -> None:
        """Every refusal has a code and a sentence."""
        note(f"{action}: {error}")
        assert isinstance(error, Refused | Invalid | NotFound | Stale), action
        assert not isinstance(error, Refused) or error.code, action
        assert str(error).endswith("."), (action, str(error))

    def move(self, reference: str, name: str, who: str, **entered: Any) -> bool:
        """A move of the workflow; one that is made was one that the rules allow, by the second account."""
        case, actor = self.raw.case(reference), self.world[who]
        permitted = self.permitted(case, name, actor)
        made = self.attempt(
            f"{who} {name} {reference}",
            lambda session: service.move(
                session, reference, name, Proposal(**entered), actor=actor, now=self.world.now
            ),
            entries=self.entries_of(case, name),
        )
        if made:
            assert not permitted, f"{name} by {who}: {permitted}"
            self.follow(reference, name, actor, entered)
        return bool(made)

    def entries_of(self, case: Row, name: str) -> int:
        """How many entries a move of this case leaves in the audit."""
        return 1

    def permitted(self, case: Row, name: str, actor: Actor) -> str:
        """Why this must not happen now, as far as the second account sees; "" where it may."""
        on_team = actor.id in self.raw.team(case)
        if name in DECIDING or name in ("open_vote", "close_vote", "terminate", "ratify"):
            return self.hearer(case, name, actor) or ("on the team" if on_team else "")
        judging = (
            *("authorise", "send_back", "validate", "mark_invalid", "not_required", "allocate", "reschedule", "undo"),
            *("undo_determination", "ask_undo", "extend", "suspend"),
        )
        if on_team and (name in judging or name.startswith(("lift_", "restart_"))):
            return "on the team"
        if name.startswith("undo") and case["undo_asked_by"] in (None, actor.id):
            return "no second person"
        if name.startswith(("lift_", "restart_")):
            return self.going_on(case, name.partition("_")[2])
        return ""

    def changed_since_halt(self, case: Row) -> bool:
        """Did a substantial change take effect since?"""
        later = "SELECT id FROM ethics_version WHERE case_id = ? AND change_class = 'substantial' AND number > ?"
        return bool(self.raw.rows(later, case["id"], case["halted_version"] or 1))

    def going_on(self, case: Row, opinion: str) -> str:
        if case["opinion"] != opinion:
            return "another opinion"
        if case["valid_to"] and case["valid_to"] < self.day.isoformat():
            return "over"
        return "halted for safety" if case["safety_halt"] and not self.changed_since_halt(case) else ""

    def hearer(self, case: Row, name: str, actor: Actor) -> str:
        """What stands in the way of a move that is made in the chair of a quorate meeting, or by a delegate."""
        said = {row["person_id"]: row["interest"] for row in self.interests(case)}
        if said.get(actor.id) not in ("none", "declared"):
            return "undeclared or recused"
        if actor.id not in self.raw.in_term(case["committee_id"], self.day):
            return "out of term"
        votes = self.raw.rows("SELECT * FROM ethics_vote WHERE case_id = ?", case["id"])
        delegated = name in DECIDING and self.delegates.get(case["reference"]) == actor.id
        if delegated and not votes and not case["vote_open"]:
            return ""
        if name == "close_vote":
            return "" if case["vote_open"] else "not open"
        if not self.raw.quorate(case, self.day):
            return "not quorate"
        if not any(row["presiding"] and row["person_id"] == actor.id for row in self.raw.counting(case, self.day)):
            return "not in the chair"
        return "" if name not in DECIDING or self.raw.carried(case, name, self.day) else "not carried"

    def interests(self, case: Row) -> list[Row]:
        return self.raw.rows("SELECT * FROM ethics_interest WHERE case_id = ?", case["id"])

    def follow(self, reference: str, name: str, actor: Actor, entered: dict[str, Any]) -> None:
        """What the second account keeps of a move, and what a move must leave behind."""
        case = self.raw.case(reference)
        if name == "request_information" and entered.get("person_id"):
            self.delegates[reference] = entered["person_id"]
        if name.startswith("undo"):
            self.delegates.pop(reference, None)
            for table in ("ethics_condition", "ethics_vote"):
                assert not self.raw.rows(f"SELECT id FROM {table} WHERE case_id = ?", case["id"])  # noqa: S608
            in_effect = "SELECT id FROM ethics_version WHERE case_id = ? AND effective_from IS NOT NULL"
            assert not self.raw.rows(in_effect, case["id"])
            dates = () if case["parent_id"] else ("valid_from", "valid_to")
            assert {case[field] for field in ("opinion", "decided_at", *dates)} == {None}
        if case["decided_by"] == actor.id and (name in DECIDING or name == "not_required"):
            assert actor.id not in self.raw.team(case)

    def bring_to(self, reference: str, stage: int) -> None:
        """0 a draft, 1 submitted, 2 on an agenda, 3 with the vote open, 4 and on: decided in different ways."""
        lead = "lead_expert" if self.lead_of(reference) == self.world["lead_expert"].id else "project_lead"
        if stage >= 1:
            self.move(reference, "send_to_sponsor", lead)
            self.move(reference, "authorise", "sponsor")
        if stage >= 2:
            self.move(reference, "validate", "ethics_officer")
            self.plan(0, MeetingKind.FULL)
            self.put(reference, "allocate", "ethics_officer", self.meetings[-1])
            self.hold(reference)
        if stage >= 3:
            self.move(reference, "open_vote", "chair")
        if stage >= 4:
            choice = ("favourable", "favourable_conditions", "unfavourable", "request_information")[stage - 4]
            self.vote_all(reference, choice)
            self.decide(reference, choice, "chair", 200, "committee_lay")

    def hold(self, reference: str) -> None:
        """The meeting is open, everybody is there and has declared."""
        self.open_meeting(self.meetings[-1])
        self.sit(self.meetings[-1], list(SEATED), "chair")
        self.declare_all(reference, [])

    def lead_of(self, reference: str) -> int:
        return int(self.raw.case(reference)["applicant_id"])

    def name_of(self, person_id: int) -> str:
        return next(name for name, actor in self.world.people.items() if actor.id == person_id)

    # --- commands that make up the steps

    def apply(self, project: str, who: str) -> None:

        def call(session: Session) -> EthicsCase:
            case = service.apply(session, project, APPLICATION, actor=self.world[who], now=self.world.now)
            for kind in needed_papers(case):
                add_paper(session, self.world, case.reference, kind=kind, by=who)
            return case

        made = self.attempt(f"{who} applies for {project}", call, entries=3)  # with its protocol and the bytes of it
        if made:
            self.cases.append(made.reference)

    def join(self, project: str, who: str) -> None:
        part = TeamMember(project_id=0, person_id=self.world[who].id, part="Analyst", created_at=self.world.now)
        lead = self.raw.one("SELECT lead_id FROM project WHERE reference = ?", project)["lead_id"]
        actor = next(actor for actor in self.world.people.values() if actor.id == lead)
        self.attempt(
            f"{who} joins {project}",
            lambda session: projects.add_part(session, project, part, actor=actor, now=self.world.now),
        )

    def plan(self, which: int, kind: MeetingKind) -> None:
        committees = self.raw.rows("SELECT id FROM committee ORDER BY id")
        entered = committee.Plan(kind, self.world.now, "Room 1")
        officer = self.world["ethics_officer"]
        made = self.attempt(
            f"plans a {kind} meeting",
            lambda session: committee.plan(
                session, committees[which]["id"], entered, actor=officer, now=self.world.now
            ),
        )
        if made:
            self.meetings.append(made.reference)

    def put(self, reference: str, name: str, who: str, meeting: str, track: Track = Track.FULL) -> bool:
        number = self.raw.one("SELECT id FROM meeting WHERE reference = ?", meeting)["id"]
        return self.move(reference, name, who, meeting_id=number, track=track)

    def open_meeting(self, meeting: str, name: str = "open", who: str = "ethics_officer") -> None:
        self.attempt(
            f"{who} {name} {meeting}",
            lambda session: committee.move(
                session, meeting, name, reason="A reason.", actor=self.world[who], now=self.world.now
            ),
        )

    def sit(self, meeting: str, present: list[str], presiding: str) -> None:
        row = self.raw.one("SELECT committee_id FROM meeting WHERE reference = ?", meeting)
        serving = self.raw.in_term(row["committee_id"], self.day)
        numbers = [self.world[name].id for name in present if self.world[name].id in serving]
        chair = self.world[presiding].id
        self.attempt(
            f"{len(numbers)} sit in {meeting}, {presiding} in the chair",
            lambda session: committee.record_attendance(
                session,
                meeting,
                numbers,
                presiding=chair if chair in numbers else None,
                actor=self.world["ethics_officer"],
                now=self.world.now,
            ),
        )

    def declare(self, reference: str, who: str, interest: Interest) -> None:
        case, actor = self.raw.case(reference), self.world[who]
        aside = any(row["person_id"] == actor.id and row["interest"] == "recused" for row in self.interests(case))
        made = self.attempt(
            f"{who} declares {interest} in {reference}",
            lambda session: service.declare_interest(
                session, reference, interest, details="A friend.", actor=actor, now=self.world.now
            ),
        )
        assert not (made and aside), "who stepped aside came back"
        assert not (made and actor.id in self.raw.team(case)), "one of the team declared"

    def declare_all(self, reference: str, aside: list[str]) -> None:
        for name in SEATED:
            self.declare(reference, name, Interest.RECUSED if name in aside else Interest.NONE)

    def cast(self, reference: str, who: str, choice: str) -> None:
        case, actor = self.raw.case(reference), self.world[who]
        counts = any(row["person_id"] == actor.id for row in self.raw.counting(case, self.day))
        in_session = self.raw.meeting_state(case) == "open"
        made = self.attempt(
            f"{who} votes {choice} on {reference}",
            lambda session: service.vote(session, reference, choice, actor=actor, now=self.world.now),
        )
        assert not made or (counts and in_session and case["vote_open"]), "a vote of nobody who counts"

    def vote_all(self, reference: str, choice: str) -> None:
        for name in SEATED:
            self.cast(reference, name, choice)

    def decide(self, reference: str, name: str, who: str, days: int, delegate: str) -> None:
        numbers = [
            row["number"]
            for row in self.raw.rows(
                "SELECT number FROM ethics_question WHERE case_id = ?", self.raw.case(reference)["id"]
            )
        ]
        self.move(
            reference,
            name,
            who,
            reason="The committee found it so.",
            valid_from=self.day,
            valid_to=self.day + timedelta(days=days),
            conditions=(NewCondition("Name the data manager.", pre_start=True), NewCondition("Report.", False)),
            questions=("Who is the data manager?", "Where is the data?") if name == "request_information" else (),
            again=tuple(numbers[:1]),
            person_id=self.world[delegate].id if name == "request_information" else None,
        )

    def pick(self, number: int) -> str:
        return self.cases[number % len(self.cases)]
