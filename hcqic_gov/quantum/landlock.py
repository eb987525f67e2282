"""Landlock: the kernel lets this process, and no one that it starts, see no file but those named here.

The structures and numbers are those of linux/landlock.h; the system calls have the same numbers on every machine.
"""

import ctypes
import os
from collections.abc import Iterable
from pathlib import Path

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
ASK_VERSION = 1
PATH_BENEATH = 1
WRITE_FILE, READ_FILE, READ_FOLDER = 1 << 1, 1 << 2, 1 << 3
REMOVE_FILE, MAKE_FILE, TRUNCATE = 1 << 5, 1 << 8, 1 << 14
FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""How many rights over files each version of Landlock knows; later versions know as many as the fifth."""
TCP, SCOPES = 0b11, 0b11
"""To bind and to connect; abstract sockets and signals of others."""

libc = ctypes.CDLL(None, use_errno=True)


class RulesetAttributes(ctypes.Structure):
    _fields_ = [
        ("files", ctypes.c_uint64),
        ("network", ctypes.c_uint64),
        ("scopes", ctypes.c_uint64),
    ]


class PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32)]


def version() -> int:
    """Of Landlock in this kernel; 0 where there is none."""
    return max(0, int(libc.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), ASK_VERSION)))


def restrict(*, readable: Iterable[Path], writable: Path) -> bool:
    """Whether from now on only these may be read, and only this folder written; needs no_new_privs."""
    known = version()
    if not known:
        return False
    every = (1 << FILE_RIGHTS[min(known, 5)]) - 1
    attributes = RulesetAttributes(every, TCP if known >= 4 else 0, SCOPES if known >= 6 else 0)
    size = 8 if known < 4 else 16 if known < 6 else 24
    ruleset = libc.syscall(CREATE_RULESET, ctypes.byref(attributes), ctypes.c_size_t(size), 0)
    if ruleset < 0:
        return False
    try:
        for path in readable:
            allow(ruleset, path, every & (READ_FILE | READ_FOLDER))
        allow(ruleset, writable, every & (READ_FILE | WRITE_FILE | MAKE_FILE | REMOVE_FILE | TRUNCATE))
        return bool(libc.syscall(RESTRICT_SELF, ruleset, 0) == 0)
    finally:
        os.close(ruleset)


def allow(ruleset: int, path: Path, rights: int) -> None:
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # what is not there needs no permission
    rights = rights if path.is_dir() else rights & (READ_FILE | WRITE_FILE | TRUNCATE)
    rule = PathBeneath(rights, handle)
    libc.syscall(ADD_RULE, ruleset, PATH_BENEATH, ctypes.byref(rule), 0)
    os.close(handle)
