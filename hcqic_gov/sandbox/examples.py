"""A few small circuits to start from, each with a plain sentence."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Example:
    """A circuit, what it is called, and what one sees in its result."""

    title: str
    says: str
    source: str
    ranges: str = ""


HEAD_2 = 'OPENQASM 2.0;\ninclude "qelib1.inc";\n'
HEAD_3 = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'

EXAMPLES: Mapping[str, Example] = {
    "bell": Example(
        "A Bell pair",
        "Two qubits that always agree: about half 00, half 11.",
        f"{HEAD_2}qreg q[2];\ncreg c[2];\nh q[0];\ncx q[0],q[1];\nmeasure q -> c;\n",
    ),
    "agree": Example(
        "Five qubits that agree",
        "All zeros or all ones (a GHZ state).",
        f"{HEAD_2}qreg q[5];\ncreg c[5];\nh q[0];\n"
        + "".join(f"cx q[{n}],q[{n + 1}];\n" for n in range(4))
        + "measure q -> c;\n",
    ),
    "hidden": Example(
        "A hidden string",
        "Finds the string 1011 in one go (Bernstein–Vazirani): every shot shows it.",
        f"{HEAD_2}qreg q[5];\ncreg c[4];\nx q[4];\nh q;\ncx q[0],q[4];\ncx q[1],q[4];\ncx q[3],q[4];\n"
        "h q[0];\nh q[1];\nh q[2];\nh q[3];\n" + "".join(f"measure q[{n}] -> c[{n}];\n" for n in range(4)),
    ),
    "ring": Example(
        "Four neighbours in a ring",
        "Neighbours prefer to differ (one layer of QAOA): 0101 and 1010 come up most.",
        f"{HEAD_2}qreg q[4];\ncreg c[4];\nh q;\n"
        + "".join(f"cx q[{n}],q[{(n + 1) % 4}];\nrz(0.8) q[{(n + 1) % 4}];\ncx q[{n}],q[{(n + 1) % 4}];\n"
                  for n in range(4))
        + "rx(-0.8) q;\nmeasure q -> c;\n",
    ),
    "corrected": Example(
        "Measured on the way, and corrected",
        "The second qubit follows what was measured of the first (OpenQASM 3): 00 or 11.",
        f"{HEAD_3}qubit[2] q;\nbit[2] c;\nh q[0];\nc[0] = measure q[0];\nif (c[0] == true) {{ x q[1]; }}\n"
        "c[1] = measure q[1];\n",
    ),
    "turned": Example(
        "A qubit, turned step by step",
        "A sweep: one request runs the circuit for 21 angles, and the share of ones rises and falls.",
        f"{HEAD_3}input float theta;\nqubit[1] q;\nbit[1] c;\nry(theta) q[0];\nc = measure q;\n",
        "theta, 0, 2*pi, 21",
    ),
}  # fmt: skip
