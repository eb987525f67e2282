"""Takes from a process what a simulation does not need: memory, time, files, processes, privileges, the network."""

import ctypes
import os
import resource
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38
CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
NOBODY = 65534
MEBIBYTE = 1024 * 1024
SINGLE = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS", "MALLOC_ARENA_MAX")

libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Ceilings:
    """What one simulation may use: memory beyond the loaded libraries, time by the wall, bytes of its answer."""

    memory_bytes: int = 512 * MEBIBYTE
    seconds: float = 60.0
    answer_bytes: int = 16 * MEBIBYTE

    @property
    def cpu_seconds(self) -> int:
        """Processor time: as long as the wall clock gives, in whole seconds, and one to spare."""
        return int(self.seconds) + 2


def scrubbed_environment(scratch: Path, root: Path) -> Mapping[str, str]:
    """The whole environment of the child: no secret, no proxy, no address of a database; one thread."""
    return {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "PYTHONPATH": str(root),
        "PYTHONDONTWRITEBYTECODE": "1",
        "QISKIT_PARALLEL": "FALSE",
        **dict.fromkeys(SINGLE, "1"),
    }


def confine(ceilings: Ceilings, *, must_read: tuple[Path, ...]) -> tuple[str, ...]:
    """Gives up everything that the host lets this process give up; answers which measures are in force.

    `must_read` are files of the libraries: a root process becomes an ordinary user only where that user can read them,
    since what is imported late would fail otherwise.
    """
    measures: tuple[tuple[str, Callable[[], bool]], ...] = (
        ("no network", leave_network),
        ("ordinary user", lambda: become_ordinary(must_read)),
        ("ends with its parent", lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) == 0),
        ("no new privileges", lambda: libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0),
        ("processor time", lambda: limited(resource.RLIMIT_CPU, ceilings.cpu_seconds)),
        ("file size", lambda: limited(resource.RLIMIT_FSIZE, MEBIBYTE)),
        ("open files", lambda: limited(resource.RLIMIT_NOFILE, 64)),
        ("no core dump", lambda: limited(resource.RLIMIT_CORE, 0)),
        # root is not bound by this one, so it is only claimed for an ordinary user
        ("no other process", lambda: limited(resource.RLIMIT_NPROC, 0) and os.geteuid() != 0),
        ("memory", lambda: limited(resource.RLIMIT_AS, address_space() + ceilings.memory_bytes)),
    )
    return tuple(name for name, take in measures if take())


def limited(kind: int, most: int) -> bool:
    """Lowers a limit, never raises it."""
    hard = resource.getrlimit(kind)[1]
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (most, most))
    return True


def address_space() -> int:
    """Bytes of address space that this process has now."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def leave_network() -> bool:
    """A network namespace of its own, without any interface up; needs root or user namespaces."""
    kinds = CLONE_NEWNET if os.geteuid() == 0 else CLONE_NEWUSER | CLONE_NEWNET
    return bool(libc.unshare(kinds) == 0)


def become_ordinary(must_read: tuple[Path, ...]) -> bool:
    """True for a process that is no root's, or no longer: root's limits on processes and files bind nobody."""
    if os.geteuid() != 0:
        return True
    if not all(readable_by_all(path) for path in must_read):
        return False
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    return True


def readable_by_all(path: Path) -> bool:
    real = path.resolve()
    return bool(real.stat().st_mode & 0o004) and all(folder.stat().st_mode & 0o001 for folder in real.parents)


def threads() -> int:
    return len(list(Path("/proc/self/task").iterdir()))
