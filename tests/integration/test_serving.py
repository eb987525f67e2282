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


def background(process: psutil.Process) -> set[psutil.Process]:
    """Two workers and the clock."""
    return {child for child in process.children() if alive(child) and "celery" in child.cmdline()}


def left_behind(data_dir: Path) -> list[str]:
    """Processes of this centre, whoever their parent is."""
    mine = f"HCQIC_DATA_DIR={data_dir}\0".encode()
    found = []
    for one in psutil.process_iter(["pid", "cmdline"]):
        try:
            environment = Path(f"/proc/{one.pid}/environ").read_bytes()
        except OSError:
            continue
        if mine in environment and one.pid != os.getpid():
            found.append(" ".join(one.info["cmdline"] or ()))
    return found


def test_who_is_killed_comes_back_and_all_end_together(served: tuple[psutil.Process, int]) -> None:
    process, port = served
    assert eventually(lambda: answers(port) and len(background(process)) == 3)
    killed = background(process)
    for child in killed:
        child.kill()
    assert eventually(lambda: len(background(process) - killed) == 3)
    process.send_signal(signal.SIGTERM)  # while the new ones are being begun
    assert eventually(lambda: not alive(process))
    assert eventually(lambda: left_behind(Settings().data_dir) == [])


def test_a_killed_server_leaves_nobody_behind(served: tuple[psutil.Process, int]) -> None:
    process, port = served
    assert eventually(lambda: answers(port) and len(background(process)) == 3)
    process.kill()
    assert eventually(lambda: left_behind(Settings().data_dir) == [])


def test_a_taken_port_is_a_sentence() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(HcqicError, match="Is the centre running already"):
            require_free("127.0.0.1", other.getsockname()[1])
