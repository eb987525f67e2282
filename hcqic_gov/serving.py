"""Runs web server, worker and clock side by side: who dies is begun again, and all end together."""

import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence

from hcqic_gov.core.errors import HcqicError
from hcqic_gov.quantum.isolation import end_with_parent
from hcqic_gov.settings import Settings

PATIENCE = 20
"""Seconds that a process gets to finish what it does."""


def web_command(host: str, port: int) -> list[str]:
    """Gunicorn with one process and threads: the embedded default."""
    options = ["--workers=1", "--threads=8", "--timeout=60", "--error-logfile=-", "--log-level=warning"]
    return [sys.executable, "-m", "gunicorn", f"--bind={host}:{port}", *options, "hcqic_gov.app:create_app()"]


def worker_commands(settings: Settings) -> list[list[str]]:
    """Two processes that execute runs: at a broker a pool of two, at the folder two workers by themselves.

    The processes of a pool share a pipe there, and one that is killed while it waits leaves it locked for ever.
    """
    if settings.broker_url:
        return [worker_command("--concurrency=2")]
    return [worker_command("--pool=solo", f"--hostname=worker{number}@%h") for number in (1, 2)]


def worker_command(*options: str) -> list[str]:
    worker = [sys.executable, "-m", "celery", "--app=hcqic_gov.worker:celery", "worker"]
    return [*worker, *options, "--loglevel=WARNING", "--without-gossip", "--without-mingle"]


def clock_command(settings: Settings) -> list[str]:
    """The clock of the periodic jobs, which sends and does nothing itself; one for a centre is enough."""
    options = [f"--schedule={settings.data_dir / 'beat'}", "--pidfile=", "--loglevel=WARNING"]
    return [sys.executable, "-m", "celery", "--app=hcqic_gov.clock:celery", "beat", *options]


def background(settings: Settings, *, clock: bool) -> list[list[str]]:
    return [*worker_commands(settings), *([clock_command(settings)] if clock else [])]


def run_worker(settings: Settings, *, clock: bool) -> None:
    """Work until told to stop."""
    sys.exit(supervise(background(settings, clock=clock)))


def serve(settings: Settings, host: str, port: int, *, worker: bool) -> None:
    """Serve until told to stop. Errors: HcqicError where the port is taken."""
    require_free(host, port)
    sys.exit(supervise(background(settings, clock=True) if worker else [], web=web_command(host, port)))


def supervise(commands: Sequence[Sequence[str]], *, web: Sequence[str] = ()) -> int:
    """Begins each command again whenever it ends, until told to stop or until the web server ends; its exit code."""
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):  # no exception: it could come while a process is being begun
        signal.signal(number, lambda *_: told.set())
    pages = begin(web) if web else None
    running = [begin(command) for command in commands]
    while not told.is_set() and (pages is None or pages.poll() is None):
        for place, command in enumerate(commands):
            if running[place].poll() is not None:
                running[place] = begin(command)
        told.wait(0.5)
    end([pages, *running] if pages else running)
    return 0 if told.is_set() or pages is None else pages.returncode


def begin(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """A process that ends with this one, even if this one is killed; there is one thread here, so no lock is held."""
    return subprocess.Popen(command, preexec_fn=end_with_parent)


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
