"""Circuits that were written to hurt: bounded in time and memory, each with a sentence."""

import time
from collections.abc import Iterator

import pytest

from hcqic_gov.quantum import simulate as module
from hcqic_gov.quantum import textgate
from hcqic_gov.quantum.isolation import MEBIBYTE, Ceilings
from hcqic_gov.quantum.simulate import Status, simulate

H2 = 'OPENQASM 2.0;\ninclude "qelib1.inc";\n'
H3 = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
SECONDS = 3.0

AT_THE_GATE = {
    "definition": f"{H2}gate g a {{ g a; }} qreg q[1]; g q[0];",
    "definition, by way of another": f"{H2}gate f a {{ g a; }} gate g a {{ f a; }} qreg q[1]; g q[0];",
    "definition, again": f"{H2}gate g a {{ x a; }} gate g a {{ g a; }} qreg q[1]; g q[0];",
    "not_finite, of whole numbers": f"{H2}qreg q[1]; rx(floor(9.0)^floor(9e14)) q[0];",
    "not_finite, by a long literal": f"{H3}qubit[0x{'f' * 1000}] q;",
    "not_finite, in a constant": f"{H3}const int n = 0x{'f' * 1000};",
    "size": f"{H2}qreg q[{2**30}];",
    "size, by a constant": f"{H3}const int n = 2**31; qubit[n] q;",
    "too_many_operations": H2
    + "gate g0 a { x a; x a; }"
    + "".join(f"gate g{n} a {{ g{n - 1} a; g{n - 1} a; }}" for n in range(1, 60))
    + "qreg q[1]; g59 q[0];",
    "nesting": H2 + "gate g0 a { x a; }" + "".join(f"gate g{n} a {{ g{n - 1} a; }}" for n in range(1, 99)),
    "variety": H2 + "qreg q[1];" + "".join(f"rx({'+'.join([str(n)] * 99)}) q[0];" for n in range(1000, 2900)),
    "too_large": f"{H2}//{'x' * 10 * MEBIBYTE}",
    "misleading_text": f"{H2}qreg q[1]; // \u202e x",
}


@pytest.mark.parametrize("name", AT_THE_GATE)
def test_the_text_gate_refuses(name: str) -> None:
    began = time.process_time()
    reading = textgate.read(AT_THE_GATE[name])
    assert [refusal.code for refusal in reading.refusals] == [name.partition(",")[0]]
    assert time.process_time() - began < SECONDS, "it is a fuse against what never ends, and no benchmark"


def test_an_expression_that_stands_often_is_worked_out_once() -> None:
    repeated = f"{H2}qreg q[1];" + f"rx({'+'.join(['1'] * 99)}) q[0];" * 3000
    assert textgate.read(repeated).allowed


def test_a_name_of_a_constant_gets_its_value_where_it_stands() -> None:
    text = f"{H3}const int n = 1 + 1; qubit[n + 1] q; const int m = n + 1; qubit[m] p;"
    assert textgate.read(text).qubits == 6


IN_THE_CHILD = {
    "definitions written out": H2
    + "gate g0 a { x a; x a; }"
    + "".join(f"gate g{n} a {{ g{n - 1} a; g{n - 1} a; }}" for n in range(1, 16))
    + "qreg q[1]; g15 q[0];",
    "angles that double": H2
    + "gate g0(t) a { rx(t) a; }"
    + "".join(f"gate g{n}(t) a {{ g{n - 1}(t*t+t*t) a; }}" for n in range(1, 50))
    + "qreg q[1]; g49(0.01) q[0];",
    "more qubits than memory": f"{H2}qreg q[512]; rx(0.1) q;",
    "conditions in conditions": f"{H3}qubit q; bit c; {'if(c){' * 60}x q;{'}' * 60}",
    "barriers": f"{H2}qreg q[512];{'barrier q;' * 20000}",
}


@pytest.fixture(scope="module", autouse=True)
def nursery() -> Iterator[None]:
    yield
    module.close()


@pytest.mark.parametrize("name", IN_THE_CHILD)
def test_the_child_ends_in_time_and_within_its_memory(name: str) -> None:
    limits = Ceilings(memory_bytes=512 * MEBIBYTE, seconds=SECONDS)
    began = time.monotonic()
    outcome = simulate(IN_THE_CHILD[name], shots=10, seed=1, limits=limits)
    assert time.monotonic() - began < SECONDS + 60, "the nursery may have to start first"
    assert outcome.peak_bytes < 1024 * MEBIBYTE
    assert outcome.status is Status.FINISHED or outcome.reason.endswith((".", "exceeded"))


def test_the_web_process_never_loads_qiskit() -> None:
    import subprocess
    import sys

    code = "import sys, hcqic_gov.app; sys.exit(any(name.startswith('qiskit') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=120).returncode == 0
