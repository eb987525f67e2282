"""The folder that is the broker: a message is there whole or not at all."""

from collections.abc import Iterator
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


def test_nobody_reads_a_message_before_it_is_whole(channel: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rename = Path.rename

    def look_first(source: Path, target: Path) -> Path:
        assert source.read_text(encoding="utf-8") == '{"run": 7}'
        with pytest.raises(Empty):
            channel._get("celery")
        return rename(source, target)

    monkeypatch.setattr(Path, "rename", look_first)
    channel._put("celery", {"run": 7})
    assert channel._get("celery") == {"run": 7}
    with pytest.raises(Empty):
        channel._get("celery")


def test_every_periodic_job_is_one_of_the_workers() -> None:
    from hcqic_gov.worker import celery

    jobs = {entry["task"] for entry in celery.conf.beat_schedule.values()}
    assert {"notices.send", "ethics.remind"} <= jobs <= celery.tasks.keys()
