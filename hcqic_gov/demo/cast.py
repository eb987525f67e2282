"""Who is there: one demo account for each role, colleagues, organisations, training."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from sqlmodel import Session

from hcqic_gov.core.actor import SYSTEM_ACTOR
from hcqic_gov.demo.stage import LENGTH, Clock, Part, Scene, Stage, parts
from hcqic_gov.people import service
from hcqic_gov.people.queries import actor_of
from hcqic_gov.people.rules import OrganisationKind, Role, Training

PASSWORD = "exampleton-demo-2026"  # noqa: S105 - printed at the start; only ever in a demo database
DOMAIN = "demo.example"


class Organisation(Part):
    key: str
    name: str
    kind: OrganisationKind
    ror: str = ""


class Course(Part):
    """Days ago on which a course was completed, and days for which it counts."""

    kind: Training = Training.SANDBOX
    done: int
    counts: int = 1095


class Person(Part):
    """`joined` is days ago; `shown` accounts are printed at the start, one for each role."""

    key: str
    name: str
    roles: tuple[Role, ...]
    at: str
    joined: int = LENGTH
    shown: bool = False
    courses: tuple[Course, ...] = ()

    @property
    def email(self) -> str:
        return f"{self.key.replace('_', '.')}@{DOMAIN}"


def people() -> list[Person]:
    return parts("cast", "people", Person)


def demo_accounts() -> list[Person]:
    """One for each role, in the order of the roles."""
    shown = {person.roles[0]: person for person in people() if person.shown}
    return [shown[role] for role in Role]


def scenes(clock: Clock) -> Iterator[Scene]:
    yield Scene(clock.at(LENGTH), open_centre)
    for number, person in enumerate(people()):
        yield Scene(clock.at(person.joined, 1 + number), partial(join, person=person))


def open_centre(stage: Stage) -> None:
    """Errors: Invalid where the database is in use."""
    with stage.writing() as session:
        service.declare_demo(session, actor=SYSTEM_ACTOR, now=stage.now)
        for one in parts("cast", "organisations", Organisation):
            organisation = service.add_organisation(
                session, one.name, one.kind, ror_id=one.ror, actor=SYSTEM_ACTOR, now=stage.now
            )
            stage.organisations[one.key] = organisation.key


def join(stage: Stage, *, person: Person) -> None:
    with stage.writing() as session:
        account = service.add_person(
            session,
            person.email,
            person.name,
            password_hash=stage.password_hash,
            roles=person.roles,
            organisation_id=stage.organisations[person.at],
            actor=SYSTEM_ACTOR,
            now=stage.now,
        )
        stage.cast[person.key] = actor_of(account)
        take_courses(stage, session, person)


def take_courses(stage: Stage, session: Session, person: Person) -> None:
    for course in person.courses:
        done = min(stage.clock.day(course.done), stage.today)
        service.record_training(
            session,
            stage.by(person.key).id,
            course.kind,
            completed_on=done,
            valid_until=done + timedelta(days=course.counts),
            actor=SYSTEM_ACTOR,
            now=stage.now,
        )
