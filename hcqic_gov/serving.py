"""Runs the web server and the worker beside it: a worker that dies is begun again, and both end together."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence

from hcqic_gov.core.errors import HcqicError
from hcqic_gov.settings import Settings

PATIENCE = 20
"""Seconds that a process gets to finish what it does."""


def web_command(host: str, port: int) -> list[str]:
    """Gunicorn with one process and threads: the embedded default."""
    options = ["--workers=1", "--threads=8", "--timeout=60", "--error-logfile=-", "--log-level=warning"]
    return [sys.executable, "-m", "gunicorn", f"--bind={host}:{port}", *options, "hcqic_gov.app:create_app()"]


def worker_command(settings: Settings) -> list[str]:
    """Two pool processes, and the clock of the periodic jobs."""
    return [
        sys.executable,
        "-m",
        "celery",
        "--app=hcqic_gov.worker:celery",
        "worker",
        "--beat",
        f"--schedule={settings.data_dir / 'beat'}",
        "--concurrency=2",
        "--loglevel=WARNING",
        "--without-gossip",
        "--without-mingle",
    ]


def run_worker(settings: Settings) -> None:
    """Become the worker."""
    os.execv(sys.executable, worker_command(settings))  # noqa: S606 - our own fixed command


def serve(settings: Settings, host: str, port: int, *, worker: bool) -> None:
    """Serve until told to stop. Errors: HcqicError where the port is taken."""
    require_free(host, port)
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):  # no exception: it could come while a worker is being begun
        signal.signal(number, lambda *_: told.set())
    web = subprocess.Popen(web_command(host, port))
    running = [web]
    try:
        while web.poll() is None and not told.is_set():
            if worker and (len(running) == 1 or running[1].poll() is not None):
                running[1:] = [subprocess.Popen(worker_command(settings))]
            told.wait(0.5)
    finally:
        end(running)
    sys.exit(0 if told.is_set() else web.returncode)


def require_free(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            sentence = f"{host}:{port} cannot be used ({error.strerror}). Is the centre running already? Try --port."
            raise HcqicError(sentence) from error


def end(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """Ask all to end; whoever takes too long is ended."""
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
