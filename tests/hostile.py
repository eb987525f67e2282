"""Circuits that were written to hurt, generated in every kind that is known to have brought a simulator down."""

# ruff: noqa: E501 - a table: one line for each kind

import random
from collections.abc import Mapping, Sequence
from functools import cache

from tests.circuits import H2, H3

MOST = 1024 * 1024
KINDS_SEED = 4711
chance = random.Random(KINDS_SEED)


def bomb(levels: int, fan: int = 2, inner: str = "x a;") -> str:
    gates = "".join(f"gate g{n} a{{{f'g{n - 1} a;' * fan}}}" for n in range(1, levels))
    return f"{H2}gate g0 a{{{inner * fan}}}{gates}qreg q[1];g{levels - 1} q[0];"


def tower(number: int, levels: int, sign: str = "^") -> str:
    return f"{H2}qreg q[1]; rx({sign.join([str(number)] * levels)}) q[0];"


def noise(length: int) -> str:
    return "".join(chr(chance.randrange(1, 256)) for _ in range(length))


@cache
def kinds() -> Mapping[str, Sequence[str]]:
    """At least eight of each kind; the numbers are not those that were published."""
    eight = range(8)
    return {
        "vast register": [f"{H2}qreg q[{3 * 10**9 + n}];x q[0];" for n in eight[:4]]
        + [f"{H2}qreg q[{4_294_967_295 + n}];" for n in eight[:4]],
        "large register": [f"{H2}qreg q[{6_000_000 + n * 1_000_003}]; h q;" for n in eight],
        "long sizes": [f"{H2}qreg q[{'7' * (28 + 40 * n)}];" for n in eight],
        "vast classical register": [f"{H2}qreg q[1];creg c[{9**(7 + n)}];measure q[0]->c[0];" for n in eight],
        "register with exponent": [f"{H3}qubit[{n + 2}e{6 + n}] q;" for n in eight],
        "negative and empty sizes": [f"{H3}qubit[{size}] q;" for size in ("-1", "0", "-7e3", "1-9", "", "1/0", "~1", "2**64")],
        "broadcast": [f"{H2}qreg q[{60_000 + n}];" + "h q;" * 150 for n in eight[:4]]
        + [f"{H2}qreg q[{380 + n}];" + "h q;" * (600 + n) for n in eight[:4]],
        "bomb of definitions": [bomb(15 + 3 * n) for n in eight] + [bomb(6 + n, fan=9) for n in eight],
        "gate that uses itself": [f"{H2}gate a{n} x {{ b{n} x; }} gate b{n} x {{ a{n} x; }} qreg q[1]; a{n} q[0];" for n in eight],
        "deep definitions": [
            H2 + "gate g0 a{x a;}" + "".join(f"gate g{k} a{{g{k - 1} a;}}" for k in range(1, 150 * (n + 1))) + "qreg q[1];"
            for n in eight
        ],
        "many gates": [(f"{H2}qreg q[3];" + f"{gate} q[{n % 3}];" * 210_000)[: MOST - 20] + "x q[0];"
                       for n, gate in enumerate(("x", "h", "t", "s", "y", "z", "id", "sdg"))],
        "parentheses": [f"{H3}qubit q; rx({'(' * size}1{')' * size}) q;" for size in (70, 900, 9_000, 50_000, 130_000, 250_000)]
        + [f"{H2}qreg q[1]; rx({'(' * 80_000}1{')' * 80_000}) q[0];", f"{H3}qubit q; rx({'-(' * 70_000}1{')' * 70_000}) q;"],
        "brackets and braces": [f"{H3}qubit q; {sign * (20_000 + n)}" for n, sign in enumerate(("[", "{", "[[(", "{[", "q[", "if(", "{}", "]"))],
        "infinite angles": [tower(7 + n, 4) for n in eight] + [tower(6 + n, 5, "**").replace(H2 + "qreg q[1]", H3 + "qubit[1] q") for n in eight]
        + [f"{H2}qreg q[1]; rx({value}) q[0];" for value in ("1e700", "ln(0)", "1/0.0", "sqrt(-3)", "tan(1e400)", "-1e999", "0/0", "exp(5000)")],
        "infinite by a definition": [f"{H2}gate g(t) a {{ rx({'t^' * (3 + n)}t) a; }} qreg q[1]; g(8.5) q[0];" for n in eight],
        "files": [f'OPENQASM 2.0; include "{path}"; qreg q[1];' for path in ("/etc/shadow", "/proc/self/environ", "/dev/zero", "/dev/stdin")]
        + [f'OPENQASM 3.0; include "{path}"; qubit q;' for path in ("/etc/group", "/proc/self/maps", "../../hcqic.sqlite3", "//localhost/etc/fstab")],
        "files that include themselves": [f'OPENQASM {n % 2 + 2}.0; include "circuit{n}.qasm"; ' * (n + 1) for n in eight],
        "vast qubit type": [f"{H3}qubit[{5 * 10**8 + n}] q; h q;" for n in eight],
        "endless loop": [f"{H3}qubit q; bit c; while ({condition}) {{ x q; c = measure q; }}"
                         for condition in ("true", "1==1", "!c", "c || !c", "1", "c==0", "!false", "2>1")],
        "long loop": [f"{H3}qubit q; for int i in [0:{30_000_000 + n}] {{ h q; }}" for n in eight],
        "subroutines and pulses": [f"{H3}{text}" for text in (
            "def f(qubit q) { f(q); } qubit q; f(q);", "extern g(int) -> int; qubit q;", "cal { play(d0); } qubit q;",
            'defcalgrammar "openpulse"; qubit q;', "defcal x $0 { } qubit q;", "#pragma load /etc/passwd\nqubit q;",
            "input float[64] t; qubit q; rx(t) q;", "array[int[64], 90000, 90000] a; qubit q;")],
        "vast types": [f"{H3}{kind}[{7 * 10**8 + n}] v; qubit q;" for n, kind in enumerate(("int", "uint", "float", "angle", "bit", "complex", "int", "bit"))],
        "random bytes": [noise(200 + 900 * n) for n in eight],
        "header and random bytes": [H2 + noise(300 + 500 * n) for n in eight],
        "saved circuits of other formats": [f"QISKIT{chr(14 + n)}\x02\x00" + noise(150) for n in eight[:4]]
        + ["\x80\x04\x95" + noise(90), "import os\nos.system('id')\n", "{\"qasm\": []}", "PK\x03\x04" + noise(90)],
        "modifiers": [f"{H3}qubit[40] q; ctrl({30 - n}) @ x {','.join(f'q[{k}]' for k in range(31 - n))};" for n in eight[:4]]
        + [f"{H3}qubit q; {'pow(9) @ ' * (3 + n)}s q;" for n in eight[:4]] + [f"{H3}qubit q; pow({10**(6 + n)}) @ t q;" for n in eight[:2]],
        "conditions in conditions": [f"{H3}qubit q; bit c; {'if(c){' * (40 + 30 * n)}x q;{'}' * (40 + 30 * n)}" for n in eight],
        "else and else": [f"{H3}qubit q; bit c; " + "if(c){x q;} else " * (300 + 400 * n) + "{x q;}" for n in eight],
        "wide and entangled": [f"{H2}qreg q[{30 + 20 * n}];" + "".join(f"rx(0.{k + 1}) q[{k % 30}];cx q[{k % 30}],q[{29 - k % 15}];" for k in range(40)) for n in eight],
        "barriers": [f"{H2}qreg q[{400 + n}];" + "barrier q;" * 18_000 for n in eight],
        "comments": [f"{H2}{sign * 200_000}\nqreg q[1];" for sign in ("//\n", "/*", "/**/", "*/", "//é", '"', "'", "/")],
        "names": [f"{H2}qreg {'q' * (n * 90_000 + 10)}[1];" for n in eight],
        "long statement": [f"{H2}qreg q[2]; cx {'q[0],' * (30_000 * (n + 1))}q[1];"[:MOST] for n in eight[:5]]
        + [f"{H2}qreg q[1]; rx({'1+' * (90_000 * (n + 1))}1) q[0];" for n in eight[:4]],
        "expressions that differ": [H2 + "qreg q[1];" + "".join(f"rx(sin({k}/{n + 3})) q[0];" for k in range(30_000)) for n in eight[:2]],
        "misleading characters": [f"{H2}qreg q[1]; x{sign} q[0];" for sign in "\u202e\u200b\u2066\ufeff\u0661\u00ad\u200f\u2060"],
        "NUL and control characters": [f"{H2}qreg q[1];{chr(n)}x q[0];" for n in (0, 1, 2, 7, 8, 27, 127, 0)],
    }  # fmt: skip


def each() -> Mapping[str, str]:
    """Every one of them, by its kind and number."""
    return {f"{kind} {number}": text for kind, texts in kinds().items() for number, text in enumerate(texts)}


def samples() -> Mapping[str, str]:
    """The first of each kind."""
    return {kind: texts[0] for kind, texts in kinds().items()}
