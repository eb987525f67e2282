"""What people were told: reminders as time passes, most of it read, and one e-mail that could not be sent."""

from collections.abc import Iterator

from hcqic_gov.demo.stage import LENGTH, Clock, Scene, Stage
from hcqic_gov.ethics.reminders import remind
from hcqic_gov.notices.sending import Ending, Outcome, claim, put_by, settle
from hcqic_gov.notices.service import mark_read

READ_UNTIL = 20
"""Days before the end of the story up to which everybody has read what they were told."""

NO_SUCH_USER = "The mail server refused the address: 550 5.1.1 No such user here"


def scenes(clock: Clock) -> Iterator[Scene]:
    for ago in (*range(LENGTH - 31, 1, -30), 1):
        yield Scene(clock.at(ago, 58), say_reminders)
    yield Scene(clock.at(READ_UNTIL, 59), read_all)
    yield Scene(clock.at(1, 59), give_up)


def say_reminders(stage: Stage) -> None:
    with stage.writing() as session:
        remind(session, now=stage.now)


def read_all(stage: Stage) -> None:
    with stage.writing() as session:
        for actor in stage.cast.values():
            mark_read(session, actor=actor, now=stage.now)


def give_up(stage: Stage) -> None:
    """Of what waits to be sent, the oldest: whoever it is to has left that address. The others wait for a server."""
    put_by(stage.database, now=stage.now)
    if letter := claim(stage.database, now=stage.now):
        settle(stage.database, letter, Outcome(Ending.GIVEN_UP, NO_SUCH_USER), now=stage.now)
