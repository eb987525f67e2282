"""The Celery application: it dispatches; the ledger in the database is the truth."""

from datetime import UTC, datetime
from functools import cache

from celery.signals import worker_process_init, worker_ready

from hcqic_gov.core.actor import SYSTEM_ACTOR
from hcqic_gov.core.calendar import london_day
from hcqic_gov.db import Database
from hcqic_gov.dispatch import SWEEP_SECONDS, make_celery
from hcqic_gov.ethics import service as ethics
from hcqic_gov.ethics.reminders import remind
from hcqic_gov.kpi.alerts import alert
from hcqic_gov.kpi.working_out import recent_periods, work_out
from hcqic_gov.notices.sending import send_due
from hcqic_gov.quantum.isolation import end_with_parent
from hcqic_gov.sandbox import execution
from hcqic_gov.settings import Settings
from hcqic_gov.startup import collect_seldom

celery = make_celery(Settings())


@cache
def database() -> Database:
    """One for each process of the worker, opened when it first has something to do."""
    return Database(Settings().database)


def clock() -> datetime:
    return datetime.now(UTC)


def dispatch(run_id: int) -> None:
    """Hand a queued run to a worker; a message that finds none soon is made again by the next sweep."""
    celery.send_task("sandbox.execute", [run_id], expires=60)


@celery.task(name="sandbox.execute")  # type: ignore[untyped-decorator]
def execute_run(run_id: int) -> None:
    if execution.execute(database(), run_id, clock=clock) is None:
        return  # claimed by another, or no longer queued: nothing became free
    for waiting in execution.waiting_behind(database(), run_id):
        dispatch(waiting)


@celery.task(name="sandbox.sweep")  # type: ignore[untyped-decorator]
def sweep_runs() -> None:
    execution.sweep(database(), clock=clock, dispatch=dispatch)


@celery.task(name="kpi.work_out")  # type: ignore[untyped-decorator]
def work_out_kpis() -> None:
    """What the registers say of the last periods; it writes only what changed."""
    with database().transaction() as session:
        work_out(session, recent_periods(london_day(clock())), actor=SYSTEM_ACTOR, now=clock())


@celery.task(name="ethics.expire")  # type: ignore[untyped-decorator]
def expire_opinions() -> None:
    with database().transaction() as session:
        ethics.expire_due(session, now=clock())


@celery.task(name="ethics.remind")  # type: ignore[untyped-decorator]
def remind_of_ethics() -> None:
    """What ends soon, is due or is late; nothing is said twice."""
    with database().transaction() as session:
        remind(session, now=clock())


@celery.task(name="kpi.alert")  # type: ignore[untyped-decorator]
def alert_of_kpis() -> None:
    """New special causes and overdue values; nothing is said twice."""
    with database().transaction() as session:
        alert(session, now=clock())


@celery.task(name="notices.send")  # type: ignore[untyped-decorator]
def send_notices() -> None:
    """What is due in the outbox; a message that finds no worker soon is made again by the next beat."""
    send_due(database(), clock=clock, settings=Settings())


@worker_ready.connect  # type: ignore[untyped-decorator]
def at_start(**_: object) -> None:
    """Runs of a worker that died on this host are given back at once, not when their lease ends."""
    celery.send_task("sandbox.sweep", expires=SWEEP_SECONDS)


@worker_process_init.connect  # type: ignore[untyped-decorator]
def settle(**_: object) -> None:
    """A worker that is killed takes its pool with it."""
    end_with_parent()
    collect_seldom()
