"""Hands work to the worker over the broker; the ledger in the database is the truth."""

import fcntl
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import uuid4

from celery import Celery
from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps

from hcqic_gov.settings import Settings

SWEEP_SECONDS = 10.0
POST_SECONDS = 30.0
HOUR = 3600.0


class Channel(filesystem.Channel):
    """Files appear whole: with kombu's own, a reader can find one while it is empty, which ends the worker."""

    def _get(self, queue: str, timeout: float | None = None) -> Any:  # kombu gives no timeout to a folder
        """The next message; a file that holds none is gone with being read, and is passed over."""
        while True:
            try:
                found = super()._get(queue)  # type: ignore[no-untyped-call]
                if found["properties"]["delivery_tag"] and isinstance(found["headers"], dict):
                    return found
            except (ValueError, LookupError, TypeError):
                continue

    def _put(self, queue: Any, payload: Any, **_: Any) -> None:  # type: ignore[override]  # kombu's own two differ
        folder, name = Path(self.data_folder_out), f"{round(monotonic() * 1000)}_{uuid4()}.{queue}.msg"
        unfinished = folder / f".{name}"  # a name that no queue looks for
        unfinished.write_text(dumps(payload), encoding="utf-8")  # type: ignore[no-untyped-call]
        unfinished.rename(folder / name)

    def get_table(self, exchange: str) -> Any:
        """The queues of an exchange; a table that cannot be read is as one that is not there."""
        try:
            return super().get_table(exchange)  # type: ignore[no-untyped-call]
        except (ValueError, TypeError):
            return []

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:
        """The table of an exchange; processes that start at the same moment wait for each other and lose nothing."""
        table: Path = self._exchange_file(exchange)  # type: ignore[no-untyped-call]
        folder = Path(self.control_folder)
        binding = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        with (folder / "binding.lock").open("w") as guard:
            fcntl.flock(guard, fcntl.LOCK_EX)
            bound = self.get_table(exchange)
            if binding not in bound:
                unfinished = folder / f".{uuid4()}"
                unfinished.write_text(dumps([binding, *bound]), encoding="utf-8")  # type: ignore[no-untyped-call]
                unfinished.rename(table)


class Transport(filesystem.Transport):
    Channel = Channel


TRANSPORT_ALIASES["filesystem"] = f"{__name__}:Transport"


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
        worker_send_task_events=bool(settings.broker_url),  # for Flower; nobody watches a folder
        timezone="UTC",
        beat_schedule={
            "sandbox": {"task": "sandbox.sweep", "schedule": SWEEP_SECONDS, "options": {"expires": SWEEP_SECONDS}},
            "kpi": {"task": "kpi.work_out", "schedule": HOUR, "options": {"expires": HOUR}},
            "ethics": {"task": "ethics.expire", "schedule": HOUR, "options": {"expires": HOUR}},
            "reminders": {"task": "ethics.remind", "schedule": HOUR, "options": {"expires": HOUR}},
            "alerts": {"task": "kpi.alert", "schedule": HOUR, "options": {"expires": HOUR}},
            "notices": {"task": "notices.send", "schedule": POST_SECONDS, "options": {"expires": POST_SECONDS}},
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
        "deadletter_queue": "celery",  # where a message goes while the table of its exchange is lost
    }


def send_run(settings: Settings, run_id: int) -> None:
    """Hand a queued run to a worker; a message that finds none soon is made again by the next sweep."""
    with make_celery(settings) as sender:
        sender.send_task("sandbox.execute", [run_id], expires=60)
