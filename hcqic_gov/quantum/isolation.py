"""Takes from a process what a simulation does not need: memory, time, files, processes, privileges, the network."""

import ctypes
import os
import resource
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hcqic_gov.quantum import landlock, seccomp

PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38
PR_SET_KEEPCAPS = 8
CAP_DAC_READ_SEARCH = 2
CAPABILITY_VERSION_3 = 0x20080522
CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
NOBODY = 65534
MEBIBYTE = 1024 * 1024
PATIENCE = 4
SINGLE = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS", "MALLOC_ARENA_MAX")
ALONE = "no other process"
MEASURES = (
    "no network", "ordinary user", "ends with its parent", "no new privileges", "own files only", "processor time",
    "file size", "open files", "no core dump", ALONE, "memory", "system calls",
)  # fmt: skip
SYSTEM_FILES = tuple(map(Path, ("/lib", "/lib64", "/usr/lib", "/etc/ld.so.cache", "/sys/devices/system/cpu")))
"""What the C library may look at late: shared libraries, and how many processors there are."""

libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Ceilings:
    """What one simulation may use: memory beyond the loaded libraries, processor time, bytes of its answer."""

    memory_bytes: int = 512 * MEBIBYTE
    seconds: float = 60.0
    answer_bytes: int = 16 * MEBIBYTE

    @property
    def kernel_seconds(self) -> int:
        """The limit that the kernel keeps, should the parent not end the process: whole seconds, and one to spare."""
        return int(self.seconds) + 2

    @property
    def wall_seconds(self) -> float:
        """By the clock. A host that is busy with other things gives less than a second each second."""
        return PATIENCE * self.seconds


def end_with_parent() -> bool:
    """From now on the kernel ends this process when the thread that began it ends."""
    return bool(libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) == 0)


def give_back_memory() -> None:
    """Returns to the system what the C library keeps of memory that was freed; musl keeps none."""
    if hasattr(libc, "malloc_trim"):
        libc.malloc_trim(0)


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


@dataclass(frozen=True, slots=True)
class Enclosed:
    """What holds for a process whatever it is asked: the measures that are in force, and its address space then."""

    measures: tuple[str, ...]
    address_space: int

    def limited(self, ceilings: Ceilings) -> tuple[str, ...]:
        """Gives up the rest: processor time, memory and most system calls; answers all measures in force."""
        last: tuple[tuple[str, Callable[[], bool]], ...] = (
            ("processor time", lambda: limited(resource.RLIMIT_CPU, ceilings.kernel_seconds, spare=1)),
            ("memory", lambda: limited(resource.RLIMIT_AS, self.address_space + ceilings.memory_bytes)),
            ("system calls", seccomp.restrict),
        )
        taken = {*self.measures, *taken_of(last)}
        if "system calls" in taken:
            taken.add(ALONE)
        return tuple(name for name in MEASURES if name in taken)


def enclose(*, scratch: Path, must_read: tuple[Path, ...]) -> Enclosed:
    """Gives up what no simulation needs, whatever the circuit, and everything of it that the host lets it give up.

    `must_read` are files of the libraries: what is imported late is read there. Only `scratch` may be written.
    """
    space = address_space()  # asked for while /proc can still be read
    readable = (*library_folders(must_read), *SYSTEM_FILES)
    measures: tuple[tuple[str, Callable[[], bool]], ...] = (
        ("no network", leave_network),
        ("ordinary user", lambda: become_ordinary(must_read)),
        ("ends with its parent", end_with_parent),
        ("no new privileges", lambda: libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0),
        ("own files only", lambda: landlock.restrict(readable=readable, writable=scratch) or drop_capabilities()),
        ("file size", lambda: limited(resource.RLIMIT_FSIZE, MEBIBYTE)),
        ("open files", lambda: limited(resource.RLIMIT_NOFILE, 64)),
        ("no core dump", lambda: limited(resource.RLIMIT_CORE, 0)),
        # root is not bound by this one, so it is only claimed for an ordinary user
        (ALONE, lambda: limited(resource.RLIMIT_NPROC, 0) and os.geteuid() != 0),
    )
    return Enclosed(taken_of(measures), space)


def confine(ceilings: Ceilings, *, scratch: Path, must_read: tuple[Path, ...]) -> tuple[str, ...]:
    """Both at once; answers which measures are in force."""
    return enclose(scratch=scratch, must_read=must_read).limited(ceilings)


def taken_of(measures: tuple[tuple[str, Callable[[], bool]], ...]) -> tuple[str, ...]:
    return tuple(name for name, take in measures if succeeds(take))


def succeeds(take: Callable[[], bool]) -> bool:
    """A host may refuse a measure by an error as well."""
    try:
        return take()
    except OSError:
        return False


def library_folders(files: tuple[Path, ...]) -> tuple[Path, ...]:
    """The folders of packages and of Python's own modules, by one file in each."""
    return tuple(dict.fromkeys(path for file in files for path in (file.parent.parent, file.resolve().parent)))


def limited(kind: int, most: int, *, spare: int = 0) -> bool:
    """Lowers a limit, never raises it; `spare` lies between what warns and what ends the process."""
    hard = resource.getrlimit(kind)[1]
    last = most + spare if hard == resource.RLIM_INFINITY else min(most + spare, hard)
    resource.setrlimit(kind, (min(most, last), last))
    return True


def address_space() -> int:
    """Bytes of address space that this process has now."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def leave_network() -> bool:
    """A network namespace of its own, without any interface up; needs root or user namespaces."""
    if os.geteuid() == 0:
        return bool(libc.unshare(CLONE_NEWNET) == 0)
    alone = bool(libc.unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0)
    drop_capabilities()  # those over the new namespace
    return alone


def become_ordinary(must_read: tuple[Path, ...]) -> bool:
    """True for a process that is no root's, or no longer: root's limits on processes and files bind nobody.

    Where the libraries lie behind folders that are root's alone, the right to read them is kept, if Landlock will
    bind it to those folders; without Landlock the process stays root, since late imports would fail.
    """
    if os.geteuid() != 0:
        return True
    closed = not all(readable_by_all(path) for path in must_read)
    if closed and not landlock.version():
        return False
    libc.prctl(PR_SET_KEEPCAPS, int(closed), 0, 0, 0)
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    if closed:
        set_capabilities(1 << CAP_DAC_READ_SEARCH)
    return True


def drop_capabilities() -> bool:
    """Never a measure of its own: what is left when Landlock could not be had."""
    if os.geteuid() != 0:
        set_capabilities(0)
    return False


def set_capabilities(kept: int) -> None:
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    values = (ctypes.c_uint32 * 6)(kept, kept, 0, 0, 0, 0)
    if libc.capset(header, values) != 0:
        raise OSError(ctypes.get_errno(), "capset")


def readable_by_all(path: Path) -> bool:
    real = path.resolve()
    return bool(real.stat().st_mode & 0o004) and all(folder.stat().st_mode & 0o001 for folder in real.parents)


def threads() -> int:
    return len(list(Path("/proc/self/task").iterdir()))
