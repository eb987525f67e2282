"""What a circuit's process may not do, tried out in it: by root and by an ordinary user, with the reason in words."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from hcqic_gov.quantum import doctor, seccomp
from hcqic_gov.quantum import simulate as module
from hcqic_gov.quantum.isolation import MEASURES, MEBIBYTE, NOBODY, Ceilings, scrubbed_environment
from hcqic_gov.quantum.simulate import Nursery, Outcome, Status
from hcqic_gov.quantum.tiers import Tiers, tiers

LIMITS = Ceilings(memory_bytes=256 * MEBIBYTE, seconds=20)
USERS = ["root", "ordinary user"]


class Prison:
    """A nursery of probes, and what lies around it."""

    def __init__(self, nursery: Nursery, asked: dict[str, object]) -> None:
        self.nursery, self.asked = nursery, asked

    def tries(self, probe: str, limits: Ceilings = LIMITS) -> Outcome:
        job = {"text": json.dumps({**self.asked, "probe": probe}), "version": "2", "shots": 1, "seed": 1}
        return self.nursery.run({"job": job, "ceilings": asdict(limits)}, limits, module.always)


@pytest.fixture(scope="module", params=USERS)
def prison(
    confinement: None, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Prison]:
    if os.geteuid() != 0 and request.param == "root":
        pytest.skip("only root can try it as root")
    folder = tmp_path_factory.mktemp("around")
    for above in (folder, *folder.parents):
        if above.stat().st_uid == os.geteuid():
            above.chmod(above.stat().st_mode | 0o011)
    outside = folder / "outside"
    outside.mkdir()
    outside.chmod(0o777)
    (outside / "secret").write_text("nobody's business")
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "scrubbed_environment", open_environment(request.param))
        nursery = Nursery("tests.probing")
        asked = {"secret": str(outside / "secret"), "folder": str(outside), "unix": str(outside / "socket")}
        yield Prison(nursery, {**asked, "port": server.getsockname()[1]})
        nursery.close()


def open_environment(user: str) -> Callable[[Path, Path], Mapping[str, str]]:
    """Called with the nursery's folder just before it starts: the folder's owner says as whom it runs."""

    def environment(scratch: Path, root: Path) -> Mapping[str, str]:
        if user != "root" and os.geteuid() == 0:
            os.chown(scratch, NOBODY, NOBODY)
        return scrubbed_environment(scratch, root)

    return environment


@pytest.mark.parametrize("probe", [name for name in doctor.PROBES if name not in ("take 8 GiB", "write a large file")])
def test_nothing_of_the_server_can_be_reached(prison: Prison, probe: str) -> None:
    outcome = prison.tries(probe)
    assert (outcome.status, outcome.limit) == (Status.FAILED, "isolation")
    assert outcome.reason.startswith("The run ")
    assert outcome.reason.endswith(".")


@pytest.mark.parametrize(
    ("probe", "limit", "words"),
    [
        ("take 8 GiB", "memory", "more memory than the 256 MiB"),
        ("fill 8 GiB", "memory", "more memory than the 256 MiB"),
        ("write a large file", "disk", "write a large file"),
        ("start 200 processes", "isolation", "another process"),
        ("kill everybody", "isolation", "another process"),
        ("say too much", "answer", "Measure fewer qubits"),
    ],
)
def test_the_outcome_says_which_limit_fired(prison: Prison, probe: str, limit: str, words: str) -> None:
    outcome = prison.tries(probe, replace(LIMITS, answer_bytes=MEBIBYTE))
    assert (outcome.status, outcome.limit) == (Status.FAILED, limit)
    assert words in outcome.reason
    assert outcome.peak_bytes < 1024 * MEBIBYTE


@pytest.mark.parametrize(("probe", "seconds", "limit"), [("sleep", 0.5, "wall"), ("burn", 2, "time")])
def test_the_clock_ends_what_sleeps_and_processor_time_what_burns(
    prison: Prison, probe: str, seconds: float, limit: str
) -> None:
    outcome = prison.tries(probe, replace(LIMITS, seconds=seconds))
    assert (outcome.status, outcome.limit) == (Status.FAILED, limit)
    assert "2 seconds" in outcome.reason
    assert outcome.cpu_seconds < LIMITS.seconds


def test_no_process_is_left(prison: Prison) -> None:
    prison.tries("start 200 processes")
    ready = children_of(prison.nursery.process.pid)
    assert len(ready) <= 1, "the child that waits for the next circuit"
    assert [children_of(pid) for pid in ready] in ([], [[]])


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def report(measured: int, ended: int, cpu: float = 0.0) -> dict[str, object]:
    return {"said": "", "signal": ended, "too_much": False, "cpu_seconds": cpu, "peak_bytes": measured, "complaint": ""}


@pytest.mark.parametrize(
    ("signal", "limit"), [(24, "time"), (25, "disk"), (31, "isolation"), (9, "system"), (11, "crash")]
)
def test_a_signal_is_put_into_words(signal: int, limit: str) -> None:
    outcome = module.outcome(report(0, signal), LIMITS, seconds=1.0, ended="")
    assert (outcome.limit, outcome.reason.endswith(".")) == (limit, True)


@pytest.mark.usefixtures("confinement")
def test_the_doctor_finds_nothing_that_gets_through_and_names_what_is_missing() -> None:
    findings = doctor.examine([*tiers().isolation, "a measure that no host gives"])
    assert findings.missing == ["a measure that no host gives"]
    assert findings.got_through == []
    assert set(findings.measures) <= set(MEASURES)


def test_the_probes_would_get_through_without_isolation(tmp_path: Path) -> None:
    """Else the doctor's answer would mean nothing."""
    code = (
        "import os, sys; from hcqic_gov.quantum import doctor, isolation; os.chdir(sys.argv[1]);"
        "isolation.confine = lambda *_, **__: (); doctor.main()"
    )
    said = subprocess.run(
        [sys.executable, "-c", code, tmp_path], check=True, cwd=module.ROOT, stdout=subprocess.PIPE
    ).stdout
    got_through = set(json.loads(said)["got_through"])
    unsure = {"trace its parent", "take 8 GiB", "start a program"}  # some hosts refuse these to anybody
    assert got_through | unsure == set(doctor.PROBES)


def test_the_policy_names_only_measures_that_exist() -> None:
    with pytest.raises(ValueError, match="no measure of isolation: prayer"):
        Tiers.model_validate({**tiers().model_dump(), "isolation": ["memory", "prayer"]})


@pytest.mark.parametrize("name", seccomp.MACHINES)
def test_every_jump_of_the_filter_stays_inside_it(name: str) -> None:
    lines = seccomp.program(seccomp.MACHINES[name], 7)
    for place, (code, true, false, _) in enumerate(lines):
        if code in (seccomp.JUMP_IF_EQUAL, seccomp.JUMP_IF_AT_LEAST):
            assert max(place + true, place + false) + 1 < len(lines)
    assert lines[-1][0] == seccomp.RETURN
    machine = seccomp.MACHINES[name]
    assert set(machine.allowed).isdisjoint({*machine.fatal, *machine.own_only, machine.ioctl, machine.clone3})
