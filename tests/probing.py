"""A nursery whose children try to break out instead of simulating; `-m tests.probing` stands in for the real one."""

import contextlib
import json
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hcqic_gov.quantum import child, isolation, nursery
from hcqic_gov.quantum.doctor import PROBES, Bait


def fork_200(_: Bait) -> None:
    for _number in range(200):
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)


def fill_8_gib(_: Bait) -> None:
    kept: list[bytearray] = []
    while len(kept) < 512:
        kept.append(bytearray(16 * isolation.MEBIBYTE))


def burn(_: Bait) -> None:
    while True:
        pass


def say_too_much(_: Bait) -> Mapping[str, Any]:
    return {"counts": {"0" * 100 + str(n): 1 for n in range(100_000)}}


MORE = {
    "start 200 processes": fork_200,
    "fill 8 GiB": fill_8_gib,
    "burn": burn,
    "sleep": lambda _: time.sleep(60),
    "say too much": say_too_much,
    "find a file that is not there": lambda bait: (bait.folder / "nowhere").read_text(),
    "kill everybody": lambda _: os.kill(-1, 9),
}


def attempt(job: child.Job, done: Callable[[], object]) -> Mapping[str, Any]:
    asked = json.loads(job.text)
    paths = {name: Path(asked[name]) for name in ("secret", "folder", "unix")}
    bait = Bait(**paths, port=asked["port"], parent=os.getppid(), scratch=Path.cwd())
    tries: Mapping[str, Callable[[Bait], object]] = {**PROBES, **MORE}
    found = tries[asked["probe"]](bait)
    return found if isinstance(found, dict) else {"counts": {"got through": 1}}


def main() -> None:
    """As root, or as an ordinary user where root starts it in a folder that is another's."""
    owner = Path.cwd().stat().st_uid
    if owner != os.geteuid():
        os.setgroups([])
        os.setgid(owner)
        os.setuid(owner)
    child.simulated = attempt
    child.preload = lambda: None
    with contextlib.suppress(KeyboardInterrupt):
        nursery.main()


if __name__ == "__main__":
    main()
