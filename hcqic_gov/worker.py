"""The Celery application: it dispatches; the ledger in the database is the truth."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from celery import Celery
from celery.signals import worker_ready

from hcqic_gov.core.actor import SYSTEM_ACTOR
from hcqic_gov.core.calendar import london_day
from hcqic_gov.db import Database
from hcqic_gov.kpi.working_out import recent_periods, work_out
from hcqic_gov.sandbox import execution
from hcqic_gov.settings import Settings

SWEEP_SECONDS = 10.0
WORK_OUT_SECONDS = 3600.0


def make_celery(settings: Settings) -> Celery:
    """JSON only, acknowledged late, one job at a time; a folder as the broker where no URL is given."""
    app = Celery("hcqic_gov", broker=settings.broker)
    app.conf.update(
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        broker_connection_retry_on_startup=True,
        timezone="UTC",
        beat_schedule={
            "sandbox": {"task": "sandbox.sweep", "schedule": SWEEP_SECONDS, "options": {"expires": SWEEP_SECONDS}},
            "kpi": {"task": "kpi.work_out", "schedule": WORK_OUT_SECONDS, "options": {"expires": WORK_OUT_SECONDS}},
        },
        beat_schedule_filename=str(settings.data_dir / "beat"),
    )
    if settings.broker == "filesystem://":
        app.conf.broker_transport_options = folders(settings.data_dir / "queue")
    return app


def folders(root: Path) -> dict[str, object]:
    """Kombu's filesystem transport: messages are files; polled twenty times a second."""
    for name in ("messages", "done", "control"):
        (root / name).mkdir(parents=True, exist_ok=True)
    messages = str(root / "messages")
    return {
        "data_folder_in": messages,
        "data_folder_out": messages,
        "processed_folder": str(root / "done"),
        "control_folder": str(root / "control"),
        "polling_interval": 0.05,
    }


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


def send_run(settings: Settings, run_id: int) -> None:
    """The same from another process, with its own settings."""
    with make_celery(settings) as sender:
        sender.send_task("sandbox.execute", [run_id], expires=60)


@celery.task(name="sandbox.execute")  # type: ignore[untyped-decorator]
def execute_run(run_id: int) -> None:
    execution.execute(database(), run_id, clock=clock)
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


@worker_ready.connect  # type: ignore[untyped-decorator]
def at_start(**_: object) -> None:
    """Runs of a worker that died on this host are given back at once, not when their lease ends."""
    celery.send_task("sandbox.sweep", expires=SWEEP_SECONDS)
