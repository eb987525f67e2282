"""`hcqic serve` for real: one address for one centre, a worker that comes back, an end without remains."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from hcqic_gov import migrate
from hcqic_gov.core.errors import HcqicError
from hcqic_gov.serving import require_free
from hcqic_gov.settings import Settings
from tests.ports import free_port


def eventually(condition: Callable[[], bool], seconds: float = 60) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.2)
    return False


@pytest.fixture
def served(confinement: None, data_dir: Path) -> Iterator[tuple[psutil.Process, int]]:
    data_dir.mkdir()
    migrate.upgrade(Settings().database)
    port = free_port()
    command = [sys.executable, "-c", "from hcqic_gov.cli import main; main()", "serve", "--port", str(port)]
    with subprocess.Popen(command, env={**os.environ}, stderr=subprocess.DEVNULL, start_new_session=True) as process:
        yield psutil.Process(process.pid), port
        if process.poll() is None:
            process.kill()


def answers(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2).close()
    except OSError:
        return False
    return True


def alive(process: psutil.Process) -> bool:
    return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)


def workers(process: psutil.Process) -> list[psutil.Process]:
    return [child for child in process.children() if alive(child) and "celery" in " ".join(child.cmdline())]


def left_behind(data_dir: Path) -> list[str]:
    """Workers of this centre, whoever their parent is."""
    lines = [" ".join(one.info["cmdline"] or ()) for one in psutil.process_iter(["cmdline"])]
    return [line for line in lines if "celery" in line and str(data_dir) in line]


def test_a_killed_worker_comes_back_and_all_end_together(served: tuple[psutil.Process, int]) -> None:
    process, port = served
    assert eventually(lambda: answers(port) and bool(workers(process)))
    killed = workers(process)[0]
    killed.kill()
    assert eventually(lambda: any(child.pid != killed.pid for child in workers(process)))
    process.send_signal(signal.SIGTERM)  # while the new worker is being begun
    assert eventually(lambda: not alive(process))
    assert eventually(lambda: left_behind(Settings().data_dir) == [])


def test_a_taken_port_is_a_sentence() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(HcqicError, match="Is the centre running already"):
            require_free("127.0.0.1", other.getsockname()[1])
