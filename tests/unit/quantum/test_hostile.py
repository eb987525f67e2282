"""Circuits that were written to hurt: bounded in time and memory, each with a sentence."""

import os
import time
from collections.abc import Iterator
from dataclasses import asdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hcqic_gov.quantum import simulate as module
from hcqic_gov.quantum import textgate
from hcqic_gov.quantum.isolation import MEBIBYTE, Ceilings
from hcqic_gov.quantum.simulate import Outcome, Status
from tests import hostile
from tests.circuits import H2, H3

SECONDS = 3.0

AT_THE_GATE = {
    "definition": f"{H2}gate g a {{ g a; }} qreg q[1]; g q[0];",
    "definition, by way of another": f"{H2}gate f a {{ g a; }} gate g a {{ f a; }} qreg q[1]; g q[0];",
    "definition, again": f"{H2}gate g a {{ x a; }} gate g a {{ g a; }} qreg q[1]; g q[0];",
    "not_finite, of whole numbers": f"{H2}qreg q[1]; rx(floor(9.0)^floor(9e14)) q[0];",
    "not_finite, by a long literal": f"{H3}qubit[0x{'f' * 1000}] q;",
    "size": f"{H2}qreg q[{2**30}];",
    "size, by an expression": f"{H3}qubit[2**31] q;",
    "construct, a constant": f"{H3}const int n = 2**31; qubit[n] q;",
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


EACH = hostile.each()
SAMPLES = EACH if os.environ.get("HCQIC_HOSTILE") == "all" else hostile.samples()
"""Three hundred children take minutes: without the switch one of each kind is asked."""


def test_there_are_more_than_two_hundred_of_more_than_twenty_kinds() -> None:
    assert len(EACH) > 200
    assert len(hostile.kinds()) > 20


def judged(text: str | bytes) -> textgate.Reading:
    """What the text gate says, in time and in sentences that hold nothing of the text but a word."""
    began = time.process_time()
    reading = textgate.read(text)
    assert time.process_time() - began < 2
    for refusal in reading.refusals:
        assert refusal.reason[0].isupper()
        assert refusal.reason.endswith((".", "top."))
        assert len(refusal.reason) < 300
    return reading


SOME_PASS = {
    "bomb of definitions", "many gates", "infinite by a definition", "brackets and braces", "subroutines and pulses",
    "modifiers", "conditions in conditions", "else and else", "wide and entangled", "barriers", "comments", "names",
}  # fmt: skip
"""The mildest of these are circuits like any other: counted, and then the estimate and the child's limits decide."""


@pytest.mark.parametrize("kind", hostile.kinds())
def test_every_kind_is_refused_or_costs_no_more_than_it_says(kind: str) -> None:
    readings = [judged(text) for text in hostile.kinds()[kind]]
    assert all(reading.operations <= textgate.DEFAULT.max_operations for reading in readings)
    assert kind in SOME_PASS or not any(reading.allowed for reading in readings)


@pytest.fixture(scope="module", autouse=True)
def nursery() -> Iterator[None]:
    yield
    module.close()


def past_the_gate(text: str, limits: Ceilings, *, shots: int = 100) -> Outcome:
    version = "3" if text.startswith("OPENQASM 3") else "2"
    job = {"text": text, "version": version, "shots": shots, "seed": 1}
    return module.nursery().run({"job": job, "ceilings": asdict(limits)}, limits, module.always)


@pytest.mark.parametrize("name", SAMPLES)
def test_past_the_text_gate_the_child_ends_in_time_and_within_its_memory(name: str) -> None:
    module.nursery()  # it may have to start first
    limits = Ceilings(memory_bytes=512 * MEBIBYTE, seconds=1.0 if SAMPLES is not EACH else 1.9)
    pid = module.nursery().process.pid
    outcome = past_the_gate(SAMPLES[name], limits)
    assert outcome.cpu_seconds < limits.seconds + 1
    assert outcome.peak_bytes < 1024 * MEBIBYTE
    assert outcome.status is Status.FINISHED or outcome.reason.endswith(".")
    assert "root:" not in outcome.reason
    assert module.nursery().process.pid == pid, "the nursery lives on"


def test_a_vast_number_of_shots_is_ended_by_a_limit() -> None:
    outcome = past_the_gate(H2 + "qreg q[2]; h q; t q;", Ceilings(256 * MEBIBYTE, 1.0), shots=3_000_000_000)
    assert outcome.status is Status.FAILED
    assert outcome.reason.endswith(".")


WORDS = st.sampled_from(
    [*"()[]{};,@^*/+-=<>!~#$%&|.:?'\"\\", "\n", " ", "//", "/*", "*/", "->", "**", "==", "OPENQASM", "3.0", "2.0",
     "include", '"qelib1.inc"', "qreg q[2];",
     "creg c[2];", "qubit[2] q;", "bit c;", "gate g a {", "}", "g", "q", "c",
     "x q;", "h q[0];", "measure q -> c;", "if(c==1)", "if (c) {", "else", "rx(", "pi", "9", "1e9", "0x", "1e",
     "\u0660", "é", "\t", "let a = q;", "ctrl @", "pow(2) @", "const int n =", "reset q;", "barrier q;", "switch",
     "def", "1_0"]
)  # fmt: skip


@settings(max_examples=300 if os.environ.get("HCQIC_HYPOTHESIS") != "deep" else 20_000, deadline=None)
@given(st.sampled_from([H2, H3, ""]), st.lists(WORDS, max_size=60), st.sampled_from(["", " "]))
def test_no_text_of_any_words_is_too_much_for_the_text_gate(head: str, words: list[str], between: str) -> None:
    judged(head + between.join(words))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400), st.sampled_from([b"", H2.encode(), H3.encode()]))
def test_no_bytes_are_too_much_for_the_text_gate(data: bytes, head: bytes) -> None:
    judged(head + data)


@settings(max_examples=40 if os.environ.get("HCQIC_HOSTILE") != "all" else 1000, deadline=None)
@given(st.sampled_from([H2, H3]), st.lists(WORDS, max_size=40))
def test_no_text_of_any_words_is_too_much_for_the_child(head: str, words: list[str]) -> None:
    outcome = past_the_gate(head + " ".join(words), Ceilings(memory_bytes=256 * MEBIBYTE, seconds=1.5))
    assert outcome.status is Status.FINISHED or outcome.reason.endswith(".")
    assert outcome.limit in {"", "time", "memory"}
