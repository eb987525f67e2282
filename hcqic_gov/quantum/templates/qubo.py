"""Yes-or-no plans with a cost for each choice and each pair: QAOA against a mixed-integer solver."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from scipy.optimize import Bounds, LinearConstraint, milp, minimize

from hcqic_gov.quantum.templates.figures import EXACT, Figures, Finding, timed

LONG, SHORT = 180, 30
"""Minutes of an operation, at most and at least."""
SAME_SURGEON, RULE = 2000.0, 20.0


@dataclass
class Plan:
    """Costs of single choices and of pairs (i < j), and a constant; a plan is a string of 0 and 1."""

    size: int
    single: Any
    pairs: dict[tuple[int, int], float] = field(default_factory=dict)
    constant: float = 0.0

    @classmethod
    def of(cls, size: int) -> "Plan":
        return cls(size, np.zeros(size))

    def pair(self, one: int, other: int, cost: float) -> None:
        key = (min(one, other), max(one, other))
        self.pairs[key] = self.pairs.get(key, 0.0) + cost

    def square(self, weights: Mapping[int, float], constant: float, cost: float) -> None:
        """Adds cost · (Σ weight · choice + constant)²."""
        numbers = sorted(weights)
        for place, one in enumerate(numbers):
            self.single[one] += cost * weights[one] * (weights[one] + 2 * constant)
            for other in numbers[place + 1 :]:
                self.pair(one, other, 2 * cost * weights[one] * weights[other])
        self.constant += cost * constant**2

    def costs(self) -> Any:
        """Of every plan there is; bit i of the plan's number is choice i."""
        bits = (np.arange(2**self.size)[:, None] >> np.arange(self.size)) & 1
        found = bits @ self.single + self.constant
        for (one, other), cost in self.pairs.items():
            found = found + cost * bits[:, one] * bits[:, other]
        return found


def theatres(values: Mapping[str, Any], *, shots: int, seed: int) -> tuple[QuantumCircuit, Figures]:
    """Choice i says that operation i goes to the first theatre; the cost is the squared difference of the two ends."""
    size, chance = int(values["operations"]), np.random.default_rng(seed)
    minutes = chance.integers(SHORT // 5, LONG // 5 + 1, size) * 5
    plan = Plan.of(size)
    plan.square({n: 2.0 * minutes[n] for n in range(size)}, -float(minutes.sum()), 1.0)
    for one in range(0, size - 2, 3):  # the same surgeon: a cost where the two are apart
        plan.single[[one, one + 2]] += SAME_SURGEON
        plan.pair(one, one + 2, -2 * SAME_SURGEON)
    told = f"{size} operations of {', '.join(map(str, minutes))} minutes"
    return solved(plan, told, int(values["layers"]), "Squared difference in minutes, and rules broken", shots, seed)


def roster(values: Mapping[str, Any], *, shots: int, seed: int) -> tuple[QuantumCircuit, Figures]:
    """Choice (nurse, shift) says that this nurse works that shift; wishes cost 1 to 9, a broken rule 20."""
    nurses, shifts = int(values["nurses"]), int(values["shifts"])
    wishes = np.random.default_rng(seed).integers(1, 10, (nurses, shifts))
    plan = Plan.of(nurses * shifts)
    for shift in range(shifts):
        plan.square({nurse * shifts + shift: 1.0 for nurse in range(nurses)}, -1.0, RULE)
    for nurse in range(nurses):
        for shift in range(shifts):
            plan.single[nurse * shifts + shift] += wishes[nurse, shift]
            if shift:
                plan.pair(nurse * shifts + shift - 1, nurse * shifts + shift, RULE)
    told = f"{nurses} nurses, {shifts} shifts"
    return solved(plan, told, int(values["layers"]), "Wishes not met, and rules broken", shots, seed)


def solved(plan: Plan, told: str, layers: int, measure: str, shots: int, seed: int) -> tuple[QuantumCircuit, Figures]:
    """Lower costs are better, so their negatives are compared; the exact answer is known, since all plans are tried."""
    costs = plan.costs()
    least = float(costs.min())
    chance = np.random.default_rng(seed)
    (angles, state), spent = timed(lambda: qaoa(plan, costs, layers))
    weights = np.abs(state) ** 2
    drawn = float(costs[chance.choice(len(costs), shots, p=weights / weights.sum())].min())
    solver, solver_spent = timed(lambda: by_solver(plan))
    guessed, guess_spent = timed(lambda: float(costs[chance.integers(0, len(costs), shots)].min()))

    best = costs <= least + EXACT
    share = f"One shot shows a best plan with probability {weights[best].sum():.3g}"
    figures = Figures(
        f"{told}, {plan.size} qubits, {layers} rounds",
        measure,
        "",
        EXACT,
        Finding(f"QAOA, best of {shots:,} shots", drawn, spent),
        [
            Finding("Mixed-integer solver (HiGHS)", solver, solver_spent),
            Finding(f"Best of {shots:,} plans by chance", guessed, guess_spent),
        ],
        exact=least,
        notes=(
            f"{share}, a plan by chance is one with {best.mean():.3g}.",
            "Every plan was also tried one by one, so the best cost is known.",
        ),
    )
    return circuit_of(plan, angles, layers), figures


def by_solver(plan: Plan) -> float:
    """The exact least cost: a product of two choices is a choice of its own, tied to both."""
    pairs = sorted(plan.pairs)
    total = plan.size + len(pairs)
    objective = np.concatenate([plan.single, [plan.pairs[pair] for pair in pairs]])
    rows: list[Any] = []
    least: list[float] = []
    for number, (one, other) in enumerate(pairs, plan.size):
        for ties, bound in (((one, number), 0.0), ((other, number), 0.0)):  # a product is at most each choice
            row = np.zeros(total)
            row[list(ties)] = (1, -1)
            rows.append(row)
            least.append(bound)
        row = np.zeros(total)
        row[[one, other, number]] = (-1, -1, 1)  # and at least their sum less one
        rows.append(row)
        least.append(-1.0)
    ties_all = [LinearConstraint(np.array(rows), np.array(least), np.inf)] if rows else []
    found: Any = milp(objective, integrality=np.ones(total, dtype=np.int32), bounds=Bounds(0, 1), constraints=ties_all)
    return float(found.fun) + plan.constant


def qaoa(plan: Plan, costs: Any, layers: int) -> tuple[Any, Any]:
    """The angles with the least mean cost that were found from a slow ramp, and the state that they make."""
    scaled = (costs - costs.mean()) / (costs.std() or 1.0)

    def state_of(angles: Any) -> Any:
        state = np.full(len(costs), len(costs) ** -0.5, complex)
        for gamma, beta in zip(angles[:layers], angles[layers:], strict=True):
            state = mixed(state * np.exp(-1j * gamma * scaled), beta, plan.size)
        return state

    steps = (np.arange(layers) + 0.5) / layers
    start = np.concatenate([0.6 * steps, 0.6 * (1 - steps)])

    def mean(angles: Any) -> float:
        return float(np.abs(state_of(angles)) ** 2 @ scaled)

    limits: Any = {"maxfev": 120 * layers, "xatol": 1e-3, "fatol": 1e-4}
    best: Any = minimize(mean, start, method="Nelder-Mead", options=limits)
    return best.x, state_of(best.x)


def mixed(state: Any, beta: float, size: int) -> Any:
    """RX(2β) on each qubit."""
    kept, moved = np.cos(beta), -1j * np.sin(beta)
    for qubit in range(size):
        halves = state.reshape(-1, 2, 2**qubit)
        state = kept * halves + moved * halves[:, ::-1]
    return state.reshape(-1)


def circuit_of(plan: Plan, angles: Sequence[float], layers: int) -> QuantumCircuit:
    """The same steps as gates: a choice x is (1 − Z) / 2, so costs become RZ and RZZ."""
    fields = plan.single / 2
    for (one, other), cost in plan.pairs.items():
        fields[[one, other]] += cost / 4
    scale = float(plan.costs().std()) or 1.0
    circuit = QuantumCircuit(plan.size)
    circuit.h(range(plan.size))
    for gamma, beta in zip(angles[:layers], angles[layers:], strict=True):
        for qubit in range(plan.size):
            circuit.rz(-2 * gamma * fields[qubit] / scale, qubit)
        for (one, other), cost in plan.pairs.items():
            circuit.rzz(2 * gamma * cost / 4 / scale, one, other)
        circuit.rx(2 * beta, range(plan.size))
    return circuit
