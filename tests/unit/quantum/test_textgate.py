"""The text gate: hostile text is refused in time, with a sentence; well-formed text passes and is counted rightly."""

import time
from collections.abc import Mapping
from dataclasses import replace

import pytest

from hcqic_gov.quantum.textgate import DEFAULT, Reading, read

H2 = 'OPENQASM 2.0;\ninclude "qelib1.inc";\n'
H3 = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'


def bomb(levels: int) -> str:
    gates = "".join(f"gate g{n} a{{g{n - 1} a;g{n - 1} a;}}" for n in range(1, levels))
    return f"{H2}gate g0 a{{x a;x a;}}{gates}qreg q[1];g{levels - 1} q[0];"


HOSTILE: Mapping[str, tuple[str, str | bytes]] = {
    "more than a mebibyte": ("too_large", "/" * (1024 * 1024 + 1)),
    "not UTF-8": ("not_text", b"OPENQASM 2.0;\xff\xfe"),
    "random bytes of a QPY file": ("not_text", b"QISKIT\x0d\x02\x00\x00\xfe\x9c"),
    "Arabic digit": ("misleading_text", "OPENQASM 2.0;\nqreg q[\u0663];"),
    "right to left": ("misleading_text", "OPENQASM 2.0; // \u202e gate\nqreg q[3];"),
    "NUL": ("not_text", "OPENQASM 2.0;\0"),
    "lone surrogate": ("not_text", "OPENQASM 2.0;//\ud800"),
    "empty": ("header", ""),
    "no header": ("header", "qreg q[1];"),
    "another version": ("header", "OPENQASM 4.0; qubit q;"),
    "header of spaces": ("header", "OPENQASM" + " " * 900_000),
    "a system file": ("include", 'OPENQASM 2.0; include "/etc/hostname"; qreg q[1];'),
    "a system file in version 3": ("include", "OPENQASM 3; include '/etc/hostname'; qubit q;"),
    "a relative file": ("include", 'OPENQASM 2.0; include "../qelib1.inc"; qreg q[1];'),
    "a file that includes itself": ("include", 'OPENQASM 2.0; include "circuit.qasm";'),
    "a library twice": ("include", H2 + 'include "qelib1.inc"; qreg q[1];'),
    "include at the end": ("include", "OPENQASM 2.0; include"),
    "open comment": ("comment", H2 + "qreg q[1]; /* x q[0];"),
    "a half million open comments": ("comment", "OPENQASM 2.0;" + "/*" * 500_000),
    "a vast register": ("size", H2 + "qreg q[2000000000];"),
    "a large register": ("size", H2 + "qreg q[7000000];"),
    "a register with an exponent": ("size", H3 + "qubit[2e9] q;"),
    "no qubits": ("size", H2 + "qreg q[0];"),
    "a register without end": ("syntax", H2 + "qreg q[3;"),
    "many registers": ("size", H2 + "".join(f"qreg q{n}[500];" for n in range(40))),
    "many bits": ("size", H2 + "qreg q[1]; creg c[5000];"),
    "a vast integer type": ("size", H3 + "int[900000000] i; qubit q;"),
    "31 digits": ("literal", H2 + "qreg q[" + "7" * 31 + "];"),
    "brackets": ("nesting", H3 + "qubit q; rx(" + "(" * 90_000 + "1" + ")" * 90_000 + ") q[0];"),
    "braces": ("nesting", H3 + "qubit q;" + "{" * 30_000),
    "many braces": ("blocks", H3 + "qubit q;" + "{}" * 300_000),
    "nothing but comments": ("comment", H2 + "//\n" * 300_000),
    "a text of expressions": ("variety", H2 + "qreg q[1];" + "".join(f"rx(sin({n})) q;" for n in range(20_000))),
    "conditions": ("nesting", H2 + "qreg q[1]; creg c[1];" + "if(c==1)" * 900 + "x q[0];"),
    "else and else": ("nesting", H3 + "qubit q; bit c;" + "if(c) x q; else " * 2_500 + "x q;"),
    "definitions in definitions": (
        "nesting",
        H2 + "gate g0 a{x a;}" + "".join(f"gate g{n} a{{g{n - 1} a;}}" for n in range(1, 9000)),
    ),
    "a bomb of 17 levels": ("too_many_operations", bomb(17 + 2)),
    "a bomb of 31 levels": ("too_many_operations", bomb(31)),
    "a bomb of powers": ("too_many_operations", H3 + "qubit q; pow(300000) @ x q;"),
    "broadcasts": ("too_many_operations", H2 + "qreg q[500];" + "x q;" * 700),
    "many gates": ("too_many_operations", H2 + "qreg q[1];" + "x q;" * 220_000),
    "many controls": ("modifier", H3 + "qubit[40] q; ctrl(30) @ x q;"),
    "many modifiers": ("modifier", H3 + "qubit q; " + "inv @ " * 100 + "x q;"),
    "an infinite angle": ("not_finite", H2 + "qreg q[1]; rx(8^8^8^8) q[0];"),
    "an infinite literal": ("not_finite", H2 + "qreg q[1]; rx(1e999) q[0];"),
    "a division by zero": ("not_finite", H2 + "qreg q[1]; rx(pi/(2-2)) q[0];"),
    "a root of less than nothing": ("not_finite", H2 + "qreg q[1]; rx(sqrt(-2)) q[0];"),
    "a complex power": ("not_finite", H2 + "qreg q[1]; rx((-2)^0.5) q[0];"),
    "a tower of powers": ("statement", H2 + "qreg q[1]; rx(" + "^".join("1" * 300_000) + ") q[0];"),
    "a long sum": ("expression", H2 + "qreg q[1]; rx(" + "+".join("1" * 400) + ") q[0];"),
    "many signs": ("expression", H2 + "qreg q[1]; rx(" + "-" * 5_000 + "1) q[0];"),
    "commas": ("statement", H2 + "qreg q[1]; cx " + "," * 900_000 + ";"),
    "an endless loop": ("construct", H3 + "qubit q; while (true) { x q; }"),
    "a long loop": ("construct", H3 + "qubit q; for int i in [0:20000000] { x q; }"),
    "a subroutine": ("construct", H3 + "def f(qubit q) { x q; } qubit q; f(q);"),
    "pulses": ("construct", H3 + 'defcalgrammar "openpulse"; qubit q;'),
    "a call out": ("construct", H3 + "extern f(int) -> int; qubit q;"),
    "a pragma": ("construct", H3 + "#pragma user something\nqubit q;"),
    "an opaque gate": ("construct", H2 + "opaque g a; qreg q[1]; g q[0];"),
    "a parameter of another kind": ("input", H3 + "input angle t; qubit q; rx(t) q;"),
    "a constant": ("construct", H3 + "const int n = 2; qubit[n] q;"),
    "a closing brace": ("syntax", H3 + "qubit q; }"),
    "no end": ("syntax", H2 + "qreg q[1]; x q[0]"),
    "a gate in a gate": ("syntax", H2 + "gate a x { gate b y { x y; } }"),
    "quotes": ("syntax", "OPENQASM 2.0;" + '"' * 900_001),
    "an NHS number in a comment": ("personal_data", H2 + "// for 943 476 5919\nqreg q[1];"),
    "an NHS number in a name": ("personal_data", H2 + "qreg p9434765919[1];"),
    "an NHS number as an angle": ("personal_data", H2 + "qreg q[1]; rx(9434765919.0) q[0];"),
    "an e-mail address": ("personal_data", H2 + "/* ask a.person@ward.example */ qreg q[1];"),
    "a postcode": ("personal_data", H2 + "// lives in LS1 4AP\nqreg q[1];"),
    "a postcode in small letters": ("personal_data", H2 + "// lives in ls1 4ap\nqreg q[1];"),
    "an old date": ("personal_data", H2 + "// 12/03/1961\nqreg q[1];"),
    "a birth": ("personal_data", H2 + "// DOB: 2019-05-17\nqreg q[1];"),
    "personal data beside a fault of form": ("personal_data", H2 + "// 943 476 5919\nqreg q[0];"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_refused_with_a_sentence_in_time(name: str) -> None:
    code, source = HOSTILE[name]
    start = time.process_time()
    reading = read(source)
    assert time.process_time() - start < 2
    assert code in {refusal.code for refusal in reading.refusals}
    assert all(refusal.reason[0].isupper() and refusal.reason.endswith(".") for refusal in reading.refusals)
    assert not reading.allowed


def test_a_refusal_never_repeats_personal_data() -> None:
    reading = read(H2 + "// 943 476 5919 a.person@ward.example LS1 4AP 12/03/1961\nqreg q[1];")
    assert len(reading.refusals) == 4
    assert not any("943" in refusal.reason or "ward" in refusal.reason for refusal in reading.refusals)


WELL_FORMED: Mapping[str, tuple[str, tuple[int, int, int]]] = {
    "bell": (H2 + "qreg q[2]; creg c[2]; h q[0]; cx q[0],q[1]; measure q -> c;", (2, 2, 4)),
    "no library": ("OPENQASM 2.0; qreg q[2]; U(pi/2,0,pi) q[0]; CX q[0],q[1];", (2, 0, 2)),
    "crlf": (H2.replace("\n", "\r\n") + "qreg q[1];\r\ncreg c[1];\r\nx q[0];\r\n", (1, 1, 1)),
    "comments": ("// first\nOPENQASM 2.0; // 2026-03-01\n/* a\nb */ qreg q[1]; x /* in */ q[0];", (1, 0, 1)),
    "a comment in a string": ('OPENQASM 3; include "stdgates.inc"; qubit q; x q; // "quoted"', (1, 0, 1)),
    "long decimals": (H2 + "qreg q[1]; rx(0." + "3141592653589793238" * 9 + ") q[0];", (1, 0, 1)),
    "a decimal that looks like an NHS number": (H2 + "qreg q[1]; rx(0.9434765919) q[0];", (1, 0, 1)),
    "exponents": (H2 + "qreg q[1]; rx(1.5e-3) q[0]; rx(2E+1) q[0]; rx(.5) q[0]; rx(2.) q[0];", (1, 0, 4)),
    "expressions": (H2 + "qreg q[1]; u3(-pi/2, 3*pi/(4-2), sin(pi/3)^2) q[0];", (1, 0, 1)),
    "broadcast": (H2 + "qreg q[5]; creg c[5]; h q; measure q -> c;", (5, 5, 10)),
    "barrier": (H2 + "qreg q[3]; x q[0]; barrier q; barrier q[0],q[1]; x q[1];", (3, 0, 2)),
    "reset": (H2 + "qreg q[3]; reset q; x q[1];", (3, 0, 4)),
    "condition": (H2 + "qreg q[1]; creg c[2]; measure q[0]->c[0]; if(c==3) x q[0];", (1, 2, 2)),
    "mid-circuit": (H2 + "qreg q[1]; creg c[2]; measure q[0]->c[0]; h q[0]; measure q[0]->c[1];", (1, 2, 3)),
    "a gate": (H2 + "gate pair(t) a,b { rx(t) a; cx a,b; } qreg q[2]; pair(0.3) q[0],q[1];", (2, 0, 2)),
    "gates of gates": (bomb(4), (1, 0, 16)),
    "an empty gate": (H2 + "gate nothing a { } qreg q[1]; nothing q[0];", (1, 0, 0)),
    "a gate that is not used": (H2 + "gate g a { x a; } qreg q[1];", (1, 0, 0)),
    "two registers": (H2 + "qreg a[2]; qreg b[3]; creg c[1]; creg d[2]; cx a[0],b[2];", (5, 3, 1)),
    "qubit without size": (H3 + "qubit q; bit c; h q; c = measure q;", (1, 1, 2)),
    "qubit with size": (H3 + "qubit[3] q; bit[3] c; h q; c = measure q;", (3, 3, 6)),
    "size by an expression": (H3 + "qubit[2*2+1] q;", (5, 0, 0)),
    "measured at its declaration": (H3 + "qubit[2] q; x q; bit[2] c = measure q;", (2, 2, 4)),
    "if and else": (H3 + "qubit q; bit c; c = measure q; if (c) { x q; } else { z q; }", (1, 1, 3)),
    "else if": (H3 + "qubit q; bit[2] c; if (c == 1) x q; else if (c == 2) y q; else z q;", (1, 2, 3)),
    "modifiers": (H3 + "qubit[2] q; ctrl @ x q[0], q[1]; inv @ s q[0];", (2, 0, 5)),
    "power": (H3 + "qubit q; pow(3) @ s q; pow(-2) @ t q;", (1, 0, 5)),
    "negative control": (H3 + "qubit[2] q; negctrl @ x q[0], q[1];", (2, 0, 4)),
    "global phase": (H3 + "qubit q; gphase(pi/4); x q;", (1, 0, 2)),
    "alias": (H3 + "qubit[4] q; let half = q[0:1]; h half[0];", (4, 0, 1)),
    "slice": (H3 + "qubit[4] q; h q[1:2];", (4, 0, 4)),
    "old words in version 3": (H3 + "qreg q[2]; creg c[2]; h q; measure q -> c;", (2, 2, 4)),
    "hexadecimal": (H3 + "qubit q; bit[8] c; if (c == 0xff) x q;", (1, 8, 1)),
    "binary": (H3 + "qubit q; bit[40] c; if (c == 0b" + "10" * 20 + ") x q;", (1, 40, 1)),
    "bit string": (H3 + 'qubit q; bit[4] c = "0101"; x q;', (1, 4, 1)),
    "greek": (H3 + "qubit q; rx(π/2) q; rx(τ) q;", (1, 0, 2)),
    "version 3.1": ("OPENQASM 3.1; qubit q;", (1, 0, 0)),
    "names holding keywords": (H2 + "qreg forward[1]; creg meter[1]; gate defined a {} defined forward[0];", (1, 1, 0)),
    "names that look like a postcode": (H2 + "gate b3_2qb a { x a; } qreg q[1]; b3_2qb q[0];", (1, 0, 1)),
    "an ordinal": (H2 + "// in step e2 3rd comes first\nqreg q[1];", (1, 0, 0)),
    "a date of today": (H2 + "// written 2026-02-11 by a generator\nqreg q[1];", (1, 0, 0)),
    "an ordinary number in a comment": (H2 + "// 943 476 5918\nqreg q[1];", (1, 0, 0)),
    "every standard gate of version 2": (
        H2
        + "qreg q[4];"
        + "".join(f"{name} q[0];" for name in ("x", "y", "z", "h", "s", "sdg", "t", "tdg", "id", "sx", "sxdg"))
        + "".join(f"{name} q[0],q[1];" for name in ("cx", "cy", "cz", "ch", "swap", "csx"))
        + "rx(1) q[0]; u2(1,2) q[0]; cu3(1,2,3) q[0],q[1]; rzz(1) q[0],q[1];"
        + "ccx q[0],q[1],q[2]; c3x q[0],q[1],q[2],q[3];",
        (4, 0, 23),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WELL_FORMED)
def test_well_formed_text_passes_and_is_counted(name: str) -> None:
    source, expected = WELL_FORMED[name]
    reading = read(source)
    assert reading.refusals == ()
    assert (reading.qubits, reading.clbits, reading.operations) == expected


@pytest.mark.parametrize(
    ("body", "dynamic"),
    [
        ("h q; measure q -> c;", False),
        ("measure q[0] -> c[0]; h q[1];", False),
        ("measure q[0] -> c[0]; h q[0];", True),
        ("measure q -> c; h q[1];", True),
        ("measure q[0] -> c[0]; h q;", True),
        ("measure q[0] -> c[0]; barrier q; measure q[1] -> c[1];", False),
        ("reset q[0];", True),
        ("if(c==1) x q[0];", True),
    ],
)
def test_what_follows_a_measurement_makes_a_circuit_dynamic(body: str, dynamic: bool) -> None:
    assert read(f"{H2}qreg q[2]; creg c[2]; {body}").dynamic is dynamic


@pytest.mark.parametrize(
    ("body", "clifford"),
    [
        ("h q; cx q[0],q[1]; s q[0]; cz q[0],q[1]; swap q[0],q[1];", True),
        ("t q[0];", False),
        ("rx(pi/2) q[0];", False),
        ("ccx q[0],q[1],q[2];", False),
        ("if(c==1) t q[0];", False),
    ],
)
def test_clifford_is_known_by_names(body: str, clifford: bool) -> None:
    assert read(f"{H2}qreg q[3]; creg c[3]; {body}").clifford is clifford


def test_a_gate_defined_anew_is_no_longer_a_standard_one() -> None:
    assert not read("OPENQASM 2.0; gate h a { U(0.1,0,0) a; } qreg q[1]; h q[0];").clifford


def test_limits_come_from_the_caller() -> None:
    source = H2 + "qreg q[3]; x q;"
    assert read(source, replace(DEFAULT, max_operations=3)).allowed
    assert not read(source, replace(DEFAULT, max_operations=2)).allowed
    assert [r.code for r in read(source, replace(DEFAULT, max_tokens=9)).refusals] == ["too_many_tokens"]


def test_a_full_mebibyte_of_gates_is_read_in_time() -> None:
    source = f"{H2}qreg q[20]; creg c[20];" + "".join(f"rx({n / 7:.4f}) q[{n % 20}];\n" for n in range(50_000))
    start = time.process_time()
    reading: Reading = read(source)
    assert time.process_time() - start < 2
    assert (reading.refusals, reading.operations) == ((), 50_000)
