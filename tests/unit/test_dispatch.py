"""The folder that is the broker: a message is there whole or not at all."""

import os
from collections.abc import Iterator
from json import loads
from pathlib import Path
from queue import Empty
from typing import Any

import pytest

from hcqic_gov.dispatch import make_celery
from hcqic_gov.settings import Settings


@pytest.fixture
def channel(tmp_path: Path) -> Iterator[Any]:
    connection = make_celery(Settings(data_dir=tmp_path)).connection()
    yield connection.default_channel
    connection.release()


MESSAGE = {"headers": {"task": "sandbox.run"}, "properties": {"delivery_tag": "1"}, "body": "7"}


def test_nobody_reads_a_message_before_it_is_whole(channel: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rename = Path.rename

    def look_first(source: Path, target: Path) -> Path:
        assert loads(source.read_text(encoding="utf-8")) == MESSAGE
        with pytest.raises(Empty):
            channel._get("celery")
        return rename(source, target)

    monkeypatch.setattr(Path, "rename", look_first)
    channel._put("celery", MESSAGE)
    assert channel._get("celery") == MESSAGE
    with pytest.raises(Empty):
        channel._get("celery")


def test_every_periodic_job_is_one_of_the_workers() -> None:
    from hcqic_gov.worker import celery

    jobs = {entry["task"] for entry in celery.conf.beat_schedule.values()}
    assert {"notices.send", "ethics.remind"} <= jobs <= celery.tasks.keys()


PROCESSES, EXCHANGES = 4, 60


def bind(root: Path, number: int) -> None:
    """What each process does at its first start: enters its queues, and reads the table."""
    channel: Any = make_celery(Settings(data_dir=root)).connection().default_channel
    for exchange in range(EXCHANGES):
        channel._queue_bind(f"exchange{exchange}", "", "", f"queue{number}")
        assert channel.get_table(f"exchange{exchange}")


def test_processes_that_start_at_once_keep_each_others_queues(channel: Any, tmp_path: Path) -> None:
    children = []
    for number in range(PROCESSES):
        child = os.fork()
        if child == 0:
            try:
                bind(tmp_path, number)
            except BaseException:  # noqa: BLE001 - the child must end here, whatever happens
                os._exit(1)
            os._exit(0)
        children.append(child)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * PROCESSES
    tables = [{bound.queue for bound in channel.get_table(f"exchange{number}")} for number in range(EXCHANGES)]
    assert tables == [{f"queue{number}" for number in range(PROCESSES)}] * EXCHANGES
