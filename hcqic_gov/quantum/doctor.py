"""Finds out which isolation this host gives, by confining processes and letting each try one thing it may not do."""

import ctypes
import json
import mmap
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hcqic_gov.core.errors import HcqicError
from hcqic_gov.quantum import isolation
from hcqic_gov.quantum.isolation import MEBIBYTE, Ceilings, scrubbed_environment

ROOT = Path(__file__).resolve().parents[2]
GIBIBYTE = 1024 * MEBIBYTE
HELD, OPEN = 0, 3
PATIENCE_SECONDS = 60
PTRACE_SEIZE = 0x4206  # unlike attaching, it does not stop the process


@dataclass(frozen=True, slots=True)
class Bait:
    """What a confined process may not reach: all of it lies there for it, and is open to everybody."""

    secret: Path
    folder: Path
    unix: Path
    port: int
    parent: int
    scratch: Path


@dataclass(frozen=True, slots=True)
class Findings:
    """Measures that the host lets a process take, what the policy asks for beyond them, and what got through."""

    measures: Sequence[str]
    missing: Sequence[str]
    got_through: Sequence[str]

    @property
    def safe(self) -> bool:
        return not self.missing


def advice(findings: Findings) -> str:
    return (
        f"This host does not give what the policy requires of the sandbox: {', '.join(findings.missing)}. Use a kernel "
        "with Landlock and seccomp (Linux 5.13 or later), or let the board change `isolation` in sandbox/tiers.toml."
    )


def require(names: Iterable[str]) -> None:
    """Errors: HcqicError where this host does not give all of these measures."""
    findings = examine(names)
    if not findings.safe:
        raise HcqicError(f"{advice(findings)} `hcqic sandbox doctor` says more.")


def write_outside(bait: Bait) -> None:
    (bait.folder / "left-behind").write_text("x")


def tcp(bait: Bait) -> None:
    with socket.socket() as client:
        client.settimeout(1)
        client.connect(("127.0.0.1", bait.port))


def udp(bait: Bait) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"x", ("127.0.0.1", bait.port))


def unix(bait: Bait) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(bait.unix))


def start_program(_: Bait) -> None:
    os.execv("/bin/true", ["true"])  # noqa: S606 - a fixed program, and it must not start


def fork(_: Bait) -> None:
    if os.fork() == 0:
        os._exit(0)


def trace(bait: Bait) -> None:
    if isolation.libc.ptrace(PTRACE_SEIZE, bait.parent, None, None) != 0:
        raise OSError(ctypes.get_errno(), "ptrace")


def large_file(bait: Bait) -> None:
    (bait.scratch / "large").write_bytes(bytes(2 * MEBIBYTE))


PROBES: Mapping[str, Callable[[Bait], object]] = {
    "read a file": lambda bait: bait.secret.read_text(),
    "list a folder": lambda bait: list(bait.folder.iterdir()),
    "write a file": write_outside,
    "look at processes": lambda _: list(Path("/proc").iterdir()),
    "connect by TCP": tcp,
    "send by UDP": udp,
    "connect to a local socket": unix,
    "start a program": start_program,
    "start a process": fork,
    "signal its parent": lambda bait: os.kill(bait.parent, signal.SIGCONT),
    "trace its parent": trace,
    "take 8 GiB": lambda _: mmap.mmap(-1, 8 * GIBIBYTE),
    "write a large file": large_file,
}
"""What a confined process tries; nothing of it does any harm where it gets through."""


def examine(required: Iterable[str]) -> Findings:
    """In a process of its own: this one may have threads, and must not lose anything."""
    with tempfile.TemporaryDirectory(prefix="hcqic-doctor-") as scratch:
        Path(scratch).chmod(0o711)
        said = subprocess.run(
            [sys.executable, "-m", "hcqic_gov.quantum.doctor"],
            cwd=scratch,
            env=dict(scrubbed_environment(Path(scratch), ROOT)),
            stdout=subprocess.PIPE,
            timeout=PATIENCE_SECONDS,
            check=True,
        ).stdout
    found = json.loads(said)
    missing = [name for name in required if name not in found["measures"]]
    return Findings(found["measures"], missing, found["got_through"])


def main() -> None:
    scratch = Path.cwd() / "run"
    scratch.mkdir()
    scratch.chmod(0o777)
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as local:
        bait = laid_out(Path.cwd(), scratch, server.getsockname()[1])
        local.bind(str(bait.unix))
        bait.unix.chmod(0o777)
        local.listen()
        got_through = [name for name, probe in PROBES.items() if confined(probe, bait)[0] == OPEN]
        measures = confined(lambda _: None, bait)[1]
    print(json.dumps({"measures": measures, "got_through": got_through}))  # noqa: T201 - to `examine`


def laid_out(folder: Path, scratch: Path, port: int) -> Bait:
    outside = folder / "outside"
    outside.mkdir()
    outside.chmod(0o777)
    secret = outside / "secret"
    secret.write_text("nobody's business")
    secret.chmod(0o644)
    return Bait(secret, outside, outside / "socket", port, os.getpid(), scratch)


def confined(attempt: Callable[[Bait], object], bait: Bait) -> tuple[int, Sequence[str]]:
    """How a confined process ends that tries this (`OPEN` where it could), and which measures it took."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setsid()
            must_read = (Path(ctypes.__file__), Path(os.__file__))
            measures = isolation.confine(Ceilings(seconds=5), scratch=bait.scratch, must_read=must_read)
            os.write(writing, json.dumps(measures).encode())
            attempt(bait)
            os._exit(OPEN)
        except BaseException:  # noqa: BLE001 - any error means that it was held back
            os._exit(HELD)
    os.close(writing)
    _, status = os.waitpid(pid, 0)
    with os.fdopen(reading) as said:
        text = said.read()
    return os.waitstatus_to_exitcode(status), json.loads(text or "[]")


if __name__ == "__main__":
    main()
