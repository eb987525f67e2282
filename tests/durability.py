"""A centre on a real broker whose processes are killed: `hcqic serve` as a service manager would keep it."""

import http.client
import os
import re
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.cookiejar import CookieJar
from random import Random

import psutil
import sqlalchemy as sa
from sqlmodel import col, select

from hcqic_gov.audit.queries import verify_chain
from hcqic_gov.dispatch import make_celery
from hcqic_gov.sandbox.models import Run, RunCheck, RunEvent, RunResult, Spending
from hcqic_gov.sandbox.rules import HAS_RESULT, Stage, State
from hcqic_gov.settings import ROOT, Settings
from tests.factories import PASSWORD, World
from tests.ports import free_port

ENDED = (State.FINISHED, State.FAILED, State.STOPPED, State.LOST, State.BLOCKED)
ENDING = ("finish", "fail", "stop", "lose", "block")
RUBBISH = (b"", b"{", b"\0\xff" * 64, b'{"body": "bm90aGluZw==", "properties": {}}', b"[]")
PATIENCE = 150.0
SERVE = "from hcqic_gov.cli import main; main()"


def until(condition: Callable[[], bool], *, seconds: float = PATIENCE, every: float = 0.1) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(every)
    return False


@dataclass
class Broker:
    """A folder of the centre, or a Redis of its own; `hurt` takes away what it keeps."""

    settings: Settings
    redis: subprocess.Popen[bytes] | None = None

    @classmethod
    def begin(cls, settings: Settings) -> "Broker":
        found = cls(settings)
        if settings.broker_url:
            found.start_redis()
        return found

    def start_redis(self) -> None:
        port = str(urllib.parse.urlsplit(self.settings.broker_url).port)
        command = ["redis-server", "--port", port, "--bind", "127.0.0.1", "--save", ""]
        self.redis = subprocess.Popen(command, stdout=subprocess.DEVNULL)

    def hurt(self, chance: Random) -> str:
        if self.redis:
            self.redis.kill()
            self.redis.wait()
            time.sleep(chance.random())
            self.start_redis()
            return "redis"
        files = [*(self.settings.data_dir / "queue").rglob("*")]
        for file in chance.sample(files, min(3, len(files))):
            with suppress(OSError):
                file.unlink() if chance.random() < 0.5 else file.write_bytes(chance.choice(RUBBISH))
        for number in range(2):
            name = f"{number}_{chance.randrange(10**9)}.celery.msg"
            (self.settings.data_dir / "queue" / "messages" / name).write_bytes(chance.choice(RUBBISH))
        return "files of the folder"

    def end(self) -> None:
        if self.redis:
            self.redis.kill()
            self.redis.wait()


@dataclass
class Served:
    """`hcqic serve`, begun again by us when it ends, as a service manager does; and a person's window on it."""

    settings: Settings
    address: str
    port: int = field(default_factory=free_port)
    process: psutil.Popen | None = None
    window: urllib.request.OpenerDirector = field(
        default_factory=lambda: urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    )

    def keep(self) -> None:
        if self.process is None or self.process.poll() is not None:
            environment = {
                **os.environ,
                "HCQIC_DATA_DIR": str(self.settings.data_dir),
                "HCQIC_DATABASE_URL": self.settings.database_url,
                "HCQIC_BROKER_URL": self.settings.broker_url,
                "HCQIC_SIGN_IN_RATE": "1000 per minute",
            }
            command = [
                sys.executable,
                "-c",
                "from hcqic_gov.cli import main; main()",
                "serve",
                "--port",
                str(self.port),
            ]
            with (self.settings.data_dir / "served.log").open("ab") as log:
                self.process = psutil.Popen(
                    command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
                )

    def kin(self, kind: str) -> list[psutil.Process]:
        """The living processes of one kind, in the tree of this server."""
        words = {"web": "gunicorn", "worker": "worker", "clock": "beat", "nursery": "hcqic_gov.quantum.nursery"}
        found = []
        assert self.process is not None
        with suppress(psutil.Error):
            for one in [self.process, *self.process.children(recursive=True)]:
                with suppress(psutil.Error):
                    line, parent = one.cmdline(), one.parent()
                    inner = parent is not None and parent.cmdline() == line  # forked: pool child, sandbox child
                    name = next((name for name, word in words.items() if word in line), "server")
                    found.append((f"{name} child" if inner else name, one))
        return [one for name, one in found if name == kind]

    def kill(self, kind: str) -> bool:
        victims = self.kin(kind)
        for one in victims[:1]:
            with suppress(psutil.Error):
                one.kill()
        return bool(victims)

    def get(self, path: str, form: dict[str, str] | None = None) -> str:
        """A page as this person's window shows it. Errors: OSError while nobody serves."""
        data = None if form is None else urllib.parse.urlencode(form).encode()
        try:
            with self.window.open(f"http://127.0.0.1:{self.port}{path}", data, timeout=20) as answer:
                return str(answer.read().decode())
        except http.client.HTTPException as error:  # killed in the middle of its answer
            raise OSError(path) from error

    def post(self, page: str, path: str, form: dict[str, str]) -> str:
        """What comes of the form of a page. Errors: OSError while nobody serves, LookupError where it has none."""
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get(page))
        if token is None:
            raise LookupError(page)
        return self.get(path, {**form, "csrf_token": token[1]})

    def submit(self, runs: Iterable[Run]) -> None:
        for run in runs:
            self.submits(run)

    def submits(self, run: Run) -> None:
        """Signs in where needed and presses "Submit"; the server may be killed meanwhile."""
        with suppress(OSError, LookupError):
            if "Sign out" not in self.get("/home"):
                self.post("/sign-in", "/sign-in", {"email": self.address, "password": PASSWORD})
            self.post(f"/sandbox/{run.reference}", f"/sandbox/{run.reference}/submit", {})

    def end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


TARGETS = (
    "web", "web child", "worker", "worker child", "nursery", "nursery child", "clock", "server", "broker",
)  # fmt: skip


def states(world: World, runs: Sequence[Run]) -> dict[str, State]:
    with world.reading() as session:
        rows = session.exec(select(Run).where(col(Run.id).in_([run.key for run in runs])))
        return {run.reference: run.state for run in rows}


def kick(settings: Settings) -> None:
    """A sweep now: the clock's own comes every ten seconds, and a hundred rounds would wait for it."""
    with suppress(Exception), make_celery(settings) as sender:
        sender.send_task("sandbox.sweep", expires=5, retry=False)


def faults(world: World, runs: Sequence[Run]) -> Iterator[str]:
    """What is not as it must be once every run has ended."""
    keys = [run.key for run in runs]
    with world.reading() as session:
        records = {run.key: run for run in session.exec(select(Run).where(col(Run.id).in_(keys)))}
        results = set(session.exec(select(RunResult.run_id).where(col(RunResult.run_id).in_(keys))))
        for key, run in records.items():
            moves = session.exec(select(RunEvent.move).where(RunEvent.run_id == key)).all()
            checks = session.exec(
                select(RunCheck.attempt).where(RunCheck.run_id == key, RunCheck.stage == Stage.EXECUTION)
            ).all()
            spent = session.exec(select(Spending.attempt).where(Spending.run_id == key)).all()
            if sum(moves.count(move) for move in ENDING) != 1:
                yield f"{run.reference} ended as {moves}"
            if (key in results) != (run.state in HAS_RESULT):
                yield f"{run.reference} is {run.state}, and its result is {'there' if key in results else 'not there'}"
            if run.state is not State.FINISHED and not run.reason:
                yield f"{run.reference} is {run.state} without a reason"
            if sorted(checks) != list(range(1, run.attempt + 1)):
                yield f"{run.reference} was begun {run.attempt} times, with the gates asked at {checks}"
            if len(spent) != len(set(spent)) or not set(spent) <= set(checks):
                yield f"{run.reference} was booked for {spent}"
        orphans = session.exec(select(RunResult.run_id).where(~sa.exists().where(col(Run.id) == RunResult.run_id)))
        yield from (f"a result of no run: {number}" for number in orphans)
        if not verify_chain(session).whole:
            yield "the audit chain is broken"


def now() -> datetime:
    return datetime.now(UTC)
