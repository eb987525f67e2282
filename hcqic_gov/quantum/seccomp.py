"""Seccomp: the kernel answers only the system calls that reading and simulating a circuit needs.

A small list of what is allowed, written as a filter by hand since libseccomp is not on every host. What is not on the
list fails with "not permitted"; what no simulation would ever call ends the process. Numbers are those of the kernel's
tables for the two kinds of machine that Qiskit Aer is built for; the list for ARM follows the same names.
"""

import ctypes
import errno
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

PR_SET_SECCOMP = 22
MODE_FILTER = 2
LOAD, JUMP_IF_EQUAL, JUMP_IF_AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16
ALLOW, ENDS, FAILS = 0x7FFF0000, 0x80000000, 0x00050000
X32 = 0x40000000

libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Machine:
    """A kind of processor: the kernel's name for it, and its numbers of system calls."""

    audit: int
    allowed: Sequence[int]
    fatal: Sequence[int]
    ioctl: int
    clone3: int
    own_only: Sequence[int]
    """Calls that name a process first: `kill`, `tgkill`."""
    own_or_zero: int
    """`prlimit64`: another process's limits are not ours to see."""


NEW_MOUNTS = (424, 425, 426, 427, 428, 429, 430, 431, 432, 434, 438, 442)
MACHINES: Mapping[str, Machine] = {
    "x86_64": Machine(
        0xC000003E,
        (
            0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 23, 24, 25, 26, 27, 28, 32, 33,
            35, 39, 60, 63, 72, 77, 79, 87, 89, 96, 97, 98, 99, 100, 102, 104, 107, 108, 110, 111, 131, 158, 186, 201,
            202, 204, 217, 218, 219, 228, 229, 230, 231, 239, 257, 262, 263, 267, 269, 270, 271, 273, 292, 309, 318,
            324, 332, 334, 436, 439,
        ),
        (
            59, 101, 155, 161, 165, 166, 175, 176, 246, 248, 249, 250, 272, 298, 304, 308, 310, 311, 313, 320, 321,
            322, 323, *NEW_MOUNTS,
        ),
        16, 435, (62, 234), 302,
    ),
    "aarch64": Machine(
        0xC00000B7,
        (
            17, 23, 24, 25, 35, 46, 48, 56, 57, 61, 62, 63, 64, 65, 66, 67, 68, 72, 73, 78, 79, 80, 93, 94, 96, 98, 99,
            101, 113, 114, 115, 123, 124, 128, 132, 134, 135, 139, 153, 155, 160, 163, 165, 168, 169, 172, 173, 174,
            175, 176, 177, 178, 179, 214, 215, 216, 222, 226, 227, 232, 233, 236, 278, 283, 291, 293, 436, 439,
        ),
        (
            39, 40, 41, 51, 97, 104, 105, 106, 117, 217, 218, 219, 221, 241, 265, 268, 270, 271, 273, 280, 281, 282,
            294, *NEW_MOUNTS,
        ),
        29, 435, (129, 131), 261,
    ),
}  # fmt: skip


class Instruction(ctypes.Structure):
    _fields_ = [
        ("code", ctypes.c_uint16),
        ("if_true", ctypes.c_uint8),
        ("if_false", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    ]


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(Instruction))]


Line = tuple[int, int, int, int]


def program(machine: Machine, pid: int) -> list[Line]:
    """The filter, first match first: each test of a call is followed by its answer."""
    lines: list[Line] = [
        (LOAD, 0, 0, ARCHITECTURE), (JUMP_IF_EQUAL, 1, 0, machine.audit), (RETURN, 0, 0, ENDS),
        (LOAD, 0, 0, NUMBER), (JUMP_IF_AT_LEAST, 0, 1, X32), (RETURN, 0, 0, ENDS),
    ]  # fmt: skip
    answers = dict.fromkeys(machine.allowed, ALLOW) | dict.fromkeys(machine.fatal, ENDS)
    answers |= {machine.ioctl: FAILS | errno.ENOTTY, machine.clone3: FAILS | errno.ENOSYS}
    for number, answer in answers.items():
        lines += [(JUMP_IF_EQUAL, 0, 1, number), (RETURN, 0, 0, answer)]
    for number in machine.own_only:
        lines += [(JUMP_IF_EQUAL, 0, 4, number), *answered_for(pid)]
    lines += [(JUMP_IF_EQUAL, 0, 4, machine.own_or_zero), *answered_for(0)]
    return [*lines, (RETURN, 0, 0, FAILS | errno.EPERM)]


def answered_for(process: int) -> Sequence[Line]:
    return [
        (LOAD, 0, 0, FIRST_ARGUMENT),
        (JUMP_IF_EQUAL, 0, 1, process),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, FAILS | errno.EPERM),
    ]


def restrict() -> bool:
    """Whether the filter is in force from now on; needs no_new_privs."""
    machine = MACHINES.get(platform.machine())
    if machine is None:
        return False
    lines = program(machine, os.getpid())
    instructions = (Instruction * len(lines))(*[Instruction(*line) for line in lines])
    filled = Program(len(lines), ctypes.cast(instructions, ctypes.POINTER(Instruction)))
    return bool(libc.prctl(PR_SET_SECCOMP, MODE_FILTER, ctypes.byref(filled), 0, 0) == 0)
