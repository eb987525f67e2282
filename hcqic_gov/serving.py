"""Runs the web server and the worker beside it, and ends both together."""

import os
import subprocess
import sys

from gunicorn.app.base import BaseApplication

from hcqic_gov.settings import Settings


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
    """Serve until told to stop; the worker ends with the server."""
    if not worker:
        Server(settings, host, port).run()
        return
    process = subprocess.Popen(worker_command(settings))
    try:
        Server(settings, host, port).run()
    finally:
        process.terminate()
        process.wait(timeout=10)


class Server(BaseApplication):
    """gunicorn with one process and threads: the embedded default."""

    def __init__(self, settings: Settings, host: str, port: int) -> None:
        self.settings, self.bind = settings, f"{host}:{port}"
        super().__init__()

    def load_config(self) -> None:
        for name, value in {
            "bind": self.bind,
            "workers": 1,
            "threads": 8,
            "worker_class": "gthread",
            "timeout": 60,
            "errorlog": "-",
            "loglevel": "warning",
        }.items():
            self.cfg.set(name, value)

    def load(self) -> object:
        from hcqic_gov.app import create_app

        return create_app(self.settings)
