"""The parent's side of a simulation: asks the nursery for a confined child, watches the clock, reads the outcome."""

import atexit
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from hcqic_gov.quantum import textgate
from hcqic_gov.quantum.bindings import NONE, Bindings
from hcqic_gov.quantum.estimate import method_of
from hcqic_gov.quantum.isolation import MEBIBYTE, Ceilings, scrubbed_environment
from hcqic_gov.quantum.sweeping import mismatches
from hcqic_gov.quantum.templates.catalogue import asked, is_template, read_template

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60.0
BEAT_SECONDS = 0.25
REPORT_SECONDS = 5.0
SCRATCH = "hcqic-nursery-"
USER_TICKS, SYSTEM_TICKS = 11, 12
"""Where they stand in `/proc/PID/stat`, counted from the field after the name."""


class Status(StrEnum):
    FINISHED = "finished"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a simulation ended.

    `counts` maps bit strings, in Qiskit's order (the last bit first), to numbers of shots. `limit` names the limit
    that ended it ("" for none), `reason` says so in a sentence. `isolation` lists the measures that were in force.
    `seconds` are those of the clock; `cpu_seconds` do not grow where others keep the host busy.
    `figures` are those of a template.
    """

    status: Status
    reason: str = ""
    limit: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    engine: str = ""
    method: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    operations: int = 0
    depth: int = 0
    measured_all: bool = False
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_bytes: int = 0
    isolation: tuple[str, ...] = ()
    drawing: Mapping[str, str] = field(default_factory=dict)
    figures: Mapping[str, Any] = field(default_factory=dict)
    points: tuple[Mapping[str, int], ...] = ()
    """Of a sweep, instead of `counts`: those of each binding, in order."""
    transpiled: Mapping[str, str] = field(default_factory=dict)
    """The circuit as it was simulated: `text` ("" where it is too long), `sha256`, `note`."""


class NurseryGone(Exception):
    """The nursery ended, or says something that it should not."""


def always() -> bool:
    return True


def unheard(_points: int) -> None:
    return


def simulate(
    text: str,
    *,
    shots: int,
    seed: int,
    limits: Ceilings,
    text_limits: textgate.Limits = textgate.DEFAULT,
    watch: Callable[[], bool] = always,
    method: str = "",
    bindings: Bindings = NONE,
    progress: Callable[[int], object] = unheard,
) -> Outcome:
    """Runs a circuit, or the template that the text names, in a confined process and waits for it.

    Text that the text gate refuses reaches no parser. `watch` is called every quarter of a second while the child
    runs; when it answers False, the run is stopped. `method` is the one that was
    approved, or is compared; it is chosen by rule otherwise.
    With `bindings` it is a sweep: `progress` hears how many points are done, some times a second.
    """
    reading = read_template(text)[0] if is_template(text) else textgate.read(text, text_limits)
    if not reading.allowed:
        return Outcome(Status.FAILED, reading.refusals[0].reason)
    if unfit := next(mismatches(reading.parameters, bindings.names), None):
        return Outcome(Status.FAILED, unfit.reason)
    job = {"version": reading.version, "shots": shots, "seed": seed}
    if is_template(text):
        template, settings = asked(text)
        job |= {"text": "", "template": template.code, "settings": dict(settings)}
    else:
        job |= {"text": text, "method": method or method_of(reading, shots)}
        job |= {"names": bindings.names, "points": bindings.rows}
    request = {"job": job, "ceilings": asdict(limits)}
    for _ in range(2):  # a nursery that is found dead is replaced once by a fresh one
        try:
            return whole(nursery().run(request, limits, watch, progress), len(bindings))
        except NurseryGone:
            close()
    return Outcome(Status.FAILED, "The simulator's process could not be started. Tell the centre's administrator.")


class Nursery:
    """One nursery process; one circuit at a time."""

    def __init__(self, module: str = "hcqic_gov.quantum.nursery") -> None:
        self.owner = os.getpid()
        self.lock = threading.Lock()
        remove_abandoned()
        self.scratch = tempfile.TemporaryDirectory(prefix=f"{SCRATCH}{self.owner}-")
        Path(self.scratch.name).chmod(0o711)  # the ordinary user of a child passes through, and sees nothing
        main_thread = threading.current_thread() is threading.main_thread()
        # The kernel's "parent ended" means the thread that started it, so it is asked for by the main thread only;
        # from another one the end of the pipe does the same, a little later.
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, *(["--ends-with-parent"] if main_thread else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=self.scratch.name,
            env=dict(scrubbed_environment(Path(self.scratch.name), ROOT)),
            start_new_session=True,
            bufsize=0,
        )
        self.buffer = bytearray()
        if not self.hear(time.monotonic() + START_SECONDS).get("ready"):
            raise NurseryGone

    def run(
        self,
        request: Mapping[str, Any],
        limits: Ceilings,
        watch: Callable[[], bool],
        progress: Callable[[int], object] = unheard,
    ) -> Outcome:
        with self.lock:
            self.say(request)
            child = self.hear(time.monotonic() + START_SECONDS)
            pid, started = int(child["started"]), time.monotonic()
            ended = self.watched(pid, child["used"], started, limits, watch, progress)
            if isinstance(ended, str):
                kill_group(pid)
                report = self.hear(time.monotonic() + REPORT_SECONDS)
                while "done" in report:  # said before it was ended
                    report = self.hear(time.monotonic() + REPORT_SECONDS)
            else:
                report, ended = ended, ""
            return outcome(report, limits, seconds=time.monotonic() - started, ended=ended)

    def watched(
        self,
        pid: int,
        used: float,
        started: float,
        limits: Ceilings,
        watch: Callable[[], bool],
        progress: Callable[[int], object],
    ) -> Mapping[str, Any] | str:
        """The report, or why there is none yet: "time", "wall" or "stopped"; `used` is no part of the run's time."""
        end = started + limits.wall_seconds
        while True:
            message = self.heard(min(end, time.monotonic() + BEAT_SECONDS))
            if message is not None and "done" not in message:
                return message
            if message is not None:
                progress(int(message["done"]))
            if time.monotonic() >= end:
                return "wall"
            if processor_seconds(pid) - used >= limits.seconds:
                return "time"
            if not watch():
                return "stopped"

    def say(self, message: Mapping[str, Any]) -> None:
        assert self.process.stdin is not None
        data = memoryview(json.dumps(message).encode() + b"\n")
        try:
            while data:
                data = data[self.process.stdin.write(data) or 0 :]
        except OSError as error:
            raise NurseryGone from error

    def hear(self, end: float) -> Mapping[str, Any]:
        message = self.heard(end)
        if message is None:
            raise NurseryGone
        return message

    def heard(self, end: float) -> Mapping[str, Any] | None:
        """The next message, or None when the moment has come without one."""
        assert self.process.stdout is not None
        while b"\n" not in self.buffer:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                return None
            piece = os.read(self.process.stdout.fileno(), 1024 * 1024)
            if not piece:
                raise NurseryGone
            self.buffer += piece
        line, _, rest = bytes(self.buffer).partition(b"\n")
        self.buffer = bytearray(rest)
        message: Mapping[str, Any] = json.loads(line)
        return message

    def close(self) -> None:
        """Ends the process, and with it any child."""
        if self.owner != os.getpid():
            return
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        self.scratch.cleanup()


def whole(outcome: Outcome, points: int) -> Outcome:
    """A sweep is finished with all of its points, or not at all."""
    if outcome.status is not Status.FINISHED or len(outcome.points) == points:
        return replace(outcome, points=tuple(outcome.points))
    reason = "The simulator did not answer for every binding, so nothing is kept. Ask again."
    return Outcome(Status.FAILED, reason, "crash", seconds=outcome.seconds, peak_bytes=outcome.peak_bytes)


def remove_abandoned() -> None:
    """The folders of nurseries whose owner was killed and could not tidy up."""
    for folder in Path(tempfile.gettempdir()).glob(f"{SCRATCH}*-*"):
        owner = folder.name.removeprefix(SCRATCH).partition("-")[0]
        if owner.isdecimal() and not Path(f"/proc/{owner}").exists():
            shutil.rmtree(folder, ignore_errors=True)


_open: dict[int, Nursery] = {}
_opening = threading.Lock()


def nursery() -> Nursery:
    """The nursery of this process; a forked process has none of its parent's."""
    with _opening:
        mine = _open.get(os.getpid())
        if mine is None or mine.process.poll() is not None:
            if mine is not None:
                mine.close()
            mine = _open[os.getpid()] = Nursery()
            atexit.register(mine.close)
        return mine


def close() -> None:
    """Ends this process's nursery; the next simulation starts another."""
    with _opening:
        mine = _open.pop(os.getpid(), None)
    if mine is not None:
        mine.close()


def processor_seconds(pid: int) -> float:
    """What a process has used of the processors until now; 0 for one that has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[USER_TICKS]) + int(fields[SYSTEM_TICKS])) / os.sysconf("SC_CLK_TCK")


def kill_group(pid: int) -> None:
    """The child is the leader of its own group; at its very first moment it is not yet."""
    for kill in (os.killpg, os.kill):
        try:
            kill(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue


def outcome(report: Mapping[str, Any], limits: Ceilings, *, seconds: float, ended: str) -> Outcome:
    """Reads a report; where a limit fired, says which in words."""
    used = {
        "seconds": round(seconds, 4),
        "cpu_seconds": round(report["cpu_seconds"], 4),
        "peak_bytes": report["peak_bytes"],
    }
    if ended == "stopped":
        return Outcome(Status.STOPPED, "A person stopped the run.", "stopped", **used)
    said = {} if ended or report["signal"] or report["too_much"] else json.loads(report["said"] or "{}")
    isolation = tuple(said.pop("isolation", ()))
    if said and "error" not in said:
        return Outcome(Status.FINISHED, isolation=isolation, **said, **used)
    limit = ended or said.get("error") or fired(report)
    sentences = {
        "time": f"The run used all of its {limits.seconds:g} seconds and was ended.",
        "wall": f"The run did not end within {limits.wall_seconds:g} seconds. Perhaps the computer is busy: ask again.",
        "memory": f"The run needed more memory than the {limits.memory_bytes // MEBIBYTE} MiB it was given.",
        "answer": "The result was larger than the sandbox accepts. Measure fewer qubits.",
        "disk": "The run tried to write a large file and was ended.",
        "isolation": "The run asked the system for what the sandbox does not allow, such as the network, another "
        "process or a program, and was ended.",
        "system": "The system ended the run, most likely since the computer had no memory left. Try again later.",
    }
    reason = said.get("reason") or sentences.get(
        limit, f"The simulator ended without an answer (signal {report['signal']})."
    )
    return Outcome(Status.FAILED, reason, "" if limit == "circuit" else limit, isolation=isolation, **used)


def fired(report: Mapping[str, Any]) -> str:
    """Which limit ended a child that gave no answer."""
    complaint = report["complaint"].lower()
    if report["too_much"]:
        return "answer"
    if report["signal"] == signal.SIGXCPU:
        return "time"
    if report["signal"] == signal.SIGXFSZ:
        return "disk"
    if report["signal"] == signal.SIGSYS:
        return "isolation"
    if report["signal"] == signal.SIGKILL:
        return "system"
    if any(words in complaint for words in ("memory allocation", "bad_alloc", "memoryerror", "cannot allocate")):
        return "memory"
    return "crash"
