"""Random commands by random actors over random dates, and what must hold after each of them.

A few examples run with the suite; `HCQIC_HYPOTHESIS=deep` runs many long ones.
"""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from hcqic_gov.audit.queries import verify_chain
from hcqic_gov.committee import service as committee
from hcqic_gov.committee.rules import MeetingKind
from hcqic_gov.core.actor import SYSTEM_ACTOR
from hcqic_gov.core.calendar import london_day
from hcqic_gov.db import Database
from hcqic_gov.ethics import queries, service
from hcqic_gov.ethics.application import Application
from hcqic_gov.ethics.facts import NewCondition
from hcqic_gov.ethics.modification_rules import WORKFLOWS, workflow_of
from hcqic_gov.ethics.rules import WITH_SERVICE
from hcqic_gov.ethics.standing import Scope
from hcqic_gov.ethics.states import ABSTAIN, CaseKind, ChangeClass, Interest, Method, Purpose, State, Track
from hcqic_gov.people.rules import Role
from hcqic_gov.projects.rules import DataClass
from tests.conftest import Inhabited, copy_of_file
from tests.ethics_commands import INVOLVED, SEATED, populate
from tests.ethics_model import DECISIONS, IN_FORCE, Raw, days_in
from tests.factories import World
from tests.modification_commands import PAPERS, PARTS, Changes
from tests.modification_model import (
    CHANGEABLE,
    OPEN,
    approved_documents_are_kept,
    changes_hold_no_section_twice,
    study_is_its_newest_version,
)

DEEP = os.environ.get("HCQIC_HYPOTHESIS") == "deep"
PROFILE = settings(
    max_examples=int(os.environ.get("HCQIC_HYPOTHESIS_EXAMPLES", "150" if DEEP else "3")),
    stateful_step_count=60 if DEEP else 20,
    derandomize=not DEEP,
    deadline=None,
    database=None,
    print_blob=False,
    phases=(Phase.generate, Phase.shrink) if DEEP else (Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
BEGINNINGS = (
    datetime(2026, 3, 28, 12, tzinfo=UTC),  # the clocks go on the next day
    datetime(2026, 4, 27, 22, 30, tzinfo=UTC),  # half an hour before the packs change in London
    datetime(2026, 6, 1, 10, tzinfo=UTC),
    datetime(2026, 10, 24, 22, 59, tzinfo=UTC),  # and go back on the next day
)
SPANS = tuple(timedelta(hours=hours) for hours in (1, 13, 24, 24 * 8, 24 * 31, 24 * 61, 24 * 130))
MOVES = sorted({step.name for flow in WORKFLOWS.values() for step in flow.moves if step.name not in WITH_SERVICE})
FIELDS = tuple(Application.__dataclass_fields__)
CHOICES = (*DECISIONS, ABSTAIN)
people = st.sampled_from(sorted({*(role.value for role in Role), *SEATED, *INVOLVED}))
members = st.sampled_from(SEATED)


class Ethics(RuleBasedStateMachine, Changes):
    """Two projects, a few cases, changes of what is approved, meetings of two committees, the clock, and everybody."""

    template: Inhabited

    def __init__(self) -> None:
        super().__init__()
        url = self.template.copy()
        made = self.template
        self.world = World(Database(url), BEGINNINGS[0], dict(made.people), made.funder_id, made.committee_id)
        self.raw, self.url = Raw.of(url), url
        self.cases: list[str] = []
        self.meetings: list[str] = []
        self.delegates: dict[str, int] = {}
        self.versions: dict[int, tuple[str, str]] = {}
        self.steps = 0

    def teardown(self) -> None:
        with self.world.reading() as session:
            assert verify_chain(session).whole
        self.raw.connection.close()
        self.world.database.dispose()
        for suffix in ("", "-wal", "-shm"):
            Path(self.url.removeprefix("sqlite:///") + suffix).unlink(missing_ok=True)

    # --- the beginning

    @initialize(
        at=st.sampled_from(BEGINNINGS),
        stages=st.lists(st.integers(0, 7), min_size=2, max_size=2),
        shared=st.booleans(),
        change=st.integers(-2, 6),
    )
    def begin(self, at: datetime, stages: list[int], shared: bool, change: int) -> None:
        self.world.now = at
        stages = [4 + change % 2, *stages[1:]] if change >= 0 else stages
        made = [self.world.project(lead=lead, active=True) for lead in ("project_lead", "lead_expert")]
        self.projects = {project.reference: project.key for project in made}
        self.join(next(iter(self.projects)), "colleague")
        for stage, project in zip(stages, [made[0], made[0 if shared else 1]], strict=True):
            self.apply(project.reference, "project_lead" if project is made[0] else "lead_expert")
            self.bring_to(self.cases[-1], stage)
        if change >= 0:
            self.the_study_changes(0, "project_lead", ["more"], ["new_protocol"], change)

    # --- the steps that are drawn

    @rule(span=st.sampled_from(SPANS), jobs=st.booleans())
    def time_passes(self, span: timedelta, jobs: bool) -> None:
        self.world.now += span
        if jobs:
            self.jobs()

    @rule()
    def jobs(self) -> None:
        """The periodic jobs: each case that they end is one whose day has passed."""
        today = self.day.isoformat()
        over = "SELECT id FROM ethics_case WHERE valid_to < ? AND state IN (?, ?, ?, 'halted', 'suspended')"
        due = len(self.raw.rows(over, today, *IN_FORCE))
        call = lambda session: service.expire_due(session, now=self.world.now)  # noqa: E731
        assert self.attempt("the opinions expire", call, entries=due) == due
        lapsed = self.overdue()
        call = lambda session: service.lapse_due(session, now=self.world.now)  # noqa: E731
        assert self.attempt("the unanswered lapse", call, entries=lapsed) == lapsed

    def overdue(self) -> int:
        """Cases whose last request is more than sixty London days old (under the rules of 2004 there is no limit)."""
        count = 0
        for case in self.raw.rows("SELECT * FROM ethics_case WHERE state = 'info_requested'"):
            asked = self.raw.rows(
                "SELECT at FROM ethics_event WHERE case_id = ? AND to_state = 'info_requested' "
                "AND from_state <> 'info_requested' ORDER BY id DESC",
                case["id"],
            )
            day = london_day(datetime.fromisoformat(asked[0]["at"]).replace(tzinfo=UTC))
            count += case["pack_id"] == "uk-rec-2026" and day + timedelta(days=60) < self.day
        return count

    @rule(number=st.integers(0, 7), name=st.sampled_from(MOVES), who=people, other=people, days=st.integers(-3, 300))
    def anybody_moves(self, number: int, name: str, who: str, other: str, days: int) -> None:
        meeting = self.raw.rows("SELECT id FROM meeting ORDER BY id DESC LIMIT 1")
        self.move(
            self.pick(number),
            name,
            who,
            reason="A reason." if days % 7 else " ",
            valid_from=self.day,
            valid_to=self.day + timedelta(days=days),
            conditions=(NewCondition("A condition.", pre_start=bool(days % 2)),) if days % 5 else (),
            meeting_id=meeting[0]["id"] if meeting else None,
            track=Track.PROPORTIONATE if days % 4 == 0 else Track.FULL,
            questions=("A question?",),
            again=(1,),
            person_id=self.world[other].id if days % 3 else None,
            on=self.day - timedelta(days=max(days, -1) % 40),
            safety=bool(days % 2),
            change_class=list(ChangeClass)[days % 3],
        )

    @rule(number=st.integers(0, 7), which=st.integers(0, 11), other=people, days=st.integers(1, 300))
    def somebody_able_moves(self, number: int, which: int, other: str, days: int) -> None:
        """A move from where the case is, by one of those who may try: how histories get on."""
        reference = self.pick(number)
        case = self.raw.case(reference)
        flow = workflow_of(CaseKind(case["kind"]))
        steps = [step for step in flow.moves_from(State(case["state"])) if step.name in MOVES]
        for step in steps[which % len(steps) :][:1] if steps else ():
            team, own = self.raw.team(case), Role.PROJECT_LEAD in step.who
            able = [
                name for name, actor in self.world.people.items() if actor.has(*step.who) and own == (actor.id in team)
            ]
            if able and step.who != ("system",):
                self.anybody_moves(number, step.name, able[days % len(able)], other, days)

    @rule(
        number=st.integers(0, 7),
        choice=st.sampled_from(DECISIONS),
        who=members,
        days=st.integers(0, 90),
        fresh=st.booleans(),
        kind=st.sampled_from(MeetingKind),
        which=st.integers(0, 1),
        aside=st.lists(members, max_size=3, unique=True),
        absent=st.lists(members, max_size=8, unique=True),
    )
    def the_committee_meets(
        self, number: int, choice: str, who: str, days: int, fresh: bool, kind: MeetingKind, which: int,
        aside: list[str], absent: list[str],
    ) -> None:  # fmt: skip
        """A meeting from its plan to the decision, with whoever came; each part may be refused."""
        reference = self.pick(number)
        choice = self.choice_for(reference, choice)
        if fresh or not self.meetings:
            self.plan(which, kind)
            track = Track.FULL if kind is MeetingKind.FULL else Track.PROPORTIONATE
            if not self.put(reference, "allocate", "ethics_officer", self.meetings[-1], track):
                self.put(reference, "reschedule", "ethics_officer", self.meetings[-1])
            self.open_meeting(self.meetings[-1])
        self.sit(self.meetings[-1], [name for name in SEATED if name not in absent], who)
        self.declare_all(reference, aside)
        self.move(reference, "open_vote", who)
        self.vote_all(reference, choice)
        self.decide(reference, choice, who, days, aside[0] if aside else "committee_expert")

    @rule(number=st.integers(0, 5), who=members, interest=st.sampled_from(Interest))
    def a_member_declares(self, number: int, who: str, interest: Interest) -> None:
        self.declare(self.pick(number), who, interest)

    @rule(number=st.integers(0, 5), who=people, choice=st.sampled_from(CHOICES))
    def somebody_votes(self, number: int, who: str, choice: str) -> None:
        reference = self.pick(number)
        self.cast(reference, who, self.choice_for(reference, choice))

    @rule(
        number=st.integers(0, 5),
        who=people,
        choice=st.sampled_from(DECISIONS),
        delegate=people,
        days=st.integers(0, 400),
    )
    def somebody_decides(self, number: int, who: str, choice: str, delegate: str, days: int) -> None:
        reference = self.pick(number)
        self.decide(reference, self.choice_for(reference, choice), who, days, delegate)

    @rule(
        number=st.integers(0, 5),
        who=st.sampled_from(("project_lead", "lead_expert", "colleague", "chair")),
        send=st.booleans(),
    )
    def the_team_answers(self, number: int, who: str, send: bool) -> None:
        reference = self.pick(number)
        for question in (1, 2):
            self.attempt(
                f"{who} answers {question}",
                lambda session, q=question: service.answer(  # type: ignore[misc]
                    session, reference, q, "It is so.", actor=self.world[who], now=self.world.now
                ),
            )
        if send:
            self.move(reference, "respond", who)

    @rule(number=st.integers(0, 5), who=people, confirms=people, order=st.booleans())
    def a_condition_is_met(self, number: int, who: str, confirms: str, order: bool) -> None:
        reference, now = self.pick(number), self.world.now
        rows = self.raw.rows("SELECT * FROM ethics_condition WHERE case_id = ?", self.raw.case(reference)["id"])
        for row in rows[:: 1 if order else -1][:1]:
            key, lead = row["id"], "project_lead" if order else who
            self.attempt(
                f"{lead} answers condition {key}",
                lambda session, key=key, lead=lead: service.satisfy_condition(  # type: ignore[misc]
                    session, reference, key, evidence="It is.", actor=self.world[lead], now=now
                ),
            )
            for other in (confirms, "ethics_officer" if order else confirms):
                self.attempt(
                    f"{other} confirms condition {key}",
                    lambda session, key=key, other=other: service.confirm_condition(  # type: ignore[misc]
                        session, reference, key, actor=self.world[other], now=now
                    ),
                )

    @rule(
        number=st.integers(0, 5),
        name=st.sampled_from(("copy_as_new", "appeal")),
        who=st.sampled_from(("project_lead", "lead_expert", "colleague")),
    )
    def it_begins_again(self, number: int, name: str, who: str) -> None:
        reference = self.pick(number)
        made = self.attempt(
            f"{who} {name} {reference}",
            lambda session: service.begin_again(
                session, reference, name, "Again.", actor=self.world[who], now=self.world.now
            ),
        )
        if made:
            self.cases.append(made.reference)

    @rule(
        number=st.integers(0, 5),
        who=st.sampled_from(("project_lead", "lead_expert", "colleague", "chair")),
        parts=st.lists(st.sampled_from(PARTS), max_size=3, unique=True),
        papers=st.lists(st.sampled_from(PAPERS), max_size=2),
        stage=st.integers(0, 6),
    )
    def the_study_changes(self, number: int, who: str, parts: list[str], papers: list[str], stage: int) -> None:
        """A change is begun, its documents are changed, and it goes on as far as it is drawn."""
        studies = [one for one in self.cases if self.raw.case(one)["state"] in CHANGEABLE] or self.cases
        study = studies[number % len(studies)]
        lead = self.name_of(self.lead_of(study)) if number % 3 else who
        if len(self.cases) < 10 and (reference := self.begin_change(study, lead, parts)):
            for what in papers:
                self.change_papers(reference, who, what)
            self.bring_change_to(reference, stage)

    @rule(number=st.integers(0, 7), who=people, parts=st.lists(st.sampled_from(PARTS), max_size=3, unique=True))
    def somebody_edits_a_change(self, number: int, who: str, parts: list[str]) -> None:
        if self.is_change(reference := self.pick(number)):
            self.edit_change(reference, who, parts)

    @rule(
        number=st.integers(0, 7),
        wanted=st.sampled_from(ChangeClass),
        who=st.sampled_from(("ethics_officer", "officer_two", "colleague", "everything")),
        confirms=st.booleans(),
    )
    def another_class_is_asked_for(self, number: int, wanted: ChangeClass, who: str, confirms: bool) -> None:
        """And answered by somebody of the office, who may be on the team; then the change goes that way."""
        self.the_study_changes(number, who, ["title"], [], 0)
        drafts = [one for one in self.cases if self.is_change(one) and self.raw.case(one)["state"] == "draft"]
        for reference in drafts[number % len(drafts) :][:1] if drafts else ():
            lead = self.name_of(self.lead_of(reference))
            self.move(reference, "ask_class", lead, reason="A comma.", change_class=wanted)
            self.move(reference, "confirm_class" if confirms else "decline_class", who, reason="So it is.")
            self.bring_change_to(reference, 1)

    @rule(number=st.integers(0, 7), answers=st.booleans(), choice=st.sampled_from(("approve", "not_approve")))
    def a_change_comes_to_an_end(self, number: int, answers: bool, choice: str) -> None:
        """Its questions are answered and it is decided, or it is withdrawn."""
        open_ones = [one for one in self.cases if self.is_change(one) and self.raw.case(one)["state"] in OPEN]
        open_ones.sort(key=lambda one: self.raw.case(one)["state"] != "info_requested")
        for reference in open_ones[number // 3 % len(open_ones) :][:1] if open_ones else ():
            lead = self.name_of(self.lead_of(reference))
            if not answers:
                self.move(reference, "withdraw", lead, reason="It is not needed.")
                return
            self.change_papers(reference, lead, "new_protocol")
            self.the_team_answers(self.cases.index(reference), lead, True)
            self.put(reference, "reschedule", "ethics_officer", self.meetings[-1])
            self.hold(reference)
            self.move(reference, "open_vote", "chair")
            self.vote_all(reference, choice)
            self.decide(reference, choice, "chair", 200, "committee_lay")

    @rule(number=st.integers(0, 7), what=st.sampled_from(PAPERS), who=people, owner=st.booleans())
    def documents_change(self, number: int, who: str, what: str, owner: bool) -> None:
        reference = self.pick(number)
        self.change_papers(reference, self.name_of(self.lead_of(reference)) if owner else who, what)

    @rule(number=st.integers(0, 1), who=people, stage=st.integers(1, 7))
    def another_application(self, number: int, who: str, stage: int) -> None:
        if len(self.cases) < 4:
            before = len(self.cases)
            self.apply(list(self.projects)[number], who)
            if len(self.cases) > before:
                self.bring_to(self.cases[-1], stage)

    @rule(number=st.integers(0, 1), who=people)
    def the_team_grows(self, number: int, who: str) -> None:
        rows = self.raw.rows("SELECT id FROM team_member WHERE person_id = ?", self.world[who].id)
        if not rows:
            self.join(list(self.projects)[number], who)

    @rule(
        name=st.sampled_from(("open", "close", "cancel")), who=st.sampled_from(("ethics_officer", "chair", "sponsor"))
    )
    def the_meeting_moves(self, name: str, who: str) -> None:
        if self.meetings:
            self.open_meeting(self.meetings[-1], name, who)

    @rule(who=members, days=st.integers(0, 60))
    def a_term_ends(self, who: str, days: int) -> None:
        rows = self.raw.rows(
            "SELECT * FROM committee_member WHERE person_id = ? AND ended_on IS NULL", self.world[who].id
        )
        for row in rows[:1]:
            self.attempt(
                f"the term of {who} ends",
                lambda session, row=row: committee.end_term(  # type: ignore[misc]
                    session,
                    row["id"],
                    ended_on=self.day + timedelta(days=days),
                    why="Moved.",
                    seen=row["version"],
                    actor=self.world["ethics_officer"],
                    now=self.world.now,
                ),
            )

    # --- what holds after each step

    @invariant()
    def decisions_stand_on_people_outside(self) -> None:
        for case in self.raw.rows("SELECT * FROM ethics_case"):
            decided = case["decided_by"] is not None
            assert decided == (case["decided_at"] is not None) == (case["opinion"] is not None)
            if case["state"] in IN_FORCE:
                assert case["state"] == case["opinion"]

    @invariant()
    def conditions_are_confirmed_by_another(self) -> None:
        assert not self.raw.rows(
            "SELECT id FROM ethics_condition WHERE confirmed_by = satisfied_by "
            "OR (confirmed_by IS NOT NULL AND satisfied_by IS NULL)"
        )

    @invariant()
    def one_live_vote_each(self) -> None:
        assert not self.raw.rows("SELECT 1 FROM ethics_vote GROUP BY case_id, person_id HAVING count(*) > 1")

    @invariant()
    def versions_never_change(self) -> None:
        for row in self.raw.rows("SELECT * FROM ethics_version"):
            kept = self.versions.setdefault(row["id"], (row["content"], row["content_hash"]))
            assert kept == (row["content"], row["content_hash"])
        for number in self.versions:
            assert self.raw.rows("SELECT id FROM ethics_version WHERE id = ?", number)

    @invariant()
    def a_study_is_its_newest_version(self) -> None:
        for study in self.raw.rows("SELECT * FROM ethics_case WHERE kind = 'application'"):
            assert study_is_its_newest_version(self.raw, study), study["reference"]

    @invariant()
    def documents_of_versions_are_kept(self) -> None:
        assert approved_documents_are_kept(self.raw)

    @invariant()
    def no_section_is_held_twice(self) -> None:
        assert changes_hold_no_section_twice(self.raw)

    @invariant()
    def the_gate_agrees(self) -> None:
        if not self.cases:
            return
        with self.world.reading() as session:
            for number in self.projects.values():
                for purpose, method in ((Purpose.METHOD_DEVELOPMENT, Method.HPC), (Purpose.EDUCATION, Method.HPC)):
                    ruling = queries.execution_ruling(
                        session, number, Scope(DataClass.SYNTHETIC, purpose, method), at=self.world.now
                    )
                    expected = self.raw.may_run(number, (purpose, method), self.day)
                    assert ruling.allowed == expected, ruling
                    assert ruling.allowed or (ruling.code and ruling.reason.endswith(".")), ruling

    @invariant()
    def clocks_add_up(self) -> None:
        if not self.cases:
            return
        reference = self.pick(self.steps)
        with self.world.reading() as session:
            case = queries.case(session, reference)
            found = queries.clocks_of(case, queries.events_of(session, [case])[case.key])
        for clock in found:
            end = clock.ended or self.day
            still = [day for stop in clock.stopped for day in days_in(stop.start, stop.end or end)]
            assert len(still) == len(set(still)), "a day stands still twice"
            running = days_in(clock.started, end) - set(still)
            assert set(still) <= days_in(clock.started, end)
            assert (clock.days_used(self.day), clock.days_stopped(self.day)) == (len(running), len(still))
            if clock.due and clock.days:
                assert len(days_in(clock.started, clock.due) - set(still)) == clock.days

    @invariant()
    def the_chain_is_whole(self) -> None:
        self.steps += 1
        if self.steps % 10 == 0:
            with self.world.reading() as session:
                assert verify_chain(session).whole


@pytest.fixture(scope="session")
def populated(inhabited_sqlite: Inhabited) -> Inhabited:
    """The world of the proofs, in a file of its own that examples copy."""
    url = inhabited_sqlite.copy()
    world = World(
        Database(url),
        datetime(2026, 3, 1, 10, tzinfo=UTC),
        dict(inhabited_sqlite.people),
        inhabited_sqlite.funder_id,
        inhabited_sqlite.committee_id,
    )
    populate(world)
    world.database.dispose()
    path = Path(url.removeprefix("sqlite:///"))
    return Inhabited(lambda: copy_of_file(path), world.people, world.funder_id, world.committee_id)


def test_random_lives_keep_what_must_hold(populated: Inhabited) -> None:
    machine = type("EthicsOnACopy", (Ethics,), {"template": populated})
    run_state_machine_as_test(machine, settings=PROFILE)


def test_the_system_acts_for_nobody() -> None:
    """The actor of the jobs holds the one role that no person can hold."""
    assert SYSTEM_ACTOR.roles.isdisjoint(set(Role))
