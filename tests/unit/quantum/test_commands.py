"""`hcqic circuit`: answers for programs and exit codes, without a database."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hcqic_gov.core.errors import HcqicError
from hcqic_gov.quantum import calibrating, calibration_file, doctor, simulate
from hcqic_gov.quantum.commands import circuit, sandbox
from hcqic_gov.quantum.estimate import Calibration, estimate
from hcqic_gov.quantum.simulate import Outcome, Status
from hcqic_gov.quantum.textgate import read
from hcqic_gov.quantum.tiers import tiers
from tests.circuits import H2

BELL = 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2]; creg c[2]; h q[0]; cx q[0],q[1]; measure q -> c;'

ENTANGLED = "OPENQASM 2.0; qreg q[40]; U(0.1,0,0) q;" + "".join(f"CX q[{n}],q[{39 - n}];" for n in range(20))


@pytest.fixture(scope="module", autouse=True)
def nursery() -> Iterator[None]:
    yield
    simulate.close()


def ask(tmp_path: Path, *arguments: str, source: str | bytes = BELL) -> Result:
    file = tmp_path / "circuit.qasm"
    file.write_bytes(source.encode() if isinstance(source, str) else source)
    return CliRunner().invoke(circuit, [arguments[0], str(file), *arguments[1:]])


def test_check_allows(tmp_path: Path) -> None:
    answer = ask(tmp_path, "check", "--json")
    assert (answer.exit_code, json.loads(answer.output)) == (0, {"allowed": True, "refusals": []})


@pytest.mark.parametrize(
    ("source", "arguments", "code"),
    [
        ("qreg q[1];", (), "header"),
        (b"\xff\xfe", (), "not_text"),
        ("OPENQASM 2.0; qreg q[2000000000];", (), "size"),
        (ENTANGLED, (), "size_class"),
        (BELL, ("--shots", "1000000000"), "shots"),
    ],
)
@pytest.mark.parametrize("command", ["check", "estimate", "run"])
def test_every_command_refuses_alike(
    tmp_path: Path, command: str, source: str | bytes, arguments: tuple[str, ...], code: str
) -> None:
    answer = ask(tmp_path, command, "--json", *arguments, source=source)
    said = json.loads(answer.output)
    assert (answer.exit_code, said["allowed"], said["refusals"][0]["code"]) == (1, False, code)


def test_estimate(tmp_path: Path) -> None:
    said = json.loads(ask(tmp_path, "estimate", "--json").output)
    assert (said["qubits"], said["operations"], said["method"], said["size_class"]) == (2, 4, "stabilizer", "S0")


def test_run_gives_counts_and_what_made_them(tmp_path: Path) -> None:
    answer = ask(tmp_path, "run", "--shots", "300", "--seed", "5", "--json")
    said = json.loads(answer.output)
    assert answer.exit_code == 0
    assert set(said["counts"]) == {"00", "11"}
    assert (sum(said["counts"].values()), said["shots"], said["seed"], said["engine"]) == (300, 300, 5, "stim")


def test_run_that_fails_says_why(tmp_path: Path) -> None:
    answer = ask(tmp_path, "run", source="OPENQASM 2.0; qreg q[1]; nothing q[0];")
    assert answer.exit_code == 1
    assert "nothing" in answer.output


@pytest.mark.parametrize("path", ["missing.qasm", ".", "/dev/zero", "binary.qasm", "empty.qasm"])
@pytest.mark.parametrize("command", ["check", "run"])
def test_what_is_no_circuit_file_is_refused_in_json(tmp_path: Path, command: str, path: str) -> None:
    (tmp_path / "binary.qasm").write_bytes(bytes(range(256)) * 9)
    (tmp_path / "empty.qasm").touch()
    answer = CliRunner().invoke(circuit, [command, str(tmp_path / path), "--json"])
    said = json.loads(answer.stdout)
    assert (answer.exit_code, said["allowed"], answer.stderr) == (1, False, "")
    assert said["refusals"][0]["reason"].endswith(".")


def test_bits_stand_as_qiskit_orders_them_and_nothing_else_is_printed(tmp_path: Path) -> None:
    """With a closed standard input too."""
    file = tmp_path / "circuit.qasm"
    file.write_text(H2 + "qreg q[3]; creg a[2]; creg b[1]; x q[0]; measure q[0]->a[0]; measure q[1]->a[1];")
    command = [sys.executable, "-c", "from hcqic_gov.quantum.commands import circuit; circuit()"]
    command += ["run", str(file), "--json"]
    done = subprocess.run(
        ["sh", "-c", '"$@" <&-', "sh", *command], check=False, capture_output=True, timeout=120, cwd=simulate.ROOT
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["counts"] == {"0 01": 1024}


def test_the_doctor_says_what_the_host_gives_and_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = CliRunner().invoke(sandbox, ["doctor", "--json"])
    said = json.loads(whole.stdout)
    assert (whole.exit_code, said["safe"], said["missing"], said["got_through"]) == (0, True, [], [])
    poor = doctor.Findings(["memory"], ["own files only"], ["read a file"])
    monkeypatch.setattr(doctor, "examine", lambda _: poor)
    answer = CliRunner().invoke(sandbox, ["doctor"])
    assert answer.exit_code == 1
    assert "NO   own files only (required)" in answer.stdout
    assert "A confined process could read a file." in answer.stdout
    with pytest.raises(HcqicError, match=r"own files only.*hcqic sandbox doctor"):
        doctor.require(["own files only"])


def on_a_machine_of(constants: Calibration) -> Callable[..., Sequence[Outcome]]:
    """How long a circuit takes on a machine of these constants, which spends a hundredth of a second in waiting."""

    def outcomes(text: str, *, shots: int = 100, repeated: int = 3) -> Sequence[Outcome]:
        found = estimate(read(text), shots=shots, calibration=constants).seconds
        one = Outcome(Status.FINISHED, seconds=found, cpu_seconds=found - 0.01, peak_bytes=int(constants.loaded_bytes))
        return [one] * repeated

    return outcomes


def test_a_real_calibration_measures_or_says_that_the_host_is_busy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibration_file, "calibration_file", lambda: tmp_path / "calibration.json")
    monkeypatch.setattr(calibrating, "SIZES", (12, 14))
    monkeypatch.setattr(calibrating, "LONG", 200)
    answer = CliRunner().invoke(sandbox, ["calibrate", "--json"])
    if answer.exit_code == 0:
        assert json.loads(answer.stdout)["calibration"]["operation"] > 0
    else:
        assert "too busy to be measured" in str(answer.exception)


def test_what_was_calibrated_is_what_estimates_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tmp_path / "centre" / "calibration.json"
    monkeypatch.setattr(calibration_file, "calibration_file", lambda: kept)
    truth = Calibration(
        base=0.04, read_2=2e-4, read_3=7e-4, shot_step=1e-6, amplitude=3e-8, operation=4e-9, shot_operation=1e-8,
        tableau=2e-8, sample=4e-8, bond_operation=1e-9, bond_sample=5e-8, shot_bit=2e-7, loaded_bytes=90_000_000,
    )  # fmt: skip
    monkeypatch.setattr(calibrating, "outcomes", on_a_machine_of(truth))
    before = tiers().calibration
    answer = CliRunner().invoke(sandbox, ["calibrate", "--json"])
    assert answer.exit_code == 0, answer.output
    said = json.loads(answer.stdout)
    assert said["host"]["processors"] == str(os.cpu_count())
    assert asdict(tiers().calibration) == said["calibration"] != asdict(before)
    assert asdict(tiers().calibration) == pytest.approx(asdict(truth), rel=0.2, abs=1e-12)
    kept.write_text("{}")
    os.utime(kept, ns=(1, 1))
    with pytest.raises(HcqicError, match="hcqic sandbox calibrate"):
        tiers()
