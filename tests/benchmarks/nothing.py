"""A Celery application on the sandbox's broker whose only task leaves a mark: what dispatch alone costs."""

import os
from pathlib import Path

from hcqic_gov.dispatch import make_celery
from hcqic_gov.settings import Settings

celery = make_celery(Settings())
celery.conf.beat_schedule = {}


@celery.task(name="nothing")  # type: ignore[untyped-decorator]
def nothing() -> None:
    handle = os.open(marks(Settings()), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(handle, b".")
    os.close(handle)


def marks(settings: Settings) -> Path:
    return settings.data_dir / "marks"
