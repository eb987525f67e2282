"""How long the text gate takes for a full mebibyte, against one pass of a compiled expression that cuts it into words.

`extra_info["ratio"]` is the gate over that pass, in the same run; the pass alone is what any reader by words costs.
"""

import random
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import pytest

from hcqic_gov.quantum import lexer, textgate
from tests.circuits import H2, H3

MEBIBYTE = 1024 * 1024
chance = random.Random(5)


def filled(head: str, line: Callable[[int], str]) -> str:
    lines, size = [head], len(head)
    while size < MEBIBYTE - 100:
        lines.append(line(len(lines)))
        size += len(lines[-1])
    return "".join(lines)


def other(number: int) -> int:
    return (number * 7 + 1 + number // 400) % 400


TEXTS: dict[str, Callable[[], str]] = {
    "rotations": lambda: filled(f"{H2}qreg q[20];", lambda n: f"rx({chance.uniform(-7, 7):.15f}) q[{n % 20}];\n"),
    "entanglers": lambda: filled(f"{H2}qreg q[500];", lambda n: f"cx q[{n % 400}],q[{other(n)}];\n"),
    "Fourier": lambda: filled(f"{H2}qreg q[500];", lambda n: f"cu1(-pi/{2 ** (n % 28)}) q[{n % 400}],q[{other(n)}];\n"),
    "three angles": lambda: filled(
        f"{H2}qreg q[9];", lambda n: f"u3(-pi/{n % 9 + 1},{n / 7:.6f}*pi,0.5) q[{n % 9}];\n"
    ),
    "shortest": lambda: f"{H2}qreg q[1];" + "x q;" * 199_000,
    "conditions": lambda: filled(f"{H3}qubit[5] q; bit[5] c;", lambda n: f"if (c[{n % 5}]) {{ x q[{n % 5}]; }}\n"),
    "measured first": lambda: filled(
        f"{H2}qreg q[500]; creg c[1]; measure q[499] -> c[0];", lambda n: f"cx q[{n % 400}],q[{other(n)}];\n"
    ),
    "all different": lambda: filled(f"{H2}qreg q[1];", lambda n: f"rx(sin({n}/7)+cos({n})) q[0];\n"),
    "definitions": lambda: filled(H2, lambda n: f"gate g{n}(t) a,b {{ rx(t/2) a; cx a,b; }}\n"),
    "comments": lambda: filled(H2, lambda n: f"// part {n} of the circuit\n"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_full_mebibyte(benchmark: Any, name: str) -> None:
    text = TEXTS[name]()
    words = median(seconds(lambda: lexer.tokens(text)) for _ in range(5))
    benchmark.extra_info["cut_into_words"] = words
    reading = benchmark.pedantic(textgate.read, args=(text,), rounds=7)
    benchmark.extra_info["ratio"] = benchmark.stats.stats.median / words
    benchmark.extra_info["refused"] = [refusal.code for refusal in reading.refusals]


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
