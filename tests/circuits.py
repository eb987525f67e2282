"""Well-formed circuits, written for these tests: every standard gate of both libraries, and known answers."""

import math
from collections.abc import Mapping

H2 = 'OPENQASM 2.0;\ninclude "qelib1.inc";\n'
H3 = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'

ONE = ("id", "x", "y", "z", "h", "s", "sdg", "t", "tdg", "sx", "sxdg")
TURNS = {"rx": 1, "ry": 1, "rz": 1, "p": 1, "u1": 1, "u2": 2, "u3": 3, "u": 3, "u0": 1}
TWO = ("cx", "cy", "cz", "ch", "swap", "csx")
TWO_TURNS = {"crx": 1, "cry": 1, "crz": 1, "cu1": 1, "cp": 1, "cu3": 3, "cu": 4, "rxx": 1, "rzz": 1}
MORE = {"ccx": 3, "cswap": 3, "rccx": 3, "c3x": 4, "c3sqrtx": 4, "rc3x": 4, "c4x": 5}
STANDARD_3 = {
    "p": (1, 1), "x": (0, 1), "y": (0, 1), "z": (0, 1), "h": (0, 1), "s": (0, 1), "sdg": (0, 1), "t": (0, 1),
    "tdg": (0, 1), "sx": (0, 1), "rx": (1, 1), "ry": (1, 1), "rz": (1, 1), "cx": (0, 2), "cy": (0, 2), "cz": (0, 2),
    "cp": (1, 2), "crx": (1, 2), "cry": (1, 2), "crz": (1, 2), "ch": (0, 2), "swap": (0, 2), "ccx": (0, 3),
    "cswap": (0, 3), "cu": (4, 2), "CX": (0, 2), "phase": (1, 1), "cphase": (1, 2), "id": (0, 1), "u1": (1, 1),
    "u2": (2, 1), "u3": (3, 1),
}  # fmt: skip


def use(name: str, values: int, operands: int) -> str:
    angles = ",".join(f"{0.3 + n / 7:.6f}" for n in range(values))
    where = ",".join(f"q[{n}]" for n in range(operands))
    return f"{name}({angles}) {where};\n" if values else f"{name} {where};\n"


def version_2(body: str, qubits: int = 5) -> str:
    return f"{H2}qreg q[{qubits}];\ncreg c[{qubits}];\n{body}measure q -> c;\n"


def version_3(body: str, qubits: int = 5) -> str:
    return f"{H3}qubit[{qubits}] q;\nbit[{qubits}] c;\n{body}c = measure q;\n"


def ghz(qubits: int) -> str:
    return version_2("h q[0];\n" + "".join(f"cx q[{n}],q[{n + 1}];\n" for n in range(qubits - 1)), qubits)


def bernstein_vazirani(secret: str) -> str:
    size = len(secret)
    oracle = "".join(f"cx q[{n}],q[{size}];" for n, bit in enumerate(reversed(secret)) if bit == "1")
    h = "".join(f"h q[{n}];" for n in range(size))
    measured = "".join(f"measure q[{n}]->c[{n}];" for n in range(size))
    return f"{H2}qreg q[{size + 1}]; creg c[{size}]; x q[{size}]; h q[{size}]; {h}{oracle}{h}{measured}"


def deutsch_jozsa(qubits: int, *, balanced: bool) -> str:
    """A constant function leaves all bits 0; a balanced one leaves none of them so."""
    oracle = "".join(f"cx q[{n}],q[{qubits}];" for n in range(qubits)) if balanced else f"x q[{qubits}];"
    h = "".join(f"h q[{n}];" for n in range(qubits))
    measured = "".join(f"measure q[{n}]->c[{n}];" for n in range(qubits))
    return f"{H2}qreg q[{qubits + 1}]; creg c[{qubits}]; x q[{qubits}]; h q; {oracle}{h}{measured}"


def phase_estimation(bits: int, value: int) -> str:
    """The bits hold the phase exactly: the counting register reads `value` with certainty."""
    lines = [f"qreg q[{bits + 1}]; creg c[{bits}]; x q[{bits}];", *(f"h q[{n}];" for n in range(bits))]
    lines += [f"cu1(2*pi*{value}*{2**n}/{2**bits}) q[{n}],q[{bits}];" for n in range(bits)]
    for n in reversed(range(bits)):
        lines += [f"cu1(-pi/{2 ** (m - n)}) q[{m}],q[{n}];" for m in range(n + 1, bits)] + [f"h q[{n}];"]
    return H2 + "".join([*lines, *(f"measure q[{n}] -> c[{bits - 1 - n}];" for n in range(bits))])


def w_state(qubits: int) -> str:
    """One excitation, shared evenly: each bit string with a single 1 equally often."""
    body = "x q[0];\n"
    for n in range(qubits - 1):
        body += f"cry({2 * math.acos(math.sqrt(1 / (qubits - n)))!r}) q[{n}],q[{n + 1}];\ncx q[{n + 1}],q[{n}];\n"
    return version_3(body, qubits)


def adder(first: int, second: int, bits: int) -> str:
    """Ripple-carry (Cuccaro): b becomes a + b; the last bit of the answer is the carry."""
    flips = "".join(f"x a[{n}];" for n in range(bits) if first >> n & 1)
    flips += "".join(f"x b[{n}];" for n in range(bits) if second >> n & 1)
    carries = ["k[0]", *(f"a[{n}]" for n in range(bits))]
    there = "".join(f"majority {carries[n]},b[{n}],a[{n}];" for n in range(bits))
    back = "".join(f"unmaj {carries[n]},b[{n}],a[{n}];" for n in reversed(range(bits)))
    gates = "gate majority x,y,z { cx z,y; cx z,x; ccx x,y,z; }\ngate unmaj x,y,z { ccx x,y,z; cx z,x; cx x,y; }\n"
    registers = f"qreg k[1]; qreg a[{bits}]; qreg b[{bits}]; qreg o[1]; creg c[{bits + 1}];\n"
    measured = "".join(f"measure b[{n}] -> c[{n}];" for n in range(bits)) + f"measure o[0] -> c[{bits}];"
    return f"{H2}{gates}{registers}{flips}\n{there}cx a[{bits - 1}],o[0];{back}\n{measured}"


def grover(marked: str) -> str:
    """Two qubits find the marked string with certainty in one step."""
    flip = "".join(f"x q[{n}];" for n, bit in enumerate(reversed(marked)) if bit == "0")
    return version_2(f"h q; {flip} cz q[0],q[1]; {flip} h q; x q; cz q[0],q[1]; x q; h q;\n", 2)


def teleported(angle: str) -> str:
    return (
        f"{H3}qubit[3] q; bit a; bit b; bit out;\nry({angle}) q[0]; h q[1]; cx q[1], q[2]; cx q[0], q[1]; h q[0];\n"
        "a = measure q[0]; b = measure q[1];\nif (b) { x q[2]; }\nif (a) { z q[2]; }\nout = measure q[2];"
    )


def brick(qubits: int, layers: int = 4) -> str:
    """Alternating layers of rotations and neighbours' entanglers."""
    lines = []
    for layer in range(layers):
        lines += [f"rx({0.3 + (layer * 31 + n * 17) % 100 / 50:.3f}) q[{n}];" for n in range(qubits)]
        lines += [f"cx q[{n}],q[{n + 1}];" for n in range(layer % 2, qubits - 1, 2)]
    return version_2("\n".join(lines) + "\n", qubits)


def every_gate() -> Mapping[str, str]:
    """One circuit for each group of standard gates."""
    found = {f"2 {name}": version_2(f"h q[0];\n{use(name, 0, 1)}") for name in ONE}
    found |= {f"2 {name}": version_2(use(name, values, 1), 1) for name, values in TURNS.items() if name != "u0"}
    found["2 gates of two qubits"] = version_2("".join(use(name, 0, 2) for name in TWO))
    found["2 turns of two qubits"] = version_2("".join(use(name, n, 2) for name, n in TWO_TURNS.items()))
    found["2 gates of more qubits"] = version_2("".join(use(name, 0, n) for name, n in MORE.items()))
    groups = [list(STANDARD_3.items())[start : start + 6] for start in range(0, len(STANDARD_3), 6)]
    for number, group in enumerate(groups):
        found[f"3 gates {number}"] = version_3("".join(use(name, *shape) for name, shape in group))
    return found


def every_form() -> Mapping[str, str]:
    """Whatever else may stand in a circuit."""
    long = "0." + "3141592653589793238462643383279502884197" * 4
    return {
        "crlf": version_2("h q;\n").replace("\n", "\r\n"),
        "tabs and no blanks": f"{H2}qreg\tq[2];creg\tc[2];u3(0.1,pi/2,-pi)\tq[0];cx q[0],q[1];measure q->c;",
        "comments": "// first\n" + version_2("h q[0]; // a half\n/* over\nlines */ x q[1];\n"),
        "comment at the end": version_2("x q;\n") + "// no line end",
        "long decimals": version_2(f"rx({long}) q[0];\nrz(-{long}) q[1];\n"),
        "exponents": version_2("rx(1.5e-3) q[0]; rx(2E+1) q[0]; rx(.5) q[0]; rx(2.) q[0];\n"),
        "expressions": version_2("u3(-pi/2, 3*pi/(4-2), sin(pi/3)^2) q[0]; rx(ln(2)+cos(0)-tan(0.1)) q;\n"),
        "barriers": version_2("h q; barrier q; x q[0]; barrier q[0],q[1]; h q;\n"),
        "resets": version_2("h q; reset q; x q[0]; reset q[0]; h q[1];\n"),
        "condition": version_2("h q[0]; measure q[0]->c[0]; if(c==1) x q[1]; if(c==0) z q[2];\n"),
        "mid-circuit": version_2("h q[0]; measure q[0]->c[0]; h q[0]; measure q[0]->c[1];\n"),
        "gate with parameters": version_2("").replace(
            "qreg", "gate turn(a,b) x,y { rx(a/2) x; cx x,y; rz(b-a) y; }\nqreg"
        ).replace("measure", "turn(pi/3,0.25) q[0],q[1]; measure"),
        "gates of gates": version_2("").replace(
            "qreg", "gate g0 a { h a; t a; }\ngate g1 a { g0 a; g0 a; }\ngate g2 a,b { g1 a; cx a,b; g1 b; }\nqreg"
        ).replace("measure", "g2 q[0],q[1]; measure"),
        "an empty gate": f"{H2}gate nothing a {{ }} qreg q[1]; creg c[1]; nothing q[0]; measure q[0] -> c[0];",
        "registers of several names": f"{H2}qreg a[2]; qreg b[3]; creg c[2]; creg d[3]; h a; cx a[0],b[2];"
                                      "measure a -> c; measure b -> d;",
        "register on register": f"{H2}qreg a[3]; qreg b[3]; creg c[3]; h a; cx a,b; measure b -> c;",
        "built-in gates": "OPENQASM 2.0; qreg q[2]; creg c[2]; U(pi/2,0,pi) q[0]; CX q[0],q[1]; measure q -> c;",
        "nothing measured": f"{H2}qreg q[3]; h q; cx q[0],q[1];",
        "3 without size": f"{H3}qubit q; bit c; h q; c = measure q;",
        "3 sums as sizes": f"{H3}qubit[3] q; bit[3] c; rx(pi/(1+1)) q[0]; c = measure q;",
        "3 measured at once": f"{H3}qubit[2] q; h q[0]; bit[2] c = measure q;",
        "3 old words": f"{H3}qreg q[2]; creg c[2]; h q; measure q -> c;",
        "3 if and else": version_3("h q[0]; c[0] = measure q[0]; if (c[0]) { x q[1]; } else { z q[1]; h q[2]; }\n"),
        "3 else if": version_3("h q; c = measure q; if (c == 1) { x q[0]; } else if (c == 2) { y q; } else { z q; }\n"),
        "3 if in if": version_3("c[0] = measure q[0]; if (c[0]) { x q[1]; if (c[1]) { h q[2]; } }\n"),
        "3 modifiers": version_3("ctrl @ x q[0], q[1]; inv @ s q[0]; pow(2) @ t q[1]; negctrl @ x q[1], q[2];\n"),
        "3 own gate": f"{H3}gate pair(t) a, b {{ rx(t) a; cx a, b; }}\nqubit[2] q; bit[2] c; pair(0.4) q[0], q[1]; "
                      "c = measure q;",
        "3 alias": version_3("let half = q[0:1]; h half[0]; x half[1];\n"),
        "3 slices": version_3("h q[0:2]; x q[3:4];\n"),
        "3 global phase": version_3("gphase(pi/4); h q[0];\n"),
        "3 Greek": version_3("rx(π/2) q[0]; rz(τ/8) q[1];\n"),
        "3 built-in": "OPENQASM 3.0; qubit[2] q; bit[2] c; U(π/2,0,π) q[0]; ctrl @ U(π,0,π) q[0],q[1]; c = measure q;",
        "3.1": f"{H3.replace('3.0', '3.1')}qubit q; bit c; h q; reset q; c = measure q;",
        "3 barrier and reset": version_3("h q; barrier q; reset q[1]; barrier q[0], q[1]; x q[1];\n"),
        "names that hold keywords": f"{H2}qreg forward[2]; creg meter[2]; gate defined a {{ x a; }} defined forward[0];"
                                    "measure forward -> meter;",
        "names that differ in digits": f"{H2}gate g1 a {{ x a; }} gate g2 a {{ x a; y a; z a; }} qreg q1[2]; "
                                       "qreg q2[3]; "
                                       "creg c[3]; g1 q1; g2 q2; x q1; x q2; measure q2 -> c;",
    }  # fmt: skip


def every_algorithm() -> Mapping[str, str]:
    return {
        "GHZ": ghz(6),
        "Bernstein-Vazirani": bernstein_vazirani("10110"),
        "Deutsch-Jozsa": deutsch_jozsa(4, balanced=True),
        "phase estimation": phase_estimation(4, 11),
        "W state": w_state(5),
        "adder": adder(5, 7, 3),
        "Grover": grover("10"),
        "teleportation": teleported("0.9"),
        "brick": brick(8),
    }


def well_formed() -> Mapping[str, str]:
    return {**every_gate(), **every_form(), **every_algorithm()}
