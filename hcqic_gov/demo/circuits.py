"""Small circuits of the families that the projects try, written as OpenQASM 2; the one of a sweep as OpenQASM 3."""

from collections.abc import Sequence
from math import pi

HEAD = 'OPENQASM 2.0;\ninclude "qelib1.inc";\n'


def program(title: str, qubits: int, gates: Sequence[str]) -> str:
    registers = f"qreg q[{qubits}];\ncreg c[{qubits}];\n"
    return f"// {title}\n{HEAD}{registers}" + "".join(f"{gate};\n" for gate in gates) + "measure q -> c;\n"


def pairs(qubits: int) -> list[tuple[int, int]]:
    return [(one, one + 1) for one in range(qubits - 1)]


def entangled(qubits: int) -> str:
    """All zeros or all ones."""
    return program("All agree", qubits, ["h q[0]", *(f"cx q[{a}],q[{b}]" for a, b in pairs(qubits))])


def alternating(qubits: int, depth: int) -> str:
    """A ring of wishes and a mixer, in turn (QAOA on a ring)."""
    gates = [f"h q[{n}]" for n in range(qubits)]
    for layer in range(1, depth + 1):
        cost, mix = 0.7 * layer / depth, 0.7 * (1 - layer / (depth + 1))
        for a, b in [*pairs(qubits), (qubits - 1, 0)]:
            gates += [f"cx q[{a}],q[{b}]", f"rz({2 * cost:.4f}) q[{b}]", f"cx q[{a}],q[{b}]"]
        gates += [f"rx({2 * mix:.4f}) q[{n}]" for n in range(qubits)]
    return program("Ring of wishes", qubits, gates)


def variational(qubits: int, depth: int) -> str:
    """Rotations and entangling pairs, as for the energy of a small molecule."""
    gates: list[str] = []
    for layer in range(depth):
        gates += [f"ry({0.3 + 0.11 * n + 0.05 * layer:.3f}) q[{n}]" for n in range(qubits)]
        gates += [f"cx q[{a}],q[{b}]" for a, b in pairs(qubits)]
    return program("Variational circuit", qubits, gates)


def crossed(qubits: int) -> str:
    """Every site is tied to one of the other half, so that no cut through it is small."""
    gates = [f"ry({0.2 + 0.09 * n:.3f}) q[{n}]" for n in range(qubits)]
    gates += [f"cx q[{n}],q[{n + qubits // 2}]" for n in range(qubits // 2)]
    return program("Two halves, tied crosswise", qubits, gates)


def kernel(qubits: int, scale: float) -> str:
    """Two feature vectors, one forwards and one backwards: how often all zeros come back is their likeness."""
    there = [f"ry({scale * (n + 1) / qubits:.4f}) q[{n}]" for n in range(qubits)]
    link = [f"cz q[{a}],q[{b}]" for a, b in pairs(qubits)]
    back = [f"ry({-scale * (n + 1.4) / qubits:.4f}) q[{n}]" for n in range(qubits)]
    return program("Likeness of two records", qubits, [*there, *link, *reversed(link), *back])


def estimation(qubits: int) -> str:
    """Phase estimation of a known angle: the peak shows it in binary."""
    counting, target = qubits - 1, qubits - 1
    gates = [f"x q[{target}]", *(f"h q[{n}]" for n in range(counting))]
    gates += [f"cu1({2 * pi * 0.34375 * 2**n:.6f}) q[{n}],q[{target}]" for n in range(counting)]
    for n in reversed(range(counting)):
        gates += [f"cu1({-pi / 2 ** (m - n):.6f}) q[{m}],q[{n}]" for m in range(n + 1, counting)]
        gates.append(f"h q[{n}]")
    return program("Amplitude of a known event", qubits, gates)


def misspelt(qubits: int) -> str:
    """A gate that nobody defined: the simulator refuses it."""
    return entangled(qubits).replace("h q[0]", "hadamar q[0]")


def swept(n: int) -> str:
    """A ring of neighbours who prefer to differ, with the second angle left open (OpenQASM 3)."""
    pairs = "".join(
        f"cx q[{k}], q[{(k + 1) % n}];\nrz(0.8) q[{(k + 1) % n}];\ncx q[{k}], q[{(k + 1) % n}];\n" for k in range(n)
    )
    head = f'OPENQASM 3.0;\ninclude "stdgates.inc";\ninput float beta;\nqubit[{n}] q;\nbit[{n}] c;\n'
    return f"{head}h q;\n{pairs}rx(-2*beta) q;\nc = measure q;\n"
