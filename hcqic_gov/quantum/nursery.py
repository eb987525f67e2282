"""A process with Qiskit loaded and one thread, that forks a confined child for each circuit it is asked to run."""

import gc
import json
import os
import select
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hcqic_gov.quantum import child, isolation
from hcqic_gov.quantum.isolation import Ceilings

ASKED, ANSWERS = 0, 1
CHUNK = 65536
POINT_DONE = b"\n"
TELL_SECONDS = 0.25
TAIL = 2000
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
    buffer = b""
    while True:
        while b"\n" not in buffer:
            piece = os.read(ASKED, CHUNK)
            if not piece:
                return
            buffer += piece
        line, _, buffer = buffer.partition(b"\n")
        handled = len(line) + run(json.loads(line), answers)
        del line
        if handled > MUCH:
            isolation.give_back_memory()


def say(answers: int, message: Mapping[str, Any]) -> None:
    data = json.dumps(message).encode() + b"\n"
    while data:
        data = data[os.write(answers, data) :]


def run(request: Mapping[str, Any], answers: int) -> int:
    """One circuit: fork, read what the child says, and report how it ended; how many bytes that was."""
    ceilings = Ceilings(**request["ceilings"])
    scratch = Path(tempfile.mkdtemp(prefix="run-"))
    scratch.chmod(0o777)  # an ordinary user writes there; the folder above is closed to others' eyes
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(answers)
            os.close(reading)
            be_child(request, ceilings, writing, scratch)
        finally:
            os._exit(1)
    os.close(writing)
    say(answers, {"started": pid})
    said = listen(reading, pid, ceilings.answer_bytes, answers)
    _, status, usage = os.wait4(pid, 0)
    os.close(reading)
    say(
        answers,
        {
            "said": said.decode("utf-8", "replace"),
            "signal": -os.waitstatus_to_exitcode(status) if os.WIFSIGNALED(status) else 0,
            "too_much": len(said) > ceilings.answer_bytes,
            "cpu_seconds": usage.ru_utime + usage.ru_stime,
            "peak_bytes": usage.ru_maxrss * 1024,
            "complaint": complaint(scratch),
        },
    )
    shutil.rmtree(scratch, ignore_errors=True)
    return len(said)


def be_child(request: Mapping[str, Any], ceilings: Ceilings, writing: int, scratch: Path) -> None:
    """In the forked child: own session, no way out, one answer."""
    os.setsid()
    os.chdir(scratch)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    os.dup2(os.open("complaint", os.O_CREAT | os.O_WRONLY, 0o666), 2)
    tempfile.tempdir = str(scratch)
    measures = isolation.confine(ceilings, scratch=scratch, must_read=child.LIBRARIES)
    if os.getppid() == 1:
        return
    done = child.answer(child.Job(**request["job"]), lambda: os.write(writing, POINT_DONE))
    answer = {**done, "isolation": measures}
    say(writing, answer)
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
