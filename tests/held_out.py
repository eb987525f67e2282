"""Circuits on which the estimate is proved: none of them is used to calibrate it, and each kind is written anew."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tests.circuits import H2, adder, bernstein_vazirani, ghz, phase_estimation, version_2, version_3


@dataclass(frozen=True, slots=True)
class Sample:
    """A circuit and how often it is measured."""

    text: str
    shots: int = 1024


def angles(seed: int) -> Callable[[], str]:
    chance = random.Random(seed)
    return lambda: f"{chance.uniform(-3, 3):.6f}"


def fourier(qubits: int) -> str:
    lines = [f"ry(0.{n + 1}) q[{n}];" for n in range(qubits)]
    for target in reversed(range(qubits)):
        lines += [f"h q[{target}];", *(f"cu1(pi/{2 ** (target - n)}) q[{n}],q[{target}];" for n in range(target))]
    return version_2("\n".join(lines), qubits)


def alternating(qubits: int, rounds: int) -> str:
    """QAOA of a random graph with one and a half edges for each vertex."""
    chance, edges = random.Random(qubits), set[tuple[int, ...]]()
    while len(edges) < 3 * qubits // 2:
        edges.add(tuple(sorted(chance.sample(range(qubits), 2))))
    lines = ["h q;"]
    for number in range(rounds):
        lines += [f"rzz(0.{number + 3}) q[{one}],q[{other}];" for one, other in sorted(edges)]
        lines += [f"rx(0.{8 - number}) q[{n}];" for n in range(qubits)]
    return version_2("\n".join(lines), qubits)


def scattered(qubits: int, layers: int) -> str:
    """Random turns, and entanglers between random pairs."""
    chance, angle, lines = random.Random(layers), angles(qubits), []
    for _ in range(layers):
        lines += [f"u3({angle()},{angle()},{angle()}) q[{n}];" for n in range(qubits)]
        order = chance.sample(range(qubits), qubits)
        lines += [f"cx q[{one}],q[{other}];" for one, other in zip(order[::2], order[1::2], strict=False)]
    return version_2("\n".join(lines), qubits)


def ansatz(qubits: int, layers: int, *, ring: bool = True) -> str:
    """Hardware-efficient, as for VQE, in OpenQASM 3."""
    angle = angles(qubits + layers)
    pairs = list(pairwise(range(qubits))) + ([(qubits - 1, 0)] if ring else [])
    body = ""
    for _ in range(layers):
        body += "".join(f"ry({angle()}) q[{n}]; rz({angle()}) q[{n}];\n" for n in range(qubits))
        body += "".join(f"cx q[{one}], q[{other}];\n" for one, other in pairs)
    return version_3(body, qubits)


def searched(qubits: int, rounds: int) -> str:
    """Grover's steps with a ladder of Toffoli gates and as many helpers."""
    helpers = [f"a[{n}]" for n in range(qubits - 2)]
    up = [f"ccx q[0],q[1],{helpers[0]};"]
    up += [f"ccx q[{n + 2}],{helpers[n]},{helpers[n + 1]};" for n in range(qubits - 3)]
    flip = "".join([*up, f"cz {helpers[-1]},q[{qubits - 1}];", *reversed(up)])
    step = f"{flip} h q; x q; {flip} x q; h q;\n"
    head = f"{H2}qreg q[{qubits}]; qreg a[{qubits - 2}]; creg c[{qubits}];\nh q;\n"
    return f"{head}{step * rounds}measure q -> c;"


def walked(qubits: int, steps: int) -> str:
    """A Trotter walk of a chain of spins: three couplings between neighbours."""
    lines = ["x q[0];"]
    for step in range(steps):
        for one, other in [*pairwise(range(qubits))]:
            lines += [f"rxx(0.{step + 1}) q[{one}],q[{other}]; rzz(0.{step + 2}) q[{one}],q[{other}];"]
        lines += [f"rz(0.{step + 3}) q[{n}];" for n in range(qubits)]
    return version_2("\n".join(lines), qubits)


def feature_map(qubits: int) -> str:
    """ZZ feature map, twice: every pair is tied."""
    angle, lines = angles(qubits), []
    for _ in range(2):
        lines += ["h q;", *(f"u1({angle()}) q[{n}];" for n in range(qubits))]
        for one in range(qubits):
            lines += [
                f"cx q[{one}],q[{other}]; u1({angle()}) q[{other}]; cx q[{one}],q[{other}];"
                for other in range(one + 1, qubits)
            ]
    return version_2("\n".join(lines), qubits)


def scrambled(qubits: int, layers: int) -> str:
    """Clifford gates only, between far qubits."""
    chance, lines = random.Random(qubits), []
    for _ in range(layers):
        lines += [f"{chance.choice(('h', 's', 'x', 'sdg'))} q[{n}];" for n in range(qubits)]
        order = chance.sample(range(qubits), qubits)
        lines += [f"cx q[{one}],q[{other}];" for one, other in zip(order[::2], order[1::2], strict=False)]
    return version_2("\n".join(lines), qubits)


def corrected(rounds: int) -> str:
    """Two parity checks of three bits, again and again, a Clifford circuit that acts on what it measured."""
    body = "x q[1];"
    for _ in range(rounds):
        body += "cx q[0],q[3]; cx q[1],q[3]; cx q[1],q[4]; cx q[2],q[4]; measure q[3]->e[0]; measure q[4]->e[1];"
        body += "if(e==1) x q[0]; if(e==3) x q[1]; if(e==2) x q[2]; reset q[3]; reset q[4];"
    return f"{H2}qreg q[5]; creg e[2]; creg c[3]; {body} measure q[0]->c[0]; measure q[1]->c[1]; measure q[2]->c[2];"


def fed_back(qubits: int, times: int) -> str:
    """Turned again after it was measured, under conditions."""
    body = "".join(f"ry(0.{n + 2}) q[{n}];" for n in range(qubits))
    for number in range(times):
        one, other = number % qubits, (number + 1) % qubits
        body += (
            f"measure q[{one}]->c[{one}]; if(c=={number}) rx(0.7) q[{other}]; cx q[{one}],q[{other}]; ry(0.4) q[{one}];"
        )
    return version_2(body, qubits)


def emptied(qubits: int, times: int) -> str:
    """Qubits are used again after a reset."""
    body = "".join(
        "".join(f"ry(0.{n + 3}) q[{n}]; cx q[{n}],q[{(n + 1) % qubits}];" for n in range(qubits))
        + f"reset q[{number % qubits}];"
        for number in range(times)
    )
    return version_2(body, qubits)


def chained(qubits: int, layers: int) -> str:
    """Wide, and with little between its halves."""
    angle, lines = angles(qubits), []
    for layer in range(layers):
        lines += [f"ry({angle()}) q[{n}];" for n in range(qubits)]
        lines += [f"cx q[{n}],q[{n + 1}];" for n in range(layer % 2, qubits - 1, 2)]
    return version_2("\n".join(lines), qubits)


def long_on_few(qubits: int, operations: int, *, version: str = "2") -> str:
    angle, places = angles(operations), [(n % qubits, (n + 1) % qubits) for n in range(operations)]
    body = "".join(f"rz({angle()}) q[{one}]; cx q[{one}],q[{other}];" for one, other in places)
    return version_2(body, qubits) if version == "2" else version_3(body, qubits)


def each() -> Mapping[str, Sample]:
    """Fifty of them, from 2 to 25 qubits where a state vector is needed, and wide ones where it is not."""
    found: dict[str, Sample] = {}

    def take(name: str, make: Callable[..., str], *shapes: Sequence[int], shots: int = 1024) -> None:
        for shape in shapes:
            found[f"{name} {'×'.join(map(str, shape))}"] = Sample(make(*shape), shots)

    take("Fourier", fourier, (6,), (12,), (18,), (21,))
    take("QAOA", alternating, (8, 3), (14, 3), (20, 2), (22, 2))
    take("random", scattered, (5, 10), (13, 12), (19, 8), (21, 6))
    take("ansatz", ansatz, (4, 4), (12, 6), (17, 4), (20, 3))
    take("Grover", searched, (5, 3), (8, 6), (11, 3))
    take("Trotter", walked, (6, 4), (15, 4), (20, 2), (25, 1))
    take("feature map", feature_map, (7,), (13,), (18,))
    take("phase estimation", phase_estimation, (9, 300), (16, 40_000))
    take("adder", adder, (5, 9, 5), (200, 100, 9))
    take("long", long_on_few, (3, 9_000), (10, 4_000))
    take("long in version 3", lambda qubits, many: long_on_few(qubits, many, version="3"), (4, 1_500))
    take("many shots", ansatz, (10, 3), (16, 2), shots=100_000)
    take("GHZ", ghz, (20,), (300,))
    take("scrambled", scrambled, (40, 20), (250, 8), shots=20_000)
    found["Bernstein-Vazirani 60"] = Sample(bernstein_vazirani("1011" * 15), 5_000)
    take("corrected", corrected, (3,), (20,))
    take("fed back", fed_back, (4, 6), (8, 10), (12, 6))
    take("emptied", emptied, (5, 6), (11, 4))
    take("chain", chained, (24, 3), (40, 4), (90, 6))
    return found
