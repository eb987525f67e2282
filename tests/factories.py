"""A small centre built through the services, so that no test starts from an impossible state."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import Session

from hcqic_gov.committee import service as committee
from hcqic_gov.committee.models import CommitteeMember, Meeting
from hcqic_gov.committee.queries import meeting
from hcqic_gov.committee.rules import MeetingKind, MemberKind
from hcqic_gov.core.actor import Actor
from hcqic_gov.core.calendar import london_day
from hcqic_gov.db import Database
from hcqic_gov.people import service as people
from hcqic_gov.people.models import Person
from hcqic_gov.people.queries import actor_of
from hcqic_gov.people.rules import SYSTEM_ACTOR, OrganisationKind, Role, Training
from hcqic_gov.projects import service as projects
from hcqic_gov.projects.models import Project
from hcqic_gov.projects.rules import DataClass, Rung, Setting, UseCase, Verdict

PASSWORD = "correct horse battery staple"
MEMBERS = ("chair", "committee_expert", "expert_two", "expert_three", "committee_lay", "lay_two", "lay_three")
"""The members of the world's committee."""
NO_PASSWORD = "!"
"""Never matches: tests that sign in through the form set a real one."""


@dataclass
class World:
    """A database, the time, and one person for each role (`world.people["chair"]`), each with only that role."""

    database: Database
    now: datetime
    people: dict[str, Actor] = field(default_factory=dict)
    funder_id: int = 0
    committee_id: int = 0

    @classmethod
    def make(cls, database: Database, now: datetime) -> "World":
        world = cls(database, now)
        with database.transaction() as session:
            university = people.add_organisation(
                session, "University of Exampleton", OrganisationKind.UNIVERSITY, actor=SYSTEM_ACTOR, now=now
            )
            funder = people.add_organisation(
                session, "Example Research Fund", OrganisationKind.FUNDER, actor=SYSTEM_ACTOR, now=now
            )
            world.funder_id = funder.key
            for role in Role:
                organisation = funder.key if role is Role.FUNDER else university.key
                world.add_person(session, role.value, {role}, organisation_id=organisation)
            world.add_committee(session)
        return world

    def add_person(self, session: Session, name: str, roles: set[Role], *, organisation_id: int | None = None) -> Actor:
        person = people.add_person(
            session,
            f"{name.replace('_', '.')}@example.org",
            name.replace("_", " ").title(),
            password_hash=NO_PASSWORD,
            roles=roles,
            organisation_id=organisation_id,
            actor=SYSTEM_ACTOR,
            now=self.now,
        )
        self.people[name] = actor_of(person)
        return self.people[name]

    def add_committee(self, session: Session) -> None:
        """One committee with seven members in term: the chair (expert), three experts, three lay."""
        charter = committee.Charter("Ethics Committee", "Reviews the ethics of the centre's projects.")
        made = committee.establish(session, charter, actor=self["ethics_officer"], now=self.now)
        self.committee_id = made.key
        kinds = {
            "chair": (MemberKind.EXPERT, {Role.CHAIR}),
            "committee_expert": (MemberKind.EXPERT, {Role.COMMITTEE_EXPERT}),
            "expert_two": (MemberKind.EXPERT, {Role.COMMITTEE_EXPERT}),
            "expert_three": (MemberKind.EXPERT, {Role.COMMITTEE_EXPERT}),
            "committee_lay": (MemberKind.LAY, {Role.COMMITTEE_LAY}),
            "lay_two": (MemberKind.LAY, {Role.COMMITTEE_LAY}),
            "lay_three": (MemberKind.LAY_PLUS, {Role.COMMITTEE_LAY}),
        }
        day = london_day(self.now)
        for name, (kind, roles) in kinds.items():
            member = self.people.get(name) or self.add_person(session, name, roles)
            term = committee.Term(
                member.id, kind, day - timedelta(days=800), day + timedelta(days=365), chair=name == "chair"
            )
            self.appoint(session, term)

    def appoint(self, session: Session, term: committee.Term, *, committee_id: int | None = None) -> CommitteeMember:
        """A term on the world's committee, or on another."""
        number = committee_id or self.committee_id
        return committee.appoint(session, number, term, actor=self["ethics_officer"], now=self.now)

    def plan_meeting(
        self,
        *,
        kind: MeetingKind = MeetingKind.FULL,
        starts_at: datetime | None = None,
        committee_id: int | None = None,
    ) -> Meeting:
        """A planned meeting, of the world's committee and now unless said otherwise."""
        entered = committee.Plan(kind, starts_at or self.now, "Room 1, Exampleton")
        number = committee_id or self.committee_id
        with self.writing() as session:
            return committee.plan(session, number, entered, actor=self["ethics_officer"], now=self.now)

    def meeting(
        self,
        *,
        present: Sequence[str] = MEMBERS,
        presiding: str = "chair",
        kind: MeetingKind = MeetingKind.FULL,
        committee_id: int | None = None,
    ) -> Meeting:
        """An open meeting with these members present."""
        reference = self.plan_meeting(kind=kind, committee_id=committee_id).reference
        officer = self["ethics_officer"]
        with self.writing() as session:
            committee.move(session, reference, "open", actor=officer, now=self.now)
            committee.record_attendance(
                session,
                reference,
                [self[name].id for name in present],
                presiding=self[presiding].id if presiding in present else None,
                actor=officer,
                now=self.now,
            )
            return meeting(session, reference)

    def __getitem__(self, name: str) -> Actor:
        return self.people[name]

    @contextmanager
    def writing(self) -> Iterator[Session]:
        with self.database.transaction() as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with self.database.reading() as session:
            yield session

    def another_lead(self) -> Actor:
        """A second project lead."""
        if "lead_two" not in self.people:
            with self.writing() as session:
                self.add_person(session, "lead_two", {Role.PROJECT_LEAD})
        return self.people["lead_two"]

    def train(self, name: str, kind: Training = Training.SANDBOX) -> None:
        day = london_day(self.now)
        with self.writing() as session:
            people.record_training(
                session,
                self[name].id,
                kind,
                completed_on=day - timedelta(days=10),
                valid_until=day + timedelta(days=700),
                actor=SYSTEM_ACTOR,
                now=self.now,
            )

    def project(self, *, lead: str = "project_lead", active: bool = False, **changes: object) -> Project:
        """A registered project of this lead; active on request."""
        details = {
            "title": "Rosters for a small ward",
            "lay_summary": "We look for better rosters, so that nurses know their shifts earlier.",
            "use_case": UseCase.SYSTEM_OPTIMISATION,
            "data_class": DataClass.SYNTHETIC,
            "setting": Setting.NHS,
            "lead_id": self[lead].id,
            "starts_on": date(2026, 1, 5),
            "ends_on": date(2027, 12, 31),
            **changes,
        }
        with self.writing() as session:
            project = projects.register(session, projects.Details(**details), actor=self[lead], now=self.now)  # type: ignore[arg-type]
            for move in ("scope", "activate") if active else ():
                projects.move(session, project.reference, move, actor=self["centre_manager"], now=self.now)
        return project

    def climb_to_quantum(self, project: Project) -> None:
        """HPC and HPC with AI opened, tried and found wanting; the quantum rung open."""
        with self.writing() as session:
            lead = actor_of(session.get_one(Person, project.lead_id))
            for rung in Rung:
                projects.open_rung(
                    session, project.reference, rung, reason="The rung before falls short.", actor=lead, now=self.now
                )
                if rung is Rung.QUANTUM:
                    break
                projects.record_trial(
                    session,
                    project.reference,
                    rung,
                    method="Mixed-integer programme",
                    instance="40 nurses, 28 days",
                    metric="Gap to bound",
                    result="11 % after 8 hours",
                    verdict=Verdict.DOES_NOT_SUFFICE,
                    reason="The roster is needed within an hour.",
                    actor=lead,
                    now=self.now,
                )


def client_of(app: Flask, actor: Actor | None) -> FlaskClient:
    """A client that is signed in as this person (None: a visitor), as the session cookie would say."""
    client = app.test_client()
    if actor is not None:
        with app.extensions["hcqic"].database.reading() as session:
            uniquifier = session.get_one(Person, actor.id).fs_uniquifier
        with client.session_transaction() as cookie:
            cookie["_user_id"] = uniquifier
            cookie["_fresh"] = True
            cookie["fs_cc"] = "set"
            cookie["fs_paa"] = 4e9
            cookie["identity.id"] = uniquifier
    return client
