"""A process with Qiskit loaded and one thread, that keeps one confined child ready, and gives each circuit its own."""

import gc
import json
import os
import select
import shutil
import signal
import struct
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hcqic_gov.quantum import child, isolation
from hcqic_gov.quantum.isolation import Ceilings

ASKED, ANSWERS = 0, 1
CHUNK = 65536
POINT_DONE = b"\n"
TELL_SECONDS = 0.25
TAIL = 2000
SECONDS = struct.Struct("d")
MUCH = 256 * 1024
"""Bytes: after a job that took more, the memory that it left behind is returned, or each later child would count it."""


def main() -> None:
    """Serves one parent, line by line of JSON, until that parent closes the pipe or ends."""
    if "--ends-with-parent" in sys.argv:
        isolation.end_with_parent()
    answers = os.dup(ANSWERS)
    os.dup2(os.open(os.devnull, os.O_WRONLY), ANSWERS)  # what a library prints is no answer
    child.preload()
    gc.freeze()  # a child shares this memory as long as nobody writes there
    say(answers, {"ready": True, "threads": isolation.threads()})
    buffer, ready = b"", born(answers)
    while True:
        while b"\n" not in buffer:
            piece = os.read(ASKED, CHUNK)
            if not piece:
                return
            buffer += piece
        line, _, buffer = buffer.partition(b"\n")
        ready, used = warm(ready, answers)
        handled = len(line) + run(line, ready, used, answers)
        del line
        if handled > MUCH:
            isolation.give_back_memory()
        ready = born(answers)


@dataclass(frozen=True, slots=True)
class Child:
    """A confined process that has warmed itself up and waits for its one circuit."""

    pid: int
    asked: int
    """The pipe on which it is asked, and that on which it answers."""
    said: int
    scratch: Path


def born(answers: int) -> Child:
    """Forked before it is needed: what it has to do before it can begin is done while nobody waits."""
    scratch = Path(tempfile.mkdtemp(prefix="run-"))
    scratch.chmod(0o777)  # an ordinary user writes there; the folder above is closed to others' eyes
    hearing, asked = os.pipe()
    said, answering = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            for pipe in (answers, asked, said):
                os.close(pipe)
            be_child(hearing, answering, scratch)
        finally:
            os._exit(1)
    os.close(hearing)
    os.close(answering)
    return Child(pid, asked, said, scratch)


def say(answers: int, message: Mapping[str, Any]) -> None:
    data = json.dumps(message).encode() + b"\n"
    while data:
        data = data[os.write(answers, data) :]


def warm(ready: Child, answers: int) -> tuple[Child, float]:
    """A child that waits, and the processor time of its warming up; a new one where it was killed meanwhile."""
    greeting = os.read(ready.said, SECONDS.size)
    if len(greeting) == SECONDS.size:
        return ready, SECONDS.unpack(greeting)[0]
    os.close(ready.asked)
    os.close(ready.said)
    os.waitpid(ready.pid, 0)
    shutil.rmtree(ready.scratch, ignore_errors=True)
    another = born(answers)
    greeting = os.read(another.said, SECONDS.size).ljust(SECONDS.size, b"\0")
    return another, SECONDS.unpack(greeting)[0]


def run(line: bytes, ready: Child, used: float, answers: int) -> int:
    """One circuit: hand it to the child, hear what it says, and report how it ended; how many bytes that was.

    `used` are the seconds of processor time that the child had used before.
    """
    most = Ceilings(**json.loads(line)["ceilings"]).answer_bytes
    say(answers, {"started": ready.pid, "used": used})
    hand_over(line, ready.asked)
    said = listen(ready.said, ready.pid, most, answers)
    _, status, usage = os.wait4(ready.pid, 0)
    os.close(ready.said)
    say(
        answers,
        {
            "said": said.decode("utf-8", "replace"),
            "signal": -os.waitstatus_to_exitcode(status) if os.WIFSIGNALED(status) else 0,
            "too_much": len(said) > most,
            "cpu_seconds": max(0.0, usage.ru_utime + usage.ru_stime - used),
            "peak_bytes": usage.ru_maxrss * 1024,
            "complaint": complaint(ready.scratch),
        },
    )
    shutil.rmtree(ready.scratch, ignore_errors=True)
    return len(said)


def hand_over(line: bytes, asked: int) -> None:
    """A child that was killed at this moment takes nothing; how it ended is reported as of any other."""
    try:
        while line:
            line = line[os.write(asked, line) :]
    except BrokenPipeError:
        pass
    os.close(asked)


def be_child(hearing: int, answering: int, scratch: Path) -> None:
    """In the forked child: own session, no way out, one circuit, one answer."""
    os.setsid()
    os.chdir(scratch)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    os.dup2(os.open("complaint", os.O_CREAT | os.O_WRONLY, 0o666), 2)
    tempfile.tempdir = str(scratch)
    child.warm_up()
    enclosed = isolation.enclose(scratch=scratch, must_read=child.LIBRARIES)
    os.write(answering, SECONDS.pack(time.process_time()))
    with os.fdopen(hearing, "rb") as asked:
        request = json.loads(asked.read() or b"null")
    if request is None or os.getppid() == 1:
        return
    measures = enclosed.limited(Ceilings(**request["ceilings"]))
    done = child.answer(child.Job(**request["job"]), lambda: os.write(answering, POINT_DONE))
    answer = {**done, "isolation": measures}
    say(answering, answer)
    os._exit(0)


def listen(reading: int, pid: int, most: int, answers: int) -> bytes:
    """What the child says until it ends; it is killed if it says too much, or if our own parent is gone.

    An empty line before its answer is a point of a sweep that is done: the parent hears how many, some times a second.
    """
    said, points, tell_at = bytearray(), 0, 0.0
    while True:
        ready, _, _ = select.select([reading, ASKED], [], [])
        if ASKED in ready:  # nobody asks during a run, so this is the end of the pipe
            os.killpg(pid, signal.SIGKILL)
            os._exit(0)
        piece = os.read(reading, CHUNK)
        answer = piece if said else piece.lstrip(POINT_DONE)
        points += len(piece) - len(answer)
        said += answer
        if points and time.monotonic() >= tell_at:
            say(answers, {"done": points})
            tell_at = time.monotonic() + TELL_SECONDS
        if not piece or len(said) + points > most:
            break
    if len(said) + points > most:
        os.killpg(pid, signal.SIGKILL)
    return bytes(said)


def complaint(scratch: Path) -> str:
    """The end of what the child wrote to its error stream."""
    try:
        return (scratch / "complaint").read_bytes()[-TAIL:].decode("utf-8", "replace")
    except OSError:
        return ""


if __name__ == "__main__":
    main()
