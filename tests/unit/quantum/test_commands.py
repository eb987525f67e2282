"""`hcqic circuit`: answers for programs and exit codes, without a database."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hcqic_gov.quantum import simulate
from hcqic_gov.quantum.commands import circuit

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
